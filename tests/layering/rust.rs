//! Just enough of Rust's syntax to see what a file imports: comments, strings and characters are dropped, the rest
//! becomes tokens, and every path that starts at `crate` or climbs with `super` is followed to its top-level module.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Component, Path};

/// One file under `src/`.
pub struct Source {
    /// Relative to `src/`, with `/`.
    file: String,
    /// Where its items live: `["account", "name"]`; empty for the root of a crate.
    pub module: Vec<String>,
    pub text: String,
    tokens: Vec<String>,
}

impl Source {
    pub fn read(root: &Path, file: &Path) -> Self {
        let text = fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Self::new(file, text)
    }

    pub fn new(file: &Path, text: String) -> Self {
        let parts: Vec<String> = file
            .components()
            .filter_map(|part| match part {
                Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
                _ => None,
            })
            .collect();
        let mut module = parts.clone();
        if let Some(last) = module.last_mut() {
            *last = last.trim_end_matches(".rs").to_owned();
        }
        // `mod.rs`, `lib.rs` and `main.rs` speak for the folder that they stand in.
        module.pop_if(|last| ["mod", "lib", "main"].contains(&last.as_str()));
        let tokens = tokens(&text);
        Self { file: parts.join("/"), module, text, tokens }
    }

    /// Whether the file belongs to the binary and not to the library.
    pub fn is_command_line(&self) -> bool {
        self.file == "main.rs" || self.file == "cli.rs" || self.file.starts_with("cli/")
    }

    /// Whether the tokens stand in the file, one after the other.
    pub fn says(&self, tokens: &[&str]) -> bool {
        self.tokens.windows(tokens.len()).any(|window| window == tokens)
    }

    /// The modules declared at the top of the file, in order: `mod name;`.
    pub fn declared_modules(&self) -> Vec<&str> {
        let names = self.tokens.windows(3).filter(|window| window[0] == "mod" && window[2] == ";");
        names.map(|window| window[1].as_str()).collect()
    }

    /// The first segment below `crate` of every path in the file, however it gets there. The file's own is among them.
    pub fn imports(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        // The modules opened in this file, each with the depth of braces that it stands at.
        let mut inner: Vec<(usize, String)> = Vec::new();
        let mut depth = 0;
        for (at, token) in self.tokens.iter().enumerate() {
            match token.as_str() {
                "{" => {
                    if at >= 2 && self.tokens[at - 2] == "mod" {
                        inner.push((depth, self.tokens[at - 1].clone()));
                    }
                    depth += 1;
                }
                "}" => {
                    depth = depth.saturating_sub(1);
                    inner.pop_if(|(opened, _)| *opened == depth);
                }
                // In the middle of a path they belong to its beginning, which has been followed.
                "crate" | "super" | "self" if at == 0 || !["::", "$"].contains(&self.tokens[at - 1].as_str()) => {
                    let mut here = self.module.clone();
                    here.extend(inner.iter().map(|(_, name)| name.clone()));
                    self.follow(at, here, &mut found);
                }
                _ => {}
            }
        }
        found
    }

    /// Follows the path or the group of paths at `at`, read from module `here`. Returns where it ends.
    fn follow(&self, mut at: usize, mut here: Vec<String>, found: &mut BTreeSet<String>) -> usize {
        let token = |at: usize| self.tokens.get(at).map_or("", String::as_str);
        loop {
            match token(at) {
                "crate" => here.clear(),
                "super" => drop(here.pop()),
                "self" => {}
                "{" => {
                    at += 1;
                    while !["}", ""].contains(&token(at)) {
                        at = self.follow(at, here.clone(), found).max(at + 1);
                        if token(at) == "," {
                            at += 1;
                        }
                    }
                    return at + 1;
                }
                name => {
                    here.push(name.to_owned());
                    // The rest of the path cannot leave its module; a group is walked through to find its end.
                    if !["::", "as"].contains(&token(at + 1)) {
                        found.extend(here.into_iter().next());
                        return at + 1;
                    }
                    found.extend(here.first().cloned());
                    if token(at + 1) == "as" {
                        return at + 3;
                    }
                }
            }
            if token(at + 1) != "::" {
                // `pub(crate)`, `&self`, `use super as parent`: no path below.
                return at + 1;
            }
            at += 2;
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)
    }
}

