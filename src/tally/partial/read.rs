//! From lines to a tally. A partial result may come from anywhere: what cannot be one is refused, with the file and the
//! line, and never quoted.

use std::io::{BufRead, Read};
use std::net::Ipv6Addr;
use std::path::Path;
use std::sync::Arc;

use super::wire::{self, Line};
use super::{FORMAT, Header};
use crate::account::AccountKey;
use crate::error::Error;
use crate::exposure::Place;
use crate::input::Skipped;
use crate::rule::RuleIndex;
use crate::tally::account::{AccountTally, NameKind, Names, Passwords, Seen};
use crate::tally::index::note;
use crate::tally::listed::{Least, Listed, Shape};
use crate::tally::masked::Span;
use crate::tally::site::{Cause, SiteKey, SiteTally};
use crate::tally::stuffing::{Attempts, Clients, Count};
use crate::tally::{Counts, Suppressed, Suppression, Tally, Totals, WRITABLE};

/// The longest line, in bytes.
const LINE_BYTES: u64 = 16 << 20;

/// The largest count that is believed: sums of many parts must not overflow.
const MOST: u64 = 1 << 48;

/// Whether a file that begins so is a partial result.
pub fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(b"{\"logleak_partial\":")
}

/// Reads the first line. `path` is what errors call the file.
///
/// # Errors
/// Where it cannot be read, or is not the beginning of a partial result of this [`FORMAT`].
pub fn header(path: &Path, reader: &mut impl BufRead) -> Result<Header, Error> {
    #[derive(serde::Deserialize)]
    struct First {
        logleak_partial: Version,
    }
    #[derive(serde::Deserialize)]
    struct Version {
        format: String,
    }
    let mut lines = Lines { path, reader, number: 0, bytes: Vec::new() };
    let text = lines.next()?.ok_or_else(|| Error::partial(path, None, "is empty: scan again"))?;
    // Which form it is of is asked first: a later one has other members.
    let of: First = serde_json::from_slice(text)
        .map_err(|_| Error::partial(path, Some(1), "not the beginning of what `scan --partial` writes"))?;
    if of.logleak_partial.format != FORMAT {
        let reason = "of another form than this version reads: scan again with this version, or merge with the other";
        return Err(Error::partial(path, Some(1), reason));
    }
    match serde_json::from_slice(text) {
        Ok(Line::LogleakPartial(header)) if !header.parts.is_empty() => Ok(*header),
        _ => Err(Error::partial(path, Some(1), DAMAGED)),
    }
}

/// What is said of a line that no version of this program writes.
const DAMAGED: &str = "not what `scan --partial` writes: it was changed or damaged; scan again";
const CUT: &str = "ends before its last line, as when a scan or a copy was cut: scan or copy again";

/// Reads what follows the header.
///
/// # Errors
/// Where it cannot be read, was cut, or holds anything that a scan does not write.
pub fn body(path: &Path, header: &Header, reader: &mut impl BufRead) -> Result<Tally, Error> {
    let mut lines = Lines { path, reader, number: 1, bytes: Vec::new() };
    let mut parts = Parts::new(header);
    loop {
        let Some(text) = lines.next()? else { return Err(Error::partial(path, None, CUT)) };
        let line = serde_json::from_slice(text).ok();
        let fault = || Error::partial(path, Some(lines.number), DAMAGED);
        match line.ok_or_else(fault)? {
            Line::End(count) if count + 1 == lines.number => break,
            line => parts.add(line).ok_or_else(fault)?,
        }
    }
    match lines.next()? {
        None => Ok(parts.finish()),
        Some(_) => Err(Error::partial(path, Some(lines.number), DAMAGED)),
    }
}

/// Lines of bounded length.
struct Lines<'a, R> {
    path: &'a Path,
    reader: &'a mut R,
    number: u64,
    bytes: Vec<u8>,
}

impl<R: BufRead> Lines<'_, R> {
    /// The next line; none at the end. A line without a line end was cut.
    fn next(&mut self) -> Result<Option<&[u8]>, Error> {
        self.bytes.clear();
        let read = self.reader.by_ref().take(LINE_BYTES).read_until(b'\n', &mut self.bytes);
        if read.map_err(|e| Error::file(self.path, "read", &e))? == 0 {
            return Ok(None);
        }
        self.number += 1;
        match self.bytes.strip_suffix(b"\n") {
            Some(line) => Ok(Some(line)),
            None if self.bytes.len() as u64 == LINE_BYTES => Err(Error::partial(self.path, Some(self.number), DAMAGED)),
            None => Err(Error::partial(self.path, Some(self.number), CUT)),
        }
    }
}

/// A tally that grows line by line. Every function gives none for what cannot be.
struct Parts {
    tally: Tally,
    rules: usize,
    places: Vec<(Arc<Place>, usize)>,
    shapes: Vec<Arc<Shape>>,
    sites: Vec<usize>,
    /// The account that exposures belong to.
    account: Option<usize>,
}

