//! The laws of merging, and what stays exact in bounded memory.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::sample::{Seed, account, exposure, fingerprint, seeds, tallies};
use super::*;
use crate::account::Identifiers;
use crate::terms::{AccountType, Evidence, SkipReason};

/// Everything that a tally says, in one order.
fn said(tally: Tally) -> String {
    let mut settled = tally.settle();
    settled.accounts.sort_by(|one, other| one.key.cmp(&other.key));
    settled.sites.sort_by(|one, other| one.key.cmp(&other.key));
    settled.skipped.sort_by(|one, other| one.path.cmp(&other.path));
    let lines: Vec<u64> = settled.accounts.iter().flat_map(|a| &a.listed).map(|l| settled.line(l)).collect();
    let Settled { counts, totals, skipped, accounts, unattributed, nameless, sites, .. } = settled;
    format!("{counts:?} {totals:?} {skipped:?} {accounts:#?} {unattributed} {nameless:?} {sites:?} {lines:?}")
}

fn merged(parts: Vec<Tally>) -> Tally {
    parts.into_iter().fold(Tally::new(CAP), |mut all, part| {
        all.merge(part);
        all
    })
}

const CAP: usize = 4;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Threads finish in any order: neither order nor grouping may show.
    #[test]
    fn merging_is_associative_and_commutative(seeds in seeds(60)) {
        let parts = || <[Tally; 3]>::try_from(tallies(&seeds, 50, CAP, 3)).unwrap();
        let [mut left, b, c] = parts();
        left.merge(b);
        left.merge(c);
        let [mut right, mut b, c] = parts();
        b.merge(c);
        right.merge(b);
        let [a, mut swapped, mut c] = parts();
        swapped.merge(a);
        c.merge(swapped);
        let left = said(left);
        prop_assert_eq!(&left, &said(right));
        prop_assert_eq!(&left, &said(c));
    }

    /// A thread that found nothing changes nothing.
    #[test]
    fn an_empty_tally_is_the_identity(seeds in seeds(40)) {
        let whole = || merged(tallies(&seeds, 50, CAP, 1));
        let mut before = Tally::new(CAP);
        before.merge(whole());
        let mut after = whole();
        after.merge(Tally::new(CAP));
        let plain = said(tallies(&seeds, 50, CAP, 1).remove(0));
        prop_assert_eq!(&plain, &said(before));
        prop_assert_eq!(&plain, &said(after));
    }

    /// One thread or five count the same.
    #[test]
    fn many_tallies_say_what_one_says(seeds in seeds(80)) {
        let one = said(merged(tallies(&seeds, 50, CAP, 1)));
        prop_assert_eq!(one, said(merged(tallies(&seeds, 50, CAP, 5))));
    }

    /// Counts are those of everything, and the listed exposures are the least, as a plain count over all seeds has them.
    #[test]
    fn counts_and_lists_agree_with_a_plain_count(seeds in seeds(120)) {
        let settled = merged(tallies(&seeds, 50, CAP, 3)).settle();
        let name = |seed: &Seed| seed.exposure(50).account.map(|account| account.key.identity);

        for entry in &settled.accounts {
            let of: Vec<&Seed> = seeds.iter().filter(|s| name(s).as_ref() == Some(&entry.key.identity)).collect();
            prop_assert_eq!(entry.account.exposures, of.len() as u64);
            let digests: BTreeSet<u64> = of.iter().map(|s| s.digest).collect();
            prop_assert_eq!(entry.account.passwords.count(), digests.len().min(16));
            prop_assert_eq!(entry.account.passwords.capped, digests.len() > 16);
            let mut all: Vec<_> = of.iter().map(|s| (s.exposure(50).place.uri.clone(), s.offset)).collect();
            all.sort();
            all.truncate(CAP);
            let listed: Vec<_> = entry.listed.iter().map(|l| (l.place.uri.clone(), l.offset)).collect();
            prop_assert_eq!(listed, all);
        }
        let nameless = seeds.iter().filter(|s| s.account == 0).count();
        prop_assert_eq!(settled.unattributed, nameless as u64);

        let mut sites: BTreeMap<u16, (u64, BTreeSet<u8>, BTreeSet<String>)> = BTreeMap::new();
        for seed in &seeds {
            let site = sites.entry(seed.exposure(50).rule.0).or_default();
            site.0 += 1;
            site.1.insert(seed.place);
            site.2.extend(name(seed));
        }
        let plain: Vec<_> = sites.into_iter().map(|(r, s)| (r, s.0, s.1.len() as u64, s.2.len() as u64)).collect();
        let mut counted: Vec<_> =
            settled.sites.iter().map(|s| (s.key.rule.0, s.exposures, s.files, s.accounts)).collect();
        counted.sort_unstable();
        prop_assert_eq!(counted, plain);
    }
}

