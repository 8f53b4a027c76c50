//! The sections of the page, in the order in which somebody asks: how bad is it, what to do, since when, where, how, and
//! whose.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::super::content::Content;
use super::super::schema::{Site, Status};
use super::super::words::{self, bytes, count, number};
use super::Options;
use super::chart::{self, Row};
use super::figures::Figures;
use super::text::{moment, period, text};
use crate::remedy::Remedy;
use crate::terms::Mode;

/// Sites with their remedies, sites in a line each, files, inputs that were not scanned, and remedies of one site.
const SITES: usize = 8;
const MORE_SITES: usize = 100;
const FILES: usize = 10;
const SKIPPED: usize = 500;
const REMEDIES: usize = 3;

/// What the sections read.
pub(super) struct Page<'a> {
    pub(super) report: &'a dyn Content,
    pub(super) options: &'a Options<'a>,
    pub(super) figures: &'a Figures,
}

impl Page<'_> {
    /// What was found, in one line.
    pub(super) fn title(&self) -> String {
        let summary = self.report.summary();
        let by = summary.accounts_by_action;
        match (by.force_reset, by.review, summary.exposures) {
            (0, 0, 0) => "No exposed passwords found".to_owned(),
            (0, 0, exposures) => format!("{}, nobody could be named", count(exposures, "exposed password")),
            (0, review, _) => format!("{} to review", count(review, "account")),
            (reset, 0, _) => format!("{} to reset", count(reset, "account")),
            (reset, review, _) => format!("{} to reset, {} to review", count(reset, "account"), number(review)),
        }
    }

    /// Everything that stands in the body but data and script.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "<a class=\"skip\" href=\"#content\">Skip to the figures</a>\n<main id=\"content\">")?;
        writeln!(out, "<div id=\"overview\">")?;
        self.head(out)?;
        self.headline_figures(out)?;
        self.next_steps(out)?;
        self.over_time(out)?;
        self.sites(out)?;
        self.ways(out)?;
        self.accounts(out)?;
        self.not_scanned(out)?;
        self.about(out)?;
        writeln!(out, "</div>\n<div id=\"account\" hidden></div>\n</main>")
    }

    fn found(&self) -> bool {
        self.report.summary().exposures > 0
    }

    fn head(&self, out: &mut dyn Write) -> io::Result<()> {
        let (scan, summary) = (self.report.scan(), self.report.summary());
        writeln!(out, "<header>\n<p class=\"kicker\">Passwords exposed in logs</p>\n<h1>{}</h1>", self.title())?;
        let files = count(summary.files_scanned.saturating_add(summary.files_partial), "file");
        let inputs: Vec<String> = scan.inputs.iter().map(|input| format!("<code>{}</code>", text(input))).collect();
        let of = scan.source.as_deref().map(|source| format!(" of {}", text(source))).unwrap_or_default();
        writeln!(
            out,
            "<p class=\"lead\">{} in {files}{of}, scanned on {}. {}</p>",
            bytes(summary.bytes_scanned as f64),
            moment(scan.finished_at),
            if self.found() {
                "The passwords below were written to logs in clear or without proper protection. None of them is in this \
                 page."
            } else {
                "Nothing in them looks like a password in clear or without proper protection."
            }
        )?;
        if !inputs.is_empty() {
            let shown = inputs.iter().take(6).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = inputs.len().saturating_sub(6);
            let more = if more > 0 { format!(" and {} more", number(more as u64)) } else { String::new() };
            writeln!(out, "<p class=\"inputs\">{shown}{more}</p>")?;
        }
        if scan.status != Status::Complete {
            let why = match scan.status {
                Status::Interrupted => "The scan was interrupted.",
                _ => "Not everything could be scanned.",
            };
            let rest = count(summary.files_skipped, "input");
            writeln!(
                out,
                "<p class=\"notice\"><strong>{why}</strong> {rest} may hold more than is told here: see \
                 <a href=\"#not-scanned\">what was not scanned</a>.</p>"
            )?;
        }
        writeln!(out, "</header>")
    }

    fn headline_figures(&self, out: &mut dyn Write) -> io::Result<()> {
        let summary = self.report.summary();
        let by = summary.accounts_by_action;
        writeln!(out, "<section aria-label=\"Figures\">\n<dl class=\"headline\">")?;
        let critical = summary.accounts_by_severity.critical;
        let reset =
            if critical > 0 { format!("{} critical among all", number(critical)) } else { "accounts".to_owned() };
        figure(out, "first", "To reset", &number(by.force_reset), &reset)?;
        figure(out, "", "To review", &number(by.review), "accounts, by a person")?;
        writeln!(out, "<div><dt>Exposures</dt><dd>{}</dd>", number(summary.exposures))?;
        if self.found() {
            let of = |mode| summary.exposures_by_mode.get(&mode).copied().unwrap_or_default();
            let (stored, transmitted) = (of(Mode::Stored), of(Mode::Transmitted));
            write!(out, "<dd class=\"about\">")?;
            chart::split(out, transmitted, stored)?;
            writeln!(
                out,
                "<span class=\"key transmitted\">{} transmitted</span> <span class=\"key stored\">{} stored</span></dd>",
                number(transmitted),
                number(stored)
            )?;
        }
        writeln!(out, "</div>")?;
        match summary.first_seen.zip(summary.last_seen) {
            Some((first, last)) => {
                let days = (last.seconds().div_euclid(86_400) - first.seconds().div_euclid(86_400)) + 1;
                let days = u64::try_from(days).unwrap_or(1);
                figure(out, "", "Window of exposure", &count(days, "day"), &period(first, last))?;
            }
            None => figure(out, "", "Window of exposure", "–", if self.found() { "no log tells a time" } else { "" })?,
        }
        let skipped = summary.files_skipped;
        let (what, why) = match (skipped, self.report.scan().status) {
            (0, Status::Complete) => ("Nothing".to_owned(), "every byte was scanned"),
            (0, _) => ("The rest".to_owned(), "the scan was interrupted"),
            _ => (count(skipped, "input"), "named below"),
        };
        figure(out, "", "Not scanned", &what, why)?;
        writeln!(out, "</dl>\n</section>")
    }

    fn next_steps(&self, out: &mut dyn Write) -> io::Result<()> {
        let summary = self.report.summary();
        let by = summary.accounts_by_action;
        if !self.found() && summary.files_skipped == 0 {
            return Ok(());
        }
        section(out, "next", "What to do next")?;
        writeln!(out, "<ol class=\"steps\">")?;
        if by.force_reset > 0 {
            let whose = if self.options.show_accounts {
                "They are in <a href=\"#accounts\">the table of accounts</a>."
            } else {
                "Their names are in the JSON report, under <code>accounts</code> with the action \
                 <code>force_reset</code>."
            };
            writeln!(
                out,
                "<li><h3>Reset {}</h3><p>End their sessions as well: whoever has read the log may be logged in. {whose} \
                 Tell their owners, who may use the same password elsewhere.</p></li>",
                count(by.force_reset, "account")
            )?;
        }
        if by.review > 0 {
            writeln!(out, "<li><h3>Look at {}</h3>", count(by.review, "account"))?;
            writeln!(
                out,
                "<p>Something speaks against resetting them unseen. One account may have several reasons.</p>"
            )?;
            writeln!(out, "<ul class=\"reasons\">")?;
            for (reason, many) in &self.figures.reasons {
                writeln!(out, "<li><b>{}</b> {}</li>", number(*many), words::reason(*reason))?;
            }
            writeln!(out, "</ul></li>")?;
        }
        if self.found() {
            writeln!(
                out,
                "<li><h3>Stop the leak where it begins</h3><p>Each <a href=\"#sites\">leak site</a> is one statement of \
                 one program. Mend those of most accounts first; until then, new passwords leak.</p></li>\n\
                 <li><h3>Remove the passwords from the logs</h3><p>Also from archives, backups, search indexes and \
                 whatever the logs are shipped to. Until then, limit who can read them, and find out who could.</p></li>"
            )?;
        }
        if summary.unattributed_exposures > 0 {
            writeln!(
                out,
                "<li><h3>Find out whose {} {}</h3><p>No account stands near them. The JSON report gives the place of each \
                 under <code>unattributed</code>.</p></li>",
                count(summary.unattributed_exposures, "password"),
                if summary.unattributed_exposures == 1 { "was" } else { "were" }
            )?;
        }
        if summary.files_skipped > 0 {
            writeln!(
                out,
                "<li><h3>Scan what was left out</h3><p>{} could not be read to the end. \
                 <a href=\"#not-scanned\">The list</a> says why.</p></li>",
                count(summary.files_skipped, "input")
            )?;
        }
        writeln!(out, "</ol>\n</section>")
    }

    fn over_time(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(timeline) = self.figures.timeline.as_ref().filter(|timeline| timeline.dated > 0) else {
            return Ok(());
        };
        section(out, "time", "When")?;
        writeln!(
            out,
            "<p class=\"keys\"><span class=\"key transmitted\">Transmitted</span> <span class=\"key stored\">Stored</span></p>"
        )?;
        timeline.write(out)?;
        let undated = self.figures.listed - timeline.dated;
        let undated = if undated > 0 { format!(" {} have no time.", number(undated)) } else { String::new() };
        let note = format!("{}{undated}", self.of_the_listed());
        if !note.is_empty() {
            writeln!(out, "<p class=\"note\">{}</p>", note.trim())?;
        }
        writeln!(out, "</section>")
    }

    /// What to say where not every exposure is listed.
    fn of_the_listed(&self) -> String {
        let all = self.report.summary().exposures;
        if self.figures.listed == all {
            return String::new();
        }
        if self.figures.listed == 0 {
            return "Single exposures are left out of this report.".to_owned();
        }
        let listed = number(self.figures.listed);
        format!("Counted over the {listed} exposures that the report lists, of {} in all.", number(all))
    }

    fn sites(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut sites = self.report.sites().peekable();
        if sites.peek().is_none() {
            return Ok(());
        }
        section(out, "sites", "Where it leaks")?;
        writeln!(
            out,
            "<p class=\"intro\">A leak site is one statement of one program, those of most accounts first. Only its \
             constant text is shown, with <code>…</code> for everything else.</p>\n<ol class=\"sites\">"
        )?;
        for (place, site) in sites.by_ref().take(SITES).enumerate() {
            self.site(out, &site, place == 0)?;
        }
        writeln!(out, "</ol>")?;
        let rest: Vec<_> = sites.collect();
        if !rest.is_empty() {
            writeln!(
                out,
                "<details class=\"more\"><summary>{} more</summary>\n<div class=\"scroll\"><table class=\"plain\">\
                 <thead><tr><th scope=\"col\">Statement</th><th scope=\"col\">What</th>\
                 <th scope=\"col\" class=\"n\">Accounts</th><th scope=\"col\" class=\"n\">Exposures</th></tr></thead><tbody>",
                count(rest.len() as u64, "site").trim_end_matches('s')
            )?;
            for site in rest.iter().take(MORE_SITES) {
                writeln!(
                    out,
                    "<tr><th scope=\"row\"><code>{}</code></th><td>{}{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
                    text(&site.template),
                    self.rule(&site.rule_id),
                    words::masked(site).map_or_else(String::new, |masked| format!("; {masked}")),
                    number(site.accounts),
                    number(site.exposures)
                )?;
            }
            writeln!(out, "</tbody></table></div>")?;
            if rest.len() > MORE_SITES {
                let left = number((rest.len() - MORE_SITES) as u64);
                writeln!(out, "<p class=\"note\">{left} of fewer accounts are in the JSON report.</p>")?;
            }
            writeln!(out, "</details>")?;
        }
        writeln!(out, "</section>")
    }

    fn site(&self, out: &mut dyn Write, site: &Site<'_>, open: bool) -> io::Result<()> {
        let when = site.first_seen.zip(site.last_seen).map(|(first, last)| period(first, last));
        let (exposures, files) = (count(site.exposures, "exposure"), count(site.files, "file"));
        let facts: Vec<String> =
            [Some(exposures), Some(files), when, words::masked(site)].into_iter().flatten().collect();
        writeln!(
            out,
            "<li><div class=\"site\"><div class=\"many\"><b>{}</b> {}</div>\n<div><h3>{}</h3>\n\
             <p class=\"template\"><code>{}</code></p>\n<p class=\"facts\">{}</p>",
            number(site.accounts),
            if site.accounts == 1 { "account" } else { "accounts" },
            self.rule(&site.rule_id),
            text(&site.template),
            facts.join(" · ")
        )?;
        let mut remedies = self.options.remedies.of_site(&site.rule_id, &site.template);
        let more = remedies.split_off(remedies.len().min(REMEDIES));
        let names = |remedies: &[&Remedy]| {
            let names: Vec<String> = remedies.iter().map(|one| text(&one.framework).to_string()).collect();
            names.join("; ")
        };
        let open = if open { " open" } else { "" };
        writeln!(
            out,
            "<details class=\"remedies\"{open}><summary>How to mend it<span class=\"quiet\">{}</span></summary>",
            names(&remedies[..remedies.len().min(1)])
        )?;
        remedies.into_iter().try_for_each(|one| remedy(out, one))?;
        if !more.is_empty() {
            writeln!(
                out,
                "<p class=\"note\"><code>logleak explain {}</code> tells the same for {}.</p>",
                text(&site.rule_id),
                names(&more)
            )?;
        }
        writeln!(out, "</details>")?;
        writeln!(out, "</div></div></li>")
    }

    fn rule(&self, id: &str) -> String {
        text(&(self.options.title)(id).unwrap_or_else(|| id.to_owned())).to_string()
    }

    fn ways(&self, out: &mut dyn Write) -> io::Result<()> {
        if !self.found() {
            return Ok(());
        }
        section(out, "ways", "How it leaks")?;
        writeln!(out, "<div class=\"columns\"><div>")?;
        let rows = |counted: Vec<(&'static str, u64)>| -> Vec<Row> {
            let mut rows: Vec<Row> =
                counted.into_iter().map(|(label, many)| Row { label: label.to_owned(), many }).collect();
            rows.sort_by_key(|row| std::cmp::Reverse(row.many));
            rows
        };
        let channels = self.figures.channels.iter().map(|(channel, many)| (words::channel(*channel), *many)).collect();
        chart::bars(out, "By channel", "Exposures", &rows(channels))?;
        let files: Vec<Row> = self.figures.worst_files(FILES).into_iter().map(|(uri, many)| file(uri, many)).collect();
        let all = self.figures.files.len();
        let caption =
            if all > FILES { format!("By file, {FILES} of {}", number(all as u64)) } else { "By file".to_owned() };
        chart::bars(out, &caption, "Exposures", &files)?;
        writeln!(out, "</div><div>")?;
        let by: &BTreeMap<_, _> = &self.report.summary().exposures_by_protection;
        let protections = by.iter().map(|(protection, many)| (words::protection(*protection), *many)).collect();
        chart::bars(out, "By protection", "Exposures", &rows(protections))?;
        let cwe = self.report.summary().exposures_by_cwe.iter().map(|(cwe, many)| {
            let name = words::weakness(cwe.0).unwrap_or_default();
            Row {
                label: format!("<abbr title=\"{name}\">{cwe}</abbr> <span class=\"quiet\">{name}</span>"),
                many: *many,
            }
        });
        let mut cwe: Vec<Row> = cwe.collect();
        cwe.sort_by_key(|row| std::cmp::Reverse(row.many));
        chart::bars(out, "By weakness", "Exposures", &cwe)?;
        writeln!(out, "</div></div>")?;
        let note = self.of_the_listed();
        if !note.is_empty() {
            writeln!(out, "<p class=\"note\">Channels and files: {note}</p>")?;
        }
        writeln!(out, "</section>")
    }

    /// The table, which the script fills.
    fn accounts(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.report.listed_accounts() == 0 {
            return Ok(());
        }
        section(out, "accounts", "Accounts")?;
        if !self.options.show_accounts {
            return writeln!(
                out,
                "<p class=\"intro\">This page names nobody, so that it can be passed on. The same report with \
                 <code>--show-accounts</code> lists all {} accounts here.</p>\n</section>",
                number(self.report.listed_accounts() as u64)
            );
        }
        writeln!(out, "{}", include_str!("accounts.html").trim_end())?;
        writeln!(out, "</section>")
    }

    fn not_scanned(&self, out: &mut dyn Write) -> io::Result<()> {
        let skipped = self.report.skipped();
        if skipped.is_empty() {
            return Ok(());
        }
        section(out, "not-scanned", "What was not scanned")?;
        writeln!(
            out,
            "<div class=\"scroll\"><table class=\"plain\"><thead><tr><th scope=\"col\">Input</th><th scope=\"col\">Why</th>\
             <th scope=\"col\">In words</th></tr></thead>\n<tbody>"
        )?;
        for one in skipped.iter().take(SKIPPED) {
            let (uri, detail) = (text(&one.uri), text(&one.detail));
            let why = words::skip(one.reason);
            writeln!(out, "<tr><th scope=\"row\"><code>{uri}</code></th><td>{why}</td><td>{detail}</td></tr>")?;
        }
        writeln!(out, "</tbody></table></div>")?;
        if skipped.len() > SKIPPED {
            let left = number((skipped.len() - SKIPPED) as u64);
            writeln!(out, "<p class=\"note\">{left} more are in the JSON report.</p>")?;
        }
        writeln!(out, "</section>")
    }

    fn about(&self, out: &mut dyn Write) -> io::Result<()> {
        let (tool, summary) = (self.report.tool(), self.report.summary());
        let dismissed: u64 = summary.dismissed.values().sum();
        writeln!(
            out,
            "<footer>\n<dl class=\"terms\">\n\
             <div><dt>Stored</dt><dd>The password lay in a dump, a table, a configuration, a command line or a print.</dd></div>\n\
             <div><dt>Transmitted</dt><dd>It was logged on its way: in an address, a header, a body, a login.</dd></div>\n\
             <div><dt>To reset</dt><dd>A password that may be right, of a person, and nothing speaks against it.</dd></div>\n\
             <div><dt>To review</dt><dd>Something speaks against resetting it unseen.</dd></div>\n</dl>\n"
        )?;
        let mut facts = vec![format!("{} {}", text(&tool.name), text(&tool.version))];
        if dismissed > 0 {
            facts.push(format!("{} looked at and dismissed", count(dismissed, "value")));
        }
        if summary.suppressed_exposures > 0 {
            facts.push(format!("{} suppressed", count(summary.suppressed_exposures, "exposure")));
        }
        // As much of the digest as tells it apart.
        let rules: String = tool.rules_version.chars().take(19).collect();
        facts.push(format!("rules <code>{}</code>", text(&rules)));
        facts.push(format!("report <code>{}</code>", text(&self.report.report_id())));
        writeln!(out, "<p>{}</p>\n</footer>", facts.join(" · "))
    }
}

