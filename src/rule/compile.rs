//! Written rules become a rule set: every refusal names its file, its line and its reason.

use std::cell::LazyCell;

use sha2::{Digest, Sha256};

use super::call::Calls;
use super::encoding;
use super::refusal::without_values;
use super::syntax::{Counterexample, Decode, Example, File, Syntax, WrittenRule};
use super::trigger::{self, Case, Finder};
use super::{Actors, Conversation, Expression, Mentions, RuleIndex, ServiceSigns, Vocabulary, builtin};
use crate::error::Error;
use crate::secret::hex;
use crate::terms::{Channel, Confidence, CredentialType, Mode, Protection, Side};

/// A regular expression with its groups. `secret` is always there.
pub struct Pattern {
    /// Matched on the lines around the hit.
    pub regex: Expression,
    /// What the secret is put through.
    pub decode: Decode,
    /// How many lines a match may span, that of the trigger the first.
    pub lines: usize,
    /// A byte that stands behind the trigger, before any blank or double quote, in every match.
    pub needs: Option<u8>,
}

/// One rule.
pub struct Rule {
    /// Lower case with hyphens.
    pub id: String,
    /// The file that it is written in, and the line of its id.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// As written.
    pub source: String,
    /// One line for people.
    pub title: String,
    /// At rest or on its way.
    pub mode: Mode,
    /// What carries it.
    pub channel: Channel,
    /// Weaknesses, ascending.
    pub cwe: Vec<u16>,
    /// How sure a match is.
    pub confidence: Confidence,
    /// The higher wins where spans overlap.
    pub specificity: u8,
    /// Who wrote such a log.
    pub side: Side,
    /// What kind of secret.
    pub credential: CredentialType,
    /// The match itself shows that the credential was accepted or set.
    pub authenticated: bool,
    /// The secret was typed as a user name: it counts only where it cannot be one, and its account logged in later.
    pub typed: bool,
    /// Syntaxes of fields that it answers for.
    pub fields: Vec<Syntax>,
    /// Words of keys that it answers for alone; none where it answers for all.
    pub keys: Vec<String>,
    /// What it finds without a key.
    pub pattern: Option<Pattern>,
    /// Finds the account of a match on another line of its conversation: the group `account`.
    pub account_line: Option<Expression>,
    /// What it finds among the arguments of calls.
    pub calls: Vec<Calls>,
    /// How a match is protected, at least.
    pub protection: Protection,
    /// A match counts only where its line tells who speaks or in which session, or another line names its account.
    pub in_conversation: bool,
    /// Logs that leak.
    pub examples: Vec<Example>,
    /// Logs that do not.
    pub counterexamples: Vec<Counterexample>,
}

impl Rule {
    /// What is wrong with its expressions, if anything is. Compiles them.
    pub(super) fn fault(&self) -> Option<String> {
        let pattern = self.pattern.as_ref().and_then(|pattern| pattern.regex.fault("secret"));
        let line = self.account_line.as_ref().and_then(|line| line.fault("account"));
        pattern.map(|fault| format!("the pattern {fault}")).or(line.map(|fault| format!("`account_line` {fault}")))
    }
}

/// All rules, and the words of keys.
pub struct RuleSet {
    pub(super) rules: Vec<Rule>,
    /// The triggers of rules, as written.
    pub(super) written: Vec<(Vec<u8>, Case, Finder)>,
    /// These, those of keys, and what becomes of them in other encodings.
    triggers: Vec<(Vec<u8>, Case, Finder)>,
    /// The rules that answer for fields.
    of_fields: Vec<RuleIndex>,
    vocabulary: Vocabulary,
    mentions: Mentions,
    conversation: Conversation,
    services: ServiceSigns,
    actors: Actors,
    pub(super) digest: Sha256,
    version: String,
}

