//! From a tally to lines. Everything is sorted, so that the threads of the scan do not show.

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::Ipv6Addr;
use std::sync::Arc;

use super::wire::{self, Line};
use super::{FORMAT, Header};
use crate::account::AccountKey;
use crate::exposure::Place;
use crate::secret::hex;
use crate::tally::account::{AccountTally, NameKind, Passwords, Seen};
use crate::tally::listed::{Least, Listed, Shape};
use crate::tally::masked::Span;
use crate::tally::place::{Lines, PlaceTally};
use crate::tally::site::Sites;
use crate::tally::stuffing::{Attempts, Clients};
use crate::tally::{Tally, Totals};

/// Writes a partial result. `source` is what `--source` named in a scan, and none in a merge, whose skipped inputs hold
/// it already.
///
/// # Errors
/// What `out` says. What was written is then cut, and refused by whoever reads it.
pub fn write(header: Header, source: Option<&str>, tally: Tally, out: impl Write) -> io::Result<()> {
    let Tally { counts, cap, totals, skipped, accounts, places, sites, masks, attempts, suppressed, .. } = tally;
    let mut out = Out { out, lines: 0, line: Vec::new() };
    let header = Header { format: FORMAT.to_owned(), max_exposures: cap, ..header };
    let keyed = header.key_id.is_some();
    out.line(&Line::LogleakPartial(Box::new(header)))?;

    let mut places = places.into_pairs();
    places.retain(|(_, tally)| !tally.sites.is_empty());
    places.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    let mut accounts = accounts.into_pairs();
    accounts.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    let (numbers, sites) = sites_in_order(sites);

    let lists = || accounts.iter().map(|(_, a)| &a.least).chain(places.iter().map(|(_, p)| &p.least));
    let tables = Tables::new(&places, lists(), numbers);
    for site in sites {
        out.line(&Line::Site(site))?;
    }
    for (place, tally) in &places {
        out.line(&Line::Place(tables.place(place, tally)))?;
    }
    let mut shapes: Vec<(&Arc<Shape>, u32)> = tables.shapes.iter().map(|(shape, number)| (shape, *number)).collect();
    shapes.sort_unstable_by_key(|(_, number)| *number);
    for (shape, _) in shapes {
        out.line(&Line::Shape(self::shape(shape)))?;
    }
    for (key, mut account) in accounts {
        let listed = std::mem::take(&mut account.least).into_sorted(cap);
        out.line(&Line::Account(Box::new(tables.account(key, account, keyed))))?;
        for one in listed {
            out.line(&Line::Exposure(tables.exposure(one)))?;
        }
    }
    for (_, place) in places {
        for one in place.least.into_sorted(cap) {
            out.line(&Line::Nameless(tables.exposure(one)))?;
        }
    }
    write_attempts(attempts, &mut out)?;
    for (statement, Span { first, last }) in masks.into_spans() {
        out.line(&Line::Masked(wire::Masked { statement: format!("{statement:016x}"), first, last }))?;
    }
    let mut skipped: Vec<_> =
        skipped.into_iter().map(|one| (Place::new(source, one.path, one.member).uri, one.reason, one.detail)).collect();
    skipped.sort_unstable();
    skipped.dedup();
    for (uri, reason, detail) in skipped {
        out.line(&Line::Skipped(wire::Skipped { uri, reason, detail }))?;
    }
    for (why, exposures) in suppressed {
        let (reason, expires) = why.entry.map(|entry| (entry.reason.clone(), entry.expires.clone())).unzip();
        out.line(&Line::Suppressed(wire::Suppressed { by: why.by, reason, expires, exposures }))?;
    }
    let Totals { exposures, by_mode, by_protection, by_cwe, dismissed, seen: when, unattributed_severity } = totals;
    out.line(&Line::Totals(Box::new(wire::Totals {
        exposures,
        by_mode: by_mode.into_iter().collect(),
        by_protection: by_protection.into_iter().collect(),
        by_cwe: by_cwe.into_iter().collect(),
        dismissed: dismissed.into_iter().collect(),
        seen: seen(when),
        unattributed_severity,
        files_scanned: counts.files_scanned,
        files_partial: counts.files_partial,
        files_excluded: counts.files_excluded,
        members_scanned: counts.members_scanned,
        bytes_scanned: counts.bytes_scanned,
    })))?;
    out.line(&Line::End(out.lines))?;
    out.out.flush()
}

