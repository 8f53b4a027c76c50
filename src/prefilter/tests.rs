//! Every mechanism against a naive search: nothing missed, nothing invented, whatever the split.

use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::fingerprint::{Admitted, Fingerprint, WIDTH};
use super::plan::Plan;
use super::sample::SAMPLE;
use super::{Case, Hit, Prefilter, Trigger};

/// Triggers of the kinds that rules have: short, long, sharing beginnings and windows, other scripts, UTF-16, base64.
const INSENSITIVE: &[&str] = &[
    "pass",
    "pwd",
    "pswd",
    "kennwort",
    "passwd",
    "clave",
    "mdp",
    "heslo",
    "geslo",
    "wachtwoord",
    "salasana",
    "parol",
    "hasło",
    "şifre",
    "пароль",
    "парол",
    "密码",
    "パスワード",
    "비밀번호",
    "كلمة",
    "סיסמה",
    "รหัสผ่าน",
    "κωδικ",
    "mật khẩu",
    "basic ",
    "://",
    "identified by",
    "{sha}",
    "{ssha}",
    ":$1$",
    ":::",
    "mysql",
    "docker login",
    "net user",
    "net use",
    "securestring",
    "type=tty",
    "auth plain",
    "auth login",
    "&p=",
    "pw=",
    "pw\"",
    "pin:",
    "h4si",
    "70617373",
    "97,115,115",
    "p\0a\0s\0s\0",
    "\0p\0a\0s\0s",
    "p\0w\0d\0",
    "x",
    "::",
    "a trigger that is longer than forty bytes: pass",
];
const EXACT: &[&str] = &[" LOGIN ", "PASS ", "cGFzc3dvcmQ", "Bhc3N3b3Jk", "wYXNzd29yZ", "InB3ZCI", "Basic ", "PaSs"];

fn triggers() -> Vec<Trigger> {
    let of = |texts: &[&str], case| -> Vec<Trigger> { texts.iter().map(|t| trigger(t.as_bytes(), case)).collect() };
    [of(INSENSITIVE, Case::Insensitive), of(EXACT, Case::Exact)].concat()
}

fn trigger(text: &[u8], case: Case) -> Trigger {
    let needs = match text {
        b"://" | b"aA" => Some(b'@'),
        b"A" => Some(b'b'),
        b"@" => Some(b'a'),
        _ => None,
    };
    Trigger { text: text.to_vec(), case, needs }
}

/// Every occurrence that begins in the range, by trying every trigger at every offset.
fn naive(triggers: &[Trigger], bytes: &[u8], range: Range<usize>) -> Vec<Hit> {
    let range = range.start..range.end.min(bytes.len());
    let here = |offset: usize| {
        let begins = move |t: &Trigger| match bytes.get(offset..offset + t.text.len()) {
            Some(text) if t.case == Case::Exact => text == t.text,
            Some(text) => text.eq_ignore_ascii_case(&t.text),
            None => false,
        };
        let found = move |(i, t): (usize, &Trigger)| {
            let needed = |needs| bytes[offset..].iter().find(|b| [b' ', b'"', needs].contains(b)) == Some(&needs);
            let whole = !t.text.is_empty() && begins(t) && t.needs.is_none_or(needed);
            whole.then_some(Hit { offset, trigger: i as u16 })
        };
        triggers.iter().enumerate().filter_map(found)
    };
    range.flat_map(here).collect()
}

/// The hits, and a count of newlines that is right.
fn found(prefilter: &Prefilter, bytes: &[u8], range: Range<usize>) -> Vec<Hit> {
    let mut hits = Vec::new();
    let newlines = prefilter.find(bytes, range.clone(), |hit| hits.push(hit));
    let searched = bytes.get(range.start..range.end.min(bytes.len())).unwrap_or_default();
    let count = |text: &[u8]| text.iter().filter(|b| **b == b'\n').count();
    assert_eq!(newlines.total(), count(searched));
    for at in range.start..range.start.saturating_add(searched.len()) {
        let (mark, before) = newlines.mark(at);
        assert_eq!((mark <= at, before), (true, count(&bytes[range.start..mark])));
        assert!(at - mark < 1 << 16, "too far to count quickly");
    }
    hits
}

