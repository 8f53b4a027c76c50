//! The report as one page for people: figures first, then causes and remedies, then, where asked for, the accounts.
//!
//! The page asks nobody for anything: style and script stand in it, its policy forbids all else, and both are named by
//! their hashes. Whatever came from a log is text. Names of accounts are in it only where they were asked for, since a
//! list of victims that travels is a second breach. Without its script everything but the table of accounts is there.

mod chart;
mod data;
mod figures;
mod sections;
mod text;

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use self::figures::Figures;
use self::sections::Page;
use super::content::Content;
use crate::remedy::Remedies;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// What the page shows, and what it knows besides the report.
pub struct Options<'a> {
    /// Whether accounts are named.
    pub show_accounts: bool,
    /// What is called how: the title of a rule.
    pub title: &'a dyn Fn(&str) -> Option<String>,
    /// How leaks are mended.
    pub remedies: &'a Remedies,
}

/// Writes the page. Reads the accounts once, and once more where they are shown; keeps sums only.
///
/// # Errors
/// What `out` says.
pub fn write(report: &dyn Content, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let figures = Figures::of(report);
    let page = Page { report, options, figures: &figures };
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{}'; script-src '{}'; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"robots\" content=\"noindex\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>Exposed passwords: {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
        hash(STYLE),
        hash(SCRIPT),
        page.title(),
    )?;
    page.write(out)?;
    if options.show_accounts {
        data::write(report, options.title, out)?;
    }
    write!(out, "<script>{SCRIPT}</script>\n</body>\n</html>\n")?;
    out.flush()
}

/// How a policy names an element by its content.
fn hash(content: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(content)))
}
