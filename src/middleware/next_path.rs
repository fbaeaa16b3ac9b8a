use std::fmt::Write;

use serde::{Deserialize, Deserializer};

/// The bytes of the longest path that is handed on: what servers and browsers take in an address.
const MAX_LENGTH: usize = 2048;

/// Where to go after the log-in, as a query or a form says it: always a path of the same site, or nothing.
///
/// Whoever makes a link to a log-in page chooses its `next`. Followed blindly it leads to a page of theirs that looks
/// like yours (CWE-601). So what is read is a path and a query that begin with one `/`, in visible ASCII and without
/// `\`, which browsers take for `/`. All else, and what is longer than 2048 bytes, counts as nothing.
///
/// ```
/// use axum::{Form, response::Redirect};
/// use axum_bare_session::{NextPath, SessionData, SessionError};
///
/// #[derive(serde::Deserialize)]
/// struct Credentials {
///     name: String,
///     #[serde(default)]
///     next: NextPath,
/// }
///
/// async fn log_in(
///     session: SessionData,
///     Form(Credentials { name, next }): Form<Credentials>,
/// ) -> Result<Redirect, SessionError> {
///     session.log_in(name)?;
///     Ok(Redirect::to(next.or("/account")))
/// }
/// ```
///
/// [`require_log_in`](crate::require_log_in) makes the `next` of a log-in page. The page hands it to the form in a
/// hidden field, escaped as any text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NextPath(Option<Box<str>>);

impl NextPath {
    /// `path` if it is one of the same site, else nothing.
    ///
    /// ```
    /// # use axum_bare_session::NextPath;
    /// assert_eq!(NextPath::checked("/cart?step=2").or("/"), "/cart?step=2");
    /// for elsewhere in ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example"] {
    ///     assert_eq!(NextPath::checked(elsewhere).or("/"), "/");
    /// }
    /// ```
    #[must_use]
    pub fn checked(path: &str) -> Self {
        let is_safe = path.starts_with('/')
            && !path.starts_with("//")
            && path.len() <= MAX_LENGTH
            && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
        Self(is_safe.then(|| path.into()))
    }

    /// The path, or `default` where there is none.
    #[must_use]
    pub fn or<'a>(&'a self, default: &'a str) -> &'a str {
        self.0.as_deref().unwrap_or(default)
    }

    /// The URL of the log-in page `page`, with this as its parameter `next`: for a log-in that failed.
    ///
    /// ```
    /// # use axum_bare_session::NextPath;
    /// let next = NextPath::checked("/cart?step=2");
    /// assert_eq!(next.log_in_url("/login"), "/login?next=/cart%3Fstep%3D2");
    /// assert_eq!(next.log_in_url("/login?lang=fr"), "/login?lang=fr&next=/cart%3Fstep%3D2");
    /// assert_eq!(NextPath::default().log_in_url("/login"), "/login");
    /// ```
    #[must_use]
    pub fn log_in_url(&self, page: &str) -> String {
        let mut url = page.to_owned();
        if let Some(path) = &self.0 {
            url.push(if page.contains('?') { '&' } else { '?' });
            url.push_str("next=");
            for byte in path.bytes() {
                match byte {
                    b'/' | b'-' | b'.' | b'_' | b'~' => url.push(byte.into()),
                    _ if byte.is_ascii_alphanumeric() => url.push(byte.into()),
                    _ => write!(url, "%{byte:02X}").unwrap_or_default(),
                }
            }
        }
        url
    }
}

impl<'de> Deserialize<'de> for NextPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::checked(&String::deserialize(deserializer)?))
    }
}
