//! Second factors in the state machine: order, counting, what is set up on the way, what a session may stand for.

use usher_domain::{Authenticator, FactorUse, RefusalCode, SignInRequest};

use super::builders::*;
use crate::{
    Enrolment, FactorAccount, FactorFacts, FactorOffer, FactorPage, FactorProof, FactorPurpose, FlowError, FlowEvent,
    LoginFlow, Next, PendingFactor, ProvedFactor, Renewal, StepOption, advance, choose_page, next,
};

pub fn factor(authenticator: Authenticator) -> StepOption {
    StepOption::Factor { authenticator }
}

fn two_steps() -> LoginFlow {
    flow_of(
        request(),
        vec![
            vec![StepOption::Password, shown("acme")],
            vec![factor(Authenticator::Totp), factor(Authenticator::EmailOtp), factor(Authenticator::RecoveryCode)],
        ],
    )
}

fn play(flow: LoginFlow, events: Vec<FlowEvent>) -> LoginFlow {
    events.into_iter().fold(flow, |flow, event| advance(flow, event, start()).expect("taken in"))
}

pub fn proved_factor(number: u8, authenticator: Authenticator) -> FlowEvent {
    FlowEvent::FactorProved {
        proved: Box::new(ProvedFactor {
            step: step(number),
            authenticator,
            by: FactorProof::Answer { id: None },
            at: start(),
            amr: vec!["otp".to_owned()],
            enrolments: Vec::new(),
        }),
    }
}

fn set_up(number: u8) -> Vec<FlowEvent> {
    let pending = PendingFactor {
        step: step(number),
        authenticator: Authenticator::Totp,
        purpose: FactorPurpose::Enrol,
        state: "secret".to_owned(),
        rejected: false,
    };
    let totp = Enrolment::Totp { secret: "secret".to_owned(), name: "Phone".to_owned(), step: 1 };
    let codes = Enrolment::RecoveryCodes { codes: vec!["one".to_owned()] };
    let proved = ProvedFactor {
        step: step(number),
        authenticator: Authenticator::Totp,
        by: FactorProof::Enrolled,
        at: start(),
        amr: vec!["otp".to_owned()],
        enrolments: vec![totp, codes],
    };
    vec![FlowEvent::FactorBegun { pending }, FlowEvent::FactorProved { proved: Box::new(proved) }]
}

fn offer_of(flow: &LoginFlow) -> FactorOffer {
    match next(flow, start()) {
        Next::AskFactor(offer) => *offer,
        other => panic!("no factor is asked for: {other:?}"),
    }
}

#[test]
fn mfa_01_and_03_the_second_step_waits_for_the_first() {
    let flow = two_steps();
    assert_eq!(advance(flow.clone(), proved_factor(2, Authenticator::Totp), start()), Err(FlowError::StepClosed));
    assert_eq!(advance(flow.clone(), proved_factor(1, Authenticator::Totp), start()), Err(FlowError::NotOffered));
    let flow = play(flow, vec![password_of(1, "u_ann")]);
    assert_eq!(advance(flow.clone(), FlowEvent::Finished, start()), Err(FlowError::NotReady));
    assert_eq!(offer_of(&flow).step, step(2));
    assert_eq!(advance(flow.clone(), proved_factor(2, Authenticator::Passkey), start()), Err(FlowError::NotOffered));
    let done = play(flow, vec![proved_factor(2, Authenticator::Totp)]);
    assert_eq!(next(&done, start()), Next::Finish);
    let authentication = done.authentication().unwrap();
    assert_eq!(authentication.amr, ["pwd", "otp", "mfa"]);
    assert_eq!(authentication.factors, [FactorUse { factor: Authenticator::Totp, at: start() }]);
    assert_eq!(authentication.subject, local("u_ann"));
}

#[test]
fn mfa_06_wrong_answers_end_the_sign_in_whatever_the_way() {
    let mut flow = play(two_steps(), vec![password_of(1, "u_ann")]);
    let wrong = || FlowEvent::FactorRejected { step: step(2), authenticator: Authenticator::Totp };
    for _ in 1..LoginFlow::MAX_FAILED_ATTEMPTS {
        flow = play(flow, vec![wrong()]);
    }
    assert_eq!(offer_of(&flow).step, step(2));
    let flow = play(flow, vec![wrong()]);
    assert!(matches!(next(&flow, start()), Next::Refused(refusal) if refusal.code == RefusalCode::RateLimited));
    assert!(advance(flow, password_of(1, "u_ann"), start()).is_err());
}

