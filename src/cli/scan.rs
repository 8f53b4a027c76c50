//! `logleak scan`: from options to a report.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use logleak::account::KnownAccounts;
use logleak::check;
use logleak::input::Stop;
use logleak::report::schema::Status;
use logleak::report::{Report, ScanFacts};
use logleak::secret::FingerprintKey;
use logleak::tally::Progress;
use logleak::terms::{CredentialType, SkipReason};
use logleak::{ScanOptions, Scanner, Tally};

use super::args::ScanArgs;
use super::exit::Exit;
use super::fail::Found;
use super::guard::Rights;
use super::locations::Purge;
use super::output::{Target, Written};
use super::paint::Paint;
use super::progress::Line;
use super::signals::Signals;
use super::{Failure, list, partial, rules, say, summary, threads};

/// Scans and reports. Whatever can be wrong with the options is found out before the scan, which may take hours.
pub(super) fn run(args: &ScanArgs) -> Result<Exit, Failure> {
    if args.paths.is_empty() && args.choice.files_from.is_none() {
        return Err(Failure::new("no PATH given").hint("name what to scan, as in: logleak scan /var/log"));
    }
    args.form.check(&[])?;
    let target = Target::check(args.output.as_deref())?;
    let (progress, line) = Line::begin(args.quiet || args.choice.list_files);
    let scanner = Arc::new(scanner(args, progress)?);
    args.fail.check(args.left.baseline.is_some())?;
    let closed = Arc::new(args.left.closed(scanner.key(), args.quiet)?);
    let purge = args.locations.check()?;
    let mut options = options(args, &target)?;
    options.closed = Arc::clone(&closed);
    options.exclude.extend(purge.as_ref().and_then(Purge::scanned_as));
    options.locations = purge.as_ref().map(|purge| Arc::clone(&purge.locations));
    let paths = args.choice.paths(&args.paths)?;
    if args.choice.list_files {
        return list::run(&paths, &options, &scanner, args.choice.null);
    }
    let signals = Signals::catch();
    options.stop = Stop::new(signals.asked(), args.guard.deadline());
    // From here on the file system may show less of itself, and how many processors there are is read from it.
    options.threads = options.threads.or_else(|| std::thread::available_parallelism().ok());
    let threads = threads(options.threads);
    let targets = [Some(&target), purge.as_ref().map(Purge::target)];
    let sandbox = if args.guard.no_sandbox { "none" } else { rights(args, &paths, &targets).keep_only() };

    let checked = Checked::begin(&scanner);
    let (started, clock) = (Timestamp::now(), Instant::now());
    let tally = scanner.scan_paths(&paths, &options);
    let (finished, elapsed) = (Timestamp::now(), clock.elapsed());
    drop(line);
    checked.end(&scanner)?;
    some_file(&tally)?;
    purge.map_or(Ok(()), |purge| purge.write(&tally))?;

    let rules = scanner.rules();
    let shown = |path: String| scanner.redact(&path).unwrap_or(path);
    let facts = ScanFacts {
        started,
        finished,
        inputs: args.choice.inputs(&args.paths).into_iter().map(shown).collect(),
        source: args.source.clone(),
        scope: CredentialType::ALL.to_vec(),
        policy: args.policy.into(),
        sandbox,
        interrupted: false,
        rules_version: rules.version().to_owned(),
        key: scanner.key(),
        merged: None,
    };
    if args.partial.partial {
        let exit = partial::write(&scanner, tally, facts, (&target, args.quiet, args.exit_zero))?;
        signals.end();
        return Ok(exit);
    }
    let report = Report::new(tally, facts, |rule| rules.id(rule));
    let written = target.write(|out| args.form.write(&report, rules, threads, out))?;
    if !args.quiet && written == Written::Whole {
        say(&summary::text(&report, rules, elapsed, &target, Paint::on(&std::io::stderr())));
    }
    signals.end();
    let complete = report.scan().status == Status::Complete;
    Ok(Exit::of(args.fail.exposures(&Found::of(&report, closed.baseline.as_ref())), complete, args.exit_zero))
}

