use axum::extract::FromRequestParts;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Response};
use axum_bare_session::{LoggedInRejection, SessionError};

use super::messages::{Level, Message, Messages};
use super::text::Text;
use super::user::User;
use super::users::Users;

/// The frame around a page: who is logged in, and the messages for them.
pub(crate) struct Page {
    pub(crate) user: Option<User>,
    messages: Messages,
}

impl Page {
    pub(crate) fn show(&self, title: &str, main: &str) -> Result<Response, SessionError> {
        let user = self.user.as_ref().map(|user| {
            let name = Text(&user.name);
            format!(include_str!("html/user.html"), name = name)
        });
        let messages = self.messages.take()?;
        let html = format!(
            include_str!("html/page.html"),
            title = title,
            user = user.unwrap_or_default(),
            messages = messages.iter().map(message).collect::<String>(),
            main = main,
        );
        let headers = [
            // Without this the back button would show the page again after the log-out.
            (CACHE_CONTROL, "no-store"),
            // Were a text not escaped once, browsers would still run no script of it.
            (
                CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'",
            ),
        ];
        Ok((headers, Html(html)).into_response())
    }
}

fn message(Message { level, text }: &Message) -> String {
    let (class, role) = match level {
        Level::Info => ("info", "status"),
        Level::Success => ("success", "status"),
        Level::Error => ("error", "alert"),
    };
    format!(r#"<p class="{class}" role="{role}">{}</p>"#, Text(text))
}

impl FromRequestParts<Users> for Page {
    type Rejection = LoggedInRejection;

    async fn from_request_parts(parts: &mut Parts, users: &Users) -> Result<Self, Self::Rejection> {
        let user = match User::from_request_parts(parts, users).await {
            Ok(user) => Some(user),
            Err(LoggedInRejection::NotLoggedIn) => None,
            Err(other) => return Err(other),
        };
        let messages = Messages::from_request_parts(parts, users).await?;
        Ok(Self { user, messages })
    }
}
