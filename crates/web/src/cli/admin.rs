//! `usher admin create` and `usher admin recover`.

use clap::Subcommand;
use usher_broker::setup;
use usher_domain::Role;
use usher_outbound::SystemEntropy;

use super::{CommandResult, clock, open, say, user};
use crate::config::{Config, ConfigArgs};

#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Create an admin
    Create(user::CreateArgs),
    /// Print a one-time link that makes an admin, or resets one's password
    Recover(ConfigArgs),
}

pub async fn run(command: AdminCommand) -> CommandResult {
    match command {
        AdminCommand::Create(args) => user::create(args, Some(Role::Owner)).await,
        AdminCommand::Recover(args) => {
            let config = Config::load(&args)?;
            let store = open::store(&config).await?;
            let token = setup::recovery_token(&store, &SystemEntropy, clock::clock().now()).await?;
            say(&format!("{}/setup/{} (valid for 1 hour, once)", config.public_url, token.expose()))?;
            Ok(())
        }
    }
}
