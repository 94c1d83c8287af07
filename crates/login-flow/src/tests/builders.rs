//! Small builders: people, sessions, identities and flows of the tests.

use chrono::{DateTime, Duration, TimeZone, Utc};
use usher_domain::{
    AccountNeed, ApplicationId, Authentication, BrowserSession, ConnectionId, CorrelationId, ExternalIdentity,
    ExternalKey, FlowId, Interaction, SessionId, SignInPageListing, SignInRequest, Subject, UserId,
};

use crate::{
    Beginning, FlowEvent, FlowPlan, LoginFlow, OwnershipBy, ProvedIdentity, SentCode, StepNumber, StepOption, StepPlan,
};

pub fn start() -> DateTime<Utc> {
    Utc.timestamp_opt(1_800_000_000, 0).unwrap()
}

pub fn at(seconds: i64) -> DateTime<Utc> {
    start() + Duration::seconds(seconds)
}

pub fn connection(name: &str) -> ConnectionId {
    ConnectionId::parse(name).unwrap()
}

pub fn shown(name: &str) -> StepOption {
    StepOption::Connection { id: connection(name), listing: SignInPageListing::Shown }
}

pub fn hidden(name: &str) -> StepOption {
    StepOption::Connection { id: connection(name), listing: SignInPageListing::Hidden }
}

pub fn request() -> SignInRequest {
    SignInRequest {
        application: ApplicationId::parse("notes").unwrap(),
        interaction: Interaction::Allowed,
        max_age: None,
        login_hint: None,
        connection_hint: None,
        ui_locales: Vec::new(),
        acr_values: Vec::new(),
    }
}

pub fn flow_of(request: SignInRequest, steps: Vec<Vec<StepOption>>) -> LoginFlow {
    let steps = steps.into_iter().map(|options| StepPlan { options }).collect();
    LoginFlow::begin(
        Beginning {
            id: FlowId::parse("f_1").unwrap(),
            correlation: CorrelationId::parse("7F3K-92QX-4DHV").unwrap(),
            request,
            protocol_request: r#"{"client_id":"notes"}"#.to_owned(),
            plan: FlowPlan { steps, ..FlowPlan::one_step(1, AccountNeed::Any, Vec::new()) },
        },
        start(),
    )
}

/// One step: password, acme, globex.
pub fn usual() -> LoginFlow {
    flow_of(request(), vec![vec![StepOption::Password, shown("acme"), shown("globex")]])
}

pub fn local(user: &str) -> Subject {
    Subject::Local { user: UserId::parse(user).unwrap() }
}

pub fn by_password(user: &str, when: DateTime<Utc>) -> Authentication {
    Authentication {
        subject: local(user),
        at: when,
        connection: None,
        amr: vec!["pwd".to_owned()],
        pass_through: serde_json::Map::new(),
        groups: Vec::new(),
        factors: Vec::new(),
        acr: None,
    }
}

pub fn by_connection(subject: Subject, via: &str, when: DateTime<Utc>) -> Authentication {
    Authentication {
        subject,
        at: when,
        connection: Some(connection(via)),
        amr: vec!["fed".to_owned()],
        pass_through: serde_json::Map::new(),
        groups: Vec::new(),
        factors: Vec::new(),
        acr: None,
    }
}

pub fn key(via: &str, subject: &str) -> ExternalKey {
    ExternalKey { connection: connection(via), issuer: format!("https://{via}.test"), subject: subject.to_owned() }
}

pub fn proved(via: &str, subject: &str) -> ProvedIdentity {
    let claims = serde_json::json!({"email": "ann@corp.test", "n": 1.5, "list": ["a", null, {"b": true}]});
    ProvedIdentity {
        identity: ExternalIdentity {
            key: key(via, subject),
            claims: claims.as_object().cloned().unwrap(),
            email_verified: true,
            auth_time: None,
            acr: None,
            amr: vec!["mfa".to_owned()],
        },
        decision: "{}".to_owned(),
        ownership: None,
    }
}

pub fn session(authentication: Authentication) -> BrowserSession {
    BrowserSession {
        id: SessionId::parse("s_1").unwrap(),
        created_at: authentication.at,
        expires_at: authentication.at + Duration::hours(8),
        authentication,
    }
}

pub fn step(number: u8) -> StepNumber {
    StepNumber::new(number).unwrap()
}

pub fn chose(number: u8, via: &str) -> FlowEvent {
    FlowEvent::ConnectionChosen { step: step(number), connection: connection(via) }
}

pub fn password_of(number: u8, user: &str) -> FlowEvent {
    FlowEvent::PasswordAccepted { step: step(number), authentication: by_password(user, start()) }
}

pub fn wrong_password(number: u8) -> FlowEvent {
    FlowEvent::PasswordRejected { step: step(number), typed_name: Some("ann".to_owned()) }
}

pub fn identity_of(number: u8, via: &str, user: &str) -> FlowEvent {
    FlowEvent::IdentityProved {
        step: step(number),
        authentication: Box::new(by_connection(local(user), via, start())),
        proved: Box::new(proved(via, user)),
    }
}

pub fn newcomer(number: u8, via: &str, subject: &str) -> FlowEvent {
    FlowEvent::IdentityProved {
        step: step(number),
        authentication: Box::new(by_connection(Subject::Federated { key: key(via, subject) }, via, start())),
        proved: Box::new(proved(via, subject)),
    }
}

pub fn session_of(number: u8, authentication: Authentication) -> FlowEvent {
    FlowEvent::SessionReused { step: step(number), session: Box::new(session(authentication)) }
}

pub fn refused(code: usher_domain::RefusalCode) -> FlowEvent {
    FlowEvent::Refused { code, connection: None }
}

pub fn proof_asked(number: u8, via: &str, user: &str) -> FlowEvent {
    FlowEvent::ProofAsked {
        step: step(number),
        proved: Box::new(proved(via, "ann")),
        user: UserId::parse(user).unwrap(),
    }
}

pub fn code(address: Option<&str>, sent_at: DateTime<Utc>) -> SentCode {
    SentCode::new("mac".to_owned(), address.map(str::to_owned), sent_at)
}

pub fn owned(by: OwnershipBy, user: &str, via: &str) -> FlowEvent {
    FlowEvent::OwnershipProved {
        by,
        authentication: Box::new(by_connection(local(user), via, start())),
        decision: "link".to_owned(),
    }
}
