//! From a candidate position to hits: which triggers have their window here, are they really there, and in what order
//! do they leave.

use std::collections::VecDeque;
use std::ops::Range;

use super::fingerprint::WIDTH;
use super::needed::Needed;
use super::{Case, FOLLOWS, Hit, Trigger};

/// Slots of the hash table, as a power of two.
const SLOT_BITS: u32 = 12;
const SLOTS: usize = 1 << SLOT_BITS;

/// Bits of the filter that comes before the hash table, as a power of two. Its 8 KiB stay in the first level cache, and
/// with 1,260 triggers 50 of 51 windows that belong to no trigger end there, by a branch that is easy to guess.
const FILTER_BITS: u32 = 16;
const FILTER: usize = 1 << (FILTER_BITS - u64::BITS.ilog2());

/// Positions that are searched before their candidates are looked at, a bit each: 4 KiB, which stay in the first level
/// cache, in as many words as a word has bits.
///
/// Aligned, because that aligns the stack of the kernel that holds it, and with it the vectors that find no register.
/// One that straddles two cache lines takes so long to come back that the kernel runs at half its speed.
#[repr(align(64))]
pub(super) struct Block(pub [u64; BLOCK]);

/// Words of a [`Block`].
pub(super) const BLOCK: usize = 64;

/// Sets bit 5 of every byte: both cases of a letter become one. A few other bytes fall together too, which costs a
/// comparison and nothing else.
const FOLD: u32 = 0x2020_2020;

/// The triggers, found by the bytes of their windows.
pub(super) struct Verifier {
    triggers: Box<[Trigger]>,
    /// Those that are looked for by what they need, and which bytes that is.
    needed: Vec<Needed>,
    is_needed: Box<[bool; 256]>,
    /// Triggers whose windows have all four bytes, and those of the few with fewer.
    wide: Index,
    short: Index,
    /// A bit for the hash of each window, of either index.
    filter: Box<[u64; FILTER]>,
    /// Where in their triggers windows begin: at least and at most.
    reach: (usize, usize),
    /// The length of the shortest window.
    shortest: usize,
}

/// A hash table from windows to triggers.
struct Index {
    /// The bytes of a window that are hashed: as many as the shortest window has.
    mask: u32,
    /// Entries of slot `s` are `entries[starts[s]..starts[s + 1]]`.
    starts: Box<[u32; SLOTS + 1]>,
    entries: Box<[Entry]>,
}

/// A trigger and where its window is.
struct Entry {
    /// The folded bytes of the window.
    key: u32,
    /// Where in the trigger's text the window begins, and its length.
    window: usize,
    width: usize,
    /// How the first bytes of the text compare, all at once.
    head: Head,
    /// Whether the text is longer than its head.
    longer: bool,
    trigger: u16,
}

impl Entry {
    fn new(trigger: &Trigger, window: usize, index: u16) -> Self {
        let bytes = &trigger.text[window..trigger.text.len().min(window + WIDTH)];
        let key = u32::from_le_bytes(padded(bytes)) | FOLD;
        let longer = trigger.text.len() > HEAD;
        Self { key, window, width: bytes.len(), head: Head::of(trigger), longer, trigger: index }
    }
}

/// The first eight bytes of a text, as a little-endian number.
struct Head {
    /// Bit 5 of each letter whose case does not matter.
    fold: u64,
    /// The bytes that the text has.
    mask: u64,
    text: u64,
}

/// Bytes of a [`Head`].
const HEAD: usize = 8;

impl Head {
    fn of(trigger: &Trigger) -> Self {
        let byte = |i: usize| trigger.text.get(i).copied();
        let folds = |b: u8| trigger.case == Case::Insensitive && b.is_ascii_alphabetic();
        let number = |of: &dyn Fn(u8) -> u8| u64::from_le_bytes(std::array::from_fn(|i| byte(i).map_or(0, of)));
        let fold = number(&|b| if folds(b) { 0x20 } else { 0 });
        Self { fold, mask: number(&|_| 0xff), text: number(&|b| b) | fold }
    }

    fn begins(&self, bytes: [u8; HEAD]) -> bool {
        (u64::from_le_bytes(bytes) | self.fold) & self.mask == self.text
    }
}

