//! Times the scan of packed logs against the bare decoder of the same crate, and against `rg -z` where it is found.
//!
//! ```sh
//! cargo bench --bench archives                      # 128 MiB of a typical log, 5 rounds
//! cargo bench --bench archives -- 1GiB 7 --kind clean
//! ```
//!
//! All rows of a round run one after the other, so that a neighbour's load falls on each; a round is thrown away first.
//! Medians of wall time; GB of unpacked log a second. `on 1` and `on 2` are the scan on so many threads, in this process,
//! and `of bare` each against the decoder whose text nobody looks at, which has one: on one thread 1.00 would be a scan
//! that costs nothing. `rg` is looked for in `PATH` and where `benches/compare` puts it; it and logleak, which takes two
//! threads, are timed as whole processes.

#[path = "../src/input/tests/pack.rs"]
mod pack;
#[allow(dead_code)]
mod synthetic;

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use logleak::{RuleSet, ScanOptions, Scanner};
use synthetic::{Kind, Lines};

const USAGE: &str = "usage: cargo bench --bench archives -- [SIZE [ROUNDS]] [--kind clean|typical|dense]";

/// Text of one block of xz and of one frame of zstd where there are several.
const BLOCK: usize = 16 << 20;

/// What somebody would grep for who wants to know whether a log holds passwords.
const WORDS: &[&str] = &[
    "password",
    "passwd",
    "passwort",
    "passphrase",
    "passcode",
    "pwd",
    "pass=",
    "pin=",
    "secret",
    "credential",
    "authorization: basic",
    "identified by",
];

/// One way to pack.
struct Row {
    /// With the extension by which rg knows how to unpack.
    name: &'static str,
    pack: fn(&[u8]) -> io::Result<Vec<u8>>,
    bare: fn(BufReader<File>) -> io::Result<Box<dyn Read>>,
    /// The goals against the bare decoder, and against rg.
    goals: (f64, f64),
}

const ROWS: &[Row] = &[
    Row { name: "text.gz", pack: |text| Ok(pack::gzip(text)), bare: gz, goals: (0.85, 2.5) },
    Row { name: "text.zst", pack: |text| zstd::encode_all(text, 3), bare: zst, goals: (0.85, 2.2) },
    Row { name: "text.xz", pack: |text| Ok(pack::xz_blocks(text, usize::MAX, 1)), bare: xz, goals: (0.85, 0.0) },
    Row { name: "blocks.xz", pack: |text| Ok(pack::xz_blocks(text, BLOCK, 1)), bare: xz, goals: (0.85, 2.0) },
    Row {
        name: "frames.zst",
        pack: |text| Ok(text.chunks(BLOCK).flat_map(pack::zstd).collect()),
        bare: zst,
        goals: (0.85, 0.0),
    },
    Row { name: "bgzip.gz", pack: |text| Ok(pack::bgzip(text, 0xff00)), bare: gz, goals: (0.85, 0.0) },
];

fn gz(file: BufReader<File>) -> io::Result<Box<dyn Read>> {
    Ok(Box::new(flate2::bufread::MultiGzDecoder::new(file)))
}

fn zst(file: BufReader<File>) -> io::Result<Box<dyn Read>> {
    Ok(Box::new(zstd::Decoder::with_buffer(file)?))
}

fn xz(file: BufReader<File>) -> io::Result<Box<dyn Read>> {
    Ok(Box::new(liblzma::bufread::XzDecoder::new_multi_decoder(file)))
}

struct Order {
    size: usize,
    rounds: usize,
    kind: String,
}

fn main() -> ExitCode {
    // `cargo bench` itself appends `--bench`, and `cargo test` runs this without arguments of its own.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let Some(order) = order(arguments.iter().filter(|argument| *argument != "--bench")) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(&order) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("archives: {error}");
            ExitCode::from(2)
        }
    }
}

fn order<'a>(mut arguments: impl Iterator<Item = &'a String>) -> Option<Order> {
    let mut order = Order { size: 128 << 20, rounds: 5, kind: "typical".to_owned() };
    let mut given = 0;
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), given) {
            ("--kind", _) => order.kind = arguments.next()?.clone(),
            (size, 0) => (order.size, given) = (bytes(size)?, 1),
            (rounds, 1) => (order.rounds, given) = (rounds.parse().ok().filter(|&rounds| rounds > 0)?, 2),
            _ => return None,
        }
    }
    Some(order)
}

/// `256MiB` as bytes.
fn bytes(text: &str) -> Option<usize> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let shift = ["", "KiB", "MiB", "GiB"].iter().position(|name| *name == unit)? * 10;
    digits.parse::<usize>().ok()?.checked_mul(1 << shift)
}

