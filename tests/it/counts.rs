use axum::Router;
use axum::routing::get;
use axum_bare_session::{Duration, SessionData, SessionError};

use crate::support::{Browser, Calls, Setup};

async fn assert_calls<T>(
    setup: &Setup,
    browser: &mut Browser,
    work: impl FnOnce(&SessionData) -> Result<T, SessionError>,
    calls: Calls,
) {
    setup.storage.take_calls();
    browser.visit(work).await;
    assert_eq!(setup.storage.take_calls(), calls);
}

fn none() -> Calls {
    Calls::default()
}

fn load() -> Calls {
    Calls { load: 1, ..none() }
}

fn save() -> Calls {
    Calls { save: 1, ..none() }
}

fn load_and_save() -> Calls {
    Calls { load: 1, ..save() }
}

fn load_and_touch() -> Calls {
    Calls { touch: 1, ..load() }
}

fn load_and_delete() -> Calls {
    Calls {
        delete: 1,
        ..load()
    }
}

fn read(session: &SessionData) -> Result<(), SessionError> {
    session.get::<u64>("x").map(|_| ())
}

#[tokio::test]
async fn ignoring_the_session_costs_no_call() {
    let setup = Setup::serving(Router::new().route("/ignore", get(async || ())));
    let mut browser = setup.visitor().await;
    browser.get("/ignore").await;
    assert_eq!(setup.storage.take_calls(), none());
}

#[tokio::test]
async fn without_a_limit_of_an_owners_sessions_nobody_asks_for_their_register() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    assert_calls(&setup, &mut browser, |s| s.log_in("ann"), load_and_save()).await;
    let log_out = |session: &SessionData| session.log_out_keeping(["x"]);
    assert_calls(&setup, &mut browser, log_out, load_and_save()).await;
}

#[tokio::test]
async fn a_malformed_cookie_costs_no_call_and_a_write_behind_it_one() {
    let setup = Setup::new();
    let mut browser = setup.browser();
    let garbage = ("__Host-Http-id".to_owned(), "garbage".to_owned());
    browser.cookies.extend([garbage]);
    assert_calls(&setup, &mut browser, read, none()).await;
    assert_calls(&setup, &mut browser, |s| s.insert("x", 1), save()).await;
}

#[tokio::test]
async fn reading_without_a_cookie_costs_no_call() {
    let setup = Setup::new();
    assert_calls(&setup, &mut setup.browser(), read, none()).await;
}

#[tokio::test]
async fn reading_costs_one_call() {
    let setup = Setup::new();
    assert_calls(&setup, &mut setup.visitor().await, read, load()).await;
}

#[tokio::test]
async fn a_new_session_costs_one_call() {
    let setup = Setup::new();
    let work = |session: &SessionData| {
        session.insert("x", 1)?;
        session.insert("y", 2)?;
        session.modify("x", |x: &mut u64| *x += 1)
    };
    assert_calls(&setup, &mut setup.browser(), work, save()).await;
}

#[tokio::test]
async fn modifying_costs_two_calls() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    assert_calls(&setup, &mut browser, |s| s.insert("x", 2), load_and_save()).await;
    let many = |session: &SessionData| {
        session.update("x", |x: Option<u64>| x.unwrap_or(0) + 1)?;
        session.insert("y", 1)?;
        session.renew()
    };
    assert_calls(&setup, &mut browser, many, load_and_save()).await;
}

#[tokio::test]
async fn logging_in_costs_two_calls_with_a_session_and_one_without() {
    let setup = Setup::new();
    let log_in = |session: &SessionData| {
        session.insert("theme", "dark")?;
        session.remember(Duration::days(7))?;
        session.log_in("user:42")
    };
    let mut visitor = setup.visitor().await;
    assert_calls(&setup, &mut visitor, log_in, load_and_save()).await;
    assert_calls(&setup, &mut setup.browser(), log_in, save()).await;
}

