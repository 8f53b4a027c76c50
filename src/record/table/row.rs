//! One step through a region: a row, something that is passed over, or the end.

use std::borrow::Cow;
use std::ops::Range;

use super::{Cell, Columns, Format, Head, Row, is_name, sql};
use crate::record::view::{Bytes, backslash, unescape};
use crate::rule::Vocabulary;
use crate::terms::IdentityKind;

/// What stands where a row may begin, and where the next may.
pub enum Step {
    /// A line that is a row.
    Row {
        /// It.
        row: Row,
        /// Where the next one may begin.
        next: usize,
    },
    /// A tuple of a statement.
    Tuple {
        /// None where it is cut, or of another width.
        row: Option<Row>,
        /// Where the next one begins, or where the statement goes on.
        next: usize,
        /// Another tuple follows.
        more: bool,
    },
    /// A statement that fills the table: its tuples begin there.
    Statement(usize),
    /// Nothing that counts.
    Skip(usize),
    /// A line that is no row.
    Miss(usize),
    /// The region is over.
    End,
}

/// Looks at what stands at `at`.
pub fn step(head: &Head, text: &[u8], at: usize, inside: bool, words: &Vocabulary) -> Step {
    let width = head.columns.width;
    match &head.format {
        Format::Values => tuples(text, at, width),
        Format::Dump { .. } if inside => tuples(text, at, width),
        Format::Dump { table } => dump_line(text, at, table),
        Format::Separated { delimiter, padded } => separated(head, text, at, *delimiter, *padded, words),
        Format::Drawn { edged } => drawn(text, at, width, *edged),
        Format::W3c => line_row(text, at, width, |b| b == b' ' || b == b'\t', b"#fields", &[]),
        Format::Zeek { separator } => line_row(text, at, width, |b| b == *separator, b"#fields", &[b"#close", b"#sep"]),
        Format::Copy => line_row(text, at, width, |b| b == b'\t', b"\\.", &[]),
    }
}

/// What a cell says, its escapes undone. None where it says nothing.
pub fn value<'t>(format: &Format, text: &'t [u8], cell: &Cell) -> Option<Cow<'t, [u8]>> {
    let raw = &text[cell.span.clone()];
    if cell.nothing || raw.is_empty() {
        return None;
    }
    match format {
        Format::Separated { .. } if cell.quote.is_some() => Some(unescape(raw, csv_escape)),
        Format::Separated { .. } | Format::Drawn { .. } => Some(Cow::Borrowed(raw)),
        Format::W3c => (raw != b"-").then_some(Cow::Borrowed(raw)),
        Format::Zeek { .. } => (raw != b"-" && raw != b"(empty)").then(|| unescape(raw, hex_escape)),
        Format::Copy => (raw != b"\\N").then(|| unescape(raw, backslash)),
        Format::Values | Format::Dump { .. } => {
            Some(if cell.quote.is_some() { sql::plain(raw) } else { Cow::Borrowed(raw) })
        }
    }
}

fn csv_escape(text: &[u8], i: usize) -> Option<(Bytes, usize)> {
    let escaped = matches!(text[i], b'"' | b'\\') && text.get(i + 1) == Some(&b'"');
    escaped.then(|| (Bytes::one(b'"'), 2))
}

fn hex_escape(text: &[u8], i: usize) -> Option<(Bytes, usize)> {
    if text.get(i + 1) == Some(&b'x') { backslash(text, i) } else { None }
}

/// The line at `at` without its end, and where the next one begins. None where the line is too long to be a row.
pub fn line(text: &[u8], at: usize) -> Option<(Range<usize>, usize)> {
    let newline = memchr::memchr(b'\n', &text[at..]).map(|i| at + i);
    let end = match newline {
        Some(end) => end,
        None if text.len() - at < super::ROW_BYTES => text.len(),
        None => return None,
    };
    let trimmed = if end > at && text[end - 1] == b'\r' { end - 1 } else { end };
    Some((at..trimmed, end + 1))
}

fn begins(text: &[u8], word: &[u8]) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// The spans between separators.
pub fn split(text: &[u8], line: Range<usize>, separates: impl Fn(u8) -> bool) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut start = line.start;
    for i in line.clone().filter(|&i| separates(text[i])) {
        cells.push(Cell { span: start..i, quote: None, nothing: false });
        start = i + 1;
    }
    cells.push(Cell { span: start..line.end, quote: None, nothing: false });
    cells
}

