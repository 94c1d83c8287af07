//! The dispatcher: whatever happened before, look at the facts and show what comes next.

use usher_domain::{
    AccountState, BrowserSession, ConnectionId, CorrelationId, FlowId, RefusalCode, Subject, TraceStage,
};
use usher_login_flow::{FlowEvent, MAX_QUESTIONS, Next, SignInNotice, SignInOffer, advance, next, session_fits};
use usher_oidc_provider::authorize::expected_subject;
use usher_oidc_provider::error::ErrorCode;
use usher_oidc_provider::responses;
use usher_storage::{Purpose, grants, users};

use super::factors::{self, FactorView, Offered, PasskeyOffer, RecoveryCodesPage};
use super::finish::Finished;
use super::proof::{self, ProofPage};
use super::refuse::{page, record, refuse};
use super::script::{self, PromptPage};
use super::{depart, finish, vouched};
use crate::answer::{AnswerToApplication, RememberedDevice};
use crate::broker::Broker;
use crate::failure::{Failure, Fault, Refusal};
use crate::flow_state::{self, LoadedFlow};
use crate::tracing_events::note;
use crate::visitor::Visitor;

/// A connection as the sign-in page lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedConnection {
    /// Id, for the link.
    pub id: ConnectionId,
    /// Name, for the initials.
    pub name: String,
    /// Text of the button, where the admin set one.
    pub button_text: Option<String>,
    /// Whether this browser used it last; it comes first then.
    pub last_used: bool,
}

/// Everything the sign-in page shows.
#[derive(Debug, Clone)]
pub struct SignInPage {
    /// The flow.
    pub flow: FlowId,
    /// Name of the application.
    pub application: String,
    /// Whether user name and password are offered.
    pub password: bool,
    /// The question for a passkey, where one is offered by itself.
    pub passkey: Option<PasskeyOffer>,
    /// The open step; forms send it back.
    pub step: u8,
    /// The connections, in order.
    pub connections: Vec<ListedConnection>,
    /// What was typed on the page before, to be shown with a way to change it.
    pub identifier: Option<String>,
    /// What to put into the name field.
    pub username: Option<String>,
    /// What went wrong last.
    pub notice: Option<SignInNotice>,
    /// Token of the form.
    pub csrf: String,
    /// What the person can read out.
    pub correlation: CorrelationId,
    /// Languages that the application asked for.
    pub ui_locales: Vec<String>,
}

/// What comes next.
#[derive(Debug)]
pub enum Resumed {
    /// Show the sign-in page.
    SignIn(Box<SignInPage>),
    /// Ask who the person is, and nothing else yet.
    Identify(Box<SignInPage>),
    /// Ask for a second factor, or set one up.
    Factor(Box<FactorView>),
    /// Show recovery codes, once.
    RecoveryCodes(Box<RecoveryCodesPage>),
    /// Show a page of the flow's script.
    Prompt(Box<PromptPage>),
    /// Ask for a proof that an existing account is the person's own.
    Prove(Box<ProofPage>),
    /// This browser is remembered, by a new cookie from now on: set it and look again.
    Remembered(FlowId, RememberedDevice),
    /// Look again: the facts moved.
    Again(FlowId),
    /// Go to a provider.
    Depart(String),
    /// Back to the application.
    Answer(Box<AnswerToApplication>),
}

/// Looks at a flow and says what comes next.
pub async fn resume(broker: &Broker, id: &FlowId, visitor: &Visitor) -> Result<Resumed, Failure> {
    broker.assert_fresh()?;
    let now = broker.now();
    let mut loaded = flow_state::load(broker, id, visitor, now).await?;
    for _ in 0..=MAX_QUESTIONS {
        if let Some(session) = usable_session(broker, &loaded, visitor).await? {
            reuse(broker, &mut loaded, session).await?;
        }
        vouched::satisfy(broker, &mut loaded).await?;
        if let Some(device) = Box::pin(factors::recognise(broker, &mut loaded, visitor)).await? {
            return Ok(Resumed::Remembered(loaded.state.flow.id().clone(), device));
        }
        if next(&loaded.state.flow, now) != Next::RunScript {
            return Box::pin(show(broker, loaded, visitor)).await;
        }
        loaded = Box::pin(script::run(broker, loaded, visitor)).await?;
    }
    Err(refuse(broker, loaded, RefusalCode::ScriptError, None, visitor).await)
}

