//! `usher user create`.

use clap::{Args, Subcommand};
use usher_broker::accounts::{self, NewAccount};
use usher_broker::passwords::Passwords;
use usher_domain::{AttributeSource, EmailAddress, Role, UserName, Verification};
use usher_outbound::SystemEntropy;

use super::{CommandResult, clock, open, password_from_stdin, say};
use crate::config::{Config, ConfigArgs};

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Create a local user
    Create(CreateArgs),
}

/// What a new account needs.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Name to sign in with
    #[arg(long)]
    pub username: String,
    /// E-mail address; counts as verified by you
    #[arg(long)]
    pub email: Option<String>,
    /// Read the password from the first line of standard input
    #[arg(long)]
    pub password_stdin: bool,
    #[command(flatten)]
    pub config: ConfigArgs,
}

pub async fn run(command: UserCommand) -> CommandResult {
    let UserCommand::Create(args) = command;
    create(args, None).await
}

/// Creates an account with or without a right in the console.
pub async fn create(args: CreateArgs, role: Option<Role>) -> CommandResult {
    let config = Config::load(&args.config)?;
    let username = UserName::parse(&args.username)?;
    let email = args.email.as_deref().map(EmailAddress::parse).transpose()?;
    let password_hash = if args.password_stdin {
        Some(Passwords::start(&SystemEntropy)?.hash(password_from_stdin()?, &SystemEntropy).await?)
    } else {
        None
    };
    let account = NewAccount {
        username,
        password_hash,
        email,
        email_verified: Verification::ByAdmin,
        attributes: std::collections::BTreeMap::new(),
        source: AttributeSource::Import,
        role,
    };
    let store = open::store(&config).await?;
    let now = clock::clock().now();
    let id = store
        .write(move |tx| {
            let account = account.clone();
            Box::pin(async move { accounts::create(tx, &account, &SystemEntropy, now).await })
        })
        .await?;
    say(&format!("created {id}"))?;
    Ok(())
}
