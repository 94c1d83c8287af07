//! The walk of a recorded sign-in through a draft.

use chrono::{DateTime, Utc};
use usher_domain::{
    Authentication, Authenticator, BrowserSession, ConnectionId, CorrelationId, ExternalIdentity, ExternalKey, FlowId,
    RefusalCode, SessionId, Subject, UserId,
};
use usher_flow_script::{Fact, Limits, Outcome, Record, StepOutcome, StepResult, StepView, run};

use super::recording::{Did, Move, Recording, Way, ended, path};
use super::{CameTo, Draft, End, Replayed, Stop, Verdict};
use crate::advance::advance;
use crate::event::FlowEvent;
use crate::factor::{Enrolment, FactorOffer, FactorProof, FactorPurpose, PendingFactor, ProvedFactor};
use crate::flow::{Beginning, LoginFlow, ProvedIdentity, Standing};
use crate::next::{Next, next};
use crate::plan::StepNumber;
use crate::script::{PromptAsk, QuestionResult, ScriptSaid};

/// Stops of one walk; more means that it turns in circles.
const STOPS: usize = 80;
/// How long the browser's session of a recording still lasts.
const SESSION_DAYS: i64 = 1;

/// Runs a recording against a draft.
pub fn replay(recording: &Recording, draft: &Draft<'_>) -> Replayed {
    match Walk::begin(recording, draft) {
        Some(walk) => walk.finish(),
        None => Replayed { verdict: Verdict::Unknown { fact: "the recording".to_owned() }, cpu_ms: 0 },
    }
}

/// What a stop came to.
enum Stopped {
    Moved,
    End(End),
    Unknown(String),
}

impl Stopped {
    fn asks(step: u8, what: impl Into<String>) -> Self {
        Self::End(End::Asks { step, what: what.into() })
    }
}

struct Walk<'a> {
    recording: &'a Recording,
    draft: &'a Draft<'a>,
    flow: LoginFlow,
    subject: Subject,
    /// What was passed so far; a refusal forgets it.
    passed: Vec<Stop>,
    /// Moves that were made again.
    made: Vec<bool>,
    /// The command behind each answered question.
    calls: Vec<String>,
    cpu_ms: u64,
}

impl<'a> Walk<'a> {
    fn begin(recording: &'a Recording, draft: &'a Draft<'a>) -> Option<Self> {
        let id = recording.person().and_then(|person| person.unique_id.clone());
        let user = UserId::parse(id.unwrap_or_else(|| "u_recorded".to_owned())).ok()?;
        let beginning = Beginning {
            id: FlowId::parse("f_recorded").ok()?,
            correlation: CorrelationId::parse("2222-2222-2222").ok()?,
            request: recording.request.clone(),
            protocol_request: String::new(),
            plan: draft.plan.clone(),
        };
        Some(Self {
            recording,
            draft,
            flow: LoginFlow::begin(beginning, recording.began_at),
            subject: Subject::Local { user },
            passed: Vec::new(),
            made: vec![false; recording.moves.len()],
            calls: Vec::new(),
            cpu_ms: 0,
        })
    }

    fn finish(mut self) -> Replayed {
        let verdict = (0..STOPS).find_map(|_| match self.stop() {
            Stopped::Moved => None,
            Stopped::Unknown(fact) => Some(Verdict::Unknown { fact }),
            Stopped::End(end) => Some(self.verdict(end)),
        });
        let round_and_round = End::Refused { code: RefusalCode::RateLimited };
        Replayed { verdict: verdict.unwrap_or_else(|| self.verdict(round_and_round)), cpu_ms: self.cpu_ms }
    }

    fn verdict(&self, end: End) -> Verdict {
        let to = CameTo { path: self.passed.clone(), end };
        if to == self.recording.came_to { Verdict::Same } else { Verdict::Changed { to } }
    }

    fn now(&self) -> DateTime<Utc> {
        self.recording.began_at
    }

    /// Takes an event in, where the draft takes it.
    fn take_in(&mut self, event: FlowEvent) -> bool {
        match advance(self.flow.clone(), event, self.now()) {
            Ok(flow) => {
                self.flow = flow;
                if !matches!(self.flow.standing, Standing::Refused { .. }) {
                    self.passed = path(&self.flow);
                }
                true
            }
            Err(_) => false,
        }
    }

