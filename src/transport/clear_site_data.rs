use axum::http::HeaderValue;

/// What a browser is asked to forget at a log-out: a directive of the header `Clear-Site-Data` (W3C; ASVS 5.0, 14.3.1).
///
/// See [`clear_site_data`](crate::SessionsBuilder::clear_site_data).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClearSiteData {
    /// Responses that were kept, those of the back button included.
    Cache,
    /// What the browser tells of itself by `Accept-CH`.
    ClientHints,
    /// All cookies of the domain, its subdomains' included. Left out where the visitor is to have a session after the
    /// log-out, as [`log_out_keeping`](crate::SessionData::log_out_keeping) makes it.
    Cookies,
    /// Pages that are open: they are loaded again.
    ExecutionContexts,
    /// What scripts have stored: local storage, databases, service workers.
    Storage,
}

impl ClearSiteData {
    fn directive(self) -> &'static str {
        match self {
            Self::Cache => r#""cache""#,
            Self::ClientHints => r#""clientHints""#,
            Self::Cookies => r#""cookies""#,
            Self::ExecutionContexts => r#""executionContexts""#,
            Self::Storage => r#""storage""#,
        }
    }

    /// The header's value; `None`: nothing is left to ask for.
    pub(crate) fn header(directives: &[Self], keeps_cookies: bool) -> Option<HeaderValue> {
        let directives = directives.iter();
        let directives = directives.filter(|it| !(keeps_cookies && **it == Self::Cookies));
        let directives: Vec<_> = directives.map(|it| it.directive()).collect();
        let header = (!directives.is_empty()).then(|| directives.join(", "));
        header.and_then(|header| header.try_into().ok())
    }
}
