//! How long the parts of a cookie may be: what browsers keep, and not a byte less.

use axum_bare_session::ConfigError;

use super::build;

#[test]
fn a_domain_and_a_path_may_be_as_long_as_browsers_take_an_attribute() {
    for (length, is_kept) in [(1_023, true), (1_024, true), (1_025, false), (2_000, false)] {
        // Labels of 15 and a dot, but for the last.
        let domain = "example-example.".repeat(200);
        let domain = &domain[domain.len() - length..domain.len() - 1].to_owned();
        let domain = format!("{domain}x");
        assert_eq!(domain.len(), length);
        let built = build(|b| b.domain(&*domain));
        let refused = Err(ConfigError::Domain { domain });
        assert_eq!(built, if is_kept { Ok(()) } else { refused }, "{length}");

        let path = format!("/{}", "p".repeat(length - 1));
        let built = build(|b| b.path(&*path));
        let refused = Err(ConfigError::Path { path });
        assert_eq!(built, if is_kept { Ok(()) } else { refused }, "{length}");
    }
}
