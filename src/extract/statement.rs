//! Columns and their values: the cells of a row, and the parameters of a statement that were logged apart from it.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::limits::{RECORD_BYTES, RECORD_LINES};
use crate::record::Text;
use crate::record::field::key_around;
use crate::record::table::head::is_placeholder;
use crate::record::table::{Cell, Columns, Head, Row, row, sql};
use crate::rule::{PasswordKey, Vocabulary};
use crate::secret::Secret;
use crate::terms::IdentityKind;

/// A value under the name of a password.
pub struct Said {
    /// Where it stands.
    pub span: Range<usize>,
    /// What was typed.
    pub secret: Secret<'static>,
    /// Its quote.
    pub quote: Option<u8>,
    /// What its column's name says.
    pub name: PasswordKey,
    /// The word of that name that may be shown.
    pub shown: Option<Arc<str>>,
}

/// What belongs together: a row, or the parameters of one call.
pub struct Tuple {
    /// All of it, its spans included.
    pub span: Range<usize>,
    /// In the order of the columns.
    pub secrets: Vec<Said>,
    /// What names the account: which identifier, whether only weakly, and the name.
    pub accounts: Vec<(IdentityKind, bool, Vec<u8>)>,
}

impl Tuple {
    /// The cells of `row`, which was read from `text`.
    pub fn of_row(head: &Head, text: &[u8], row: &Row) -> Self {
        let value = |index: usize| {
            let cell = row.cells.get(index)?;
            row::value(&head.format, text, cell).map(|value| (cell, value.into_owned()))
        };
        Self::of(&head.columns, row.span.clone(), value)
    }

    fn of<'c>(columns: &Columns, span: Range<usize>, value: impl Fn(usize) -> Option<(&'c Cell, Vec<u8>)>) -> Self {
        let secrets = columns.passwords.iter().filter_map(|column| {
            let (cell, value) = value(column.index)?;
            Some(Said {
                span: cell.span.clone(),
                secret: Secret::new(Cow::Owned(value)),
                quote: cell.quote,
                name: column.name,
                shown: column.shown.clone(),
            })
        });
        let accounts =
            columns.accounts.iter().filter_map(|column| Some((column.kind, column.weak, value(column.index)?.1)));
        Self { span, secrets: secrets.collect(), accounts: accounts.collect() }
    }
}

/// A statement whose values stand elsewhere.
pub struct Statement {
    columns: Columns,
    /// For each column what stands in its value's place.
    places: Vec<Place>,
    /// How many values are bound by their order.
    ordinals: usize,
    /// Where the statement ends.
    end: usize,
}

enum Place {
    /// The n-th value, from 1.
    Ordinal(usize),
    /// `$1`, `@p0`, `:name`.
    Named(Vec<u8>),
    Nothing,
}

/// Lines behind a statement in which its values may begin; others may have been written between.
const GAP_LINES: usize = 16;

/// Whether a placeholder is compared with `key`. Looks at a few bytes only.
pub fn may_compare(text: &[u8], key: &Range<usize>) -> bool {
    let rest = &text[key.end..text.len().min(key.end + 8)];
    let skip = rest.iter().take_while(|b| b"\"'`]\\ ".contains(b)).count();
    let Some([b'=', value @ ..]) = rest.get(skip..) else { return false };
    matches!(value.trim_ascii_start().first(), Some(b'?' | b'$' | b'@' | b':' | b'%'))
}

impl Statement {
    /// `INSERT INTO t (columns) VALUES (?, ?)`: the tuple of placeholders opens at `values`.
    pub fn insert(text: &[u8], columns: Columns, values: usize) -> Option<Self> {
        let (cells, end) = sql::tuple(&text[..text.len().min(values + RECORD_BYTES)], values)?;
        let mut ordinals = 0;
        let places = cells.iter().map(|cell| Place::read(&text[cell.span.clone()], &mut ordinals)).collect();
        Some(Self { columns, places, ordinals, end })
    }

