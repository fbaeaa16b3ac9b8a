use super::{NAME, house, live, read};
use crate::support::{Log, Setup, id_of};

fn line(values: &[&str]) -> String {
    let pairs: Vec<_> = values.iter().map(|v| format!("{NAME}={v}")).collect();
    pairs.join("; ")
}

/// Well-formed values that open nothing.
async fn dead(browser: &crate::support::Browser, count: usize) -> Vec<String> {
    let mut dead = Vec::new();
    for _ in 0..count {
        let mut visitor = browser.clone();
        visitor.cookies.clear();
        visitor.get("/count").await;
        dead.push(visitor.cookies[NAME].clone());
        visitor.get("/log_out").await;
    }
    dead
}

#[tokio::test]
async fn the_same_cookie_twice_opens_its_session() {
    let (browser, _) = house();
    let live = live(&browser, 3).await;
    assert_eq!(read(&browser, &[line(&[&live, &live])]).await.body, "3");
    let lines = [line(&[&live]), line(&[&live])];
    assert_eq!(read(&browser, &lines).await.body, "3");
}

#[tokio::test]
async fn a_dead_cookie_beside_a_live_one_changes_nothing_in_either_order() {
    let (browser, _) = house();
    let live = live(&browser, 3).await;
    let dead = dead(&browser, 3).await;
    let [a, b, c] = [&*dead[0], &*dead[1], &*dead[2]];
    for values in [
        [&live, a, b, c],
        [a, &live, b, c],
        [a, b, &live, c],
        [a, b, c, &live],
    ] {
        assert_eq!(read(&browser, &[line(&values)]).await.body, "3");
        let lines: Vec<_> = values.iter().map(|value| line(&[value])).collect();
        assert_eq!(read(&browser, &lines).await.body, "3");
    }
}

#[tokio::test]
async fn a_planted_cookie_with_our_id_and_another_secret_changes_nothing_in_either_order() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let (browser, _) = house();
    let live = live(&browser, 3).await;
    let planted = [&id_of(&live).as_bytes()[..], &[7; 32]].concat();
    let planted = URL_SAFE_NO_PAD.encode(planted);
    for values in [[&live, &planted], [&planted, &live]] {
        let values = values.map(String::as_str);
        assert_eq!(read(&browser, &[line(&values)]).await.body, "3");
    }
}

#[tokio::test]
async fn two_different_live_cookies_open_neither_session_in_either_order() {
    let (browser, _) = house();
    let (one, two) = (live(&browser, 1).await, live(&browser, 2).await);
    let dead = dead(&browser, 1).await;
    for values in [
        vec![&one, &two],
        vec![&two, &one],
        vec![&one, &one, &two],
        vec![&one, &dead[0], &two],
        vec![&one, &two, &one],
    ] {
        let values: Vec<_> = values.into_iter().map(String::as_str).collect();
        let log = Log::new();
        let reply = read(&browser, &[line(&values)]).await;
        assert_eq!(reply.body, "none");
        assert_eq!(reply.set_cookie(), None);
        let text = log.text();
        assert!(text.contains("several live sessions"), "{text}");
        for id in [id_of(&one), id_of(&two)] {
            assert!(text.contains(&id.to_string()), "{text}");
        }
    }
    // Each alone still opens its own.
    assert_eq!(read(&browser, &[line(&[&one])]).await.body, "1");
    assert_eq!(read(&browser, &[line(&[&two])]).await.body, "2");
}

#[tokio::test]
async fn what_is_written_under_two_live_cookies_goes_into_a_third_session() {
    let (browser, storage) = house();
    let (one, two) = (live(&browser, 1).await, live(&browser, 2).await);
    let cookies = line(&[&one, &two]);
    let reply = browser
        .get_with_cookies("/count", &[cookies.as_bytes()])
        .await;
    assert_eq!(reply.body, "1");
    let third = reply.set_cookie().unwrap().value;
    assert!(![id_of(&one), id_of(&two)].contains(&id_of(&third)));
    assert_eq!(storage.inner.len(), 3);
    assert_eq!(read(&browser, &[line(&[&one])]).await.body, "1");
    assert_eq!(read(&browser, &[line(&[&two])]).await.body, "2");
}