fn run(order: &Order) -> io::Result<()> {
    let kind = Kind::from_name(&order.kind).ok_or_else(|| io::Error::other("no such kind"))?;
    let (mut lines, mut text) = (Lines::new(kind, 1), Vec::with_capacity(order.size + 1024));
    while text.len() < order.size {
        lines.push(&mut text);
    }
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let scanner = RuleSet::builtin().and_then(|rules| Scanner::builder(rules).build()).map_err(io::Error::other)?;
    let rg = ripgrep();
    println!(
        "{} of {} MiB, {} rounds{}",
        order.kind,
        text.len() >> 20,
        order.rounds,
        if rg.is_none() { ", no rg" } else { "" }
    );
    println!(
        "{:12}{:>7}{:>11}{:>8}{:>9}{:>8}{:>9}{:>7}{:>10}{:>8}{:>7}",
        "", "packed", "bare GB/s", "on 1", "of bare", "on 2", "of bare", "goal", "rg GB/s", "x rg", "goal"
    );
    for row in ROWS {
        let path = folder.path().join(row.name);
        let packed = (row.pack)(&text)?;
        File::create(&path)?.write_all(&packed)?;
        measure(row, &path, packed.len(), text.len(), order.rounds, &scanner, rg.as_deref())?;
        fs::remove_file(path)?;
    }
    Ok(())
}

fn measure(
    row: &Row,
    path: &Path,
    packed: usize,
    size: usize,
    rounds: usize,
    scanner: &Scanner,
    rg: Option<&Path>,
) -> io::Result<()> {
    let [mut bare, mut one, mut two, mut own, mut theirs] = [const { Vec::new() }; 5];
    let scanned_on = |threads| {
        let options = ScanOptions { threads: NonZeroUsize::new(threads), ..ScanOptions::default() };
        let tally = scanner.scan_paths(&[path.to_owned()], &options);
        same(tally.counts.bytes_scanned as usize, size)
    };
    let words: Vec<&str> = WORDS.iter().flat_map(|word| ["-e", word]).collect();
    for round in 0..=rounds {
        let timed = [
            time(|| {
                let (mut decoder, mut buffer, mut total) =
                    ((row.bare)(BufReader::with_capacity(64 << 10, File::open(path)?))?, vec![0; 1 << 20], 0);
                loop {
                    match decoder.read(&mut buffer)? {
                        0 => break,
                        n => total += n,
                    }
                }
                same(total, size)
            })?,
            time(|| scanned_on(1))?,
            time(|| scanned_on(2))?,
            time(|| {
                run_quietly(Command::new(env!("CARGO_BIN_EXE_logleak")).args(["scan", "-q", "-j", "2"]).arg(path), 1)
            })?,
            match rg {
                Some(rg) => time(|| run_quietly(Command::new(rg).args(["-z", "-c", "-i"]).args(&words).arg(path), 0))?,
                None => f64::NAN,
            },
        ];
        if round > 0 {
            for (list, seconds) in [&mut bare, &mut one, &mut two, &mut own, &mut theirs].into_iter().zip(timed) {
                list.push(seconds);
            }
        }
    }
    let speed = |list: &mut Vec<f64>| size as f64 / median(list) / 1e9;
    let [bare, one, two, own, theirs] = [&mut bare, &mut one, &mut two, &mut own, &mut theirs].map(speed);
    println!(
        "{:12}{:>6.1}x{bare:11.2}{one:8.2}{:9.2}{two:8.2}{:9.2}{:7.2}{theirs:10.2}{:8.2}{:7.1}",
        row.name,
        size as f64 / packed as f64,
        one / bare,
        two / bare,
        row.goals.0,
        own / theirs,
        row.goals.1
    );
    Ok(())
}

fn time(work: impl FnOnce() -> io::Result<()>) -> io::Result<f64> {
    let begin = Instant::now();
    work()?;
    Ok(begin.elapsed().as_secs_f64())
}

fn median(list: &mut [f64]) -> f64 {
    list.sort_by(f64::total_cmp);
    list[list.len() / 2]
}

/// Whoever reads less than everything wins no race.
fn same(read: usize, size: usize) -> io::Result<()> {
    if read == size { Ok(()) } else { Err(io::Error::other(format!("{read} of {size} bytes were read"))) }
}

/// Both find something, and say so by their exit codes.
fn run_quietly(command: &mut Command, found: i32) -> io::Result<()> {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status()?;
    if status.code() == Some(found) { Ok(()) } else { Err(io::Error::other(format!("{command:?}: {status}"))) }
}

fn ripgrep() -> Option<PathBuf> {
    let installed = Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?.join("bench/venv/bin/rg");
    [installed, PathBuf::from("rg")]
        .into_iter()
        .find(|rg| Command::new(rg).arg("--version").stdout(Stdio::null()).status().is_ok())
}
