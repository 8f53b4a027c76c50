//! What dialogues yield beyond the examples of their rules: where the secret stands, what came of it, and that no bytes
//! break the readers.

use std::sync::LazyLock;

use super::*;
use crate::rule::Finder;

const KINDS: &[Dialogue] = &[
    Dialogue::SaslLogin,
    Dialogue::SaslPlain,
    Dialogue::Literal,
    Dialogue::Prompt,
    Dialogue::Command,
    Dialogue::Hexdump,
];

static RULES: LazyLock<RuleSet> = LazyLock::new(|| RuleSet::builtin().unwrap());

/// The built-in rule that reads this kind.
fn rule_of(rules: &RuleSet, kind: Dialogue) -> RuleIndex {
    let mut finders = rules.triggers().iter().map(|(_, _, finder)| *finder);
    finders
        .find_map(|finder| match finder {
            Finder::Dialogue(rule, other) if other == kind => Some(rule),
            _ => None,
        })
        .unwrap()
}

/// Reads the dialogue that begins at the last `mark` of `log`.
fn spoken(log: &str, mark: &str, kind: Dialogue) -> Vec<(String, String, Option<String>, Outcome)> {
    let rules = &*RULES;
    let text = Text::new(log.as_bytes(), 0);
    let at = log.rfind(mark).unwrap();
    assert!(begins(rules, text.bytes, at, kind), "{mark} begins nothing");
    let found = read(rules, text, text.record_start(at), at, rule_of(rules, kind), kind);
    let string = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    found
        .into_iter()
        .map(|s| (string(&s.secret), log[s.span].to_owned(), s.told.account.map(|a| string(&a)), s.told.outcome))
        .collect()
}

#[test]
fn the_span_is_the_token_on_its_own_line() {
    let found = spoken(
        "C: AUTH LOGIN bW9rb3ll\r\nS: 334 UGFzc3dvcmQ6\r\nC: Q2xlbWVudGluZS0xNw==\r\nS: 535 no\r\n",
        "UGFzc3dvcmQ6",
        Dialogue::SaslLogin,
    );
    let (secret, token) = ("Clementine-17".to_owned(), "Q2xlbWVudGluZS0xNw==".to_owned());
    assert_eq!(found, [(secret, token, Some("mokoye".to_owned()), Outcome::Failure)]);

    let found = spoken("A1 LOGIN {6}\n+ ok\nmokoye {9}\n+ ok\nQuince 19\nA1 OK done\n", "LOGIN {", Dialogue::Literal);
    let secret = "Quince 19".to_owned();
    assert_eq!(found, [(secret.clone(), secret, Some("mokoye".to_owned()), Outcome::Success)]);

    let found = spoken("x - password - hexdump(len=3): 61 62 63\n", "hexdump", Dialogue::Hexdump);
    assert_eq!(found, [("abc".to_owned(), "61 62 63".to_owned(), None, Outcome::Unknown)]);
}

#[test]
fn a_password_answered_before_is_no_account() {
    let found = spoken(
        "S: 334 UGFzc3dvcmQ6\nC: UXVpbmNlLTE5\nS: 334 UGFzc3dvcmQ6\nC: Q2xlbWVudGluZS0xNw==\n",
        "UGFzc3dvcmQ6",
        Dialogue::SaslLogin,
    );
    assert_eq!(found[0].2, None);
}

#[test]
fn only_the_other_side_answers_a_prompt() {
    let log = |second: &str| format!("t read: Password:\n{second}\n");
    assert_eq!(spoken(&log("t write: Quince-19"), "Password:", Dialogue::Prompt).len(), 1);
    for second in ["t read: Quince-19", "Quince-19", "t: Quince-19", "u started write: of Quince-19"] {
        assert_eq!(spoken(&log(second), "Password:", Dialogue::Prompt), [], "{second}");
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_break_a_reader(pieces in proptest::collection::vec(proptest::sample::select(vec![
        "334 ", "UGFzc3dvcmQ6", "VXNlcm5hbWU6", "AUTH LOGIN", "AUTH PLAIN", " LOGIN ", "{7}", "{0}", "\n", "\r\n", " ", "Password:",
        "read: ", "write: ", "'", "\"", "\\r\\n", "1) ", "4) ", "\"auth\" ", "\"setuser\"", ">x", "hexdump", "(len=4):", " 61 62", "password - ",
        "[811]", "<", ">", "#011", "\u{e9}", "ü", "=", "235 ", "a1 OK", "session=7", "\t", "}", "：", "b'",
    ]), 0..40), at in 0usize..200) {
        let log = pieces.concat();
        let rules = &*RULES;
        let text = Text::new(log.as_bytes(), 0);
        let at = at.min(log.len());
        for &kind in KINDS {
            if begins(rules, text.bytes, at, kind) {
                for found in read(rules, text, text.record_start(at), at, rule_of(rules, kind), kind) {
                    proptest::prop_assert!(found.span.start < found.span.end && found.span.end <= log.len());
                    proptest::prop_assert!(found.span.start >= text.record_start(at));
                }
            }
        }
        for (rule, _) in rules.rules().filter(|(_, rule)| rule.account_line.is_some()) {
            let _ = speaker(rules, text, text.record_start(at), at..log.len(), rule);
            let _ = is_spoken(rules, text, text.record_start(at), at..log.len());
        }
    }
}
