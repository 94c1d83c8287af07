//! The decision: the table of the provisioning guide's section 3, top to bottom.
//!
//! Pure: the same identity, settings and facts give the same outcome. It runs at the federated step to
//! steer the sign-in, and again inside the transaction that writes.

use std::collections::BTreeSet;

use usher_domain::{
    AccountNeed, AccountState, AttributeName, LinkRule, NewUser, NoMatch, OnFailure, OwnershipProof,
    ProvisioningSettings, RefusalCode,
};

use crate::claims::pass_through_claims;
use crate::explanation::{Explanation, Reason, word};
use crate::facts::{Candidate, Facts, LocalAccount, Presented};
use crate::linking::{MatchRefusal, Trial, Tried, rules_of};
use crate::mapping::{MappedAttributes, Received};
use crate::outcome::{AccountUpdate, Decision, Outcome, ProofReason};
use crate::sync::{SyncRules, initial, sync};
use crate::username::username_candidates;

/// Decides who `presented` is here and what is written about them.
pub fn decide(presented: &Presented<'_>, settings: &ProvisioningSettings, facts: &Facts) -> Decision {
    let mut deciding = Deciding { presented, settings, facts, explanation: Explanation::new(facts.settings_revision) };
    for note in &presented.mapped.notes {
        deciding.because(Reason::NotMapped(note.clone()));
    }
    let outcome = deciding.outcome();
    deciding.because(Reason::Concluded { outcome: word(&outcome) });
    Decision { outcome, explanation: deciding.explanation }
}

struct Deciding<'a> {
    presented: &'a Presented<'a>,
    settings: &'a ProvisioningSettings,
    facts: &'a Facts,
    explanation: Explanation,
}

impl<'a> Deciding<'a> {
    fn because(&mut self, reason: Reason) {
        self.explanation.push(reason);
    }

    fn outcome(&mut self) -> Outcome {
        let facts = self.facts;
        if let Some(account) = &facts.link {
            return self.sign_in(account);
        }
        self.because(Reason::NoLink);
        if !self.settings.enabled {
            self.because(Reason::JitOff);
            return self.pass_through();
        }
        let Some(linking) = &self.settings.linking else {
            self.because(Reason::LinkingOff);
            return self.create();
        };
        if linking.rules.is_empty() {
            self.because(Reason::AddressCompared);
        }
        let trial = Trial { presented: self.presented, linking, trust: self.settings.trust_email, facts: self.facts };
        for (index, rule) in rules_of(linking).iter().enumerate() {
            if let Some(outcome) = self.link_by(trial, index, rule) {
                return outcome;
            }
        }
        self.because(Reason::NoMatch { then: linking.no_match });
        match linking.no_match {
            NoMatch::Create => self.create(),
            NoMatch::Skip => self.pass_through(),
        }
    }

    /// A disabled account stops the sign-in, and no fresh one is made beside it (LINK-25).
    fn sign_in(&mut self, account: &LocalAccount) -> Outcome {
        self.because(Reason::LinkFound { user: account.user.clone() });
        if account.state == AccountState::Disabled {
            self.because(Reason::LinkedAccountDisabled);
            return Outcome::Refuse { code: RefusalCode::AccountDisabled };
        }
        let user = account.user.clone();
        if !self.settings.enabled {
            self.because(Reason::JitOff);
            return Outcome::SignIn { user, update: None };
        }
        match self.update(account) {
            Ok(update) => Outcome::SignIn { user, update },
            Err(code) => Outcome::Refuse { code },
        }
    }

    /// The outcome that a rule leads to; `None`: nothing found, the next rule.
    fn link_by(&mut self, trial: Trial<'a>, index: usize, rule: &LinkRule) -> Option<Outcome> {
        match trial.of(index, rule, &mut self.explanation) {
            Tried::NoMatch => None,
            Tried::Several => {
                self.because(Reason::Ambiguous { rule: index });
                Some(Outcome::Refuse { code: RefusalCode::LinkAmbiguous })
            }
            Tried::One { candidate, refusal } => Some(self.settle(index, candidate, refusal)),
        }
    }

