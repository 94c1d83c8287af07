//! What the pieces of a sign-in cost alone (`make bench BENCH=micro`): an ID token signed, a flow sealed and opened, the
//! provisioning decision, the next step, and the seed's script from the top. The sign-in page is weighed by the load
//! harness, inside a running server.

use chrono::{DateTime, TimeZone, Utc};
use divan::Bencher;
use serde_json::json;
use usher_domain::{
    AccountNeed, ApplicationId, ConnectionId, CorrelationId, Entropy, ExternalIdentity, ExternalKey, FlowId,
    Interaction, IssuerUrl, KeyId, ProvisioningSettings, SignInRequest, SigningAlgorithm,
};
use usher_flow_script::{Limits, Outcome, Program, Record, StepOutcome, StepResult, StepView, UserView};
use usher_login_flow::{Beginning, FlowPlan, LoginFlow, StepOption};
use usher_oidc_provider::keys::{SigningKey, generate_pkcs8};
use usher_oidc_provider::tokens::{IdTokenParts, id_token};
use usher_provisioning::{Facts, Presented, decide, map};
use usher_storage::{MasterKey, Purpose, Sealer};

fn main() {
    divan::main();
}

fn now() -> DateTime<Utc> {
    Utc.timestamp_opt(1_800_000_000, 0).single().unwrap()
}

#[divan::bench(args = [SigningAlgorithm::Es256, SigningAlgorithm::Rs256])]
fn sign_id_token(bencher: Bencher<'_, '_>, algorithm: SigningAlgorithm) {
    let pkcs8 = generate_pkcs8(algorithm).unwrap();
    let key = SigningKey::from_pkcs8(KeyId::parse("bench").unwrap(), algorithm, &pkcs8).unwrap();
    let claims = json!({ "email": "ann@acme.test", "email_verified": true, "given_name": "Ann", "name": "Ann Smith" });
    let claims = claims.as_object().unwrap().clone();
    let parts = IdTokenParts {
        issuer: &IssuerUrl::parse("https://id.test").unwrap(),
        subject: "7f3k92qx",
        audience: &ApplicationId::parse("shop").unwrap(),
        issued_at: now(),
        expires_at: now(),
        auth_time: now(),
        nonce: Some("n-0S6_WzA2Mj"),
        acr: None,
        amr: &[],
        session: None,
        access_token: None,
        claims: &claims,
    };
    bencher.bench(|| id_token(&key, &parts).unwrap());
}

struct Counting;

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

#[divan::bench]
fn seal_and_open(bencher: Bencher<'_, '_>) {
    let sealer = Sealer::new(&MasterKey::from_bytes([7; 32]));
    let flow = vec![b'x'; 2000];
    bencher.bench(|| {
        let sealed = sealer.seal(Purpose::FLOW, "f_1", &flow, &Counting).unwrap();
        sealer.open(Purpose::FLOW, "f_1", &sealed).unwrap()
    });
}

#[divan::bench]
fn map_and_decide(bencher: Bencher<'_, '_>) {
    let claims = r#"{"given_name": "Ann", "family_name": "Smith", "email": "ann@acme.test", "name": "Ann Smith"}"#;
    let identity = ExternalIdentity {
        key: ExternalKey {
            connection: ConnectionId::parse("acme").unwrap(),
            issuer: "https://id.acme.test".to_owned(),
            subject: "42".to_owned(),
        },
        claims: serde_json::from_str(claims).unwrap(),
        email_verified: true,
        auth_time: None,
        acr: None,
        amr: Vec::new(),
    };
    let settings = ProvisioningSettings::default();
    bencher.bench(|| {
        let mapped = map(&identity, &[]);
        let facts = Facts::new("p_1".to_owned(), "7f3k92qx".to_owned(), now());
        decide(&Presented { identity: &identity, mapped: &mapped }, &settings, &facts)
    });
}

#[divan::bench]
fn next_step(bencher: Bencher<'_, '_>) {
    let request = SignInRequest {
        application: ApplicationId::parse("notes").unwrap(),
        interaction: Interaction::Allowed,
        max_age: None,
        login_hint: None,
        connection_hint: None,
        ui_locales: Vec::new(),
        acr_values: Vec::new(),
    };
    let beginning = Beginning {
        id: FlowId::parse("f_1").unwrap(),
        correlation: CorrelationId::parse("7F3K-92QX-4DHV").unwrap(),
        request,
        protocol_request: String::new(),
        plan: FlowPlan::one_step(1, AccountNeed::Any, vec![StepOption::Password]),
    };
    let flow = LoginFlow::begin(beginning, now());
    bencher.bench(|| usher_login_flow::next(&flow, now()));
}

/// The vendor's script for people without a local account, to the letter.
const SEED: &str = r"var localAuthenticator = 'LOCAL';
var onLoginRequest = function (context) {
    executeStep(1, {
        onSuccess: function (context) {
            var step = context.steps[1];
            if (step.idp == localAuthenticator) {
                executeStep(2); // MFA Step
            }
        }
    });
};
";

/// The last run of the seed's script, after the provider answered.
#[divan::bench]
fn script_of_the_seed(bencher: Bencher<'_, '_>) {
    let program = Program::new(SEED).with_local_step(&["BasicAuthenticator"]).with_local_step(&["totp"]);
    let view = StepView {
        idp: "acme".to_owned(),
        authenticator: "OpenIDConnectAuthenticator".to_owned(),
        subject: UserView::default(),
        request: None,
    };
    let outcome = StepOutcome::Succeeded(Box::new(view));
    let results = vec![StepResult { step: 1, call: String::new(), outcome }];
    let record = Record { results, ..Record::default() };
    let limits = Limits::default();
    assert!(matches!(usher_flow_script::run(&program, &record, &limits).outcome, Outcome::Succeed { .. }));
    bencher.bench(|| usher_flow_script::run(&program, &record, &limits));
}
