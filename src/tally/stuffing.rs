//! One client, many accounts, mostly rejected: somebody tries credentials that were stolen elsewhere.
//!
//! Counted are distinct pairs of a network and an account. Of these the [`PAIRS`] with the least hashes are kept, each
//! with its exact counts: all of them in nearly every log, and a fair sample of them in a log with more, in which a
//! client must have tried a share of all pairs to be seen. Which pairs are the least does not depend on the order in
//! which they come, and a pair that is kept at the end was never dropped before; so parts add up to the same whole.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use crate::account::AccountKey;
use crate::exposure::Exposure;
use crate::terms::{Evidence, Outcome};

/// How many pairs are kept; twice as many while counting.
const PAIRS: usize = 1 << 16;

/// How many accounts one client has tried that is suspected, and the share of its attempts that was rejected.
const ACCOUNTS: u64 = 20;
const REJECTED: (u64, u64) = (3, 4);

/// How many clients of one account are told apart: the least of them.
const CLIENTS: usize = 64;

/// An address, those of version 4 as version 6 writes them.
pub(super) type Address = u128;

/// A hash of the network and the account, and the address: one network may try an account from several.
pub(super) type Pair = (u64, Address);

/// Attempts by network and account.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    pub(super) pairs: HashMap<Pair, Count>,
    /// The largest pair that is still kept, where some were dropped.
    pub(super) limit: Option<Pair>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    pub(super) attempts: u64,
    pub(super) rejected: u64,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.attempts = self.attempts.saturating_add(other.attempts);
        self.rejected = self.rejected.saturating_add(other.rejected);
    }
}

impl Attempts {
    /// Counts one attempt.
    pub(super) fn add(&mut self, client: IpAddr, account: &AccountKey, rejected: bool) {
        let address = address(client);
        let pair = (hash(network(address), account), address);
        self.insert(pair, Count { attempts: 1, rejected: u64::from(rejected) });
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.limit = self.limit.into_iter().chain(other.limit).min();
        other.pairs.into_iter().for_each(|(pair, count)| self.insert(pair, count));
        if let Some(limit) = self.limit {
            self.pairs.retain(|pair, _| *pair <= limit);
        }
    }

    pub(super) fn insert(&mut self, pair: Pair, count: Count) {
        if self.limit.is_some_and(|limit| pair > limit) {
            return;
        }
        self.pairs.entry(pair).or_default().add(count);
        if self.pairs.len() > 2 * PAIRS {
            self.shrink();
        }
    }

    /// Keeps the least.
    pub(super) fn shrink(&mut self) {
        if self.pairs.len() <= PAIRS {
            return;
        }
        let mut all: Vec<Pair> = self.pairs.keys().copied().collect();
        let (_, limit, _) = all.select_nth_unstable(PAIRS - 1);
        let limit = *limit;
        self.pairs.retain(|pair, _| *pair <= limit);
        self.limit = Some(limit);
    }

    /// The addresses and networks that tried many accounts and were mostly rejected.
    pub(super) fn suspects(mut self) -> Suspects {
        self.shrink();
        let mut addresses: HashMap<Address, (u64, Count)> = HashMap::new();
        let mut networks: HashMap<Address, (HashSet<u64>, Count)> = HashMap::new();
        for ((hash, address), count) in self.pairs {
            let (accounts, sum) = addresses.entry(address).or_default();
            *accounts += 1;
            sum.add(count);
            let (accounts, sum) = networks.entry(network(address)).or_default();
            accounts.insert(hash);
            sum.add(count);
        }
        let suspected = |accounts: u64, count: Count| {
            let (part, whole) = REJECTED;
            accounts >= ACCOUNTS && count.rejected.saturating_mul(whole) >= count.attempts.saturating_mul(part)
        };
        let networks = networks.into_iter().filter(|(_, (accounts, count))| suspected(accounts.len() as u64, *count));
        let addresses = addresses.into_iter().filter(|(_, (accounts, count))| suspected(*accounts, *count));
        Suspects {
            networks: networks.map(|(network, _)| network).collect(),
            addresses: addresses.map(|(address, _)| address).collect(),
        }
    }
}

