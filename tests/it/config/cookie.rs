use axum_bare_session::{
    ConfigError, DefaultScope, Duration, MemorySessionStorage, OffsetDateTime, SameSite, Sessions,
    SessionsBuilder, add_session_middleware,
};

use super::build;
use crate::support::{Browser, Clock, Log, visitor_routes};

/// The name of the cookie that a configuration sends.
async fn name(configure: impl FnOnce(SessionsBuilder) -> SessionsBuilder) -> String {
    let sessions = configure(Sessions::builder(MemorySessionStorage::new()));
    let routes = visitor_routes::<DefaultScope>();
    let app = add_session_middleware(routes, sessions.build().unwrap());
    let reply = Browser::new(app).get("/count").await;
    reply.set_cookie().unwrap().name
}

fn without_secure(name: &str) -> Result<(), ConfigError> {
    Err(ConfigError::PrefixWithoutSecure { name: name.into() })
}

#[tokio::test]
async fn the_default_name_has_the_strongest_prefix_that_the_attributes_allow() {
    assert_eq!(name(|b| b).await, "__Host-Http-id");
    assert_eq!(name(|b| b.path("/")).await, "__Host-Http-id");
    assert_eq!(name(|b| b.path("/app")).await, "__Secure-id");
    assert_eq!(name(|b| b.domain("example.com")).await, "__Secure-id");
    assert_eq!(name(|b| b.secure(false)).await, "sid");
    assert_eq!(name(|b| b.secure(false).path("/app")).await, "sid");
    assert_eq!(name(|b| b.secure(false).domain("a.b")).await, "sid");
    assert_eq!(name(|b| b.http_only(false)).await, "__Host-id");
    assert_eq!(
        name(|b| b.same_site(SameSite::None)).await,
        "__Host-Http-id"
    );
    let partitioned = |b: SessionsBuilder| b.same_site(SameSite::None).partitioned(true);
    assert_eq!(name(partitioned).await, "__Host-Http-id");
}

#[test]
fn a_cookie_without_secure_is_warned_of_once() {
    let log = Log::new();
    build(|b| b).unwrap();
    assert!(!log.text().contains("WARN"), "{}", log.text());
    build(|b| b.secure(false)).unwrap();
    let text = log.text();
    assert_eq!(text.matches("WARN").count(), 1, "{text}");
    assert!(text.contains("`secure(false)` is for development alone"));
}

#[tokio::test]
async fn a_name_of_the_applications_own_stays_as_it_is() {
    assert_eq!(name(|b| b.cookie_name("sid")).await, "sid");
    assert_eq!(name(|b| b.cookie_name("sid").path("/app")).await, "sid");
    let weird = "!#$%&'*+-.^_`|~09azAZ";
    assert_eq!(name(|b| b.cookie_name(weird)).await, weird);
}

#[test]
fn a_name_that_is_no_token_is_refused() {
    let bad = [
        "",
        " ",
        "a b",
        " a",
        "a ",
        "a;b",
        "a=b",
        "=",
        "a,b",
        "\"a\"",
        "a\tb",
        "a\0b",
        "a\r\nb",
        "a\x7fb",
        "a\x1bb",
        "naïve",
        "\u{2000}__Host-Http-id",
        "\u{1f36a}",
        "a(b)",
        "a/b",
        "a:b",
        "a@b",
        "[a]",
        "{a}",
        "a\\b",
        "a<b>",
        "a?b",
    ];
    for name in bad {
        let refused = build(|b| b.cookie_name(name));
        let name = name.to_owned();
        assert_eq!(refused, Err(ConfigError::CookieName { name }));
    }
}

#[test]
fn a_name_that_no_browser_would_keep_with_its_value_is_refused() {
    let name = |length| "n".repeat(length);
    assert_eq!(build(|b| b.cookie_name(name(4096 - 64))), Ok(()));
    let refused = build(|b| b.cookie_name(name(4096 - 63)));
    let (length, max) = (4096 - 63, 4096 - 64);
    let too_long = ConfigError::CookieNameTooLong { length, max };
    assert_eq!(refused, Err(too_long));
}

