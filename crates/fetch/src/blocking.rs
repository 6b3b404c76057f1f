//! For programs without an asynchronous runtime.

use std::time::Duration;

use scproof_organization::Inventory;

use crate::connect::{ConnectOptions, connect};
use crate::error::FetchError;
use crate::options::FetchOptions;
use crate::progress::{Note, Progress, Recorder, Status};

/// Connects and fetches on a runtime of its own; ends with [`FetchError::Interrupted`] on Ctrl-C. The deadline holds
/// for both: what provides credentials may take its time.
///
/// # Errors
///
/// As [`connect`] and [`fetch`](crate::fetch()).
///
/// ```no_run
/// use scproof_fetch::{ConnectOptions, FetchOptions, fetch_blocking};
///
/// let inventory = fetch_blocking(&ConnectOptions::default(), &FetchOptions::default(), &())?;
/// inventory.save("org.json")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fetch_blocking(
    connect_options: &ConnectOptions,
    options: &FetchOptions,
    progress: &dyn Progress,
) -> Result<Inventory, FetchError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| FetchError::Configuration { message: format!("no runtime for the network: {error}") })?;
    let counted = Counted { progress, recorder: Recorder::default() };
    let calls = || counted.recorder.status().statistics.total().calls;
    let outcome = runtime.block_on(async {
        let work = async {
            let client = connect(connect_options).await?;
            crate::fetch::fetch(&client, options, &counted).await
        };
        tokio::select! {
            outcome = work => outcome,
            Ok(()) = tokio::signal::ctrl_c() => Err(FetchError::Interrupted { calls: calls() }),
            deadline = passed(options.deadline) => Err(FetchError::Deadline { deadline, calls: calls() }),
        }
    });
    // What still waits for a name or a program is not waited for.
    runtime.shutdown_background();
    outcome
}

/// Waits until a deadline has passed; for ever if there is none.
async fn passed(deadline: Option<Duration>) -> Duration {
    match deadline {
        Some(deadline) => {
            tokio::time::sleep(deadline).await;
            deadline
        }
        None => std::future::pending().await,
    }
}

/// Passes everything on, and remembers how far it was.
struct Counted<'a> {
    progress: &'a dyn Progress,
    recorder: Recorder,
}

impl Progress for Counted<'_> {
    fn update(&self, status: &Status) {
        self.recorder.update(status);
        self.progress.update(status);
    }

    fn note(&self, note: &Note) {
        self.progress.note(note);
    }
}