impl RuleSet {
    /// The rules that are built in.
    ///
    /// # Errors
    /// Never for a released build: a test compiles them.
    pub fn builtin() -> Result<Self, Error> {
        let mut set = Self {
            rules: Vec::new(),
            written: Vec::new(),
            triggers: Vec::new(),
            of_fields: Vec::new(),
            vocabulary: Vocabulary::parse(builtin::VOCABULARY)?,
            mentions: Mentions::parse(builtin::MENTIONS)?,
            conversation: Conversation::parse(builtin::CONVERSATION)?,
            services: ServiceSigns::parse(builtin::SERVICES)?,
            actors: Actors::parse(builtin::ACTORS)?,
            digest: Sha256::new()
                .chain_update(builtin::VOCABULARY)
                .chain_update(builtin::MENTIONS)
                .chain_update(builtin::CONVERSATION)
                .chain_update(builtin::SERVICES)
                .chain_update(builtin::ACTORS),
            version: String::new(),
        };
        for ((name, text), file) in builtin::FILES.iter().zip(parsed(builtin::FILES)) {
            set.add(name, text, file?)?;
            set.digest.update(text);
        }
        set.finish();
        Ok(set)
    }

    /// Derives what depends on all rules: the triggers, which rules answer for fields, and the version.
    pub(super) fn finish(&mut self) {
        self.triggers.clone_from(&self.written);
        let of_fields = self.rules().filter(|(_, rule)| !rule.fields.is_empty()).map(|(index, _)| index);
        self.of_fields = of_fields.collect();
        let fields = !self.of_fields.is_empty();
        if fields {
            let words = self.vocabulary.password_words().map(<[u8]>::to_vec).collect();
            self.triggers.extend(trigger::of_keys(words));
            self.triggers.extend(encoding::triggers());
        }
        let escaped = encoding::escaped(&self.triggers, self.vocabulary.password_words().filter(|_| fields));
        self.triggers.extend(escaped);
        self.version = format!("sha256:{}", hex(&self.digest.clone().finalize()));
    }

    /// Names the rules and words of this set: `sha256:` and 64 hexadecimal digits.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// All rules in the order of their files.
    pub fn rules(&self) -> impl Iterator<Item = (RuleIndex, &Rule)> {
        self.rules.iter().enumerate().map(|(i, rule)| (RuleIndex(i as u16), rule))
    }

    /// One rule.
    pub fn get(&self, index: RuleIndex) -> &Rule {
        &self.rules[usize::from(index.0)]
    }

    /// The id of a rule.
    pub fn id(&self, index: RuleIndex) -> &str {
        &self.get(index).id
    }

    /// The words of keys.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// How accounts are named without a field.
    pub fn mentions(&self) -> &Mentions {
        &self.mentions
    }

    /// How lines of one conversation are told from those of another.
    pub fn conversation(&self) -> &Conversation {
        &self.conversation
    }

    /// Who acted, and on whose password.
    pub fn actors(&self) -> &Actors {
        &self.actors
    }

    /// What shows that an account is a program's.
    pub fn services(&self) -> &ServiceSigns {
        &self.services
    }

    /// What the prefilter looks for. Every example holds at least one of them.
    pub fn triggers(&self) -> &[(Vec<u8>, Case, Finder)] {
        &self.triggers
    }

    /// The rule that answers for a field in this syntax: one that has the key for its own, or else for every key.
    pub fn for_field(&self, syntax: Syntax, key: &[u8]) -> Option<RuleIndex> {
        let word = LazyCell::new(|| self.vocabulary.shown(key));
        let mut every = None;
        for &index in &self.of_fields {
            let rule = self.get(index);
            if !rule.fields.contains(&syntax) {
                continue;
            }
            if rule.keys.is_empty() {
                every = every.or(Some(index));
            } else if word.as_ref().is_some_and(|word| rule.keys.contains(word)) {
                return Some(index);
            }
        }
        every
    }

