use axum_bare_session::{
    ConfigError, Duration, MemorySessionStorage, Sessions, SessionsBuilder, Timeouts,
};

use super::build;

const HOUR: Duration = Duration::HOUR;

#[test]
fn a_limit_is_at_least_a_second() {
    let less = [
        Duration::ZERO,
        -HOUR,
        Duration::MIN,
        Duration::milliseconds(999),
    ];
    for less in less {
        let refused = |idle, absolute| Err(ConfigError::Timeout { idle, absolute });
        let month = Duration::days(30);
        assert_eq!(build(|b| b.idle_timeout(less)), refused(less, month));
        assert_eq!(build(|b| b.absolute_timeout(less)), refused(less, less));
        let both = build(|b| b.timeouts(Timeouts::new(less, less)));
        assert_eq!(both, refused(less, less));
    }
    let second = Timeouts::new(Duration::SECOND, Duration::SECOND);
    assert_eq!(build(|b| b.timeouts(second)), Ok(()));
    let longest = Timeouts::new(Duration::MAX, Duration::MAX);
    assert_eq!(build(|b| b.timeouts(longest)), Ok(()));
}

#[test]
fn an_idle_limit_longer_than_the_absolute_one_is_refused() {
    let inverted = |idle, absolute| Err(ConfigError::IdleLongerThanAbsolute { idle, absolute });
    let both = |idle, absolute| build(|b| b.idle_timeout(idle).absolute_timeout(absolute));
    for idle in [2 * HOUR, HOUR + Duration::NANOSECOND] {
        assert_eq!(both(idle, HOUR), inverted(idle, HOUR));
    }
    assert_eq!(both(HOUR, HOUR), Ok(()));
    // Longer than the thirty days that stand for the absolute limit.
    let month = Duration::days(30);
    let longer = month + Duration::DAY;
    assert_eq!(build(|b| b.idle_timeout(longer)), inverted(longer, month));
    assert_eq!(build(|b| b.idle_timeout(Duration::days(30))), Ok(()));
}

#[test]
fn each_limit_may_be_set_alone() {
    let shown = |sessions: Sessions| format!("{sessions:?}");
    let builder = || Sessions::builder(MemorySessionStorage::new());
    let idle = shown(builder().idle_timeout(HOUR).build().unwrap());
    let expected = Timeouts::new(HOUR, Duration::days(30));
    assert!(idle.contains(&format!("{expected:?}")), "{idle}");

    let absolute = shown(builder().absolute_timeout(HOUR).build().unwrap());
    let expected = Timeouts::new(HOUR, HOUR);
    assert!(absolute.contains(&format!("{expected:?}")), "{absolute}");

    let long = shown(builder().absolute_timeout(90 * 24 * HOUR).build().unwrap());
    let expected = Timeouts::new(24 * HOUR, 90 * 24 * HOUR);
    assert!(long.contains(&format!("{expected:?}")), "{long}");
}

#[test]
fn a_touch_interval_is_shorter_than_the_idle_limit_and_not_negative() {
    let every = |interval| build(|b| b.idle_timeout(HOUR).touch_interval(interval));
    let refused = |interval| {
        let idle = HOUR;
        Err(ConfigError::TouchInterval { interval, idle })
    };
    for interval in [HOUR, 2 * HOUR, -Duration::NANOSECOND] {
        assert_eq!(every(interval), refused(interval));
    }
    assert_eq!(every(HOUR - Duration::NANOSECOND), Ok(()));
    assert_eq!(every(Duration::ZERO), Ok(()));
    // Also against an idle limit that follows from the absolute one.
    let derived = build(|b| b.absolute_timeout(HOUR).touch_interval(HOUR));
    assert_eq!(derived, refused(HOUR));
}

#[test]
fn a_storage_has_some_time_to_answer() {
    for bad in [Duration::ZERO, -Duration::NANOSECOND, Duration::MIN] {
        let refused = build(|b| b.storage_timeout(bad));
        assert_eq!(refused, Err(ConfigError::StorageTimeout { timeout: bad }));
    }
    for good in [Duration::NANOSECOND, Duration::MAX] {
        assert_eq!(build(|b| b.storage_timeout(good)), Ok(()), "{good}");
    }
}

#[test]
fn any_number_of_bytes_but_none_may_bound_a_session() {
    for bytes in [1, usize::MAX] {
        assert_eq!(build(|b| b.max_size(bytes)), Ok(()));
    }
    assert_eq!(build(|b| b.max_size(0)), Err(ConfigError::MaxSize));
}

#[test]
fn a_storage_in_memory_that_may_hold_nothing_is_refused() {
    for storage in [
        MemorySessionStorage::with_max_sessions(0),
        MemorySessionStorage::with_limits(0, 1_000),
        MemorySessionStorage::with_limits(1_000, 0),
    ] {
        let refused = Sessions::builder(storage).build();
        assert_eq!(refused.map(drop), Err(ConfigError::MemoryBound));
    }
}

