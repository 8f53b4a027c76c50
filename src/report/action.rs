//! What to do with an account, and what speaks against resetting it without a person looking.

use serde::{Deserialize, Serialize};

use crate::tally::AccountTally;
use crate::terms::{AccountType, Action, ActionReason, Confidence, Evidence};

/// How much it takes to reset a password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// An abundance of caution: a password that may be right is reset.
    #[default]
    Caution,
    /// Only a password that the log shows to be right is.
    Evidence,
}

impl Policy {
    /// The name that the report writes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Caution => "caution",
            Self::Evidence => "evidence",
        }
    }

    /// The policy of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Caution, Self::Evidence].into_iter().find(|policy| policy.name() == name)
    }
}

/// Whether a reason speaks against resetting the account.
type Speaks = fn(&AccountTally, Policy) -> bool;

/// Each reason with when it speaks, for people and as a test over all exposures of the account. No reason, no review.
///
/// One exposure that was not rejected is enough to reset, and so is one that names the account without doubt, and one
/// since the last change of the password: the other exposures do not make that password safe.
const AGAINST: &[(ActionReason, &str, Speaks)] = &[
    (
        ActionReason::LoginFailed,
        "the authenticator rejected every exposed password that was not changed since",
        |account, _| account.open == 0 && account.failures > 0,
    ),
    (ActionReason::AmbiguousAccount, "every exposure fits other accounts as well", |account, _| {
        account.ambiguous == account.exposures
    }),
    (ActionReason::NotOurs, "the account is not in the file of `--accounts`", |account, _| {
        account.known == Some(false)
    }),
    (
        ActionReason::Superseded,
        "every exposed password that was not rejected was changed since, by `changed_at` in the file of `--accounts`; \
         where the time of the log was written without its zone or year, at least 26 hours after it",
        |account, _| account.open == 0 && account.superseded > 0,
    ),
    (ActionReason::ServiceAccount, "a program logs in by it: a reset would stop the program", |account, _| {
        account.account_type == AccountType::Service
    }),
    // Not being sure that the account is a person's is one way of not being sure.
    (
        ActionReason::LowConfidence,
        "confidence is below high, or nobody can tell whether the account is a person's",
        |account, _| account.confidence < Confidence::High || account.account_type == AccountType::Unknown,
    ),
    (
        ActionReason::UnauthenticatedClaim,
        "policy `evidence` only: no exposure that could still be used is `stored` or `authenticated`",
        |account, policy| {
            let evidence = if account.open > 0 { account.open_evidence } else { account.evidence };
            policy == Policy::Evidence && evidence == Evidence::Claimed
        },
    ),
    (
        ActionReason::SuspectedStuffing,
        "every exposure that speaks for a reset was typed by a client (an address or its network, IPv4 /24, IPv6 /64) that \
         tried at least 20 accounts and was rejected in at least three quarters of its attempts",
        |account, _| account.suspected,
    ),
    // A hash that names its kind is reported with high confidence.
    (ActionReason::WeakHashOfUnknown, "nothing but weak hashes whose kind the log does not tell", |account, _| {
        account.weak_hashes == account.exposures && account.confidence < Confidence::High
    }),
];

