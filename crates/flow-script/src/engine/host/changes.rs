//! What a script wants to have changed: checked, queued, carried out by the broker.

use serde_json::{Value, json};

use super::{Answer, Call, Host, plain_text, quoted, texts};
use crate::engine::text;
use crate::{CookieSpec, Effect, attribute_of, may_be_written};

/// Longest value of a claim or a header.
const LONGEST: usize = 4_096;
/// Longest value of a cookie: sealed, with its name, it must fit the 4096 bytes that browsers keep.
const COOKIE: usize = 2_000;
/// Cookies and mails of one sign-in.
const COOKIES: usize = 10;
const MAILS: usize = 3;
/// Roles of one call.
const ROLES: usize = 20;

/// Headers of the answer that a script may set.
const HEADERS: &[&str] = &["content-language", "x-robots-tag", "x-sign-in-context"];

impl Host {
    pub(super) fn answer_change(&mut self, operation: &str, call: &Call<'_>) -> Answer {
        self.count()?;
        if call.first.len().max(call.second.len()) > 4 * LONGEST {
            return self.bad("the value is too long");
        }
        let effect = match operation {
            "set_claim" => self.set_claim(call)?,
            "assign_roles" => {
                Effect::AssignRoles { who: self.person(call.number)?.who, roles: self.listed(call.first)? }
            }
            "remove_roles" => {
                Effect::RemoveRoles { who: self.person(call.number)?.who, roles: self.listed(call.first)? }
            }
            // Whose an account is, the person proves; a script that could say so would be a way around it.
            "associate" => {
                return self.bad("links between accounts are made by the rules of a connection, not by scripts");
            }
            "terminate" => {
                Effect::TerminateSession { who: self.person(call.number)?.who, session: call.first.to_owned() }
            }
            "set_cookie" => self.cookie(call)?,
            "send_email" => self.mail(call)?,
            "header" => self.header(call)?,
            _ => return self.bad(format!("no operation {}", quoted(operation))),
        };
        self.effects.push(effect);
        Ok(String::new())
    }

    fn set_claim(&mut self, call: &Call<'_>) -> Result<Effect, String> {
        let who = self.person(call.number)?.who;
        let (uri, value): (String, Value) = serde_json::from_str(call.second).unwrap_or_default();
        let name = attribute_of(&uri);
        if !may_be_written(&name) {
            return self.bad(format!("a script may not write the claim {}", quoted(&uri)));
        }
        let is_plain = |value: &Value| !value.is_array() && !value.is_object();
        let fits = match &value {
            Value::Array(items) => items.len() <= 50 && items.iter().all(is_plain),
            other => is_plain(other),
        };
        if !fits || value.to_string().len() > LONGEST {
            return self.bad(format!("the value of the claim {} is neither a text nor a list of texts", quoted(&uri)));
        }
        let value = match value {
            Value::Array(items) => Value::Array(items.iter().map(|item| Value::String(plain_text(item))).collect()),
            Value::Null => Value::Null,
            other => Value::String(plain_text(&other)),
        };
        if call.first == "local" {
            Ok(Effect::SetLocalClaim { who, name, value })
        } else {
            Ok(Effect::SetClaim { who, name, value })
        }
    }

    /// Names of roles, all of them on the list of those that scripts may give and take.
    fn listed(&mut self, json: &str) -> Result<Vec<String>, String> {
        let names: Vec<String> = serde_json::from_str(json).unwrap_or_default();
        if names.len() > ROLES {
            return self.bad(format!("more than {ROLES} roles in one call"));
        }
        match names.iter().find(|name| !self.program.roles.contains(*name)) {
            Some(name) => self.bad(format!("the role {} is not a script's to give or take", quoted(name))),
            None => Ok(names),
        }
    }

    fn mail(&mut self, call: &Call<'_>) -> Result<Effect, String> {
        let who = self.person(call.number)?.who;
        if !self.program.mails.contains(call.first) {
            return self.bad(format!("there is no mail {} for sendEmail", quoted(call.first)));
        }
        if self.effects.iter().filter(|effect| matches!(effect, Effect::SendEmail { .. })).count() >= MAILS {
            return self.too_many(format!("more than {MAILS} mails in one sign-in"));
        }
        let placeholders = text::mask_value(&self.program, serde_json::from_str(call.second).unwrap_or_default());
        Ok(Effect::SendEmail { who, template: call.first.to_owned(), placeholders: texts(&placeholders) })
    }

    /// What the script set a cookie to in this run: `{value}`, or null where it did not touch it.
    pub(super) fn pending_cookie(&self, name: &str) -> Value {
        let set = self.effects.iter().rev().find_map(|effect| match effect {
            Effect::SetCookie(cookie) if cookie.name == name => Some(cookie),
            _ => None,
        });
        set.map_or(Value::Null, |cookie| json!({ "value": (cookie.max_age != Some(0)).then_some(&cookie.value) }))
    }

    fn cookie(&mut self, call: &Call<'_>) -> Result<Effect, String> {
        if self.effects.iter().filter(|effect| matches!(effect, Effect::SetCookie(_))).count() >= COOKIES {
            return self.too_many(format!("more than {COOKIES} calls of setCookie in one sign-in"));
        }
        let name = call.first;
        let is_token = |b: u8| b.is_ascii_alphanumeric() || b"_-.".contains(&b);
        if !(1..=64).contains(&name.len()) || !name.bytes().all(is_token) {
            return self.bad(format!("{} is no name of a cookie", quoted(name)));
        }
        let (value, options): (String, Value) = serde_json::from_str(call.second).unwrap_or_default();
        if value.len() > COOKIE {
            return self.bad("the value of the cookie is too long");
        }
        let part = |names: &[&str]| names.iter().find_map(|name| options.get(*name)).map(plain_text);
        let same_site =
            match part(&["sameSite", "samesite", "SameSite"]).unwrap_or_default().to_ascii_lowercase().as_str() {
                "strict" => "Strict",
                "none" => "None",
                _ => "Lax",
            };
        let max_age =
            part(&["max-age", "maxAge"]).and_then(|text| text.split('.').next().and_then(|whole| whole.parse().ok()));
        Ok(Effect::SetCookie(CookieSpec { name: name.to_owned(), value, max_age, same_site: same_site.to_owned() }))
    }

    fn header(&mut self, call: &Call<'_>) -> Result<Effect, String> {
        let name = call.first.to_ascii_lowercase();
        if !HEADERS.contains(&name.as_str()) {
            return self.bad(format!("a script may not set the header {}", quoted(&name)));
        }
        Ok(Effect::SetResponseHeader { name, value: text::one_line(call.second, LONGEST) })
    }
}
