//! Whose password was typed as a user name: who logged in right after.

use std::ops::Range;
use std::sync::LazyLock;

use super::{Account, Identifiers, Owner};
use crate::limits::CONTEXT_LINES;
use crate::record::time::Clock;
use crate::record::{Text, time};
use crate::rule::Expression;
use crate::terms::{Attribution, IdentityKind};

/// Who logged in from the same connection, or from the same address within a minute and alone: whose password was typed
/// as a user name.
pub(super) fn later_login(text: Text<'_>, record: &Range<usize>) -> Owner {
    let line = &text.bytes[record.start..text.line_end(record.start)];
    let Some(from) = FROM.captures(line) else { return Owner::Nobody };
    let (address, port) = (from.name("address").map(|m| m.as_bytes()), from.name("port").map(|m| m.as_bytes()));
    let then = moment(line);
    let mut near: Vec<Account> = Vec::new();
    for after in text.lines_after(record.end + 1, CONTEXT_LINES) {
        let shown = &text.bytes[after];
        let (Some(accepted), Some(there)) = (ACCEPTED.captures(shown), FROM.captures(shown)) else { continue };
        if there.name("address").map(|m| m.as_bytes()) != address {
            continue;
        }
        let mut identifiers = Identifiers::default();
        identifiers.add(IdentityKind::Username, accepted.name("account").map_or(&[][..], |m| m.as_bytes()));
        let Some(account) = identifiers.account() else { continue };
        if port.is_some() && there.name("port").map(|m| m.as_bytes()) == port {
            return Owner::Known(account, Attribution::TypedAsUsername);
        }
        let soon = matches!((then, moment(shown)), (Some(a), Some(b)) if (0..=60).contains(&(b - a)));
        if soon && !near.iter().any(|known| known.key == account.key) {
            near.push(account);
        }
    }
    match near.len() {
        1 => near.pop().map_or(Owner::Nobody, |account| Owner::Known(account, Attribution::TypedAsUsername)),
        0 => Owner::Nobody,
        _ => Owner::OneOf(near),
    }
}

/// When a record was logged, in seconds. Only differences count, so any leap year does where none is written.
pub(super) fn moment(line: &[u8]) -> Option<i64> {
    let clock = Clock { year_hint: Some(2000), ..Clock::default() };
    time::find(line).and_then(|stamp| time::resolve(&stamp, &clock)).map(|(at, _)| at)
}

/// The client's address, and its port where it is logged.
static FROM: LazyLock<Expression> = LazyLock::new(|| {
    Expression::new(
        r"(?-u)(?:from|rhost=|addr=|ip=)\s?\[?(?<address>[0-9A-Fa-f.:]{7,45})\]?(?:\s+port\s+(?<port>[0-9]{1,5}))?",
    )
});

/// A login that succeeded.
static ACCEPTED: LazyLock<Expression> = LazyLock::new(|| {
    Expression::new(
        r"(?i-u)(?:accepted \S+ for|session opened for user|login ok:?|logged in as)\s(?<account>[^\s,()]{1,128})",
    )
});
