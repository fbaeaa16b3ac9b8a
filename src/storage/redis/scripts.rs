use redis::{Cmd, ErrorKind, RedisError, RedisResult, ServerErrorKind, Value};

use super::link::{Link, command};

const SET: &str = include_str!("set.lua");
const RECORD: &str = include_str!("record.lua");

/// What the storage asks of the server beyond single commands. Each script touches the keys that it is given and no
/// others.
pub(super) struct Scripts {
    pub(super) load: Script,
    pub(super) save: Script,
    pub(super) touch: Script,
    pub(super) add: Script,
    pub(super) keep: Script,
    pub(super) drop: Script,
    pub(super) delete: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            load: Script::new([RECORD, include_str!("load.lua")].concat()),
            save: Script::new([SET, RECORD, include_str!("save.lua")].concat()),
            touch: Script::new([RECORD, include_str!("touch.lua")].concat()),
            add: Script::new([SET, include_str!("add.lua")].concat()),
            keep: Script::new([SET, include_str!("keep.lua")].concat()),
            drop: Script::new([SET, include_str!("drop.lua")].concat()),
            delete: Script::new([RECORD, include_str!("delete.lua")].concat()),
        }
    }
}

pub(super) struct Script {
    code: String,
    sha1: String,
}

impl Script {
    fn new(code: String) -> Self {
        let sha1 = redis::Script::new(&code).get_hash().to_owned();
        Self { code, sha1 }
    }

    /// Runs the script by its digest, or where the server has lost it, by its text, which the server then keeps.
    pub(super) async fn run(
        &self,
        link: &dyn Link,
        keys: &[&[u8]],
        arguments: &[&[u8]],
    ) -> RedisResult<Value> {
        let reply = link
            .send(&call("EVALSHA", &self.sha1, keys, arguments))
            .await;
        if !reply.as_ref().is_err_and(is_lost) {
            return reply;
        }
        link.send(&call("EVAL", &self.code, keys, arguments)).await
    }
}

fn is_lost(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

fn call(name: &str, script: &str, keys: &[&[u8]], arguments: &[&[u8]]) -> Cmd {
    let count = keys.len().to_string();
    let beginning = [name, script, &count].map(str::as_bytes);
    command(&[&beginning, keys, arguments].concat())
}
