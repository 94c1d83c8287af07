//! `usher serve`: puts the parts together and runs until a signal.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use tracing_subscriber::EnvFilter;
use usher_broker::{Broker, BrokerParts, Fault, Settings, bootstrap, maintenance, setup};
use usher_outbound::{AllowList, Outbound, OutboundSettings, SystemEntropy};
use usher_storage::Store;

use super::{CommandResult, clock, mail, open, say};
use crate::config::{Config, ConfigArgs, LogFormat};
use crate::state::App;
use crate::{listen, server};

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
        tracing::info!(
            users = made.users,
            connections = made.connections,
            applications = made.applications,
            "bootstrap"
        );
    }
    let allow = AllowList::parse(config.allow_private.iter().map(String::as_str))?;
    let outbound = Outbound::new(OutboundSettings { allow, ..OutboundSettings::default() }, Arc::clone(&clock))?;
    let mail = mail::parts(&config)?;
    let broker = Broker::start(BrokerParts {
        store: store.clone(),
        clock: Arc::clone(&clock),
        entropy: Arc::new(SystemEntropy),
        fetch: Arc::new(outbound),
        settings: Settings { public_url: config.public_url.clone() },
        mail,
    })
    .await?;
    let broker = Arc::new(broker);
    if config.public_url.starts_with("https:") && config.trusted_proxies.is_empty() {
        // Without it every person shares one address, and one stranger's brake stops them all.
        tracing::warn!(
            "trusted_proxies is empty: everybody seems to come from the proxy's address, and is braked as one"
        );
    }
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|fault| format!("cannot listen on {}: {fault}", config.listen))?;
    if let Some(token) = setup::first_admin_token(&store, &SystemEntropy, clock.now()).await? {
        say(&format!("set up the first admin at {}/setup/{} (valid for 1 hour)", config.public_url, token.expose()))?;
    }
    say(&format!("listening on http://{} (public URL {})", listener.local_addr()?, config.public_url))?;
    let beside = beside(&broker);
    let dispatch = mail::Dispatch::start(&broker);
    listen::serve(listener, server::router(&App::new(broker, config.trusted_proxies))).await;
    beside.iter().for_each(JoinHandle::abort);
    dispatch.stop().await;
    store.close().await;
    tell_counts(&store);
    Ok(())
}

/// What the store did, so that a load harness can say how many commits and statements a sign-in takes.
fn tell_counts(store: &Store) {
    let counts = store.counts();
    tracing::info!(
        statements = counts.statements,
        commits = counts.commits,
        in_progress_statements = counts.ephemeral_statements,
        in_progress_commits = counts.ephemeral_commits,
        "store closed"
    );
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

/// What runs beside the requests, each on its own, so that a long purge keeps nobody from following the configuration.
fn beside(broker: &Arc<Broker>) -> Vec<JoinHandle<()>> {
    vec![
        repeat(
            broker,
            maintenance::FOLLOW_EVERY,
            "follow",
            |broker| async move { broker.follow_configuration().await },
        ),
        repeat(broker, maintenance::COUNT_EVERY, "count", |broker| async move {
            maintenance::count_sign_ins(&broker).await
        }),
        repeat(
            broker,
            maintenance::PURGE_EVERY,
            "purge",
            |broker| async move { maintenance::purge_all(&broker).await },
        ),
    ]
}

/// Runs a task at every turn of a clock. A fault or a panic is logged and the next turn comes all the same.
fn repeat<T, F>(broker: &Arc<Broker>, every: Duration, name: &'static str, task: T) -> JoinHandle<()>
where
    T: Fn(Arc<Broker>) -> F + Send + 'static,
    F: Future<Output = Result<(), Fault>> + Send + 'static,
{
    let broker = Arc::clone(broker);
    tokio::spawn(async move {
        let mut turns = tokio::time::interval(every);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            turns.tick().await;
            attend(name, task(Arc::clone(&broker))).await;
        }
    })
}

/// One turn of a task, to its end.
pub(super) async fn attend(name: &'static str, turn: impl Future<Output = Result<(), Fault>> + Send + 'static) {
    match tokio::spawn(turn).await {
        Ok(Ok(())) => {}
        Ok(Err(fault)) => tracing::warn!(task = name, fault = %crate::error::chain(&fault), "task failed"),
        Err(panic) => tracing::error!(task = name, %panic, "task panicked"),
    }
}