    fn stop(&mut self) -> Stopped {
        let next = next(&self.flow, self.now());
        if matches!(next, Next::ShowSignIn(_) | Next::AskIdentifier(_) | Next::Depart { .. } | Next::CannotInteract)
            && self.session()
        {
            return Stopped::Moved;
        }
        match next {
            Next::ShowSignIn(offer) | Next::AskIdentifier(offer) => self.step(offer.step, "sign_in".to_owned()),
            Next::Depart { step, connection } => self.depart(step, &connection),
            Next::AskFactor(offer) => self.factor(&offer),
            Next::ShowRecoveryCodes(_) => self.moved(FlowEvent::CodesSeen),
            Next::RunScript => self.script(),
            Next::ShowPrompt(page) => self.page(&page),
            Next::Finish => Stopped::End(match self.recording.refused_at_end {
                Some(code) => End::Refused { code },
                None => End::SignedIn { acr: self.flow.authentication().and_then(|end| end.acr) },
            }),
            Next::Ended(ending) => Stopped::End(ended(&ending)),
            Next::Refused(refusal) => Stopped::End(End::Refused { code: refusal.code }),
            Next::CannotInteract | Next::ProveOwnership(_) => Stopped::asks(self.open_step(), "sign_in"),
            Next::Expired | Next::AlreadyFinished => Stopped::End(End::Refused { code: RefusalCode::TxExpired }),
        }
    }

    fn open_step(&self) -> u8 {
        self.flow.open_step().map_or(0, StepNumber::get)
    }

    fn moved(&mut self, event: FlowEvent) -> Stopped {
        if self.take_in(event) { Stopped::Moved } else { Stopped::asks(self.open_step(), "sign_in") }
    }

    /// The first thing that the person did, and has not done again, which fits.
    fn find(&self, step: u8, fits: impl Fn(&Did) -> bool) -> Option<(usize, Move)> {
        self.candidates(step).into_iter().find(|(_, one)| fits(&one.did))
    }

    /// What the person might do in a step: what they did in it, then how they passed others. A draft may number its steps
    /// anew.
    fn candidates(&self, step: u8) -> Vec<(usize, Move)> {
        let free = self.recording.moves.iter().enumerate().zip(&self.made);
        let free = free.filter(|(_, made)| !**made).map(|((at, one), _)| (at, one.clone()));
        let (here, elsewhere): (Vec<_>, Vec<_>) = free.partition(|(_, one)| one.step == step);
        let passed = elsewhere.into_iter().filter(|(_, one)| matches!(one.did, Did::Passed { .. }));
        here.into_iter().chain(passed).collect()
    }

    fn make(&mut self, at: usize) {
        if let Some(made) = self.made.get_mut(at) {
            *made = true;
        }
    }

    /// The session of the browser, where the draft takes it too.
    fn session(&mut self) -> bool {
        let Some(step) = self.flow.open_step() else { return false };
        let of_session = |did: &Did| matches!(did, Did::Passed { way: Way::Session { .. }, .. });
        let Some((position, found)) = self.find(step.get(), of_session) else { return false };
        let Did::Passed { way: Way::Session { connection, at, factors }, .. } = found.did else { return false };
        let Ok(id) = SessionId::parse("sid_recorded") else { return false };
        let authentication = Authentication { connection, at, factors, ..self.authentication() };
        let expires_at = self.now() + chrono::Duration::days(SESSION_DAYS);
        let session = Box::new(BrowserSession { id, authentication, created_at: at, expires_at });
        let taken = self.take_in(FlowEvent::SessionReused { step, session });
        if taken {
            self.make(position);
        }
        taken
    }

    fn authentication(&self) -> Authentication {
        Authentication {
            subject: self.subject.clone(),
            at: self.now(),
            connection: None,
            amr: Vec::new(),
            pass_through: serde_json::Map::new(),
            groups: Vec::new(),
            factors: Vec::new(),
            acr: None,
        }
    }

    /// A step that anybody may be asked: the way that the person took, if it is still offered.
    fn step(&mut self, step: StepNumber, asks: String) -> Stopped {
        let number = step.get();
        for (position, candidate) in self.candidates(number) {
            if self.again(step, candidate) {
                self.make(position);
                return Stopped::Moved;
            }
        }
        Stopped::asks(number, asks)
    }