/// Shows what comes next; a script that is due has run.
async fn show(broker: &Broker, mut loaded: LoadedFlow, visitor: &Visitor) -> Result<Resumed, Failure> {
    let now = broker.now();
    match next(&loaded.state.flow, now) {
        Next::ShowSignIn(offer) => ask_who(broker, loaded, offer, visitor, Resumed::SignIn).await,
        Next::AskIdentifier(offer) => ask_who(broker, loaded, offer, visitor, Resumed::Identify).await,
        Next::ProveOwnership(offer) => Ok(Resumed::Prove(Box::new(proof::page(broker, &loaded, offer)?))),
        Next::AskFactor(offer) => Box::pin(factors::page(broker, loaded, *offer, visitor)).await,
        Next::ShowRecoveryCodes(codes) => {
            Ok(Resumed::RecoveryCodes(Box::new(factors::recovery_codes(broker, &loaded, codes))))
        }
        Next::ShowPrompt(ask) => Ok(Resumed::Prompt(Box::new(script::prompt_page(broker, &loaded, &ask).await?))),
        Next::Ended(ending) => script::ended(broker, loaded, ending, visitor).await,
        Next::RunScript => Ok(Resumed::Again(loaded.state.flow.id().clone())),
        Next::Depart { connection, .. } => {
            Box::pin(depart::depart_loaded(broker, loaded, &connection, visitor)).await.map(Resumed::Depart)
        }
        Next::Finish => Box::pin(finish::finish(broker, loaded, visitor)).await.map(|finished| match finished {
            Finished::Answered(answer) => Resumed::Answer(answer),
            Finished::Asks(flow) => Resumed::Again(flow),
        }),
        Next::CannotInteract => cannot_interact(broker, &loaded).await.map(|a| Resumed::Answer(Box::new(a))),
        Next::AlreadyFinished => stored_answer(broker, &loaded, visitor).await.map(|a| Resumed::Answer(Box::new(a))),
        Next::Expired => Err(refuse(broker, loaded, RefusalCode::TxExpired, None, visitor).await),
        Next::Refused(refusal) => {
            if loaded.state.trace.refusal.is_none() {
                loaded.state.trace.refusal = Some(refusal.code);
                note(&mut loaded.state.trace, now, TraceStage::End, format!("refused: {}", refusal.code));
                record(broker, &loaded.state.trace, refusal.code, visitor).await?;
                flow_state::save(broker, &loaded.state, loaded.revision).await?;
            }
            Err(page(broker, &loaded, refusal.code, refusal.connection, now).into())
        }
    }
}

/// The browser's session, if it may serve this sign-in: fits the request, its account is active, its connection is on.
async fn usable_session(
    broker: &Broker,
    loaded: &LoadedFlow,
    visitor: &Visitor,
) -> Result<Option<BrowserSession>, Failure> {
    let now = broker.now();
    let Some(live) = &visitor.session else { return Ok(None) };
    let waiting = matches!(
        next(&loaded.state.flow, now),
        Next::ShowSignIn(_) | Next::AskIdentifier(_) | Next::Depart { .. } | Next::CannotInteract
    );
    if !waiting || session_fits(&loaded.state.flow, &live.session, now).is_err() {
        return Ok(None);
    }
    let authentication = &live.session.authentication;
    // A session of somebody else is no answer to a later step: the person is asked instead.
    if loaded.state.flow.subject().is_some_and(|subject| *subject != authentication.subject) {
        return Ok(None);
    }
    if let Some(connection) = &authentication.connection
        && broker.snapshot().sign_in_connection(connection).is_none()
    {
        return Ok(None);
    }
    let subject = match &authentication.subject {
        Subject::Federated { key } => {
            let subject = broker.pass_through_subject(key);
            let asked = subject.clone();
            let account =
                broker.store.read(move |tx| Box::pin(async move { users::get_by_subject(tx, &asked).await })).await?;
            // An account was made since: the decision runs anew, with its locks and its settings.
            if account.is_some() {
                return Ok(None);
            }
            subject
        }
        Subject::Local { user } => {
            let user = user.clone();
            let account = broker.store.read(move |tx| Box::pin(async move { users::get(tx, &user).await })).await?;
            match account.filter(|account| account.state == AccountState::Active) {
                Some(account) => account.public_subject,
                None => return Ok(None),
            }
        }
    };
    let expected = expected_subject(&loaded.state.request()?, &broker.snapshot().keys, &broker.issuer);
    Ok(expected.fits_session(&subject).then(|| live.session.clone()))
}

