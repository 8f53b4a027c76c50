//! What a pattern may cost: a rule whose work grows with the square of its text is refused.
//!
//! The engine matches in linear time, but it looks for one match after the other. A pattern such as `.*[^A-Z]|[A-Z]`
//! reads to the end of the text to find each short match, and begins again behind it. No form of the pattern alone tells:
//! most unbounded repetitions are harmless. So the search is run as the engine runs it, over texts that are made to be
//! bad, and its steps are counted. Steps, not seconds: the same rule is refused on every machine and at every load.

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};

use super::Rule;
use crate::limits::{PATTERN_BEFORE, PATTERN_BEHIND};

/// The text of one search, and how many times shorter the one is that it is compared with.
const LONG: usize = PATTERN_BEFORE + PATTERN_BEHIND;
const TIMES: usize = 4;

/// Refused where the work of the long text is so many times that of the short one (4 is linear, 16 the square) …
const GROWTH: usize = 8;

/// … and so many steps for each byte of it.
const STEPS: usize = 32;

/// Why a rule's pattern costs too much, if it does; or the expression that finds its account on another line.
pub fn fault(rule: &Rule, triggers: &[&[u8]]) -> Option<&'static str> {
    let patterns = rule.pattern.iter().map(|pattern| pattern.regex.as_str());
    let lines = rule.account_line.iter().map(|line| line.as_str());
    patterns.chain(lines).find_map(|pattern| fault_of(pattern, rule, triggers))
}

fn fault_of(pattern: &str, rule: &Rule, triggers: &[&[u8]]) -> Option<&'static str> {
    let Some(mut search) = Search::new(pattern) else {
        return Some("the pattern is too large to tell what it costs");
    };
    let examples = rule.examples.iter().map(|example| example.log.as_bytes().to_vec());
    let bytes = (b' '..=b'~').map(|byte| vec![byte]);
    let behind = |trigger: &&[u8]| {
        let trigger = trigger.to_vec();
        (b' '..=b'~').step_by(5).map(move |byte| [&*trigger, &[byte]].concat()).collect::<Vec<_>>()
    };
    let repeated = examples.chain(bytes).chain(triggers.iter().flat_map(behind));
    for piece in repeated {
        let text: Vec<u8> = piece.iter().copied().cycle().take(LONG).collect();
        match search.is_quadratic(&text) {
            None => return Some("the pattern is too large to tell what it costs"),
            Some(true) => return Some("the pattern's work grows with the square of the text: bound its repetitions"),
            Some(false) => {}
        }
    }
    None
}

/// The engine's search for one match after the other, with its steps counted.
struct Search {
    dfa: DFA,
    cache: Cache,
}

impl Search {
    fn new(pattern: &str) -> Option<Self> {
        let dfa = DFA::builder()
            .configure(DFA::config().cache_capacity(8 << 20).skip_cache_capacity_check(true))
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .thompson(thompson::Config::new().utf8(false))
            .build(pattern)
            .ok()?;
        let cache = dfa.create_cache();
        Some(Self { dfa, cache })
    }

    /// Whether the whole of `text` costs out of proportion to its beginning.
    fn is_quadratic(&mut self, text: &[u8]) -> Option<bool> {
        let short = self.steps(&text[..text.len() / TIMES], usize::MAX)?;
        let most = (GROWTH * short).max(STEPS * text.len());
        Some(self.steps(text, most)? > most)
    }

    /// How many bytes are looked at to find all matches in `text`; no more than `most` are told apart.
    fn steps(&mut self, text: &[u8], most: usize) -> Option<usize> {
        let (mut at, mut steps) = (0, 0);
        while at < text.len() {
            let input = Input::new(text).range(at..).anchored(Anchored::No);
            let mut state = self.dfa.start_state_forward(&mut self.cache, &input).ok()?;
            let mut end = None;
            for (i, &byte) in text.iter().enumerate().skip(at) {
                state = self.dfa.next_state(&mut self.cache, state, byte).ok()?;
                steps += 1;
                if state.is_match() {
                    end = Some(i);
                }
                if state.is_dead() {
                    break;
                }
                if state.is_quit() {
                    return None;
                }
            }
            match end {
                None => break,
                Some(end) => at = end.max(at + 1),
            }
            if steps > most {
                break;
            }
        }
        Some(steps)
    }
}

#[cfg(test)]
mod tests {
    use super::super::RuleSet;
    use super::*;

    #[test]
    fn the_built_in_patterns_compile_and_are_not_quadratic() {
        let rules = RuleSet::builtin().unwrap();
        for (_, rule) in rules.rules() {
            assert_eq!(rule.fault(), None, "{}", rule.id);
            assert_eq!(fault(rule, &rules.triggers_of(rule)), None, "{}", rule.id);
        }
    }

    #[test]
    fn the_work_of_a_pattern_is_counted() {
        for (pattern, square) in
            [(".*[^A-Z]|[A-Z]", true), ("(?:a+b|a)", true), (r"key=(\S+)", false), ("a{1,64}", false)]
        {
            let mut search = Search::new(pattern).unwrap();
            let found = (b'A'..=b'a').any(|byte| search.is_quadratic(&[byte; LONG]).unwrap());
            assert_eq!(found, square, "{pattern}");
        }
    }
}
