//! Finds the head of a table around a password word: a line of names, or the column list of a statement.

use std::ops::Range;

use super::{Cell, Columns, Format, HEAD_BYTES, Head, ROW_BYTES, row, sql};
use crate::record::Text;
use crate::record::field::key_around;
use crate::rule::Vocabulary;

/// A head, and where its rows begin in the text that it was found in.
pub enum Found {
    /// Rows follow.
    Rows(Head, usize),
    /// A statement whose values stand elsewhere: where its column list opens, and where its tuple does.
    Bound(Columns, usize),
}

/// Whether `key` may name a column. Looks at a few bytes only, since it is asked of every hit.
pub fn may_stand(text: &[u8], key: &Range<usize>) -> bool {
    let quotes = |b: &u8| b"\"'`[]\\".contains(b);
    let behind = key.end + text[key.end..].iter().take(3).take_while(|b| quotes(b)).count();
    let low = key.start.saturating_sub(64);
    let before = text[low..key.start].iter().rposition(|b| !quotes(b)).map(|i| low + i);
    let Some(before) = before else { return key.start <= 3 };
    let after = text.get(behind).copied();
    if !matches!(after, None | Some(b',' | b'\t' | b';' | b'|' | b')' | b'\n' | b'\r' | b' ')) {
        return false;
    }
    match text[before] {
        b'\n' | b'\t' | b',' | b';' | b'(' | b'|' | 0xbf => true,
        b' ' => {
            let solid = text[low..before].iter().rposition(|b| !b.is_ascii_whitespace()).map(|i| text[low + i]);
            match solid {
                Some(b',' | b'(' | b'|' | b'"' | b'`' | b'n') | None => true,
                _ => is_directive(text, before) || text[low..before].ends_with(b"\n"),
            }
        }
        b'n' | b't' => text[..before].ends_with(b"\\"),
        _ => false,
    }
}

/// Whether the line of `at` begins with `#`.
fn is_directive(text: &[u8], at: usize) -> bool {
    let low = at.saturating_sub(HEAD_BYTES / 8);
    let start = memchr::memrchr(b'\n', &text[low..at]).map_or(low, |i| low + i + 1);
    text.get(start) == Some(&b'#')
}

/// The head whose first password column is named at `hit`.
pub fn find(text: Text<'_>, hit: usize, words: &Vocabulary) -> Option<Found> {
    let key = key_around(text.bytes, hit);
    words.password(&text.bytes[key.clone()])?;
    statement(text.bytes, &key, words).or_else(|| {
        let line = line_around(text.bytes, hit)?;
        names(text.bytes, line, hit, words)
    })
}

/// The line of `at`, if it is short enough for a head. Nobody looks farther: on a long line each of its keys asks.
fn line_around(text: &[u8], at: usize) -> Option<Range<usize>> {
    let (low, high) = (at.saturating_sub(HEAD_BYTES), text.len().min(at + HEAD_BYTES + 1));
    let start = match memchr::memrchr(b'\n', &text[low..at]) {
        Some(newline) => low + newline + 1,
        None => (low == 0).then_some(0)?,
    };
    let end = memchr::memchr(b'\n', &text[at..high]).map_or(high, |newline| at + newline);
    (end - start <= HEAD_BYTES).then_some(start..end)
}

/// A line of names.
fn names(text: &[u8], line: Range<usize>, hit: usize, words: &Vocabulary) -> Option<Found> {
    let next = (line.end + 1).min(text.len());
    let mut line = line;
    if line.end > line.start && text[line.end - 1] == b'\r' {
        line.end -= 1;
    }
    if text[line.clone()].starts_with(b"\xef\xbb\xbf") {
        line.start += 3;
    }
    let shown = &text[line.clone()];
    let directive = shown.len() > 8 && shown[..7].eq_ignore_ascii_case(b"#fields");
    let (format, cells, rows) = if directive && shown[7] == b':' {
        let start = line.start + 8 + usize::from(shown.get(8) == Some(&b' '));
        let end = line.start + shown.trim_ascii_end().len();
        (Format::W3c, row::split(text, start..end.max(start), |b| b == b' ' || b == b'\t'), next)
    } else if directive {
        let separator = shown[7];
        let cells = row::split(text, line.start + 8..line.end, |b| b == separator);
        (Format::Zeek { separator }, cells, next)
    } else if let Some((cells, edged, rows)) = drawn(text, line.clone(), next) {
        (Format::Drawn { edged }, cells, rows)
    } else {
        return separated(text, line, hit, words);
    };
    let mut columns = columns_at(text, &cells, hit, words)?;
    if matches!(format, Format::Zeek { .. }) {
        // There it names the connection.
        columns.accounts.retain(|column| &text[cells[column.index].span.clone()] != b"uid");
    }
    (columns.width >= 2).then_some(Found::Rows(Head { format, columns }, rows))
}