    /// Does it again; whether the draft let that happen.
    fn again(&mut self, step: StepNumber, done: Move) -> bool {
        match done.did {
            Did::Passed { way: Way::Password, .. } => {
                let authentication = self.authentication();
                self.take_in(FlowEvent::PasswordAccepted { step, authentication })
            }
            Did::Passed { way: Way::Connection { id, auth_time }, .. } => self.identity(step, id, auth_time),
            Did::Passed { way: Way::Factor { authenticator, proof }, .. } => self.prove(step, authenticator, proof),
            Did::Passed { way: Way::Session { .. }, .. } | Did::FilledIn { .. } => false,
            Did::Failed { code, connection } => {
                let offered = connection.as_ref().is_none_or(|id| self.flow.plans_connection(step, id));
                offered && self.take_in(FlowEvent::Refused { code, connection })
            }
            Did::Aborted => self.take_in(FlowEvent::Aborted { step }),
        }
    }

    fn identity(&mut self, step: StepNumber, id: ConnectionId, auth_time: Option<DateTime<Utc>>) -> bool {
        let before = self.flow.clone();
        if !self.take_in(FlowEvent::ConnectionChosen { step, connection: id.clone() }) {
            return false;
        }
        let key = ExternalKey { connection: id.clone(), issuer: String::new(), subject: String::new() };
        let claims = serde_json::Map::new();
        let identity = ExternalIdentity { key, claims, email_verified: false, auth_time, acr: None, amr: Vec::new() };
        let proved = Box::new(ProvedIdentity { identity, decision: String::new(), ownership: None });
        let authentication = Box::new(Authentication { connection: Some(id), ..self.authentication() });
        if self.take_in(FlowEvent::IdentityProved { step, authentication, proved }) {
            return true;
        }
        self.flow = before;
        false
    }

    /// A factor again, with the same right to count.
    fn prove(&mut self, step: StepNumber, authenticator: Authenticator, by: FactorProof) -> bool {
        if self.flow.completed().is_empty() {
            let id = format!("recorded:{}", step.get());
            let authentication = self.authentication();
            return authenticator == Authenticator::Passkey
                && self.take_in(FlowEvent::PasskeyAccepted { step, authentication, id });
        }
        // What a session knows, the state machine takes by itself, where it may.
        if by == FactorProof::Session {
            return false;
        }
        let before = self.flow.clone();
        let mut enrolments = Vec::new();
        if by == FactorProof::Enrolled {
            let (purpose, state) = (FactorPurpose::Enrol, String::new());
            let pending = PendingFactor { step, authenticator, purpose, state, rejected: false };
            if !self.take_in(FlowEvent::FactorBegun { pending }) {
                return false;
            }
            enrolments.push(Enrolment::Totp { secret: String::new(), name: String::new(), step: 0 });
        }
        let proved = ProvedFactor { step, authenticator, by, at: self.now(), amr: Vec::new(), enrolments };
        if self.take_in(FlowEvent::FactorProved { proved: Box::new(proved) }) {
            return true;
        }
        self.flow = before;
        false
    }

    fn depart(&mut self, step: StepNumber, connection: &ConnectionId) -> Stopped {
        self.step(step, format!("connection:{connection}"))
    }

    fn factor(&mut self, offer: &FactorOffer) -> Stopped {
        let names: Vec<&str> = offer.factors.iter().map(|factor| factor.as_str()).collect();
        self.step(offer.step, format!("factor:{}", names.join(",")))
    }

    fn page(&mut self, page: &PromptAsk) -> Stopped {
        let same = |did: &Did| matches!(did, Did::FilledIn { page: filled, .. } if *filled == page.template);
        let Some((position, Move { did: Did::FilledIn { fields, .. }, .. })) = self.find(0, same) else {
            return Stopped::asks(0, format!("page:{}", page.template));
        };
        if fields.is_null() {
            return Stopped::Unknown(format!("what was typed on the page {}", page.template));
        }
        self.make(position);
        self.moved(FlowEvent::Prompted { answer: fields.to_string() })
    }

