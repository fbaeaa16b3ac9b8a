use axum_bare_session::{
    AtSessionLimit, Duration, MemorySessionStorage, OffsetDateTime, SameSite, Sessions,
    SessionsBuilder, SigningKey, Timeouts,
};

fn printed(configure: impl FnOnce(SessionsBuilder) -> SessionsBuilder) -> String {
    let builder = Sessions::builder(MemorySessionStorage::new());
    configure(builder).build().unwrap().policy().to_string()
}

#[test]
fn the_default_policy_is_printed_against_every_level() {
    let policy = printed(|builder| builder);
    let expected = "\
Idle timeout: 1d
Absolute timeout: 30d, from the creation or the latest log-in
Remembered sessions: idle as long as the log-in says, absolute timeout as above
Renewal: at every log-in
Sessions of one owner: any number
Cookie: __Host-Http-id; HttpOnly; SameSite=Lax; Secure; Path=/; until the browser closes, unless remembered; not signed
NIST SP 800-63B-4 AAL1: met
NIST SP 800-63B-4 AAL2: departs by idle timeout 1d, at most 1h; absolute timeout 30d, at most 1d
NIST SP 800-63B-4 AAL3: departs by idle timeout 1d, at most 15m; absolute timeout 30d, at most 12h
";
    assert_eq!(policy, expected);
}

#[test]
fn a_preset_is_told_with_what_departs_from_it() {
    let policy = printed(|builder| builder.timeouts(Timeouts::AAL2));
    assert!(
        policy.ends_with("NIST SP 800-63B-4 AAL2: met\n"),
        "{policy}"
    );
    let policy = printed(|builder| {
        builder
            .timeouts(Timeouts::AAL3)
            .absolute_timeout(Duration::hours(24))
            .max_age(Duration::days(7))
            .same_site(SameSite::None)
            .domain("example.com")
    });
    let last = policy.lines().last().unwrap();
    assert_eq!(
        last,
        "NIST SP 800-63B-4 AAL3: departs by absolute timeout 1d, at most 12h; the cookie outlives the browser; \
         SameSite=None; a cookie name without __Host-"
    );
}

#[test]
fn a_policy_tells_how_many_sessions_and_keys_there_are_and_no_key() {
    let policy = printed(|builder| {
        builder
            .max_sessions_per_owner(3, AtSessionLimit::EndLongestIdle)
            .signing_keys([7, 8].map(|byte| SigningKey::new([byte; 32]).unwrap()))
            .secure(false)
            .http_only(false)
    });
    for part in [
        "Sessions of one owner: at most 3; another log-in ends the longest idle one",
        "; signed (keys: 2)",
        "the cookie without Secure; the cookie without HttpOnly",
    ] {
        assert!(policy.contains(part), "{part}: {policy}");
    }
}

#[test]
fn a_policy_tells_both_ends_of_a_cookie_that_has_two() {
    let expires = OffsetDateTime::UNIX_EPOCH + Duration::days(100 * 365);
    for (configure, ends) in [
        (false, "; for 7d; not signed"),
        (
            true,
            "; for 7d; until 2069-12-07 0:00:00.0 +00:00:00; not signed",
        ),
    ] {
        let policy = printed(|builder| {
            let builder = builder.max_age(Duration::days(7));
            if configure {
                builder.expires(expires)
            } else {
                builder
            }
        });
        assert!(policy.contains(ends), "{policy}");
    }
}
