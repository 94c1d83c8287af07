//! Commands: steps, pages, HTTP calls, and the two ways to end a sign-in.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::{Answer, Call, Host, plain_text, quoted, texts};
use crate::engine::frames::Ask;
use crate::engine::text;
use crate::{AuthenticatorParams, ErrorKind, Execution, HttpAuth, HttpCall, OptionFilter, Outcome, Prompt};

/// The second text of a queued command.
#[derive(Deserialize)]
struct Queued {
    flags: String,
    more: Value,
}

impl Host {
    pub(super) fn answer_command(&mut self, operation: &str, call: &Call<'_>) -> Answer {
        if self.ended.is_some() {
            return Ok(String::new());
        }
        match operation {
            "fail" => {
                self.fail(call.first);
                return Ok(String::new());
            }
            "send_error" => {
                self.send_error(call);
                return Ok(String::new());
            }
            _ => {}
        }
        let Ok(queued) = serde_json::from_str::<Queued>(call.second) else {
            return self.bad("the arguments are no data");
        };
        let callbacks: BTreeSet<String> = queued.flags.split_whitespace().map(str::to_owned).collect();
        self.step_calls += 1;
        if self.step_calls > self.limits.step_calls {
            let most = self.limits.step_calls;
            return Err(
                self.broken(ErrorKind::TooManyCalls, format!("more than {most} calls of executeStep in one sign-in"))
            );
        }
        let ask = match operation {
            "step" => self.step(call, &callbacks)?,
            "http" => self.http(call, &queued.more)?,
            _ => self.prompt(operation, call, queued.more)?,
        };
        Ok(self.frames.queue(ask, callbacks).to_string())
    }

    /// The step that a script names, checked.
    fn step_number(&mut self, name: &str, number: f64) -> Result<u8, String> {
        let most = self.program.steps.len();
        let found = (1..=most).find(|known| u32::try_from(*known).is_ok_and(|known| f64::from(known) - number == 0.0));
        match found.and_then(|step| u8::try_from(step).ok()) {
            Some(step) => Ok(step),
            None => self.bad(format!("{name}({number}): this flow has the steps 1 to {most}")),
        }
    }

    fn step(&mut self, call: &Call<'_>, callbacks: &BTreeSet<String>) -> Result<Ask, String> {
        let step = self.step_number("executeStep", call.number)?;
        let Ok(options) = serde_json::from_str::<Value>(call.first) else { return self.bad("the options are no data") };
        let none = Value::Null;
        let part = |name: &str| options.get(name).unwrap_or(&none);
        let flag = |name: &str| is_true(part("stepOptions").get(name));
        let readable = format!("executeStep({step})");
        let call = if options.is_null() {
            readable.clone()
        } else {
            text::one_line(&text::mask_secrets(&self.program, &format!("executeStep({step}, {options})")), 2_000)
        };
        let asked = Execution {
            step,
            only: filters(part("authenticationOptions")),
            params: authenticator_params(part("authenticatorParams")),
            force_auth: flag("forceAuth"),
            mark_subject: flag("markAsSubjectIdentifierStep"),
            mark_attributes: flag("markAsSubjectAttributeStep"),
            skip_prompt: flag("skipPrompt"),
            answers_failure: callbacks.contains("onFail"),
            answers_abort: callbacks.contains("onUserAbort"),
            call,
        };
        self.calls.push(readable);
        Ok(Ask::Step(Box::new(asked)))
    }

    fn prompt(&mut self, operation: &str, call: &Call<'_>, shown: Value) -> Result<Ask, String> {
        let identifier_for = if operation == "identifier" {
            Some(self.step_number("promptIdentifierForStep", call.number)?)
        } else {
            None
        };
        let template = Some(call.first.to_owned()).filter(|name| !name.is_empty());
        if let Some(name) = template.as_ref().filter(|name| !self.program.prompts.contains(*name)) {
            return self.bad(format!("there is no page {} for prompt", quoted(name)));
        }
        let readable = match (identifier_for, &template) {
            (Some(step), _) => format!("promptIdentifierForStep({step})"),
            (None, Some(name)) => format!("prompt({})", quoted(name)),
            (None, None) => return self.bad("prompt needs the name of a page"),
        };
        self.calls.push(readable.clone());
        let shown = text::mask_value(&self.program, shown);
        Ok(Ask::Prompt(Box::new(Prompt { template, data: shown, identifier_for, call: readable })))
    }

