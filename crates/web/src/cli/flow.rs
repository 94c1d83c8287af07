//! `usher flow simulate`, `usher flow replay` and `usher flow lint`: a flow tried out and checked before it meets people,
//! for an admin or a build server.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use usher_broker::replay::{self, Against, Replayed};
use usher_broker::simulate::{Case, Simulated, Way, Which, Who, simulate};
use usher_broker::{Broker, BrokerParts, Settings, console, mask};
use usher_domain::{ApplicationId, FlowDefinition, FlowOwner, UserName};
use usher_login_flow::lint::Level;
use usher_login_flow::replay::Verdict;
use usher_outbound::{AllowList, Outbound, OutboundSettings, SystemEntropy};

use super::{CommandResult, clock, mail, open, say};
use crate::config::{Config, ConfigArgs};

#[derive(Debug, Subcommand)]
pub enum FlowCommand {
    /// Show which pages a person would meet, and how it would end; nothing is written
    Simulate(SimulateArgs),
    /// Run recorded sign-ins against a flow; fails where an outcome would change. Nothing is written
    Replay(ReplayArgs),
    /// Say what is wrong with a flow; fails where something is
    Lint(LintArgs),
}

/// What to try.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// Client id of the application
    #[arg(long)]
    application: String,
    /// Try the draft rather than what is published
    #[arg(long, conflicts_with = "definition")]
    draft: bool,
    /// Try the flow in this file (JSON)
    #[arg(long)]
    definition: Option<PathBuf>,
    /// Try it with this account
    #[arg(long, conflicts_with = "claims", required_unless_present = "claims")]
    user: Option<String>,
    /// Try it with somebody whom a connection describes so (a file with a JSON object)
    #[arg(long)]
    claims: Option<PathBuf>,
    /// Only this way: LOCAL, or the script name of a connection
    #[arg(long)]
    connection: Option<String>,
    /// The address it is tried from
    #[arg(long)]
    ip: Option<IpAddr>,
    /// What the browser calls itself
    #[arg(long)]
    agent: Option<String>,
    /// When it is tried (RFC 3339)
    #[arg(long)]
    at: Option<DateTime<Utc>>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

/// What is run.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// Client id of the application; absent: the flow for all
    #[arg(long)]
    application: Option<String>,
    /// Run them against the flow in this file (JSON) rather than the draft or what is published
    #[arg(long)]
    definition: Option<PathBuf>,
    /// How many sign-ins, newest first
    #[arg(long, default_value_t = replay::USUAL, value_parser = clap::value_parser!(u32).range(1..=i64::from(replay::MOST)))]
    last: u32,
    /// What makes it fail
    #[arg(long, value_enum, default_value_t = FailOn::Changed)]
    fail_on: FailOn,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

/// What makes a replay fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// A sign-in that would end in another way
    Changed,
    /// That, and one of which it is not known
    Unknown,
    /// Nothing
    Never,
}

/// What to check.
#[derive(Debug, Args)]
pub struct LintArgs {
    /// Client id of the application; absent: the flow for all
    #[arg(long)]
    application: Option<String>,
    /// Check the flow in this file (JSON) rather than the draft or what is published
    #[arg(long)]
    definition: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

pub async fn run(command: FlowCommand) -> CommandResult {
    match command {
        FlowCommand::Simulate(args) => try_out(args).await,
        FlowCommand::Replay(args) => run_again(args).await,
        FlowCommand::Lint(args) => lint(args).await,
    }
}

/// A broker that serves nobody.
async fn broker(args: &ConfigArgs) -> Result<Broker, Box<dyn std::error::Error + Send + Sync>> {
    let config = Config::load(args)?;
    let store = open::store(&config).await?;
    let allow = AllowList::parse(config.allow_private.iter().map(String::as_str))?;
    let clock = clock::clock();
    let outbound = Outbound::new(OutboundSettings { allow, ..OutboundSettings::default() }, Arc::clone(&clock))?;
    let mail = mail::parts(&config)?;
    let parts = BrokerParts {
        store,
        clock,
        entropy: Arc::new(SystemEntropy),
        fetch: Arc::new(outbound),
        settings: Settings { public_url: config.public_url.clone() },
        mail,
    };
    Ok(Broker::start(parts).await?)
}

async fn try_out(args: SimulateArgs) -> CommandResult {
    let broker = broker(&args.config).await?;
    let case = case(&broker, &args)?;
    let results = simulate(&broker, &case).await?;
    if args.json {
        say(&serde_json::to_string_pretty(&results)?)?;
        return Ok(());
    }
    for result in &results {
        say(&line(result))?;
    }
    Ok(())
}

async fn run_again(args: ReplayArgs) -> CommandResult {
    let broker = broker(&args.config).await?;
    let owner = owner(args.application.as_deref())?;
    let against = match &args.definition {
        Some(path) => Against::Given(Box::new(definition(path)?)),
        None => Against::Draft,
    };
    let ran = replay::replay(&broker, &owner, &against, args.last).await?.ok_or("there is no such application")?;
    if args.json {
        say(&serde_json::to_string_pretty(&told(&ran))?)?;
    } else {
        for row in &ran.rows {
            say(&format!("{} {} {}: {}", row.correlation, row.application, mask(&row.person), verdict(&row.verdict)))?;
        }
        let (same, changed, unknown) = (ran.same(), ran.changed(), ran.unknown());
        say(&format!("{same} the same, {changed} would change, {unknown} unknown, {} left out", ran.left))?;
    }
    let fails = match args.fail_on {
        FailOn::Changed => ran.changed() > 0,
        FailOn::Unknown => ran.changed() + ran.unknown() + ran.left > 0,
        FailOn::Never => false,
    };
    if fails { Err("sign-ins would end in another way".into()) } else { Ok(()) }
}

fn owner(application: Option<&str>) -> Result<FlowOwner, Box<dyn std::error::Error + Send + Sync>> {
    Ok(match application {
        Some(id) => FlowOwner::Application(ApplicationId::parse(id)?),
        None => FlowOwner::Default,
    })
}

/// People are masked here as in the console.
fn told(ran: &Replayed) -> serde_json::Value {
    let row = |row: &replay::Row| {
        let mut told = json!({
            "reference": row.correlation, "application": row.application, "at": row.at, "person": mask(&row.person),
            "from": row.from, "verdict": verdict(&row.verdict),
        });
        let more = match &row.verdict {
            Verdict::Same => None,
            Verdict::Changed { to } => Some(("to", json!(to))),
            Verdict::Unknown { fact } => Some(("fact", json!(fact))),
        };
        if let (Some((name, value)), Some(members)) = (more, told.as_object_mut()) {
            members.insert(name.to_owned(), value);
        }
        told
    };
    json!({
        "same": ran.same(), "changed": ran.changed(), "unknown": ran.unknown(), "left": ran.left,
        "sign_ins": ran.rows.iter().map(row).collect::<Vec<_>>(),
    })
}

fn verdict(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "same",
        Verdict::Changed { .. } => "changed",
        Verdict::Unknown { .. } => "unknown",
    }
}

