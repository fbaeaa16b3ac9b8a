use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::Digest;

/// Stands before what is stamped, so that its digest is none of a session's secret.
const DOMAIN: &str = "axum-bare-session: stamp\0";

/// The digests of what the owner proved themselves by, a password's hash for example: of the latest, and of the one
/// before it, as a change takes two writes, the session's and then the account's, between which both must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Stamps(Option<Arc<[Digest]>>);

impl Stamps {
    pub(crate) fn digest(stamp: &[u8]) -> Digest {
        let digest = Sha256::new().chain_update(DOMAIN).chain_update(stamp);
        Digest::from(<[u8; 32]>::from(digest.finalize()))
    }

    pub(crate) fn as_slice(&self) -> &[Digest] {
        self.0.as_deref().unwrap_or_default()
    }

    pub(crate) fn contain(&self, stamp: &Digest) -> bool {
        self.as_slice().contains(stamp)
    }

    /// These with another one, and without all but the latest.
    pub(crate) fn followed_by(&self, stamp: Digest) -> Self {
        let former = self.as_slice().last().filter(|former| **former != stamp);
        former.copied().into_iter().chain([stamp]).collect()
    }
}

impl FromIterator<Digest> for Stamps {
    fn from_iter<I: IntoIterator<Item = Digest>>(digests: I) -> Self {
        let digests: Arc<[Digest]> = digests.into_iter().collect();
        Self(Some(digests).filter(|digests| !digests.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_and_the_one_before_it_hold() {
        let [one, two, three] = [b"1", b"2", b"3"].map(|stamp| Stamps::digest(stamp));
        let stamps = Stamps::default().followed_by(one);
        assert_eq!(stamps.as_slice(), [one]);
        assert_eq!(stamps.followed_by(one), stamps);
        let stamps = stamps.followed_by(two);
        assert!(stamps.contain(&one) && stamps.contain(&two));
        let stamps = stamps.followed_by(three);
        assert!(!stamps.contain(&one) && stamps.contain(&two) && stamps.contain(&three));
    }

    #[test]
    fn what_is_stored_is_not_the_plain_digest_of_a_stamp() {
        let plain: [u8; 32] = Sha256::digest(b"stamp").into();
        assert_ne!(Stamps::digest(b"stamp"), Digest::from(plain));
    }
}
