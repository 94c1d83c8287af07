//! The versions of a flow: listed, compared, restored into the draft.

use usher_broker::console::flows;

use super::super::fields::Fields;
use super::super::session::{Answer, Console, Posted};
use super::view::Words;
use super::{Opened, describe};
use crate::pages::console::{FlashKind, FlowHistoryPage, VersionRow};

/// The last versions; with `n`, that one beside the one before.
pub async fn show(console: &Console, opened: &Opened, search: &Fields) -> Answer {
    let flow = &opened.flow;
    let versions = flows::versions(console.broker(), &flow.owner).await.map_err(|fault| console.fail(fault))?;
    let current = flow.published.as_ref().map(|version| version.version.number);
    let snapshot = console.broker().snapshot();
    let words = Words { ui: &console.ui, snapshot: &snapshot };
    let asked: Option<i64> = search.text("n").parse().ok();
    let at = versions.iter().position(|row| Some(row.version.number) == asked);
    let text = |at: usize| versions.get(at).map(|row| describe::flow(&row.definition, &words)).unwrap_or_default();
    let diff = at.map(|at| describe::compare(&text(at + 1), &text(at))).unwrap_or_default();
    let rows = versions.iter().map(|row| VersionRow {
        number: row.version.number,
        published_at: row.published_at,
        published_by: row.published_by.clone(),
        note: row.note.clone(),
        current: current == Some(row.version.number),
    });
    Ok(console.page(FlowHistoryPage {
        shell: console.shell(opened.section),
        at: opened.address(console),
        rows: rows.collect(),
        compared: at.and(asked),
        diff,
        version: flow.revision,
    }))
}

/// Makes an earlier version the draft.
pub async fn restore(posted: &Posted, opened: &Opened) -> Answer {
    let console = &posted.console;
    let Ok(number) = posted.fields.text("restore").parse() else { return Err(console.gone(opened.section)) };
    let seen = (&opened.flow.owner, posted.fields.version());
    match flows::restore(console.broker(), &console.admin, seen, number).await {
        Ok(()) => Ok(console.done(&opened.base, FlashKind::DraftRestored)),
        Err(error) => {
            let rejected = console.rejected(opened.section, error)?;
            Ok(super::view::page(console, opened, super::view::Shown::default(), rejected))
        }
    }
}
