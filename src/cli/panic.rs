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

#[cfg(test)]
mod tests {
    use std::process::Command;

    const CHILD: &str = "LOGLEAK_TEST_PANICS";

    /// Panics as careless code does, with a log in its hands.
    #[test]
    fn careless() {
        if std::env::var_os(CHILD).is_none() {
            return;
        }
        super::install();
        let log = format!("user=bob password=Kanarie-7e1f-geel{}", std::hint::black_box("\u{e9}"));
        let panics: [&(dyn Fn() + std::panic::RefUnwindSafe); 3] = [
            &|| assert!(log[..log.len() - 1].is_empty()),
            &|| drop(String::from_utf8(log.as_bytes()[..log.len() - 1].to_vec()).unwrap()),
            &|| assert_eq!(log, "", "{log}"),
        ];
        for panic in panics {
            assert!(std::panic::catch_unwind(panic).is_err());
        }
    }

    /// Slices, conversions and comparisons quote the text that they fail on; what is said names only where.
    #[test]
    fn a_panic_says_where_and_not_what() {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "cli::panic::tests::careless", "--nocapture"])
            .envs([(CHILD, "1"), ("RUST_BACKTRACE", "full")])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&[child.stdout, child.stderr].concat()).into_owned();
        assert_eq!(said.matches("internal error at ").count(), 3, "{said}");
        assert!(!said.contains("Kanarie") && !said.contains("75, 97, 110"), "{said}");
    }
}
