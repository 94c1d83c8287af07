//! "Replay": the last recorded sign-ins against the draft. Looking changes nothing, so it is a GET; the switch for
//! recording is a form.

use axum::response::Response;
use usher_broker::mask;
use usher_broker::replay::{self, Against, Replayed, Row, Switch};
use usher_domain::FlowOwner;
use usher_login_flow::replay::Verdict;

use super::super::fields::Fields;
use super::super::session::{Answer, Console, Posted};
use super::Opened;
use super::view::Words;
use crate::error::see_other;
use crate::pages::console::{FlashKind, ReplayPage, ReplayRow};
use crate::pages::paths::{self, routes};
use crate::pages::{Tag, Tone};

pub async fn show(console: &Console, opened: &Opened, search: &Fields) -> Answer {
    let last = search.text("last").parse().unwrap_or(replay::USUAL).clamp(1, replay::MOST);
    let ran = if search.holds("last") { Some(run(console, opened, last).await?) } else { None };
    Ok(page(console, opened, (last, ran)))
}

async fn run(console: &Console, opened: &Opened, last: u32) -> Result<Replayed, super::Stop> {
    let ran = replay::replay(console.broker(), &opened.flow.owner, &Against::Draft, last).await;
    ran.map_err(|fault| console.fail(fault))?.ok_or_else(|| console.gone(opened.section))
}

fn page(console: &Console, opened: &Opened, (last, ran): (u32, Option<Replayed>)) -> Response {
    let snapshot = console.broker().snapshot();
    let words = Words { ui: &console.ui, snapshot: &snapshot };
    let counts = ran.as_ref().map(|ran| (ran.changed(), ran.unknown(), ran.same(), ran.left));
    let mut rows: Vec<(u8, ReplayRow)> = Vec::new();
    for one in ran.iter().flat_map(|ran| &ran.rows) {
        rows.push((rank(&one.verdict), row(&words, one)));
    }
    // What would change first, each newest first.
    rows.sort_by_key(|(rank, _)| *rank);
    console.page(ReplayPage {
        shell: console.shell(opened.section),
        at: opened.address(console),
        draft: opened.flow.is_draft(),
        recording: snapshot.recordings.of(&opened.flow.owner) == Switch::On,
        shared: opened.flow.owner == FlowOwner::Default,
        last,
        most: replay::MOST,
        counts,
        rows: rows.into_iter().map(|(_, row)| row).collect(),
    })
}

fn rank(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Changed { .. } => 0,
        Verdict::Unknown { .. } => 1,
        Verdict::Same => 2,
    }
}

fn row(words: &Words<'_>, one: &Row) -> ReplayRow {
    let (tag, to) = match &one.verdict {
        Verdict::Same => (Tag::new("Same", Tone::Ok), String::new()),
        Verdict::Changed { to } => (Tag::new("Would change", Tone::Warn), words.came_to(to)),
        Verdict::Unknown { fact } => (Tag::new("Unknown fact", Tone::Info), format!("Not recorded: {fact}")),
    };
    let application = words.snapshot.application(&one.application);
    ReplayRow {
        at: one.at,
        person: mask(&one.person),
        application: application.map_or_else(|| one.application.to_string(), |found| found.name.clone()),
        from: words.came_to(&one.from),
        tag,
        to,
        reference: one.correlation.to_string(),
        href: paths::trace(&one.correlation),
    }
}

/// Switches recording on or off.
pub async fn switch(posted: &Posted, opened: &Opened) -> Answer {
    let console = &posted.console;
    let to = match posted.fields.text("recording") {
        "on" => Switch::On,
        "off" => Switch::Off,
        _ => return Ok(see_other(&format!("{}/replay", opened.base))),
    };
    let thrown = replay::switch(console.broker(), &console.admin, (&opened.flow.owner, to), console.visitor()).await;
    match thrown {
        Ok(()) => Ok(console.done(&format!("{}/replay", opened.base), FlashKind::Saved)),
        Err(error) => {
            console.rejected(opened.section, error)?;
            Ok(see_other(routes::HOME))
        }
    }
}
