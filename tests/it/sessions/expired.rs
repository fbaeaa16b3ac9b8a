use axum_bare_session::Duration;

use super::{House, is_alive};

#[tokio::test]
async fn delete_expired_removes_what_has_expired_and_counts_it() {
    let house = House::new();
    for _ in 0..100 {
        house.browser().get("/count").await;
    }
    house.logged_in("ada").await;
    assert_eq!(house.sessions.delete_expired().await.unwrap(), 0);
    house
        .clock
        .advance(Duration::days(1) - Duration::MICROSECOND);
    let mut live = house.logged_in("bob").await;
    house.clock.advance(Duration::MICROSECOND);

    assert_eq!(house.storage.inner.len(), 102);
    assert_eq!(house.sessions.delete_expired().await.unwrap(), 101);
    assert_eq!(house.storage.inner.len(), 1);
    assert_eq!(house.sessions.delete_expired().await.unwrap(), 0);
    assert!(is_alive(&mut live).await);
}

#[tokio::test]
async fn delete_expired_keeps_what_was_touched_or_remembered() {
    let house = House::new();
    let mut touched = house.logged_in("ada").await;
    let mut remembered = house.browser();
    remembered.get("/remember/604800").await;
    let mut idle = house.logged_in("ada").await;
    house.clock.advance(Duration::hours(23));
    touched.get("/read").await;
    house.clock.advance(Duration::hours(1));
    assert_eq!(house.sessions.delete_expired().await.unwrap(), 1);
    assert!(is_alive(&mut touched).await);
    assert!(is_alive(&mut remembered).await);
    assert!(!is_alive(&mut idle).await);
}
