/// What a browser asks for at an endpoint of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// Its key is to be registered.
    Registration,
    /// It needs another bound cookie.
    Refresh,
}

/// Where the endpoints of the protocol are.
#[derive(Clone, Debug)]
pub(crate) struct Endpoints {
    pub(crate) registration: String,
    pub(crate) refresh: String,
}

impl Endpoints {
    /// Those below a path; `None` if that cannot stand in a URL and a header.
    pub(crate) fn below(path: &str) -> Option<Self> {
        let is_path = path.starts_with('/') && !path.ends_with('/') && !path.contains("//");
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
        let has_dots = path.split('/').any(|part| part == "." || part == "..");
        (is_path && path.bytes().all(is_plain) && !has_dots).then(|| Self {
            registration: [path, "/register"].concat(),
            refresh: [path, "/refresh"].concat(),
        })
    }

    /// The endpoint at a path.
    pub(crate) fn at(&self, path: &str) -> Option<Endpoint> {
        if path == self.registration {
            Some(Endpoint::Registration)
        } else if path == self.refresh {
            Some(Endpoint::Refresh)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_below_a_plain_path() {
        let endpoints = Endpoints::below("/device-bound").unwrap();
        let at = |path| endpoints.at(path);
        assert_eq!(at("/device-bound/register"), Some(Endpoint::Registration));
        assert_eq!(at("/device-bound/refresh"), Some(Endpoint::Refresh));
        for other in ["/device-bound", "/device-bound/refresh/", "/register", "/"] {
            assert_eq!(at(other), None, "{other}");
        }
        for bad in [
            "", "/", "x", "/x/", "//x", "/a//b", "/a b", "/a\"b", "/a?b", "/a#b", "/é", "/a/../b",
            "/./a", "/a\r\nb", "/%41",
        ] {
            assert!(Endpoints::below(bad).is_none(), "{bad:?}");
        }
    }
}
