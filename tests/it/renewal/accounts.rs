//! What a late request may bring into an account, and what it may not.

use axum_bare_session::SessionData;

use crate::support::{Backend, Work, on_each_storage};

/// Whatever a late request may do that is no renewal.
const LATE: [Work; 7] = [
    |s| s.insert("new", 9),
    |s| s.insert("kept", 9),
    |s| s.update("kept", add).map(drop),
    |s| s.update("new", add).map(drop),
    |s| {
        s.remove("kept");
        Ok(())
    },
    |s| s.take::<u8>("kept").map(drop),
    |s| {
        s.clear();
        Ok(())
    },
];

fn add(n: Option<u8>) -> u8 {
    n.unwrap_or(0) + 10
}

/// A late request does each of `LATE` while `switches` happen to a session that has `kept` at 1, of which `kept` at 2
/// is what stays.
async fn assert_shut_out<B: Backend>(switches: &[Work]) {
    for (index, late) in LATE.into_iter().enumerate() {
        let setup = B::setup().await;
        let mut browser = setup.browser();
        browser.visit(|s| s.insert("kept", 1)).await;
        let visit = browser.begin().await;
        late(&visit.session).unwrap();
        for switch in switches {
            browser.visit(*switch).await;
        }
        let reply = visit.finish().await;
        assert_eq!(reply.status, 200, "{index}");
        assert_eq!(reply.set_cookies(), [""; 0], "{index}");
        assert_eq!(browser.keys().await, ["kept"], "{index}");
        assert_eq!(browser.read("kept").await, Some(2), "{index}");
    }
}

async fn nothing_late_gets_into_an_account_whose_log_in_cleared_first<B: Backend>() {
    let clear_and_log_in: Work = |s| {
        s.clear();
        s.log_in("user:1")?;
        s.insert("kept", 2)
    };
    assert_shut_out::<B>(&[clear_and_log_in]).await;
}

async fn nothing_late_gets_past_two_log_ins_into_a_second_account<B: Backend>() {
    let second: Work = |s| {
        s.log_in("user:2")?;
        s.insert("kept", 2)
    };
    assert_shut_out::<B>(&[|s| s.log_in("user:1"), second]).await;
}

async fn nothing_late_gets_past_a_log_out_that_keeps<B: Backend>() {
    let log_in: Work = |s| {
        s.insert("kept", 2)?;
        s.log_in("user:1")
    };
    assert_shut_out::<B>(&[log_in, |s| s.log_out_keeping(["kept"])]).await;
    let alone: Work = |s| {
        s.insert("kept", 2)?;
        s.log_out_keeping(["kept"])
    };
    assert_shut_out::<B>(&[alone]).await;
}

async fn of_two_updates_of_the_cart_one_in_the_log_ins_handler_both_count<B: Backend>() {
    for log_in_first in [true, false] {
        let setup = B::setup().await;
        let mut browser = setup.visitor().await;
        let (log_in, other) = (browser.begin().await, browser.begin().await);
        let put = |item: &'static str| {
            move |session: &SessionData| {
                let push = move |cart: &mut Vec<String>| cart.push(item.to_owned());
                session.modify("cart", push)
            }
        };
        put("apple")(&log_in.session).unwrap();
        log_in.session.log_in("user:42").unwrap();
        put("pear")(&other.session).unwrap();
        let expected = if log_in_first {
            browser.keep(&log_in.finish().await);
            assert_eq!(other.finish().await.status, 200);
            ["apple", "pear"]
        } else {
            assert_eq!(other.finish().await.status, 200);
            browser.keep(&log_in.finish().await);
            ["pear", "apple"]
        };
        let cart = browser.read::<Vec<String>>("cart").await;
        assert_eq!(cart.unwrap(), expected);
    }
}

on_each_storage! {
    nothing_late_gets_into_an_account_whose_log_in_cleared_first
    nothing_late_gets_past_two_log_ins_into_a_second_account
    nothing_late_gets_past_a_log_out_that_keeps
    of_two_updates_of_the_cart_one_in_the_log_ins_handler_both_count
}
