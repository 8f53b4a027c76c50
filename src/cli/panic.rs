//! A panic says where it happened and nothing else: its message may quote what a log holds.

use std::io::Write;

/// Replaces the standard hook.
pub(super) fn install() {
    std::panic::set_hook(Box::new(|panic| {
        let mut out = std::io::stderr().lock();
        let _ = match panic.location() {
            Some(at) => writeln!(out, "logleak: internal error at {}:{}; please report it", at.file(), at.line()),
            None => writeln!(out, "logleak: internal error; please report it"),
        };
    }));
}