    fn http(&mut self, call: &Call<'_>, more: &Value) -> Result<Ask, String> {
        self.count()?;
        self.http_calls += 1;
        if self.http_calls > self.limits.http_calls {
            let most = self.limits.http_calls;
            return self.too_many(format!("more than {most} HTTP calls in one sign-in"));
        }
        let method = if call.number > 0.0 { "POST" } else { "GET" };
        let name = if method == "POST" { "httpPost" } else { "httpGet" };
        let auth = match more.get("auth").filter(|auth| !auth.is_null()) {
            Some(given) => match http_auth(given) {
                Some(auth) => Some(auth),
                None => return self.bad(format!("{name}: the authentication is of no known type, or lacks a part")),
            },
            None => None,
        };
        let bare = call.first.split(['?', '#']).next().unwrap_or_default();
        let shown = text::one_line(&text::mask_secrets(&self.program, bare), 200);
        self.calls.push(format!("{name}({shown})"));
        Ok(Ask::Http(Box::new(HttpCall {
            number: self.http_calls,
            method,
            url: call.first.to_owned(),
            payload: more.get("payload").filter(|payload| !payload.is_null()).cloned(),
            headers: texts(more.get("headers").unwrap_or(&Value::Null)),
            auth,
        })))
    }

    fn fail(&mut self, given: &str) {
        let given = text::mask_value(&self.program, serde_json::from_str(given).unwrap_or_default());
        let part = |name: &str| {
            given.get(name).filter(|value| !value.is_null()).map(|value| text::one_line(&plain_text(value), 500))
        };
        self.calls.push("fail()".to_owned());
        self.ended =
            Some(Outcome::Fail { code: part("errorCode"), message: part("errorMessage"), uri: part("errorURI") });
    }

    fn send_error(&mut self, call: &Call<'_>) {
        let given = text::mask_value(&self.program, serde_json::from_str(call.second).unwrap_or_default());
        let params: BTreeMap<String, String> =
            texts(&given).into_iter().take(20).map(|(name, value)| (name, text::one_line(&value, 500))).collect();
        let url = (call.number > 0.0).then(|| text::mask_secrets(&self.program, call.first));
        self.calls.push("sendError()".to_owned());
        self.ended = Some(Outcome::SendError { url, params });
    }
}

fn is_true(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text.trim().eq_ignore_ascii_case("true"),
        _ => false,
    }
}

/// A list of filters, or a map of them. Present but empty lets nothing through.
fn filters(given: &Value) -> Option<Vec<OptionFilter>> {
    let items: Vec<&Value> = match given {
        Value::Array(items) => items.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => return None,
    };
    let side = |item: &Value, name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
    let read = items
        .into_iter()
        .map(|item| OptionFilter { idp: side(item, "idp"), authenticator: side(item, "authenticator") });
    Some(read.filter(|filter| filter.idp.is_some() || filter.authenticator.is_some()).collect())
}

fn authenticator_params(given: &Value) -> AuthenticatorParams {
    let side = |name: &str| {
        let members = given.get(name).and_then(Value::as_object).into_iter().flatten();
        members.map(|(key, value)| (key.clone(), texts(value))).collect()
    };
    AuthenticatorParams {
        local: side("local"),
        federated: side("federated"),
        common: texts(given.get("common").unwrap_or(&Value::Null)),
    }
}

/// Reads `{type, properties: {..}}`, or the same without `properties`.
fn http_auth(given: &Value) -> Option<HttpAuth> {
    let inner = given.get("properties").filter(|inner| inner.is_object()).unwrap_or(given);
    let part = |names: &[&str]| names.iter().find_map(|name| inner.get(*name)).map(plain_text);
    match given.get("type")?.as_str()?.to_ascii_lowercase().as_str() {
        "basic" | "basicauth" => {
            Some(HttpAuth::Basic { username: part(&["username"])?, password: part(&["password"])? })
        }
        "bearer" | "bearertoken" => Some(HttpAuth::Bearer { token: part(&["token", "accessToken"])? }),
        "apikey" => Some(HttpAuth::ApiKey {
            header: part(&["headerName", "header", "apiKeyHeaderName"])?,
            value: part(&["headerValue", "value", "apiKey", "key"])?,
        }),
        "clientcredential" => Some(HttpAuth::ClientCredential {
            client_id: part(&["consumerKey", "clientId", "client_id"])?,
            client_secret: part(&["consumerSecret", "clientSecret", "client_secret"])?,
            token_endpoint: part(&["tokenEndpoint", "token_endpoint"])?,
            scope: part(&["scope", "scopes"]),
        }),
        _ => None,
    }
}
