//! What the cookies of each library look like.

pub struct SessionCookie {
    pub name: &'static str,
    /// As the library would make it, of a session that does not exist.
    pub unknown: String,
}

impl SessionCookie {
    /// Whether that is the `name=value` of this cookie.
    pub fn is_named_in(&self, pair: &str) -> bool {
        let value = pair.strip_prefix(self.name);
        value.is_some_and(|value| value.starts_with('='))
    }
}

pub fn of(name: &str) -> SessionCookie {
    match name {
        "ours" => with_value("__Host-Http-id", &"A".repeat(64)),
        "tower_sessions" => with_value("id", "AAAAAAAAAAAAAAAAAAAAAQ"),
        "axum_session" => with_value("session", "00000000-0000-4000-8000-000000000001"),
        "saysion" => with_value("session", &format!("{}==", "A".repeat(86))),
        _ => of_limit(),
    }
}

pub fn of_limit() -> SessionCookie {
    with_value("id", &"A".repeat(64))
}

fn with_value(name: &'static str, value: &str) -> SessionCookie {
    SessionCookie {
        name,
        unknown: format!("{name}={value}"),
    }
}
