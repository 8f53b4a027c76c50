//! Tests of the whole stage, and what they share.

mod archives;
mod codecs;
mod files;
mod frames;
#[cfg(unix)]
mod live;
pub(crate) mod pack;
mod quine;
mod stop;
mod tars;
mod walking;
mod zips;

use std::io::{self, Read};
use std::path::Path;

use super::*;

/// A sink that keeps every window, and checks them against their contract.
pub(super) struct Keeper {
    pub text: Vec<u8>,
    pub windows: Vec<Kept>,
    pub modified: Option<SystemTime>,
    behind: usize,
    ahead: usize,
}

#[derive(Debug, PartialEq)]
pub(super) struct Kept {
    offset: usize,
    own: Range<usize>,
    bytes: Vec<u8>,
    last: bool,
}

impl Keeper {
    pub fn new(options: &Options) -> Self {
        let (behind, ahead) = (options.behind, options.ahead);
        Self { text: Vec::new(), windows: Vec::new(), modified: None, behind, ahead }
    }

    /// Puts windows that came in any order into that of the text.
    pub fn sort(&mut self) {
        self.windows.sort_by_key(|kept| kept.offset + kept.own.start);
        self.text = self.windows.iter().flat_map(|kept| kept.bytes[kept.own.clone()].to_vec()).collect();
    }

    /// Checks that the windows are those of one member with this text.
    #[track_caller]
    pub fn check(&self, member: &[u8]) {
        assert_eq!(self.text, member, "own parts are the whole member, in order");
        for Kept { offset, own, bytes, last } in &self.windows {
            let end = offset + bytes.len();
            assert!(!own.is_empty());
            assert_eq!(bytes, &member[*offset..end], "the visible text is the member's");
            assert_eq!(own.start, self.behind.min(offset + own.start), "context before");
            assert_eq!(bytes.len() - own.end, self.ahead.min(member.len() - (offset + own.end)), "context after");
            assert_eq!(*last, end == member.len(), "the end is known where it is shown");
        }
    }
}

impl Sink for Keeper {
    fn window(&mut self, member: &Member<'_>, window: Window<'_>) {
        assert_eq!(member.name, None);
        self.modified = member.modified;
        self.text.extend_from_slice(&window.bytes[window.own.clone()]);
        let (offset, bytes) = (window.offset as usize, window.bytes.to_vec());
        self.windows.push(Kept { offset, own: window.own, bytes, last: window.last });
    }
}

/// A sink that keeps the own text of every member, in the order in which they begin, and checks the windows' context.
#[derive(Default)]
pub(super) struct Members {
    /// Name, offset of the first byte, text.
    pub texts: Vec<(Option<String>, u64, Vec<u8>)>,
}

impl Members {
    /// The text of one member, whose pieces are in any order.
    pub fn text(&self, name: &str) -> Vec<u8> {
        let mut pieces: Vec<_> = self.texts.iter().filter(|(member, ..)| member.as_deref() == Some(name)).collect();
        pieces.sort_by_key(|(_, offset, _)| *offset);
        pieces.into_iter().flat_map(|(_, _, text)| text.clone()).collect()
    }

    /// Everything that belongs to no member.
    pub fn rest(&self) -> Vec<u8> {
        self.texts.iter().filter(|(member, ..)| member.is_none()).flat_map(|(_, _, text)| text.clone()).collect()
    }

    pub fn names(&self) -> Vec<&str> {
        self.texts.iter().filter_map(|(member, ..)| member.as_deref()).collect()
    }
}

impl Sink for Members {
    fn window(&mut self, member: &Member<'_>, window: Window<'_>) {
        let (begin, text) = (window.offset + window.own.start as u64, &window.bytes[window.own.clone()]);
        match self.texts.last_mut() {
            Some((name, from, kept)) if name.as_deref() == member.name && *from + kept.len() as u64 == begin => {
                kept.extend_from_slice(text);
            }
            _ => self.texts.push((member.name.map(str::to_owned), begin, text.to_vec())),
        }
    }
}

/// Reads `bytes` as standard input and as a file, which must agree on members and faults. Returns those of the file.
#[track_caller]
pub(super) fn members_of(bytes: &[u8], options: &Options) -> (Members, Outcome) {
    let (stream, streamed) = members_of_stream(bytes, options);
    let (file, filed) = members_of_file(bytes, options);
    let mut names = (stream.names(), file.names());
    names.0.sort_unstable();
    names.1.sort_unstable();
    assert_eq!(names.0, names.1, "members of a stream and of a file");
    for name in names.0 {
        assert!(stream.text(name) == file.text(name), "{name} of a stream and of a file");
    }
    assert_eq!(reasons(&streamed), reasons(&filed), "faults of a stream and of a file");
    (file, filed)
}