fn only(tally: Tally) -> Entry {
    let mut settled = tally.settle();
    assert_eq!(settled.accounts.len(), 1);
    settled.accounts.remove(0)
}

/// Sixteen passwords are counted, the seventeenth only says that there are more, in whichever part it comes.
#[test]
fn distinct_passwords_are_exact_up_to_sixteen() {
    for (passwords, count, capped) in [(1, 1, false), (16, 16, false), (17, 16, true), (40, 16, true)] {
        let mut parts = [Tally::new(CAP), Tally::new(CAP)];
        for digest in 0..passwords {
            // An old and a new password in one record are one exposure of two passwords.
            let fingerprints = vec![fingerprint(digest), fingerprint((digest + 1) % passwords)];
            parts[digest as usize % 2].add(Exposure { fingerprints, ..exposure() });
        }
        let entry = only(merged(parts.into()));
        assert_eq!((entry.account.passwords.count(), entry.account.passwords.capped), (count, capped), "{passwords}");
        assert_eq!(entry.account.exposures, passwords);
    }
}

/// Forged records cannot fill the memory with names for one account; those kept do not depend on the order.
#[test]
fn names_are_united_and_bounded() {
    let named = |number: usize| {
        let identifiers = Identifiers { username: Some(format!("n{number:04}")), ..Identifiers::default() };
        Exposure { account: Some(Account { identifiers, ..account("jane@example.com") }), ..exposure() }
    };
    let mut tally = Tally::new(CAP);
    (0..1000).rev().for_each(|number| tally.add(named(number)));
    let entry = only(tally);
    let names: Vec<&str> = entry.account.names.identities().map(|(_, name)| name).collect();
    assert_eq!((names.len(), names[0], names[63]), (64, "n0000", "n0063"));
}

/// The account is what its worst, surest and best evidenced exposures say, and a program's if any record says so.
#[test]
fn an_account_is_taken_over_all_exposures() {
    let mut tally = Tally::new(1);
    tally.add(exposure());
    let service = Account { account_type: AccountType::Service, ..account("jane@example.com") };
    let (evidence, mode) = (Evidence::Stored, Mode::Stored);
    tally.add(Exposure { account: Some(service), evidence, mode, ..exposure() });
    let account = only(tally).account;
    assert_eq!((account.account_type, account.evidence), (AccountType::Service, Evidence::Stored));
    assert!(account.stored && account.transmitted);
}

/// An account with an undated exposure must not pass for one whose passwords are all older than `last_seen`.
#[test]
fn the_weakest_time_is_told() {
    let mut tally = Tally::new(CAP);
    tally.add(exposure());
    tally.add(Exposure { logged_at: None, time_basis: TimeBasis::None, ..exposure() });
    let seen = only(tally).account.seen;
    assert_eq!((seen.first, seen.last, seen.basis()), (exposure().logged_at, exposure().logged_at, TimeBasis::None));
}

/// A time far outside the calendar is no time, rather than a fault.
#[test]
fn times_that_cannot_be_written_are_none() {
    for at in [i64::MIN, i64::MAX, -62_167_219_201, 253_402_207_201] {
        let mut tally = Tally::new(CAP);
        tally.add(Exposure { logged_at: Some(at), ..exposure() });
        let seen = only(tally).account.seen;
        assert_eq!((seen.first, seen.basis()), (None, TimeBasis::None), "{at}");
    }
}

/// Nothing is listed with a cap of none, and everything is still counted.
#[test]
fn a_cap_of_none_lists_nothing() {
    let mut tally = Tally::new(0);
    tally.add(exposure());
    tally.add(Exposure { account: None, ..exposure() });
    let settled = tally.settle();
    assert_eq!((settled.totals.exposures, settled.unattributed, settled.nameless.len()), (2, 1, 0));
    assert!(settled.accounts[0].listed.is_empty());
}

/// Unattributed exposures are capped by file, so that one noisy file does not hide another.
#[test]
fn nameless_exposures_are_capped_by_file() {
    let mut tally = Tally::new(2);
    for path in ["a.log", "b.log"] {
        let place = Arc::new(Place::new(None, path, None));
        for offset in 0..5 {
            let position = crate::exposure::Position { offset, ..exposure().position };
            tally.add(Exposure { account: None, place: Arc::clone(&place), position, ..exposure() });
        }
    }
    let listed = tally.settle().nameless;
    let at: Vec<(&str, u64)> = listed.iter().map(|one| (one.place.path.as_str(), one.offset)).collect();
    assert_eq!(at, [("a.log", 0), ("a.log", 1), ("b.log", 0), ("b.log", 1)]);
}