    /// What becomes of the one match: link, proof, or refusal. Never another rule or another account.
    fn settle(&mut self, rule: usize, candidate: &Candidate, refusal: Option<MatchRefusal>) -> Outcome {
        let user = candidate.account.user.clone();
        if let Some(refusal) = refusal {
            self.because(Reason::MatchRefused { rule, refusal });
        }
        let proof = match (refusal, self.settings.prove_ownership) {
            (Some(MatchRefusal::AccountDisabled | MatchRefusal::AlreadyLinked), _) => {
                return Outcome::Refuse { code: RefusalCode::LinkRefused };
            }
            _ if self.facts.proved.as_ref() == Some(&user) => {
                self.because(Reason::Proved);
                return self.link(&candidate.account);
            }
            (None, OwnershipProof::Never | OwnershipProof::WhenUnverified) => return self.link(&candidate.account),
            (Some(_), OwnershipProof::Never) => return Outcome::Refuse { code: RefusalCode::LinkRefused },
            (None, OwnershipProof::Always) => ProofReason::AlwaysAsked,
            (Some(MatchRefusal::UnverifiedAddress), _) => ProofReason::UnverifiedAddress,
            (Some(MatchRefusal::LocalValueUnverified), _) => ProofReason::LocalValueUnverified,
            (Some(MatchRefusal::Administrator), _) => ProofReason::Administrator,
        };
        self.because(Reason::ProofAsked { reason: proof });
        Outcome::ProveOwnership { user, rule, reason: proof }
    }

    fn link(&mut self, account: &LocalAccount) -> Outcome {
        match self.update(account) {
            Ok(update) => Outcome::Link { user: account.user.clone(), update },
            Err(code) => Outcome::Refuse { code },
        }
    }

    fn create(&mut self) -> Outcome {
        if let Some(refusal) = self.subject_held() {
            return refusal;
        }
        let rules = self.rules();
        let attributes = initial(self.presented.mapped, &rules);
        if let Some(taken) = attributes.keys().find(|name| self.facts.is_taken(name, None)) {
            self.because(Reason::UniqueTaken { attribute: taken.clone(), then: self.settings.on_failure });
            return match self.settings.on_failure {
                OnFailure::Refuse => Outcome::Refuse { code: RefusalCode::ProvisioningRefused },
                OnFailure::ContinueUnlinked => self.pass_through(),
            };
        }
        let username_from = self.settings.username_from.as_deref();
        Outcome::Create(Box::new(NewUser {
            public_subject: self.facts.pass_through_subject.clone(),
            username_candidates: username_candidates(self.presented, username_from, &self.facts.random_suffix),
            attributes,
        }))
    }

    /// An identity that was unlinked would come back under the same public subject, and so as that account in
    /// the eyes of every application. It is refused, whether an account would be made or not.
    fn subject_held(&mut self) -> Option<Outcome> {
        self.facts.subject_held.then(|| {
            self.because(Reason::SubjectHeld);
            Outcome::Refuse { code: RefusalCode::ProvisioningRefused }
        })
    }

    fn pass_through(&mut self) -> Outcome {
        if let Some(refusal) = self.subject_held() {
            return refusal;
        }
        if self.facts.account == AccountNeed::Local {
            self.because(Reason::AccountNeeded);
            return Outcome::Refuse { code: RefusalCode::NoAccount };
        }
        Outcome::PassThrough {
            subject: self.facts.pass_through_subject.clone(),
            claims: pass_through_claims(self.presented.mapped),
        }
    }

    /// The update of an existing account. A unique attribute that another account holds is left out or
    /// refuses the sign-in, as the connection says.
    fn update(&mut self, account: &LocalAccount) -> Result<Option<AccountUpdate>, RefusalCode> {
        let rules = self.rules();
        let mut synced = sync(&account.attributes, self.presented.mapped, &rules);
        let taken: BTreeSet<AttributeName> = synced
            .changes
            .iter()
            .filter(|change| self.facts.is_taken(&change.attribute, Some(&account.user)))
            .map(|change| change.attribute.clone())
            .collect();
        for attribute in &taken {
            let then = self.settings.on_failure;
            self.because(Reason::UniqueTaken { attribute: attribute.clone(), then });
        }
        if !taken.is_empty() {
            if self.settings.on_failure == OnFailure::Refuse {
                return Err(RefusalCode::ProvisioningRefused);
            }
            synced = sync(&account.attributes, &without(self.presented.mapped, &taken), &rules);
        }
        for note in synced.notes {
            self.because(Reason::Kept(note));
        }
        for change in &synced.changes {
            self.because(Reason::Changed(change.clone()));
        }
        let update = AccountUpdate { attributes: synced.attributes, changes: synced.changes };
        Ok((!update.changes.is_empty()).then_some(update))
    }

    fn rules(&self) -> SyncRules<'a> {
        SyncRules {
            method: self.settings.attribute_sync,
            connection: &self.presented.identity.key.connection,
            schema: &self.facts.schema,
            now: self.facts.now,
        }
    }
}

/// What was received, with some attributes set aside so that their local values stay.
fn without(mapped: &MappedAttributes, names: &BTreeSet<AttributeName>) -> MappedAttributes {
    let mut mapped = mapped.clone();
    for name in names {
        mapped.values.insert(name.clone(), Received::Unusable);
    }
    mapped
}