/// A scan that takes longer is checked with every example. That takes 50 ms of a processor, mostly to compile
/// expressions that few logs need: more than many a scan takes.
const LONG: Duration = Duration::from_secs(2);

/// The self-check, on a thread of its own beside the scan. No report is written before it has passed.
struct Checked {
    thread: Option<JoinHandle<Result<(), logleak::Error>>>,
    /// Dropped when the scan is done.
    scanning: Sender<()>,
}

impl Checked {
    fn begin(scanner: &Arc<Scanner>) -> Self {
        let (scanning, done) = channel();
        let is_long = move || done.recv_timeout(LONG) == Err(RecvTimeoutError::Timeout);
        let scanner = Arc::clone(scanner);
        let work = move || check::self_check(&scanner, is_long);
        Self { thread: std::thread::Builder::new().name("self-check".to_owned()).spawn(work).ok(), scanning }
    }

    fn end(self, scanner: &Scanner) -> Result<(), Failure> {
        drop(self.scanning);
        let result = match self.thread {
            Some(thread) => thread.join().map_err(|_| Failure::new("self-check: internal error"))?,
            // No thread could be had.
            None => check::self_check(scanner, || false),
        };
        result.map_err(|error| {
            Failure::new(error).hint("nothing that this machine finds can be trusted; please report it")
        })
    }
}

fn scanner(args: &ScanArgs, progress: Option<Arc<Progress>>) -> Result<Scanner, Failure> {
    let key = args.key_file.as_deref().map(FingerprintKey::from_file).transpose();
    let key = key.map_err(|error| Failure::new(format!("--key-file: {error}")))?;
    let accounts = args.accounts.as_deref().map(KnownAccounts::from_file).transpose();
    let accounts = accounts.map_err(|error| Failure::new(format!("--accounts: {error}")))?;
    let scanner = Scanner::builder(rules::with(&args.rules)?.select(&args.only, &args.skip)?)
        .fingerprint_key(key)
        .timezone(args.timezone.clone())
        .max_exposures(args.max_exposures)
        .source(args.source.clone())
        .period(args.choice.period(&args.timezone)?)
        .accounts(accounts)
        .realm(args.realm.clone())
        .progress(progress)
        .build()?;
    Ok(scanner)
}

fn options(args: &ScanArgs, target: &Target) -> Result<ScanOptions, Failure> {
    Ok(ScanOptions {
        io: args.io.into(),
        threads: args.threads,
        chunk: args.chunk_size,
        decoder_memory: Some(args.decoder_memory),
        exclude: target.scanned_as().into_iter().collect::<Vec<PathBuf>>(),
        selection: args.choice.selection(&args.timezone)?,
        ..ScanOptions::default()
    })
}

/// What the scan needs of the file system from here on.
fn rights(args: &ScanArgs, paths: &[PathBuf], targets: &[Option<&Target>]) -> Rights {
    let needs = || targets.iter().flatten().map(|target| target.needs());
    Rights {
        read: paths.to_vec(),
        read_all: args.choice.follows(),
        folders: needs().filter_map(|(folder, _)| folder).collect(),
        through: needs().filter_map(|(_, through)| through).collect(),
    }
}

/// A scan that met no file at all has nothing to report: most likely a path is misspelt.
fn some_file(tally: &Tally) -> Result<(), Failure> {
    let missing = tally.skipped().iter().filter(|skipped| skipped.reason == SkipReason::NotFound);
    let all_missing = missing.clone().count() == tally.skipped().len();
    if tally.counts.files_scanned > 0 || tally.counts.files_partial > 0 || !all_missing {
        return Ok(());
    }
    Err(match missing.map(|skipped| &skipped.path).min() {
        Some(path) => Failure::new(format!("no file to scan: {path} does not exist")).hint("check the paths given"),
        None if tally.counts.files_excluded > 0 => Failure::new("no file to scan: all that was found is left out")
            .hint("check the paths and what is to be left out; links are scanned with --follow"),
        None => Failure::new("no file to scan: the paths given hold no regular file").hint("check the paths given"),
    })
}
