use axum::Form;
use axum::response::{Redirect, Response};
use axum_bare_session::{OffsetDateTime, SessionError, SessionId, SessionInfo, Sessions};
use serde::Deserialize;

use super::page::{Frame, flash};
use super::text::Text;
use super::user::User;

/// As much as fits into a line; the session itself would take 255 bytes.
const MAX_LABEL_LENGTH: usize = 60;

#[derive(Deserialize)]
pub(crate) struct Named {
    label: String,
}

/// What is no id is refused, with a 422.
#[derive(Deserialize)]
pub(crate) struct Chosen {
    id: SessionId,
}

pub(crate) async fn show(
    frame: Frame,
    user: User,
    sessions: Sessions,
) -> Result<Response, SessionError> {
    let mut devices = sessions.list(&user.account.id).await?;
    devices.sort_by_key(|device| !device.is_current(&user.session));
    let count = devices.len();
    let items: String = devices.iter().map(|device| item(device, &user)).collect();
    let main = format!(
        include_str!("html/devices.html"),
        count = count,
        places = if count == 1 { "place" } else { "places" },
        items = items,
        label = Text(&user.session.label().unwrap_or_default()),
    );
    frame.page("Your devices", &main)
}

fn item(device: &SessionInfo, user: &User) -> String {
    let label = Text(device.label().unwrap_or("Unnamed"));
    // The session may be older: it began with the cart.
    let since = device.authenticated_at().unwrap_or(device.created_at());
    let since = time(since) + bound(device);
    if device.is_current(&user.session) {
        format!(
            include_str!("html/device_this.html"),
            label = label,
            since = since
        )
    } else {
        format!(
            include_str!("html/device.html"),
            label = label,
            since = since,
            seen = time(device.last_seen()),
            id = device.id(),
        )
    }
}

/// Whether its cookies are worth nothing to a thief.
#[cfg(feature = "device-bound")]
fn bound(device: &SessionInfo) -> &'static str {
    match device.bound_at() {
        Some(_) => " · bound to its device",
        None => "",
    }
}

#[cfg(not(feature = "device-bound"))]
fn bound(_: &SessionInfo) -> &'static str {
    ""
}

pub(crate) async fn rename(
    user: User,
    Form(Named { label }): Form<Named>,
) -> Result<Redirect, SessionError> {
    let label = label.trim();
    if label.is_empty() || label.chars().count() > MAX_LABEL_LENGTH {
        flash(&user.session, "A name has 1 to 60 characters.")?;
    } else {
        user.session.set_label(label)?;
        flash(&user.session, "This device has a new name.")?;
    }
    Ok(Redirect::to("/devices"))
}

/// Ends one of the user's sessions. The list has its name, and `revoke_owned` ends nobody else's.
pub(crate) async fn end(
    user: User,
    sessions: Sessions,
    Form(Chosen { id }): Form<Chosen>,
) -> Result<Redirect, SessionError> {
    let devices = sessions.list(&user.account.id).await?;
    match devices.iter().find(|device| device.id() == id) {
        Some(device) if device.is_current(&user.session) => {
            user.session.log_out();
            flash(&user.session, "You are logged out.")?;
            return Ok(Redirect::to("/"));
        }
        Some(device) => {
            sessions.revoke_owned(&user.account.id, id).await?;
            let label = device.label().unwrap_or("The device");
            let message = format!("{label} is logged out.");
            flash(&user.session, message)?;
        }
        None => flash(&user.session, "No such device of yours.")?,
    }
    Ok(Redirect::to("/devices"))
}

pub(crate) async fn end_others(user: User, sessions: Sessions) -> Result<Redirect, SessionError> {
    if let Some(this) = user.session.id() {
        let count = sessions.revoke_others(&user.account.id, this).await?;
        let message = match count {
            0 => "You were logged in nowhere else.".to_owned(),
            1 => "1 other device is logged out.".to_owned(),
            _ => format!("{count} other devices are logged out."),
        };
        flash(&user.session, message)?;
    }
    Ok(Redirect::to("/devices"))
}

pub(crate) async fn end_all(user: User, sessions: Sessions) -> Result<Redirect, SessionError> {
    sessions.revoke_all(&user.account.id).await?;
    // The message goes into a new session, which has nothing to do with the old ones.
    user.session.log_out();
    flash(&user.session, "You are logged out everywhere.")?;
    Ok(Redirect::to("/"))
}

fn time(at: OffsetDateTime) -> String {
    let date = at.date();
    let (hour, minute) = (at.hour(), at.minute());
    format!(
        r#"<time datetime="{date}T{hour:02}:{minute:02}Z">{ago}</time>"#,
        ago = ago(at, OffsetDateTime::now_utc()),
    )
}

fn ago(at: OffsetDateTime, now: OffsetDateTime) -> String {
    let minutes = (now - at).whole_minutes();
    let (count, unit) = match minutes {
        ..1 => return "just now".to_owned(),
        1..60 => (minutes, "minute"),
        60..1440 => (minutes / 60, "hour"),
        _ => (minutes / 1440, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

#[cfg(test)]
mod tests {
    use axum_bare_session::Duration;

    use super::*;

    #[test]
    fn a_time_is_told_by_its_largest_unit() {
        let now = OffsetDateTime::UNIX_EPOCH;
        for (before, text) in [
            (-Duration::HOUR, "just now"),
            (Duration::seconds(59), "just now"),
            (Duration::MINUTE, "1 minute ago"),
            (Duration::minutes(59), "59 minutes ago"),
            (Duration::HOUR, "1 hour ago"),
            (Duration::hours(47), "1 day ago"),
            (Duration::days(30), "30 days ago"),
        ] {
            assert_eq!(ago(now - before, now), text);
        }
    }
}