/// What was not scanned is never lost in a merge.
#[test]
fn skipped_inputs_add_up() {
    let part = |path: &str| {
        let mut tally = Tally::new(CAP);
        let (path, detail) = (path.to_owned(), String::new());
        tally.skip(Skipped { path, member: None, reason: SkipReason::IoError, detail });
        tally
    };
    assert_eq!(merged(vec![part("a"), part("b"), part("c")]).skipped().len(), 3);
}

/// Exposures of one statement: the record and the account of each.
fn stated(statement: &str, of: &[(u8, &str)]) -> Vec<Exposure> {
    let mut offset = 0;
    let each = of.iter().map(|(record, name)| {
        offset += 1;
        let mut exposure = Exposure { statement: Some(statement.into()), record: [*record; 16], ..exposure() };
        exposure.account = (!name.is_empty()).then(|| account(name));
        exposure.position.offset = offset;
        exposure
    });
    each.collect()
}

fn templates(exposures: Vec<Exposure>) -> Vec<(String, u64, u64)> {
    let mut tally = Tally::new(CAP);
    exposures.into_iter().for_each(|exposure| tally.add(exposure));
    let sites = tally.settle().sites.into_iter();
    let mut sites: Vec<_> = sites.map(|s| (s.key.template.to_string(), s.exposures, s.accounts)).collect();
    sites.sort();
    sites
}

/// Text of the log is shown only where it recurs over five records of three accounts, and never a name.
#[test]
fn a_statement_is_shown_where_it_recurs() {
    let (a, b, c) = ("ada@example.com", "bo@example.com", "cem@example.com");
    let five = [(1, a), (2, b), (3, c), (4, a), (5, a)];
    assert_eq!(templates(stated("PUT /login?pwd=…", &five)), [("PUT /login?pwd=…".to_owned(), 5, 3)]);
    let keys = [("GET /login?pwd=…".to_owned(), 5, 3)];
    assert_eq!(templates(stated("GET pwd=…", &[(1, a), (2, b), (3, c), (4, a), (4, b)])), keys, "four records");
    let keys = [("GET /login?pwd=…".to_owned(), 5, 2)];
    assert_eq!(templates(stated("GET pwd=…", &[(1, a), (2, b), (3, ""), (4, a), (5, "")])), keys, "two accounts");
    let keys = [("GET /login?pwd=…".to_owned(), 5, 3)];
    assert_eq!(templates(stated("Bo pwd=…", &five)), keys, "a name");
    // What is seen less is counted together, each account once.
    let both =
        [stated("LIST pwd=…", &five[..3]), stated("POST pwd=…", &five[..3]), stated("PUT pwd=…", &five)].concat();
    assert_eq!(templates(both), [("GET /login?pwd=…".to_owned(), 6, 3), ("PUT pwd=…".to_owned(), 5, 3)]);
}

proptest! {
    /// More statements than are told apart: which of them are is the same for every order and every split.
    #[test]
    fn sites_are_the_same_in_every_order(
        seen in proptest::collection::vec((0u8..24, 0u8..4, 0u8..9), 1..300), parts in 1usize..5, turned in 0usize..300,
    ) {
        let exposures = |order: Vec<(u8, u8, u8)>| -> Vec<Exposure> {
            let one = |(statement, name, record): (u8, u8, u8)| {
                stated(&format!("s{statement} pwd=…"), &[(record, ["", "x@a.net", "y@a.net", "z@a.net"][usize::from(name)])])
            };
            order.into_iter().flat_map(one).collect()
        };
        let said = |tally: Tally| {
            let sites = tally.settle().sites.into_iter();
            let mut sites: Vec<_> = sites.map(|s| (s.key, s.files, s.exposures, s.accounts)).collect();
            sites.sort();
            sites
        };
        let mut one = Tally::new(CAP);
        exposures(seen.clone()).into_iter().for_each(|exposure| one.add(exposure));
        let mut order = seen.clone();
        order.rotate_left(turned % seen.len());
        let mut tallies: Vec<Tally> = (0..parts).map(|_| Tally::new(CAP)).collect();
        for (i, exposure) in exposures(order).into_iter().enumerate() {
            tallies[i % parts].add(exposure);
        }
        let (one, other) = (said(one), said(merged(tallies)));
        prop_assert_eq!(&one, &other);
        prop_assert_eq!(one.iter().map(|site| site.2).sum::<u64>(), seen.len() as u64);
    }
}
