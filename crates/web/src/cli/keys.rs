//! `usher keys rotate`.

use clap::Subcommand;
use usher_outbound::SystemEntropy;

use super::{CommandResult, clock, open, say};
use crate::config::{Config, ConfigArgs};

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make new signing keys; the old ones stay published until their last token has ended
    Rotate(ConfigArgs),
}

pub async fn run(command: KeysCommand) -> CommandResult {
    let KeysCommand::Rotate(args) = command;
    let config = Config::load(&args)?;
    let store = open::store(&config).await?;
    for id in usher_broker::keys::rotate(&store, &SystemEntropy, clock::clock().now()).await? {
        say(&format!("current key {id}"))?;
    }
    Ok(())
}
