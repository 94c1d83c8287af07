//! Each rule finds what breaks it and is silent about its positive twin.

use std::collections::{BTreeMap, BTreeSet};

use usher_domain::{Authenticator, Connection, ConnectionId, FlowDefinition, FlowOption, FlowStep};

use super::*;

const SEED: &str = "var localAuthenticator = 'LOCAL';
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

fn connection(id: &str, jit: bool) -> Connection {
    let body = serde_json::json!({
        "id": format!("c_{id}"), "kind": "oidc", "name": id, "script_name": id, "enabled": true, "settings": {},
        "provisioning": { "enabled": jit },
    });
    serde_json::from_value(body).unwrap()
}

fn skipping(id: &str) -> Connection {
    let mut connection = connection(id, true);
    let linking = usher_domain::LinkingSettings { no_match: usher_domain::NoMatch::Skip, ..Default::default() };
    connection.provisioning.linking = Some(linking);
    connection
}

fn local(authenticator: Authenticator) -> FlowOption {
    FlowOption::Local { authenticator }
}

fn through(id: &str) -> FlowOption {
    FlowOption::Connection { connection: ConnectionId::parse(format!("c_{id}")).unwrap() }
}

fn flow(steps: &[&[FlowOption]]) -> FlowDefinition {
    let steps = steps.iter().map(|options| FlowStep { options: options.to_vec() }).collect();
    FlowDefinition { steps, ..FlowDefinition::simple() }
}

fn found(definition: &FlowDefinition, connections: &[Connection]) -> Vec<Finding> {
    let (secrets, libraries) = (BTreeSet::new(), BTreeMap::new());
    lint(definition, around(connections, &secrets, &libraries))
}

fn around<'a>(
    connections: &'a [Connection],
    secrets: &'a BTreeSet<String>,
    libraries: &'a BTreeMap<String, String>,
) -> Surroundings<'a> {
    let shared = &NOTHING_SHARED;
    Surroundings { application: None, connections, secrets, libraries, shared, passkeys: Passkeys::Possible }
}

fn codes(definition: &FlowDefinition, connections: &[Connection]) -> Vec<(String, Option<u8>)> {
    found(definition, connections).iter().map(|f| (f.code().to_owned(), f.step)).collect()
}

#[test]
fn every_rule_about_steps_has_its_code_and_place() {
    use Authenticator::{EmailOtp, Passkey, Password, RecoveryCode, Totp};
    let acme = [connection("acme", true)];
    let mut off = connection("off", true);
    off.enabled = false;
    let known = [acme[0].clone(), off];
    let password = local(Password);
    let fine: &[(&[&[FlowOption]], &[Connection])] = &[
        (&[&[local(Password)]], &acme),
        (&[&[password.clone(), through("acme")], &[local(Totp), local(EmailOtp), local(RecoveryCode)]], &acme),
        (&[&[FlowOption::EveryConnection], &[local(Passkey)]], &acme),
    ];
    for (steps, connections) in fine {
        assert_eq!(codes(&flow(steps), connections), [], "{steps:?}");
    }
    let wrong: &[(&[&[FlowOption]], &str, u8)] = &[
        (&[&[local(Password)], &[]], "step_empty", 2),
        (&[&[password.clone(), local(Totp)]], "second_factor_first", 1),
        (&[&[password.clone(), local(EmailOtp)]], "second_factor_first", 1),
        (&[&[password.clone(), local(RecoveryCode)]], "second_factor_first", 1),
        (&[&[password.clone(), through("gone")]], "connection_gone", 1),
        (&[&[password.clone(), through("off")]], "connection_disabled", 1),
        (&[&[password.clone(), local(Passkey)]], "passkey_enrol", 1),
    ];
    for (steps, code, step) in wrong {
        assert_eq!(codes(&flow(steps), &known), [((*code).to_owned(), Some(*step))], "{steps:?}");
    }
    let nobody =
        FlowDefinition { subject_step: 3, attribute_step: 3, ..flow(&[&[], &[local(Totp)], &[local(Password)]]) };
    assert!(codes(&nobody, &known).contains(&("second_factor_no_first".to_owned(), Some(2))));
    assert_eq!(codes(&flow(&[]), &known), [("step_count".to_owned(), None)]);
    let beyond = FlowDefinition { subject_step: 2, ..flow(&[&[password]]) };
    assert_eq!(codes(&beyond, &known), [("subject_step".to_owned(), Some(2))]);
}

/// Where the public address can have none, passkeys are named in whatever step they are, and nothing is published.
#[test]
fn passkeys_need_an_address_that_can_have_them() {
    let password = local(Authenticator::Password);
    let definition = flow(&[&[password.clone(), local(Authenticator::Passkey)], &[local(Authenticator::Passkey)]]);
    let (secrets, libraries) = (BTreeSet::new(), BTreeMap::new());
    let around = Surroundings { passkeys: Passkeys::NoDomain, ..around(&[], &secrets, &libraries) };
    let found = lint(&definition, around);
    let named: Vec<_> = found.iter().map(|finding| (finding.code(), finding.level(), finding.step)).collect();
    assert_eq!(
        named,
        [("passkey_no_domain", Level::Error, Some(1)), ("passkey_no_domain", Level::Error, Some(2))],
        "in step 1 it is no mere note"
    );
    assert!(found.iter().all(|finding| finding.fixes == [Fix::RemoveOption]));
    assert_eq!(codes(&definition, &[]), [("passkey_enrol".to_owned(), Some(1))]);
    assert!(lint(&flow(&[&[password]]), around).is_empty());
}

