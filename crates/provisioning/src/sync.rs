//! Attribute synchronisation: what a sign-in does to the attributes of a local account.
//!
//! Three sign-ins with the same answer leave the account bit-identical: a value that is already there
//! keeps its source and its time. A provider that says nothing at all changes nothing.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use usher_domain::{
    AttributeBag, AttributeName, AttributeSchema, AttributeSource, AttributeSync, AttributeValue, ConnectionId,
    Verification,
};

use crate::mapping::{MappedAttributes, Received};
use crate::protected::is_protected;

/// By which rules attributes are synchronised.
#[derive(Debug, Clone, Copy)]
pub struct SyncRules<'a> {
    /// The connection's method.
    pub method: AttributeSync,
    /// The connection: source of what is written.
    pub connection: &'a ConnectionId,
    /// Says which attributes an admin protected.
    pub schema: &'a AttributeSchema,
    /// The present time.
    pub now: DateTime<Utc>,
}

/// What happened to an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It was not there.
    Added,
    /// It had other values.
    Replaced,
    /// It is gone.
    Removed,
    /// Same values; whether somebody vouches for them changed.
    VerificationChanged,
}

/// A change of one attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeChange {
    /// Which.
    pub attribute: AttributeName,
    /// What happened to it.
    pub kind: ChangeKind,
}

/// Why something was kept although the provider's answer differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptBecause {
    /// The provider sent no mapped attribute at all.
    NothingReceived,
    /// The method is "none".
    MethodNone,
    /// The attribute is protected.
    Protected,
    /// An admin vouches for this contact point.
    AdminContact,
    /// What was received is unusable.
    Unusable,
}

impl KeptBecause {
    /// The reason in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NothingReceived => "the provider sent no mapped attribute at all",
            Self::MethodNone => "attributes are not synchronised",
            Self::Protected => "the attribute is protected",
            Self::AdminContact => "an admin vouches for it",
            Self::Unusable => "what was received is unusable",
        }
    }
}

/// Something that was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptNote {
    /// Which attribute; absent when it concerns all of them.
    pub attribute: Option<AttributeName>,
    /// Why.
    pub because: KeptBecause,
}

/// The attributes after a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synced {
    /// All of them.
    pub attributes: AttributeBag,
    /// What differs from before; empty: write nothing.
    pub changes: Vec<AttributeChange>,
    /// What was kept on purpose.
    pub notes: Vec<KeptNote>,
}

/// Applies a later sign-in (or the first one of an account that was linked) to `current`.
pub fn sync(current: &AttributeBag, mapped: &MappedAttributes, rules: &SyncRules<'_>) -> Synced {
    let mut synced = Synced { attributes: current.clone(), changes: Vec::new(), notes: Vec::new() };
    if rules.method == AttributeSync::None {
        synced.keep(None, KeptBecause::MethodNone);
        return synced;
    }
    if mapped.is_silent() {
        synced.keep(None, KeptBecause::NothingReceived);
        return synced;
    }
    for (name, received) in &mapped.values {
        if !mapped.is_default(name) || fills(rules.method, current.get(name)) {
            apply(&mut synced, name, received, rules);
        }
    }
    if rules.method == AttributeSync::OverrideAll {
        for (name, value) in current.iter().filter(|(name, _)| !mapped.values.contains_key(*name)) {
            match kept(name, Some(value), rules) {
                Some(because) => synced.keep(Some(name), because),
                None => synced.remove(name),
            }
        }
    }
    synced
}

/// Whether a default is written: where nothing is, or where the method would clear what was not received.
fn fills(method: AttributeSync, current: Option<&AttributeValue>) -> bool {
    method == AttributeSync::OverrideAll || current.is_none()
}

/// The attributes of an account that is created: everything received, whatever the method.
pub(crate) fn initial(mapped: &MappedAttributes, rules: &SyncRules<'_>) -> AttributeBag {
    let mut synced = Synced { attributes: AttributeBag::new(), changes: Vec::new(), notes: Vec::new() };
    for (name, received) in &mapped.values {
        apply(&mut synced, name, received, rules);
    }
    synced.attributes
}

impl Synced {
    fn keep(&mut self, attribute: Option<&AttributeName>, because: KeptBecause) {
        self.notes.push(KeptNote { attribute: attribute.cloned(), because });
    }

    fn change(&mut self, attribute: &AttributeName, kind: ChangeKind) {
        self.changes.push(AttributeChange { attribute: attribute.clone(), kind });
    }

    fn remove(&mut self, name: &AttributeName) {
        if self.attributes.remove(name).is_some() {
            self.change(name, ChangeKind::Removed);
        }
    }
}

fn apply(synced: &mut Synced, name: &AttributeName, received: &Received, rules: &SyncRules<'_>) {
    if let Some(because) = kept(name, synced.attributes.get(name), rules) {
        return synced.keep(Some(name), because);
    }
    match received {
        Received::Unusable => synced.keep(Some(name), KeptBecause::Unusable),
        Received::Empty => synced.remove(name),
        Received::Values { values, verified } => write(synced, name, (values, *verified), rules),
    }
}

fn write(
    synced: &mut Synced,
    name: &AttributeName,
    (values, verified): (&[String], Verification),
    rules: &SyncRules<'_>,
) {
    let fresh = AttributeValue {
        values: values.to_vec(),
        source: AttributeSource::Connection(rules.connection.clone()),
        verified,
        at: rules.now,
    };
    let (value, kind) = match synced.attributes.get(name) {
        None => (fresh, ChangeKind::Added),
        Some(old) if old.values != fresh.values => (fresh, ChangeKind::Replaced),
        Some(old) => match reverified(old, fresh) {
            Some(value) => (value, ChangeKind::VerificationChanged),
            None => return,
        },
    };
    synced.attributes.insert(name.clone(), value);
    synced.change(name, kind);
}

/// Same values: a provider may vouch for what nobody vouched for, and take back its own word only.
fn reverified(old: &AttributeValue, fresh: AttributeValue) -> Option<AttributeValue> {
    let gains = !old.verified.is_verified() && fresh.verified.is_verified();
    let loses = old.verified == Verification::ByProvider && !fresh.verified.is_verified() && old.source == fresh.source;
    if !gains && !loses {
        return None;
    }
    let source = match &old.source {
        keep @ (AttributeSource::Admin(_) | AttributeSource::Import) => keep.clone(),
        AttributeSource::Connection(_) | AttributeSource::Person | AttributeSource::Script => fresh.source,
    };
    Some(AttributeValue { source, ..fresh })
}

/// Why an attribute must not change, whatever was received.
fn kept(name: &AttributeName, current: Option<&AttributeValue>, rules: &SyncRules<'_>) -> Option<KeptBecause> {
    if is_protected(name) || rules.schema.is_protected(name) {
        return Some(KeptBecause::Protected);
    }
    let contact = matches!(name.as_str(), "email" | "phone_number");
    let vouched = current.is_some_and(|value| value.verified == Verification::ByAdmin);
    (contact && vouched).then_some(KeptBecause::AdminContact)
}
