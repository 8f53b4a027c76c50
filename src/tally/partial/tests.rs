//! What is written is read as it was, and whatever is not what was written is refused.

use std::path::Path;

use proptest::prelude::*;

use super::super::sample::{exposure, fingerprint, seeds, tallies};
use super::*;
use crate::error::Error;
use crate::exposure::Exposure;
use crate::tally::Tally;

fn head() -> Header {
    Header {
        format: FORMAT.to_owned(),
        version: "0.0.0".to_owned(),
        rules_version: "sha256:00".to_owned(),
        rules: vec!["one".to_owned(), "two".to_owned()],
        key_id: Some("00".to_owned()),
        max_exposures: 0,
        policy: "caution".to_owned(),
        sandbox: "none".to_owned(),
        scope: CredentialType::ALL.to_vec(),
        interrupted: false,
        lower_bounds: Vec::new(),
        upper_bounds: Vec::new(),
        parts: vec![part("1")],
    }
}

fn part(id: &str) -> Part {
    Part { source: None, inputs: vec![id.to_owned()], started_at: 0, finished_at: 1, id: id.to_owned() }
}

fn text(head: Header, tally: Tally) -> Vec<u8> {
    let mut text = Vec::new();
    write(head, None, tally, &mut text).unwrap();
    text
}

fn parse(mut text: &[u8]) -> Result<(Header, Tally), Error> {
    let head = header(Path::new("part"), &mut text)?;
    let tally = body(Path::new("part"), &head, &mut text)?;
    Ok((head, tally))
}