#[test]
fn only_notes_and_warnings_let_a_flow_be_published() {
    let definition = flow(&[&[local(Authenticator::Passkey), through("acme")], &[local(Authenticator::Totp)]]);
    let levels: Vec<Level> = found(&definition, &[connection("acme", false)]).iter().map(Finding::level).collect();
    assert_eq!(levels, [Level::Warning, Level::Note]);
    let broken = flow(&[&[local(Authenticator::Totp)]]);
    assert!(found(&broken, &[]).iter().all(|finding| finding.level() == Level::Error));
}

fn mfa_flow() -> FlowDefinition {
    let first = [local(Authenticator::Password), through("acme"), through("google")];
    flow(&[&first, &[local(Authenticator::Totp)]])
}

/// Who is affected, and what would mend it.
type Warned = (Vec<(String, Ending)>, Vec<Fix>);

fn jit(definition: &FlowDefinition, connections: &[Connection]) -> Option<Warned> {
    let finding = found(definition, connections).into_iter().find(|finding| finding.code() == "jit_mfa")?;
    let Problem::JitMfa { connections, .. } = finding.problem else { return None };
    Some((connections.into_iter().map(|(id, ending)| (id.to_string(), ending)).collect(), finding.fixes))
}

#[test]
fn people_without_an_account_meeting_a_factor_are_warned_about() {
    let definition = mfa_flow();
    assert_eq!(jit(&definition, &[connection("acme", true), connection("google", true)]), None);
    let (who, fixes) = jit(&definition, &[connection("acme", false), skipping("google")]).unwrap();
    assert_eq!(who, [("c_acme".to_owned(), Ending::JitOff), ("c_google".to_owned(), Ending::Skipped)]);
    let ids = ["c_acme", "c_google"].map(|id| ConnectionId::parse(id).unwrap());
    assert_eq!(fixes[..2], [Fix::TurnOnJit(ids[0].clone()), Fix::StopSkipping(ids[1].clone())]);
    assert_eq!(fixes[2], Fix::SkipByScript(SEED.to_owned()));
    let (who, fixes) = jit(&definition, &[connection("acme", false), connection("google", true)]).unwrap();
    assert_eq!(who, [("c_acme".to_owned(), Ending::JitOff)]);
    let Fix::SkipByScript(narrow) = &fixes[1] else { panic!("{fixes:?}") };
    assert!(narrow.contains("var withoutAccount = ['acme'];") && !narrow.contains("LOCAL"), "{narrow}");
}

#[test]
fn every_factor_of_every_step_counts() {
    use Authenticator::{EmailOtp, Passkey, Password, RecoveryCode, Totp};
    let off = [connection("acme", false)];
    for factor in [Totp, EmailOtp, Passkey, RecoveryCode] {
        assert!(jit(&flow(&[&[through("acme")], &[local(factor)]]), &off).is_some(), "{factor:?}");
    }
    assert_eq!(jit(&flow(&[&[through("acme")], &[local(Password)]]), &off), None);
    assert_eq!(jit(&flow(&[&[local(Password)], &[local(Totp)]]), &off), None);
    let every = flow(&[&[FlowOption::EveryConnection], &[local(Password)], &[local(Totp)]]);
    assert_eq!(codes(&every, &off), [("jit_mfa".to_owned(), Some(3))]);
}

#[test]
fn a_skip_script_runs_what_needs_no_account_for_everybody() {
    let steps: &[&[FlowOption]] =
        &[&[through("acme")], &[local(Authenticator::Totp)], &[through("google")], &[local(Authenticator::EmailOtp)]];
    let connections = [connection("acme", false), connection("google", true)];
    let (secrets, libraries) = (BTreeSet::new(), BTreeMap::new());
    let text = skip_script(&flow(steps), around(&connections, &secrets, &libraries)).unwrap();
    let lines: Vec<&str> =
        text.lines().map(str::trim).filter(|line| line.contains("executeStep") || *line == "}").collect();
    assert_eq!(
        lines[..5],
        ["executeStep(1, {", "executeStep(2); // MFA Step", "}", "executeStep(3);", "executeStep(4); // MFA Step"]
    );
}

#[test]
fn a_script_that_skips_the_step_silences_the_warning() {
    let off = [connection("acme", false), connection("google", false)];
    let scripted = |text: &str| FlowDefinition { script: Some(text.to_owned()), ..mfa_flow() };
    assert_eq!(codes(&scripted(SEED), &off), []);
    let all = "var onLoginRequest = function (context) { executeStep(1); executeStep(2); };";
    assert_eq!(codes(&scripted(all), &off), [("jit_mfa".to_owned(), Some(2))]);
    let narrow = SEED.replace("step.idp == localAuthenticator", "step.idp != 'acme'");
    let (who, _) = jit(&scripted(&narrow), &off).unwrap();
    assert_eq!(who, [("c_google".to_owned(), Ending::JitOff)]);
    let by_group = SEED.replace("step.idp == localAuthenticator", "isMemberOfAnyOfGroups(step.subject, ['a'])");
    assert!(jit(&scripted(&by_group), &off).is_some(), "who is in the group is not known here");
    let broken = codes(&scripted("var x ="), &off);
    assert!(broken.contains(&("script_syntax".to_owned(), None)), "{broken:?}");
}

#[test]
fn every_proposed_script_passes_its_check_and_mends_the_finding() {
    for connections in [
        [connection("acme", false), connection("google", false)],
        [connection("acme", false), connection("google", true)],
        [skipping("acme"), connection("google", false)],
    ] {
        let (_, fixes) = jit(&mfa_flow(), &connections).unwrap();
        let Some(Fix::SkipByScript(text)) = fixes.last() else { panic!("{fixes:?}") };
        let mended = FlowDefinition { script: Some(text.clone()), ..mfa_flow() };
        assert_eq!(codes(&mended, &connections), [], "{text}");
    }
}
