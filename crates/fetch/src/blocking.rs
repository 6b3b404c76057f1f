//! For programs without an asynchronous runtime.

use scproof_organization::Inventory;

use crate::connect::{ConnectOptions, connect};
use crate::error::FetchError;
use crate::options::FetchOptions;
use crate::progress::{Note, Progress, Recorder, Status};

/// Connects and fetches on a runtime of its own; ends with [`FetchError::Interrupted`] on Ctrl-C.
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
    runtime.block_on(async {
        let work = async {
            let client = connect(connect_options).await?;
            crate::fetch::fetch(&client, options, &counted).await
        };
        tokio::select! {
            outcome = work => outcome,
            Ok(()) = tokio::signal::ctrl_c() => {
                Err(FetchError::Interrupted { calls: counted.recorder.status().statistics.total().calls })
            }
        }
    })
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
