use redis::{Cmd, ErrorKind, RedisResult, ServerErrorKind, Value};

use super::link::Link;

const INDEX: &str = include_str!("index.lua");

/// What the storage asks of the server beyond single commands. Each script touches the keys that it is given and no others.
pub(super) struct Scripts {
    pub(super) save: Script,
    pub(super) touch: Script,
    pub(super) add: Script,
    pub(super) heal: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            save: Script::new([INDEX, include_str!("save.lua")].concat()),
            touch: Script::new(include_str!("touch.lua").to_owned()),
            add: Script::new([INDEX, include_str!("add.lua")].concat()),
            heal: Script::new(include_str!("heal.lua").to_owned()),
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
        let by_digest = command("EVALSHA", &self.sha1, keys, arguments);
        match link.send(&by_digest).await {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                let by_text = command("EVAL", &self.code, keys, arguments);
                link.send(&by_text).await
            }
            result => result,
        }
    }
}

fn command(name: &str, script: &str, keys: &[&[u8]], arguments: &[&[u8]]) -> Cmd {
    let mut command = redis::cmd(name);
    command.arg(script).arg(keys.len()).arg(keys).arg(arguments);
    command
}
