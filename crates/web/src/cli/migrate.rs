//! `usher migrate`.

use super::{CommandResult, clock, open, say};
use crate::config::{Config, ConfigArgs};

pub async fn run(args: ConfigArgs) -> CommandResult {
    let config = Config::load(&args)?;
    let applied = usher_storage::Store::migrate(&open::options(&config)?, clock::clock().now()).await?;
    if applied.is_empty() {
        say("the schema is up to date")?;
    }
    for name in applied {
        say(&format!("applied {name}"))?;
    }
    Ok(())
}