/// The action for an account, with the reasons against a reset in the order of the enumeration.
pub(super) fn decide(account: &AccountTally, policy: Policy) -> (Action, Vec<ActionReason>) {
    let reasons: Vec<ActionReason> =
        AGAINST.iter().filter(|(_, _, speaks)| speaks(account, policy)).map(|(reason, ..)| *reason).collect();
    let action = if reasons.is_empty() { Action::ForceReset } else { Action::Review };
    (action, reasons)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ActionReason::*;

    type Change = fn(&mut AccountTally);

    /// What differs from an account of a person, surely exposed three times in clear, typed by a client; and what comes
    /// of it under either policy.
    const CASES: &[(&str, Change, &[ActionReason], &[ActionReason])] = &[
        ("typed by a client, nothing shows that it was right", |_| {}, &[], &[UnauthenticatedClaim]),
        ("accepted by the authenticator (`authenticated`)", |a| evidence(a, Evidence::Authenticated), &[], &[]),
        ("written by the system itself (`stored`)", |a| evidence(a, Evidence::Stored), &[], &[]),
        ("every login failed", |a| (a.failures, a.open) = (3, 0), &[LoginFailed], &[LoginFailed, UnauthenticatedClaim]),
        ("one login did not fail", |a| (a.failures, a.open) = (2, 1), &[], &[UnauthenticatedClaim]),
        (
            "every exposure fits several accounts",
            |a| {
                evidence(a, Evidence::Stored);
                a.ambiguous = 3;
            },
            &[AmbiguousAccount],
            &[AmbiguousAccount],
        ),
        (
            "one exposure fits several accounts",
            |a| {
                evidence(a, Evidence::Stored);
                a.ambiguous = 1;
            },
            &[],
            &[],
        ),
        (
            "known, `stored`",
            |a| {
                evidence(a, Evidence::Stored);
                a.known = Some(true);
            },
            &[],
            &[],
        ),
        (
            "not known, `stored`",
            |a| {
                evidence(a, Evidence::Stored);
                a.known = Some(false);
            },
            &[NotOurs],
            &[NotOurs],
        ),
        (
            "password changed after every exposure, `stored`",
            |a| {
                a.evidence = Evidence::Stored;
                (a.superseded, a.open) = (3, 0);
            },
            &[Superseded],
            &[Superseded],
        ),
        (
            "password changed before the last exposure, `stored`",
            |a| {
                evidence(a, Evidence::Stored);
                (a.superseded, a.open) = (2, 1);
            },
            &[],
            &[],
        ),
        (
            "`stored` before the change of the password, only typed after it",
            |a| {
                a.evidence = Evidence::Stored;
                (a.superseded, a.open) = (2, 1);
            },
            &[],
            &[UnauthenticatedClaim],
        ),
        (
            "changed after two exposures, and the third login failed",
            |a| (a.superseded, a.failures, a.open) = (2, 1, 0),
            &[LoginFailed, Superseded],
            &[LoginFailed, Superseded, UnauthenticatedClaim],
        ),
        (
            "a program's account, `stored`",
            |a| {
                evidence(a, Evidence::Stored);
                a.account_type = AccountType::Service;
            },
            &[ServiceAccount],
            &[ServiceAccount],
        ),
        (
            "nobody can tell whether a person's, `stored`",
            |a| {
                evidence(a, Evidence::Stored);
                a.account_type = AccountType::Unknown;
            },
            &[LowConfidence],
            &[LowConfidence],
        ),
        (
            "medium confidence, `stored`",
            |a| {
                evidence(a, Evidence::Stored);
                a.confidence = Confidence::Medium;
            },
            &[LowConfidence],
            &[LowConfidence],
        ),
        (
            "typed by a client suspected of stuffing, not rejected",
            |a| a.suspected = true,
            &[SuspectedStuffing],
            &[UnauthenticatedClaim, SuspectedStuffing],
        ),
        (
            "rejected, typed by a client suspected of stuffing",
            |a| (a.failures, a.open, a.suspected) = (3, 0, true),
            &[LoginFailed, SuspectedStuffing],
            &[LoginFailed, UnauthenticatedClaim, SuspectedStuffing],
        ),
        (
            "accepted from a client suspected of stuffing: probably a takeover, `critical`",
            |a| {
                evidence(a, Evidence::Authenticated);
                a.severity = crate::terms::Severity::Critical;
            },
            &[],
            &[],
        ),
        (
            "weak hashes of unknown kind, `stored`",
            |a| {
                evidence(a, Evidence::Stored);
                (a.weak_hashes, a.confidence) = (3, Confidence::Medium);
            },
            &[LowConfidence, WeakHashOfUnknown],
            &[LowConfidence, WeakHashOfUnknown],
        ),
        (
            "weak hashes of known kind, `stored`",
            |a| {
                evidence(a, Evidence::Stored);
                a.weak_hashes = 3;
            },
            &[],
            &[],
        ),
    ];

    fn evidence(account: &mut AccountTally, evidence: Evidence) {
        (account.evidence, account.open_evidence) = (evidence, evidence);
    }

    fn person() -> AccountTally {
        let mut account = AccountTally::default();
        (account.account_type, account.confidence) = (AccountType::User, Confidence::High);
        (account.exposures, account.open) = (3, 3);
        account
    }

    /// The whole decision.
    #[test]
    fn each_reason_speaks_for_itself() {
        for (name, change, caution, evidence) in CASES {
            let mut account = person();
            change(&mut account);
            for (policy, want) in [(Policy::Caution, *caution), (Policy::Evidence, *evidence)] {
                let action = if want.is_empty() { Action::ForceReset } else { Action::Review };
                assert_eq!(decide(&account, policy), (action, want.to_vec()), "{name}, {policy:?}");
            }
        }
        for (reason, ..) in AGAINST {
            assert!(CASES.iter().any(|(.., evidence)| evidence.contains(reason)), "no case shows {reason:?}");
        }
    }

    /// Reports of one scan are compared byte by byte: the reasons come in one order.
    #[test]
    fn the_table_is_in_the_order_of_the_enumeration() {
        assert!(AGAINST.is_sorted_by_key(|(reason, ..)| *reason));
    }

    /// `docs/actions.md` is what is decided. Where it is not, this prints what it should say.
    #[test]
    fn the_written_table_is_the_one_that_decides() {
        let mut tables = String::from("| reason | speaks against a reset when |\n|---|---|\n");
        for (reason, when, _) in AGAINST {
            tables += &format!("| `{}` | {when} |\n", reason.name());
        }
        tables += "\n| the exposures of the account | `--policy caution` | `--policy evidence` |\n|---|---|---|\n";
        for (case, change, ..) in CASES {
            let mut account = person();
            change(&mut account);
            let cell = |policy| {
                let (action, reasons) = decide(&account, policy);
                let reasons: Vec<String> = reasons.iter().map(|reason| format!("`{}`", reason.name())).collect();
                let why = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join(", ")) };
                format!("{}{why}", action.name())
            };
            tables += &format!("| {case} | {} | {} |\n", cell(Policy::Caution), cell(Policy::Evidence));
        }
        let page = include_str!("../../docs/actions.md");
        assert!(page.contains(&tables), "docs/actions.md should hold:\n\n{tables}");
    }
}