impl Verifier {
    /// `windows` says for each trigger where in its text its window begins, if it has one.
    pub fn new(triggers: &[Trigger], windows: &[usize]) -> Self {
        let present = triggers.iter().zip(windows).enumerate().filter(|(_, (trigger, _))| trigger.has_window());
        let entry =
            |(index, (trigger, &window)): (usize, (&Trigger, &usize))| Entry::new(trigger, window, index as u16);
        let all: Vec<Entry> = present.map(entry).collect();
        let least = all.iter().map(|entry| entry.window).min().unwrap_or(0);
        let most = all.iter().map(|entry| entry.window).max().unwrap_or(0);
        let shortest = all.iter().map(|entry| entry.width).min().unwrap_or(WIDTH);
        let (wide, short) = all.into_iter().partition(|entry| entry.width == WIDTH);
        let (wide, short) = (Index::new(wide), Index::new(short));
        let mut filter = Box::new([0; FILTER]);
        for index in [&wide, &short] {
            index.entries.iter().map(|entry| entry.key & index.mask).for_each(|key| filter[word(key)] |= bit(key));
        }
        let needed = Needed::of(triggers);
        let mut is_needed = Box::new([false; 256]);
        needed.iter().for_each(|group| is_needed[usize::from(group.byte)] = true);
        // Every byte of the range may be needed.
        let (least, shortest) = if needed.is_empty() { (least, shortest) } else { (0, 1) };
        Self { triggers: triggers.into(), needed, is_needed, wide, short, filter, reach: (least, most), shortest }
    }
}

impl Index {
    fn new(mut entries: Vec<Entry>) -> Self {
        let width = entries.iter().map(|entry| entry.width).min().unwrap_or(WIDTH);
        let mask = u32::MAX >> (8 * (WIDTH - width));
        let slot = |entry: &Entry| slot(entry.key & mask);
        entries.sort_by_key(slot);
        let mut starts = Box::new([0; SLOTS + 1]);
        entries.iter().for_each(|entry| starts[slot(entry) + 1] += 1);
        (0..SLOTS).for_each(|s| starts[s + 1] += starts[s]);
        Self { mask, starts, entries: entries.into() }
    }

    /// The entries that a folded window may be of, and perhaps others.
    #[inline]
    fn entries(&self, window: u32) -> Range<usize> {
        let slot = slot(window & self.mask);
        self.starts[slot] as usize..self.starts[slot + 1] as usize
    }
}

/// A key, scattered.
#[inline]
fn hash(key: u32) -> u32 {
    key.wrapping_mul(0x9e37_79b1)
}

/// The slot of a key.
#[inline]
fn slot(key: u32) -> usize {
    (hash(key) >> (u32::BITS - SLOT_BITS)) as usize
}

/// The word of the filter that holds the bit of a key.
#[inline]
fn word(key: u32) -> usize {
    (hash(key) >> (u32::BITS - FILTER_BITS)) as usize / 64
}

/// The bit of a key in its word.
#[inline]
fn bit(key: u32) -> u64 {
    1 << ((hash(key) >> (u32::BITS - FILTER_BITS)) % 64)
}

/// One search: takes candidates in ascending order, gives hits in ascending order.
pub(super) struct Search<'a> {
    verifier: &'a Verifier,
    bytes: &'a [u8],
    /// Where hits may begin.
    range: Range<usize>,
    /// Hits that a later one may still precede, in order. A hit is found at most `reach` or [`FOLLOWS`] bytes behind its
    /// beginning and given a block later, so this never spans more than that much text.
    held: VecDeque<Hit>,
    give: &'a mut dyn FnMut(Hit),
}

impl<'a> Search<'a> {
    pub fn new(verifier: &'a Verifier, bytes: &'a [u8], range: Range<usize>, give: &'a mut dyn FnMut(Hit)) -> Self {
        let end = range.end.min(bytes.len());
        let range = range.start.min(end)..end;
        Self { verifier, bytes, range, held: VecDeque::new(), give }
    }

    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The positions at which the windows of all wanted occurrences begin: shifted and widened against the range by
    /// where in their triggers the windows are.
    pub fn positions(&self) -> Range<usize> {
        let (least, most) = self.verifier.reach;
        let last = (self.bytes.len() + 1).saturating_sub(self.verifier.shortest);
        let end = if self.range.is_empty() { 0 } else { self.range.end.saturating_add(most).min(last) };
        let start = self.range.start.saturating_add(least).min(end);
        start..end
    }

