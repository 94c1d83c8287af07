//! `usher admin create` and `usher admin recover`.

use clap::{Args, Subcommand, ValueEnum};
use usher_broker::setup;
use usher_domain::Role;
use usher_outbound::SystemEntropy;

use super::{CommandResult, clock, open, say, user};
use crate::config::{Config, ConfigArgs};

#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Create an admin, or somebody who helps people or looks on
    Create(AdminArgs),
    /// Print a one-time link that makes an admin, or resets one's password
    Recover(ConfigArgs),
}

/// What a new admin needs.
#[derive(Debug, Args)]
pub struct AdminArgs {
    /// What they may do in the console
    #[arg(long, value_enum, default_value = "owner")]
    pub role: RoleName,
    #[command(flatten)]
    pub account: user::CreateArgs,
}

/// A role as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum RoleName {
    /// Everything
    Owner,
    /// Helps people who cannot get in
    Helpdesk,
    /// Sees everything and changes nothing
    Auditor,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Owner => Self::Owner,
            RoleName::Helpdesk => Self::Helpdesk,
            RoleName::Auditor => Self::Auditor,
        }
    }
}

pub async fn run(command: AdminCommand) -> CommandResult {
    match command {
        AdminCommand::Create(args) => user::create(args.account, Some(args.role.into())).await,
        AdminCommand::Recover(args) => {
            let config = Config::load(&args)?;
            let store = open::store(&config).await?;
            let token = setup::recovery_token(&store, &SystemEntropy, clock::clock().now()).await?;
            say(&format!("{}/setup/{} (valid for 1 hour, once)", config.public_url, token.expose()))?;
            Ok(())
        }
    }
}