/// Writes line by line.
struct Out<W> {
    out: W,
    lines: u64,
    line: Vec<u8>,
}

impl<W: Write> Out<W> {
    fn line(&mut self, line: &Line) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, line)?;
        self.line.push(b'\n');
        self.lines += 1;
        self.out.write_all(&self.line)
    }
}

/// The numbers of what lines name by number.
struct Tables {
    places: HashMap<Arc<Place>, u32>,
    shapes: HashMap<Arc<Shape>, u32>,
    /// By the number that the tally gave.
    sites: Vec<u32>,
    lines: HashMap<Arc<Place>, Lines>,
}

impl Tables {
    fn new<'a>(places: &[(Arc<Place>, PlaceTally)], lists: impl Iterator<Item = &'a Least>, sites: Vec<u32>) -> Self {
        let numbers = places.iter().zip(0..).map(|((place, _), number)| (Arc::clone(place), number)).collect();
        let counted = places.iter().filter(|(_, tally)| !tally.windows.is_empty());
        let lines = counted.map(|(place, tally)| (Arc::clone(place), Lines::new(tally.windows.clone()))).collect();
        let mut shapes: HashMap<Arc<Shape>, u32> = HashMap::new();
        for listed in lists.flat_map(|list| list.0.iter()) {
            if !shapes.contains_key(&listed.shape) {
                shapes.insert(Arc::clone(&listed.shape), 0);
            }
        }
        let mut order: Vec<Arc<Shape>> = shapes.keys().map(Arc::clone).collect();
        order.sort_unstable();
        let shapes = order.into_iter().zip(0..).collect();
        Self { places: numbers, shapes, sites, lines }
    }

    fn sites(&self, numbers: &[usize]) -> Vec<u32> {
        let mut sites: Vec<u32> = numbers.iter().filter_map(|number| self.sites.get(*number).copied()).collect();
        sites.sort_unstable();
        sites.dedup();
        sites
    }

    fn place(&self, place: &Place, tally: &PlaceTally) -> wire::Place {
        wire::Place {
            source: place.source().map(str::to_owned),
            path: place.path.clone(),
            member: place.member.clone(),
            unattributed: tally.unattributed,
            sites: self.sites(&tally.sites),
        }
    }

    fn account(&self, account: AccountKey, of: AccountTally, keyed: bool) -> wire::Account {
        let named = |(kind, name)| match kind {
            NameKind::Identity(kind) => wire::Name { kind: Some(kind), name },
            NameKind::Domain => wire::Name { kind: None, name },
        };
        wire::Account {
            key: key(account),
            account_type: of.account_type,
            credential_type: of.credential_type,
            evidence: of.evidence,
            severity: of.severity,
            confidence: of.confidence,
            stored: of.stored,
            transmitted: of.transmitted,
            exposures: of.exposures,
            failures: of.failures,
            superseded: of.superseded,
            open: of.open,
            open_evidence: of.open_evidence,
            known: of.known,
            weak_hashes: of.weak_hashes,
            ambiguous: of.ambiguous,
            seen: seen(of.seen),
            passwords: passwords(&of.passwords, keyed),
            names: of.names.0.into_iter().map(named).collect(),
            clients: clients(&of.clients),
            sites: self.sites(&of.sites),
        }
    }

    /// The line is told from the beginning of the file: where windows began means nothing elsewhere.
    fn exposure(&self, listed: Listed) -> wire::Exposure {
        let before = self.lines.get(&listed.place).map_or(0, |lines| lines.before(listed.window));
        wire::Exposure {
            place: self.places.get(&listed.place).copied().unwrap_or_default(),
            shape: self.shapes.get(&listed.shape).copied().unwrap_or_default(),
            offset: listed.offset,
            line: before.saturating_add(listed.line),
            column: listed.column,
            exact: listed.exact,
            logged_at: listed.logged_at,
            record: hex(&listed.record),
            occurrences: listed.occurrences,
            superseded: listed.superseded,
            mac: listed.mac.map(|mac| hex(&mac[..])),
            candidates: listed.candidates.into_iter().map(key).collect(),
            accepted_from: listed.accepted_from,
        }
    }
}