fn case(broker: &Broker, args: &SimulateArgs) -> Result<Case, Box<dyn std::error::Error + Send + Sync>> {
    let who = match (&args.user, &args.claims) {
        (Some(name), _) => Who::User(UserName::parse(name)?),
        (None, Some(path)) => Who::Claims(serde_json::from_str(&read(path)?)?),
        (None, None) => return Err("name a --user or give --claims".into()),
    };
    let which = match &args.definition {
        Some(path) => Which::Given(Box::new(definition(path)?)),
        None if args.draft => Which::Draft,
        None => Which::Published,
    };
    let way = args.connection.as_deref().map(|name| way(broker, name)).transpose()?;
    Ok(Case {
        application: ApplicationId::parse(args.application.clone())?,
        which,
        who,
        way,
        ip: args.ip,
        agent: args.agent.clone(),
        at: args.at,
    })
}

fn way(broker: &Broker, name: &str) -> Result<Way, String> {
    if name == "LOCAL" {
        return Ok(Way::Local);
    }
    let snapshot = broker.snapshot();
    let found = snapshot.plain_connections().iter().find(|c| c.script_name == name || c.id.as_str() == name);
    found.map(|connection| Way::Connection(connection.id.clone())).ok_or(format!("there is no connection {name}"))
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|fault| format!("{} cannot be read: {fault}", path.display()))
}

fn definition(path: &Path) -> Result<FlowDefinition, Box<dyn std::error::Error + Send + Sync>> {
    Ok(serde_json::from_str(&read(path)?)?)
}

/// One way in one line.
fn line(result: &Simulated) -> String {
    let reason = result.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    let pages = if result.pages.is_empty() { "no page".to_owned() } else { result.pages.join(" > ") };
    let stubbed = if result.stubbed { " [a call out was not made]" } else { "" };
    format!("{}: {pages} > {}{reason}{stubbed}", result.way, result.result)
}

async fn lint(args: LintArgs) -> CommandResult {
    let broker = broker(&args.config).await?;
    let owner = owner(args.application.as_deref())?;
    let mut flow = console::flows::open(&broker, &owner).await?.ok_or("there is no such application")?;
    if let Some(path) = &args.definition {
        flow.definition = definition(path)?;
    }
    let findings = flow.findings(&broker);
    if args.json {
        let level = |level| match level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        };
        let all: Vec<_> = findings
            .iter()
            .map(|f| json!({ "code": f.code(), "level": level(f.level()), "step": f.step, "option": f.option }))
            .collect();
        say(&serde_json::to_string_pretty(&all)?)?;
    } else {
        for finding in &findings {
            let place = finding.step.map(|step| format!(" in step {step}")).unwrap_or_default();
            say(&format!("{}{place}", finding.code()))?;
        }
    }
    let wrong = findings.iter().any(|finding| finding.level() == Level::Error);
    if wrong { Err("the flow cannot be published".into()) } else { Ok(()) }
}
