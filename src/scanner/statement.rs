//! The text of the logging statement around a secret, without anything that a value may be.
//!
//! Only three things are kept: keys, words that log statements are made of, and the punctuation beside them. Everything
//! else becomes `…`, also where no rule knows that it is secret. What is kept is shown only where it recurs
//! ([`crate::tally`]).

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use rustc_hash::FxHashSet;

use crate::extract::Extraction;
use crate::record::Text;

/// How far before and behind the secret a statement is read, in bytes.
const BEFORE: usize = 256;
const BEHIND: usize = 96;

/// The longest statement, in bytes.
const LONGEST: usize = 200;

/// The longest word that is kept, and the longest run of punctuation, in bytes.
const WORD: usize = 24;
const PUNCTUATION: usize = 6;

/// Words of log statements. None of them is a name, and none a word that people choose as a password.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "accepted", "access", "account", "action", "adding", "api", "app", "args", "argument", "arguments", "as", "at",
    "attempt", "auth", "authenticate", "authenticating", "authentication", "authorization", "basic", "bind", "body",
    "call", "called", "cannot", "change", "changed", "client", "command", "config", "connect", "connecting",
    "connection", "content", "created", "creating", "credentials", "data", "debug", "error", "event", "exec",
    "executed", "executing", "failed", "failure", "fatal", "for", "form", "from", "get", "handler", "header",
    "headers", "http", "https", "in", "info", "input", "insert", "into", "invalid", "json", "loaded", "loading", "log",
    "login", "logon", "message", "method", "new", "not", "notice", "of", "on", "open", "opened", "options",
    "parameters", "params", "parsed", "patch", "payload", "post", "processing", "profile", "put", "query", "read",
    "received", "register", "registered", "registration", "request", "response", "result", "running", "save", "saved",
    "select", "send", "sending", "sent", "server", "service", "session", "set", "setting", "settings", "signin",
    "signup", "sql", "started", "starting", "statement", "status", "submit", "submitted", "table", "to", "token",
    "trace", "trying", "update", "updated", "updating", "uri", "url", "using", "value", "values", "warn", "warning",
    "where", "with", "xml",
];

static KNOWN: LazyLock<FxHashSet<&[u8]>> = LazyLock::new(|| WORDS.iter().map(|word| word.as_bytes()).collect());

/// The statements of one record: nothing in them is a value of it.
pub(super) struct Statements<'t> {
    record: &'t [u8],
    /// Where the record begins in the text.
    start: usize,
    /// The places of values that may be secret, in their order.
    cuts: Vec<Range<usize>>,
    /// The words that secrets of the record consist of, in the order of their letters, whatever their case.
    said: Vec<&'t [u8]>,
}

impl<'t> Statements<'t> {
    /// The statements of the record at `record` of a text, of which `found` are the candidates.
    pub(super) fn of(text: Text<'t>, found: &'t Extraction<'_>, record: &Range<usize>) -> Self {
        let inside = |place: Range<usize>| {
            place.start.saturating_sub(record.start)..place.end.saturating_sub(record.start).min(record.len())
        };
        let cuts = found.candidates.iter().map(|candidate| inside(found.origin(candidate))).collect();
        let secrets = found.candidates.iter().map(|candidate| candidate.secret.expose());
        Self::new(&text.bytes[record.clone()], record.start, cuts, secrets)
    }

    fn new(
        record: &'t [u8],
        start: usize,
        mut cuts: Vec<Range<usize>>,
        secrets: impl Iterator<Item = &'t [u8]>,
    ) -> Self {
        cuts.retain(|cut| !cut.is_empty());
        cuts.sort_unstable_by_key(|cut| (cut.start, cut.end));
        cuts.dedup_by(|next, cut| {
            let joins = next.start < cut.end;
            cut.end = if joins { cut.end.max(next.end) } else { cut.end };
            joins
        });
        // Longer ones are never kept.
        let mut said: Vec<&[u8]> =
            secrets.flat_map(|secret| secret.split(|b| !is_word(*b))).filter(|word| word.len() <= WORD).collect();
        said.sort_unstable_by(|a, b| folded(a).cmp(folded(b)));
        Self { record, start, cuts, said }
    }