/// The sites in their order, and for each number of the tally its place among them.
fn sites_in_order(sites: Sites) -> (Vec<u32>, Vec<wire::Site>) {
    let pairs = sites.index.into_pairs();
    let moved: Vec<usize> = pairs.iter().enumerate().map(|(own, (_, site))| site.moved.unwrap_or(own)).collect();
    let mut order: Vec<usize> = (0..pairs.len()).filter(|&number| pairs[number].1.exposures > 0).collect();
    order.sort_unstable_by(|&one, &other| pairs[one].0.cmp(&pairs[other].0));
    let mut places = vec![0; pairs.len()];
    order.iter().zip(0u32..).for_each(|(&number, place)| places[number] = place);
    let numbers = moved.into_iter().map(|number| places[number]).collect();
    let mut pairs: Vec<_> = pairs.into_iter().map(Some).collect();
    let written = order.into_iter().filter_map(|number| pairs[number].take()).map(|(cause, site)| wire::Site {
        rule: cause.keys.rule.0,
        template: cause.keys.template.as_ref().to_owned(),
        family: cause.keys.family.as_ref().to_owned(),
        statement: cause.statement.map(|statement| statement.as_ref().to_owned()),
        exposures: site.exposures,
        seen: seen(site.seen),
        records: site.records.iter().map(|record| hex(record)).collect(),
    });
    (numbers, written.collect())
}

fn write_attempts(mut attempts: Attempts, out: &mut Out<impl Write>) -> io::Result<()> {
    attempts.shrink();
    let pair = |(hash, address): (u64, u128)| wire::Pair {
        hash: format!("{hash:016x}"),
        address: Ipv6Addr::from_bits(address),
    };
    let mut pairs: Vec<_> = attempts.pairs.into_iter().collect();
    pairs.sort_unstable_by_key(|(pair, _)| *pair);
    for (of, count) in pairs {
        let (attempts, rejected) = (count.attempts, count.rejected);
        out.line(&Line::Attempts(wire::Attempts { pair: pair(of), attempts, rejected }))?;
    }
    attempts.limit.map_or(Ok(()), |limit| out.line(&Line::AttemptsLimit(pair(limit))))
}

fn shape(shape: &Shape) -> wire::Shape {
    wire::Shape {
        rule: shape.rule.0,
        mode: shape.mode,
        channel: shape.channel,
        protection: shape.protection,
        layers: shape.layers.clone(),
        cwe: shape.cwe.clone(),
        severity: shape.severity,
        confidence: shape.confidence,
        side: shape.side,
        outcome: shape.outcome,
        time_basis: shape.time_basis,
        field: shape.field.as_deref().map(str::to_owned),
        attribution: shape.attribution,
    }
}

fn key(AccountKey { realm, kind, identity }: AccountKey) -> wire::Key {
    wire::Key { realm, kind, identity }
}

fn seen(Seen { first, last, basis }: Seen) -> wire::Seen {
    wire::Seen { first, last, basis }
}

/// Digests under the key of a run tell nobody anything once it has ended: only how many there were is written.
fn passwords(passwords: &Passwords, keyed: bool) -> wire::Passwords {
    let digests = if keyed { passwords.digests.as_slice() } else { &[] };
    wire::Passwords {
        digests: digests.iter().map(|digest| format!("{digest:016x}")).collect(),
        counted: if keyed { passwords.counted } else { u8::try_from(passwords.count()).unwrap_or(u8::MAX) },
        counted_apart: passwords.counted_apart,
        capped: passwords.capped,
    }
}

fn clients(clients: &Clients) -> wire::Clients {
    let known = clients.least.iter().map(|(address, was)| wire::Client { address: (*address).into(), was: *was });
    wire::Clients { known: known.collect(), elsewhere: clients.elsewhere, capped: clients.capped }
}
