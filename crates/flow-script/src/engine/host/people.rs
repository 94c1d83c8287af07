//! Questions about people: what their view says, adjusted by what the script wants to change, and facts from outside.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Answer, Assume, Call, Host, Person, plain_text};
use crate::engine::text;
use crate::{Effect, ErrorKind, Fact, SessionView, UserView, Who, attribute_of};

impl Host {
    /// Registers somebody; gives what a script object is made of.
    pub(in crate::engine) fn meet(&mut self, view: UserView, step: Option<u8>) -> Value {
        let who = Who { unique_id: view.unique_id.clone(), username: view.username.clone(), step };
        let shown = json!({
            "unique_id": view.unique_id, "identifier": view.identifier, "username": view.username,
            "user_store_domain": view.user_store_domain, "tenant_domain": view.tenant_domain, "is_local": view.is_local,
        });
        self.people.push(Person { who, view });
        json!({ "handle": self.people.len(), "view": shown })
    }

    pub(super) fn person(&mut self, handle: f64) -> Result<Person, String> {
        let found = self
            .people
            .iter()
            .enumerate()
            .find(|(at, _)| u32::try_from(at + 1).is_ok_and(|number| f64::from(number) - handle == 0.0));
        match found.map(|(_, person)| person.clone()) {
            Some(person) => Ok(person),
            None => self.bad("this function needs a user"),
        }
    }

    pub(super) fn answer_question(&mut self, operation: &str, call: &Call<'_>) -> Answer {
        let value = match operation {
            "claim" => self.claim(call)?,
            "claim_names" => self.claim_names(call)?,
            "groups" => {
                self.read("groups");
                json!(self.person(call.number)?.view.groups)
            }
            "roles" => {
                self.read("roles");
                json!(self.roles(call.number)?)
            }
            "is_member" => self.is_any(call, "groups")?,
            "has_role" => self.is_any(call, "roles")?,
            "associated" => self.associated(call.number)?,
            "users" => self.users(call.first)?,
            "sessions" => self.sessions(call.number)?,
            "session_exists" => self.outside(Fact::SessionExists)?,
            "applications" => self.outside(Fact::AuthenticatedApplications)?,
            _ => self.microsoft()?,
        };
        Ok(value.to_string())
    }

    fn outside(&mut self, fact: Fact) -> Result<Value, String> {
        self.read("facts");
        self.fact(fact)
    }

    fn unfit<T>(&mut self) -> Result<T, String> {
        Err(self.broken(ErrorKind::Diverged, "a recorded answer has another shape than its question"))
    }

    fn claim(&mut self, call: &Call<'_>) -> Result<Value, String> {
        let person = self.person(call.number)?;
        if call.first == "remote" {
            self.read(format!("remoteClaims.{}", text::one_line(call.second, 100)));
            return Ok(single(person.view.remote_claims.get(call.second)));
        }
        let name = attribute_of(call.second);
        let local = call.first == "local";
        self.read(format!("{}.{}", if local { "localClaims" } else { "claims" }, text::one_line(&name, 100)));
        if let Some(pending) = self.pending_claim(&person.who, &name, local) {
            return Ok(single(Some(&pending)));
        }
        let view = &person.view;
        let found = if local {
            view.local_claims.get(&name)
        } else {
            view.claims.get(&name).or_else(|| view.local_claims.get(&name))
        };
        Ok(match (found, name.as_str()) {
            (Some(value), _) => single(Some(value)),
            (None, "preferred_username") => Value::String(view.username.clone()),
            (None, "sub") => view.unique_id.clone().map_or(Value::Null, Value::String),
            (None, "groups") => json!(view.groups),
            (None, "roles") => json!(view.roles),
            (None, _) => Value::Null,
        })
    }

    /// What the script wrote last, where it did. A write of this sign-in hides the account's for `claims` only.
    fn pending_claim(&self, whose: &Who, wanted: &str, local: bool) -> Option<Value> {
        self.effects.iter().rev().find_map(|effect| match effect {
            Effect::SetLocalClaim { who, name, value } if who == whose && name == wanted => Some(value.clone()),
            Effect::SetClaim { who, name, value } if !local && who == whose && name == wanted => Some(value.clone()),
            _ => None,
        })
    }