    /// The statements of the record at `record` of a text, in which masks stand at `masks`. They say nothing that a
    /// word could be.
    pub(super) fn of_masks(text: Text<'t>, record: &Range<usize>, masks: impl Iterator<Item = Range<usize>>) -> Self {
        let inside = |mask: Range<usize>| {
            mask.start.saturating_sub(record.start)..mask.end.min(record.end).saturating_sub(record.start)
        };
        Self::new(&text.bytes[record.clone()], record.start, masks.map(inside).collect(), std::iter::empty())
    }

    /// The statement around `at` of the text. None where nothing is left of it.
    pub(super) fn around(&self, at: usize) -> Option<Arc<str>> {
        self.draft(at, &mut String::new()).map(Arc::from)
    }

    /// The same, written where many are: that takes memory once.
    pub(super) fn draft<'d>(&self, at: usize, text: &'d mut String) -> Option<&'d str> {
        let record = self.record;
        let at = at.saturating_sub(self.start).min(record.len());
        let low = at.saturating_sub(BEFORE);
        let high = record.len().min(at + BEHIND);
        let mut written = Written::to(text);
        let mut i = low;
        // The first word may be cut.
        if low > 0 {
            i += record[low..high].iter().take_while(|b| is_word(**b)).count();
            written.value();
        }
        let mut next = self.cuts.partition_point(|cut| cut.end <= i);
        let mut after_sign = false;
        while i < high && !written.is_full() {
            next += self.cuts[next..].iter().take_while(|cut| cut.end <= i).count();
            let cut = self.cuts.get(next).map_or(usize::MAX, |cut| cut.start);
            if cut <= i {
                written.value();
                (i, after_sign) = (self.cuts[next].end, false);
                continue;
            }
            let start = i;
            if !is_word(record[i]) {
                i += record[i..high].iter().take_while(|b| !is_word(**b)).count();
                i = i.min(cut);
                after_sign = after_separator(&record[start..i]);
                written.punctuation(&record[start..i]);
                continue;
            }
            i += record[i..high].iter().take_while(|b| is_word(**b)).count();
            i = i.min(cut);
            let word = &record[start..i];
            let cut = i == high && high < record.len();
            let constant = !cut && !after_sign && is_constant(word, &record[i..]) && !self.is_said(word);
            if constant { written.word(word) } else { written.value() }
        }
        written.finish().then_some(text)
    }

    /// Whether a word is one of those that a secret of the record consists of.
    fn is_said(&self, word: &[u8]) -> bool {
        self.said.binary_search_by(|said| folded(said).cmp(folded(word))).is_ok()
    }
}

/// The bytes of a word without their case.
fn folded(word: &[u8]) -> impl Iterator<Item = u8> + '_ {
    word.iter().map(u8::to_ascii_lowercase)
}

/// A letter, a digit, or a byte of another script: what stands together is judged together.
fn is_word(byte: u8) -> bool {
    IN_WORD[usize::from(byte)]
}

/// Every byte around every leak is asked.
static IN_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        table[byte] = b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.') || b >= 0x80;
        byte += 1;
    }
    table
};

/// Whether a value begins directly behind this punctuation.
fn after_separator(signs: &[u8]) -> bool {
    let end = signs.iter().rposition(|b| !matches!(b, b'"' | b'\'' | b'\\' | b'`')).map_or(0, |i| i + 1);
    matches!(signs[..end].last(), Some(b'=' | b':' | b'@'))
}

/// Whether a word is a key, or one of the words that statements are made of.
fn is_constant(word: &[u8], rest: &[u8]) -> bool {
    let letters = |b: &u8| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-');
    let mut lower = [0; WORD];
    if word.len() > WORD || !word.iter().all(letters) || !word[0].is_ascii_alphabetic() {
        return false;
    }
    let quotes = rest.iter().take(4).take_while(|b| matches!(b, b'"' | b'\'' | b'\\')).count();
    let key = match rest.get(quotes) {
        Some(b'=') => !matches!(rest.get(quotes + 1), None | Some(b'=' | b' ' | b'&' | b'\n' | b'\r')),
        // `"key":`; without quotes it may be one of several values.
        Some(b':') => quotes > 0,
        _ => false,
    };
    if key {
        return true;
    }
    let lower = &mut lower[..word.len()];
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    KNOWN.contains(&*lower)
}

