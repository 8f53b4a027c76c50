//! Text that is encoded as a whole: decoded into a view, and searched again as the log itself was.

use std::mem::discriminant;
use std::ops::Range;

use super::Extraction;
use crate::limits::{DECODED_BYTES, LAYERS};
use crate::prefilter::Prefilter;
use crate::record::token;
use crate::rule::{Encoding, Finder, RuleSet};
use crate::terms::Layer;

/// Views of one record, at most.
const VIEWS: usize = 128;

/// What text is searched with: the rules, and the triggers that lead to them.
#[derive(Clone, Copy)]
pub struct Search<'s> {
    /// What may match.
    pub rules: &'s RuleSet,
    /// Finds triggers.
    pub prefilter: &'s Prefilter,
    /// What each trigger leads to.
    pub finders: &'s [Finder],
}

/// A token that was decoded, so that each is decoded once.
pub struct Opened {
    view: usize,
    span: Range<usize>,
    encoding: Encoding,
}

/// Decodes what stands around the hit at `at` of `view`, and follows every hit inside.
pub fn open(found: &mut Extraction<'_>, search: Search<'_>, view: usize, at: usize, encoding: Encoding) {
    let outer = &found.views[view];
    if outer.layers().len() >= LAYERS || found.views.len() >= VIEWS {
        return;
    }
    // Whole members of UTF-16 are the scanner's: their records are lines of the decoded text.
    if encoding == Encoding::Utf16 && view == 0 {
        return;
    }
    let same = |opened: &Opened| discriminant(&opened.encoding) == discriminant(&encoding);
    if found.opened.iter().any(|o| o.view == view && same(o) && o.span.contains(&at)) {
        return;
    }
    let inner = if let Encoding::Escaped(_) | Encoding::Letters = encoding {
        let peeled = match encoding {
            Encoding::Escaped(Layer::Percent) => outer.peel_url(at),
            Encoding::Escaped(layer) => outer.peel(layer, at),
            _ => outer.peel_letters(),
        };
        let Some(inner) = peeled else { return };
        found.opened.push(Opened { view, span: 0..outer.text().len(), encoding });
        inner
    } else {
        let budget = DECODED_BYTES.saturating_sub(found.decoded);
        let Some(decoded) = token::decode(outer.text(), at, encoding, budget) else { return };
        found.decoded += decoded.text.len();
        found.opened.push(Opened { view, span: decoded.span.clone(), encoding });
        outer.decoded(decoded, found.views.len())
    };
    found.views.push(inner);
    found.outer.push(Some(view));
    let inner = found.views.len() - 1;
    let text = found.views[inner].text();
    let mut hits = Vec::new();
    search.prefilter.find(text, 0..text.len(), |hit| hits.push((hit.offset, search.finders[usize::from(hit.trigger)])));
    for (at, finder) in hits {
        if found.allows(inner, at, finder) {
            found.follow(search, inner, at, finder, None);
        }
    }
}
