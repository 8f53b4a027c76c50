//! `logleak merge`: the parts of one scan, wherever they were made, become the one report.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;

use jiff::Timestamp;
use logleak::Tally;
use logleak::report::schema::{self, Status, Time};
use logleak::report::{Merged, Policy, Report, ScanFacts, json};
use logleak::secret::FingerprintKey;
use logleak::tally::partial::{self, Header, Join, Overlap};

use super::args::{Format, PolicyArg};
use super::exit::Exit;
use super::fail::FailArgs;
use super::left::read_baseline;
use super::output::{Target, Written};
use super::partial::{PartialArgs, told};
use super::{Failure, say, summary};

/// Add up the parts of one scan: the report is that of one scan of everything
///
/// Parts are what `scan --partial` writes. Exit codes are those of a scan.
#[derive(Debug, clap::Args)]
pub(super) struct MergeArgs {
    /// Partial results; `-` for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    #[command(flatten)]
    partial: PartialArgs,

    /// Take files that claim the same source and inputs: what both list is counted once
    #[arg(long)]
    allow_overlap: bool,

    /// Write the report to FILE, whole or not at all, readable by you alone [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Format of the report
    #[arg(short, long, value_enum, default_value_t = Format::Json)]
    format: Format,

    /// The key that the parts were made with
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,

    /// When to force a reset [default: as the parts say]
    #[arg(long, value_enum)]
    policy: Option<PolicyArg>,

    /// Exposures listed of each account, at most as many as the parts list [default: as many]
    #[arg(long, value_name = "N")]
    max_exposures: Option<usize>,

    #[command(flatten)]
    fail: FailArgs,

    /// With --fail-on new_site: the earlier report
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Say nothing but errors
    #[arg(short, long)]
    quiet: bool,

    /// Exit with 0 whatever is found, as long as there is a report
    #[arg(long)]
    exit_zero: bool,
}

/// Adds up and reports.
pub(super) fn run(args: &MergeArgs) -> Result<Exit, Failure> {
    let target = Target::check(args.output.as_deref())?;
    let key = args.key_file.as_deref().map(FingerprintKey::from_file).transpose();
    let key = key.map_err(|error| Failure::new(format!("--key-file: {error}")))?;
    args.fail.check(args.baseline.is_some())?;
    let baseline = args.baseline.as_deref().map(|path| read_baseline(path, key.as_ref(), true)).transpose()?;
    let clock = Instant::now();
    let (header, tally) = add_up(args)?;
    let known = header.key_id.as_deref();
    if known != key.as_ref().map(FingerprintKey::id) {
        return Err(match known {
            Some(id) if key.is_none() => Failure::new(format!("the parts were made with the key {id}"))
                .hint("give it with --key-file: the ids of the report are made with it"),
            Some(id) => Failure::new(format!("--key-file: the parts were made with the key {id}, not with this one"))
                .hint("give the key of the scans"),
            None => Failure::new("--key-file: the parts were made without a key")
                .hint("scan again with --key-file, or leave it out here"),
        });
    }
    if args.partial.partial {
        let (exposures, complete) = (tally.exposures(), tally.skipped().is_empty() && !header.interrupted);
        let written = target.write(|out| partial::write(header, None, tally, out))?;
        if !args.quiet && written == Written::Whole {
            say(&told(exposures, complete, &target));
        }
        return Ok(Exit::of(exposures, complete, args.exit_zero));
    }
    let facts = facts(&header, args.policy, key.as_ref())?;
    let rules = header.rules;
    let report = Report::new(tally, facts, |rule| rules.get(usize::from(rule.0)).map_or("", String::as_str));
    let written = target.write(|out| match args.format {
        Format::Json => json::write(&report, out),
    })?;
    if !args.quiet && written == Written::Whole {
        say(&summary::text(&report, clock.elapsed(), &target.to_string()));
    }
    let complete = report.scan().status == Status::Complete;
    Ok(Exit::of(args.fail.exposures(&report, baseline.as_ref()), complete, args.exit_zero))
}

