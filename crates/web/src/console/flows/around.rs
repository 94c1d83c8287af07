//! The pages around the board: a beginning, adding an option, the proposed script, back to the default.

use axum::response::Response;
use usher_broker::console::flows::edit::Edit;
use usher_broker::console::flows::predefined::{self, Group};
use usher_broker::console::{connections, flows};
use usher_domain::{Authenticator, ConnectionId, FlowOption, SignInPageListing};
use usher_login_flow::lint::{Finding, Problem};

use super::super::fields::Fields;
use super::super::session::{Answer, Console, Posted, Rejected};
use super::super::words;
use super::view::Words;
use super::{Opened, describe};
use crate::error::see_other;
use crate::pages::Named;
use crate::pages::console::{
    AddOptionPage, FlashKind, FlowRevertPage, FlowStartPage, OptionChoice, OptionGroup, SkipScriptPage, StartChoice,
};
use crate::pages::paths::{self, routes};

/// Most connections on the page that adds one; among more, admins search.
const LISTED: usize = 50;

/// Where a flow begins.
pub fn start(console: &Console, opened: &Opened) -> Response {
    let flow = &opened.flow;
    let replaces = flow.is_draft() || flow.published.is_some();
    let application = flow.application.as_ref().filter(|_| !replaces);
    let choice = |each: predefined::Predefined| StartChoice {
        conditional: each.group == Group::Conditional,
        id: each.id,
        title: each.title,
        summary: each.summary,
    };
    console.page(FlowStartPage {
        shell: console.shell(opened.section),
        at: opened.address(console),
        replaces,
        choices: predefined::all().into_iter().map(choice).collect(),
        simple_href: application.map(|application| paths::application(routes::APPLICATION_GENERAL, &application.id)),
        version: flow.revision,
    })
}

/// A flow of one's own from a choice.
pub async fn begin(posted: &Posted, opened: &Opened) -> Answer {
    let (console, flow) = (&posted.console, &opened.flow);
    let edit = match posted.fields.text("flow") {
        "present" => Edit::Keep,
        id => match predefined::flow(id, &flow.definition) {
            Some(definition) => Edit::Replace(Box::new(definition)),
            None => return Err(console.gone(opened.section)),
        },
    };
    change(posted, opened, &edit, &opened.base).await
}

async fn change(posted: &Posted, opened: &Opened, edit: &Edit, onwards: &str) -> Answer {
    let console = &posted.console;
    let seen = (&opened.flow.owner, posted.fields.version());
    match flows::change(console.broker(), &console.admin, seen, None, edit).await {
        Ok(_) => Ok(see_other(onwards)),
        Err(error) => {
            let rejected = console.rejected(opened.section, error)?;
            Ok(super::view::page(console, opened, super::view::Shown::default(), rejected))
        }
    }
}

/// What a step may get. What cannot be added stays in sight, with the reason.
pub fn add(console: &Console, opened: &Opened, search: &Fields) -> Response {
    let step = search
        .text("step")
        .parse()
        .unwrap_or(1)
        .clamp(1, u8::try_from(opened.flow.definition.steps.len().max(1)).unwrap_or(u8::MAX));
    let query = search.text("q").trim().to_lowercase();
    let snapshot = console.broker().snapshot();
    let words = Words { ui: &console.ui, snapshot: &snapshot };
    let mut groups = vec![
        OptionGroup { title: "Local", options: local(console, opened, step, &Authenticator::ALL[..2]) },
        OptionGroup { title: "Connections", options: from_connections(console, opened, step, &words) },
        OptionGroup { title: "Second factor", options: local(console, opened, step, &Authenticator::ALL[2..]) },
    ];
    for group in &mut groups {
        group.options.retain(|option| option.name.name().to_lowercase().contains(&query));
        group.options.truncate(LISTED);
    }
    groups.retain(|group| !group.options.is_empty());
    console.page(AddOptionPage {
        shell: console.shell(opened.section),
        at: opened.address(console),
        step,
        query: search.text("q").trim().to_owned(),
        groups,
        version: opened.flow.revision,
    })
}

fn present(opened: &Opened, step: u8, option: &FlowOption) -> bool {
    let step = usize::from(step).checked_sub(1).and_then(|at| opened.flow.definition.steps.get(at));
    step.is_some_and(|step| step.options.contains(option))
}

fn local(console: &Console, opened: &Opened, step: u8, all: &[Authenticator]) -> Vec<OptionChoice> {
    let snapshot = console.broker().snapshot();
    let words = Words { ui: &console.ui, snapshot: &snapshot };
    let choice = |authenticator: &Authenticator| {
        let option = FlowOption::Local { authenticator: *authenticator };
        let reason = match authenticator {
            _ if present(opened, step, &option) => "It is in this step already.",
            second if second.is_second_factor() && step == 1 => {
                "A second factor cannot stand in step 1, where nobody knows yet who the person is."
            }
            Authenticator::EmailOtp if !console.broker().can_mail() => "No mail server is configured.",
            _ => "",
        };
        OptionChoice {
            value: format!("local:{}", authenticator.as_str()),
            name: Named::new(&words.option(&option)),
            detail: String::new(),
            tags: words.tags(&option),
            reason: reason.to_owned(),
        }
    };
    all.iter().map(choice).collect()
}

