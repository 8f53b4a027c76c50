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