    /// The triggers behind which a rule looks for itself.
    pub fn triggers_of(&self, rule: &Rule) -> Vec<&[u8]> {
        let index = self.rules().find(|(_, other)| other.id == rule.id).map(|(index, _)| index);
        let its = |finder: &Finder| matches!(finder, Finder::Pattern(of) | Finder::Call(of) | Finder::Dialogue(of, _) if Some(*of) == index);
        self.written.iter().filter(|(_, _, finder)| its(finder)).map(|(text, _, _)| &**text).collect()
    }

    pub(super) fn add_file(&mut self, name: &str, text: &str) -> Result<(), Error> {
        self.add(name, text, parse(name, text)?)
    }

    fn add(&mut self, name: &str, text: &str, file: File) -> Result<(), Error> {
        for written in file.rule {
            let at = written.id.span().start;
            let line = line_at(text, at);
            let mut rule = self.compile(written).map_err(|reason| Error::rule(name, Some(line), reason))?;
            rule.file = name.to_owned();
            rule.line = line;
            rule.source = source(text, at).to_owned();
            self.rules.push(rule);
        }
        Ok(())
    }

    fn compile(&mut self, written: WrittenRule) -> Result<Rule, String> {
        let id = written.id.into_inner();
        let refuse = |reason: &str| Err(format!("rule {id}: {reason}"));
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return refuse("an id is lower-case letters, digits and hyphens");
        }
        if self.rules.iter().any(|rule| rule.id == id) {
            return refuse("another rule has this id");
        }
        if written.example.is_empty() || written.counterexample.is_empty() {
            return refuse("a rule has at least one example and one counterexample");
        }
        if written.pattern.is_none()
            && written.fields.is_empty()
            && written.dialogue.is_none()
            && written.calls.is_empty()
        {
            return refuse("a rule has a pattern, calls, a dialogue, or fields that it answers for");
        }
        if written.dialogue.is_some() && (written.pattern.is_some() || written.triggers.iter().all(|t| t.len() < 3)) {
            return refuse("a dialogue has triggers of at least 3 bytes, and no pattern besides");
        }
        if written.mode != written.channel.mode() {
            return refuse("its mode is not that of its channel: see docs/report.md");
        }
        let index = RuleIndex(u16::try_from(self.rules.len()).map_err(|_| "too many rules".to_owned())?);
        let case = if written.exact_case { Case::Exact } else { Case::Any };
        if let Some(dialogue) = written.dialogue {
            let triggers =
                written.triggers.iter().map(|t| (t.clone().into_bytes(), case, Finder::Dialogue(index, dialogue)));
            self.written.extend(triggers);
        }
        let account_line = written.account_line.as_deref().map(Expression::new);
        let mut pattern = None;
        if let Some(text) = written.pattern {
            if written.triggers.is_empty() || written.triggers.iter().any(|t| t.len() < 3) {
                return refuse("a pattern has triggers of at least 3 bytes: texts that every match holds one of");
            }
            let regex = Expression::new(&text);
            for trigger in written.triggers {
                self.written.push((trigger.into_bytes(), case, Finder::Pattern(index)));
            }
            let needs = match written.needs {
                Some(c) if !c.is_ascii() => return refuse("`needs` is one ASCII character"),
                other => other.map(|c| c as u8),
            };
            pattern = Some(Pattern { regex, decode: written.decode, lines: written.lines.max(1), needs });
        }
        let calls: Vec<Calls> = written.calls.iter().map(Calls::compile).collect::<Result<_, _>>()?;
        let mut called: Vec<Vec<u8>> = calls.iter().flat_map(Calls::triggers).collect();
        called.sort_unstable();
        called.dedup();
        self.written.extend(called.into_iter().map(|text| (text, Case::Any, Finder::Call(index))));
        let keys: Vec<String> = written.keys.iter().map(|key| key.to_lowercase()).collect();
        for key in &keys {
            self.vocabulary.add_password(key, written.credential);
        }
        let mut cwe = written.cwe;
        cwe.sort_unstable();
        Ok(Rule {
            id,
            file: String::new(),
            line: 0,
            source: String::new(),
            title: written.title,
            mode: written.mode,
            channel: written.channel,
            cwe,
            confidence: written.confidence,
            specificity: written.specificity,
            side: written.side,
            credential: written.credential,
            authenticated: written.authenticated,
            typed: written.typed,
            fields: written.fields,
            keys,
            pattern,
            account_line,
            calls,
            protection: written.protection,
            in_conversation: written.in_conversation,
            examples: written.example,
            counterexamples: written.counterexample,
        })
    }
}