/// A row of a format whose fields are never quoted, and whose lines are its rows.
fn line_row(
    text: &[u8],
    at: usize,
    width: usize,
    separates: impl Fn(u8) -> bool,
    last: &[u8],
    closing: &[&[u8]],
) -> Step {
    let Some((line, next)) = line(text, at) else { return Step::Miss(text.len()) };
    let shown = &text[line.clone()];
    if begins(shown, last) || closing.iter().any(|word| begins(shown, word)) {
        return Step::End;
    }
    if shown.starts_with(b"#") && !last.starts_with(b"\\") {
        return Step::Skip(next);
    }
    let cells = split(text, line.clone(), separates);
    if cells.len() == width { Step::Row { row: Row { span: line, cells }, next } } else { Step::Miss(next) }
}

/// A row between bars. The dashed line below the last one ends the table, and so does anything else.
fn drawn(text: &[u8], at: usize, width: usize, edged: bool) -> Step {
    let Some((line, next)) = line(text, at) else { return Step::End };
    let Some(cells) = drawn_cells(text, line.clone(), edged) else { return Step::End };
    if cells.len() != width || is_dashed(&text[line.clone()]) {
        return Step::End;
    }
    Step::Row { row: Row { span: line, cells }, next }
}

/// The cells of a line between bars, blanks around them left out.
pub fn drawn_cells(text: &[u8], line: Range<usize>, edged: bool) -> Option<Vec<Cell>> {
    let mut line = line;
    if edged {
        let shown = text[line.clone()].trim_ascii();
        if shown.len() < 2 || !shown.starts_with(b"|") || !shown.ends_with(b"|") {
            return None;
        }
        line.start += text[line.clone()].iter().position(|&b| b == b'|').map_or(0, |i| i + 1);
        line.end = line.start + text[line.clone()].iter().rposition(|&b| b == b'|').unwrap_or(0);
    }
    let mut cells = split(text, line, |b| b == b'|');
    cells.iter_mut().for_each(|cell| trim(text, cell));
    Some(cells)
}

/// `+----+----+`, `----+----`, `|----|----|`.
pub fn is_dashed(line: &[u8]) -> bool {
    line.contains(&b'-') && line.iter().all(|b| b"-+|:= ".contains(b))
}

fn trim(text: &[u8], cell: &mut Cell) {
    while cell.span.start < cell.span.end && text[cell.span.start].is_ascii_whitespace() {
        cell.span.start += 1;
    }
    while cell.span.start < cell.span.end && text[cell.span.end - 1].is_ascii_whitespace() {
        cell.span.end -= 1;
    }
}

fn separated(head: &Head, text: &[u8], at: usize, delimiter: u8, padded: bool, words: &Vocabulary) -> Step {
    let Some((row, next)) = separated_row(text, at, delimiter, padded) else {
        return Step::Miss(line(text, at).map_or(text.len(), |(_, next)| next));
    };
    if row.cells.len() != head.columns.width {
        return Step::Miss(line(text, at).map_or(text.len(), |(_, next)| next));
    }
    if repeats_head(&head.columns, text, &row, words) {
        return Step::End;
    }
    if names_are_names(&head.columns, text, &row) { Step::Row { row, next } } else { Step::Miss(next) }
}

/// The fields of the row at `at`, and where the next begins. A quote that nothing closes is part of its line.
pub fn separated_row(text: &[u8], at: usize, delimiter: u8, padded: bool) -> Option<(Row, usize)> {
    let mut cells = Vec::new();
    let mut i = at;
    loop {
        if padded && text.get(i) == Some(&b' ') {
            i += 1;
        }
        let quoted = (text.get(i) == Some(&b'"')).then(|| quoted_end(text, i + 1, delimiter)).flatten();
        let (cell, end) = match quoted {
            Some(end) => (Cell { span: i + 1..end, quote: Some(b'"'), nothing: false }, end + 1),
            None => {
                let end = text[i..].iter().position(|&b| b == delimiter || b == b'\n').map(|e| i + e);
                let end = end.or_else(|| (text.len() - at < super::ROW_BYTES).then_some(text.len()))?;
                let mut cell = Cell { span: i..end, quote: None, nothing: false };
                if padded || text.get(end) != Some(&delimiter) {
                    trim_line_end(text, &mut cell, padded);
                }
                (cell, end)
            }
        };
        cells.push(cell);
        match text.get(end) {
            Some(&b) if b == delimiter => i = end + 1,
            Some(b'\r') => return Some((Row { span: at..end, cells }, end + 2)),
            _ => return Some((Row { span: at..end, cells }, end + 1)),
        }
    }
}

