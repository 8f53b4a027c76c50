//! How a statement that leaks is mended, in the framework that it is written in: data in `rules/remedy.toml`, found by
//! the rule that sees the statement and by what the statement says.

use serde::Deserialize;

use crate::error::Error;

/// What is built in.
const BUILTIN: &str = include_str!("../rules/remedy.toml");

/// The remedy of those that nothing else fits.
const ANY: &str = "*";

/// How a leak is mended in one framework.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remedy {
    /// Lower case with hyphens.
    pub id: String,
    /// The framework or product, for people.
    pub framework: String,
    rules: Vec<String>,
    #[serde(default)]
    markers: Vec<String>,
    /// What to do, in sentences.
    pub fix: String,
    /// The language of `code`.
    pub language: Option<String>,
    /// What it looks like, without a newline at its end.
    pub code: Option<String>,
    /// Where the maker of the framework describes it.
    pub see: String,
}

impl Remedy {
    fn mends(&self, rule: &str) -> bool {
        self.rules.iter().any(|known| match known.strip_suffix('*') {
            Some(first) => rule.starts_with(first),
            None => rule == known,
        })
    }

    fn is_last_resort(&self) -> bool {
        self.rules.iter().any(|rule| rule == ANY)
    }

    fn is_marked(&self, template: &str) -> bool {
        self.markers.iter().any(|marker| template.contains(marker.as_str()))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    remedy: Vec<Remedy>,
}

/// Every remedy.
#[derive(Clone, Debug)]
pub struct Remedies(Vec<Remedy>);

impl Remedies {
    /// Those that are built in.
    ///
    /// # Errors
    /// None, as long as the tests of this file pass.
    pub fn builtin() -> Result<Self, Error> {
        Self::parse(BUILTIN)
    }

    fn parse(text: &str) -> Result<Self, Error> {
        let refused = |fault: toml::de::Error| Error::rule("remedy.toml", None, fault.message().to_owned());
        let File { mut remedy } = toml::from_str(text).map_err(refused)?;
        for one in &mut remedy {
            one.code = one.code.take().map(|code| code.trim_end().to_owned());
        }
        Ok(Self(remedy))
    }

    /// What mends a statement that `rule` sees, the likeliest first: what the statement tells of its framework, then what
    /// fits every framework. Where the statement tells none, those of all frameworks come behind. `template` is the
    /// statement as the report shows it.
    pub fn of_site(&self, rule: &str, template: &str) -> Vec<&Remedy> {
        let fits = |remedy: &&Remedy| remedy.mends(rule) && !remedy.is_last_resort();
        let marked = self.0.iter().filter(fits).filter(|remedy| remedy.is_marked(template));
        let general = self.0.iter().filter(fits).filter(|remedy| remedy.markers.is_empty());
        let found: Vec<&Remedy> = marked.clone().chain(general).collect();
        let others = self.0.iter().filter(fits).filter(|remedy| !remedy.markers.is_empty());
        let told = marked.count() > 0;
        self.or_last_resort(if told { found } else { found.into_iter().chain(others).collect() })
    }

    /// What mends the statements that `rule` sees, in every framework.
    pub fn of_rule(&self, rule: &str) -> Vec<&Remedy> {
        self.or_last_resort(self.0.iter().filter(|one| one.mends(rule) && !one.is_last_resort()).collect())
    }

    fn or_last_resort<'r>(&'r self, found: Vec<&'r Remedy>) -> Vec<&'r Remedy> {
        if found.is_empty() { self.0.iter().filter(|remedy| remedy.is_last_resort()).collect() } else { found }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::RuleSet;

    /// Whoever finds a leak is told how to mend it, whatever the rule; and no remedy is for a rule that is gone.
    #[test]
    fn every_rule_has_a_remedy_of_its_own() {
        let (remedies, rules) = (Remedies::builtin().unwrap(), RuleSet::builtin().unwrap());
        for (_, rule) in rules.rules() {
            assert!(remedies.of_rule(&rule.id).iter().all(|one| !one.is_last_resort()), "nothing mends {}", rule.id);
            assert!(!remedies.of_site(&rule.id, "").iter().any(|one| one.is_last_resort()), "{}: all marked", rule.id);
        }
        for remedy in &remedies.0 {
            for known in &remedy.rules {
                let one = Remedy { rules: vec![known.clone()], ..remedy.clone() };
                assert!(rules.rules().any(|(_, rule)| one.mends(&rule.id)), "{}: no rule {known}", remedy.id);
            }
        }
    }

    /// Remedies are read by people under pressure: short, linked to their source, each with a name of its own.
    #[test]
    fn remedies_are_well_formed() {
        let Remedies(all) = Remedies::builtin().unwrap();
        let ids: BTreeSet<&str> = all.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids.len(), all.len());
        for one in &all {
            assert!(one.see.starts_with("https://"), "{}", one.id);
            assert!(one.fix.len() <= 400 && one.fix.ends_with('.'), "{}: {}", one.id, one.fix.len());
            assert_eq!(one.code.is_some(), one.language.is_some(), "{}", one.id);
            let long = one.code.iter().flat_map(|code| code.lines()).find(|line| line.len() > 120);
            assert_eq!(long, None, "{}", one.id);
        }
    }

    /// The statement tells the framework: its remedy comes first, and those of other frameworks do not come at all.
    #[test]
    fn the_statement_tells_the_framework() {
        let remedies = Remedies::builtin().unwrap();
        for (rule, template, want) in [
            ("url-query-password", "…] \"GET /login?email=…&pwd=… HTTP/…", "nginx-log-format"),
            ("json-password", "{\"level\":…,\"req\":{\"body\":{\"email\":\"…\",\"password\":\"…", "pino-redact"),
            ("dict-password", "INFO …] Parameters: {\"user\"=>{\"password\"=>\"…\"}}", "rails-filter-parameters"),
            ("dict-password", "INFO …: settings {'user': '…', 'password': '…", "django-sensitive"),
            ("object-password", "DEBUG … login …(email=…, password=…, remember=…", "spring-request-logging"),
            ("imap-login", "… LOGIN \"…", "dovecot"),
            ("a-rule-of-a-user", "password=…", "any"),
        ] {
            assert_eq!(remedies.of_site(rule, template)[0].id, want, "{rule} {template}");
        }
        let php = remedies.of_site("dict-password", "Parameters: {\"user\"=>\"…\"}");
        assert!(php.iter().all(|one| one.id != "elixir-inspect"));
    }
}
