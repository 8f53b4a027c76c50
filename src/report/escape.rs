//! Makes text from a log harmless where a person, a CI runner, a browser or a spreadsheet reads it. Every format that
//! people read takes its names, paths and templates from here; JSON has its own escapes.
//!
//! What these have in common: a control character, and one that shows nothing or changes the order of what is shown,
//! becomes visible as `\u{1b}`, so what is written is one line of text that a person can judge.
//!
//! | place | with |
//! |---|---|
//! | a terminal, a CI log, a plain text file | [`terminal`] |
//! | the message or a property of a CI command (`::error file=…::…`, `##vso[task.logissue …]…`) | [`ci`] |
//! | text or a quoted attribute of HTML; never a script, a style, a URL or a bare attribute | [`html`] |
//! | Markdown, also inside a table | [`markdown`] |
//! | a whole cell of CSV, its quotes included | [`csv`] |
//!
//! All bound what they show with a precision (`{:.80}`): so many characters of the text, the rest becomes `…`.

use std::fmt::{self, Write};

#[cfg(test)]
mod tests;

/// Text for a terminal or a CI log. Whatever could move the cursor, change colours, set a title, reorder or hide text is
/// shown as `\u{1b}`; so is the second `#` of a pair, with which Azure and TeamCity begin a command anywhere in a line.
/// No line may *begin* with it, since `::` there is a command as well.
pub fn terminal(text: &str) -> impl fmt::Display + '_ {
    Escaped { text, mark: mark_terminal }
}

/// Text for the message or a property of a command to a CI runner. Runners undo different escapes (`%0A` here, `%AZP25`
/// there, `%3A` only in properties), so instead of theirs, what they read as syntax is shown as `\u{25}`: `%`, what ends
/// a property (`:` `,` `;` `]`), TeamCity's `|` and `'`, and the second `#` of a pair.
pub fn ci(text: &str) -> impl fmt::Display + '_ {
    Escaped { text, mark: mark_ci }
}

/// Text for HTML, between tags or in a quoted attribute. The backtick, which an old browser takes for a quote, is
/// escaped with the others.
pub fn html(text: &str) -> impl fmt::Display + '_ {
    Escaped { text, mark: mark_html }
}

/// Text for Markdown: code, so that nothing in it is markup, a link or a mention, with every sign that could end it or a
/// table's cell written as an entity.
pub fn markdown(text: &str) -> impl fmt::Display + '_ {
    Framed { open: "<code>", text: Escaped { text, mark: mark_markdown }, close: "</code>" }
}

/// A cell of CSV, in quotes. What a spreadsheet would take for a formula gets a `'` before it, also where a spreadsheet
/// that cuts at other signs than the comma would see a cell begin. A cell never holds a line end.
pub fn csv(text: &str) -> impl fmt::Display + '_ {
    Framed { open: "\"", text: Cell(text), close: "\"" }
}

/// How one character is written.
enum Mark {
    /// As it is.
    Plain,
    /// As `\u{7b}`.
    Visible,
    /// As the entity `&#123;`, or the short one.
    Entity,
}

struct Escaped<'a> {
    text: &'a str,
    mark: fn(char, char) -> Mark,
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = '\0';
        for (shown, c) in self.text.chars().enumerate() {
            if Some(shown) == f.precision() {
                return f.write_char('…');
            }
            match (self.mark)(c, before) {
                Mark::Plain => f.write_char(c)?,
                Mark::Visible => visible(f, c)?,
                Mark::Entity => entity(f, c)?,
            }
            before = c;
        }
        Ok(())
    }
}

/// Escaped text between two marks that a precision does not touch.
struct Framed<T> {
    open: &'static str,
    text: T,
    close: &'static str,
}

impl<T: fmt::Display> fmt::Display for Framed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.open)?;
        self.text.fmt(f)?;
        f.write_str(self.close)
    }
}

/// The inside of a cell.
struct Cell<'a>(&'a str);

impl fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Only blanks stand between here and where some spreadsheet lets a cell begin.
        let mut begins = true;
        for (shown, c) in self.0.chars().enumerate() {
            if Some(shown) == f.precision() {
                return f.write_char('…');
            }
            if begins && is_formula(c) {
                f.write_char('\'')?;
            }
            begins = is_separator(c) || (begins && c.is_whitespace());
            match c {
                '"' => f.write_str("\"\"")?,
                c if is_unsafe(c) => visible(f, c)?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

fn mark_terminal(c: char, before: char) -> Mark {
    if is_unsafe(c) || (c == '#' && before == '#') { Mark::Visible } else { Mark::Plain }
}

fn mark_ci(c: char, before: char) -> Mark {
    if matches!(c, '%' | ':' | ',' | ';' | ']' | '|' | '\'') { Mark::Visible } else { mark_terminal(c, before) }
}

fn mark_html(c: char, _: char) -> Mark {
    match c {
        '&' | '<' | '>' | '"' | '\'' | '`' => Mark::Entity,
        c if is_unsafe(c) => Mark::Visible,
        _ => Mark::Plain,
    }
}

fn mark_markdown(c: char, before: char) -> Mark {
    match mark_html(c, before) {
        Mark::Plain if c.is_ascii_punctuation() => Mark::Entity,
        mark => mark,
    }
}

fn visible(f: &mut fmt::Formatter<'_>, c: char) -> fmt::Result {
    write!(f, "\\u{{{:x}}}", u32::from(c))
}

fn entity(f: &mut fmt::Formatter<'_>, c: char) -> fmt::Result {
    match c {
        '&' => f.write_str("&amp;"),
        '<' => f.write_str("&lt;"),
        '>' => f.write_str("&gt;"),
        '"' => f.write_str("&quot;"),
        c => write!(f, "&#{};", u32::from(c)),
    }
}

/// What a formula begins with, also in the wide letters of East Asia, which spreadsheets take for the same.
fn is_formula(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '|' | '%' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}')
}

/// What ends a cell under some locale or import dialogue, or a quote inside one.
fn is_separator(c: char) -> bool {
    matches!(c, ',' | ';' | '|' | '"' | '\'' | '\t' | '\n' | '\r')
}

/// Controls of C0 and C1, and characters that show nothing or change the order of what is shown.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}