impl Parts {
    fn new(header: &Header) -> Self {
        let tally = Tally::new(header.max_exposures);
        let (places, shapes, sites) = (Vec::new(), Vec::new(), Vec::new());
        Self { tally, rules: header.rules.len(), places, shapes, sites, account: None }
    }

    fn add(&mut self, line: Line) -> Option<()> {
        match line {
            Line::Place(place) => self.place(place),
            Line::Shape(shape) => self.shape(shape),
            Line::Site(site) => self.site(site),
            Line::Account(account) => self.account(*account),
            Line::Exposure(exposure) => {
                let listed = self.listed(exposure)?.1;
                let cap = self.tally.cap;
                self.tally.accounts.at(self.account?).least.push(cap, listed);
                Some(())
            }
            Line::Nameless(exposure) => {
                let (place, listed) = self.listed(exposure)?;
                let cap = self.tally.cap;
                self.tally.places.at(place).least.push(cap, listed);
                Some(())
            }
            Line::Attempts(attempts) => self.attempts(&attempts),
            Line::AttemptsLimit(pair) => {
                let limit = Some(self::pair(&pair)?);
                self.tally.attempts.absorb(Attempts { limit, ..Attempts::default() });
                Some(())
            }
            Line::Masked(masked) => self.masked(&masked),
            Line::Skipped(wire::Skipped { uri, reason, detail }) => {
                self.tally.skip(Skipped { path: uri, member: None, reason, detail });
                Some(())
            }
            Line::Suppressed(wire::Suppressed { by, reason, expires, exposures }) => {
                let entry = reason.zip(expires).map(|(reason, expires)| Arc::new(Suppression { reason, expires }));
                *self.tally.suppressed.entry(Suppressed { by, entry }).or_default() += count(exposures)?;
                Some(())
            }
            Line::Totals(totals) => self.totals(*totals),
            Line::LogleakPartial(_) | Line::End(_) => None,
        }
    }

    fn finish(self) -> Tally {
        self.tally
    }

    fn place(&mut self, wire::Place { source, path, member, unattributed, sites }: wire::Place) -> Option<()> {
        let place = Arc::new(Place::new(source.as_deref(), path, member));
        let sites = self.numbers(sites)?;
        let before = self.tally.places.len();
        let number = self.tally.place(&place);
        let tally = self.tally.places.at(number);
        (tally.unattributed, tally.sites) = (count(unattributed)?, sites);
        self.places.push((place, number));
        (number == before).then_some(())
    }

    fn shape(&mut self, shape: wire::Shape) -> Option<()> {
        let shape = Shape {
            rule: self.rule(shape.rule)?,
            mode: shape.mode,
            channel: shape.channel,
            protection: shape.protection,
            layers: shape.layers,
            cwe: shape.cwe,
            severity: shape.severity,
            confidence: shape.confidence,
            side: shape.side,
            outcome: shape.outcome,
            time_basis: shape.time_basis,
            field: shape.field.map(Arc::from),
            attribution: shape.attribution,
        };
        self.shapes.push(self.tally.shapes.share(shape));
        Some(())
    }

    fn rule(&self, rule: u16) -> Option<RuleIndex> {
        (usize::from(rule) < self.rules).then_some(RuleIndex(rule))
    }

    fn site(&mut self, site: wire::Site) -> Option<()> {
        let rule = self.rule(site.rule)?;
        let keys = SiteKey { rule, template: site.template.into(), family: site.family.into() };
        let number = self.tally.sites.number(Cause { keys, statement: site.statement.map(Arc::from) });
        let mut records = site.records.iter().map(|record| bytes(record)).collect::<Option<Vec<[u8; 16]>>>()?;
        records.sort_unstable();
        let of = SiteTally { exposures: count(site.exposures)?, seen: seen(&site.seen)?, records, moved: None };
        self.tally.sites.index.at(number).absorb(of);
        self.sites.push(number);
        Some(())
    }

    /// The numbers of sites here.
    fn numbers(&self, sites: Vec<u32>) -> Option<Vec<usize>> {
        let mut numbers = Vec::new();
        for site in sites {
            note(&mut numbers, *self.sites.get(site as usize)?);
        }
        Some(numbers)
    }