#[tokio::test]
async fn logging_out_costs_at_most_two_calls() {
    let setup = Setup::new();
    let log_out = |session: &SessionData| {
        session.destroy();
        Ok(())
    };
    let mut user = setup.user("user:42").await;
    assert_calls(&setup, &mut user, log_out, load_and_delete()).await;
    assert_calls(&setup, &mut user, log_out, none()).await;
    assert_calls(&setup, &mut setup.browser(), log_out, none()).await;
}

#[tokio::test]
async fn logging_out_with_a_flash_message_costs_three_calls() {
    let setup = Setup::new();
    let mut user = setup.user("user:42").await;
    let work = |session: &SessionData| {
        session.destroy();
        session.insert("flash", "bye")
    };
    let calls = Calls {
        save: 1,
        ..load_and_delete()
    };
    assert_calls(&setup, &mut user, work, calls).await;
}

#[tokio::test]
async fn inserting_an_equal_value_costs_the_load_only() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    assert_calls(&setup, &mut browser, |s| s.insert("x", 1), load()).await;
    let same = |session: &SessionData| session.update("x", |x: Option<u64>| x.unwrap_or(0));
    assert_calls(&setup, &mut browser, same, load()).await;
    let there_and_back = |session: &SessionData| {
        session.insert("x", 2)?;
        session.insert("x", 1)
    };
    assert_calls(&setup, &mut browser, there_and_back, load()).await;
}

#[tokio::test]
async fn a_touch_costs_one_call_more_at_most_once_per_touch_interval() {
    let interval = Duration::minutes(5);
    let setup = Setup::configured(|builder| builder.touch_interval(interval));
    let mut browser = setup.visitor().await;
    for _ in 0..3 {
        setup.clock.advance(interval - Duration::SECOND);
        assert_calls(&setup, &mut browser, read, load()).await;
        setup.clock.advance(Duration::SECOND);
        assert_calls(&setup, &mut browser, read, load_and_touch()).await;
        assert_calls(&setup, &mut browser, read, load()).await;
    }
}

#[tokio::test]
async fn a_write_touches_without_a_call_of_its_own() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    setup.clock.advance(Duration::hours(20));
    assert_calls(&setup, &mut browser, |s| s.insert("x", 2), load_and_save()).await;
    setup.clock.advance(Duration::hours(20));
    assert_calls(&setup, &mut browser, read, load_and_touch()).await;
    assert_eq!(browser.read("x").await, Some(2));
}

#[tokio::test]
async fn a_destroyed_session_is_not_touched() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    setup.clock.advance(Duration::hours(20));
    let log_out = |session: &SessionData| {
        session.destroy();
        Ok(())
    };
    assert_calls(&setup, &mut browser, log_out, load_and_delete()).await;
}

#[tokio::test]
async fn two_extractors_of_one_request_load_once() {
    async fn twice(one: SessionData, two: Option<SessionData>, three: SessionData) -> String {
        one.insert("y", 2).unwrap();
        assert_eq!(two.unwrap().get::<u64>("y").unwrap(), Some(2));
        three.len().to_string()
    }
    let setup = Setup::serving(Router::new().route("/twice", get(twice)));
    let mut browser = setup.visitor().await;
    assert_eq!(browser.get("/twice").await.body, "2");
    assert_eq!(setup.storage.take_calls(), load_and_save());
}

#[tokio::test]
async fn an_unknown_cookie_costs_one_load_for_each_request_that_reads() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let cookie = browser.cookies.clone();
    let log_out = |session: &SessionData| {
        session.destroy();
        Ok(())
    };
    browser.visit(log_out).await;
    browser.cookies = cookie;
    assert_calls(&setup, &mut browser, read, load()).await;
    assert_calls(&setup, &mut browser, |s| s.insert("x", 1), load_and_save()).await;
    assert_calls(&setup, &mut browser, read, load()).await;
}
