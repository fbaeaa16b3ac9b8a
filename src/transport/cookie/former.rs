/// A cookie that sessions of this application were in before: see
/// [`former_cookie`](crate::SessionsBuilder::former_cookie).
///
/// ```
/// use axum_bare_session::FormerCookie;
///
/// let former = FormerCookie::new("sid").domain("example.com").path("/shop");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormerCookie {
    pub(super) name: String,
    pub(super) domain: Option<String>,
    pub(super) path: String,
}

impl FormerCookie {
    /// The cookie of that name, without a domain and with the path `/`.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            domain: None,
            path: "/".to_owned(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The domain it was set with.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// The path it was set with.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }
}