/// Clients that are suspected.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    addresses: HashSet<Address>,
    networks: HashSet<Address>,
}

impl Suspects {
    pub(super) fn is_empty(&self) -> bool {
        self.addresses.is_empty() && self.networks.is_empty()
    }

    pub(super) fn holds(&self, client: IpAddr) -> bool {
        self.holds_address(address(client))
    }

    fn holds_address(&self, address: Address) -> bool {
        self.addresses.contains(&address) || self.networks.contains(&network(address))
    }
}

/// What the exposures of a client were: an acceptance may be open as well.
const OPEN: u8 = 1;
const CLOSED: u8 = 2;
const ACCEPTED: u8 = 4;

/// The clients that claimed the password of one account.
#[derive(Debug, Default)]
pub(super) struct Clients {
    /// Ascending, each with what its exposures were.
    pub(super) least: Vec<([u8; 16], u8)>,
    /// What exposures were that no client can have made up, or whose client is not known.
    pub(super) elsewhere: u8,
    pub(super) capped: bool,
}

impl Clients {
    /// Adds one exposure; `open` where a reset can be based on it.
    pub(super) fn add(&mut self, exposure: &Exposure, open: bool) {
        let accepted = if exposure.outcome == Outcome::Success { ACCEPTED } else { 0 };
        let state = if open { OPEN } else { CLOSED };
        match exposure.client {
            Some(client) if exposure.evidence == Evidence::Claimed => self.insert(address(client).to_be_bytes(), state),
            Some(client) => {
                self.elsewhere |= state;
                if accepted > 0 {
                    self.insert(address(client).to_be_bytes(), accepted);
                }
            }
            None => self.elsewhere |= state,
        }
    }

    pub(super) fn insert(&mut self, address: [u8; 16], state: u8) {
        if self.least.is_empty() {
            // Most accounts have one, and there are many accounts.
            self.least.reserve_exact(1);
        }
        match self.least.binary_search_by_key(&address, |(known, _)| *known) {
            Ok(place) => self.least[place].1 |= state,
            Err(place) => {
                self.capped |= self.least.len() >= CLIENTS;
                if place < CLIENTS {
                    self.least.insert(place, (address, state));
                    self.least.truncate(CLIENTS);
                }
            }
        }
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.elsewhere |= other.elsewhere;
        self.capped |= other.capped;
        other.least.into_iter().for_each(|(address, state)| self.insert(address, state));
    }

    /// Whether all that a reset could be based on was typed by suspected clients; where nothing can, all there is.
    pub(super) fn are_suspected(&self, suspects: &Suspects, open: bool) -> bool {
        let state = if open { OPEN } else { CLOSED };
        let mut clients = self.least.iter().filter(|(_, was)| was & state != 0).peekable();
        !self.capped
            && self.elsewhere & state == 0
            && clients.peek().is_some()
            && clients.all(|(address, _)| suspects.holds_address(Address::from_be_bytes(*address)))
    }

    /// Whether a password was accepted from a suspected client.
    pub(super) fn took_over(&self, suspects: &Suspects) -> bool {
        self.least
            .iter()
            .any(|(address, was)| was & ACCEPTED != 0 && suspects.holds_address(Address::from_be_bytes(*address)))
    }
}