#[tokio::test]
async fn logging_out_under_two_live_cookies_ends_both_and_removes_ours() {
    let (browser, storage) = house();
    let (one, two) = (live(&browser, 1).await, live(&browser, 2).await);
    let cookies = line(&[&one, &two]);
    let reply = browser
        .get_with_cookies("/log_out", &[cookies.as_bytes()])
        .await;
    assert_eq!(reply.set_cookie().unwrap().value, "");
    assert_eq!(storage.inner.len(), 0);
}

#[tokio::test]
async fn logging_in_under_two_live_cookies_ends_both_and_traps_nobody() {
    let (browser, storage) = house();
    let (one, two) = (live(&browser, 1).await, live(&browser, 2).await);
    let cookies = line(&[&one, &two]);
    let reply = browser
        .get_with_cookies("/log_in/ada", &[cookies.as_bytes()])
        .await;
    let new = reply.set_cookie().unwrap().value;
    assert_eq!(storage.inner.len(), 1);
    // The browser goes on sending one of the dead ones beside it.
    assert_eq!(read(&browser, &[line(&[&one, &new])]).await.body, "0");
}

/// The two that end are deleted in the save of the log-in.
#[tokio::test]
async fn who_logs_in_under_two_live_cookies_keeps_the_third_session_that_was_saved_before() {
    let setup = Setup::new();
    let (one, two) = (setup.visitor().await, setup.visitor().await);
    let browser = setup.browser();
    let [one, two] = [&one, &two].map(|browser| browser.cookies[NAME].clone());
    let visit = browser.begin_with_cookie(&line(&[&one, &two])).await;
    visit.session.insert("y", 1).unwrap();
    visit.session.save().await.unwrap();
    visit.session.log_in("ada").unwrap();
    visit.session.save().await.unwrap();
    assert_eq!(visit.session.owner().as_deref(), Some("ada"));
    let mut browser = browser;
    browser.keep(&visit.finish().await);
    assert_eq!(browser.keys().await, ["y"]);
    assert_eq!(setup.storage.inner.len(), 1);
}

#[tokio::test]
async fn of_more_than_four_well_formed_cookies_the_first_four_are_tried() {
    let (browser, storage) = house();
    let live = live(&browser, 3).await;
    let dead = dead(&browser, 9).await;
    let dead: Vec<_> = dead.iter().map(String::as_str).collect();
    storage.take_calls();

    let fourth = [&dead[..3], &[&live], &dead[3..]].concat();
    assert_eq!(read(&browser, &[line(&fourth)]).await.body, "3");
    assert_eq!(storage.take_calls().load, 4);

    let fifth = [&dead[..4], &[&live], &dead[4..]].concat();
    assert_eq!(read(&browser, &[line(&fifth)]).await.body, "none");
    assert_eq!(storage.take_calls().load, 4);
}

#[tokio::test]
async fn the_limit_of_four_counts_over_all_cookie_lines() {
    let (browser, storage) = house();
    let dead = dead(&browser, 6).await;
    storage.take_calls();
    let lines: Vec<_> = dead.iter().map(|value| line(&[value])).collect();
    read(&browser, &lines).await;
    assert_eq!(storage.take_calls().load, 4);
}

/// Two live sessions stay, and so does the visitor without any.
#[tokio::test]
async fn a_log_in_under_two_live_cookies_that_is_taken_back_ends_none() {
    let setup = Setup::new();
    let (one, two) = (setup.visitor().await, setup.visitor().await);
    let values = [&one, &two].map(|browser| browser.cookies[NAME].clone());
    let cookies = line(&[&values[0], &values[1]]);
    let visit = setup.browser().begin_with_cookie(&cookies).await;
    visit.session.log_in("ada").unwrap();
    visit.session.revert();
    assert_eq!(visit.finish().await.set_cookies(), [""; 0]);
    assert!(one.is_known().await && two.is_known().await);
}
