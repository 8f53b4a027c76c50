//! Which rules a scan uses: those of a user's folder besides the built-in ones, and a choice of them.

use std::path::Path;

use sha2::Digest;

use super::{Finder, Rule, RuleIndex, RuleSet, cost};
use crate::error::Error;

impl RuleSet {
    /// Adds every `.toml` file of a folder, in the order of their names.
    ///
    /// # Errors
    /// Where the folder or a file of it cannot be read, and where a rule is refused: with its file, line and reason.
    pub fn load(mut self, folder: &Path) -> Result<Self, Error> {
        let unreadable = |error: std::io::Error| Error::file(folder, "read the rule folder", &error);
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                paths.push(path);
            }
        }
        if paths.is_empty() {
            return Err(Error::setup(format!("the rule folder {} holds no .toml file", folder.display())));
        }
        paths.sort();
        for path in paths {
            let text =
                std::fs::read_to_string(&path).map_err(|error| Error::file(&path, "read the rule file", &error))?;
            let name = path.display().to_string();
            self.add_users(&name, &text)?;
        }
        self.finish();
        Ok(self)
    }

    /// Adds a file that no test of ours has tried.
    pub(super) fn add_users(&mut self, name: &str, text: &str) -> Result<(), Error> {
        let first = self.rules.len();
        self.add_file(name, text)?;
        self.digest.update(text);
        for rule in &self.rules[first..] {
            let triggers = self.triggers_of(rule);
            let own = || unheard(rule, &triggers).or_else(|| cost::fault(rule, &triggers)).map(str::to_owned);
            if let Some(reason) = rule.fault().or_else(own) {
                return Err(Error::rule(name, Some(rule.line), format!("rule {}: {reason}", rule.id)));
            }
        }
        Ok(())
    }

    /// Leaves only the rules of these ids, all where there are none, and takes away those to skip.
    ///
    /// # Errors
    /// Where no rule has one of the ids, or none is left.
    pub fn select(mut self, only: &[String], skip: &[String]) -> Result<Self, Error> {
        if let Some(id) = only.iter().chain(skip).find(|id| !self.rules.iter().any(|rule| rule.id == **id)) {
            return Err(Error::setup(format!("no rule has the id {id}; `logleak rules list` names them all")));
        }
        if only.is_empty() && skip.is_empty() {
            return Ok(self);
        }
        let kept = |rule: &Rule| (only.is_empty() || only.contains(&rule.id)) && !skip.contains(&rule.id);
        let mut moved: Vec<Option<RuleIndex>> = Vec::with_capacity(self.rules.len());
        let mut left = Vec::new();
        for rule in std::mem::take(&mut self.rules) {
            let stays = kept(&rule);
            moved.push(stays.then_some(RuleIndex(left.len() as u16)));
            if stays {
                left.push(rule);
            } else {
                self.digest.update(format!("without {}\n", rule.id));
            }
        }
        if left.is_empty() {
            return Err(Error::setup("no rule is left to scan with"));
        }
        self.rules = left;
        let renumber = |index: RuleIndex| moved.get(usize::from(index.0)).copied().flatten();
        self.written = std::mem::take(&mut self.written)
            .into_iter()
            .filter_map(|(text, case, finder)| match finder {
                Finder::Pattern(rule) => Some((text, case, Finder::Pattern(renumber(rule)?))),
                Finder::Call(rule) => Some((text, case, Finder::Call(renumber(rule)?))),
                Finder::Dialogue(rule, kind) => Some((text, case, Finder::Dialogue(renumber(rule)?, kind))),
                Finder::Field | Finder::Encoded(_) => None,
            })
            .collect();
        self.finish();
        Ok(self)
    }
}

/// Why a rule would never be asked about its own examples, if so.
fn unheard(rule: &Rule, triggers: &[&[u8]]) -> Option<&'static str> {
    let holds = |text: &[u8]| {
        let text = text.to_ascii_lowercase();
        rule.examples
            .iter()
            .any(|example| memchr::memmem::find(&example.log.as_bytes().to_ascii_lowercase(), &text).is_some())
    };
    if !triggers.is_empty() && !triggers.iter().any(|trigger| holds(trigger)) {
        return Some("no example holds one of the triggers");
    }
    (!rule.keys.is_empty() && !rule.keys.iter().any(|key| holds(key.as_bytes())))
        .then_some("no example holds one of the keys")
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = r#"
[[rule]]
id = "gate-code"
title = "Code of a gate"
mode = "stored"
channel = "debug_print"
cwe = [532]
keys = ["gatecode"]
fields = ["logfmt"]