/// A statement as it is written: its words, punctuation only beside a word, and `…` for everything between.
struct Written<'t, 'd> {
    text: &'d mut String,
    /// Whether the last part is a word, and whether any is.
    behind_word: bool,
    any_word: bool,
    /// Punctuation that is kept if a word follows.
    waiting: Option<&'t [u8]>,
}

impl<'t, 'd> Written<'t, 'd> {
    fn to(text: &'d mut String) -> Self {
        text.clear();
        text.reserve(LONGEST + WORD);
        Self { text, behind_word: false, any_word: false, waiting: None }
    }

    /// A word of ASCII.
    fn word(&mut self, word: &[u8]) {
        if let Some(signs) = self.waiting.take() {
            self.push(signs);
        }
        self.push(word);
        (self.behind_word, self.any_word) = (true, true);
    }

    fn value(&mut self) {
        self.waiting = None;
        self.behind_word = false;
        if !self.text.ends_with('…') {
            self.text.push('…');
        }
    }

    fn punctuation(&mut self, signs: &'t [u8]) {
        let shown = signs.len() <= PUNCTUATION && signs.iter().all(|b| b.is_ascii_graphic() || *b == b' ');
        match (shown, self.behind_word) {
            (true, true) => self.push(signs),
            (true, false) => self.waiting = Some(signs),
            (false, _) => self.value(),
        }
        self.behind_word = false;
    }

    fn push(&mut self, ascii: &[u8]) {
        self.text.extend(ascii.iter().map(|b| char::from(*b)));
    }

    fn is_full(&self) -> bool {
        self.text.len() >= LONGEST
    }

    /// Ends what was written. False where there is no word.
    fn finish(mut self) -> bool {
        if self.waiting.is_some() {
            self.value();
        }
        if self.is_full() && !self.text.ends_with('…') {
            self.text.push('…');
        }
        self.any_word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(record: &str, secret: &str) -> String {
        let at = record.find(secret).unwrap();
        let cuts = std::iter::once(at..at + secret.len()).collect();
        Statements::new(record.as_bytes(), 0, cuts, std::iter::once(secret.as_bytes()))
            .around(at)
            .unwrap_or_default()
            .to_string()
    }

    #[test]
    fn words_are_in_order() {
        assert!(WORDS.is_sorted());
    }

    #[test]
    fn a_statement_keeps_its_keys_and_words_and_no_value() {
        for (record, secret, want) in [
            (
                "10.0.0.7 - - [03/Nov/2026:10:11:12 +0000] \"GET /login?email=ines%40example.org&pwd=Kelp9 HTTP/1.1\" 302",
                "Kelp9",
                "…] \"GET /login?email=…&pwd=… HTTP/…",
            ),
            (
                r#"{"level":"debug","msg":"request body","login":"ines","password":"Kelp9","zugang":"Tang-7"}"#,
                "Kelp9",
                r#"{"level":"…","msg":"… body","login":"…","password":"…","zugang":"…"#,
            ),
            ("set credentials for ines to Kelp9 as asked by bruno", "Kelp9", "set credentials for … to … as …"),
            // Values that no rule knows, in every place that is not a key.
            ("user=ines zugang=Tang password=Kelp9 Tang", "Kelp9", "user=…zugang=…password=…"),
            ("ines:Tang:Kelp9:/home/ines", "Kelp9", ""),
            ("password=Kelp9 note=Tang==", "Kelp9", "password=… note=…"),
            // What the secret says is cut wherever it stands.
            ("request body request password=request", "request password=request", "… body …"),
        ] {
            let text = shown(record, secret);
            assert!(!text.contains("Tang") && !text.contains("ines") && !text.contains("bruno"), "{text}");
            if !want.is_empty() || text.is_empty() {
                assert_eq!(text.replace("… ", "…").replace(" …", "…"), want.replace("… ", "…").replace(" …", "…"));
            }
        }
    }
}