    fn account(&mut self, of: wire::Account) -> Option<()> {
        let named = |wire::Name { kind, name }| (kind.map_or(NameKind::Domain, NameKind::Identity), name);
        let mut names = Names::default();
        names.absorb(Names(of.names.into_iter().map(named).collect()));
        let account = AccountTally {
            account_type: of.account_type,
            credential_type: of.credential_type,
            evidence: of.evidence,
            severity: of.severity,
            confidence: of.confidence,
            stored: of.stored,
            transmitted: of.transmitted,
            exposures: count(of.exposures)?,
            failures: count(of.failures)?,
            superseded: count(of.superseded)?,
            open: count(of.open)?,
            open_evidence: of.open_evidence,
            known: of.known,
            weak_hashes: count(of.weak_hashes)?,
            ambiguous: count(of.ambiguous)?,
            seen: seen(&of.seen)?,
            passwords: passwords(of.passwords)?,
            names,
            suspected: false,
            clients: clients(of.clients),
            least: Least::default(),
            sites: self.numbers(of.sites)?,
        };
        let before = self.tally.accounts.len();
        let number = self.tally.accounts.number(key(of.key), |_| account);
        // An account that stands there twice would lose what the second line says.
        self.account = (number == before).then_some(number);
        self.account.map(|_| ())
    }

    fn listed(&self, of: wire::Exposure) -> Option<(usize, Listed)> {
        let (place, number) = self.places.get(of.place as usize)?;
        let mac = match of.mac {
            Some(mac) => Some(Box::new(bytes::<32>(&mac)?)),
            None => None,
        };
        let listed = Listed {
            place: Arc::clone(place),
            offset: of.offset,
            window: 0,
            line: of.line,
            column: of.column,
            exact: of.exact,
            logged_at: moment(of.logged_at)?,
            record: bytes(&of.record)?,
            occurrences: of.occurrences,
            superseded: of.superseded,
            mac,
            candidates: of.candidates.into_iter().map(key).collect(),
            accepted_from: of.accepted_from,
            shape: Arc::clone(self.shapes.get(of.shape as usize)?),
        };
        Some((*number, listed))
    }

    fn attempts(&mut self, wire::Attempts { pair, attempts, rejected }: &wire::Attempts) -> Option<()> {
        let count = Count { attempts: count(*attempts)?, rejected: count(*rejected)? };
        self.tally.attempts.insert(self::pair(pair)?, count);
        Some(())
    }

    fn masked(&mut self, &wire::Masked { ref statement, first, last }: &wire::Masked) -> Option<()> {
        let statement = u64::from_str_radix(statement, 16).ok()?;
        let told = WRITABLE.contains(&first) && WRITABLE.contains(&last) && first <= last;
        told.then(|| self.tally.masks.insert(statement, Span { first, last }))
    }

    fn totals(&mut self, of: wire::Totals) -> Option<()> {
        self.tally.totals = Totals {
            exposures: count(of.exposures)?,
            by_mode: counts(of.by_mode)?,
            by_protection: counts(of.by_protection)?,
            by_cwe: counts(of.by_cwe)?,
            dismissed: counts(of.dismissed)?,
            seen: seen(&of.seen)?,
            unattributed_severity: of.unattributed_severity,
        };
        self.tally.counts = Counts {
            files_scanned: count(of.files_scanned)?,
            files_partial: count(of.files_partial)?,
            files_excluded: count(of.files_excluded)?,
            members_scanned: count(of.members_scanned)?,
            bytes_scanned: of.bytes_scanned,
        };
        Some(())
    }
}

fn count(number: u64) -> Option<u64> {
    (number <= MOST).then_some(number)
}

fn counts<K: Ord>(of: Vec<(K, u64)>) -> Option<std::collections::BTreeMap<K, u64>> {
    of.into_iter().map(|(key, number)| Some((key, count(number)?))).collect()
}

fn key(wire::Key { realm, kind, identity }: wire::Key) -> AccountKey {
    AccountKey { realm, kind, identity }
}

/// A time that a report can write, or no time.
fn moment(at: Option<i64>) -> Option<Option<i64>> {
    at.is_none_or(|at| WRITABLE.contains(&at)).then_some(at)
}

fn seen(of: &wire::Seen) -> Option<Seen> {
    Some(Seen { first: moment(of.first)?, last: moment(of.last)?, basis: of.basis })
}

fn passwords(of: wire::Passwords) -> Option<Passwords> {
    let mut passwords = Passwords::default();
    let digests = of.digests.iter().map(|digest| u64::from_str_radix(digest, 16).ok()).collect::<Option<Vec<_>>>()?;
    let (counted, counted_apart) = (of.counted.min(16), of.counted_apart);
    passwords.absorb(Passwords { digests, capped: of.capped, counted, counted_apart });
    Some(passwords)
}

fn clients(of: wire::Clients) -> Clients {
    let mut clients = Clients::default();
    for wire::Client { address, was } in of.known {
        clients.insert(address.octets(), was);
    }
    clients.absorb(Clients { least: Vec::new(), elsewhere: of.elsewhere, capped: of.capped });
    clients
}

fn pair(wire::Pair { hash, address }: &wire::Pair) -> Option<(u64, u128)> {
    Some((u64::from_str_radix(hash, 16).ok()?, Ipv6Addr::to_bits(*address)))
}

/// The bytes that hexadecimal digits write.
fn bytes<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let digits = digits.as_bytes();
    let mut bytes = [0; N];
    if digits.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}
