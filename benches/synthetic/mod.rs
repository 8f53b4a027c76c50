//! Synthetic logs: seeded, so that a figure can be repeated without the log being kept.
//!
//! Every person, host and password is invented; the domains are those that RFC 2606 reserves.

mod harmless;
mod leak;
mod piece;

pub use leak::Leak;

use piece::{Clock, Random};

/// How much of a log is about passwords.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A log without trouble.
    Clean,
    /// What a team finds in its own archive.
    Typical,
    /// The worst case: a debug log of a login service.
    Dense,
    /// As dense, and no account twice: what fills the table of accounts.
    Accounts,
}

impl Kind {
    /// `clean`, `typical`, `dense` or `accounts`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "clean" => Some(Self::Clean),
            "typical" => Some(Self::Typical),
            "dense" => Some(Self::Dense),
            "accounts" => Some(Self::Accounts),
            _ => None,
        }
    }

    /// Of a million lines, how many leak, and how many hold a password word (those that leak included).
    fn per_million(self) -> (u32, u32) {
        match self {
            Self::Clean => (6, 100),
            Self::Typical => (1_000, 20_000),
            Self::Dense | Self::Accounts => (1_000_000, 1_000_000),
        }
    }

    fn shapes(self) -> &'static [leak::Shape] {
        match self {
            // The five commonest; hashes and connection strings are rare in the logs of a running service.
            Self::Clean | Self::Typical => &leak::SHAPES[..5],
            Self::Dense | Self::Accounts => leak::SHAPES,
        }
    }
}

/// The lines of one log, in order.
pub struct Lines {
    kind: Kind,
    random: Random,
    clock: Clock,
    /// Whose password leaks next, where no account leaks twice.
    next: u32,
}

impl Lines {
    /// Equal arguments give equal lines.
    pub fn new(kind: Kind, seed: u64) -> Self {
        Self { kind, random: Random::new(seed), clock: Clock::default(), next: 0 }
    }

    /// Appends the next line, its `\n` included, and tells whose password it leaks, if it does.
    pub fn push(&mut self, out: &mut Vec<u8>) -> Option<Leak> {
        let Self { kind, random, clock, next } = self;
        clock.advance(random);
        let (leaking, worded) = kind.per_million();
        let draw = random.below(1_000_000);
        let leak = if draw < leaking {
            let person = match kind {
                Kind::Accounts => {
                    *next += 1;
                    Some(*next)
                }
                _ => None,
            };
            Some(leak::push(kind.shapes(), person, random, clock, out))
        } else {
            let push = if draw < worded { harmless::push_with_password_word } else { harmless::push };
            push(random, clock, out);
            None
        };
        out.push(b'\n');
        leak
    }
}