fn from_connections(console: &Console, opened: &Opened, step: u8, words: &Words<'_>) -> Vec<OptionChoice> {
    let every = OptionChoice {
        value: "every".to_owned(),
        name: Named::new(&words.option(&FlowOption::EveryConnection)),
        detail: "Also those that are added later.".to_owned(),
        tags: Vec::new(),
        reason: if present(opened, step, &FlowOption::EveryConnection) { "It is in this step already." } else { "" }
            .to_owned(),
    };
    let choice = |connection: usher_domain::Connection| {
        let option = FlowOption::Connection { connection: connection.id.clone() };
        let reason = match connection.listing {
            _ if present(opened, step, &option) => "It is in this step already.",
            _ if !connection.enabled => "It is disabled.",
            SignInPageListing::LinkOnly => "It is for linking only: nobody signs in with it.",
            _ => "",
        };
        OptionChoice {
            value: format!("connection:{}", connection.id),
            name: Named::new(&connection.name),
            detail: words::kind(words.ui, connection.kind),
            tags: words.tags(&option),
            reason: reason.to_owned(),
        }
    };
    std::iter::once(every).chain(connections::list(console.broker()).into_iter().map(choice)).collect()
}

/// Adds what was chosen.
pub async fn add_option(posted: &Posted, opened: &Opened) -> Answer {
    let step: u8 = posted.fields.text("step").parse().unwrap_or(0);
    let (kind, name) = posted.fields.text("option").split_once(':').unwrap_or((posted.fields.text("option"), ""));
    let option = match kind {
        "every" => Some(FlowOption::EveryConnection),
        "local" => Authenticator::from_text(name).map(|authenticator| FlowOption::Local { authenticator }),
        "connection" => ConnectionId::parse(name)
            .ok()
            .filter(|id| connections::get(posted.console.broker(), id).is_some())
            .map(|connection| FlowOption::Connection { connection }),
        _ => None,
    };
    let Some(option) = option else { return Err(posted.console.gone(opened.section)) };
    let onwards = format!("{}?step={step}#step-{step}", opened.base);
    change(posted, opened, &Edit::AddOption(step, option), &onwards).await
}

/// What skipping by a script means, and what it would change.
pub fn skip(console: &Console, opened: &Opened) -> Response {
    skip_page(console, opened, Rejected::none())
}

fn skip_page(console: &Console, opened: &Opened, rejected: Rejected) -> Response {
    let Some(script) = flows::proposed(console.broker(), &opened.flow) else { return see_other(&opened.base) };
    let snapshot = console.broker().snapshot();
    let words = Words { ui: &console.ui, snapshot: &snapshot };
    let (mut ids, mut factors) = (Vec::new(), Vec::new());
    for Finding { problem, .. } in opened.flow.findings(console.broker()) {
        if let Problem::JitMfa { connections, factors: missed } = problem {
            ids.extend(connections.into_iter().map(|(id, _)| id));
            factors.extend(missed);
        }
    }
    ids.sort();
    ids.dedup();
    factors.sort();
    factors.dedup();
    let view = SkipScriptPage {
        shell: console.shell(opened.section),
        at: opened.address(console),
        names: words.connections(ids.iter()),
        factors: words.factors(&factors),
        diff: describe::compare(&describe::lines(&script.present), &describe::lines(&script.proposed)),
        by_hand: script.keeps_hand_written(),
        proposed: script.proposed,
        version: opened.flow.revision,
        errors: rejected.errors,
    };
    console.page_as(rejected.status, view)
}

/// Puts the proposed script into the draft.
pub async fn insert_script(posted: &Posted, opened: &Opened) -> Answer {
    let console = &posted.console;
    let seen = (&opened.flow.owner, posted.fields.version());
    match flows::skip_by_script(console.broker(), &console.admin, seen).await {
        Ok(()) => Ok(see_other(&format!("{}#script-head", opened.base))),
        Err(error) => {
            let rejected = console.rejected(opened.section, error)?;
            Ok(skip_page(console, opened, rejected))
        }
    }
}

/// Asks before the flow is taken out of use.
pub fn revert(console: &Console, opened: &Opened) -> Response {
    console.page(FlowRevertPage { shell: console.shell(opened.section), at: opened.address(console) })
}

/// Takes the flow out of use.
pub async fn revert_now(posted: &Posted, opened: &Opened) -> Answer {
    let console = &posted.console;
    match flows::revert(console.broker(), &console.admin, &opened.flow.owner, console.visitor()).await {
        Ok(()) => Ok(console.done(&opened.base, FlashKind::FlowReverted)),
        Err(error) => {
            let rejected = console.rejected(opened.section, error)?;
            Ok(super::view::page(console, opened, super::view::Shown::default(), rejected))
        }
    }
}
