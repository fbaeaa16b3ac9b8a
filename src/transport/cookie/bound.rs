use std::iter::once;

use axum::http::HeaderMap;
#[cfg(feature = "device-bound")]
use axum::http::HeaderValue;

use super::CookieWriter;
use super::reader::values;
#[cfg(feature = "device-bound")]
use super::writer::finish;
use crate::record::{Binding, BoundCookie, Timestamp};

/// How many bound cookies are looked at; a request has one.
const MAX_VALUES: usize = 4;

/// The cookie beside the session's by which a browser shows that it has just proved to have the device's key.
impl CookieWriter {
    /// What the bound cookies of a request are worth at `now`: the best of them counts.
    pub(crate) fn check_bound(
        &self,
        headers: &HeaderMap,
        binding: &Binding,
        now: Timestamp,
    ) -> BoundCookie {
        let writers = once(self).chain(self.former());
        let worth = writers.flat_map(|writer| {
            let name = writer.bound_name();
            let values = values(headers, &name).take(MAX_VALUES);
            values.map(|value| binding.check_cookie(value, now)).max()
        });
        worth.max().unwrap_or(BoundCookie::Unknown)
    }

    /// The session's with `-bound` behind it, and without `Http-` in its prefix: Chromium (156) binds no such cookie.
    pub(crate) fn bound_name(&self) -> String {
        let name = self.name();
        for (prefix, other) in [("__Host-Http-", "__Host-"), ("__Http-", "__Secure-")] {
            if let Some((start, rest)) = name.split_at_checked(prefix.len())
                && start.eq_ignore_ascii_case(prefix)
            {
                return [other, rest, "-bound"].concat();
            }
        }
        [name, "-bound"].concat()
    }
}

#[cfg(feature = "device-bound")]
impl CookieWriter {
    /// The bound cookie that is made at `now`.
    pub(crate) fn set_bound(&self, binding: &Binding, now: Timestamp) -> Option<HeaderValue> {
        let (name, value) = (self.bound_name(), binding.cookie(now));
        let max_age = Binding::cookie_age().whole_seconds();
        let attributes = &self.attributes;
        finish(format!("{name}={value}; Max-Age={max_age}{attributes}").into_bytes())
    }

    /// The removal of the bound cookie.
    pub(crate) fn remove_bound(&self) -> Option<HeaderValue> {
        let (name, attributes) = (self.bound_name(), &self.attributes);
        let line = format!("{name}=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT{attributes}");
        finish(line.into_bytes())
    }

    /// The attributes of the bound cookie but its age.
    pub(crate) fn bound_attributes(&self) -> &str {
        self.attributes.trim_start_matches("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::cookie::CookieConfig;

    #[test]
    fn its_name_is_one_that_chromium_binds() {
        for (name, bound) in [
            ("__Host-Http-id", "__Host-id-bound"),
            ("__host-http-id", "__Host-id-bound"),
            ("__Http-id", "__Secure-id-bound"),
            ("__Host-id", "__Host-id-bound"),
            ("__Secure-id", "__Secure-id-bound"),
            ("sid", "sid-bound"),
        ] {
            let config = CookieConfig {
                name: Some(name.to_owned()),
                ..CookieConfig::default()
            };
            assert_eq!(CookieWriter::new(&config).bound_name(), bound);
        }
    }
}