async fn reuse(broker: &Broker, loaded: &mut LoadedFlow, session: BrowserSession) -> Result<(), Failure> {
    let now = broker.now();
    let Some(step) = loaded.state.flow.open_step() else { return Ok(()) };
    let Ok(flow) =
        advance(loaded.state.flow.clone(), FlowEvent::SessionReused { step, session: Box::new(session) }, now)
    else {
        return Ok(());
    };
    loaded.state.flow = flow;
    note(&mut loaded.state.trace, now, TraceStage::Page, "signed in already: the session of this browser is used");
    if let Some(revision) = flow_state::save(broker, &loaded.state, loaded.revision).await? {
        loaded.revision = revision;
    }
    Ok(())
}

/// A page that asks who the person is, with a question for a passkey where one may answer it.
async fn ask_who(
    broker: &Broker,
    mut loaded: LoadedFlow,
    offer: SignInOffer,
    visitor: &Visitor,
    page: fn(Box<SignInPage>) -> Resumed,
) -> Result<Resumed, Failure> {
    match factors::passkey_offer(broker, &mut loaded, &offer).await? {
        Offered::Page(passkey) => Ok(page(Box::new(sign_in_page(broker, &loaded, (offer, passkey), visitor)))),
        Offered::Again => Ok(Resumed::Again(loaded.state.flow.id().clone())),
    }
}

fn sign_in_page(
    broker: &Broker,
    loaded: &LoadedFlow,
    (offer, passkey): (SignInOffer, Option<PasskeyOffer>),
    visitor: &Visitor,
) -> SignInPage {
    let snapshot = broker.snapshot();
    let flow = &loaded.state.flow;
    let mut connections: Vec<ListedConnection> = offer
        .connections
        .iter()
        .filter_map(|id| snapshot.sign_in_connection(id))
        .map(|c| ListedConnection {
            id: c.connection.id.clone(),
            name: c.connection.name.clone(),
            button_text: c.connection.button_text.clone(),
            last_used: visitor.last_used.as_ref() == Some(&c.connection.id),
        })
        .collect();
    connections.sort_by_key(|c| !c.last_used);
    SignInPage {
        flow: flow.id().clone(),
        application: snapshot.application(&flow.request().application).map(|a| a.name.clone()).unwrap_or_default(),
        password: offer.password,
        passkey,
        step: offer.step.get(),
        connections,
        identifier: offer.identifier.clone(),
        username: offer.identifier.or(offer.typed_name).or(offer.login_hint),
        notice: offer.notice,
        csrf: broker.csrf_token(&format!("flow:{}", flow.id())),
        correlation: flow.correlation().clone(),
        ui_locales: flow.request().ui_locales.clone(),
    }
}

/// `prompt=none` and nobody is signed in: the application is told, no page is shown (OIDC Core 3.1.2.6).
async fn cannot_interact(broker: &Broker, loaded: &LoadedFlow) -> Result<AnswerToApplication, Failure> {
    let request = loaded.state.request()?;
    flow_state::forget(broker, loaded.state.flow.id()).await?;
    let error = request.refuse(ErrorCode::LoginRequired, "nobody is signed in");
    Ok(AnswerToApplication::plain(responses::error(&error, &broker.issuer), request.application))
}

/// A second look at a finished flow gets the same answer again (double GET, prefetch); the code in it works once.
pub async fn stored_answer(
    broker: &Broker,
    loaded: &LoadedFlow,
    visitor: &Visitor,
) -> Result<AnswerToApplication, Failure> {
    let flow = loaded.state.flow.id().clone();
    let grant = broker.store.read(move |tx| Box::pin(async move { grants::get_by_flow(tx, &flow).await })).await?;
    let now = broker.now();
    let Some(grant) = grant.filter(|g| g.code_used_at.is_none() && g.code_expires_at > now && g.revoked_at.is_none())
    else {
        let mut refusal = Refusal::bare(RefusalCode::TxAlreadyUsed, visitor.correlation.clone(), now);
        refusal.home_url = page(broker, loaded, RefusalCode::TxAlreadyUsed, None, now).home_url;
        return Err(refusal.into());
    };
    let bytes = broker
        .store
        .sealer()
        .open(Purpose::GRANT_REDIRECT, grant.id.as_str(), &grant.redirect)
        .map_err(|e| Fault::unreadable("redirect", e))?;
    let answer = serde_json::from_slice(&bytes).map_err(|e| Fault::unreadable("redirect", e))?;
    Ok(AnswerToApplication::plain(answer, grant.application))
}
