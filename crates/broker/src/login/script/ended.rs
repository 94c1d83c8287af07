//! A script ends a sign-in: with a page, at an address of the application, or with an error in the words of its protocol.

use std::collections::BTreeMap;

use url::Url;
use usher_domain::{RefusalCode, TraceStage};
use usher_login_flow::{LoginFlow, ScriptEnding};
use usher_oidc_provider::error::ErrorCode;
use usher_oidc_provider::responses;

use super::record::line;
use crate::answer::AnswerToApplication;
use crate::broker::Broker;
use crate::failure::Failure;
use crate::flow_state::{self, LoadedFlow};
use crate::login::Resumed;
use crate::login::refuse::{page, record_with};
use crate::replay;
use crate::snapshot::Snapshot;
use crate::tracing_events::note;
use crate::visitor::Visitor;

/// Longest text of a script that a person or an application is told.
const TOLD: usize = 300;

/// Tells person or application, and writes the end down once.
pub async fn ended(
    broker: &Broker,
    mut loaded: LoadedFlow,
    ending: ScriptEnding,
    visitor: &Visitor,
) -> Result<Resumed, Failure> {
    let now = broker.now();
    let code = RefusalCode::ScriptDenied;
    if loaded.state.trace.refusal.is_none() {
        loaded.state.trace.refusal = Some(code);
        note(&mut loaded.state.trace, now, TraceStage::End, format!("refused: {code}: {}", summary(&ending)));
        let recording = Box::pin(replay::of_ended(broker, &loaded, visitor)).await;
        record_with(broker, &loaded.state.trace, (code, recording), visitor).await?;
        flow_state::save(broker, &loaded.state, loaded.revision).await?;
    }
    match ending {
        ScriptEnding::Page { values } => {
            let mut refusal = page(broker, &loaded, code, None, now);
            refusal.flow = None;
            refusal.said = said(&values);
            Err(refusal.into())
        }
        ScriptEnding::Redirect { url } => Ok(Resumed::Depart(url)),
        ScriptEnding::Application { code, message, .. } => {
            let request = loaded.state.request()?;
            let error = request.refuse(registered(code.as_deref()), printable(message.as_deref()));
            let answer = responses::error(&error, &broker.issuer);
            Ok(Resumed::Answer(Box::new(AnswerToApplication::plain(answer, request.application))))
        }
    }
}

/// What the script wants the person to read: `errorMessage` or `message`, or the first value.
fn said(values: &BTreeMap<String, String>) -> Option<String> {
    let named = ["errorMessage", "message", "statusMsg", "status"].iter().find_map(|name| values.get(*name));
    let text = named.or_else(|| values.values().next())?;
    Some(line(text)).filter(|text| !text.trim().is_empty())
}

fn summary(ending: &ScriptEnding) -> String {
    match ending {
        ScriptEnding::Page { .. } => "the script shows an error page".to_owned(),
        ScriptEnding::Redirect { url } => {
            format!("the script sends the person to {}", line(url.split(['?', '#']).next().unwrap_or_default()))
        }
        ScriptEnding::Application { code, message, .. } => {
            let code = registered(code.as_deref());
            format!("the script tells the application {code} ({})", line(message.as_deref().unwrap_or_default()))
        }
    }
}

/// An error that an authorization response may carry; anything else is `access_denied`.
fn registered(code: Option<&str>) -> ErrorCode {
    const KNOWN: [ErrorCode; 9] = [
        ErrorCode::AccessDenied,
        ErrorCode::InvalidRequest,
        ErrorCode::UnauthorizedClient,
        ErrorCode::ServerError,
        ErrorCode::TemporarilyUnavailable,
        ErrorCode::InteractionRequired,
        ErrorCode::LoginRequired,
        ErrorCode::AccountSelectionRequired,
        ErrorCode::ConsentRequired,
    ];
    let wanted = code.unwrap_or_default();
    KNOWN.into_iter().find(|known| known.as_str() == wanted).unwrap_or(ErrorCode::AccessDenied)
}

/// `error_description` allows printable ASCII without quotes and backslashes (RFC 6749 section 4.1.2.1).
fn printable(message: Option<&str>) -> String {
    let text = message.unwrap_or("the sign-in was refused");
    text.chars().filter(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\')).take(TOLD).collect()
}

/// The complete address of `sendError`, if it belongs to the application: its home, or an origin that it registered.
pub(super) fn allowed(
    snapshot: &Snapshot,
    flow: &LoginFlow,
    url: &str,
    params: &BTreeMap<String, String>,
) -> Option<String> {
    let application = snapshot.application(&flow.request().application)?;
    let mut url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "https" | "http"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let origin = |text: &str| Url::parse(text).ok().map(|known| known.origin()).filter(url::Origin::is_tuple);
    let redirects = application.redirect_uris.iter().map(usher_domain::RedirectUri::as_str);
    let known = redirects.chain(application.home_url.as_deref()).filter_map(origin);
    let ours = known.into_iter().any(|known| known == url.origin());
    if !ours {
        return None;
    }
    if !params.is_empty() {
        url.query_pairs_mut().extend_pairs(params);
    }
    Some(url.into())
}
