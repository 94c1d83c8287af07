//! "Simulate": a flow tried out for every way in, by a person who does everything right. Nothing is written and nobody is
//! asked, so a person with an account may stand in an address; claims that somebody typed are posted.

use std::collections::BTreeSet;

use axum::response::Response;
use chrono::{DateTime, NaiveDateTime, Utc};
use usher_broker::console::{Right, applications, users};
use usher_broker::simulate::{self, Case, NotSimulated, Simulated, Way, Which, Who};
use usher_domain::{ApplicationId, Claims, ConnectionId, FlowDefinition, FlowOwner, UserName};

use super::super::fields::Fields;
use super::super::session::{Answer, Console, Posted, Rejected, Stop};
use super::super::words;
use super::Opened;
use super::view::Words;
use crate::forms::FormErrors;
use crate::pages::console::{SimulateForm, SimulatePage, SimulatedRow};
use crate::pages::{Tag, Tone};

/// Most people who are proposed for a name.
const PROPOSED: usize = 8;
/// Longest text of claims, in bytes.
const LONGEST: usize = 16 * 1024;

/// The form; with a person in the address, tried at once.
pub async fn show(console: &Console, opened: &Opened, search: &Fields) -> Answer {
    let form = typed(search, opened);
    if form.user.is_empty() {
        return Ok(page(console, opened, form, Shown::default()));
    }
    tried(console, opened, SimulateForm { claims: String::new(), ..form }).await
}

/// Tries what was posted.
pub async fn run(posted: &Posted, opened: &Opened) -> Answer {
    tried(&posted.console, opened, typed(&posted.fields, opened)).await
}

fn typed(fields: &Fields, opened: &Opened) -> SimulateForm {
    SimulateForm {
        application: fields.owned("application"),
        published: fields.text("which") == "published" || !opened.flow.is_draft() && fields.text("which").is_empty(),
        user: fields.text("user").trim().to_owned(),
        claims: fields.owned("claims"),
        way: fields.owned("way"),
        ip: fields.text("ip").trim().to_owned(),
        agent: fields.text("agent").trim().to_owned(),
        at: fields.text("at").trim().to_owned(),
    }
}

/// What the page shows beside the form.
#[derive(Default)]
struct Shown {
    rows: Option<Vec<SimulatedRow>>,
    proposed: Vec<(String, String)>,
    errors: Option<FormErrors>,
}

async fn tried(console: &Console, opened: &Opened, form: SimulateForm) -> Answer {
    let case = match case(opened, &form) {
        Ok(case) => case,
        Err((field, text)) => return Ok(wrong(console, opened, form, FormErrors::at(field, text.to_owned()))),
    };
    // What accounts hold is for those who may look at people.
    if !console.admin.may(Right::LookAtPeople) {
        return Ok(wrong(console, opened, form, FormErrors::at("user", "You may not look at people".to_owned())));
    }
    match simulate::simulate(console.broker(), &case).await {
        Ok(results) => {
            let snapshot = console.broker().snapshot();
            let words = Words { ui: &console.ui, snapshot: &snapshot };
            let rows = results.into_iter().map(|result| row(&words, result)).collect();
            Ok(page(console, opened, form, Shown { rows: Some(rows), ..Shown::default() }))
        }
        Err(NotSimulated::NoUser(_)) => propose(console, opened, form).await,
        Err(NotSimulated::NoApplication(_)) => {
            let text = "Choose an application".to_owned();
            Ok(wrong(console, opened, form, FormErrors::at("application", text)))
        }
        Err(NotSimulated::NoConnection) => {
            let text = "This connection cannot be used: it is off or gone".to_owned();
            Ok(wrong(console, opened, form, FormErrors::at("way", text)))
        }
        Err(NotSimulated::Fault(fault)) => Err(console.fail(fault)),
    }
}

fn wrong(console: &Console, opened: &Opened, form: SimulateForm, errors: FormErrors) -> Response {
    page(console, opened, form, Shown { errors: Some(errors), ..Shown::default() })
}

/// Nobody is called exactly so: who might be meant.
async fn propose(console: &Console, opened: &Opened, form: SimulateForm) -> Result<Response, Stop> {
    let found = users::search(console.broker(), &form.user, None).await.map_err(|fault| console.fail(fault))?;
    let proposed = found.users.iter().take(PROPOSED);
    let proposed: Vec<_> = proposed
        .map(|user| {
            let name = super::super::users::known(user, "name");
            (user.username.to_string(), console.shown(&name))
        })
        .collect();
    let text =
        if proposed.is_empty() { "Nobody is found for this name" } else { "Nobody is called exactly so: choose below" };
    let errors = Some(FormErrors::at("user", text.to_owned()));
    Ok(page(console, opened, form, Shown { proposed, errors, rows: None }))
}

type Wrong = (&'static str, &'static str);

fn case(opened: &Opened, form: &SimulateForm) -> Result<Case, Wrong> {
    let application = match &opened.flow.owner {
        FlowOwner::Application(id) => id.clone(),
        FlowOwner::Default => {
            ApplicationId::parse(form.application.as_str()).map_err(|_| ("application", "Choose an application"))?
        }
    };
    let ip = match form.ip.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_| ("ip", "Enter an IP address, such as 203.0.113.9"))?),
    };
    Ok(Case {
        application,
        which: which(opened, form),
        who: who(form)?,
        way: way(&form.way)?,
        ip,
        agent: Some(form.agent.clone()).filter(|agent| !agent.is_empty()),
        at: at(&form.at)?,
    })
}

