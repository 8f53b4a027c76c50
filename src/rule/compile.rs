//! Written rules become a rule set: every refusal names its file, its line and its reason.

use regex::bytes::{Regex, RegexBuilder};
use sha2::{Digest, Sha256};

use super::syntax::{Counterexample, Decode, Example, File, Syntax, WrittenRule};
use super::{Mentions, RuleIndex, ServiceSigns, Vocabulary, builtin};
use crate::error::Error;
use crate::secret::hex;
use crate::terms::{Channel, Confidence, CredentialType, Mode, Side};

/// How a trigger's letters must be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Case {
    /// Any ASCII case.
    Any,
    /// As they stand.
    Exact,
}

/// What a trigger's hit leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finder {
    /// A key may stand here: the grammar of fields decides.
    Field,
    /// The pattern of this rule may match here.
    Pattern(RuleIndex),
}

/// A regular expression with its groups. `secret` is always there.
pub struct Pattern {
    /// Matched on the lines around the hit.
    pub regex: Regex,
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
    /// Syntaxes of fields that it answers for.
    pub fields: Vec<Syntax>,
    /// What it finds without a key.
    pub pattern: Option<Pattern>,
    /// Logs that leak.
    pub examples: Vec<Example>,
    /// Logs that do not.
    pub counterexamples: Vec<Counterexample>,
}

/// All rules, and the words of keys.
pub struct RuleSet {
    rules: Vec<Rule>,
    triggers: Vec<(Vec<u8>, Case, Finder)>,
    vocabulary: Vocabulary,
    mentions: Mentions,
    services: ServiceSigns,
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
            triggers: Vec::new(),
            vocabulary: Vocabulary::parse(builtin::VOCABULARY)?,
            mentions: Mentions::parse(builtin::MENTIONS)?,
            services: ServiceSigns::parse(builtin::SERVICES)?,
            version: String::new(),
        };
        let mut digest = Sha256::new().chain_update(builtin::VOCABULARY).chain_update(builtin::MENTIONS);
        digest.update(builtin::SERVICES);
        for (name, text) in builtin::FILES {
            set.add_file(name, text)?;
            digest.update(text);
        }
        set.version = format!("sha256:{}", hex(&digest.finalize()));
        let words: Vec<Vec<u8>> = set.vocabulary.password_words().map(<[u8]>::to_vec).collect();
        set.triggers.extend(field_triggers(words));
        Ok(set)
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

    /// What shows that an account is a program's.
    pub fn services(&self) -> &ServiceSigns {
        &self.services
    }

    /// What the prefilter looks for. Every example holds at least one of them.
    pub fn triggers(&self) -> &[(Vec<u8>, Case, Finder)] {
        &self.triggers
    }

    /// The rule that answers for a field in this syntax.
    pub fn for_field(&self, syntax: Syntax) -> Option<RuleIndex> {
        self.rules().find(|(_, rule)| rule.fields.contains(&syntax)).map(|(index, _)| index)
    }

    fn add_file(&mut self, name: &str, text: &str) -> Result<(), Error> {
        let file: File = toml::from_str(text).map_err(|e| {
            let line = e.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            Error::rule(name, line, e.message().to_owned())
        })?;
        for written in file.rule {
            let line = line_of(text, &written.id);
            let rule = self.compile(written).map_err(|reason| Error::rule(name, line, reason))?;
            self.rules.push(rule);
        }
        Ok(())
    }

    fn compile(&mut self, written: WrittenRule) -> Result<Rule, String> {
        let id = written.id;
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
        if written.pattern.is_none() && written.fields.is_empty() {
            return refuse("a rule has a pattern, or fields that it answers for");
        }
        if written.mode != written.channel.mode() {
            return refuse("its mode is not that of its channel: see docs/report.md");
        }
        let index = RuleIndex(u16::try_from(self.rules.len()).map_err(|_| "too many rules".to_owned())?);
        let mut pattern = None;
        if let Some(text) = written.pattern {
            if written.triggers.is_empty() || written.triggers.iter().any(|t| t.len() < 3) {
                return refuse("a pattern has triggers of at least 3 bytes: texts that every match holds one of");
            }
            let regex = RegexBuilder::new(&text)
                .unicode(false)
                .size_limit(1 << 20)
                .build()
                .map_err(|_| format!("rule {id}: the pattern is no regular expression, or too large"))?;
            if regex.is_match(b"") {
                return refuse("the pattern matches nothing at all");
            }
            if !regex.capture_names().flatten().any(|name| name == "secret") {
                return refuse("the pattern has no group named secret");
            }
            let case = if written.exact_case { Case::Exact } else { Case::Any };
            for trigger in written.triggers {
                self.triggers.push((trigger.into_bytes(), case, Finder::Pattern(index)));
            }
            let needs = match written.needs {
                Some(c) if !c.is_ascii() => return refuse("`needs` is one ASCII character"),
                other => other.map(|c| c as u8),
            };
            pattern = Some(Pattern { regex, decode: written.decode, lines: written.lines.max(1), needs });
        }
        for key in &written.keys {
            self.vocabulary.add_password(key, written.credential);
        }
        let mut cwe = written.cwe;
        cwe.sort_unstable();
        Ok(Rule {
            id,
            title: written.title,
            mode: written.mode,
            channel: written.channel,
            cwe,
            confidence: written.confidence,
            specificity: written.specificity,
            side: written.side,
            credential: written.credential,
            authenticated: written.authenticated,
            fields: written.fields,
            pattern,
            examples: written.example,
            counterexamples: written.counterexample,
        })
    }
}

