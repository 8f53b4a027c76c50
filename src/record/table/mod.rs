//! Tables: a head that names columns, then rows without any keyword.
//!
//! A head is found by the password word in it ([`head::find`]) and judged by itself and its first row. Its rows are a
//! [`Region`], which has no size: where a row begins and where the region ends depends on the text from the head on and
//! on nothing else, so that a region may be carried from window to window, and taken up again by another worker, and
//! still gives the same rows.

pub mod head;
pub mod row;
pub mod sql;

use std::ops::Range;
use std::sync::Arc;

use super::Text;
use crate::rule::{PasswordKey, Syntax, Vocabulary};
use crate::terms::IdentityKind;

use row::Step;

/// The longest row, in bytes. A longer one is passed over.
pub const ROW_BYTES: usize = 64 << 10;

/// The longest head, in bytes.
pub const HEAD_BYTES: usize = 8 << 10;

/// Rows of another width after which a region of lines has ended.
const MISSES: u16 = 3;

/// Lines between a `CREATE TABLE` and the next statement that fills the table.
const DUMP_LINES: u16 = 256;

/// How rows are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// CSV and its kin: fields may be quoted, quotes in them doubled, line feeds in them are theirs.
    Separated {
        /// What stands between fields.
        delimiter: u8,
        /// A blank follows the delimiter.
        padded: bool,
    },
    /// `| mira | x |` or `mira | x` under a dashed line.
    Drawn {
        /// A bar stands before the first cell and behind the last.
        edged: bool,
    },
    /// W3C extended log, under `#Fields:`: blanks between fields.
    W3c,
    /// Zeek, under `#fields`.
    Zeek {
        /// What stands between fields.
        separator: u8,
    },
    /// `COPY … FROM stdin`: tabs and backslashes, until `\.`.
    Copy,
    /// Tuples of a statement: `('mira', 'x'), ('tlind', 'y');`.
    Values,
    /// A table that was created, and statements that fill it without naming its columns.
    Dump {
        /// The table, without schema and quotes.
        table: Box<[u8]>,
    },
}

impl Format {
    /// The syntax by which a rule answers for such rows.
    pub fn syntax(&self) -> Syntax {
        match self {
            Self::Separated { .. } | Self::Drawn { .. } => Syntax::Table,
            Self::Zeek { .. } | Self::W3c => Syntax::Traffic,
            Self::Copy | Self::Values | Self::Dump { .. } => Syntax::Rows,
        }
    }
}

/// A column that holds passwords.
pub struct PasswordColumn {
    /// Its place, from 0.
    pub index: usize,
    /// What its name says.
    pub name: PasswordKey,
    /// The word of its name that may be shown.
    pub shown: Option<Arc<str>>,
}

/// A column that names accounts.
#[derive(Clone, Copy)]
pub struct AccountColumn {
    /// Its place, from 0.
    pub index: usize,
    /// Which identifier.
    pub kind: IdentityKind,
    /// Names an account only where nothing better does.
    pub weak: bool,
}

/// What the names of columns say.
pub struct Columns {
    /// How many there are.
    pub width: usize,
    /// Never empty.
    pub passwords: Vec<PasswordColumn>,
    /// Whose passwords they are.
    pub accounts: Vec<AccountColumn>,
}

impl Columns {
    /// The columns of these names. None where none of them holds passwords.
    pub fn new<'t>(names: impl Iterator<Item = &'t [u8]>, words: &Vocabulary) -> Option<Self> {
        let mut columns = Self { width: 0, passwords: Vec::new(), accounts: Vec::new() };
        for (index, name) in names.enumerate() {
            columns.width += 1;
            if let Some(key) = words.password(name) {
                let shown = words.shown(name).map(Arc::from);
                columns.passwords.push(PasswordColumn { index, name: key, shown });
            } else if let Some((kind, weak)) = words.account(name) {
                // Beside the names of accounts stand those of their groups.
                let group = name.eq_ignore_ascii_case(b"role") || name.eq_ignore_ascii_case(b"log");
                columns.accounts.push(AccountColumn { index, kind, weak: weak || group });
            }
        }
        (!columns.passwords.is_empty()).then_some(columns)
    }
}

/// The head of a table.
pub struct Head {
    /// How its rows are written.
    pub format: Format,
    /// What they hold.
    pub columns: Columns,
}

/// One field of a row.
pub struct Cell {
    /// Without its quotes.
    pub span: Range<usize>,
    /// Its quote.
    pub quote: Option<u8>,
    /// No value at all: unset, `NULL`, an expression.
    pub nothing: bool,
}

/// One row, as spans of the text that it was read from.
pub struct Row {
    /// All of it.
    pub span: Range<usize>,
    /// As many as the head has columns.
    pub cells: Vec<Cell>,
}

/// The rows of a head that are still to be read.
pub struct Region {
    /// What they are.
    pub head: Arc<Head>,
    /// Where the next row begins in the member.
    pub at: u64,
    misses: u16,
    /// Within a statement that fills the table.
    inside: bool,
}

/// What stands where a row may.
pub enum Next {
    /// A row.
    Row(Row),
    /// Something that is passed over.
    Nothing,
    /// The region is over.
    End,
}

impl Region {
    /// The region of `head`, whose rows begin at `at` of the member.
    pub fn new(head: Head, at: u64) -> Self {
        let inside = head.format == Format::Values;
        Self { head: Arc::new(head), at, misses: 0, inside }
    }

    /// Reads on. `text` shows [`ROW_BYTES`] from the row's beginning, or all there is.
    pub fn next(&mut self, text: Text<'_>, words: &Vocabulary) -> Next {
        let Some(at) = self.at.checked_sub(text.offset).map(|at| at as usize).filter(|&at| at < text.bytes.len())
        else {
            return Next::End;
        };
        if self.head.format == Format::Values && !self.inside {
            return Next::End;
        }
        let visible = &text.bytes[..text.bytes.len().min(at + ROW_BYTES)];
        let step = row::step(&self.head, visible, at, self.inside, words);
        let to = |next: usize| text.offset + next.max(at + 1) as u64;
        match step {
            Step::Row { row, next } => {
                self.at = to(next);
                self.misses = 0;
                Next::Row(row)
            }
            Step::Tuple { row, next, more } => {
                self.at = to(next);
                self.inside = more;
                self.misses = 0;
                row.map_or(Next::Nothing, Next::Row)
            }
            Step::Statement(next) => {
                self.at = to(next);
                self.inside = true;
                Next::Nothing
            }
            Step::Skip(next) => {
                self.at = to(next);
                Next::Nothing
            }
            Step::Miss(next) => {
                self.at = to(next);
                self.misses += 1;
                let most = if matches!(self.head.format, Format::Dump { .. }) { DUMP_LINES } else { MISSES };
                if self.misses >= most { Next::End } else { Next::Nothing }
            }
            Step::End => Next::End,
        }
    }
}

/// Whether text can be the name of an account in a table: no date, no sentence.
pub(super) fn is_name(value: &[u8]) -> bool {
    let words = value.split(u8::is_ascii_whitespace).count();
    let letter = |b: &u8| b.is_ascii_alphabetic() || *b >= 0x80;
    if value.len() > 320 || value.iter().any(u8::is_ascii_control) {
        return false;
    }
    if words > 1 {
        let plain = value.iter().all(|b| letter(b) || matches!(b, b' ' | b'.' | b'\'' | b'-' | b','));
        let directory = value.contains(&b'=');
        return words <= 4 && (plain || directory);
    }
    value.iter().any(letter) || value.iter().all(u8::is_ascii_digit) || value.starts_with(b"+")
}

#[cfg(test)]
mod tests;