    /// Looks at the positions whose bits are set, `at` being that of the lowest bit of the first word. Bits behind the
    /// last wanted position do not count. Blocks come in ascending order. The block is used up.
    ///
    /// A branch on what the kernel has only just computed would be mispredicted, and late. So it writes words without
    /// looking at them, and this loop makes one turn a candidate, with nothing to guess but whether its bit is set.
    #[inline]
    pub fn candidates(&mut self, at: usize, block: &mut Block) {
        self.settle(at);
        let wanted = self.positions().end.saturating_sub(at);
        if let Some(last) = block.0.get_mut(wanted / 64) {
            *last &= (1 << (wanted % 64)) - 1;
        }
        let mut busy = 0;
        block.0.iter().enumerate().for_each(|(i, &word)| busy |= u64::from(word != 0) << i);
        while busy != 0 {
            let i = busy.trailing_zeros() as usize;
            let word = block.0[i];
            let rest = word & word.wrapping_sub(1);
            block.0[i] = rest;
            busy = if rest == 0 { busy & (busy - 1) } else { busy };
            self.candidate(at + i * 64 + word.trailing_zeros() as usize);
        }
    }

    /// Looks at a position whose fingerprint fits.
    #[inline]
    fn candidate(&mut self, position: usize) {
        let bytes = match self.bytes.get(position..).and_then(|rest| rest.first_chunk()) {
            Some(bytes) => *bytes,
            None => padded(self.bytes.get(position..).unwrap_or_default()),
        };
        let window = u32::from_le_bytes(bytes) | FOLD;
        let verifier = self.verifier;
        let (wide, short) = (window & verifier.wide.mask, window & verifier.short.mask);
        // One branch for all: most false candidates end here.
        let passes = verifier.filter[word(wide)] & bit(wide) | verifier.filter[word(short)] & bit(short);
        if passes | u64::from(verifier.is_needed[usize::from(bytes[0])]) != 0 {
            self.compare(position, verifier.wide.entries(window), verifier.short.entries(window));
        }
    }

    #[inline(never)]
    fn compare(&mut self, position: usize, wide: Range<usize>, short: Range<usize>) {
        let verifier = self.verifier;
        for entry in verifier.wide.entries[wide].iter().chain(&verifier.short.entries[short]) {
            let Some(offset) = position.checked_sub(entry.window) else { continue };
            let Some(text) = self.bytes.get(offset..) else { continue };
            let whole = || verifier.triggers[usize::from(entry.trigger)].begins(text);
            let found = match text.first_chunk() {
                Some(head) => entry.head.begins(*head) && (!entry.longer || whole()),
                None => whole(),
            };
            if found && self.range.contains(&offset) {
                hold(&mut self.held, Hit { offset, trigger: entry.trigger });
            }
        }
        // Behind the range only the first byte that ends a search counts: `finish` looks for it.
        let here = self.bytes[..self.range.end].get(position);
        for group in verifier.needed.iter().filter(|group| here == Some(&group.byte)) {
            group.hits(self.bytes, position, |hit| {
                if hit.offset >= self.range.start {
                    hold(&mut self.held, hit);
                }
            });
        }
    }

    /// Gives what nothing can precede any more that is found from `at` on.
    #[inline]
    fn settle(&mut self, at: usize) {
        let settled = at.saturating_sub(self.verifier.reach.1.max(FOLLOWS));
        while self.held.front().is_some_and(|first| first.offset < settled) {
            self.held.pop_front().into_iter().for_each(&mut *self.give);
        }
    }

    /// Gives what is left.
    pub fn finish(mut self) {
        for group in &self.verifier.needed {
            group.first_hits(self.bytes, self.range.end, |hit| {
                if self.range.contains(&hit.offset) {
                    hold(&mut self.held, hit);
                }
            });
        }
        self.held.into_iter().for_each(self.give);
    }
}

/// Puts a hit in its place, nearly always the last.
fn hold(held: &mut VecDeque<Hit>, hit: Hit) {
    match held.back() {
        Some(last) if *last > hit => held.insert(held.partition_point(|other| *other < hit), hit),
        _ => held.push_back(hit),
    }
}

/// The first four bytes, zeros where there are fewer.
fn padded(rest: &[u8]) -> [u8; WIDTH] {
    let mut bytes = [0; WIDTH];
    rest.iter().zip(&mut bytes).for_each(|(from, to)| *to = *from);
    bytes
}
