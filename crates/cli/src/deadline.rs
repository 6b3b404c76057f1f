//! When a proof is to end, whether it is settled or not.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::Args;
use scproof::compare::Stop;

use crate::args::GlobalArgs;
use crate::error::CommandError;
use crate::exit_code::ExitCode;
use crate::ui;

/// A deadline.
#[derive(Debug, Args)]
pub(crate) struct DeadlineArgs {
    /// End after this time, such as 30s or 5m
    #[arg(long, value_name = "TIME", value_parser = time)]
    deadline: Option<Duration>,
}

/// A time as people write it; a number alone is one of seconds.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<u64>().ok().map(Duration::from_secs);
    let parsed = || text.parse::<jiff::SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
    let parsed = seconds.or_else(parsed).filter(|time| !time.is_zero());
    parsed.ok_or_else(|| "expected a time such as `90s`, `30m` or `1h 30m`".to_owned())
}

fn shown(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}

impl DeadlineArgs {
    /// A switch that is turned when the time is over.
    pub(crate) fn stop(&self) -> Stop {
        let stop = Stop::default();
        if let Some(deadline) = self.deadline {
            let switch = stop.clone();
            let wait = move || {
                thread::sleep(deadline);
                switch.stop();
            };
            // Without a thread there is no deadline; the work is done all the same.
            drop(thread::Builder::new().name("deadline".to_owned()).spawn(wait));
        }
        stop
    }

    /// Does a work that has nothing to show before it is done, and waits no longer than until the deadline. The work
    /// goes on meanwhile; the program ends without it.
    pub(crate) fn within<T: Send + 'static>(
        &self,
        message: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, CommandError> {
        let Some(deadline) = self.deadline else { return Ok(ui::busy(message, work)) };
        let (done, is_done) = mpsc::channel();
        let work = move || drop(done.send(work()));
        thread::Builder::new()
            .name("work".to_owned())
            .spawn(work)
            .map_err(|error| CommandError::input("cannot start a thread").because(&error))?;
        ui::busy(message, || is_done.recv_timeout(deadline)).map_err(|_| {
            CommandError::unknown(format!("not settled after {} (`--deadline`): nothing is known yet", shown(deadline)))
                .help("a longer time, fewer accounts or fewer open facts may settle it")
        })
    }

    /// Says that the time was over, and what the exit code becomes.
    pub(crate) fn judge(&self, global: &GlobalArgs, was_stopped: bool, code: ExitCode) -> ExitCode {
        let Some(deadline) = self.deadline.filter(|_| was_stopped) else { return code };
        ui::warning(
            global.color,
            &format!(
                "ended after {} (`--deadline`): what was not settled by then depends or is not told",
                shown(deadline)
            ),
            Some("a longer time, fewer accounts (`--account`, `--ou`) or fewer guardrails settle more"),
        );
        if matches!(code, ExitCode::Fine) { ExitCode::Unknown } else { code }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        assert_eq!(time("30m"), Ok(Duration::from_mins(30)));
        assert_eq!(time("1h 30m"), Ok(Duration::from_mins(90)));
        assert_eq!(time("30"), Ok(Duration::from_secs(30)));
        assert!(["", "0", "-5m", "-5", "0s", "soon"].into_iter().all(|text| time(text).is_err()));
    }
}
