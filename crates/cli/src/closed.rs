//! Whether there is a standard output at all.
//!
//! Rust opens the null device in place of a standard stream that is closed, before `main`: what is written there would
//! be lost without a word. So it is looked at before that, where the system allows it.

#[cfg(target_os = "linux")]
mod at_start {
    use std::sync::atomic::{AtomicBool, Ordering};

    pub(super) static IS_CLOSED: AtomicBool = AtomicBool::new(false);

    extern "C" fn look() {
        IS_CLOSED.store(rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_err(), Ordering::Relaxed);
    }

    #[expect(unsafe_code, reason = "a place in the program's list of what runs before `main`; nothing is dereferenced")]
    // SAFETY: the section holds pointers to functions of this type, and this one asks the system one question.
    #[unsafe(link_section = ".init_array")]
    #[used]
    static LOOK: extern "C" fn() = look;
}

/// Whether the program was started without a standard output.
pub(crate) fn is_stdout_closed() -> bool {
    #[cfg(target_os = "linux")]
    return at_start::IS_CLOSED.load(std::sync::atomic::Ordering::Relaxed);
    #[cfg(not(target_os = "linux"))]
    return false;
}
