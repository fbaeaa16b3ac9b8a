//! A thief who has copied a cookie, and comes in any order with its owner.

use axum_bare_session::{Duration, SessionEventKind as Kind, SuspectedTheft};

use super::{INTERVAL, kinds, read, renewed, watched};
use crate::support::{Backend, on_each_storage};

/// Whoever is sent the successor uses it; the other comes when the grace time is over.
async fn whoever_comes_second_with_a_copied_secret_is_told<B: Backend>() {
    for answer in [SuspectedTheft::Refuse, SuspectedTheft::EndSession] {
        let (setup, mut events) = watched::<B>(|builder| builder.suspected_theft(answer)).await;
        let (second, mut first) = renewed(&setup).await;
        read(&mut first).await;
        setup.clock.advance(Duration::MINUTE);
        kinds(&mut events);
        assert!(!second.is_known().await);
        let ends = answer == SuspectedTheft::EndSession;
        let told = [Kind::SuspectedTheft, Kind::Revoked];
        assert_eq!(kinds(&mut events), told[..1 + usize::from(ends)]);
        assert_eq!(first.is_known().await, !ends);
        kinds(&mut events);
        assert!(!second.is_known().await, "however often");
    }
}

/// Both are sent the same successor, since nobody had used it; the next renewal tells them apart.
async fn two_who_share_a_successor_are_told_apart_by_the_next<B: Backend>() {
    for first_renews in [true, false] {
        let (setup, mut events) = watched::<B>(|builder| builder).await;
        let (mut one, mut two) = renewed(&setup).await;
        assert!(read(&mut one).await.is_some());
        assert_eq!(one.cookies, two.cookies);
        read(&mut one).await;
        read(&mut two).await;
        setup.clock.advance(INTERVAL);
        kinds(&mut events);
        let (quick, slow) = if first_renews {
            (&mut one, &two)
        } else {
            (&mut two, &one)
        };
        assert!(read(quick).await.is_some());
        read(quick).await;
        assert_eq!(kinds(&mut events), [Kind::Renewed]);
        setup.clock.advance(Duration::MINUTE);
        assert!(!slow.is_known().await);
        assert_eq!(kinds(&mut events), [Kind::SuspectedTheft]);
        assert!(quick.is_known().await);
    }
}

async fn a_thief_within_the_grace_time_reads_and_is_sent_nothing<B: Backend>() {
    let (setup, mut events) = watched::<B>(|builder| builder).await;
    let (mut thief, mut browser) = renewed(&setup).await;
    read(&mut browser).await;
    kinds(&mut events);
    for _ in 0..5 {
        setup.clock.advance(Duration::seconds(11));
        assert_eq!(read(&mut thief).await, None);
        assert_eq!(kinds(&mut events), []);
    }
    setup.clock.advance(Duration::seconds(5));
    assert!(!thief.is_known().await, "coming often prolongs nothing");
    assert_eq!(kinds(&mut events), [Kind::SuspectedTheft]);
}

/// In both orders of the two cookies.
async fn a_stale_cookie_beside_the_current_one_is_no_theft<B: Backend>() {
    for stale_first in [true, false] {
        let (setup, mut events) =
            watched::<B>(|builder| builder.suspected_theft(SuspectedTheft::EndSession)).await;
        let (former, mut browser) = renewed(&setup).await;
        read(&mut browser).await;
        setup.clock.advance(Duration::hours(1));
        kinds(&mut events);
        let (stale, current) = (former.cookie().unwrap(), browser.cookie().unwrap());
        let both = if stale_first {
            format!("{stale}; {current}")
        } else {
            format!("{current}; {stale}")
        };
        let visit = setup.browser().begin_with_cookie(&both).await;
        assert_eq!(visit.session.owner().as_deref(), Some("user:1"));
        visit.finish().await;
        assert!(!kinds(&mut events).contains(&Kind::SuspectedTheft));
        assert_eq!(setup.storage.stored().await, 1);
    }
}

on_each_storage! {
    whoever_comes_second_with_a_copied_secret_is_told
    two_who_share_a_successor_are_told_apart_by_the_next
    a_thief_within_the_grace_time_reads_and_is_sent_nothing
    a_stale_cookie_beside_the_current_one_is_no_theft
}
