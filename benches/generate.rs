//! Writes a synthetic log of any size, with a list of the leaks in it.
//!
//! ```sh
//! cargo bench --bench generate -- typical 1GiB target/bench/typical.log --labels target/bench/typical.tsv
//! cargo bench --bench generate -- typical 4KiB target/bench/small --files 20000
//! cargo bench --bench generate -- accounts 10000000lines target/bench/accounts.log
//! ```
//!
//! Equal arguments give equal bytes on every machine. A log ends with the line that reaches the size. The list has
//! one row a leak, `line<TAB>account<TAB>shape`, lines counted from 1 in each file. A file that exists is replaced.

mod synthetic;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use synthetic::{Kind, Lines};

const USAGE: &str = "\
usage: cargo bench --bench generate -- KIND SIZE FILE [--files N] [--one-line] [--labels TSV] [--seed N]
  KIND        clean     0.01 % of the lines hold a password word, hardly any leaks
              typical   2 % hold a password word, 0.1 % of all lines leak
              dense     every line leaks a password of one of 135,000 accounts
              accounts  every line leaks the password of another account
  SIZE        bytes, with KiB, MiB, GiB: 256MiB; or how many lines: 1000lines. 0 writes an empty file
  --files N   FILE is a folder, which gets N files of SIZE each: part-00000.log and so on
  --one-line  blanks instead of line ends: one line of SIZE
  TSV         gets line, account and shape of every leak
  --seed N    another number, another log; 1 by default";

/// Bytes gathered before they are written.
const BLOCK: usize = 1 << 20;

/// How much a file holds.
#[derive(Clone, Copy)]
enum Size {
    Bytes(u64),
    Lines(u64),
}

struct Order {
    kind: Kind,
    size: Size,
    file: PathBuf,
    files: Option<u32>,
    /// Between two lines.
    end: u8,
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
    let mut order = Order {
        kind: Kind::from_name(kind)?,
        size: self::size(size)?,
        file: PathBuf::from(file),
        files: None,
        end: b'\n',
        labels: None,
        seed: 1,
    };
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match option.as_str() {
            "--files" => order.files = Some(options.next()?.parse().ok()?),
            "--one-line" => order.end = b' ',
            "--labels" => order.labels = Some(PathBuf::from(options.next()?)),
            "--seed" => order.seed = options.next()?.parse().ok()?,
            _ => return None,
        }
    }
    Some(order)
}

/// `256MiB` as bytes, `1000lines` as lines.
fn size(text: &str) -> Option<Size> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let number: u64 = digits.parse().ok()?;
    let unit = match unit {
        "" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "lines" => return Some(Size::Lines(number)),
        _ => return None,
    };
    number.checked_mul(unit).map(Size::Bytes)
}

/// What was written, of all files together.
#[derive(Default)]
struct Written {
    bytes: u64,
    lines: u64,
    leaks: u64,
}

fn write(order: &Order) -> io::Result<String> {
    let mut labels = order.labels.as_deref().map(create).transpose()?.map(BufWriter::new);
    let mut lines = Lines::new(order.kind, order.seed);
    let mut total = Written::default();
    match order.files {
        None => write_file(order, &order.file, &mut lines, &mut labels, &mut total)?,
        Some(files) => (0..files).try_for_each(|number| {
            let file = order.file.join(format!("part-{number:05}.log"));
            write_file(order, &file, &mut lines, &mut labels, &mut total)
        })?,
    }
    // Dropping a `BufWriter` would swallow the error of a full disk.
    if let Some(labels) = &mut labels {
        labels.flush()?;
    }
    let Written { bytes, lines, leaks } = total;
    Ok(format!("{}: {bytes} bytes, {lines} lines, {leaks} leaks", order.file.display()))
}

/// Writes one file with the next lines.
fn write_file(
    order: &Order,
    path: &Path,
    lines: &mut Lines,
    labels: &mut Option<BufWriter<File>>,
    total: &mut Written,
) -> io::Result<()> {
    let mut log = create(path)?;
    let mut block = Vec::with_capacity(BLOCK + BLOCK / 8);
    let (mut written, mut count) = (0u64, 0u64);
    loop {
        let missing = match order.size {
            Size::Bytes(size) => written + (block.len() as u64) < size,
            Size::Lines(lines) => count < lines,
        };
        if !missing {
            break;
        }
        let leak = lines.push(&mut block);
        if let Some(end) = block.last_mut() {
            *end = order.end;
        }
        count += 1;
        if let Some(leak) = leak {
            total.leaks += 1;
            if let Some(labels) = labels {
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
    total.bytes += written + block.len() as u64;
    total.lines += count;
    Ok(())
}

fn create(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    File::create(path)
}