fn address(client: IpAddr) -> Address {
    match client {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// What one customer of a provider has to itself: 256 addresses of version 4, 2^64 of version 6.
fn network(address: Address) -> Address {
    let is_v4 = address >> 32 == 0xffff;
    let host = if is_v4 { u128::from(u8::MAX) } else { u128::from(u64::MAX) };
    address & !host
}

/// The same on every machine and in every run: FNV-1a, then mixed, since the least hashes are to be a fair sample.
fn hash(network: Address, account: &AccountKey) -> u64 {
    let realm = account.realm.as_deref().unwrap_or_default();
    let parts = [&network.to_be_bytes(), realm.as_bytes(), &[0], account.kind.name().as_bytes(), &[0]];
    let bytes = parts.into_iter().flatten().chain(account.identity.as_bytes());
    let mut hash =
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        hash = (hash ^ hash >> 33).wrapping_mul(factor);
    }
    hash ^ hash >> 33
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::sample::account;

    fn tried(attempts: &mut Attempts, client: &str, accounts: std::ops::Range<usize>, rejected: bool) {
        for number in accounts {
            attempts.add(client.parse().unwrap(), &account(&format!("u{number}@example.com")).key, rejected);
        }
    }

    fn suspects(build: impl FnOnce(&mut Attempts)) -> Suspects {
        let mut attempts = Attempts::default();
        build(&mut attempts);
        attempts.suspects()
    }

    /// Both halves of the definition, for an address and for a network.
    #[test]
    fn many_accounts_and_mostly_rejected() {
        let (client, neighbour): (IpAddr, IpAddr) = ("192.0.2.7".parse().unwrap(), "192.0.2.200".parse().unwrap());
        let few = suspects(|a| tried(a, "192.0.2.7", 0..19, true));
        assert!(few.is_empty(), "19 accounts");
        let many = suspects(|a| tried(a, "192.0.2.7", 0..20, true));
        assert!(many.holds(client) && many.holds(neighbour), "20 accounts, of an address and so of its network");
        let fine = suspects(|a| {
            tried(a, "192.0.2.7", 0..100, false);
            tried(a, "192.0.2.7", 0..299, true);
        });
        assert!(fine.is_empty(), "just less than three quarters rejected");
        let one = suspects(|a| {
            tried(a, "192.0.2.7", 0..20, true);
            tried(a, "192.0.2.200", 0..500, false);
        });
        assert!(one.holds(client) && !one.holds(neighbour), "an address in a network of honest people");
        let again = suspects(|a| (0..50).for_each(|_| tried(a, "192.0.2.7", 0..3, true)));
        assert!(again.is_empty(), "people who cannot remember");
        let spread = suspects(|a| (0..30).for_each(|i| tried(a, &format!("2001:db8:0:1::{i:x}"), i..i + 1, true)));
        assert!(spread.holds("2001:db8:0:1:ffff::1".parse().unwrap()), "a network of addresses used once");
        assert!(!spread.holds("2001:db8:0:2::1".parse().unwrap()));
    }

    /// More pairs than are kept: any parts, in any order, keep the same.
    #[test]
    fn parts_in_any_order_keep_the_same_pairs() {
        let total = 3 * PAIRS;
        let add = |attempts: &mut Attempts, i: usize| {
            let client = IpAddr::from([10, 0, (i % 5) as u8, (i % 7) as u8]);
            attempts.add(client, &account(&format!("u{}@example.com", i % (2 * PAIRS + 77))).key, i.is_multiple_of(3));
        };
        let sorted = |mut attempts: Attempts| {
            attempts.shrink();
            let mut pairs: Vec<_> = attempts.pairs.iter().map(|(p, c)| (*p, c.attempts, c.rejected)).collect();
            pairs.sort_unstable();
            pairs
        };
        let mut whole = Attempts::default();
        (0..total).for_each(|i| add(&mut whole, i));
        let mut parts: Vec<Attempts> = (0..3).map(|_| Attempts::default()).collect();
        (0..total).rev().for_each(|i| add(&mut parts[i * i % 3], i));
        let (last, mut first) = (parts.pop().unwrap(), parts.remove(0));
        let mut joined = last;
        first.absorb(parts.remove(0));
        joined.absorb(first);
        let (whole, joined) = (sorted(whole), sorted(joined));
        assert_eq!(whole.len(), PAIRS);
        assert!(whole == joined);
    }
}
