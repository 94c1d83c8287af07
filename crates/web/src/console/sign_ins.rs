//! The sign-in log, and the trace of one sign-in by its reference.

use std::collections::BTreeSet;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use chrono::{DateTime, Utc};
use usher_broker::console::{traces, users};
use usher_domain::{CorrelationId, SignInTrace, TraceEvent, UserId};
use usher_storage::traces::{TraceOutcome, TraceSearch};

use super::fields::Fields;
use super::kind_form::fact;
use super::session::{Answer, Console, Stop};
use super::words;
use crate::error::see_other;
use crate::pages::console::{Section, SignInRow, SignInsPage, TraceEventRow, TracePage};
use crate::pages::paths::{self, routes};
use crate::pages::{Fact, Link, Ui};
use crate::state::App;

/// Rows of a page.
const PAGE: u32 = 50;

pub fn routes() -> Router<App> {
    Router::new().route(routes::SIGN_INS, get(list)).route(routes::TRACE, get(show))
}

/// What the address of the log asks for.
struct Wanted(Fields);

impl Wanted {
    fn text(&self) -> &str {
        self.0.text("q").trim()
    }

    fn outcome(&self) -> (TraceOutcome, &'static str) {
        match self.0.text("outcome") {
            "finished" => (TraceOutcome::Finished, "finished"),
            "refused" => (TraceOutcome::Refused, "refused"),
            _ => (TraceOutcome::Any, "all"),
        }
    }

    fn before(&self) -> Option<DateTime<Utc>> {
        self.0.text("before").parse().ok().and_then(DateTime::from_timestamp_millis)
    }

    fn is_everything(&self) -> bool {
        self.text().is_empty() && self.outcome().1 == "all" && self.before().is_none()
    }

    /// The address of what lies before a trace.
    fn older(&self, than: &SignInTrace) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("q", self.text())
            .append_pair("outcome", self.outcome().1)
            .append_pair("before", &than.started_at.timestamp_millis().to_string())
            .finish();
        format!("{}?{query}", routes::SIGN_INS)
    }
}

async fn list(console: Console, asked: Fields) -> Answer {
    let wanted = Wanted(asked);
    let text = wanted.text();
    if let Some(reference) = reference(&console, text).await? {
        return Ok(see_other(&paths::trace(&reference)));
    }
    let user = users::by_name(console.broker(), text).await.map_err(|fault| console.fail(fault))?;
    let found = if !text.is_empty() && user.is_none() { Vec::new() } else { page(&console, &wanted, user).await? };
    let full = found.len() >= PAGE as usize;
    let view = SignInsPage {
        shell: console.shell(Section::SignIns),
        query: text.to_owned(),
        outcome: wanted.outcome().1.to_owned(),
        never_used: found.is_empty() && wanted.is_everything(),
        rows: rows(&console, &found).await?,
        next: found.last().filter(|_| full).map(|last| wanted.older(last)),
    };
    Ok(console.page(view))
}

async fn page(console: &Console, wanted: &Wanted, user: Option<UserId>) -> Result<Vec<SignInTrace>, Stop> {
    let search = TraceSearch {
        user,
        outcome: wanted.outcome().0,
        before: wanted.before(),
        limit: PAGE,
        ..TraceSearch::default()
    };
    traces::list(console.broker(), search).await.map_err(|fault| console.fail(fault))
}

/// A user name can look like a reference; only one that exists is one.
async fn reference(console: &Console, text: &str) -> Result<Option<CorrelationId>, Stop> {
    let Ok(reference) = CorrelationId::parse(text) else { return Ok(None) };
    let trace = traces::get(console.broker(), &reference).await.map_err(|fault| console.fail(fault))?;
    Ok(trace.map(|trace| trace.correlation))
}

/// Traces as rows of a table, with names instead of ids.
pub async fn rows(console: &Console, traces: &[SignInTrace]) -> Result<Vec<SignInRow>, Stop> {
    let ids: BTreeSet<UserId> = traces.iter().filter_map(|trace| trace.user.clone()).collect();
    let names = users::names(console.broker(), ids).await.map_err(|fault| console.fail(fault))?;
    let snapshot = console.broker().snapshot();
    let row = |trace: &SignInTrace| SignInRow {
        trace: trace.correlation.clone(),
        at: trace.started_at,
        finished: trace.finished,
        refusal: trace.refusal,
        user: trace.user.as_ref().and_then(|id| names.get(id)).map(ToString::to_string).unwrap_or_default(),
        application: application(console, trace),
        connection: trace
            .connection
            .as_ref()
            .map(|id| words::connection_name(&console.ui, &snapshot, id))
            .unwrap_or_default(),
    };
    Ok(traces.iter().map(row).collect())
}