fn trim_line_end(text: &[u8], cell: &mut Cell, padded: bool) {
    if padded {
        return trim(text, cell);
    }
    if cell.span.end > cell.span.start && text[cell.span.end - 1] == b'\r' {
        cell.span.end -= 1;
    }
}

/// Where the quoted field that begins at `at` ends: at a quote before a delimiter or the line's end.
fn quoted_end(text: &[u8], at: usize, delimiter: u8) -> Option<usize> {
    let mut i = at;
    loop {
        match (*text.get(i)?, text.get(i + 1)) {
            (b'\\', Some(b'"')) if text.get(i + 2).is_none_or(|b| *b != delimiter) => i += 2,
            (b'"', Some(b'"')) => i += 2,
            (b'"', next) => {
                let ends = match next {
                    None | Some(b'\n') => true,
                    Some(b'\r') => matches!(text.get(i + 2), None | Some(b'\n')),
                    Some(&b) => b == delimiter,
                };
                return ends.then_some(i);
            }
            _ => i += 1,
        }
    }
}

/// The head once more: files that were put together.
fn repeats_head(columns: &Columns, text: &[u8], row: &Row, words: &Vocabulary) -> bool {
    let shown = |index: usize| row.cells.get(index).map(|cell| &text[cell.span.clone()]);
    let password = columns.passwords.iter().all(|c| shown(c.index).is_some_and(|name| words.password(name).is_some()));
    password && columns.accounts.iter().all(|c| shown(c.index).is_some_and(|name| words.account(name).is_some()))
}

/// Whether the cells that should name accounts can: log lines that happen to have as many commas do not.
pub fn names_are_names(columns: &Columns, text: &[u8], row: &Row) -> bool {
    columns.accounts.iter().all(|column| {
        row.cells.get(column.index).is_some_and(|cell| {
            let name = text[cell.span.clone()].trim_ascii();
            let address = column.kind != IdentityKind::Email || name.contains(&b'@');
            name.is_empty() || name == b"-" || address && is_name(name)
        })
    })
}

/// The tuple at `at` of a statement, and whether another follows.
fn tuples(text: &[u8], at: usize, width: usize) -> Step {
    let Some((cells, end)) = sql::tuple(text, at) else { return Step::Tuple { row: None, next: at + 1, more: false } };
    let row = if cells.len() == width { Some(Row { span: at..end, cells }) } else { None };
    let comma = sql::skip_blanks(text, end);
    let next = sql::skip_blanks(text, comma + 1);
    let more = text.get(comma) == Some(&b',') && text.get(next) == Some(&b'(');
    Step::Tuple { row, next: if more { next } else { end }, more }
}

/// A line between a `CREATE TABLE` and the statements that fill the table.
fn dump_line(text: &[u8], at: usize, table: &[u8]) -> Step {
    // Behind a statement its line goes on.
    let start = sql::skip_blanks(text, at);
    if let Some(values) = fills(text, start, table) {
        return Step::Statement(values);
    }
    let shown = &text[start.min(text.len())..];
    if begins(shown, b"create table") || begins(shown, b"drop table") || begins(shown, b"unlock tables") {
        return Step::End;
    }
    match memchr::memchr(b'\n', shown) {
        Some(newline) => Step::Miss(start + newline + 1),
        None => Step::Miss(text.len()),
    }
}

/// Where the tuples begin of `INSERT INTO table VALUES (…)`.
fn fills(text: &[u8], at: usize, table: &[u8]) -> Option<usize> {
    let rest = text.get(at..text.len().min(at + 512))?;
    let verb = begins(rest, b"insert ") || begins(rest, b"replace ");
    if !verb {
        return None;
    }
    let open = memchr::memchr(b'(', rest)? + at;
    let values = sql::word_before(text, open);
    if !text[values.clone()].eq_ignore_ascii_case(b"values") {
        return None;
    }
    let name = sql::bare_name(text, sql::word_before(text, values.start));
    text[name].eq_ignore_ascii_case(table).then_some(open)
}
