//! What to do with an account, and what speaks against resetting it without a person looking.

use serde::Serialize;

use crate::tally::AccountTally;
use crate::terms::{AccountType, Action, ActionReason, Confidence, Evidence};

/// How much it takes to reset a password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// An abundance of caution: a password that may be right is reset.
    #[default]
    Caution,
    /// Only a password that the log shows to be right is.
    Evidence,
}

/// Whether a reason speaks against resetting the account.
type Speaks = fn(&AccountTally, Policy) -> bool;

/// Each reason with its test, over all exposures of the account. No reason, no review.
///
/// One exposure that was not rejected is enough to reset, and so is one that names the account without doubt: the other
/// exposures do not make that password safe.
const AGAINST: &[(ActionReason, Speaks)] = &[
    (ActionReason::LoginFailed, |account, _| account.failures == account.exposures),
    (ActionReason::AmbiguousAccount, |account, _| account.ambiguous == account.exposures),
    (ActionReason::ServiceAccount, |account, _| account.account_type == AccountType::Service),
    // Not being sure that the account is a person's is one way of not being sure.
    (ActionReason::LowConfidence, |account, _| {
        account.confidence < Confidence::High || account.account_type == AccountType::Unknown
    }),
    (ActionReason::UnauthenticatedClaim, |account, policy| {
        policy == Policy::Evidence && account.evidence == Evidence::Claimed
    }),
    // A hash that names its kind is reported with high confidence.
    (ActionReason::WeakHashOfUnknown, |account, _| {
        account.weak_hashes == account.exposures && account.confidence < Confidence::High
    }),
];

/// The action for an account, with the reasons against a reset in the order of the enumeration.
pub(super) fn decide(account: &AccountTally, policy: Policy) -> (Action, Vec<ActionReason>) {
    let reasons: Vec<ActionReason> =
        AGAINST.iter().filter(|(_, speaks)| speaks(account, policy)).map(|(reason, _)| *reason).collect();
    let action = if reasons.is_empty() { Action::ForceReset } else { Action::Review };
    (action, reasons)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An account of a person, surely exposed three times in clear, typed by a client.
    fn person() -> AccountTally {
        let mut account = AccountTally::default();
        (account.account_type, account.confidence, account.exposures) = (AccountType::User, Confidence::High, 3);
        account
    }

    /// The whole decision: what differs from a plain case, and what comes of it under either policy.
    #[test]
    fn each_reason_speaks_for_itself() {
        use ActionReason::*;
        type Change = fn(&mut AccountTally);
        let table: &[(&str, Change, &[ActionReason], &[ActionReason])] = &[
            ("plain claim", |_| {}, &[], &[UnauthenticatedClaim]),
            ("authenticated", |a| a.evidence = Evidence::Authenticated, &[], &[]),
            ("stored", |a| a.evidence = Evidence::Stored, &[], &[]),
            ("every login failed", |a| a.failures = 3, &[LoginFailed], &[LoginFailed, UnauthenticatedClaim]),
            ("one login did not fail", |a| a.failures = 2, &[], &[UnauthenticatedClaim]),
            (
                "ambiguous",
                |a| (a.ambiguous, a.evidence) = (3, Evidence::Stored),
                &[AmbiguousAccount],
                &[AmbiguousAccount],
            ),
            ("once ambiguous", |a| (a.ambiguous, a.evidence) = (1, Evidence::Stored), &[], &[]),
            (
                "service",
                |a| (a.account_type, a.evidence) = (AccountType::Service, Evidence::Stored),
                &[ServiceAccount],
                &[ServiceAccount],
            ),
            (
                "nobody knows whose",
                |a| (a.account_type, a.evidence) = (AccountType::Unknown, Evidence::Stored),
                &[LowConfidence],
                &[LowConfidence],
            ),
            (
                "medium confidence",
                |a| (a.confidence, a.evidence) = (Confidence::Medium, Evidence::Stored),
                &[LowConfidence],
                &[LowConfidence],
            ),
            (
                "hash of unknown kind",
                |a| (a.weak_hashes, a.confidence, a.evidence) = (3, Confidence::Medium, Evidence::Stored),
                &[LowConfidence, WeakHashOfUnknown],
                &[LowConfidence, WeakHashOfUnknown],
            ),
            ("hash of known kind", |a| (a.weak_hashes, a.evidence) = (3, Evidence::Stored), &[], &[]),
        ];
        for (name, change, caution, evidence) in table {
            let mut account = person();
            change(&mut account);
            for (policy, want) in [(Policy::Caution, *caution), (Policy::Evidence, *evidence)] {
                let action = if want.is_empty() { Action::ForceReset } else { Action::Review };
                assert_eq!(decide(&account, policy), (action, want.to_vec()), "{name}, {policy:?}");
            }
        }
    }

    /// Reports of one scan are compared byte by byte: the reasons come in one order.
    #[test]
    fn the_table_is_in_the_order_of_the_enumeration() {
        assert!(AGAINST.is_sorted_by_key(|(reason, _)| *reason));
    }
}