#[test]
fn a_host_prefix_needs_secure_and_no_domain_and_the_root_path_in_any_case_of_letters() {
    for name in ["__Host-sid", "__host-sid", "__HOST-SID", "__hOsT-sid"] {
        let host = |b: SessionsBuilder| b.cookie_name(name);
        assert_eq!(build(host), Ok(()), "{name}");
        assert_eq!(build(|b| host(b).secure(false)), without_secure(name));
        let misplaced = |domain: Option<&str>, path: &str| {
            Err(ConfigError::HostPrefixWithDomainOrPath {
                name: name.to_owned(),
                domain: domain.map(Into::into),
                path: path.to_owned(),
            })
        };
        let refused = build(|b| host(b).domain("example.com"));
        assert_eq!(refused, misplaced(Some("example.com"), "/"));
        assert_eq!(build(|b| host(b).path("/app")), misplaced(None, "/app"));
        assert_eq!(build(|b| host(b).http_only(false)), Ok(()));
    }
}

#[test]
fn a_secure_prefix_needs_secure_in_any_case_of_letters() {
    for name in ["__Secure-sid", "__secure-sid", "__SECURE-sid"] {
        let secure = |b: SessionsBuilder| b.cookie_name(name);
        assert_eq!(build(secure), Ok(()), "{name}");
        assert_eq!(build(|b| secure(b).domain("a.b").path("/app")), Ok(()));
        assert_eq!(build(|b| secure(b).secure(false)), without_secure(name));
    }
}

#[test]
fn the_http_prefixes_need_http_only_too() {
    for name in [
        "__Http-sid",
        "__http-sid",
        "__Host-Http-sid",
        "__HOST-HTTP-sid",
    ] {
        let http = |b: SessionsBuilder| b.cookie_name(name);
        assert_eq!(build(http), Ok(()), "{name}");
        let refused = ConfigError::HttpPrefixWithoutHttpOnly { name: name.into() };
        assert_eq!(build(|b| http(b).http_only(false)), Err(refused));
        assert_eq!(build(|b| http(b).secure(false)), without_secure(name));
    }
    let host = build(|b| b.cookie_name("__Host-Http-sid").path("/app"));
    assert!(matches!(
        host,
        Err(ConfigError::HostPrefixWithDomainOrPath { path, .. }) if path == "/app"
    ));
    assert_eq!(build(|b| b.cookie_name("__Http-sid").path("/app")), Ok(()));
}

#[test]
fn what_only_resembles_a_prefix_is_a_name_as_any_other() {
    for name in [
        "Host-sid",
        "_Host-sid",
        "__Hostsid",
        "__Host_sid",
        "x__Host-sid",
        "__Secure",
    ] {
        let plain = |b: SessionsBuilder| b.cookie_name(name).secure(false).path("/app");
        assert_eq!(build(plain), Ok(()), "{name}");
    }
}

#[test]
fn same_site_none_and_partitioned_need_secure() {
    assert_eq!(build(|b| b.same_site(SameSite::None)), Ok(()));
    let embedded = |b: SessionsBuilder| b.same_site(SameSite::None).partitioned(true);
    assert_eq!(build(embedded), Ok(()));
    for same_site in [SameSite::Lax, SameSite::Strict] {
        assert_eq!(
            build(|b| b.same_site(same_site).partitioned(true)),
            Err(ConfigError::PartitionedWithoutSameSiteNone { same_site })
        );
    }
    assert_eq!(
        build(|b| b.same_site(SameSite::None).secure(false)),
        Err(ConfigError::SameSiteNoneWithoutSecure)
    );
    assert_eq!(
        build(|b| b.partitioned(true).secure(false)),
        Err(ConfigError::PartitionedWithoutSecure)
    );
    for same_site in [SameSite::Lax, SameSite::Strict] {
        assert_eq!(build(|b| b.same_site(same_site).secure(false)), Ok(()));
    }
}

