//! What a handler is told of its session's times.

use axum_bare_session::{Duration, OffsetDateTime, SessionData, SessionInfo, Sessions};

use crate::support::{Browser, Setup};

/// When the session was created and last seen, how long it may be idle and how long it may last, as a request finds it.
async fn times(browser: &Browser) -> [Option<(OffsetDateTime, Duration)>; 2] {
    let visit = browser.begin().await;
    let session = &visit.session;
    let (created, seen) = (session.created_at(), session.last_seen());
    let (idle, absolute) = (session.idle_remaining(), session.absolute_remaining());
    let ends = session.expires_at();
    visit.finish().await;
    assert_eq!(ends.is_some(), created.is_some());
    [created.zip(absolute), seen.zip(idle)]
}

fn limited() -> Setup {
    Setup::configured(|builder| {
        builder
            .idle_timeout(Duration::hours(1))
            .absolute_timeout(Duration::hours(8))
            .touch_interval(Duration::minutes(6))
    })
}

#[tokio::test]
async fn a_session_tells_when_it_was_created_and_seen_and_what_is_left_of_both_limits() {
    let setup = limited();
    assert_eq!(times(&setup.browser()).await, [None, None]);
    let start = setup.clock.now();
    let browser = setup.visitor().await;
    let hour = Duration::HOUR;
    let created = |left| Some((start, left));
    assert_eq!(
        times(&browser).await,
        [created(8 * hour), Some((start, hour))]
    );
    for (minutes, before) in [(50, 0), (5, 50), (40, 50), (10, 95)] {
        setup.clock.advance(Duration::minutes(minutes));
        let left = start + 8 * hour - setup.clock.now();
        // Within a touch interval, the time of the last visit is not written.
        let seen = start + Duration::minutes(before);
        let expected = [created(left), Some((seen, hour))];
        assert_eq!(times(&browser).await, expected, "{minutes}");
    }
}

#[tokio::test]
async fn what_is_left_grows_less_while_a_handler_is_at_work_and_is_never_less_than_nothing() {
    let setup = limited();
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    let left = |session: &SessionData| {
        let (idle, absolute) = (session.idle_remaining(), session.absolute_remaining());
        (
            idle.unwrap().whole_minutes(),
            absolute.unwrap().whole_minutes(),
        )
    };
    setup.clock.advance(Duration::minutes(20));
    assert_eq!(left(&visit.session), (40, 460));
    setup.clock.advance(Duration::hours(1));
    assert_eq!(left(&visit.session), (0, 400));
    setup.clock.advance(Duration::hours(8));
    assert_eq!(left(&visit.session), (0, 0));
    visit.finish().await;
}

#[tokio::test]
async fn the_times_are_those_that_the_request_leaves_behind() {
    let setup = limited();
    let mut browser = setup.visitor().await;
    let start = setup.clock.now();
    setup.clock.advance(Duration::minutes(30));
    let visit = browser.begin().await;
    let session = &visit.session;
    assert_eq!(session.absolute_remaining(), Some(Duration::minutes(450)));
    session.log_in("ada").unwrap();
    assert_eq!(session.absolute_remaining(), Some(Duration::hours(8)));
    assert_eq!(session.created_at(), Some(start));
    session.remember(Duration::hours(3)).unwrap();
    assert_eq!(session.idle_remaining(), Some(Duration::hours(3)));
    let reply = visit.finish().await;
    browser.keep(&reply);

    setup.clock.advance(Duration::minutes(30));
    let visit = browser.begin().await;
    let session = &visit.session;
    assert_eq!(session.idle_remaining(), Some(Duration::hours(3)));
    assert_eq!(session.absolute_remaining(), Some(Duration::minutes(450)));
    session.log_out_keeping(["x"]).unwrap();
    assert_eq!(session.created_at(), Some(setup.clock.now()));
    assert_eq!(session.absolute_remaining(), Some(Duration::hours(8)));
    assert_eq!(session.idle_remaining(), Some(Duration::hours(1)));
    session.destroy();
    assert_eq!(session.created_at(), None);
    assert_eq!(session.idle_remaining(), None);
    visit.finish().await;
}

/// Near the absolute limit, and under limits that are shorter than those it was stored under.
#[tokio::test]
async fn a_list_tells_the_end_that_the_session_itself_tells() {
    let setup = limited();
    let browser = setup.user("ada").await;
    let listed = async |sessions: &Sessions| {
        let listed = sessions.list("ada").await.unwrap();
        listed
            .iter()
            .map(SessionInfo::expires_at)
            .collect::<Vec<_>>()
    };
    let shorter = Sessions::builder(setup.storage.clone()).clock(setup.clock.reader());
    let shorter = shorter.idle_timeout(Duration::minutes(15)).build().unwrap();
    let end = setup.clock.now() + Duration::minutes(15);
    assert_eq!(listed(&shorter).await, [end]);

    let end = setup.clock.now() + Duration::hours(8);
    for _ in 0..9 {
        setup.clock.advance(Duration::minutes(50));
        browser.begin().await.finish().await;
    }
    setup
        .clock
        .advance(Duration::minutes(29) + Duration::seconds(55));
    let visit = browser.begin().await;
    assert_eq!(visit.session.expires_at(), Some(end));
    visit.finish().await;
    assert_eq!(listed(&setup.sessions).await, [end]);
}

/// A session that is about to end is touched before the handler runs.
#[tokio::test]
async fn a_visitor_who_comes_at_the_last_moment_is_told_of_the_visit_before() {
    let setup = limited();
    let browser = setup.visitor().await;
    let start = setup.clock.now();
    setup
        .clock
        .advance(Duration::minutes(59) + Duration::seconds(30));
    let visit = browser.begin().await;
    assert_eq!(visit.session.last_seen(), Some(start));
    visit.session.insert("x", 2).unwrap();
    visit.session.save().await.unwrap();
    assert_eq!(visit.session.last_seen(), Some(setup.clock.now()));
    visit.finish().await;
}
