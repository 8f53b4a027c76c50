//! Writes a synthetic log of any size, with a list of the leaks in it.
//!
//! ```sh
//! cargo bench --bench generate -- typical 1GiB target/bench/typical.log --labels target/bench/typical.tsv
//! ```
//!
//! Equal arguments give equal bytes on every machine. The log ends with the line that reaches the size. The list has
//! one row a leak, `line<TAB>account<TAB>shape`, lines counted from 1. A file that exists is replaced.

mod synthetic;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use synthetic::{Kind, Lines};

const USAGE: &str = "\
usage: cargo bench --bench generate -- KIND SIZE FILE [--labels TSV] [--seed N]
  KIND   clean    0.01 % of the lines hold a password word, hardly any leaks
         typical  2 % hold a password word, 0.1 % of all lines leak
         dense    every line leaks a password of one of 135,000 accounts
  SIZE   bytes, or with KiB, MiB, GiB: 256MiB
  TSV    gets line, account and shape of every leak
  N      another number, another log; 1 by default";

/// Bytes gathered before they are written.
const BLOCK: usize = 1 << 20;

struct Order {
    kind: Kind,
    size: u64,
    file: PathBuf,
    labels: Option<PathBuf>,
    seed: u64,
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
    match write(&order) {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("cannot write {}: {error}", order.file.display());
            ExitCode::from(2)
        }
    }
}

fn order(arguments: &[String]) -> Option<Order> {
    let [kind, size, file, options @ ..] = arguments else { return None };
    let mut order =
        Order { kind: Kind::from_name(kind)?, size: bytes(size)?, file: PathBuf::from(file), labels: None, seed: 1 };
    for option in options.chunks(2) {
        match option {
            [name, value] if name == "--labels" => order.labels = Some(PathBuf::from(value)),
            [name, value] if name == "--seed" => order.seed = value.parse().ok()?,
            _ => return None,
        }
    }
    Some(order)
}

/// `256MiB` as bytes.
fn bytes(text: &str) -> Option<u64> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let unit = match unit {
        "" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

fn write(order: &Order) -> io::Result<String> {
    let mut log = create(&order.file)?;
    let mut labels = order.labels.as_deref().map(create).transpose()?.map(BufWriter::new);
    let mut lines = Lines::new(order.kind, order.seed);
    let mut block = Vec::with_capacity(BLOCK + BLOCK / 8);
    let (mut written, mut count, mut leaks) = (0u64, 0u64, 0u64);
    while written + (block.len() as u64) < order.size {
        let leak = lines.push(&mut block);
        count += 1;
        if let Some(leak) = leak {
            leaks += 1;
            if let Some(labels) = &mut labels {
                writeln!(labels, "{count}\t{}\t{}", leak.account, leak.shape)?;
            }
        }
        if block.len() >= BLOCK {
            log.write_all(&block)?;
            written += block.len() as u64;
            block.clear();
        }
    }
    log.write_all(&block)?;
    written += block.len() as u64;
    // Dropping a `BufWriter` would swallow the error of a full disk.
    if let Some(labels) = &mut labels {
        labels.flush()?;
    }
    Ok(format!("{}: {written} bytes, {count} lines, {leaks} leaks", order.file.display()))
}

fn create(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    File::create(path)
}
