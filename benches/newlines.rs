//! The yardstick: a pass that counts newlines over the same input path as the scan, and nothing else.
//!
//! ```sh
//! cargo bench --bench newlines -- FILE                    # counts and scans in turns: rows for benches/RECORD.md
//! cargo bench --bench newlines -- FILE --rounds 9
//! cargo bench --bench newlines -- FILE --pass read 2      # one pass, for benches/compare to time as a process
//! ```
//!
//! Nothing can be faster than a program that only looks at each byte, so `of newlines` says how much of what the
//! machine can do is left after looking for passwords. Both run in this process, one after the other in each round, so
//! that a neighbour's load falls on each; a round is thrown away first. FILE is used as it is: let a file that was
//! written a moment ago settle for ten seconds where `auto` should map it.

use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use logleak::input::{self, Budget, Buffers, Io, Member, Options, Selection, Sink, Window};
use logleak::{RuleSet, ScanOptions, Scanner};

const USAGE: &str = "usage: cargo bench --bench newlines -- FILE [--rounds N] [--pass auto|map|read THREADS]";

struct Order {
    path: PathBuf,
    rounds: usize,
    pass: Option<(Io, usize)>,
}

fn main() -> ExitCode {
    // `cargo bench` itself appends `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if arguments.is_empty() {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let Some(order) = order(&arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let done = match order.pass {
        Some((io, threads)) => count(&order.path, io, threads).map(|lines| println!("{lines}")),
        None => measure(&order),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("newlines: {error}");
            ExitCode::from(2)
        }
    }
}

fn order(arguments: &[String]) -> Option<Order> {
    let [path, options @ ..] = arguments else { return None };
    let mut order = Order { path: PathBuf::from(path), rounds: 5, pass: None };
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match option.as_str() {
            "--rounds" => order.rounds = options.next()?.parse().ok().filter(|&rounds| rounds > 0)?,
            "--pass" => order.pass = Some((io(options.next()?)?, options.next()?.parse().ok().filter(|&n| n > 0)?)),
            _ => return None,
        }
    }
    Some(order)
}

fn io(name: &str) -> Option<Io> {
    match name {
        "auto" => Some(Io::Auto),
        "map" => Some(Io::Map),
        "read" => Some(Io::Read),
        _ => None,
    }
}

fn measure(order: &Order) -> io::Result<()> {
    let scanner = RuleSet::builtin().and_then(|rules| Scanner::builder(rules).build()).map_err(io::Error::other)?;
    let paths = [order.path.clone()];
    println!("| input path | threads | newlines GB/s | scan GB/s | of newlines |");
    println!("|---|---|---|---|---|");
    for (name, io) in [("map", Io::Map), ("read", Io::Read)] {
        for threads in [1, 2] {
            let (mut newlines, mut scans, mut bytes) = (Vec::new(), Vec::new(), 0);
            for round in 0..=order.rounds {
                let begin = Instant::now();
                count(&order.path, io, threads)?;
                let counted = begin.elapsed().as_secs_f64();
                let begin = Instant::now();
                let options = ScanOptions { io, threads: NonZeroUsize::new(threads), ..ScanOptions::default() };
                let tally = scanner.scan_paths(&paths, &options);
                let scanned = begin.elapsed().as_secs_f64();
                bytes = tally.counts.bytes_scanned;
                if round > 0 {
                    newlines.push(counted);
                    scans.push(scanned);
                }
            }
            let (newlines, scans) = (median(&mut newlines), median(&mut scans));
            let speed = |seconds: f64| bytes as f64 / seconds / 1e9;
            let (count, scan) = (speed(newlines), speed(scans));
            println!("| {name} | {threads} | {count:.2} | {scan:.2} | {:.2} |", newlines / scans);
        }
    }
    Ok(())
}

fn median(list: &mut [f64]) -> f64 {
    list.sort_by(f64::total_cmp);
    list[list.len() / 2]
}

/// How many lines end in the file or folder, counted window by window as the scanner reads them.
fn count(path: &PathBuf, io: Io, threads: usize) -> io::Result<u64> {
    let mut options = Options::default();
    options.io = io;
    let walked = input::walk(std::slice::from_ref(path), &Selection::default(), 1);
    let units = input::plan(&walked.sources, &options);
    let budget = Budget::new(&options);
    let (next, total, failed) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicUsize::new(walked.skipped.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let (mut buffers, mut lines) = (Buffers::default(), Newlines(0));
                while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let source = &walked.sources[unit.source];
                    let outcome = input::read(source, unit, &options, &budget, &mut buffers, &mut lines);
                    failed.fetch_add(outcome.skipped.len(), Ordering::Relaxed);
                }
                total.fetch_add(lines.0, Ordering::Relaxed);
            });
        }
    });
    match failed.into_inner() {
        0 => Ok(total.into_inner()),
        // Whoever reads less than everything wins no race.
        _ => Err(io::Error::other(format!("{} could not be read whole", path.display()))),
    }
}

struct Newlines(u64);

impl Sink for Newlines {
    fn window(&mut self, _: &Member<'_>, window: Window<'_>) {
        self.0 += memchr::memchr_iter(b'\n', &window.bytes[window.own]).count() as u64;
    }
}
