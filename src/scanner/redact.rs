//! Names of files can hold passwords as logs do (`backup?user=jane&password=…`), and stand in every report. They are read
//! like a log, and what stands where a secret stands is cut out.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::Scanner;
use crate::exposure::{Exposure, Findings, GivenUp, Place};
use crate::input::Walked;
use crate::prefilter::Hit;
use crate::terms::Dismissal;

/// What stands in place of a secret.
const MARK: &str = "[redacted]";

/// Names that are searched together.
const TOGETHER: usize = 4096;

impl Scanner {
    /// `text` without the secrets that it holds; none where it holds none. For names and messages, not for logs: whoever
    /// shows a log shows what no rule knows. In a name anything may belong to a secret that is written without quotes, so
    /// what is cut out ends with the part of the path, or with the line.
    pub fn redact(&self, text: &str) -> Option<String> {
        let mut cuts = Cuts { places: Vec::new(), whole: true };
        self.scan_into("", text.as_bytes(), &mut cuts);
        // Nobody knows what stands where nobody looked.
        if !cuts.whole {
            return Some(MARK.to_owned());
        }
        cuts.places.sort_unstable_by_key(|cut| (cut.start, cut.end));
        let mut clean = String::new();
        let mut at = 0;
        for cut in cuts.places {
            let (start, least) = (text.floor_char_boundary(cut.start), text.ceil_char_boundary(cut.end));
            let end = text[least..].find(['/', '\n']).map_or(text.len(), |more| least + more);
            if start >= at {
                clean.push_str(&text[at..start]);
                clean.push_str(MARK);
            }
            at = end.max(at);
        }
        clean.push_str(&text[at..]);
        (at > 0).then_some(clean)
    }

    /// The name as it may be shown.
    pub(super) fn redacted(&self, name: &str) -> String {
        self.redact(name).unwrap_or_else(|| name.to_owned())
    }

    /// Cuts secrets out of the names of everything that was found. Names that are the same then are numbered, so that
    /// two files stay two.
    pub(super) fn redact_names(&self, walked: &mut Walked) {
        let mut same: HashMap<String, usize> = HashMap::new();
        for sources in walked.sources.chunks_mut(TOGETHER) {
            for index in self.suspects(sources.iter().map(|source| source.shown.as_str())) {
                let source = &mut sources[index];
                let Some(clean) = self.redact(&source.shown) else { continue };
                let number = same.entry(clean.clone()).or_default();
                *number += 1;
                source.shown =
                    if *number == 1 { clean } else { clean.replacen(MARK, &format!("[redacted-{number}]"), 1) };
            }
        }
        for skipped in &mut walked.skipped {
            skipped.path = self.redacted(&skipped.path);
        }
    }

    /// Which of these names hold a trigger, in order. One search goes through all of them: there may be millions, and
    /// hardly one that is to be read.
    fn suspects<'n>(&self, names: impl Iterator<Item = &'n str>) -> Vec<usize> {
        let (mut text, mut ends) = (Vec::new(), Vec::new());
        for name in names {
            text.extend_from_slice(name.as_bytes());
            ends.push(text.len());
            text.push(b'\n');
        }
        let mut suspects = Vec::new();
        let hit = |hit: Hit| suspects.push(ends.partition_point(|end| *end <= hit.offset).min(ends.len() - 1));
        self.prefilter.find(&text, 0..text.len(), hit);
        suspects.sort_unstable();
        suspects.dedup();
        suspects
    }
}

/// Where secrets stand in a text.
struct Cuts {
    places: Vec<Range<usize>>,
    /// All of the text was looked at.
    whole: bool,
}

impl Findings for Cuts {
    fn expose(&mut self, _: Exposure) {}

    fn dismiss(&mut self, _: Dismissal) {}

    fn window(&mut self, _: &Arc<Place>, _: u64, _: u64) {}

    fn cut(&mut self, place: Range<usize>) {
        if !place.is_empty() {
            self.places.push(place);
        }
    }

    fn give_up(&mut self, _: &Arc<Place>, _: GivenUp) {
        self.whole = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleSet;

    #[test]
    fn a_name_that_was_not_read_to_its_end_is_not_shown() {
        let scanner = Scanner::builder(RuleSet::builtin().unwrap()).build().unwrap();
        let name = format!("{}pwd=Sluice77gate", "pwd=a&".repeat(6000));
        assert_eq!(scanner.redact(&name).as_deref(), Some(MARK));
    }

    /// A password goes, whatever is around it; a name without one stays as it is.
    #[test]
    fn only_secrets_are_cut_out() {
        let scanner = Scanner::builder(RuleSet::builtin().unwrap()).build().unwrap();
        for (name, want) in [
            ("logs/access.log", None),
            ("/var/log/password-reset/2026-11-23.log", None),
            ("logs/password.log", None),
            ("dump?user=jane&password=Tr0ub4dor&x=1", Some("dump?user=jane&password=[redacted]")),
            ("https://jane:Tr0ub4dor@db/x.log", Some("https://jane:[redacted]/x.log")),
            ("pwd=Tr0ub4dor/Tr0ub4dor.log", Some("pwd=[redacted]")),
            ("a password=n\u{e9}\u{e9}\u{e9}7x b", Some("a password=[redacted]")),
        ] {
            assert_eq!(scanner.redact(name).as_deref(), want, "{name}");
            let among = ["a.log", name, "b.log"];
            let suspects = scanner.suspects(among.into_iter());
            assert!(want.is_none() || suspects == [1], "{name}: {suspects:?}");
        }
    }
}