/// The columns that `cells` name, if the first of passwords is the one of the hit: a head is found once.
fn columns_at(text: &[u8], cells: &[Cell], hit: usize, words: &Vocabulary) -> Option<Columns> {
    let columns = Columns::new(cells.iter().map(|cell| &text[cell.span.clone()]), words)?;
    let first = cells.get(columns.passwords.first()?.index)?;
    (first.span.start <= hit && hit < first.span.end).then_some(columns)
}

/// Names between bars over a dashed line.
fn drawn(text: &[u8], line: Range<usize>, next: usize) -> Option<(Vec<Cell>, bool, usize)> {
    let shown = text[line.clone()].trim_ascii();
    if !shown.contains(&b'|') || next >= text.len() {
        return None;
    }
    let (dashes, rows) = row::line(&text[..text.len().min(next + ROW_BYTES)], next)?;
    if !row::is_dashed(&text[dashes]) {
        return None;
    }
    let edged = shown.starts_with(b"|");
    row::drawn_cells(text, line, edged).filter(|cells| cells.len() > 1).map(|cells| (cells, edged, rows))
}

/// CSV and its kin: names only, one of them an account's, and a first row that fits.
fn separated(text: &[u8], line: Range<usize>, hit: usize, words: &Vocabulary) -> Option<Found> {
    let key = key_around(text, hit);
    let delimiter = |b: u8| matches!(b, b',' | b'\t' | b';' | b'|');
    let ahead = text[key.end..line.end.max(key.end)].iter().copied().find(|&b| b != b'"' && b != b' ');
    let behind = text[line.start..key.start.max(line.start)].iter().rev().copied().find(|&b| b != b'"' && b != b' ');
    let delimiter = ahead.filter(|&b| delimiter(b)).or(behind.filter(|&b| delimiter(b)))?;
    let shown = &text[line.clone()];
    let padded = delimiter != b'\t' && shown.windows(2).any(|pair| pair == [delimiter, b' ']);
    let (heads, _) = row::separated_row(&text[..line.end], line.start, delimiter, padded)?;
    // Blanks behind commas are those of a sentence, unless each name is one word.
    let sentence = padded && heads.cells.iter().any(|cell| text[cell.span.clone()].contains(&b' '));
    if heads.cells.len() < 2 || sentence || !are_names(text, &heads.cells) {
        return None;
    }
    let columns = columns_at(text, &heads.cells, hit, words)?;
    if columns.accounts.is_empty() {
        return None;
    }
    let mut at = line.end;
    while text.get(at).is_some_and(|b| matches!(b, b'\r' | b'\n')) && at < line.end + 8 {
        at += 1;
    }
    let (first, _) = row::separated_row(&text[..text.len().min(at + ROW_BYTES)], at, delimiter, padded)?;
    let fits = at < text.len()
        && first.cells.len() == columns.width
        && row::names_are_names(&columns, text, &first)
        && text[first.span.clone()] != *shown;
    fits.then_some(Found::Rows(Head { format: Format::Separated { delimiter, padded }, columns }, at))
}

/// Whether every cell is a short name, and none stands twice.
fn are_names(text: &[u8], cells: &[Cell]) -> bool {
    let name = |cell: &Cell| text[cell.span.clone()].trim_ascii();
    cells.iter().enumerate().all(|(i, cell)| {
        let shown = name(cell);
        let letters = shown.iter().any(|b| b.is_ascii_alphabetic() || *b >= 0x80);
        let plain = shown.iter().all(|b| b.is_ascii_alphanumeric() || b"_-. /()#[]*".contains(b) || *b >= 0x80);
        let words = shown.split(|&b| b == b' ').count();
        // A data frame's index has no name.
        let unnamed = shown.is_empty() && i == 0 && cells.len() > 2;
        unnamed
            || letters
                && plain
                && !shown[0].is_ascii_digit()
                && words <= 4
                && shown.len() <= 48
                && !cells[..i].iter().any(|c| name(c) == shown)
    })
}