[[rule.example]]
log = "opened by user=hkaram gatecode=Plover-82"
account = "hkaram"
secret = "Plover-82"

[[rule.counterexample]]
log = "gatecode=****"
because = "a mask"
"#;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn refused(text: &str) -> String {
        let folder = folder(&[("mine.toml", text)]);
        RuleSet::builtin().unwrap().load(folder.path()).err().map(|e| e.to_string()).unwrap_or_default()
    }

    fn pattern(pattern: &str, log: &str) -> String {
        let head = "[[rule]]\nid = \"r\"\ntitle = \"t\"\nmode = \"stored\"\nchannel = \"config\"\ncwe = [532]\n";
        format!(
            "{head}triggers = ['gate ']\npattern = '{pattern}'\n[[rule.example]]\nlog = '{log}'\naccount = ''\nsecret = 'x'\n\
             [[rule.counterexample]]\nlog = 'y'\nbecause = 'z'\n"
        )
    }

    #[test]
    fn a_folder_adds_rules_and_changes_the_version() {
        let builtin = RuleSet::builtin().unwrap();
        let (count, version) = (builtin.rules().count(), builtin.version().to_owned());
        let folder = folder(&[("mine.toml", RULE), ("notes.txt", "no rule")]);
        let rules = builtin.load(folder.path()).unwrap();
        assert_eq!(rules.rules().count(), count + 1);
        assert_ne!(rules.version(), version);
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_its_place_and_reason() {
        for (text, reason) in [
            (pattern("gate (?:.*!)?(?<secret>[a-z])", "gate x"), "grows with the square"),
            (pattern("door (?<secret>x)", "door x"), "no example holds one of the triggers"),
            (RULE.replace("user=hkaram gatecode", "user=hkaram password"), "no example holds one of the keys"),
            (RULE.replace("gate-code", "json-password"), "another rule has this id"),
            (RULE.replace("debug_print", "door"), "unknown variant"),
        ] {
            let said = refused(&text);
            assert!(said.contains("mine.toml, line ") && said.contains(reason), "{reason}: {said:?}");
        }
        assert_eq!(refused(&pattern("gate (?<secret>x)", "gate x")), "", "a good rule is taken");
        assert!(RuleSet::builtin().unwrap().load(folder(&[]).path()).is_err(), "a folder without rules is a mistake");
    }

    #[test]
    fn a_choice_of_rules_is_all_that_finds() {
        let only = |only: &[&str], skip: &[&str]| {
            let owned = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<Vec<String>>();
            RuleSet::builtin().unwrap().select(&owned(only), &owned(skip))
        };
        let rules = only(&["http-basic"], &[]).unwrap();
        assert_eq!(rules.rules().count(), 1);
        assert!(rules.triggers().iter().all(|(_, _, finder)| *finder == Finder::Pattern(RuleIndex(0))));
        assert_ne!(only(&["http-basic"], &[]).unwrap().version(), RuleSet::builtin().unwrap().version());
        assert!(only(&["no-such-rule"], &[]).is_err());
        assert!(only(&["http-basic"], &["http-basic"]).is_err(), "none is left");
    }

    /// A set that is derived again holds no trigger twice over, and none that was derived from a derived one.
    #[test]
    fn a_choice_adds_no_triggers() {
        let builtin = RuleSet::builtin().unwrap();
        let rest = RuleSet::builtin().unwrap().select(&[], &["http-basic".to_owned()]).unwrap();
        let texts = |rules: &RuleSet| rules.triggers().iter().map(|(text, ..)| text.clone()).collect::<Vec<_>>();
        let known = texts(&builtin);
        assert!(rest.triggers().len() < builtin.triggers().len());
        assert!(texts(&rest).iter().all(|text| known.contains(text)));
    }
}