fn merged(parts: Vec<Tally>) -> Tally {
    parts.into_iter().fold(Tally::new(4), |mut all, part| {
        all.merge(part);
        all
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The form holds everything, and says the same whichever windows and threads counted it.
    #[test]
    fn what_is_written_is_read(seeds in seeds(60), chunk in 1u64..250, threads in 1usize..5) {
        let one = text(head(), merged(tallies(&seeds, 200, 4, 1)));
        let counted = text(head(), merged(tallies(&seeds, chunk, 4, threads)));
        prop_assert_eq!(String::from_utf8_lossy(&one), String::from_utf8_lossy(&counted));
        let (read, tally) = parse(&one).unwrap();
        prop_assert_eq!(&read, &Header { max_exposures: 4, ..head() });
        let again = text(read, tally);
        prop_assert_eq!(String::from_utf8_lossy(&one), String::from_utf8_lossy(&again));
    }

    /// A job that was killed, a copy that stopped, a bit that flipped: an error that names the file, and no panic.
    #[test]
    fn what_was_cut_or_changed_is_refused(seeds in seeds(20), at in 0.0..1.0f64, bit in 0u8..8) {
        let whole = text(head(), merged(tallies(&seeds, 50, 4, 1)));
        let place = (whole.len() as f64 * at) as usize;
        let said = parse(&whole[..place]).map(|_| ()).unwrap_err().to_string();
        prop_assert!(said.starts_with("part") && said.contains("again"), "{}", said);
        let mut changed = whole.clone();
        changed[place] ^= 1 << bit;
        // Another digit is another number, which nobody can see; the rest is refused. Neither panics.
        let _ = parse(&changed);
        let longer = [&whole[..], b"{}\n"].concat();
        prop_assert!(parse(&longer).is_err());
    }

    /// Whatever order the parts come in, and however they are put together.
    #[test]
    fn headers_join_in_any_order(turn in 0usize..4) {
        let mut heads: Vec<Header> = (0..4)
            .map(|i| Header {
                max_exposures: 5 + i,
                sandbox: ["full", "none", "partial", "full"][i].to_owned(),
                interrupted: i == 2,
                parts: vec![part(&i.to_string())],
                ..head()
            })
            .collect();
        heads.rotate_left(turn);
        heads.sort_by_cached_key(Header::rank);
        let mut sum = heads.remove(0);
        for other in &heads {
            prop_assert_eq!(sum.join(other, Overlap::Refuse), Ok(Join::New));
            prop_assert_eq!(sum.clone().join(other, Overlap::Refuse), Ok(Join::Known));
        }
        let ids: Vec<&str> = sum.parts.iter().map(|part| part.id.as_str()).collect();
        prop_assert_eq!(ids, ["0", "1", "2", "3"]);
        prop_assert_eq!((sum.max_exposures, sum.sandbox.as_str(), sum.interrupted), (5, "none", true));
    }
}

/// Without a key nothing that depends on a password is written, except how many there were.
#[test]
fn without_a_key_there_are_no_digests() {
    let tally = |digests: std::ops::Range<u64>| {
        let mut tally = Tally::new(4);
        for digest in digests {
            let position = crate::exposure::Position { offset: digest, ..exposure().position };
            tally.add(Exposure { fingerprints: vec![fingerprint(0xabcd_ef00_0000 + digest)], position, ..exposure() });
        }
        tally
    };
    let unkeyed = || Header { key_id: None, ..head() };
    let written = text(unkeyed(), tally(0..3));
    let shown = String::from_utf8(written.clone()).unwrap();
    assert!(!shown.contains("abcdef") && shown.contains("\"digests\":[],\"counted\":3"), "{shown}");
    // Of two parts nobody knows whether they saw the same: as many as the one that saw most, and it says so.
    let count = |tallies: Vec<Tally>| {
        let settled = merged(tallies).settle();
        let passwords = &settled.accounts[0].account.passwords;
        (passwords.count(), passwords.is_lower_bound())
    };
    let again = |tally| parse(&text(unkeyed(), tally)).unwrap().1;
    assert_eq!(count(vec![again(tally(0..3))]), (3, false));
    assert_eq!(count(vec![again(tally(0..3)), again(tally(3..5))]), (3, true));
    assert_eq!(count(vec![again(again(tally(0..3))), again(tally(3..20))]), (16, false), "capped says it all");
    // With one, the same password is the same in every part.
    let keyed = |tally| parse(&text(head(), tally)).unwrap().1;
    assert_eq!(count(vec![keyed(tally(0..3)), keyed(tally(2..5))]), (5, false));
}

/// Parts that are not of one scan are told apart, and why.
#[test]
fn strangers_are_refused_with_the_way_out() {
    let other = |change: fn(&mut Header)| {
        let mut other = Header { parts: vec![part("2")], ..head() };
        change(&mut other);
        head().join(&other, Overlap::Refuse)
    };
    assert_eq!(other(|_| ()), Ok(Join::New));
    for (change, words) in [
        ((|h| h.rules.truncate(1)) as fn(&mut Header), &["other rules", "scan again"][..]),
        (|h| h.rules_version.push('1'), &["other rules"]),
        (|h| h.key_id = None, &["no key", "key 00", "--key-file"]),
        (|h| h.parts.push(part("1")), &["another file", "merge the parts"]),
        (|h| h.parts[0].inputs = vec!["1".to_owned()], &["same logs", "--source", "--allow-overlap"]),
    ] {
        let why = other(change).unwrap_err();
        assert!(words.iter().all(|word| why.contains(word)), "{why}");
    }
    let same = Header { parts: vec![Part { id: "2".to_owned(), ..part("1") }], ..head() };
    assert_eq!(head().join(&same, Overlap::Allow), Ok(Join::Overlapping));
    // The same name on another machine.
    let elsewhere = Header { parts: vec![Part { source: Some("b".to_owned()), ..same.parts[0].clone() }], ..head() };
    assert_eq!(head().join(&elsewhere, Overlap::Refuse), Ok(Join::New));
}

/// A form of later has other members: it is named before they are looked at.
#[test]
fn another_form_is_named() {
    let later = b"{\"logleak_partial\":{\"format\":\"2.0\",\"new\":1}}\n";
    assert!(parse(later).map(|_| ()).unwrap_err().to_string().contains("another form"));
    for text in [&b""[..], b"{}\n", b"GET /login?pwd=Tr0ub4dor\n", b"{\"logleak_partial\":{\"format\":\"1.0\"}}\n"] {
        let said = parse(text).map(|_| ()).unwrap_err().to_string();
        assert!(!said.contains("Tr0ub4dor") && said.contains("scan"), "{said}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// What two scans of some of the same logs list in full is counted once: as if nothing had been scanned twice.
    #[test]
    fn overlaps_count_once(seeds in seeds(30), from in 0usize..30, to in 0usize..30) {
        let all = seeds.len();
        let (first, second) = (&seeds[..from.max(to).min(all)], &seeds[from.min(to).min(all)..]);
        let tally = |seeds: &[crate::tally::sample::Seed]| merged_full(tallies(seeds, 200, 100, 1));
        let mut both = tally(first);
        prop_assert!(both.merge_overlapping(tally(second)), "all are listed");
        let accounts = |tally: Tally| {
            let totals = format!("{:?}", tally.totals);
            let settled = tally.settle();
            let mut accounts: Vec<String> = settled.accounts.iter().map(|a| {
                let of = &a.account;
                format!("{:?} {:?}", a.key, (of.exposures, of.failures, of.superseded, of.open, of.weak_hashes, a.listed.len()))
            }).collect();
            accounts.sort();
            (settled.unattributed, settled.nameless.len(), accounts, totals.split("dismissed").next().map(str::to_owned))
        };
        prop_assert_eq!(accounts(both), accounts(tally(&seeds)));
    }
}

fn merged_full(parts: Vec<Tally>) -> Tally {
    parts.into_iter().fold(Tally::new(100), |mut all, part| {
        all.merge(part);
        all
    })
}
