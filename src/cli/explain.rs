//! `logleak explain`: what a rule or an exposure is, why it counts, and how such code is mended.

use std::fmt::{self, Write};
use std::path::PathBuf;

use logleak::RuleSet;
use logleak::remedy::Remedies;
use logleak::report::escape::terminal;
use logleak::report::schema::{Account, Exposure};
use logleak::report::{Stored, words};
use logleak::rule::Rule;

use super::exit::Exit;
use super::paint::Paint;
use super::{Failure, rules};

/// Columns that the text takes.
const WIDTH: usize = 80;

/// Tell what a rule or an exposure is, why it counts, and how such code is mended
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  logleak explain url-query-password
  logleak explain exp_8a41f0c2d97be6153c0f report.json")]
pub(super) struct ExplainArgs {
    /// A rule, or an exposure of REPORT
    #[arg(value_name = "RULE_ID|EXPOSURE_ID")]
    id: String,

    /// The report that `logleak scan` wrote; `-` is standard input
    #[arg(value_name = "REPORT")]
    report: Option<PathBuf>,

    /// Folders with rules of your own (*.toml)
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,
}

/// Looks it up and explains it.
pub(super) fn run(args: &ExplainArgs) -> Result<Exit, Failure> {
    let rules = rules::with(&args.rules)?;
    let text = Text { out: String::new(), paint: Paint::on(&std::io::stdout()) };
    let remedies = Remedies::builtin()?;
    let rule = |id: &str| rules.rules().find(|(_, rule)| rule.id == id).map(|(_, rule)| rule);
    if let Some(rule) = rule(&args.id) {
        return rules::print(&text.rule(rule, &remedies).map_err(unwritten)?);
    }
    let Some(path) = &args.report else { return Err(unknown(&args.id, &rules)) };
    let report = Stored::open(path)?;
    match find(&report, &args.id) {
        Some((account, exposure)) => {
            let rule = rule(&exposure.rule_id);
            rules::print(&text.exposure(account, exposure, rule, &remedies).map_err(unwritten)?)
        }
        None => Err(Failure::new(format!("{} lists no exposure {}", path.display(), args.id))
            .hint("exposures beyond --max-exposures are counted and not listed")),
    }
}

fn unwritten(_: fmt::Error) -> Failure {
    Failure::new("cannot explain it")
}

fn unknown(id: &str, rules: &RuleSet) -> Failure {
    if id.starts_with("exp_") {
        return Failure::new(format!("in which report is {id}?")).hint(format!("logleak explain {id} report.json"));
    }
    let near = rules.rules().map(|(_, rule)| rule.id.as_str()).find(|known| known.contains(id) || id.contains(known));
    let hint = match near {
        Some(near) => format!("do you mean {near}? `logleak rules list` names them all"),
        None => "`logleak rules list` names them all".to_owned(),
    };
    Failure::new(format!("no rule has the id {id}")).hint(hint)
}

fn find<'r>(report: &'r Stored, id: &str) -> Option<(Option<&'r Account<'static>>, &'r Exposure<'static>)> {
    let of = |account: &'r Account<'static>| {
        account.exposures.iter().find(|one| one.exposure_id == id).map(|exposure| (Some(account), exposure))
    };
    let nameless = || report.unattributed.iter().find(|one| one.exposure_id == id).map(|exposure| (None, exposure));
    report.accounts.iter().find_map(of).or_else(nameless)
}

struct Text {
    out: String,
    paint: Paint,
}

impl Text {
    fn rule(mut self, rule: &Rule, remedies: &Remedies) -> Result<String, fmt::Error> {
        writeln!(self.out, "{}\n{}\n", self.paint.bold(&rule.title), self.paint.faint(&rule.id))?;
        let mode = words::mode(rule.mode).to_lowercase();
        self.fact("What", &format!("a password that was {mode}: {}", words::channel(rule.channel).to_lowercase()))?;
        self.fact("Why", words::why(rule.channel))?;
        self.weaknesses(&rule.cwe)?;
        if let Some(example) = rule.examples.first() {
            let line = example.log.lines().next().unwrap_or_default();
            self.fact("Example", &format!("{line:.320}"))?;
        }
        self.remedies(&rule.id, remedies)?;
        writeln!(
            self.out,
            "\n{}",
            self.paint.faint(&format!("The rule as it is written: logleak rules show {}", rule.id))
        )?;
        Ok(self.out)
    }

