//! What a schedule is about: the configuration, the browsers, and what their requests do.

use axum_bare_session::AtSessionLimit;

use super::choices::Choices;
use super::program::Op;

/// What the application's storage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// The gated storage itself.
    Memory,
    /// A cache, behind which the gated storage is the remote one.
    Cached,
    /// Two nodes with a cache each, behind which is one storage.
    Nodes,
}

#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) settings: Settings,
    pub(super) browsers: usize,
    /// The requests that come first, one after another and undisturbed; then those that the schedule mixes.
    pub(super) before: Vec<Planned>,
    pub(super) mixed: Vec<Planned>,
    /// How many calls may fail.
    pub(super) faults: usize,
    pub(super) may_hang_up: bool,
    /// All requests are those of visitors who stay logged in, and no clock moves far while one is under way.
    pub(super) is_honest: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub(super) limit: Option<(usize, AtSessionLimit)>,
    /// In seconds.
    pub(super) renewal_interval: Option<i64>,
    pub(super) ends_on_theft: bool,
    pub(super) is_persistent: bool,
    pub(super) touches_always: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Planned {
    Visit {
        browser: usize,
        brings: Brings,
        ops: Vec<Op>,
    },
    RevokeAll(&'static str),
    /// Ends all sessions of an owner but that of a browser.
    RevokeOthers(&'static str, usize),
}

/// Which cookies a request brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Brings {
    Jar,
    /// The jar's cookie, and that of another browser: two sessions.
    JarAnd(usize),
    /// An id and a secret that somebody made up.
    Forged,
    /// The jar's id, with a secret that somebody made up.
    WrongSecret,
}

pub(super) const OWNERS: [&str; 2] = ["ada", "bob"];

impl Plan {
    pub(super) fn draw(choices: &mut Choices) -> Self {
        let (settings, is_honest) = Settings::draw(choices);
        let browsers = 1 + choices.below(if settings.limit.is_some() { 3 } else { 2 });
        let mut before = Vec::new();
        for browser in 0..browsers {
            before.extend(first_visits(choices, browser, is_honest));
        }
        let count = 2 + choices.below(3);
        let mixed = (0..count)
            .map(|_| request(choices, browsers, is_honest))
            .collect();
        Self {
            settings,
            browsers,
            before,
            mixed,
            faults: choices.below(6).saturating_sub(3),
            may_hang_up: choices.chance(25),
            is_honest,
        }
    }

    /// What the operations are that request `number` makes, as far as it gets.
    pub(super) fn ops(&self, number: usize) -> &[Op] {
        match self.request(number) {
            Some(Planned::Visit { ops, .. }) => ops,
            _ => &[],
        }
    }

    pub(super) fn request(&self, number: usize) -> Option<&Planned> {
        self.before.iter().chain(&self.mixed).nth(number)
    }
}

impl Settings {
    fn draw(choices: &mut Choices) -> (Self, bool) {
        let mut settings = Self::default();
        let mut is_honest = false;
        match choices.below(10) {
            4 | 5 => {
                let max = 1 + choices.below(2);
                let consequence = [AtSessionLimit::RefuseLogIn, AtSessionLimit::EndOldest];
                settings.limit = Some((max, choices.pick(&consequence)));
            }
            6 | 7 => {
                settings.renewal_interval = Some(choices.pick(&[300, 30]));
                settings.ends_on_theft = choices.chance(50);
                is_honest = choices.chance(60);
            }
            8 => settings.is_persistent = true,
            9 => settings.touches_always = true,
            _ => {}
        }
        (settings, is_honest)
    }
}

/// How a browser comes to the session that it has when the schedule begins.
fn first_visits(choices: &mut Choices, browser: usize, is_honest: bool) -> Vec<Planned> {
    let visit = |ops: &[Op]| Planned::Visit {
        browser,
        brings: Brings::Jar,
        ops: ops.to_vec(),
    };
    let log_in = visit(&[Op::LogIn(OWNERS[0]), Op::Insert("b")]);
    let write = visit(&[Op::Insert("a"), Op::Update]);
    match choices.below(4) {
        _ if is_honest => vec![log_in],
        0 => vec![],
        1 => vec![write],
        2 => vec![log_in],
        _ => vec![write, log_in],
    }
}

fn request(choices: &mut Choices, browsers: usize, is_honest: bool) -> Planned {
    let browser = choices.below(browsers);
    if is_honest {
        let ops = vec![choices.pick(&[Op::Read, Op::Update, Op::Insert("a"), Op::Save])];
        return Planned::Visit {
            browser,
            brings: Brings::Jar,
            ops,
        };
    }
    match choices.below(24) {
        22 => return Planned::RevokeAll(choices.pick(&OWNERS)),
        23 => return Planned::RevokeOthers(choices.pick(&OWNERS), browser),
        _ => {}
    }
    let brings = match choices.below(40) {
        37 => Brings::Forged,
        38 => Brings::WrongSecret,
        39 if browsers > 1 => Brings::JarAnd((browser + 1) % browsers),
        _ => Brings::Jar,
    };
    let mut ops = Vec::new();
    for _ in 0..=choices.below(3) {
        ops.extend_from_slice(operations(choices.below(20)));
    }
    Planned::Visit {
        browser,
        brings,
        ops,
    }
}

/// Operations that handlers make together.
const fn operations(number: usize) -> &'static [Op] {
    match number {
        0 => &[Op::Read],
        1 | 2 => &[Op::Update],
        3 => &[Op::Insert("a")],
        4 => &[Op::Insert("b")],
        5 => &[Op::Remove("a")],
        6 => &[Op::Take("a")],
        7 => &[Op::Clear],
        8 => &[Op::LogIn(OWNERS[0])],
        9 => &[Op::LogIn(OWNERS[1])],
        10 => &[Op::LogIn(OWNERS[0]), Op::Insert("a")],
        11 => &[Op::Clear, Op::LogIn(OWNERS[0])],
        12 => &[Op::Renew],
        13 => &[Op::LogOut],
        14 => &[Op::LogOut, Op::Insert("a")],
        15 => &[Op::LogOutKeeping("a")],
        16 => &[Op::Save],
        17 => &[Op::TrySave],
        18 => &[Op::Reload],
        _ => &[Op::Update, Op::Save],
    }
}
