//! Numbers things in the order in which they are first seen, and keeps one value for each.

use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::RandomState;

/// Values by key, and by the number that a key was given.
///
/// The hash of the map is seeded: keys come from logs, and whoever writes a log could otherwise choose keys that collide. Nothing outside sees the order of the numbers.
#[derive(Debug)]
pub(super) struct Index<K, V> {
    numbers: HashMap<K, usize, RandomState>,
    values: Vec<V>,
}

impl<K, V> Default for Index<K, V> {
    fn default() -> Self {
        Self { numbers: HashMap::default(), values: Vec::new() }
    }
}

impl<K: Eq + Hash, V> Index<K, V> {
    /// The number of `key`; a key not seen before gets the next one, and the value that `make` gives for it.
    pub(super) fn number(&mut self, key: K, make: impl FnOnce(&K) -> V) -> usize {
        match self.numbers.entry(key) {
            std::collections::hash_map::Entry::Occupied(known) => *known.get(),
            std::collections::hash_map::Entry::Vacant(new) => {
                let number = self.values.len();
                self.values.push(make(new.key()));
                *new.insert(number)
            }
        }
    }

    /// The value of a number that [`Index::number`] gave.
    pub(super) fn at(&mut self, number: usize) -> &mut V {
        &mut self.values[number]
    }

    /// The number of a key that was seen before.
    pub(super) fn get(&self, key: &K) -> Option<usize> {
        self.numbers.get(key).copied()
    }

    /// The key of a number. Looks at all of them: for what is rare.
    pub(super) fn key(&self, number: usize) -> Option<&K> {
        self.numbers.iter().find(|(_, of)| **of == number).map(|(key, _)| key)
    }

    /// Keys with their values, in no order.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&K, &V)> {
        self.numbers.iter().map(|(key, &number)| (key, &self.values[number]))
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Keys with their values, in the order of their numbers.
    pub(super) fn into_pairs(self) -> Vec<(K, V)> {
        let mut keys: Vec<(usize, K)> = self.numbers.into_iter().map(|(key, number)| (number, key)).collect();
        keys.sort_unstable_by_key(|(number, _)| *number);
        keys.into_iter().map(|(_, key)| key).zip(self.values).collect()
    }
}

/// Adds `number` to a short ascending list of numbers, once.
pub(super) fn note(list: &mut Vec<usize>, number: usize) {
    if let Err(place) = list.binary_search(&number) {
        list.insert(place, number);
    }
}
