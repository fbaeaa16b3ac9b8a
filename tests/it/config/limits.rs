use axum_bare_session::{ConfigError, Duration, MemorySessionStorage, Sessions, Timeouts};

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
        assert_eq!(build(|b| b.idle_timeout(less)), Err(ConfigError::Timeout));
        assert_eq!(
            build(|b| b.absolute_timeout(less)),
            Err(ConfigError::Timeout)
        );
        let both = build(|b| b.timeouts(Timeouts::new(less, less)));
        assert_eq!(both, Err(ConfigError::Timeout), "{less}");
    }
    let second = Timeouts::new(Duration::SECOND, Duration::SECOND);
    assert_eq!(build(|b| b.timeouts(second)), Ok(()));
    let longest = Timeouts::new(Duration::MAX, Duration::MAX);
    assert_eq!(build(|b| b.timeouts(longest)), Ok(()));
}

#[test]
fn an_idle_limit_longer_than_the_absolute_one_is_refused() {
    let inverted = Err(ConfigError::IdleLongerThanAbsolute);
    let both = |idle, absolute| build(|b| b.idle_timeout(idle).absolute_timeout(absolute));
    assert_eq!(both(2 * HOUR, HOUR), inverted);
    assert_eq!(both(HOUR + Duration::NANOSECOND, HOUR), inverted);
    assert_eq!(both(HOUR, HOUR), Ok(()));
    // Longer than the thirty days that stand for the absolute limit.
    assert_eq!(build(|b| b.idle_timeout(Duration::days(31))), inverted);
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
    assert_eq!(every(HOUR), Err(ConfigError::TouchInterval));
    assert_eq!(every(2 * HOUR), Err(ConfigError::TouchInterval));
    assert_eq!(
        every(-Duration::NANOSECOND),
        Err(ConfigError::TouchInterval)
    );
    assert_eq!(every(HOUR - Duration::NANOSECOND), Ok(()));
    assert_eq!(every(Duration::ZERO), Ok(()));
    // Also against an idle limit that follows from the absolute one.
    let derived = build(|b| b.absolute_timeout(HOUR).touch_interval(HOUR));
    assert_eq!(derived, Err(ConfigError::TouchInterval));
}

#[test]
fn a_storage_has_some_time_to_answer() {
    for bad in [Duration::ZERO, -Duration::NANOSECOND, Duration::MIN] {
        let refused = build(|b| b.storage_timeout(bad));
        assert_eq!(refused, Err(ConfigError::StorageTimeout), "{bad}");
    }
    for good in [Duration::NANOSECOND, Duration::MAX] {
        assert_eq!(build(|b| b.storage_timeout(good)), Ok(()), "{good}");
    }
}

#[test]
fn any_number_of_bytes_may_bound_a_session() {
    for bytes in [0, 1, usize::MAX] {
        assert_eq!(build(|b| b.max_size(bytes)), Ok(()));
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
    assert_eq!(refused.map(drop), Err(ConfigError::CookieName));
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
fn each_refusal_says_what_is_wrong() {
    let errors = [
        ConfigError::CookieName,
        ConfigError::Path,
        ConfigError::Domain,
        ConfigError::PrefixWithoutSecure,
        ConfigError::HostPrefixWithDomainOrPath,
        ConfigError::HttpPrefixWithoutHttpOnly,
        ConfigError::SameSiteNoneWithoutSecure,
        ConfigError::PartitionedWithoutSecure,
        ConfigError::MaxAge,
        ConfigError::Expires,
        ConfigError::Timeout,
        ConfigError::IdleLongerThanAbsolute,
        ConfigError::TouchInterval,
        ConfigError::StorageTimeout,
    ];
    let texts: std::collections::BTreeSet<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), errors.len());
    let error: Box<dyn std::error::Error + Send + Sync> = Box::new(ConfigError::Path);
    assert!(error.source().is_none());
}