/// All mechanisms find what the naive search finds, in one go and in parts.
fn check(prefilters: &[Prefilter], triggers: &[Trigger], bytes: &[u8], range: Range<usize>, cut: usize) {
    let expected = naive(triggers, bytes, range.clone());
    for prefilter in prefilters {
        assert_eq!(found(prefilter, bytes, range.clone()), expected);
        let parts = [found(prefilter, bytes, range.start..cut), found(prefilter, bytes, cut..range.end)];
        assert_eq!(parts.concat(), expected);
    }
}

/// Each mechanism that this processor has.
fn all(triggers: &[Trigger]) -> Vec<Prefilter> {
    let mut all = vec![Prefilter::portable(triggers)];
    #[cfg(target_arch = "x86_64")]
    all.extend(Prefilter::avx2(triggers).into_iter().chain(Prefilter::avx512(triggers)));
    all
}

/// Text made of whole and cut triggers with their cases flipped, of bytes near to them, and of any bytes.
fn text(triggers: Vec<Trigger>) -> impl Strategy<Value = Vec<u8>> {
    let piece =
        (select(triggers), any::<u64>(), any::<Index>(), any::<bool>()).prop_map(|(trigger, flips, cut, whole)| {
            let flip = |(i, b): (usize, &u8)| if flips >> (i % 64) & 1 == 1 { toggled(*b) } else { *b };
            let text: Vec<u8> = trigger.text.iter().enumerate().map(flip).collect();
            if whole { text } else { text[..cut.index(text.len() + 1)].to_vec() }
        });
    let filler = prop_oneof![vec(any::<u8>(), 0..8), vec(select(b"pas wd:/=\0P\xd0\n@\"".to_vec()), 0..80)];
    vec(prop_oneof![3 => piece, 1 => filler], 0..40).prop_map(|pieces| pieces.concat())
}