    fn claim_names(&mut self, call: &Call<'_>) -> Result<Value, String> {
        let view = self.person(call.number)?.view;
        self.read(format!("{}.*", if call.first == "told" { "claims" } else { call.first }));
        let names: BTreeSet<&String> = match call.first {
            "remote" => view.remote_claims.keys().collect(),
            "local" => view.local_claims.keys().collect(),
            _ => view.claims.keys().chain(view.local_claims.keys()).collect(),
        };
        Ok(json!(names))
    }

    fn roles(&mut self, handle: f64) -> Result<Vec<String>, String> {
        let person = self.person(handle)?;
        let mut roles = person.view.roles;
        for effect in &self.effects {
            match effect {
                Effect::AssignRoles { who, roles: given } if *who == person.who => {
                    roles.extend(given.iter().cloned());
                }
                Effect::RemoveRoles { who, roles: taken } if *who == person.who => {
                    roles.retain(|role| !taken.contains(role));
                }
                _ => {}
            }
        }
        let mut seen = BTreeSet::new();
        roles.retain(|role| seen.insert(role.clone()));
        Ok(roles)
    }

    fn is_any(&mut self, call: &Call<'_>, of: &str) -> Result<Value, String> {
        self.read(of);
        let held = if of == "groups" { self.person(call.number)?.view.groups } else { self.roles(call.number)? };
        let wanted: Vec<String> = serde_json::from_str(call.first).unwrap_or_default();
        Ok(Value::Bool(match self.assume {
            Assume::Insider => !wanted.is_empty(),
            Assume::Outsider => false,
            Assume::Nothing => wanted.iter().any(|name| held.contains(name)),
        }))
    }

    fn associated(&mut self, handle: f64) -> Result<Value, String> {
        let who = self.person(handle)?.who;
        match self.outside(Fact::AssociatedLocalUser { who })? {
            Value::Null => Ok(Value::Null),
            found => match serde_json::from_value(found) {
                Ok(view) => Ok(self.meet(view, None)),
                Err(_) => self.unfit(),
            },
        }
    }

    fn users(&mut self, wanted: &str) -> Result<Value, String> {
        let wanted: Value = serde_json::from_str(wanted).unwrap_or_default();
        let members = wanted.as_object().into_iter().flatten();
        let claims: BTreeMap<String, String> = members
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (attribute_of(name), plain_text(value)))
            .collect();
        // No value, no person: else an attribute that is missing would find everybody.
        if claims.is_empty() || claims.values().any(String::is_empty) {
            return Ok(json!([]));
        }
        match serde_json::from_value::<Vec<UserView>>(self.outside(Fact::UsersWithClaims { claims })?) {
            Ok(found) => Ok(found.into_iter().map(|view| self.meet(view, None)).collect()),
            Err(_) => self.unfit(),
        }
    }

    fn sessions(&mut self, handle: f64) -> Result<Value, String> {
        let who = self.person(handle)?.who;
        let found = self.outside(Fact::UserSessions { who: who.clone() })?;
        let Ok(sessions) = serde_json::from_value::<Vec<SessionView>>(found) else { return self.unfit() };
        let gone = |id: &str| {
            self.effects.iter().any(|effect| {
                matches!(effect, Effect::TerminateSession { who: whose, session } if *whose == who && session == id)
            })
        };
        let left: Vec<SessionView> = sessions.into_iter().filter(|session| !gone(&session.id)).collect();
        Ok(json!(left))
    }

    fn microsoft(&mut self) -> Result<Value, String> {
        match self.people.iter().rev().find_map(|person| person.who.step) {
            Some(step) => self.outside(Fact::MicrosoftEmailVerification { step }),
            None => self.bad("checkMicrosoftEmailVerification needs a step that has succeeded"),
        }
    }
}

/// A list of one value is the value, as scripts expect.
fn single(value: Option<&Value>) -> Value {
    match value {
        Some(Value::Array(items)) if items.len() <= 1 => items.first().cloned().unwrap_or(Value::Null),
        Some(value) => value.clone(),
        None => Value::Null,
    }
}
