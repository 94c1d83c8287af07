//! The order of what a script queued, and the rule at the end: a failed step needs another that makes up for it.
//!
//! What a callback queues runs before the later siblings of its own step, as where these scripts come from.

use std::collections::BTreeSet;

use crate::{Execution, Fact, HttpCall, Outcome, Prompt, Unmet};

/// What was queued.
#[derive(Debug, Clone)]
pub(super) enum Ask {
    Step(Box<Execution>),
    Prompt(Box<Prompt>),
    Http(Box<HttpCall>),
}

impl Ask {
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Step(asked) => Outcome::Execute(asked.clone()),
            Self::Prompt(asked) => Outcome::Prompt(asked.clone()),
            Self::Http(call) => Outcome::Need(Box::new(Fact::Http((**call).clone()))),
        }
    }
}

/// One queued command with the callbacks that the script gave for it.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) ask: Ask,
    callbacks: BTreeSet<String>,
    parent: Option<usize>,
    end: Option<End>,
}

#[derive(Debug, Clone)]
enum End {
    Met,
    Unmet { why: Unmet, met_before: BTreeSet<u8> },
}

/// All commands of a run.
#[derive(Debug, Default)]
pub(super) struct Frames {
    all: Vec<Frame>,
    fresh: Vec<usize>,
    stack: Vec<usize>,
    current: Option<usize>,
    met: BTreeSet<u8>,
}

impl Frames {
    /// Queues a command; gives its number.
    pub(super) fn queue(&mut self, ask: Ask, callbacks: BTreeSet<String>) -> usize {
        let number = self.all.len();
        self.all.push(Frame { ask, callbacks, parent: self.current, end: None });
        self.fresh.push(number);
        number
    }

    /// Takes the next command, what was queued last before what waited already.
    pub(super) fn next(&mut self) -> Option<(usize, Ask)> {
        self.stack.extend(self.fresh.drain(..).rev());
        let number = self.stack.pop()?;
        self.current = Some(number);
        self.all.get(number).map(|frame| (number, frame.ask.clone()))
    }

    pub(super) fn has_callback(&self, number: usize, name: &str) -> bool {
        self.all.get(number).is_some_and(|frame| frame.callbacks.contains(name))
    }

    fn step_of(&self, number: usize) -> Option<u8> {
        match self.all.get(number).map(|frame| &frame.ask) {
            Some(Ask::Step(asked)) => Some(asked.step),
            _ => None,
        }
    }

    pub(super) fn meet(&mut self, number: usize) {
        let step = self.step_of(number);
        if let Some(frame) = self.all.get_mut(number) {
            frame.end = Some(End::Met);
        }
        self.met.extend(step);
    }

    pub(super) fn miss(&mut self, number: usize, why: Unmet) {
        let met_before = self.met.clone();
        if let Some(frame) = self.all.get_mut(number) {
            frame.end = Some(End::Unmet { why, met_before });
        }
    }

    fn is_below(&self, mut number: usize, ancestor: usize) -> bool {
        while let Some(parent) = self.all.get(number).and_then(|frame| frame.parent) {
            if parent == ancestor {
                return true;
            }
            number = parent;
        }
        false
    }

    /// Whether below a failed step some step succeeded that is the same, or had not succeeded before.
    fn is_made_up_for(&self, failed: usize, met_before: &BTreeSet<u8>) -> bool {
        let own = self.step_of(failed);
        self.all.iter().enumerate().any(|(number, frame)| {
            let Some(step) = self.step_of(number) else { return false };
            let counts = Some(step) == own || !met_before.contains(&step);
            matches!(frame.end, Some(End::Met)) && counts && self.is_below(number, failed)
        })
    }

    /// How the sign-in ends when nothing is queued any more.
    pub(super) fn verdict(&self, acr: Option<String>) -> Outcome {
        for (number, frame) in self.all.iter().enumerate() {
            let (Some(step), Some(End::Unmet { why, met_before })) = (self.step_of(number), &frame.end) else {
                continue;
            };
            if !self.is_made_up_for(number, met_before) {
                return Outcome::Refused { step, why: *why };
            }
        }
        if self.met.is_empty() { Outcome::NothingExecuted } else { Outcome::Succeed { acr } }
    }
}