    fn exposure(
        mut self,
        account: Option<&Account<'_>>,
        exposure: &Exposure<'_>,
        rule: Option<&Rule>,
        remedies: &Remedies,
    ) -> Result<String, fmt::Error> {
        let title = rule.map_or(&*exposure.rule_id, |rule| rule.title.as_str());
        let title = terminal(title).to_string();
        writeln!(
            self.out,
            "{}\n{}\n",
            self.paint.bold(&title),
            self.paint.faint(&terminal(&exposure.exposure_id).to_string())
        )?;
        let at = &exposure.location;
        let column = at.column.map(|column| format!(":{column}")).unwrap_or_default();
        self.line("Where", &format!("{}:{}{column}", terminal(&at.uri), at.line))?;
        match exposure.logged_at {
            Some(when) => self.fact("When", &format!("{when}"))?,
            None => self.fact("When", "the log does not tell")?,
        }
        match account {
            Some(account) => {
                let how = exposure.attribution.map(words::attribution).unwrap_or("named");
                self.fact("Whose", &format!("{}, {how}", terminal(&account.account)))?;
                let why: Vec<&str> = account.action_reasons.iter().map(|reason| words::reason(*reason)).collect();
                let action = words::action(account.action);
                let why = if why.is_empty() { String::new() } else { format!(": {}", why.join("; ").to_lowercase()) };
                self.fact("Do", &format!("{action} the account{why}"))?;
            }
            None => self.fact("Whose", "no account stands near it")?,
        }
        let mode = words::mode(exposure.mode).to_lowercase();
        self.fact("What", &format!("a password that was {mode}: {}", words::channel(exposure.channel).to_lowercase()))?;
        self.fact("Protection", words::protection_meaning(exposure.protection))?;
        self.fact("Login", &words::outcome(exposure.outcome).to_lowercase())?;
        self.fact("Why", words::why(exposure.channel))?;
        self.weaknesses(&exposure.cwe.iter().map(|cwe| cwe.0).collect::<Vec<_>>())?;
        self.remedies(&exposure.rule_id, remedies)?;
        Ok(self.out)
    }

    fn weaknesses(&mut self, all: &[u16]) -> fmt::Result {
        for (place, cwe) in all.iter().enumerate() {
            let name = words::weakness(*cwe).unwrap_or_default();
            self.fact(if place == 0 { "Weakness" } else { "" }, &format!("CWE-{cwe} {name}"))?;
        }
        Ok(())
    }

    fn remedies(&mut self, rule: &str, remedies: &Remedies) -> fmt::Result {
        writeln!(self.out, "\n{}", self.paint.bold("How to mend it"))?;
        for remedy in remedies.of_rule(rule) {
            writeln!(self.out, "\n  {}", self.paint.bold(&remedy.framework))?;
            for line in wrapped(&remedy.fix, WIDTH - 2) {
                writeln!(self.out, "  {line}")?;
            }
            if let Some(code) = &remedy.code {
                writeln!(self.out)?;
                code.lines().try_for_each(|line| writeln!(self.out, "{}", format!("      {line}").trim_end()))?;
                writeln!(self.out)?;
            }
            writeln!(self.out, "  {}", self.paint.faint(&remedy.see))?;
        }
        Ok(())
    }

    /// A label, and text behind it that is broken at the end of the line.
    fn fact(&mut self, label: &str, text: &str) -> fmt::Result {
        for (place, line) in wrapped(&terminal(text).to_string(), WIDTH - 14).iter().enumerate() {
            let label = self.paint.faint(&format!("{:<10}", if place == 0 { label } else { "" }));
            writeln!(self.out, "  {label}  {line}")?;
        }
        Ok(())
    }

    /// The same without breaking: what is to be copied.
    fn line(&mut self, label: &str, text: &str) -> fmt::Result {
        writeln!(self.out, "  {}  {text}", self.paint.faint(&format!("{label:<10}")))
    }
}

/// Lines of so many characters at most; what is longer without a blank is cut.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut room = width;
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        if word.len() + 1 > room && room < width {
            lines.push(String::new());
            room = width;
        } else if room < width {
            room -= 1;
            if let Some(line) = lines.last_mut() {
                line.push(' ');
            }
        }
        while !word.is_empty() {
            if room == 0 {
                lines.push(String::new());
                room = width;
            }
            let rest = word.split_off(word.len().min(room));
            room -= word.len();
            if let Some(line) = lines.last_mut() {
                line.extend(word);
            }
            word = rest;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At 80 columns nothing is broken by the terminal, in any script, and no word is lost.
    #[test]
    fn lines_fit() {
        for text in ["", "a", "some words and some more words", &"x".repeat(45), "ä ö ü ß é è ê ë", "a  b"] {
            let lines = wrapped(text, 20);
            assert!(lines.iter().all(|line| line.chars().count() <= 20), "{lines:?}");
            let letters = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            assert_eq!(letters(&lines.concat()), letters(text));
        }
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
    }

    /// Every rule can be explained, within the width, apart from code and links.
    #[test]
    fn every_rule_is_explained() {
        let (rules, remedies) = (RuleSet::builtin().unwrap(), Remedies::builtin().unwrap());
        for (_, rule) in rules.rules() {
            let text = Text { out: String::new(), paint: Paint::default() }.rule(rule, &remedies).unwrap();
            for line in text.lines().filter(|line| !line.starts_with("      ") && !line.contains("://")) {
                assert!(line.chars().count() <= 100, "{}: {line}", rule.id);
            }
            for part in ["CWE-532", "How to mend it", "https://"] {
                assert!(text.contains(part), "{}: no {part}", rule.id);
            }
        }
    }
}
