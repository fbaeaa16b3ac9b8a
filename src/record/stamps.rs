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

    /// These with another one, and without all but the one that is known to be the account's by now; the latest, if
    /// none is known to be. A change that failed between its two writes has left one that never was the account's.
    pub(crate) fn followed_by(&self, stamp: Digest, confirmed: Option<Digest>) -> Self {
        let confirmed = confirmed.filter(|confirmed| self.contain(confirmed));
        let former = confirmed.or(self.as_slice().last().copied());
        let former = former.filter(|former| *former != stamp);
        former.into_iter().chain([stamp]).collect()
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
        let stamps = Stamps::default().followed_by(one, None);
        assert_eq!(stamps.as_slice(), [one]);
        assert_eq!(stamps.followed_by(one, None), stamps);
        let stamps = stamps.followed_by(two, None);
        assert_eq!(stamps.as_slice(), [one, two]);
        assert_eq!(stamps.followed_by(three, None).as_slice(), [two, three]);
    }

    #[test]
    fn the_one_that_is_the_accounts_holds_beside_the_latest() {
        let [one, two, three] = [b"1", b"2", b"3"].map(|stamp| Stamps::digest(stamp));
        let stamps: Stamps = [one, two].into_iter().collect();
        assert_eq!(
            stamps.followed_by(three, Some(one)).as_slice(),
            [one, three]
        );
        assert_eq!(stamps.followed_by(two, Some(one)), stamps);
        assert_eq!(stamps.followed_by(one, Some(one)).as_slice(), [one]);
        let another_log_ins = stamps.followed_by(one, Some(three));
        assert_eq!(another_log_ins.as_slice(), [two, one]);
    }

    #[test]
    fn what_is_stored_is_not_the_plain_digest_of_a_stamp() {
        let plain: [u8; 32] = Sha256::digest(b"stamp").into();
        assert_ne!(Stamps::digest(b"stamp"), Digest::from(plain));
    }
}
