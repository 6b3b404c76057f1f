//! Temporary files go when a signal ends the program.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The temporary files so far. Those that have been put in their place are no longer there by that name.
static FILES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// What the first interrupt does in place of ending the program.
static INTERRUPTED: Mutex<Option<Box<dyn FnOnce() + Send>>> = Mutex::new(None);

/// Lets the first interrupt do something else than end the program; the next one ends it.
pub(crate) fn on_interrupt(work: impl FnOnce() + Send + 'static) {
    *INTERRUPTED.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(work));
    go_with_signals();
}

/// Notes a temporary file.
pub(crate) fn note(path: &Path) {
    FILES.lock().unwrap_or_else(PoisonError::into_inner).push(path.to_owned());
}

#[cfg(unix)]
fn remove_all() {
    for file in FILES.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        // Nothing can be done about one that stays.
        drop(std::fs::remove_file(file));
    }
}

/// From now on INT, TERM and HUP remove the temporary files before they end the program as ever. What whoever started
/// the program has chosen to ignore stays ignored.
#[cfg(unix)]
pub(crate) fn go_with_signals() {
    use std::sync::Once;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let ignored = ignored();
        let wanted = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0);
        // Without a handler the program ends all the same, and a file may stay.
        let Ok(mut signals) = Signals::new(wanted) else { return };
        let watch = move || {
            for signal in &mut signals {
                let instead = INTERRUPTED.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(work) = instead.filter(|_| signal == SIGINT) {
                    work();
                    continue;
                }
                remove_all();
                drop(emulate_default_handler(signal));
            }
        };
        drop(std::thread::Builder::new().name("signals".to_owned()).spawn(watch));
    });
}

#[cfg(not(unix))]
pub(crate) fn go_with_signals() {}

/// The signals that are ignored, as bits; none where the system does not tell.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}
