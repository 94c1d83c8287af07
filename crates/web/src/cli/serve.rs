//! `usher serve`: puts the parts together and runs until a signal.

use std::sync::Arc;

use clap::Args;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;
use usher_broker::{Broker, BrokerParts, Settings, bootstrap, maintenance, setup};
use usher_outbound::{AllowList, Outbound, OutboundSettings, SystemEntropy};
use usher_storage::Store;

use super::{CommandResult, clock, open, say};
use crate::config::{Config, ConfigArgs, LogFormat};
use crate::server;
use crate::state::App;

/// Arguments of `usher serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Bring the database to this version's schema first (always done with sqlite)
    #[arg(long)]
    pub migrate: bool,
    #[command(flatten)]
    pub config: ConfigArgs,
}

pub async fn run(args: ServeArgs) -> CommandResult {
    let config = Config::load(&args.config)?;
    start_log(&config)?;
    let clock = clock::clock();
    let options = open::options(&config)?;
    if config.is_embedded() || args.migrate {
        Store::migrate(&options, clock.now()).await?;
    }
    let store = Store::open(&options).await?;
    if let Some(path) = &config.bootstrap {
        let text = std::fs::read_to_string(path)
            .map_err(|fault| format!("bootstrap file {} cannot be read: {fault}", path.display()))?;
        let made = bootstrap::apply(&store, &text, Arc::new(SystemEntropy), clock.now()).await?;
        tracing::info!(users = made.users, connections = made.connections, applications = made.applications, "bootstrap");
    }
    let allow = AllowList::parse(config.allow_private.iter().map(String::as_str))?;
    let outbound = Outbound::new(OutboundSettings { allow, ..OutboundSettings::default() }, Arc::clone(&clock))?;
    let broker = Broker::start(BrokerParts {
        store: store.clone(),
        clock: Arc::clone(&clock),
        entropy: Arc::new(SystemEntropy),
        fetch: Arc::new(outbound),
        settings: Settings { public_url: config.public_url.clone() },
    })
    .await?;
    let broker = Arc::new(broker);
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|fault| format!("cannot listen on {}: {fault}", config.listen))?;
    if let Some(token) = setup::first_admin_token(&store, &SystemEntropy, clock.now()).await? {
        say(&format!("set up the first admin at {}/setup/{} (valid for 1 hour)", config.public_url, token.expose()))?;
    }
    say(&format!("listening on http://{} (public URL {})", listener.local_addr()?, config.public_url))?;
    let beside = tokio::spawn(beside(Arc::clone(&broker)));
    server::serve(listener, App::new(broker, config.trusted_proxies)).await?;
    beside.abort();
    store.close().await;
    Ok(())
}

fn start_log(config: &Config) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let filter = EnvFilter::try_new(&config.log)?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => log.with_ansi(false).init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}

/// Follows the configuration and purges what expired.
async fn beside(broker: Arc<Broker>) {
    let mut follow = tokio::time::interval(maintenance::FOLLOW_EVERY);
    let mut count = tokio::time::interval(maintenance::COUNT_EVERY);
    let mut purge = tokio::time::interval(maintenance::PURGE_EVERY);
    loop {
        tokio::select! {
            _ = follow.tick() => {
                if let Err(fault) = broker.follow_configuration().await {
                    tracing::warn!(fault = %crate::error::chain(&fault), "the configuration cannot be followed");
                }
            }
            _ = count.tick() => {
                if let Err(fault) = maintenance::count_sign_ins(&broker).await {
                    tracing::warn!(fault = %crate::error::chain(&fault), "sign-ins in progress cannot be counted");
                }
            }
            _ = purge.tick() => {
                if let Err(fault) = maintenance::purge_all(&broker).await {
                    tracing::warn!(fault = %crate::error::chain(&fault), "expired rows cannot be purged");
                }
            }
        }
    }
}