    /// `WHERE login = ? AND pwd = ?`, `SET pwd = ?`: the condition on the first password stands at `hit`.
    pub fn condition(text: &[u8], record: Range<usize>, hit: usize, words: &Vocabulary) -> Option<Self> {
        let high = record.end.min(hit + RECORD_BYTES / 8).min(text.len());
        let low = record.start.max(hit.saturating_sub(RECORD_BYTES / 8));
        let start = low + first_verb(text.get(low..hit)?)?;
        let (mut names, mut places, mut ordinals) = (Vec::new(), Vec::new(), 0);
        let (mut i, mut end) = (start, start);
        while i < high {
            let length = placeholder_length(&text[i..high]);
            if length == 0 {
                i += 1;
                continue;
            }
            names.push(compared(text, start, i));
            places.push(Place::read(&text[i..i + length], &mut ordinals));
            i += length;
            end = i;
        }
        let columns = Columns::new(names.iter().map(|name| &text[name.clone()]), words)?;
        let first = &names[columns.passwords.first()?.index];
        first.contains(&hit).then_some(Self { columns, places, ordinals, end })
    }

    /// The values that were bound to it, one tuple for each call. `record` is the statement's.
    pub fn values(&self, text: Text<'_>, record: &Range<usize>) -> Vec<Tuple> {
        let limit = text.bytes.len().min(self.end + RECORD_BYTES);
        let shown = &text.bytes[..limit];
        if self.places.iter().any(|place| matches!(place, Place::Named(_))) {
            return self.named(shown, record, text).into_iter().collect();
        }
        positional(shown, self.end, self.ordinals)
            .iter()
            .map(|call| {
                let cell = |index: usize| match self.places.get(index)? {
                    Place::Ordinal(n) => call.get(n - 1)?.as_ref().filter(|cell| !cell.nothing),
                    _ => None,
                };
                self.tuple(shown, cell)
            })
            .filter(|tuple| !tuple.secrets.is_empty())
            .collect()
    }

    fn tuple<'c>(&self, text: &[u8], cell: impl Fn(usize) -> Option<&'c Cell>) -> Tuple {
        let value = |index: usize| {
            let cell = cell(index)?;
            let raw = &text[cell.span.clone()];
            Some((cell, if cell.quote.is_some() { sql::plain(raw) } else { Cow::Borrowed(raw) }.into_owned()))
        };
        let mut tuple = Tuple::of(&self.columns, 0..0, value);
        let line = |at: usize| memchr::memrchr(b'\n', &text[..at]).map_or(0, |i| i + 1);
        if let (Some(first), Some(last)) = (tuple.secrets.first(), tuple.secrets.last()) {
            let end = memchr::memchr(b'\n', &text[last.span.end..]).map_or(text.len(), |i| last.span.end + i);
            tuple.span = line(first.span.start)..end;
        }
        tuple
    }

    /// `Parameters=[@p0='mira', …]` before the statement or `parameters: $1 = 'mira', …` behind it.
    fn named(&self, text: &[u8], record: &Range<usize>, whole: Text<'_>) -> Option<Tuple> {
        let behind_end = whole
            .lines_after(self.end, GAP_LINES)
            .take_while(|line| line.start == self.end || !is_statement(&whole.bytes[line.clone()]))
            .last()
            .map_or(self.end, |line| line.end.min(text.len()));
        let before = record.start..self.end;
        let behind = self.end..behind_end.max(self.end);
        let cells_in = |region: Range<usize>| -> Vec<Option<Cell>> {
            self.places
                .iter()
                .map(|place| match place {
                    Place::Named(name) => assigned(text, region.clone(), name),
                    _ => None,
                })
                .collect()
        };
        [before, behind].into_iter().find_map(|region| {
            let cells = cells_in(region);
            let tuple = self.tuple(text, |index| cells.get(index)?.as_ref());
            (!tuple.secrets.is_empty()).then_some(tuple)
        })
    }
}

impl Place {
    fn read(text: &[u8], ordinals: &mut usize) -> Self {
        match text {
            b"?" | b"%s" => {
                *ordinals += 1;
                Self::Ordinal(*ordinals)
            }
            [b'%', ..] => Self::Nothing,
            _ if is_placeholder(text) => Self::Named(text.to_vec()),
            _ => Self::Nothing,
        }
    }
}

/// The length of the placeholder at the beginning of `text`.
fn placeholder_length(text: &[u8]) -> usize {
    let length = match text {
        [b'?' | b'$' | b'@' | b':', ..] => {
            1 + text[1..].iter().take(64).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count()
        }
        [b'%', b's', ..] => 2,
        _ => return 0,
    };
    let ends = text.get(length).is_none_or(|b| b.is_ascii_whitespace() || b",);\"'\\]".contains(b));
    if ends && is_placeholder(&text[..length]) { length } else { 0 }
}

