//! `logleak merge`: the parts of one scan, wherever they were made, become the one report.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;

use jiff::Timestamp;
use logleak::Tally;
use logleak::closed::Baseline;
use logleak::report::schema::{self, Status, Time};
use logleak::report::{Merged, Policy, Report, ScanFacts, Stored};
use logleak::secret::FingerprintKey;
use logleak::tally::partial::{self, Header, Join, Overlap};

use super::args::PolicyArg;
use super::exit::Exit;
use super::fail::{FailArgs, Found};
use super::format::FormatArgs;
use super::left::read_baseline;
use super::output::{Target, Written};
use super::paint::Paint;
use super::partial::{PartialArgs, told};
use super::{Failure, say, summary, threads};

/// Add up the parts of one scan: the report is that of one scan of everything
///
/// Parts are what `scan --partial` writes. Reports are added up as well, as far as a report tells: `scan.lower_bounds` and
/// `scan.upper_bounds` name the counts that are not exact. Exit codes are those of a scan.
#[derive(Debug, clap::Args)]
pub(super) struct MergeArgs {
    /// Partial results, or reports; `-` for standard input
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

    #[command(flatten)]
    form: FormatArgs,

    /// With -f sarif: folders with rules of your own (*.toml), which tell the titles of theirs
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,

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
    args.form.check(&[])?;
    let target = Target::check(args.output.as_deref())?;
    let key = args.key_file.as_deref().map(FingerprintKey::from_file).transpose();
    let key = key.map_err(|error| Failure::new(format!("--key-file: {error}")))?;
    args.fail.check(args.baseline.is_some())?;
    let baseline = args.baseline.as_deref().map(|path| read_baseline(path, key.as_ref(), true)).transpose()?;
    let clock = Instant::now();
    let inputs = args.files.iter().map(|path| Input::open(path)).collect::<Result<Vec<_>, _>>()?;
    let (parts, reports): (Vec<Input>, Vec<Input>) = inputs.into_iter().partition(|input| input.is_part());
    if let Some((part, report)) = parts.first().zip(reports.first()) {
        let (part, report) = (part.path.display(), report.path.display());
        return Err(Failure::new(format!("{part} is a partial result and {report} is a report"))
            .hint("merge partial results, or reports, which tell less"));
    }
    if !reports.is_empty() {
        return merge_reports(args, reports, key.as_ref(), baseline.as_ref(), &target);
    }
    let (header, tally) = add_up(args, parts)?;
    let known = header.key_id.as_deref();
    // A part needs no key: its ids are made when it becomes a report.
    let needed = key.is_some() || !args.partial.partial;
    if needed && known != key.as_ref().map(FingerprintKey::id) {
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
    let titles = super::rules::with(&args.rules)?;
    let written = target.write(|out| args.form.write(&report, &titles, threads(None), out))?;
    if !args.quiet && written == Written::Whole {
        say(&summary::text(&report, &titles, clock.elapsed(), &target, Paint::on(&std::io::stderr())));
    }
    let complete = report.scan().status == Status::Complete;
    Ok(Exit::of(args.fail.exposures(&Found::of(&report, baseline.as_ref())), complete, args.exit_zero))
}

/// Adds one file after the other: no more than one is held besides the sum.
fn add_up(args: &MergeArgs, inputs: Vec<Input>) -> Result<(Header, Tally), Failure> {
    let mut parts: Vec<(Header, Option<Reader>, PathBuf)> = Vec::new();
    for Input { path, what } in inputs {
        if let What::Part(header, rest) = what {
            parts.push((*header, rest, path));
        }
    }
    parts.sort_by_cached_key(|(header, ..)| header.rank());
    let mut sum: Option<(Header, Tally)> = None;
    for (own, rest, path) in parts {
        let cap = args.max_exposures.unwrap_or(usize::MAX);
        let Some((header, tally)) = &mut sum else {
            let mut tally = Tally::new(cap);
            tally.merge(body(&path, &own, rest)?);
            sum = Some((own, tally));
            continue;
        };
        match header.join(&own, args.overlap()).map_err(|why| refused(&path, &why))? {
            Join::New => tally.merge(body(&path, &own, rest)?),
            Join::Overlapping => {
                let listed = tally.merge_overlapping(body(&path, &own, rest)?);
                header.note_overlap(listed);
            }
            Join::Known => args.say_known(&path),
        }
    }
    sum.ok_or_else(|| Failure::new("no FILE given"))
}

/// Adds up reports, and writes the sum.
fn merge_reports(
    args: &MergeArgs,
    inputs: Vec<Input>,
    key: Option<&FingerprintKey>,
    baseline: Option<&Baseline>,
    target: &Target,
) -> Result<Exit, Failure> {
    for (given, option) in [(args.partial.partial, "--partial"), (args.policy.is_some(), "--policy")] {
        if given {
            return Err(Failure::new(format!("{option}: a report has lost what that takes"))
                .hint("merge partial results: logleak scan --partial"));
        }
    }
    let mut reports: Vec<(Stored, PathBuf)> = Vec::new();
    for Input { path, what } in inputs {
        if let What::Report(report) = what {
            if key.is_some_and(|key| report.tool.key_id.as_deref() != Some(key.id())) {
                return Err(refused(&path, "was not made with this --key-file: leave it out, reports need none"));
            }
            reports.push((*report, path));
        }
    }
    reports.sort_by_cached_key(|(report, _)| report.rank());
    let mut sum: Option<Stored> = None;
    for (report, path) in reports {
        let Some(sum) = &mut sum else {
            sum = Some(report);
            continue;
        };
        if sum.join(report, args.overlap()).map_err(|why| refused(&path, &why))? == Join::Known {
            args.say_known(&path);
        }
    }
    let mut sum = sum.ok_or_else(|| Failure::new("no FILE given"))?;
    if let Some(most) = args.max_exposures {
        sum.list_at_most(most);
    }
    let titles = super::rules::with(&args.rules)?;
    let written = target.write(|out| args.form.write(&sum, &titles, threads(None), out))?;
    if !args.quiet && written == Written::Whole {
        let (by, target) = (sum.summary.accounts_by_action, target.to_string());
        let (reset, review) = (by.force_reset, by.review);
        let target = logleak::report::escape::terminal(&target);
        say(&format!("logleak: {reset} accounts to reset, {review} to review\n  report    {target}\n"));
    }
    let complete = sum.scan.status == Status::Complete;
    Ok(Exit::of(args.fail.exposures(&Found::stored(&sum, baseline)), complete, args.exit_zero))
}

impl MergeArgs {
    fn overlap(&self) -> Overlap {
        if self.allow_overlap { Overlap::Allow } else { Overlap::Refuse }
    }