/// The column list of a statement.
fn statement(text: &[u8], key: &Range<usize>, words: &Vocabulary) -> Option<Found> {
    let open = sql::opening(text, key.start)?;
    let close = sql::closing(text, key.end)?;
    let name = sql::word_before(text, open);
    let before = sql::word_before(text, name.start);
    let verb = |word: &[u8]| text[before.clone()].eq_ignore_ascii_case(word);
    let parts = sql::parts(text, open + 1..close);
    if verb(b"table") || verb(b"exists") {
        return created(text, key, &parts, name, close, words);
    }
    let names: Vec<Cell> =
        parts.into_iter().map(|part| Cell { span: sql::bare_name(text, part), quote: None, nothing: false }).collect();
    if !are_names(text, &names) {
        return None;
    }
    let columns = columns_at(text, &names, key.start, words)?;
    if verb(b"copy") || verb(b"\\copy") {
        return copied(text, close + 1).map(|(format, rows)| Found::Rows(Head { format, columns }, rows));
    }
    if !verb(b"into") && !verb(b"insert") && !verb(b"replace") {
        return None;
    }
    let values = values_after(text, close + 1)?;
    let (first, _) = sql::tuple(&text[..text.len().min(values + ROW_BYTES)], values)?;
    let bound = columns.passwords.iter().all(|column| {
        first.get(column.index).is_some_and(|cell| is_placeholder(&text[cell.span.clone()]) && cell.quote.is_none())
    });
    if bound {
        return Some(Found::Bound(columns, values));
    }
    Some(Found::Rows(Head { format: Format::Values, columns }, values))
}

/// `?`, `$1`, `@p0`, `:name`, `%s`, `%(name)s`.
pub fn is_placeholder(text: &[u8]) -> bool {
    let word = |name: &[u8]| !name.is_empty() && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
    match text {
        [b'?' | b'$' | b'@' | b':', name @ ..] if word(name) => true,
        [b'%', b'(', .., b')', b's'] => true,
        _ => text == b"?" || text == b"%s",
    }
}

/// Where the first tuple opens behind the word VALUES.
fn values_after(text: &[u8], at: usize) -> Option<usize> {
    let rest = &text[at..text.len().min(at + 160)];
    let open = at + memchr::memchr(b'(', rest)?;
    let word = sql::word_before(text, open);
    let shown = &text[word.clone()];
    let values = shown.eq_ignore_ascii_case(b"values") || shown.eq_ignore_ascii_case(b"value");
    (values && word.start >= at && !text[at..word.start].contains(&b';')).then_some(open)
}

/// `FROM stdin;` and the rows below.
fn copied(text: &[u8], at: usize) -> Option<(Format, usize)> {
    let (line, next) = row::line(&text[..text.len().min(at + ROW_BYTES)], at)?;
    let options = text[line].to_ascii_lowercase();
    let options = options.trim_ascii();
    if !options.starts_with(b"from stdin") || next > text.len() {
        return None;
    }
    let csv = memchr::memmem::find(options, b"csv").is_some();
    Some((if csv { Format::Separated { delimiter: b',', padded: false } } else { Format::Copy }, next))
}

/// `CREATE TABLE users (id int, password varchar(60), …);`: the names are the first words of its parts.
fn created(
    text: &[u8],
    key: &Range<usize>,
    parts: &[Range<usize>],
    name: Range<usize>,
    close: usize,
    words: &Vocabulary,
) -> Option<Found> {
    const NO_COLUMN: &[&[u8]] =
        &[b"primary", b"key", b"unique", b"constraint", b"index", b"foreign", b"check", b"fulltext", b"exclude"];
    let mut names = Vec::new();
    for part in parts {
        let start = sql::skip_blanks(text, part.start).min(part.end);
        let quoted = matches!(text.get(start), Some(b'`' | b'"' | b'['));
        let length = text[start..part.end].iter().position(u8::is_ascii_whitespace).unwrap_or(part.end - start);
        let span = sql::bare_name(text, start..start + length);
        if !quoted && NO_COLUMN.iter().any(|word| text[span.clone()].eq_ignore_ascii_case(word)) {
            continue;
        }
        names.push(Cell { span, quote: None, nothing: false });
    }
    let columns = columns_at(text, &names, key.start, words)?;
    let table = text[sql::bare_name(text, name)].into();
    Some(Found::Rows(Head { format: Format::Dump { table }, columns }, close + 1))
}
