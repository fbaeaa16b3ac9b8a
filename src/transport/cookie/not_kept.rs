use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN, REFERER};

use super::CookieConfig;

/// Why a browser that sent these headers would keep no cookie of this configuration, as far as they tell.
pub(crate) fn why_not_kept(config: &CookieConfig, headers: &HeaderMap) -> Option<String> {
    let host = headers.get(HOST)?.to_str().ok()?;
    if config.secure
        && let Some(origin) = insecure_origin(headers, host)
    {
        return Some(format!(
            "the page is at {origin:?}, and browsers keep no `Secure` cookie over plain HTTP but from their own machine: \
             serve it over TLS, or call `secure(false)` in development"
        ));
    }
    match &config.domain {
        Some(domain) if !fits(domain, host) => Some(format!(
            "the cookie's domain {domain:?} is neither the host {host:?} nor a parent of it (a proxy that changes the \
             header `Host` makes it look so too)"
        )),
        _ => None,
    }
}

/// The page's own origin, where that is plain HTTP on another machine.
fn insecure_origin<'a>(headers: &'a HeaderMap, host: &str) -> Option<&'a str> {
    let page = headers.get(ORIGIN).or_else(|| headers.get(REFERER))?;
    let page = page.to_str().ok()?;
    let rest = page.strip_prefix("http://")?;
    let authority = rest.split('/').next()?;
    let is_its_own = authority.eq_ignore_ascii_case(host) && !is_this_machine(name_of(host));
    is_its_own.then(|| &page[.."http://".len() + authority.len()])
}

/// Names that browsers trust without TLS (W3C Secure Contexts, section 3.1).
fn is_this_machine(name: &str) -> bool {
    let is_loopback = |address: std::net::IpAddr| address.is_loopback();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || name.to_ascii_lowercase().ends_with(".localhost")
        || address.parse().is_ok_and(is_loopback)
}

/// RFC 6265bis, section 5.1.3.
fn fits(domain: &str, host: &str) -> bool {
    let domain = domain.trim_start_matches('.').to_ascii_lowercase();
    let name = name_of(host).to_ascii_lowercase();
    let parent = name.strip_suffix(&domain);
    parent.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// A host without its port.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(config: &CookieConfig, host: &'static str, page: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        headers.insert(ORIGIN, page.parse().unwrap());
        why_not_kept(config, &headers).is_some()
    }

    #[test]
    fn a_secure_cookie_is_kept_over_tls_and_from_this_machine() {
        let config = CookieConfig::default();
        for (host, page) in [
            ("localhost:3000", "http://localhost:3000"),
            ("a.localhost", "http://a.localhost"),
            ("127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("[::1]:3000", "http://[::1]:3000"),
            ("[::1]", "http://[::1]"),
            ("example.com", "https://example.com"),
            // Another site's page, which says nothing about ours.
            ("example.com", "http://other.example"),
            ("example.com", "null"),
        ] {
            assert!(!told(&config, host, page), "{page}");
        }
        for (host, page) in [
            ("192.168.1.5:3000", "http://192.168.1.5:3000"),
            ("example.com", "http://example.com"),
            ("[fe80::1]:80", "http://[fe80::1]:80"),
        ] {
            assert!(told(&config, host, page), "{page}");
        }
    }

    #[test]
    fn a_domain_fits_itself_and_what_is_below_it() {
        let config = CookieConfig {
            domain: Some("example.com".to_owned()),
            ..CookieConfig::default()
        };
        for host in ["example.com", "EXAMPLE.com:8080", "a.b.example.com"] {
            assert!(!told(&config, host, "null"), "{host}");
        }
        for host in ["localhost:3000", "badexample.com", "com", "127.0.0.1"] {
            assert!(told(&config, host, "null"), "{host}");
        }
    }
}