#[test]
fn presets_are_good_configurations() {
    for preset in [Timeouts::AAL1, Timeouts::AAL2, Timeouts::AAL3] {
        assert_eq!(build(|b| b.timeouts(preset)), Ok(()), "{preset:?}");
    }
    assert_eq!(build(|b| b), Ok(()));
}

#[test]
fn the_last_word_on_an_option_holds() {
    let repaired = build(|b| b.idle_timeout(Duration::ZERO).idle_timeout(HOUR));
    assert_eq!(repaired, Ok(()));
    let named = build(|b| b.cookie_name("a b").cookie_name("ab"));
    assert_eq!(named, Ok(()));
}

#[test]
fn a_scope_keeps_what_was_configured_before_it_was_named() {
    struct Admin;
    let refused = Sessions::builder(MemorySessionStorage::new())
        .cookie_name("a b")
        .scope::<Admin>()
        .build();
    let name = "a b".to_owned();
    assert_eq!(refused.map(drop), Err(ConfigError::CookieName { name }));
    let kept = Sessions::builder(MemorySessionStorage::new())
        .timeouts(Timeouts::AAL3)
        .cookie_name("__Host-admin")
        .scope::<Admin>()
        .build();
    let shown = format!("{:?}", kept.unwrap());
    assert!(shown.contains(&format!("{:?}", Timeouts::AAL3)), "{shown}");
    assert!(shown.contains("__Host-admin"), "{shown}");
}

#[test]
fn a_scope_has_a_cookie_of_its_own() {
    struct Admin;
    let builder = || Sessions::builder(MemorySessionStorage::new());
    let refused = builder().scope::<Admin>().build().map(drop);
    assert_eq!(refused, Err(ConfigError::ScopeWithoutCookieName));
    let named = builder().scope::<Admin>().cookie_name("admin").build();
    assert_eq!(named.map(drop), Ok(()));
}

/// Whoever reads only the message knows which value it was, and what would be right.
#[test]
fn each_refusal_tells_the_value_and_what_would_be_right() {
    let text = |refused: Result<(), ConfigError>| refused.unwrap_err().to_string();
    type Configure = fn(SessionsBuilder) -> SessionsBuilder;
    let cases: [(Configure, [&str; 2]); 14] = [
        (|b| b.cookie_name("a b"), ["\"a b\"", "letters"]),
        (|b| b.cookie_name("n".repeat(5_000)), ["5000", "4032"]),
        (|b| b.path("app"), ["\"app\"", "begins with `/`"]),
        (
            |b| b.domain("a.b:80"),
            ["\"a.b:80\"", "without scheme, port"],
        ),
        (
            |b| b.cookie_name("__Host-x").secure(false),
            ["\"__Host-x\"", "secure(true)"],
        ),
        (
            |b| b.cookie_name("__Host-x").path("/a"),
            ["\"/a\"", "`__Secure-`"],
        ),
        (
            |b| b.cookie_name("__Http-x").http_only(false),
            ["\"__Http-x\"", "http_only(true)"],
        ),
        (|b| b.partitioned(true), ["Lax", "SameSite::None"]),
        (|b| b.max_age(Duration::ZERO), ["0s", "less than a second"]),
        (
            |b| b.idle_timeout(2 * HOUR).absolute_timeout(HOUR),
            ["2h", "1h"],
        ),
        (|b| b.touch_interval(90 * HOUR), ["3d18h", "1d"]),
        (
            |b| b.renewal_interval(Duration::ZERO),
            ["0s", "less than a second"],
        ),
        (|b| b.storage_timeout(-HOUR), ["-1h", "negative"]),
        (|b| b.max_size(0), ["0 bytes", "at least 1"]),
    ];
    for (configure, parts) in cases {
        let text = text(build(configure));
        for part in parts {
            assert!(text.contains(part), "{text}");
        }
    }
}

#[test]
fn a_duration_may_be_one_of_the_standard_library() {
    use std::time::Duration as Std;

    let policy = |idle, absolute| {
        let builder = Sessions::builder(MemorySessionStorage::new());
        let builder = builder.idle_timeout(idle).absolute_timeout(absolute);
        builder.build().unwrap().policy().to_string()
    };
    let (minute, hour) = (Std::from_secs(60), Std::from_secs(3600));
    let ours = Sessions::builder(MemorySessionStorage::new());
    let ours = ours.idle_timeout(Duration::MINUTE).absolute_timeout(HOUR);
    assert_eq!(
        policy(minute, hour),
        ours.build().unwrap().policy().to_string()
    );
    // More than ours can be counts as the longest.
    let longest = Timeouts::new(Duration::MAX, Duration::MAX);
    let ours = Sessions::builder(MemorySessionStorage::new()).timeouts(longest);
    let ours = ours.build().unwrap();
    for line in policy(Std::MAX, Std::MAX)
        .lines()
        .filter(|line| line.contains("timeout"))
    {
        assert!(ours.policy().to_string().contains(line), "{line}");
    }
    let zero = Sessions::builder(MemorySessionStorage::new()).storage_timeout(Std::ZERO);
    assert!(matches!(
        zero.build(),
        Err(ConfigError::StorageTimeout { .. })
    ));
}