fn parse(name: &str, text: &str) -> Result<File, Error> {
    toml::from_str(text).map_err(|e| {
        let line = e.span().map(|span| line_at(text, span.start));
        Error::rule(name, line, without_values(e.message()))
    })
}

/// All files, half of them by a second thread where one can be had: parsing is most of what a scan of little takes.
fn parsed(files: &[(&str, &str)]) -> Vec<Result<File, Error>> {
    let parse_all = |files: &[(&str, &str)]| files.iter().map(|(name, text)| parse(name, text)).collect::<Vec<_>>();
    let (own, other) = files.split_at(files.len() / 2);
    std::thread::scope(|scope| {
        let beside = std::thread::Builder::new().spawn_scoped(scope, || parse_all(other)).ok();
        let mut parsed = parse_all(own);
        parsed.extend(beside.and_then(|thread| thread.join().ok()).unwrap_or_else(|| parse_all(other)));
        parsed
    })
}

/// The line of a byte, from 1.
fn line_at(text: &str, at: usize) -> usize {
    memchr::memchr_iter(b'\n', &text.as_bytes()[..at.min(text.len())]).count() + 1
}

/// The lines of the rule that `at` lies in.
fn source(text: &str, at: usize) -> &str {
    let begins = "\n[[rule]]";
    let first = text[..at].rfind(begins).map_or(0, |before| before + 1);
    let end = text[at..].find(begins).map_or(text.len(), |behind| at + behind);
    text[first..end].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_built_in_files_is_the_folder() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| {
                !["vocabulary.toml", "mention.toml", "conversation.toml", "service.toml", "actor.toml", "remedy.toml"]
                    .contains(&name.as_str())
            })
            .collect();
        names.sort();
        let listed: Vec<&str> = builtin::FILES.iter().map(|(name, _)| *name).collect();
        assert_eq!(listed, names);
    }

    #[test]
    fn every_refusal_names_the_file_the_line_and_the_reason() {
        let rule = |body: &str| {
            format!(
                "[[rule]]\nid = \"r\"\ntitle = \"t\"\nmode = \"stored\"\nchannel = \"config\"\ncwe = [532]\n{body}\n"
            )
        };
        let example = "[[rule.example]]\nlog = \"xxx\"\naccount = \"\"\nsecret = \"y\"\n";
        let counter = "[[rule.counterexample]]\nlog = \"x\"\nbecause = \"y\"\n";
        for (body, reason) in [
            (format!("fields = [\"json\"]\n{counter}"), "at least one example"),
            (format!("fields = [\"json\"]\n{example}"), "at least one example"),
            (format!("{example}{counter}"), "has a pattern, calls, a dialogue, or fields"),
            (format!("pattern = '(?<secret>x)'\n{example}{counter}"), "has triggers"),
            (format!("pattern = '(?<secret>x'\ntriggers=['xxx']\n{example}{counter}"), "no regular expression"),
            (format!("pattern = '(?<secret>x*)'\ntriggers=['xxx']\n{example}{counter}"), "matches nothing"),
            (format!("pattern = 'x'\ntriggers=['xxx']\n{example}{counter}"), "no group named secret"),
            (format!("nonsense = 1\n{example}{counter}"), "unknown field"),
        ] {
            let mut set = RuleSet::builtin().unwrap();
            let error = set.add_users("mine.toml", &rule(&body)).unwrap_err().to_string();
            assert!(error.contains("mine.toml, line") && error.contains(reason), "{error}");
        }
    }
}