/// The application's name; of one that is gone, its id.
fn application(console: &Console, trace: &SignInTrace) -> String {
    let snapshot = console.broker().snapshot();
    let name = |id| snapshot.application(id).map_or_else(|| id.to_string(), |found| found.name.clone());
    trace.application.as_ref().map(name).unwrap_or_default()
}

async fn show(Path(reference): Path<String>, console: Console) -> Answer {
    let Ok(reference) = CorrelationId::parse(&reference) else { return Err(console.gone(Section::SignIns)) };
    let found = traces::get(console.broker(), &reference).await.map_err(|fault| console.fail(fault))?;
    let Some(trace) = found else { return Err(console.gone(Section::SignIns)) };
    let row = rows(&console, std::slice::from_ref(&trace)).await?.pop();
    let view = TracePage {
        shell: console.shell(Section::SignIns),
        facts: row.as_ref().map(|row| facts(&console, row)).unwrap_or_default(),
        links: links(&console, &trace, row.as_ref()),
        events: trace.events.iter().map(|event| event_row(&console.ui, event, trace.started_at)).collect(),
        trace: trace.correlation,
        started_at: trace.started_at,
        finished: trace.finished,
        refusal: trace.refusal,
    };
    Ok(console.page(view))
}

fn facts(console: &Console, row: &SignInRow) -> Vec<Fact> {
    let local = || console.ui.t("local-sign-in");
    let connection = match (row.connection.is_empty(), row.finished) {
        (true, true) => local(),
        _ => row.connection.clone(),
    };
    [("Application", row.application.clone()), ("Connection", connection), ("User", row.user.clone())]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(label, value)| fact(label, &value))
        .collect()
}

fn links(console: &Console, trace: &SignInTrace, row: Option<&SignInRow>) -> Vec<Link> {
    let snapshot = console.broker().snapshot();
    let connection = trace.connection.as_ref().filter(|id| snapshot.connections.contains_key(*id)).map(|id| Link {
        text: words::connection_name(&console.ui, &snapshot, id),
        href: paths::connection(routes::CONNECTION_SETTINGS, id),
    });
    let user = row.map(|row| row.user.clone()).filter(|name| !name.is_empty()).zip(trace.user.as_ref());
    let user = user.map(|(text, id)| Link { text, href: paths::user(routes::USER_PROFILE, id) });
    connection.into_iter().chain(user).collect()
}

fn event_row(ui: &Ui, event: &TraceEvent, started_at: DateTime<Utc>) -> TraceEventRow {
    let milliseconds = (event.at - started_at).num_milliseconds().max(0);
    TraceEventRow {
        at: event.at,
        offset: format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100),
        stage: event.stage,
        text: event.text.clone(),
        checks: event.checks.iter().map(|check| words::check(ui, check)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone};
    use usher_domain::TraceStage;

    use super::*;
    use crate::i18n::Language;

    #[test]
    fn events_tell_the_time_since_the_request() {
        let start = Utc.with_ymd_and_hms(2026, 3, 4, 5, 6, 7).unwrap();
        for (milliseconds, expected) in [(0, "0.0 s"), (12_140, "12.1 s"), (-5, "0.0 s")] {
            let at = start + TimeDelta::milliseconds(milliseconds);
            let event = TraceEvent { at, stage: TraceStage::Page, text: String::new(), checks: Vec::new() };
            assert_eq!(event_row(&Ui::new(Language::En), &event, start).offset, expected);
        }
    }

    #[test]
    fn the_next_page_keeps_the_filters() {
        let pairs = [("q", " a&b "), ("outcome", "refused")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let wanted = Wanted(Fields::read(pairs.into()).unwrap());
        let start = DateTime::from_timestamp_millis(1_700_000_000_123).unwrap();
        let trace = SignInTrace::new(CorrelationId::parse("7F3K-92QX-4D00").unwrap(), start);
        assert_eq!(wanted.older(&trace), "/console/signins?q=a%26b&outcome=refused&before=1700000000123");
        assert!(!wanted.is_everything() && Wanted(Fields::default()).is_everything());
    }
}