/// Reads the headers of all files, then adds one file after the other: no more than one is held besides the sum.
fn add_up(args: &MergeArgs) -> Result<(Header, Tally), Failure> {
    let mut inputs = args.files.iter().map(|path| Input::open(path)).collect::<Result<Vec<_>, _>>()?;
    inputs.sort_by_cached_key(|input| input.header.rank());
    let mut sum: Option<(Header, Tally)> = None;
    for input in inputs {
        let cap = args.max_exposures.unwrap_or(usize::MAX);
        let overlap = if args.allow_overlap { Overlap::Allow } else { Overlap::Refuse };
        let Some((header, tally)) = &mut sum else {
            let mut tally = Tally::new(cap);
            tally.merge(input.body()?);
            sum = Some((input.header, tally));
            continue;
        };
        let refused = |why| Failure::new(format!("{}: {why}", input.path.display()));
        match header.join(&input.header, overlap).map_err(refused)? {
            Join::New => tally.merge(input.body()?),
            Join::Overlapping => {
                let listed = tally.merge_overlapping(input.body()?);
                header.note_overlap(listed);
            }
            Join::Known if args.quiet => {}
            Join::Known => {
                let path = input.path.display().to_string();
                let path = logleak::report::escape::terminal(&path);
                say(&format!("logleak: {path}: the same part as another file holds: counted once\n"));
            }
        }
    }
    sum.ok_or_else(|| Failure::new("no FILE given"))
}

/// A file whose header was read.
struct Input {
    path: PathBuf,
    header: Header,
    /// Where the rest is read from; none for a file that is opened again when its turn comes, since there may be more
    /// files than may be open at a time.
    rest: std::cell::RefCell<Option<Reader>>,
}

type Reader = BufReader<Box<dyn Read>>;

impl Input {
    fn open(path: &Path) -> Result<Self, Failure> {
        let (mut reader, again) = reader(path)?;
        let begins = reader.fill_buf().map_err(|error| unread(path, &error))?;
        if !partial::begins(begins) && !begins.is_empty() {
            return Err(Failure::new(format!("{}: not a partial result", path.display()))
                .hint("parts of a scan are written by: logleak scan --partial"));
        }
        let header = partial::header(path, &mut reader)?;
        let rest = std::cell::RefCell::new((!again).then_some(reader));
        Ok(Self { path: path.to_owned(), header, rest })
    }

    fn body(&self) -> Result<Tally, Failure> {
        let mut reader = match self.rest.take() {
            Some(reader) => reader,
            None => {
                let mut reader = reader(&self.path)?.0;
                if partial::header(&self.path, &mut reader)? != self.header {
                    return Err(Failure::new(format!("{}: changed while it was read", self.path.display())));
                }
                reader
            }
        };
        Ok(partial::body(&self.path, &self.header, &mut reader)?)
    }
}

/// The file, and whether it can be read once more.
fn reader(path: &Path) -> Result<(Reader, bool), Failure> {
    if path.as_os_str() == "-" {
        return Ok((BufReader::new(Box::new(std::io::stdin())), false));
    }
    let file = File::open(path).map_err(|error| unread(path, &error))?;
    let again = file.metadata().is_ok_and(|found| found.is_file());
    Ok((BufReader::with_capacity(256 << 10, Box::new(file)), again))
}

fn unread(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot read {}: {}", path.display(), error.kind())).hint("name files of scan --partial")
}

/// What the report says of the scans together.
fn facts<'a>(
    header: &Header,
    policy: Option<PolicyArg>,
    key: Option<&'a FingerprintKey>,
) -> Result<ScanFacts<'a>, Failure> {
    let policy = policy.map(Policy::from).or_else(|| Policy::named(&header.policy));
    let policy = policy.ok_or_else(|| {
        Failure::new("the parts were made with different policies").hint("say which one holds with --policy")
    })?;
    let parts = &header.parts;
    let at = |seconds: Option<i64>| seconds.and_then(|at| Timestamp::from_second(at).ok()).unwrap_or_default();
    let mut inputs: Vec<String> = parts.iter().flat_map(|part| part.inputs.clone()).collect();
    inputs.sort_unstable();
    inputs.dedup();
    let source = parts.first().and_then(|part| part.source.clone());
    let one_source = parts.iter().all(|part| part.source == source);
    let written = |part: &partial::Part| schema::Part {
        id: part.id.clone(),
        source: part.source.clone(),
        inputs: part.inputs.clone(),
        started_at: Time::from_seconds(part.started_at),
        finished_at: Time::from_seconds(part.finished_at),
    };
    Ok(ScanFacts {
        started: at(parts.iter().map(|part| part.started_at).min()),
        finished: at(parts.iter().map(|part| part.finished_at).max()),
        inputs,
        source: source.filter(|_| one_source),
        scope: header.scope.clone(),
        policy,
        sandbox: ["full", "partial"].into_iter().find(|known| *known == header.sandbox).unwrap_or("none"),
        interrupted: header.interrupted,
        rules_version: header.rules_version.clone(),
        key,
        merged: Some(Merged {
            parts: parts.iter().map(written).collect(),
            lower_bounds: header.lower_bounds.clone(),
            upper_bounds: header.upper_bounds.clone(),
        }),
    })
}
