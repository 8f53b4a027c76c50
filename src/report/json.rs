//! The report as JSON: one document, two spaces of indentation, each exposure of an account on one line, a newline at its
//! end.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::Formatter;

use super::Content;
use super::schema::FORMAT_VERSION;
use super::share::{self, SHARE};

/// Writes `report`, in the thread that it is called in. The document is made as it is written, so memory stays at what
/// the report itself holds.
///
/// # Errors
/// What `out` says. The output is then not a whole document. `out` is flushed, since a buffer that is dropped on a
/// full disk says nothing.
pub fn write(report: &dyn Content, out: impl Write) -> io::Result<()> {
    write_on(report, 1, out)
}

/// The same on so many threads of its own. The text does not depend on their number.
///
/// # Errors
/// See [`write()`].
pub fn write_on(report: &dyn Content, threads: usize, out: impl Write) -> io::Result<()> {
    let mut document = Document { out, members: 0 };
    document.member("format_version", FORMAT_VERSION)?;
    document.member("report_id", &report.report_id())?;
    if !report.omitted().is_empty() {
        document.member("omitted", report.omitted())?;
    }
    document.member("tool", report.tool())?;
    document.member("scan", report.scan())?;
    document.member("summary", report.summary())?;
    document.begin_list("accounts")?;
    share::accounts(report, threads, &|text, index, account| entry(text, index, account), &mut document.out)?;
    document.end_list(report.listed_accounts() == 0)?;
    document.list("unattributed", report.unattributed())?;
    document.list("sites", report.sites())?;
    document.member("skipped", &report.skipped())?;
    document.end()
}

/// The outermost object, whose lists are written piece by piece.
struct Document<W> {
    out: W,
    members: usize,
}

impl<W: Write> Document<W> {
    fn name(&mut self, name: &str) -> io::Result<()> {
        self.out.write_all(if self.members == 0 { b"{\n  \"" } else { b",\n  \"" })?;
        self.members += 1;
        self.out.write_all(name.as_bytes())?;
        self.out.write_all(b"\": ")
    }

    fn member(&mut self, name: &str, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
        self.name(name)?;
        let mut text = Vec::new();
        push(&mut text, 1, value)?;
        self.out.write_all(&text)
    }

    fn list(&mut self, name: &str, entries: impl Iterator<Item: Serialize>) -> io::Result<()> {
        self.begin_list(name)?;
        let (mut text, mut count) = (Vec::new(), 0);
        for value in entries {
            entry(&mut text, count, &value)?;
            count += 1;
            if count % SHARE == 0 {
                self.out.write_all(&text)?;
                text.clear();
            }
        }
        self.out.write_all(&text)?;
        self.end_list(count == 0)
    }

    fn begin_list(&mut self, name: &str) -> io::Result<()> {
        self.name(name)?;
        self.out.write_all(b"[")
    }

    fn end_list(&mut self, empty: bool) -> io::Result<()> {
        self.out.write_all(if empty { b"]" } else { b"\n  ]" })
    }

    fn end(mut self) -> io::Result<()> {
        self.out.write_all(b"\n}\n")?;
        self.out.flush()
    }
}

/// Appends an entry of a list of the document.
fn entry(text: &mut Vec<u8>, index: usize, value: &impl Serialize) -> io::Result<()> {
    text.extend_from_slice(if index == 0 { b"\n    " } else { b",\n    " });
    push(text, 2, value)
}

/// Appends a value that stands so many levels deep in the document.
fn push(text: &mut Vec<u8>, depth: usize, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
    let layout = Layout { depth, empty: false };
    value.serialize(&mut serde_json::Serializer::with_formatter(text, layout)).map_err(io::Error::from)
}

/// How deep in the document entries stand on lines of their own: those of an account, each of its exposures. What is
/// deeper goes on: a third of the report would be blanks.
const LINES: usize = 4;

/// The layout of `serde_json`'s own pretty printer down to [`LINES`], for a value that stands inside another.
struct Layout {
    depth: usize,
    empty: bool,
}

impl Layout {
    fn begin<W: Write + ?Sized>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.empty = true;
        out.write_all(bracket)
    }

    fn end<W: Write + ?Sized>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        let lines = self.depth <= LINES;
        self.depth -= 1;
        if !std::mem::take(&mut self.empty) && lines {
            self.line(out, true)?;
        }
        out.write_all(bracket)
    }

    /// Begins an entry, on its line, behind a comma where it is not the first.
    fn line<W: Write + ?Sized>(&self, out: &mut W, first: bool) -> io::Result<()> {
        const LINE: &[u8; 2 + 2 * LINES] = b",\n        ";
        match (self.depth <= LINES, first) {
            (true, _) => out.write_all(&LINE[usize::from(first)..2 + 2 * self.depth]),
            (false, true) => Ok(()),
            (false, false) => out.write_all(b", "),
        }
    }
}

impl Formatter for Layout {
    fn begin_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"[")
    }

    fn end_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"]")
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.line(out, first)
    }

    fn end_array_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.empty = false;
        Ok(())
    }

    fn begin_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"{")
    }

    fn end_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"}")
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.line(out, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.empty = false;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Readers compare reports as text: the layout is that of the usual pretty printer.
    #[test]
    fn the_layout_is_the_usual_one() {
        let value =
            serde_json::json!({"none": [], "nothing": {}, "one": [1], "text": "a\n\"", "two": {"a": 1, "b": []}});
        let usual = serde_json::to_string_pretty(&value).unwrap();
        for depth in 0..3 {
            let mut text = Vec::new();
            push(&mut text, depth, &value).unwrap();
            let indented = usual.replace('\n', &format!("\n{}", "  ".repeat(depth)));
            assert_eq!(String::from_utf8(text).unwrap(), indented);
        }
    }

    /// An exposure takes one line, whatever it holds.
    #[test]
    fn what_is_deep_goes_on_in_its_line() {
        let value = serde_json::json!({"name": "a", "listed": [{"b": [], "c": {"d": [1, 2], "e": {}}}, {}]});
        let mut text = Vec::new();
        push(&mut text, 2, &value).unwrap();
        let expected = r#"{
      "name": "a",
      "listed": [
        {"b": [], "c": {"d": [1, 2], "e": {}}},
        {}
      ]
    }"#;
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }
}