/// The name that the placeholder at `at` is compared with; empty where it is none.
fn compared(text: &[u8], start: usize, at: usize) -> Range<usize> {
    let blanks = |end: usize| text[start..end].iter().rposition(|b| !b.is_ascii_whitespace()).map(|i| start + i);
    let none = at..at;
    let Some(sign) = blanks(at).filter(|&i| text[i] == b'=') else { return none };
    let Some(last) = text[start..sign].iter().rposition(|b| !b" \"'`]\\>:<\n".contains(b)).map(|i| start + i) else {
        return none;
    };
    let key = key_around(text, last);
    key.start.max(start)..key.end.min(sign).max(key.start.max(start))
}

/// Where the first verb of a statement stands.
fn first_verb(text: &[u8]) -> Option<usize> {
    (0..text.len()).find(|&i| {
        (i == 0 || !text[i - 1].is_ascii_alphanumeric() || i > 1 && text[i - 2] == b'\\')
            && [&b"select"[..], b"update", b"delete", b"insert", b"replace", b"merge"].iter().any(|verb| {
                text[i..].get(..verb.len()).is_some_and(|word| word.eq_ignore_ascii_case(verb))
                    && text.get(i + verb.len()).is_some_and(|b| b.is_ascii_whitespace() || *b == b'\\')
            })
    })
}

/// Whether a line begins another statement, whose values are not those of this one.
fn is_statement(line: &[u8]) -> bool {
    first_verb(&line[..line.len().min(1024)]).is_some()
}

/// `name = 'value'`, `name='value'`, `name: 'value'` in `region`.
fn assigned(text: &[u8], region: Range<usize>, name: &[u8]) -> Option<Cell> {
    let shown = text.get(region.clone())?;
    memchr::memmem::find_iter(shown, name).map(|i| region.start + i + name.len()).find_map(|mut at| {
        while matches!(text.get(at), Some(b' ')) {
            at += 1;
        }
        if !matches!(text.get(at), Some(b'=' | b':')) {
            return None;
        }
        at += 1;
        while matches!(text.get(at), Some(b' ')) {
            at += 1;
        }
        if matches!(text.get(at), Some(b'N')) {
            at += 1;
        }
        if at >= region.end || !matches!(text.get(at), Some(b'\'' | b'"')) {
            return None;
        }
        let end = sql::literal(&text[..region.end], at + 1, text[at])?;
        Some(Cell { span: at + 1..end, quote: Some(text[at]), nothing: false })
    })
}

/// The values that follow a statement in their order, a list for each call of it.
fn positional(text: &[u8], from: usize, count: usize) -> Vec<Vec<Option<Cell>>> {
    let mut bindings = Bindings::default();
    let mut at = from;
    for number in 0..RECORD_LINES {
        if at >= text.len() {
            break;
        }
        let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |i| at + i);
        let line = at..end;
        at = end + 1;
        if let Some((ordinal, cell)) = binding(text, line.clone()) {
            if !bindings.add(source_of(text, line), ordinal, cell) {
                break;
            }
            continue;
        }
        if number > 0 && is_statement(&text[line.clone()]) || !bindings.calls.is_empty() && number > GAP_LINES * 4 {
            break;
        }
        if !bindings.calls.is_empty() || number > GAP_LINES {
            continue;
        }
        if let Some(call) = typed_list(text, line.clone()).filter(|call| call.len() == count) {
            return vec![call];
        }
        let calls = if number < 4 { lists(text, line, count) } else { Vec::new() };
        if !calls.is_empty() {
            return calls;
        }
    }
    bindings.calls
}

/// Values that are logged on a line each.
#[derive(Default)]
struct Bindings {
    source: Vec<u8>,
    calls: Vec<Vec<Option<Cell>>>,
}

impl Bindings {
    /// Adds the next value. False where it belongs to another statement.
    fn add(&mut self, source: Vec<u8>, ordinal: usize, cell: Cell) -> bool {
        if self.calls.is_empty() {
            self.source = source;
        } else if self.source != source {
            return false;
        }
        if ordinal == 1 {
            self.calls.push(Vec::new());
        }
        match self.calls.last_mut() {
            Some(call) if call.len() + 1 == ordinal => {
                call.push(Some(cell));
                true
            }
            _ => false,
        }
    }
}

