//! A stamp that one process changes while another one holds the session in memory.

use std::time::Duration;

use tokio::time::advance;

use super::house::House;

/// The password was changed at the other node, by a request of this very session that was ahead of this one.
#[tokio::test(start_paused = true)]
async fn a_stamp_that_a_node_has_not_heard_of_ends_no_session() {
    let house = House::new();
    let mut at_a = house.user().await;
    at_a.visit(|session| session.set_stamp("one")).await;
    let at_b = house.b.receives(&at_a);
    let overtaken = at_b.begin().await;
    at_a.visit(|session| session.set_stamp("two")).await;
    at_a.visit(|session| session.set_stamp("three")).await;
    assert!(overtaken.session.check_stamp("three").await.is_err());
    overtaken.finish().await;
    advance(Duration::from_secs(1)).await;
    assert!(at_a.is_known().await);
    let current = at_a.begin().await;
    assert!(current.session.check_stamp("three").await.is_ok());
}
