//! The options of the page that `--format html` writes.

use std::io::{self, Write};

use logleak::RuleSet;
use logleak::remedy::Remedies;
use logleak::report::{Content, html};

/// The HTML page
#[derive(Debug, clap::Args)]
pub(super) struct PageArgs {
    /// With --format html: name the accounts, in a table that sorts and filters
    ///
    /// Without it the page holds figures, causes and remedies and names nobody, so that it can be passed on: a list of
    /// victims is a second breach.
    #[arg(long)]
    show_accounts: bool,
}

impl PageArgs {
    /// Writes the page. `rules` are those of the scan.
    pub(super) fn write(&self, report: &dyn Content, rules: &RuleSet, out: &mut dyn Write) -> io::Result<()> {
        let remedies = Remedies::builtin().map_err(io::Error::other)?;
        let title = |id: &str| rules.rules().find(|(_, rule)| rule.id == id).map(|(_, rule)| rule.title.clone());
        let options = html::Options { show_accounts: self.show_accounts, title: &title, remedies: &remedies };
        html::write(report, &options, out)
    }
}
