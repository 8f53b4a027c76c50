//! Values that were bound to a statement by their order, as the libraries log them behind it.

use std::ops::Range;

use crate::limits::RECORD_LINES;
use crate::record::table::{Cell, sql};

/// Lines behind a statement in which its values may begin; others may have been written between.
pub const GAP_LINES: usize = 16;

/// Where the first verb of a statement stands.
pub fn first_verb(text: &[u8]) -> Option<usize> {
    (0..text.len()).find(|&i| {
        b"sudirmSUDIRM".contains(&text[i])
            && (i == 0 || !text[i - 1].is_ascii_alphanumeric() || i > 1 && text[i - 2] == b'\\')
            && [&b"select"[..], b"update", b"delete", b"insert", b"replace", b"merge"].iter().any(|verb| {
                text[i..].get(..verb.len()).is_some_and(|word| word.eq_ignore_ascii_case(verb))
                    && text.get(i + verb.len()).is_some_and(|b| b.is_ascii_whitespace() || *b == b'\\')
            })
    })
}

/// Whether a line begins another statement, whose values are not those of this one.
pub fn is_statement(line: &[u8]) -> bool {
    first_verb(&line[..line.len().min(1024)]).is_some()
}

/// The values that follow a statement in their order, a list for each call of it.
pub fn positional(text: &[u8], from: usize, count: usize) -> Vec<Vec<Option<Cell>>> {
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
        if let Some(call) = unquoted_list(text, line.clone()).filter(|call| call.len() == count) {
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
    let rest = shown.get(at + 1..)?;
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

/// `Params:[(mira,x)]`, as a proxy of data sources prints them: a comma in a value makes it another list.
fn unquoted_list(text: &[u8], line: Range<usize>) -> Option<Vec<Option<Cell>>> {
    let word = b"Params:[(";
    let start = line.start + memchr::memmem::find(&text[line.clone()], word)? + word.len();
    let end = start + memchr::memmem::find(&text[start..line.end], b")]")?;
    let mut at = start;
    let cells = text[start..end].split(|&b| b == b',').map(|value| {
        let span = at..at + value.len();
        at = span.end + 1;
        Some(Cell { nothing: value == b"null", span, quote: None })
    });
    Some(cells.collect())
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
