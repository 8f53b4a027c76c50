//! Each stage alone, over text that is in memory: where a change made itself felt.
//!
//! ```sh
//! cargo bench --bench stages                  # all of them
//! cargo bench --bench stages -- scan/dense    # one
//! ```
//!
//! Criterion keeps the last run (target/criterion/) and says what changed since. The rows of benches/RECORD.md are of
//! whole processes, by benches/compare.

#[allow(dead_code)]
mod synthetic;

use std::hint::black_box;
use std::io;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use logleak::prefilter::{Case, Prefilter, Trigger};
use logleak::report::{Report, ScanFacts, json};
use logleak::rule::{self, Finder, RuleSet};
use logleak::{Scanner, Tally};
use synthetic::{Kind, Lines};

/// Text of one run. More than the caches hold, so that the memory counts too.
const TEXT: usize = 16 << 20;
/// The same where every line leaks: a run should not take seconds.
const DENSE: usize = 1 << 20;

const KINDS: &[(&str, Kind, usize)] =
    &[("clean", Kind::Clean, TEXT), ("typical", Kind::Typical, TEXT), ("dense", Kind::Dense, DENSE)];

fn text(kind: Kind, size: usize, seed: u64) -> Vec<u8> {
    let (mut lines, mut text) = (Lines::new(kind, seed), Vec::with_capacity(size + 1024));
    while text.len() < size {
        lines.push(&mut text);
    }
    text
}

fn scanner() -> Scanner {
    RuleSet::builtin().and_then(|rules| Scanner::builder(rules).build()).expect("the built-in rules load")
}

fn tally(scanner: &Scanner, seed: u64) -> Tally {
    scanner.scan_bytes("dense.log", &text(Kind::Dense, DENSE, seed))
}

/// What a process does before its first byte.
fn start(criterion: &mut Criterion) {
    criterion.bench_function("start", |bencher| bencher.iter(scanner));
}

/// The bound: looking at each byte once.
fn newlines(criterion: &mut Criterion) {
    let text = text(Kind::Typical, TEXT, 1);
    let mut group = criterion.benchmark_group("newlines");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("memchr", |bencher| bencher.iter(|| memchr::memchr_iter(b'\n', black_box(&text)).count()));
    group.finish();
}

/// All triggers of the built-in rules, by the machine's vectors and without.
fn prefilter(criterion: &mut Criterion) {
    let rules = RuleSet::builtin().expect("the built-in rules load");
    let triggers: Vec<Trigger> = rules
        .triggers()
        .iter()
        .map(|(text, case, finder)| {
            let needs = match finder {
                Finder::Pattern(rule) => rules.get(*rule).pattern.as_ref().and_then(|pattern| pattern.needs),
                _ => None,
            };
            let case = if *case == rule::Case::Exact { Case::Exact } else { Case::Insensitive };
            Trigger { text: text.clone(), case, needs }
        })
        .collect();
    let mechanisms = [("vector", Prefilter::new(&triggers)), ("portable", Prefilter::portable(&triggers))];
    let mut group = criterion.benchmark_group("prefilter");
    for &(name, kind, size) in KINDS {
        let text = text(kind, size, 1);
        group.throughput(Throughput::Bytes(text.len() as u64));
        for (mechanism, prefilter) in &mechanisms {
            group.bench_with_input(BenchmarkId::new(*mechanism, name), &text, |bencher, text| {
                bencher.iter(|| {
                    let mut hits = 0usize;
                    let newlines = prefilter.find(text, 0..text.len(), |_| hits += 1);
                    (newlines.total(), hits)
                });
            });
        }
    }
    group.finish();
}

/// From bytes to a tally on one thread, nothing read.
fn scan(criterion: &mut Criterion) {
    let scanner = scanner();
    let mut group = criterion.benchmark_group("scan");
    for &(name, kind, size) in KINDS {
        let text = text(kind, size, 1);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(|| scanner.scan_bytes("some.log", black_box(&text))));
    }
    group.finish();
}

/// Two tallies of a debug log become one, as threads end.
fn merge(criterion: &mut Criterion) {
    let scanner = scanner();
    criterion.bench_function("merge", |bencher| {
        bencher.iter_batched(
            || (tally(&scanner, 1), tally(&scanner, 2)),
            |(mut one, other)| {
                one.merge(other);
                one
            },
            BatchSize::LargeInput,
        );
    });
}

/// A tally of a debug log as JSON that nobody reads.
fn report(criterion: &mut Criterion) {
    let scanner = scanner();
    criterion.bench_function("report", |bencher| {
        bencher.iter_batched(
            || tally(&scanner, 1),
            |tally| {
                let report = Report::new(tally, ScanFacts::of(&scanner), |rule| scanner.rules().id(rule));
                json::write(&report, io::sink()).expect("a sink takes everything");
            },
            BatchSize::LargeInput,
        );
    });
}

criterion_group!(stages, start, newlines, prefilter, scan, merge, report);
criterion_main!(stages);
