//! What the prefilter looks for, and what becomes of a hit.

use super::RuleIndex;
use super::encoding::Encoding;
use super::syntax::Dialogue;

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
    /// The dialogue of this rule may begin here.
    Dialogue(RuleIndex, Dialogue),
    /// A call of this rule may stand here.
    Call(RuleIndex),
    /// Encoded text may hold a password here.
    Encoded(Encoding),
}

impl Finder {
    /// Whether all that surrounds a hit is searched: such a hit costs many times as much as one that the grammar refuses.
    pub fn searches(self) -> bool {
        matches!(self, Self::Pattern(_) | Self::Dialogue(..))
    }
}

/// The triggers of the grammar: the shortest words that every password key holds one of.
pub(super) fn of_keys(mut words: Vec<Vec<u8>>) -> Vec<(Vec<u8>, Case, Finder)> {
    // Two words are written apart, together, and with a line between them.
    for pair in words.extract_if(.., |word| word.contains(&b' ')).collect::<Vec<_>>() {
        let text = String::from_utf8_lossy(&pair).into_owned();
        words.extend(["", "_", "-", " "].map(|joint| text.replace(' ', joint).into_bytes()));
    }
    words.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    let mut stems: Vec<Vec<u8>> = Vec::new();
    for word in words {
        if stems.iter().any(|stem| !needs_follower(stem) && holds(&word, stem)) {
            continue;
        }
        stems.push(word);
    }
    let mut triggers = Vec::new();
    for stem in stems {
        // Two letters are too common alone: with what may follow a key they are rare.
        if needs_follower(&stem) {
            for follow in ["=", "\"", "'", ":", "\\", " =", "&", "%", ">", "]", " :", ",", "\t", "`", ")"] {
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

/// Whether a short text holds a shorter one: a search that needs no preparing.
fn holds(word: &[u8], stem: &[u8]) -> bool {
    word.windows(stem.len()).any(|part| part.first() == stem.first() && part == stem)
}