#[test]
fn a_path_begins_with_a_slash_and_ends_no_attribute() {
    for path in ["/", "/app", "/a/b/", "/a%20b", "/a,b", "/~a=b&c"] {
        assert_eq!(build(|b| b.path(path)), Ok(()), "{path}");
    }
    let bad = [
        "",
        "app",
        "./app",
        "\\app",
        " /app",
        "/a;b",
        "/a; Domain=evil.example",
        "/a\r\nb",
        "/a\0b",
        "/a\tb",
        "/a\x7fb",
        "/naïve",
        "https://example.com/",
    ];
    for path in bad {
        let refused = build(|b| b.path(path));
        let path = path.to_owned();
        assert_eq!(refused, Err(ConfigError::Path { path }));
    }
}

#[test]
fn a_domain_is_a_host_name() {
    let long = "a".repeat(63);
    for domain in [
        "example.com",
        ".example.com",
        "localhost",
        "a-b.example.com",
        "EXAMPLE.COM",
        "my_app.example.com",
        "_.example.com",
        &*long,
    ] {
        assert_eq!(build(|b| b.domain(domain)), Ok(()), "{domain}");
    }
    let too_long = "a".repeat(64);
    let bad = [
        "",
        ".",
        "..",
        "..example.com",
        "a..b",
        "example.com.",
        "example.com:8080",
        "https://example.com",
        "example.com/app",
        "example.com; Path=/",
        "exa mple.com",
        " example.com",
        "example.com\r\n",
        "example\0.com",
        "bücher.example",
        "*.example.com",
        "user@example.com",
        "[::1]",
        &*too_long,
    ];
    for domain in bad {
        let refused = build(|b| b.domain(domain));
        let domain = domain.to_owned();
        assert_eq!(refused, Err(ConfigError::Domain { domain }));
    }
}

#[tokio::test]
async fn a_leading_dot_of_a_domain_is_not_sent() {
    let sessions = Sessions::builder(MemorySessionStorage::new()).domain(".example.com");
    let routes = visitor_routes::<DefaultScope>();
    let app = add_session_middleware(routes, sessions.build().unwrap());
    let cookie = Browser::new(app).get("/count").await.set_cookie().unwrap();
    assert_eq!(cookie.attribute("Domain"), Some("example.com"));
}

#[test]
fn a_max_age_is_at_least_a_second() {
    for bad in [
        Duration::ZERO,
        -Duration::SECOND,
        Duration::milliseconds(999),
        Duration::MIN,
    ] {
        let refused = Err(ConfigError::MaxAge { max_age: bad });
        assert_eq!(build(|b| b.max_age(bad)), refused);
    }
    assert_eq!(build(|b| b.max_age(Duration::SECOND)), Ok(()));
    assert_eq!(build(|b| b.max_age(Duration::MAX)), Ok(()));
}

#[test]
fn an_expiry_that_has_passed_by_the_configured_clock_is_refused() {
    let clock = Clock::new();
    let at = |expires: OffsetDateTime| build(|b| b.expires(expires).clock(clock.reader()));
    let now = clock.now();
    for expires in [now, now - Duration::MICROSECOND, OffsetDateTime::UNIX_EPOCH] {
        assert_eq!(at(expires), Err(ConfigError::Expires { expires, now }));
    }
    assert_eq!(at(now + Duration::MICROSECOND), Ok(()));
    // By the machine's clock that instant is long gone.
    assert!(matches!(
        build(|b| b.expires(now + Duration::DAY)),
        Err(ConfigError::Expires { .. })
    ));
    assert_eq!(
        build(|b| b.clock(clock.reader()).expires(now + Duration::DAY)),
        Ok(())
    );
}