    fn say_known(&self, path: &Path) {
        if !self.quiet {
            let path = path.display().to_string();
            let path = logleak::report::escape::terminal(&path);
            say(&format!("logleak: {path}: the same scan as another file holds: counted once\n"));
        }
    }
}

fn refused(path: &Path, why: &str) -> Failure {
    Failure::new(format!("{}: {why}", path.display()))
}

/// A file that was looked at.
struct Input {
    path: PathBuf,
    what: What,
}

enum What {
    /// A partial result, and where the rest is read from; none for a file that is opened again when its turn comes,
    /// since there may be more files than may be open at a time.
    Part(Box<Header>, Option<Reader>),
    Report(Box<Stored>),
}

type Reader = BufReader<Box<dyn Read>>;

impl Input {
    fn open(path: &Path) -> Result<Self, Failure> {
        let (mut reader, again) = reader(path)?;
        let begins = reader.fill_buf().map_err(|error| unread(path, &error))?;
        let what = if partial::begins(begins) || begins.is_empty() {
            let header = partial::header(path, &mut reader)?;
            What::Part(Box::new(header), (!again).then_some(reader))
        } else {
            let mut text = Vec::new();
            reader.read_to_end(&mut text).map_err(|error| unread(path, &error))?;
            let report = Stored::parse(&text, path)
                .map_err(|error| Failure::from(error).hint("parts of a scan are written by: logleak scan --partial"))?;
            What::Report(Box::new(report))
        };
        Ok(Self { path: path.to_owned(), what })
    }

    fn is_part(&self) -> bool {
        matches!(self.what, What::Part(..))
    }
}

/// The tally of a partial result.
fn body(path: &Path, header: &Header, rest: Option<Reader>) -> Result<Tally, Failure> {
    let mut reader = match rest {
        Some(reader) => reader,
        None => {
            let mut reader = reader(path)?.0;
            if partial::header(path, &mut reader)? != *header {
                return Err(refused(path, "changed while it was read"));
            }
            reader
        }
    };
    Ok(partial::body(path, header, &mut reader)?)
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
