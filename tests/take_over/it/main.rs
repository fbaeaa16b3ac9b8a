//! The take-over of the guide's page on tower-sessions, between the real one and this crate: `support` has a browser's
//! jar and the application after the switch, the other files one subject each.

mod axum_login;
mod chromium;
mod parallel;
mod plain;
mod protected;
mod refused;
mod side_by_side;
mod support;

/// The guide's own code, with the current tower-sessions.
mod recipe {
    use tower_sessions_0_15 as tower_sessions;

    include!("../../../src/guide/take_over.rs");

    /// Accounts of an application that keeps the user's id in the session.
    #[derive(Clone)]
    pub struct Users {
        pub remember: bool,
    }

    impl Users {
        async fn admit(
            &self,
            mut data: HashMap<String, Value>,
        ) -> Result<Option<TakenOver>, StatusCode> {
            let owner = data.remove("user_id").map(|id| format!("user:{id}"));
            Ok(Some(TakenOver {
                owner,
                stamp: None,
                values: data,
                remember: self.remember,
            }))
        }
    }
}