fn toggled(byte: u8) -> u8 {
    if byte.is_ascii_alphabetic() { byte ^ 0x20 } else { byte }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// The real kinds of triggers, on texts that are nothing but near misses, cut anywhere.
    #[test]
    fn finds_what_a_naive_search_finds(bytes in text(triggers()), ends in any::<[Index; 3]>()) {
        thread_local!(static ALL: Vec<Prefilter> = all(&triggers()));
        let mut ends = ends.map(|end| end.index(bytes.len() + 1));
        ends.sort_unstable();
        ALL.with(|all| check(all, &triggers(), &bytes, ends[0]..ends[2], ends[1]));
        ALL.with(|all| check(all, &triggers(), &bytes, 0..bytes.len(), ends[1]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Any triggers: one byte long, equal, one inside the other, of few different bytes, so that everything overlaps.
    #[test]
    fn any_triggers_do(
        texts in vec((vec(select(b"aAb@`\0\x20\x80\xc3\n".to_vec()), 0..7), any::<bool>()), 0..40),
        bytes in vec(select(b"aAbB@`\0\x20\x80\xa0\xc3\xe3\n".to_vec()), 0..300),
        cut in any::<Index>(),
    ) {
        let case = |exact| if exact { Case::Exact } else { Case::Insensitive };
        let triggers: Vec<Trigger> = texts.iter().map(|(text, exact)| trigger(text, case(*exact))).collect();
        check(&all(&triggers), &triggers, &bytes, 0..bytes.len(), cut.index(bytes.len() + 1));
    }
}

/// A trigger is found at every place relative to the steps and blocks of the search, first and last byte included,
/// once, and by the part of a split in which it begins.
#[test]
fn finds_at_every_place() {
    let triggers = triggers();
    let all = all(&triggers);
    for (base, every) in [(0, 1), (4096 - 70, 7)] {
        for (i, trigger) in triggers.iter().enumerate().step_by(every) {
            let offset = base + (i * 9) % 140;
            let mut bytes = vec![b'.'; offset];
            bytes.extend_from_slice(&trigger.text);
            check(&all, &triggers, &bytes, 0..bytes.len(), offset);
            check(&all, &triggers, &bytes, 0..offset + 1, offset);
            check(&all, &triggers, &bytes, offset..bytes.len(), offset + 1);
            bytes.resize(bytes.len() + i, 0);
            check(&all, &triggers, &bytes, 0..bytes.len(), offset + trigger.text.len());
        }
    }
    let long = trigger(b"password", Case::Insensitive);
    let all = self::all(std::slice::from_ref(&long));
    for offset in (0..200).chain(4000..4200) {
        let bytes = [vec![b's'; offset], b"paSSword".to_vec()].concat();
        all.iter().for_each(|p| assert_eq!(found(p, &bytes, 0..bytes.len()), [Hit { offset, trigger: 0 }]));
    }
}

/// Every byte value works in a trigger, and no other byte is taken for it, but for the case of letters.
#[test]
fn tells_all_bytes_apart() {
    let case = |byte: u8| if byte & 1 == 0 { Case::Insensitive } else { Case::Exact };
    let triggers: Vec<Trigger> = (0..=u8::MAX).map(|b| trigger(&[b'<', b, b'>', b], case(b))).collect();
    let bytes: Vec<u8> = (0..=u8::MAX).flat_map(|b| [b'<', b, b'>', toggled(b), b'<', b, b'>', b]).collect();
    check(&all(&triggers), &triggers, &bytes, 0..bytes.len(), 600);
}

/// Thousands of hits in a row, more than any buffer holds, come in order.
#[test]
fn keeps_up_with_dense_text() {
    let triggers = triggers();
    let all = all(&triggers);
    for piece in ["pass", "mysql -p://pwd:::", "p\0a\0s\0s\0", "\0", "identified by net user net use docker login "] {
        let bytes = piece.repeat(9000 / piece.len());
        check(&all, &triggers, bytes.as_bytes(), 0..bytes.len(), 4100);
    }
}

/// Hits come by where they begin, although the windows that give them away lie elsewhere in each: every piece of a
/// phrase is a trigger, so that windows lie everywhere.
#[test]
fn orders_by_beginning() {
    let phrase = b"docker login -u me -p pass && net use";
    let pieces = (3..=phrase.len()).step_by(4).flat_map(|length| phrase.windows(length));
    let triggers: Vec<Trigger> = pieces.map(|piece| trigger(piece, Case::Exact)).collect();
    let bytes = phrase.repeat(3);
    check(&all(&triggers), &triggers, &bytes, 0..bytes.len(), 50);
    check(&all(&triggers), &triggers, &bytes, 20..90, 40);
}

/// Nothing to find is no fault: no triggers, an empty one, no bytes, ranges that are empty, reversed or too long.
#[test]
fn nothing_to_find() {
    let empty = [trigger(b"", Case::Exact)];
    let some = triggers();
    for (triggers, bytes) in [(&[][..], &b"pass"[..]), (&empty, b"pass"), (&some, b"")] {
        check(&all(triggers), triggers, bytes, 0..bytes.len(), 0);
    }
    for prefilter in all(&some) {
        for range in [2..2, 5..9, 9..usize::MAX, usize::MAX..usize::MAX] {
            assert_eq!(found(&prefilter, b"pass", range), []);
        }
        let reversed = Range { start: 3, end: 0 };
        assert_eq!(found(&prefilter, b"pass", reversed), []);
        assert_eq!(found(&prefilter, b"pass", 0..usize::MAX), naive(&some, b"pass", 0..4));
    }
}

/// The plan stays a good one: on logs hardly a position is looked at twice. Guards the speed without a clock.
#[test]
fn few_false_alarms() {
    let telling: Vec<Trigger> = triggers().into_iter().filter(|trigger| trigger.text.len() > 2).collect();
    for fingerprint in [Fingerprint::Halves, Fingerprint::Bytes] {
        let plan = Plan::new(&telling, fingerprint);
        let admits = |bytes: &[u8]| {
            let seen = fingerprint.indices([bytes[0], bytes[1], bytes[2], bytes[3]]);
            let passes = |admitted: &Admitted| admitted.0.iter().zip(seen).all(|(set, index)| set >> index & 1 == 1);
            plan.admitted.iter().any(passes)
        };
        let positions = SAMPLE.as_bytes().windows(WIDTH);
        let (total, admitted) = (positions.len(), positions.filter(|bytes| admits(bytes)).count());
        assert!(admitted * 100 < total, "{fingerprint:?}: {admitted} of {total} positions pass");
    }
}