/// The triggers of the grammar: the shortest words that every password key holds one of.
fn field_triggers(mut words: Vec<Vec<u8>>) -> Vec<(Vec<u8>, Case, Finder)> {
    words.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    let mut stems: Vec<Vec<u8>> = Vec::new();
    for word in words {
        if stems.iter().any(|stem| !needs_follower(stem) && memchr::memmem::find(&word, stem).is_some()) {
            continue;
        }
        stems.push(word);
    }
    let mut triggers = Vec::new();
    for stem in stems {
        // Two letters are too common alone: with what may follow a key they are rare.
        if needs_follower(&stem) {
            for follow in ["=", "\"", "'", ":", "\\", " =", "&", "%", ">", "]", " :"] {
                let mut text = stem.clone();
                text.extend_from_slice(follow.as_bytes());
                triggers.push((text, Case::Any, Finder::Field));
            }
            continue;
        }
        // Other scripts have capitals that ASCII folding does not know.
        let capital = String::from_utf8_lossy(&stem).to_uppercase().into_bytes();
        let title = title_case(&stem);
        for text in [capital, title] {
            if !text.eq_ignore_ascii_case(&stem) && !triggers.iter().any(|(t, _, _)| *t == text) {
                triggers.push((text, Case::Any, Finder::Field));
            }
        }
        triggers.push((stem, Case::Any, Finder::Field));
    }
    triggers
}

/// Words that are too common in logs to be a trigger alone.
fn needs_follower(stem: &[u8]) -> bool {
    stem.len() < 3 || stem == b"pin"
}

fn title_case(word: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(word);
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>().into_bytes()).unwrap_or_default()
}

/// The line on which a rule's id is written, from 1.
fn line_of(text: &str, id: &str) -> Option<usize> {
    let needle = format!("\"{id}\"");
    text.find(&needle).map(|at| text[..at].matches('\n').count() + 1)
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
            .filter(|name| !["vocabulary.toml", "mention.toml", "service.toml"].contains(&name.as_str()))
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
        let example = "[[rule.example]]\nlog = \"x\"\naccount = \"\"\nsecret = \"y\"\n";
        let counter = "[[rule.counterexample]]\nlog = \"x\"\nbecause = \"y\"\n";
        for (body, reason) in [
            (format!("fields = [\"json\"]\n{counter}"), "at least one example"),
            (format!("fields = [\"json\"]\n{example}"), "at least one example"),
            (format!("{example}{counter}"), "has a pattern, or fields"),
            (format!("pattern = '(?<secret>x)'\n{example}{counter}"), "has triggers"),
            (format!("pattern = '(?<secret>x'\ntriggers=['xxx']\n{example}{counter}"), "no regular expression"),
            (format!("pattern = '(?<secret>x*)'\ntriggers=['xxx']\n{example}{counter}"), "matches nothing"),
            (format!("pattern = 'x'\ntriggers=['xxx']\n{example}{counter}"), "no group named secret"),
            (format!("nonsense = 1\n{example}{counter}"), "unknown field"),
        ] {
            let mut set = RuleSet::builtin().unwrap();
            let error = set.add_file("mine.toml", &rule(&body)).unwrap_err().to_string();
            assert!(error.contains("mine.toml, line") && error.contains(reason), "{error}");
        }
    }
}