#[test]
fn what_is_set_up_waits_and_its_codes_are_shown_before_the_end() {
    let flow = play(two_steps(), vec![chose(1, "acme"), newcomer(1, "acme", "ann")]);
    let flow = play(flow, set_up(2));
    assert_eq!(next(&flow, start()), Next::ShowRecoveryCodes(vec!["one".to_owned()]));
    assert_eq!(advance(flow.clone(), FlowEvent::Finished, start()), Err(FlowError::NotReady));
    let seen = play(flow.clone(), vec![FlowEvent::CodesSeen]);
    assert_eq!(next(&seen, start()), Next::Finish);
    assert_eq!(seen.enrolments().len(), 2);
    assert!(!format!("{seen:?}").contains("one\""), "codes are not printed");
    let again = play(flow, vec![FlowEvent::Restarted]);
    assert!(again.enrolments().is_empty(), "abandoned with the sign-in");
}

#[test]
fn what_was_set_up_for_one_person_never_lands_on_another() {
    let flow = play(two_steps(), vec![chose(1, "acme"), newcomer(1, "acme", "ann")]);
    let flow = play(flow, set_up(2));
    let switched = FlowEvent::Redecided {
        authentication: Box::new(by_connection(local("u_other"), "acme", start())),
        decision: "link".to_owned(),
    };
    let flow = play(flow, vec![switched]);
    assert!(flow.enrolments().is_empty());
    assert_eq!(offer_of(&flow).step, step(2), "the account's own factors are asked");
}

#[test]
fn setting_up_needs_a_beginning_and_something_set_up() {
    let flow = play(two_steps(), vec![password_of(1, "u_ann")]);
    let FlowEvent::FactorProved { proved } = set_up(2).pop().unwrap() else { panic!() };
    let without_beginning = FlowEvent::FactorProved { proved: proved.clone() };
    assert!(matches!(advance(flow.clone(), without_beginning, start()), Err(FlowError::Incoherent(_))));
    let empty = FlowEvent::FactorProved { proved: Box::new(ProvedFactor { enrolments: Vec::new(), ..*proved }) };
    assert!(matches!(advance(flow, empty, start()), Err(FlowError::Incoherent(_))));
}

#[test]
fn a_session_stands_for_the_factors_that_it_knows() {
    let known = |seconds: i64| usher_domain::Authentication {
        factors: vec![FactorUse { factor: Authenticator::Totp, at: at(seconds) }],
        ..by_password("u_ann", at(seconds))
    };
    let flow = play(two_steps(), vec![session_of(1, known(0))]);
    assert_eq!(next(&flow, start()), Next::Finish);
    let without = play(two_steps(), vec![session_of(1, by_password("u_ann", start()))]);
    assert_eq!(offer_of(&without).step, step(2), "only what is missing is asked");
    // The factor is older than the application takes, the password is not.
    let aged = SignInRequest { max_age: Some(60), ..request() };
    let steps = vec![vec![StepOption::Password], vec![factor(Authenticator::Totp)]];
    let mixed = usher_domain::Authentication { at: start(), ..known(-120) };
    let flow = play(flow_of(aged, steps), vec![session_of(1, mixed)]);
    assert_eq!(offer_of(&flow).step, step(2));
}

#[test]
fn sess_11_a_session_of_somebody_else_serves_no_later_step() {
    let flow = flow_of(request(), vec![vec![shown("acme")], vec![StepOption::Password]]);
    let flow = play(flow, vec![chose(1, "acme"), identity_of(1, "acme", "u_ann")]);
    let stranger = play(flow.clone(), vec![session_of(2, by_password("u_mallory", start()))]);
    assert!(matches!(next(&stranger, start()), Next::Refused(refusal) if refusal.code == RefusalCode::LinkMismatch));
    let own = session_of(2, by_password("u_ann", start()));
    assert_eq!(next(&play(flow, vec![own]), start()), Next::Finish);
}

fn facts(account: FactorAccount, has: &[Authenticator], may_enrol: &[Authenticator]) -> FactorFacts {
    FactorFacts { account, has: has.to_vec(), may_enrol: may_enrol.to_vec(), last_used: None }
}

