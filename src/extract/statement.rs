//! Columns and their values: the cells of a row, and the parameters of a statement that were logged apart from it.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::bound::{GAP_LINES, first_verb, is_statement, positional};
use crate::limits::RECORD_BYTES;
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

    /// Whether it is the first of several lists.
    fn is_pair(&self, text: &[u8]) -> bool {
        self.secrets.iter().any(|said| {
            let before = &text[said.span.start.saturating_sub(256)..said.span.start];
            memchr::memrchr(b'[', before).is_some_and(|open| before[..open].ends_with(b"["))
        })
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
            let named = self.named(shown, record, text);
            if named.is_some() {
                return named.into_iter().collect();
            }
        }
        let count = self.places.iter().filter_map(Place::ordinal).max().unwrap_or(self.ordinals);
        positional(shown, self.end, count)
            .iter()
            .map(|call| {
                let cell = |index: usize| {
                    call.get(self.places.get(index)?.ordinal()? - 1)?.as_ref().filter(|cell| !cell.nothing)
                };
                self.tuple(shown, cell)
            })
            .filter(|tuple| !tuple.secrets.is_empty())
            // `[["email", "mira"], …]` are names with their values.
            .filter(|tuple| self.ordinals > 0 || !tuple.is_pair(shown))
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
    /// Which value stands there: `$2` is also the second where nothing calls it by that name.
    fn ordinal(&self) -> Option<usize> {
        match self {
            Self::Ordinal(n) => Some(*n),
            Self::Named(name) => {
                let number = name.strip_prefix(b"$").or(name.strip_prefix(b":"))?;
                std::str::from_utf8(number).ok()?.parse().ok().filter(|n| (1..=256).contains(n))
            }
            Self::Nothing => None,
        }
    }

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