    fn script(&mut self) -> Stopped {
        let script_error = || Stopped::End(End::Refused { code: RefusalCode::ScriptError });
        let Some(program) = &self.draft.program else { return script_error() };
        let record = Record { results: self.results(), ..self.recording.facts.clone() };
        let ran = run(program, &record, &Limits::default());
        self.cpu_ms = self.cpu_ms.saturating_add(ran.cpu_ms);
        if let Outcome::Need(fact) = &ran.outcome {
            return Stopped::Unknown(asked(fact).to_owned());
        }
        match (self.draft.reading)(&self.flow, &ran.outcome) {
            Ok(Ok(said)) => {
                self.calls.truncate(self.flow.script.answered.len());
                self.calls.push(ran.outcome.call().to_owned());
                let empty = nothing_left(&said);
                if !self.take_in(FlowEvent::ScriptRan { record: String::new(), said }) {
                    return script_error();
                }
                let code = RefusalCode::ConnectionUnavailable;
                if empty { self.moved(FlowEvent::Refused { code, connection: None }) } else { Stopped::Moved }
            }
            Ok(Err(code)) => Stopped::End(End::Refused { code: self.last_failure().unwrap_or(code) }),
            Err(_) => script_error(),
        }
    }

    /// Why the step failed that nothing made up for.
    fn last_failure(&self) -> Option<RefusalCode> {
        self.flow.script.answered.iter().rev().find_map(|answered| match &answered.result {
            QuestionResult::Failed { code, .. } => Some(*code),
            _ => None,
        })
    }

    fn results(&self) -> Vec<StepResult> {
        let result = |(at, answered): (usize, &crate::script::Answered)| {
            let step = match &answered.question {
                crate::script::Question::Step(execution) => execution.step.get(),
                crate::script::Question::Prompt(_) => 0,
            };
            let outcome = match &answered.result {
                QuestionResult::Completed { position } => StepOutcome::Succeeded(Box::new(self.view(*position))),
                QuestionResult::Failed { code, connection } => {
                    let shape = connection.as_ref().and_then(|id| self.draft.names.get(id));
                    StepOutcome::Failed {
                        idp: shape.map(|shape| shape.idp.clone()),
                        authenticator: shape.map(|shape| shape.authenticator.clone()),
                        user: None,
                        reason: code.as_str().to_owned(),
                    }
                }
                QuestionResult::Aborted => StepOutcome::Aborted,
                QuestionResult::Prompted { answer } => {
                    StepOutcome::Prompted { params: serde_json::from_str(answer).unwrap_or_default() }
                }
            };
            StepResult { step, call: self.calls.get(at).cloned().unwrap_or_default(), outcome }
        };
        self.flow.script.answered.iter().enumerate().map(result).collect()
    }

    /// What the script is told of a completed step: what was recorded of the same way through it.
    fn view(&self, position: usize) -> StepView {
        let passed_by = self.flow.completed.get(position).map(|done| (done.step.get(), Way::of(done).text()));
        let Some((step, by)) = passed_by else { return StepView::default() };
        let passed = |one: &&Move| matches!(&one.did, Did::Passed { way, .. } if way.text() == by);
        let here = self.recording.moves.iter().filter(|one| one.step == step).find(passed);
        match here.or_else(|| self.recording.moves.iter().find(passed)).map(|one| &one.did) {
            Some(Did::Passed { view, .. }) => StepView::clone(view),
            _ => StepView::default(),
        }
    }
}

/// A step of which the script left no option.
fn nothing_left(said: &ScriptSaid) -> bool {
    use crate::script::{Execution, Question};
    matches!(said, ScriptSaid::Asks(Question::Step(Execution { only: Some(only), .. })) if only.is_empty())
}

/// A fact in words, without the person's values.
fn asked(fact: &Fact) -> &'static str {
    match fact {
        Fact::AssociatedLocalUser { .. } => "the linked account",
        Fact::UsersWithClaims { .. } => "accounts with these values",
        Fact::UserSessions { .. } => "the person's sessions",
        Fact::SessionExists => "whether a session exists",
        Fact::AuthenticatedApplications => "the applications signed in to",
        Fact::MicrosoftEmailVerification { .. } => "whether Microsoft verified the address",
        Fact::Http(_) => "an HTTP call",
    }
}