/// On the page of the default flow it is this flow that is tried, whatever the application has of its own.
fn which(opened: &Opened, form: &SimulateForm) -> Which {
    let definition = match (&opened.flow.published, form.published) {
        (Some(version), true) => version.definition.clone(),
        (None, true) if opened.flow.owner == FlowOwner::Default => FlowDefinition::simple(),
        (None, true) => return Which::Published,
        (_, false) => opened.flow.definition.clone(),
    };
    match opened.flow.owner {
        FlowOwner::Default => Which::ForAll(Box::new(definition)),
        FlowOwner::Application(_) => Which::Given(Box::new(definition)),
    }
}

fn who(form: &SimulateForm) -> Result<Who, Wrong> {
    match (form.user.is_empty(), form.claims.trim().is_empty()) {
        (true, true) => Err(("user", "Enter a user name, or the claims of somebody who has no account here")),
        (false, false) => Err(("claims", "Enter a user name or claims, not both")),
        (false, true) => {
            let name = UserName::parse(&form.user).map_err(|_| ("user", "This is no user name"))?;
            Ok(Who::User(name))
        }
        (true, false) => {
            let text = ("claims", "Enter a JSON object, such as {\"sub\": \"7\", \"email\": \"ann@example.com\"}");
            if form.claims.len() > LONGEST {
                return Err(text);
            }
            serde_json::from_str::<Claims>(&form.claims).map(Who::Claims).map_err(|_| text)
        }
    }
}

fn way(text: &str) -> Result<Option<Way>, Wrong> {
    match text {
        "" => Ok(None),
        "local" => Ok(Some(Way::Local)),
        id => {
            let id = ConnectionId::parse(id).map_err(|_| ("way", "Choose a way in"))?;
            Ok(Some(Way::Connection(id)))
        }
    }
}

/// As `datetime-local` sends it, in UTC.
fn at(text: &str) -> Result<Option<DateTime<Utc>>, Wrong> {
    if text.is_empty() {
        return Ok(None);
    }
    let read = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"];
    let time = read.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    time.map(|time| Some(time.and_utc())).ok_or(("at", "Enter a time such as 2026-05-03 14:30"))
}

fn page(console: &Console, opened: &Opened, form: SimulateForm, shown: Shown) -> Response {
    let snapshot = console.broker().snapshot();
    let all = applications::list(console.broker());
    let rejected = shown.errors.map_or_else(Rejected::none, Rejected::fields);
    let ways = snapshot.plain_connections().iter();
    let ways = ways.map(|way| (way.id.to_string(), words::connection_name(&console.ui, &snapshot, &way.id)));
    let view = SimulatePage {
        shell: console.shell(opened.section),
        at: opened.address(console),
        applications: match opened.flow.owner {
            FlowOwner::Default => all.into_iter().map(|one| (one.id.to_string(), one.name)).collect(),
            FlowOwner::Application(_) => Vec::new(),
        },
        ways: ways.collect(),
        may_type: console.admin.may(Right::Manage),
        draft: opened.flow.is_draft(),
        form,
        proposed: shown.proposed,
        rows: shown.rows,
        errors: rejected.errors,
    };
    console.page_as(rejected.status, view)
}

fn row(words: &Words<'_>, result: Simulated) -> SimulatedRow {
    let snapshot = words.snapshot;
    let named = |script_name: &str| {
        let found = snapshot.plain_connections().iter().find(|one| one.script_name == script_name);
        found.map_or_else(|| script_name.to_owned(), |one| one.name.clone())
    };
    let way = if result.way == "LOCAL" { "Local account".to_owned() } else { named(&result.way) };
    let (text, tone) = match result.result.as_str() {
        "signed_in" => ("Signed in", Tone::Ok),
        "refused" => ("Refused", Tone::Danger),
        "ended" => ("Ended by the script", Tone::Warn),
        _ => ("Asks", Tone::Info),
    };
    let steps: BTreeSet<u8> = result.steps.iter().copied().collect();
    SimulatedRow {
        way,
        pages: result.pages.iter().map(|page| words.page(page, &named)).collect(),
        steps: steps.iter().map(u8::to_string).collect::<Vec<_>>().join(", "),
        result: Tag::new(text, tone),
        reason: result.reason.unwrap_or_default(),
        acr: result.acr.unwrap_or_default(),
        decision: result.decision.unwrap_or_default(),
        calls: result.calls,
        logs: result.logs,
        stubbed: result.stubbed,
    }
}

impl Words<'_> {
    /// A page of a try: `sign_in`, `go:acme`, `factor:totp`, `enrol:totp`, `prompt:terms`.
    fn page(&self, text: &str, named: &impl Fn(&str) -> String) -> String {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        let factor =
            || usher_domain::Authenticator::from_text(rest).map_or_else(|| rest.to_owned(), |one| self.factor(one));
        match kind {
            "sign_in" => "Sign-in page".to_owned(),
            "go" => format!("To {}", named(rest)),
            "factor" => format!("Asks for {}", factor()),
            "enrol" => format!("Sets up {}", factor()),
            "recovery_codes" => "Shows recovery codes".to_owned(),
            "prove_ownership" => "Asks for a proof of the account".to_owned(),
            "prompt" => format!("Page “{rest}”"),
            _ => text.to_owned(),
        }
    }
}
