use axum_bare_session::NextPath;
use url::Url;

const SITE: &str = "https://shop.example/account/login?lang=en";
const HOME: &str = "/home";

/// Where a visitor goes after the log-in is a page of the same site, and the log-in page's URL carries it whole.
pub fn next_path(input: &[u8]) {
    let Ok(path) = str::from_utf8(input) else {
        return;
    };
    let next = NextPath::checked(path);
    let site = Url::parse(SITE).expect("it is a URL");
    // By the reader that browsers have (WHATWG URL).
    let target = site.join(next.or(HOME)).expect("a path of the same site");
    assert_eq!(target.origin(), site.origin(), "{path:?}");
    if next == NextPath::default() {
        return;
    }
    assert_eq!(next.or(HOME), path);
    let page = site.join(&next.log_in_url("/login?lang=en"));
    let page = page.expect("a path of the same site");
    let mut pairs = page.query_pairs();
    assert_eq!(page.origin(), site.origin());
    assert_eq!(
        pairs.next().expect("the first"),
        ("lang".into(), "en".into())
    );
    assert_eq!(
        pairs.next().expect("the second"),
        ("next".into(), path.into())
    );
    assert_eq!(pairs.next(), None);
}
