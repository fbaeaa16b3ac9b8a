/// What axum-login keeps of a log-in, under the key `axum-login.data`.
#[derive(Deserialize)]
struct LogIn {
    user_id: Option<u64>,
    auth_hash: Option<Vec<u8>>,
}

impl Users {
    async fn admit(
        &self,
        mut data: HashMap<String, Value>,
    ) -> Result<Option<TakenOver>, StatusCode> {
        let (mut owner, mut stamp) = (None, None);
        if let Some(log_in) = data.remove("axum-login.data") {
            let log_in: LogIn =
                serde_json::from_value(log_in).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
            if let Some(id) = log_in.user_id {
                stamp = log_in.auth_hash;
                // A password that was changed has logged this session out.
                let user = self.0.user(id).await;
                let user = user.filter(|user| stamp.as_deref() == Some(user.session_auth_hash()));
                if user.is_none() {
                    return Ok(None);
                }
                owner = Some(format!("user:{id}"));
            }
        }
        Ok(Some(TakenOver {
            owner,
            stamp,
            values: data,
            remember: false,
        }))
    }
}
