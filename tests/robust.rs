//! Whatever the bytes, a scan ends and does not panic: examples of all rules, cut, shifted and mangled.

use std::sync::LazyLock;

use logleak::{RuleSet, Scanner};
use proptest::prelude::*;

static SCANNER: LazyLock<Scanner> = LazyLock::new(|| Scanner::builder(RuleSet::builtin().unwrap()).build().unwrap());

static EXAMPLES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(examples);

fn examples() -> Vec<Vec<u8>> {
    let rules = SCANNER.rules();
    rules
        .rules()
        .flat_map(|(_, rule)| rule.examples.iter().map(|e| e.log.clone().into_bytes()).collect::<Vec<_>>())
        .collect()
}

#[test]
fn an_example_cut_anywhere_is_scanned() {
    for log in &*EXAMPLES {
        for at in 0..=log.len() {
            SCANNER.scan_bytes("a.log", &log[..at]);
            SCANNER.scan_bytes("a.log", &log[at..]);
        }
    }
}

/// A value that stands behind the last byte of a record of full length, its key before it.
#[test]
fn a_value_behind_a_record_of_full_length_is_scanned() {
    for before in (65_536 - 40)..65_536 {
        let mut log = vec![b'x'; before - 1];
        log.extend(b" user=adams&password=Plover-82& and more of the line".iter());
        log.resize(70_000, b'x');
        assert_eq!(SCANNER.scan_bytes("a.log", &log).exposures(), 1, "{before}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Bytes that mean something to some layer of the grammar, strewn over a log that leaks.
    #[test]
    fn a_mangled_example_is_scanned(which in 0usize..1000, strewn in prop::collection::vec((0usize..4096, 0usize..28), 1..24)) {
        let mut log = EXAMPLES[which % EXAMPLES.len()].clone();
        for (at, sign) in strewn {
            let signs: [&[u8]; 28] = [b"\\", b"\"", b"'", b"{", b"}", b"(", b")", b"[", b"]", b"&", b"=", b"%", b":", b",", b";", b"<",
                b">", b" ", b"\n", b"\0", b"\x1b[", b"\xff", "：".as_bytes(), "密码".as_bytes(), b"password", b"login(", b"-p ", b"&quot;"];
            let at = at % (log.len() + 1);
            log.splice(at..at, signs[sign].iter().copied());
        }
        SCANNER.scan_bytes("a.log", &log);
    }
}
