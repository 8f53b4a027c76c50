//! What is shown of a key, and the template of its site. Most leaks of a log come from a few statements, so what was
//! shown of a key is kept for a while.

use std::cell::RefCell;
use std::sync::Arc;

use crate::rule::{RuleIndex, RuleSet};

/// How many keys are kept.
const KEPT: usize = 16;

/// What is shown of a key.
#[derive(Clone)]
pub(super) struct Label {
    /// The part of the key that the vocabulary knows.
    pub(super) field: Option<Arc<str>>,
    /// The statement that logged it, as far as it is proven constant: the rule's own words and the key.
    pub(super) template: Arc<str>,
}

/// The labels of the keys that were seen first.
#[derive(Default)]
pub(super) struct Labels(RefCell<Vec<Kept>>);

struct Kept {
    rule: RuleIndex,
    key: Option<Box<[u8]>>,
    label: Label,
}

impl Labels {
    /// The label of a value under `key`; none where a pattern found it.
    pub(super) fn of(&self, rules: &RuleSet, rule: RuleIndex, key: Option<&[u8]>) -> Label {
        let mut kept = self.0.borrow_mut();
        if let Some(known) = kept.iter().find(|known| known.rule == rule && known.key.as_deref() == key) {
            return known.label.clone();
        }
        let field: Option<Arc<str>> = key.and_then(|key| rules.vocabulary().shown(key)).map(Arc::from);
        let template = match &field {
            Some(field) => Arc::from(format!("…{field}=…")),
            None => Arc::from(format!("…{}…", rules.get(rule).channel.name())),
        };
        let label = Label { field, template };
        if kept.len() < KEPT {
            kept.push(Kept { rule, key: key.map(Box::from), label: label.clone() });
        }
        label
    }
}