fn section(out: &mut dyn Write, id: &str, title: &str) -> io::Result<()> {
    writeln!(out, "<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{title}</h2>")
}

fn figure(out: &mut dyn Write, class: &str, what: &str, value: &str, about: &str) -> io::Result<()> {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let (figure, unit) = value.split_once(' ').unwrap_or((value, ""));
    let unit = if unit.is_empty() { String::new() } else { format!("<small> {unit}</small>") };
    writeln!(out, "<div{class}><dt>{what}</dt><dd>{figure}{unit}</dd><dd class=\"about\">{about}</dd></div>")
}

/// The name of a file stands out of its path.
fn file(uri: &str, many: u64) -> Row {
    let (folder, name) = uri.rsplit_once('/').map_or(("", uri), |(folder, name)| (folder, name));
    let folder =
        if folder.is_empty() { String::new() } else { format!("<span class=\"quiet\">{}/</span>", text(folder)) };
    Row { label: format!("<code>{folder}{}</code>", text(name)), many }
}

fn remedy(out: &mut dyn Write, remedy: &Remedy) -> io::Result<()> {
    writeln!(out, "<div class=\"remedy\"><h4>{}</h4>\n<p>{}</p>", text(&remedy.framework), text(&remedy.fix))?;
    if let Some(code) = &remedy.code {
        let lines: Vec<String> = code.lines().map(|line| text(line).to_string()).collect();
        writeln!(out, "<pre tabindex=\"0\"><code>{}</code></pre>", lines.join("\n"))?;
    }
    let see = text(&remedy.see);
    writeln!(out, "<p class=\"see\"><a href=\"{see}\" rel=\"noreferrer\">{}</a></p></div>", site_of(&remedy.see))
}

/// Whose page a link leads to.
fn site_of(link: &str) -> String {
    let host = link.trim_start_matches("https://").split('/').next().unwrap_or_default();
    text(host).to_string()
}
