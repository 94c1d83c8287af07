//! Visitors of the shop by the random value of their cookie, in memory: gone when the demo stops.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use openidconnect::CsrfToken;

use super::provider::{Account, Pending};

/// More visitors than this and the oldest state of mind is forgotten: a demo needs no more.
const MOST: usize = 1000;

/// One browser: on its way to sign in, or signed in.
#[derive(Clone)]
pub struct Visitor {
    pub pending: Option<Pending>,
    pub account: Option<Account>,
}

#[derive(Default)]
pub struct Visitors(Mutex<HashMap<String, Visitor>>);

impl Visitors {
    /// Keeps a visitor under a new random id.
    pub fn insert(&self, visitor: Visitor) -> String {
        let id = random_id();
        let mut visitors = self.lock();
        if visitors.len() >= MOST {
            visitors.clear();
        }
        visitors.insert(id.clone(), visitor);
        id
    }

    pub fn find(&self, headers: &HeaderMap, cookie: &str) -> Option<(String, Visitor)> {
        let id = id_in(headers, cookie)?;
        let visitor = self.lock().get(&id).cloned()?;
        Some((id, visitor))
    }

    /// Finds and forgets.
    pub fn take(&self, headers: &HeaderMap, cookie: &str) -> Option<Visitor> {
        self.lock().remove(&id_in(headers, cookie)?)
    }

    /// Puts a newer state in place, unless the visitor left meanwhile.
    pub fn replace(&self, id: &str, visitor: Visitor) {
        if let Some(place) = self.lock().get_mut(id) {
            *place = visitor;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Visitor>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn random_id() -> String {
    CsrfToken::new_random_len(32).secret().clone()
}

fn id_in(headers: &HeaderMap, cookie: &str) -> Option<String> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == cookie)
        .map(|(_, value)| value.to_owned())
}
