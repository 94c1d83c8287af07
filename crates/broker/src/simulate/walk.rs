//! One walk through a flow, by a person who does everything right.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use usher_domain::{
    Application, Authentication, Authenticator, Claims, ConnectionId, FlowDefinition, FlowId, FlowOwner, FlowVersion,
    RefusalCode, SignInTrace, Subject,
};
use usher_login_flow::{
    Beginning, Enrolment, FactorOffer, FactorPage, FactorProof, FactorPurpose, FlowEvent, FlowPlan, LoginFlow, Next,
    PendingFactor, ProvedFactor, ProvedIdentity, ScriptEnding, StepNumber, advance, choose_page, next,
};
use usher_oidc_provider::authorize::{AuthorizationRequest, ClaimsRequest, ResponseMode};
use usher_oidc_provider::scope::Scopes;
use usher_provisioning::Outcome;

use super::{Case, Definition, Person, Simulated, Way, definition, identity, visitor};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::flow_state::{FlowState, LoadedFlow};
use crate::login::authenticated;
use crate::login::factors::facts_for;
use crate::login::script::{Dry, Seen, draft_program, dry_run};
use crate::visitor::Visitor;

/// Stops of one walk; more means that it turns in circles.
const STOPS: usize = 80;

/// What is tried, the same for every way.
pub(super) struct Tried {
    application: Application,
    owner: FlowOwner,
    definition: FlowDefinition,
    libraries: BTreeMap<String, String>,
    visitor: Visitor,
    at: DateTime<Utc>,
}

impl Tried {
    pub async fn of(broker: &Broker, application: Application, case: &Case) -> Result<Self, Fault> {
        let Definition { owner, flow: definition, libraries } = definition(broker, &application, &case.which).await?;
        let at = case.at.unwrap_or_else(|| broker.now());
        Ok(Self { application, owner, definition, libraries, visitor: visitor(broker, case), at })
    }

    /// A sign-in that began just now.
    fn begin(&self, broker: &Broker) -> Result<LoadedFlow, Fault> {
        let request = self.request()?;
        let text = serde_json::to_string(&request).map_err(|e| Fault::unreadable("authorization request", e))?;
        let snapshot = broker.snapshot();
        let version = FlowVersion { owner: self.owner.key().to_owned(), number: 0 };
        let connections = snapshot.plain_connections();
        let plan = FlowPlan::of_flow(&self.definition, version, &self.application, connections, &[]);
        let beginning = Beginning {
            id: FlowId::random(broker.entropy()),
            correlation: self.visitor.correlation.clone(),
            request: request.sign_in_request(None),
            protocol_request: text,
            plan,
        };
        let flow = LoginFlow::begin(beginning, self.at);
        let trace = SignInTrace::new(self.visitor.correlation.clone(), self.at);
        Ok(LoadedFlow { state: FlowState { flow, trace }, revision: 0 })
    }

    fn request(&self) -> Result<AuthorizationRequest, Fault> {
        let redirect_uri = self.application.redirect_uris.first().cloned();
        Ok(AuthorizationRequest {
            application: self.application.id.clone(),
            redirect_uri: redirect_uri.ok_or(Fault::Invariant("an application has a redirect URI"))?,
            response_mode: ResponseMode::default(),
            scopes: Scopes::parse_known("openid"),
            state: None,
            nonce: None,
            code_challenge: None,
            prompts: Vec::new(),
            max_age: None,
            login_hint: None,
            id_token_hint: None,
            ui_locales: Vec::new(),
            acr_values: Vec::new(),
            claims: ClaimsRequest::default(),
            display: None,
            idp_hint: None,
        })
    }
}

/// One walk in progress.
struct Walk<'a> {
    broker: &'a Broker,
    tried: &'a Tried,
    person: &'a Person,
    way: &'a Way,
    loaded: LoadedFlow,
    seen: Seen,
    told: Simulated,
}