pub(super) fn members_of_stream(bytes: &[u8], options: &Options) -> (Members, Outcome) {
    let (mut sink, mut buffers, source) = (Members::default(), Buffers::default(), Source::stdin(None));
    let (outcome, allowance) = (Outcome::default(), Allowance::new(&Budget::new(options)));
    let mut job = Job { source: &source, options, allowance, buffers: &mut buffers, sink: &mut sink, outcome };
    job.stream(bytes);
    let outcome = job.outcome;
    (sink, outcome)
}

pub(super) fn members_of_file(bytes: &[u8], options: &Options) -> (Members, Outcome) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no extension");
    std::fs::write(&path, bytes).unwrap();
    let sources = walk(&[path]).sources;
    let (mut sink, mut all, mut buffers) = (Members::default(), Outcome::default(), Buffers::default());
    for unit in plan(&sources, options) {
        let outcome = read(&sources[0], &unit, options, &Budget::new(options), &mut buffers, &mut sink);
        all.bytes += outcome.bytes;
        all.members += outcome.members;
        all.covered += outcome.covered;
        all.skipped.extend(outcome.skipped);
    }
    (sink, all)
}

/// A reader that gives a few bytes at a time and is interrupted now and then, as pipes are. Fails at the end if asked.
pub(super) struct Dribble<'a> {
    pub bytes: &'a [u8],
    pub step: usize,
    pub fails: bool,
    pub calls: usize,
}

impl<'a> Dribble<'a> {
    pub fn new(bytes: &'a [u8], step: usize) -> Self {
        Self { bytes, step, fails: false, calls: 0 }
    }
}

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.calls += 1;
        if self.calls.is_multiple_of(3) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        if self.bytes.is_empty() && self.fails {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let n = self.step.min(buffer.len()).min(self.bytes.len());
        buffer[..n].copy_from_slice(&self.bytes[..n]);
        self.bytes = &self.bytes[n..];
        Ok(n)
    }
}

/// Walks without any wish.
pub(super) fn walk(paths: &[std::path::PathBuf]) -> Walked {
    super::walk(paths, &Selection::default(), 1)
}

/// Walks to one file, plans it, and reads all units in the order of their parts.
pub(super) fn read_path(path: &Path, options: &Options) -> (Keeper, Outcome) {
    let walked = walk(&[path.to_owned()]);
    assert_eq!(walked.skipped, []);
    read_sources(&walked.sources, options)
}

pub(super) fn read_sources(sources: &[Source], options: &Options) -> (Keeper, Outcome) {
    let (mut keeper, mut all, mut buffers) = (Keeper::new(options), Outcome::default(), Buffers::default());
    for unit in plan(sources, options) {
        let outcome = read(&sources[unit.source], &unit, options, &Budget::new(options), &mut buffers, &mut keeper);
        all.bytes += outcome.bytes;
        all.members += outcome.members;
        all.covered += outcome.covered;
        all.skipped.extend(outcome.skipped);
    }
    (keeper, all)
}

/// Reads `input` as standard input would be.
pub(super) fn read_stream(input: impl Read, options: &Options) -> (Keeper, Outcome) {
    let (mut keeper, mut buffers, source) = (Keeper::new(options), Buffers::default(), Source::stdin(None));
    let (outcome, allowance) = (Outcome::default(), Allowance::new(&Budget::new(options)));
    let mut job = Job { source: &source, options, allowance, buffers: &mut buffers, sink: &mut keeper, outcome };
    job.stream(input);
    let outcome = job.outcome;
    (keeper, outcome)
}

/// Options with small context, so that small texts have many windows.
pub(super) fn small(chunk: usize) -> Options {
    Options { chunk, behind: 7, ahead: 19, ..Options::default() }
}

/// Text whose every place is different.
pub(super) fn numbered(bytes: usize) -> Vec<u8> {
    let mut text: Vec<u8> = (0..).flat_map(|n: u32| format!("line {n}\n").into_bytes()).take(bytes).collect();
    text.truncate(bytes);
    text
}

pub(super) fn reasons(outcome: &Outcome) -> Vec<SkipReason> {
    outcome.skipped.iter().map(|skipped| skipped.reason).collect()
}
