//! The eleven cases: what a request asks for, and which cookie it carries.

#[derive(Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    /// What the plot calls it.
    pub title: &'static str,
    pub path: &'static str,
    pub cookie: Cookie,
}

#[derive(Clone, Copy)]
pub enum Cookie {
    None,
    /// Of a session that this route has filled.
    Session(&'static str),
    /// Of one of a million sessions, another at each request.
    OfMillion,
    /// As the library would make it, of a session that does not exist.
    Unknown,
    Malformed,
}

pub const CASES: [Case; 11] = [
    case(
        "ignore",
        "Ignores the session, no cookie",
        "/ignore",
        Cookie::None,
    ),
    case(
        "ignore_cookie",
        "Ignores the session, valid cookie",
        "/ignore",
        Cookie::Session("/fill/5"),
    ),
    case(
        "read_1_of_5",
        "Reads 1 of 5 keys",
        "/read/1",
        Cookie::Session("/fill/5"),
    ),
    case(
        "read_5_of_5",
        "Reads all 5 keys",
        "/read/5",
        Cookie::Session("/fill/5"),
    ),
    case(
        "read_1_of_100",
        "Reads 1 of 100 keys (10 KiB)",
        "/read/1",
        Cookie::Session("/fill/100"),
    ),
    case(
        "read_random_of_million",
        "Reads any of a million sessions",
        "/read/1",
        Cookie::OfMillion,
    ),
    case(
        "modify_5",
        "Changes 1 of 5 keys",
        "/modify",
        Cookie::Session("/fill/5"),
    ),
    case(
        "modify_100",
        "Changes 1 of 100 keys (10 KiB)",
        "/modify",
        Cookie::Session("/fill/100"),
    ),
    case("new", "Begins a session", "/new", Cookie::None),
    case(
        "unknown_id",
        "Reads, unknown id",
        "/read/1",
        Cookie::Unknown,
    ),
    case(
        "malformed",
        "Reads, malformed cookie",
        "/read/1",
        Cookie::Malformed,
    ),
];

const fn case(name: &'static str, title: &'static str, path: &'static str, cookie: Cookie) -> Case {
    Case {
        name,
        title,
        path,
        cookie,
    }
}