/// Words and marks; `::` is one, every other mark is a single character. Literals of text become `""`.
fn tokens(text: &str) -> Vec<String> {
    let text: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = text.get(at) {
        let next = text.get(at + 1).copied().unwrap_or(' ');
        let end = match c {
            _ if c.is_whitespace() => at + 1,
            '/' if next == '/' => line_end(&text, at),
            '/' if next == '*' => comment_end(&text, at),
            '"' => literal(&text, at, '"', &mut tokens),
            // 'a' and '\n' are characters, 'a is a lifetime.
            '\'' if next == '\\' || text.get(at + 2) == Some(&'\'') => literal(&text, at, '\'', &mut tokens),
            ':' if next == ':' => push(&text, at, at + 2, &mut tokens),
            _ if c.is_alphanumeric() || c == '_' => {
                let end = (at..text.len()).find(|&i| !(text[i].is_alphanumeric() || text[i] == '_'));
                let end = end.unwrap_or(text.len());
                let word: String = text[at..end].iter().collect();
                match (word.as_str(), raw_string_end(&text, end)) {
                    ("r" | "br" | "cr", Some(raw)) => raw,
                    ("r", None) if text.get(end) == Some(&'#') => end + 1, // r#type
                    _ => push(&text, at, end, &mut tokens),
                }
            }
            _ => push(&text, at, at + 1, &mut tokens),
        };
        at = end;
    }
    tokens
}

fn push(text: &[char], at: usize, end: usize, tokens: &mut Vec<String>) -> usize {
    tokens.push(text[at..end].iter().collect());
    end
}

fn line_end(text: &[char], at: usize) -> usize {
    (at..text.len()).find(|&i| text[i] == '\n').unwrap_or(text.len())
}

/// Block comments nest.
fn comment_end(text: &[char], mut at: usize) -> usize {
    let mut open = 0;
    while at < text.len() {
        match text[at..].get(..2) {
            Some(['/', '*']) => open += 1,
            Some(['*', '/']) => open -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if open == 0 {
            break;
        }
    }
    at
}

fn literal(text: &[char], at: usize, quote: char, tokens: &mut Vec<String>) -> usize {
    tokens.push("\"\"".to_owned());
    let mut i = at + 1;
    while i < text.len() && text[i] != quote {
        i += if text[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

/// Where the raw string ends whose `#` or quote stands at `at`; none where it is no raw string.
fn raw_string_end(text: &[char], at: usize) -> Option<usize> {
    let hashes = text.get(at..)?.iter().take_while(|&&c| c == '#').count();
    let open = at + hashes;
    (text.get(open) == Some(&'"')).then(|| {
        let closes = |i: usize| text[i] == '"' && text[i + 1..].iter().take_while(|&&c| c == '#').count() >= hashes;
        (open + 1..text.len()).find(|&i| closes(i)).map_or(text.len(), |i| i + 1 + hashes)
    })
}

/// The reader itself must see every way to import and no other; without this, the rules above could pass on nothing.
#[test]
fn the_reader_sees_every_way_to_import() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("record/line.rs", "use crate::secret::Secret;", &["secret"]),
        ("record/line.rs", "use crate::{rule, input::{Window, self}, account::*};", &["account", "input", "rule"]),
        ("record/line.rs", "use crate::{\n    record::{a, b},\n    tally as sum,\n};", &["record", "tally"]),
        ("record/line.rs", "use crate::record::{a::{b, c}, d}; use crate::tally::Tally;", &["record", "tally"]),
        ("record/line.rs", "fn f() -> Vec<crate::tally::Tally> { crate::rule::all() }", &["rule", "tally"]),
        ("record/line.rs", "use super::field;", &["record"]),
        ("record/line.rs", "use super::super::tally::Tally;", &["tally"]),
        ("record/line.rs", "use super::{field, super::tally};", &["record", "tally"]),
        ("record/mod.rs", "use super::tally; use self::line::Line;", &["record", "tally"]),
        (
            "tally.rs",
            "use super::report; mod tests { use super::*; use super::super::check; }",
            &["check", "report", "tally"],
        ),
        ("tally.rs", "mod a { mod b { use super::super::x; } } use super::report;", &["report", "tally"]),
        ("tally.rs", "pub(crate) fn f(&self) {} pub(in crate::tally) fn g() {}", &["tally"]),
        ("tally.rs", "// use crate::a;\n/* crate::b /* */ crate::c */ /// [`crate::d`]\nfn f() {}", &[]),
        ("tally.rs", r##"const A: &str = "crate::a \" crate::b"; const B: &str = r#"" crate::c"#; "##, &[]),
        ("tally.rs", r"fn f<'a>(c: char) -> bool { c == '\'' || c == '{' } use crate::rule;", &["rule"]),
        ("tally.rs", "macro_rules! m { () => { $crate::report::f() } }", &[]),
    ];
    for (file, text, wanted) in cases {
        let found = Source::new(Path::new(file), (*text).to_owned()).imports();
        assert_eq!(found.iter().collect::<Vec<_>>(), *wanted, "{file}: {text}");
    }
}