/// Where a walk goes after a stop.
enum Stop {
    /// Something happened in the flow.
    Event(Box<FlowEvent>),
    /// The flow moved by itself.
    Moved,
    /// It ended.
    End(&'static str, Option<String>),
}

impl Stop {
    fn event(event: FlowEvent) -> Self {
        Self::Event(Box::new(event))
    }
}

/// Walks once.
pub(super) async fn walk(broker: &Broker, tried: &Tried, person: &Person, way: &Way) -> Result<Simulated, Fault> {
    let told = Simulated { way: name(broker, way), ..Simulated::default() };
    let loaded = tried.begin(broker)?;
    let mut walk = Walk { broker, tried, person, way, loaded, seen: Seen::default(), told };
    for _ in 0..STOPS {
        match walk.stop().await? {
            Stop::Moved => {}
            Stop::Event(event) => match advance(walk.loaded.state.flow.clone(), *event, tried.at) {
                Ok(flow) => walk.loaded.state.flow = flow,
                Err(error) => return Ok(walk.end("refused", Some(error.refusal_code().as_str().to_owned()))),
            },
            Stop::End(result, reason) => return Ok(walk.end(result, reason)),
        }
    }
    Ok(walk.end("refused", Some("the flow goes round in circles".to_owned())))
}

/// How a way is called.
fn name(broker: &Broker, way: &Way) -> String {
    match way {
        Way::Local => "LOCAL".to_owned(),
        Way::Connection(id) => {
            broker.snapshot().connections.get(id).map_or_else(|| id.to_string(), |c| c.connection.script_name.clone())
        }
    }
}

fn refused(code: RefusalCode) -> Stop {
    Stop::End("refused", Some(code.as_str().to_owned()))
}

impl Walk<'_> {
    fn end(mut self, result: &str, reason: Option<String>) -> Simulated {
        let flow = &self.loaded.state.flow;
        self.told.steps = flow.completed().iter().map(|done| done.step.get()).collect();
        self.told.acr = flow.authentication().and_then(|authentication| authentication.acr);
        result.clone_into(&mut self.told.result);
        self.told.reason = reason;
        self.told.calls = self.seen.calls;
        self.told.logs = self.seen.logs;
        self.told.stubbed = self.seen.stubbed;
        self.told
    }

    fn page(&mut self, name: impl Into<String>) {
        self.told.pages.push(name.into());
    }

    async fn stop(&mut self) -> Result<Stop, Fault> {
        match next(&self.loaded.state.flow, self.tried.at) {
            Next::ShowSignIn(offer) | Next::AskIdentifier(offer) => {
                self.page("sign_in");
                self.sign_in(offer.step, offer.password, &offer.connections).await
            }
            Next::Depart { step, connection } => match self.way {
                // Whoever has only this way goes it, whatever was asked for.
                Way::Local => Ok(Stop::End("asks", Some(format!("only {} is offered", self.named(&connection))))),
                Way::Connection(_) => self.depart(step, connection).await,
            },
            Next::AskFactor(offer) => self.factor(&offer).await,
            Next::ShowRecoveryCodes(_) => {
                self.page("recovery_codes");
                Ok(Stop::event(FlowEvent::CodesSeen))
            }
            Next::RunScript => self.script().await,
            Next::ShowPrompt(ask) => {
                self.page(format!("prompt:{}", ask.template));
                Ok(Stop::event(FlowEvent::Prompted { answer: "{}".to_owned() }))
            }
            Next::ProveOwnership(_) => {
                self.page("prove_ownership");
                Ok(Stop::End("asks", Some("a proof that the existing account is the person's".to_owned())))
            }
            Next::Finish => Ok(Stop::End("signed_in", None)),
            Next::Ended(ending) => Ok(Stop::End("ended", Some(words(&ending)))),
            Next::Refused(refusal) => Ok(refused(refusal.code)),
            Next::CannotInteract => Ok(refused(RefusalCode::BadRequest)),
            Next::Expired | Next::AlreadyFinished => Ok(refused(RefusalCode::TxExpired)),
        }
    }

    fn named(&self, connection: &ConnectionId) -> String {
        name(self.broker, &Way::Connection(connection.clone()))
    }

    async fn sign_in(&mut self, step: StepNumber, password: bool, offered: &[ConnectionId]) -> Result<Stop, Fault> {
        match self.way {
            Way::Local => match self.person {
                Person::Account(user) if password => {
                    let subject = Subject::Local { user: user.id.clone() };
                    let authentication = authentication(subject, self.tried.at);
                    Ok(Stop::event(FlowEvent::PasswordAccepted { step, authentication }))
                }
                Person::Account(_) => Ok(Stop::End("asks", Some("no user name and password are offered".to_owned()))),
                Person::Stranger(_) => Ok(Stop::End("asks", Some("a user name and password".to_owned()))),
            },
            Way::Connection(id) if offered.contains(id) => self.depart(step, id.clone()).await,
            Way::Connection(_) => Ok(Stop::End("asks", Some("this connection is not offered".to_owned()))),
        }
    }

