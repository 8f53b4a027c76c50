//! The names that a report gives: ordinals of equal exposures, and subject identifiers of RFC 9493.

use rustc_hash::FxHashMap;

use super::schema::SubId;
use crate::tally::Listed;
use crate::terms::IdentityKind;

/// Numbers equal exposures of one account from 0, in the order of place and offset.
///
/// Bounded memory gives exact ordinals here: equal exposures have the same account, and an account lists the *least* of
/// its exposures by place and offset. Whatever equals a listed exposure and comes before it is less than it, so it is
/// listed as well, and counting along the list counts them all. Exposures of nobody are capped by file, so the same
/// holds within a file; over several files the ordinal counts the listed ones, which still tells them apart and is the
/// same in every scan of the same files under the same cap. Each `--source` counts for itself, since it is a part of the
/// id: what is merged keeps its ids.
///
/// The hash is quick and needs no seed: what it hashes are digests already.
#[derive(Default)]
pub(super) struct Ordinals<'a>(FxHashMap<Equal<'a>, u32>);

/// What equal exposures of one account share: source, time and record.
type Equal<'a> = (Option<&'a str>, Option<i64>, [u8; 16]);

impl<'a> Ordinals<'a> {
    pub(super) fn next(&mut self, listed: &'a Listed) -> u32 {
        let seen = self.0.entry((listed.place.source(), listed.logged_at, listed.record)).or_default();
        let ordinal = *seen;
        *seen = seen.saturating_add(1);
        ordinal
    }
}

/// The subject identifier of one identity. A user name says whose it is only together with the system that knows it,
/// so it is `iss_sub` where the realm is a URL; RFC 9493 has nothing else for names and ids than `opaque`.
pub(super) fn sub_id<'a>(kind: IdentityKind, identity: &'a str, realm: Option<&'a str>) -> SubId<'a> {
    let identity = identity.into();
    match kind {
        IdentityKind::Email => SubId::Email { email: identity },
        IdentityKind::PhoneNumber => SubId::PhoneNumber { phone_number: identity },
        IdentityKind::Username => match realm.filter(|realm| is_url(realm)) {
            Some(iss) => SubId::IssSub { iss: iss.into(), sub: identity },
            None => SubId::Opaque { id: identity },
        },
        IdentityKind::Dn | IdentityKind::UserId => SubId::Opaque { id: identity },
    }
}

fn is_url(realm: &str) -> bool {
    realm.starts_with("https://") || realm.starts_with("http://")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9493 formats by kind: a user name is `iss_sub` only under a realm that is a URL, an id never is.
    #[test]
    fn subject_identifiers_follow_rfc_9493() {
        let url = Some("https://idp.example.com");
        for (kind, realm, want) in [
            (IdentityKind::Email, url, SubId::Email { email: "x".into() }),
            (IdentityKind::PhoneNumber, None, SubId::PhoneNumber { phone_number: "x".into() }),
            (IdentityKind::Username, None, SubId::Opaque { id: "x".into() }),
            (IdentityKind::Username, Some("corp"), SubId::Opaque { id: "x".into() }),
            (IdentityKind::Username, url, SubId::IssSub { iss: "https://idp.example.com".into(), sub: "x".into() }),
            (IdentityKind::UserId, url, SubId::Opaque { id: "x".into() }),
            (IdentityKind::Dn, url, SubId::Opaque { id: "x".into() }),
        ] {
            assert_eq!(sub_id(kind, "x", realm), want, "{kind:?} in {realm:?}");
        }
    }
}