/// The thread or process that wrote a line: what stands in brackets before the message.
fn source_of(text: &[u8], line: Range<usize>) -> Vec<u8> {
    let shown = &text[line];
    let end = memchr::memmem::find(shown, b"binding").unwrap_or(0);
    let mut source = Vec::new();
    let mut rest = &shown[..end];
    while let Some(open) = memchr::memchr(b'[', rest) {
        let close = memchr::memchr(b']', &rest[open..]).map_or(rest.len(), |i| open + i);
        source.extend_from_slice(&rest[open..close]);
        rest = &rest[close..];
    }
    source
}

/// `binding parameter [2] as [VARCHAR] - [x]`, `binding parameter (2:VARCHAR) <- [x]`.
fn binding(text: &[u8], line: Range<usize>) -> Option<(usize, Cell)> {
    let shown = &text[line.clone()];
    let word = b"binding parameter ";
    let at = memchr::memmem::find(shown, word)? + word.len();
    let rest = &shown[at + 1..];
    let digits = rest.iter().take(4).take_while(|b| b.is_ascii_digit()).count();
    let ordinal: usize = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
    let arrow = [&b"] - ["[..], b") <- ["].iter().find_map(|a| Some(memchr::memmem::find(rest, a)? + a.len()))?;
    let end = memchr::memrchr(b']', &rest[arrow..])?;
    let start = line.start + at + 1 + arrow;
    Some((ordinal, Cell { span: start..start + end, quote: None, nothing: &rest[arrow..arrow + end] == b"null" }))
}

/// `Parameters: mira(String), 17(Integer), null`.
fn typed_list(text: &[u8], line: Range<usize>) -> Option<Vec<Option<Cell>>> {
    let word = b"arameters: ";
    let mut at = line.start + memchr::memmem::find(&text[line.clone()], word)? + word.len();
    let end = line.start + text[line.clone()].trim_ascii_end().len();
    let mut cells = Vec::new();
    while at < end {
        let rest = &text[at..end];
        if rest == b"null" || rest.starts_with(b"null, ") {
            cells.push(None);
            at += 6;
            continue;
        }
        // The type in brackets, behind which the list goes on or ends.
        let typed = memchr::memchr_iter(b'(', rest).find_map(|open| {
            let word = rest[open + 1..].iter().take_while(|b| b.is_ascii_alphanumeric()).count();
            let close = open + 1 + word;
            let ends = rest.get(close) == Some(&b')')
                && rest.get(open + 1).is_some_and(u8::is_ascii_uppercase)
                && (close + 1 == rest.len() || rest[close + 1..].starts_with(b", "));
            ends.then_some((open, close))
        });
        let (open, close) = typed?;
        cells.push(Some(Cell { span: at..at + open, quote: None, nothing: false }));
        at += close + 3;
    }
    Some(cells)
}

/// `('mira', 'x')`, `['mira', 'x']`, `[('mira', 'x'), ('tlind', 'y')]`: lists of `count` values that end the line.
fn lists(text: &[u8], line: Range<usize>, count: usize) -> Vec<Vec<Option<Cell>>> {
    let shown = &text[..line.end];
    let opens = |i: &usize| {
        matches!(shown[*i], b'(' | b'[')
            && shown
                .get(i + 1)
                .is_some_and(|b| matches!(b, b'\'' | b'"' | b'(' | b'N' | b'u' | b'b') || b.is_ascii_digit())
    };
    for open in line.clone().filter(opens).take(8) {
        let mut calls = Vec::new();
        let mut at = open;
        let nested = shown.get(open + 1) == Some(&b'(');
        if nested {
            at += 1;
        }
        while let Some((mut cells, end)) = list(shown, at) {
            // `('x',)`
            if cells.last().is_some_and(|cell| cell.span.is_empty() && cell.nothing) {
                cells.pop();
            }
            let quoted = cells.iter().any(|cell| cell.quote.is_some());
            if cells.len() != count || !quoted {
                break;
            }
            calls.push(cells.into_iter().map(Some).collect());
            let comma = sql::skip_blanks(shown, end);
            at = sql::skip_blanks(shown, comma + 1);
            if !nested || shown.get(comma) != Some(&b',') {
                break;
            }
        }
        if !calls.is_empty() {
            return calls;
        }
    }
    Vec::new()
}

/// The list in brackets of either kind at `at`.
fn list(text: &[u8], at: usize) -> Option<(Vec<Cell>, usize)> {
    match text.get(at)? {
        b'(' => sql::tuple(text, at),
        b'[' => sql::list(text, at, b']'),
        _ => None,
    }
}