    async fn depart(&mut self, step: StepNumber, connection: ConnectionId) -> Result<Stop, Fault> {
        let page = format!("go:{}", self.named(&connection));
        self.page(page);
        let event = FlowEvent::ConnectionChosen { step, connection: connection.clone() };
        match advance(self.loaded.state.flow.clone(), event, self.tried.at) {
            Ok(flow) => self.loaded.state.flow = flow,
            Err(error) => return Ok(refused(error.refusal_code())),
        }
        let identity = identity::of(self.broker, self.person, &connection).await?;
        let decision = match identity::decided(self.broker, &self.loaded.state.flow, &identity).await? {
            Ok(decision) => decision,
            Err(code) => return Ok(Stop::event(FlowEvent::Refused { code, connection: Some(connection) })),
        };
        let kind = serde_json::to_value(decision.outcome.kind()).ok();
        self.told.decision = kind.and_then(|kind| kind.as_str().map(str::to_owned));
        if let Outcome::Refuse { code } = decision.outcome {
            return Ok(Stop::event(FlowEvent::Refused { code, connection: Some(connection) }));
        }
        let text = serde_json::to_string(&decision).map_err(|e| Fault::unreadable("decision", e))?;
        let proved = ProvedIdentity { identity: identity.clone(), decision: text, ownership: None };
        if let Outcome::ProveOwnership { user, .. } = &decision.outcome {
            let (user, proved) = (user.clone(), Box::new(proved));
            return Ok(Stop::event(FlowEvent::ProofAsked { step, proved, user }));
        }
        let authentication = Box::new(authenticated(&identity, &decision, self.tried.at));
        Ok(Stop::event(FlowEvent::IdentityProved { step, authentication, proved: Box::new(proved) }))
    }

    async fn factor(&mut self, offer: &FactorOffer) -> Result<Stop, Fault> {
        let facts = match facts_for(self.broker, &self.loaded).await? {
            Ok(facts) => facts,
            Err(code) => return Ok(Stop::event(FlowEvent::Refused { code, connection: None })),
        };
        let (authenticator, by, enrolments) = match choose_page(offer, &facts) {
            FactorPage::Ask { authenticator, .. } => {
                self.page(format!("factor:{}", authenticator.as_str()));
                (authenticator, FactorProof::Answer { id: None }, Vec::new())
            }
            FactorPage::Enrol { choices } => {
                let first = choices.first().copied().unwrap_or(Authenticator::Totp);
                self.page(format!("enrol:{}", first.as_str()));
                (first, FactorProof::Enrolled, vec![invented()])
            }
            FactorPage::Refuse { code } => {
                return Ok(Stop::event(FlowEvent::Refused { code, connection: None }));
            }
        };
        let (step, at) = (offer.step, self.tried.at);
        if by == FactorProof::Enrolled {
            let pending = PendingFactor {
                step,
                authenticator,
                purpose: FactorPurpose::Enrol,
                state: String::new(),
                rejected: false,
            };
            match advance(self.loaded.state.flow.clone(), FlowEvent::FactorBegun { pending }, at) {
                Ok(flow) => self.loaded.state.flow = flow,
                Err(error) => return Ok(refused(error.refusal_code())),
            }
        }
        let proved = ProvedFactor { step, authenticator, by, at, amr: vec!["otp".to_owned()], enrolments };
        Ok(Stop::event(FlowEvent::FactorProved { proved: Box::new(proved) }))
    }

    async fn script(&mut self) -> Result<Stop, Fault> {
        let Some(source) = self.tried.definition.script.clone() else { return Ok(refused(RefusalCode::ScriptError)) };
        let program = draft_program(self.broker, &self.loaded, &source, self.tried.libraries.clone());
        let context = (&self.tried.visitor, &mut self.seen);
        match dry_run(self.broker, &mut self.loaded, &program, context).await? {
            Dry::GoesOn => Ok(Stop::Moved),
            Dry::Refuses(code) => Ok(refused(code)),
            Dry::Broken(why) => Ok(Stop::End("refused", Some(format!("script_error: {why}")))),
        }
    }
}

fn authentication(subject: Subject, at: DateTime<Utc>) -> Authentication {
    Authentication {
        subject,
        at,
        connection: None,
        amr: vec!["pwd".to_owned()],
        pass_through: Claims::new(),
        groups: Vec::new(),
        factors: Vec::new(),
        acr: None,
    }
}

/// Something set up in a try: it goes nowhere.
fn invented() -> Enrolment {
    Enrolment::Totp { secret: String::new(), name: String::new(), step: 0 }
}

fn words(ending: &ScriptEnding) -> String {
    match ending {
        ScriptEnding::Page { values } => {
            format!("error page: {}", values.values().cloned().collect::<Vec<_>>().join(", "))
        }
        ScriptEnding::Redirect { url } => format!("redirect: {url}"),
        ScriptEnding::Application { code, .. } => {
            format!("error for the application: {}", code.as_deref().unwrap_or("access_denied"))
        }
    }
}