#[test]
fn mfa_10_11_12_the_page_follows_from_what_the_person_has() {
    use Authenticator::{EmailOtp, RecoveryCode, Totp};
    let offer = FactorOffer {
        step: step(2),
        factors: vec![Totp, EmailOtp, RecoveryCode],
        password: false,
        wrong_password: false,
        connections: Vec::new(),
        pending: None,
        remember_days: None,
        renewal: Renewal::Allowed,
    };
    let ask = |authenticator, others: &[Authenticator]| FactorPage::Ask { authenticator, others: others.to_vec() };
    let refuse = |code| FactorPage::Refuse { code };
    let totp_only = FactorOffer { factors: vec![Totp], ..offer.clone() };
    for (offer, facts, page) in [
        (&offer, facts(FactorAccount::Exists, &[Totp, RecoveryCode], &[Totp]), ask(Totp, &[RecoveryCode])),
        (&offer, facts(FactorAccount::Exists, &[RecoveryCode, EmailOtp], &[]), ask(EmailOtp, &[RecoveryCode])),
        (&offer, facts(FactorAccount::Exists, &[], &[Totp]), FactorPage::Enrol { choices: vec![Totp] }),
        (&totp_only, facts(FactorAccount::WillExist, &[], &[Totp]), FactorPage::Enrol { choices: vec![Totp] }),
        (&totp_only, facts(FactorAccount::None, &[], &[Totp]), refuse(RefusalCode::MfaNeedsAccount)),
        (&totp_only, facts(FactorAccount::None, &[EmailOtp], &[Totp]), refuse(RefusalCode::MfaNeedsAccount)),
        (&offer, facts(FactorAccount::None, &[EmailOtp], &[]), ask(EmailOtp, &[])),
        (&totp_only, facts(FactorAccount::Exists, &[], &[]), refuse(RefusalCode::MfaUnavailable)),
    ] {
        assert_eq!(choose_page(offer, &facts), page, "{facts:?}");
    }
}

#[test]
fn a_passkey_signs_in_by_itself_where_the_first_step_offers_it() {
    let flow = flow_of(request(), vec![vec![StepOption::Password, factor(Authenticator::Passkey)]]);
    let Next::ShowSignIn(offer) = next(&flow, start()) else { panic!() };
    assert!(offer.passkey && offer.password);
    let accepted = FlowEvent::PasskeyAccepted {
        step: step(1),
        authentication: by_password("u_ann", start()),
        id: "credential".to_owned(),
    };
    assert_eq!(next(&play(flow, vec![accepted.clone()]), start()), Next::Finish);
    assert_eq!(advance(usual(), accepted, start()), Err(FlowError::NotOffered));
}

#[test]
fn acr_values_ask_for_as_many_steps_as_they_need() {
    let mut flow = two_steps();
    flow.plan.required = Some(1);
    flow.plan.acr = Some("urn:one".to_owned());
    let done = play(flow, vec![password_of(1, "u_ann")]);
    assert_eq!(next(&done, start()), Next::Finish);
    assert_eq!(done.authentication().unwrap().acr.as_deref(), Some("urn:one"));
}

#[test]
fn sess_15_what_nobody_answered_is_worth_nothing_elsewhere() {
    for (by, worth) in [
        (FactorProof::Answer { id: None }, 1),
        (FactorProof::Remembered, 0),
        (FactorProof::Bypass, 0),
        (FactorProof::Connection, 0),
    ] {
        let FlowEvent::FactorProved { proved } = proved_factor(2, Authenticator::Totp) else { panic!() };
        let proved = FlowEvent::FactorProved { proved: Box::new(ProvedFactor { by: by.clone(), ..*proved }) };
        let mut flow = two_steps();
        flow.plan.remember_days = Some(30);
        let flow = play(flow, vec![password_of(1, "u_ann"), FlowEvent::DeviceRemembered, proved]);
        assert_eq!(next(&flow, start()), Next::Finish);
        assert_eq!(flow.authentication().unwrap().factors.len(), worth, "{by:?}");
        assert_eq!(flow.remembers().is_some(), worth == 1, "{by:?}");
    }
}

#[test]
fn what_must_be_new_is_taken_from_nobody_else() {
    let forced = SignInRequest { interaction: usher_domain::Interaction::Forced, ..request() };
    let steps = vec![vec![StepOption::Password], vec![factor(Authenticator::Totp)]];
    let flow = play(flow_of(forced, steps), vec![password_of(1, "u_ann")]);
    for by in [FactorProof::Remembered, FactorProof::Connection, FactorProof::Session] {
        let FlowEvent::FactorProved { proved } = proved_factor(2, Authenticator::Totp) else { panic!() };
        let proved = FlowEvent::FactorProved { proved: Box::new(ProvedFactor { by, ..*proved }) };
        assert!(matches!(advance(flow.clone(), proved, start()), Err(FlowError::Incoherent(_))));
    }
    assert_eq!(next(&play(flow, vec![proved_factor(2, Authenticator::Totp)]), start()), Next::Finish);
}

#[test]
fn one_passkey_of_a_session_stands_for_one_step() {
    let passkey = || factor(Authenticator::Passkey);
    let flow = flow_of(request(), vec![vec![passkey()], vec![passkey(), factor(Authenticator::Totp)]]);
    let began = usher_domain::Authentication {
        factors: vec![FactorUse { factor: Authenticator::Passkey, at: start() }],
        ..by_password("u_ann", start())
    };
    let flow = play(flow, vec![session_of(1, began)]);
    assert_eq!(offer_of(&flow).step, step(2));
}
