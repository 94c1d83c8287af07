//! What the functions and objects say.

use serde_json::json;

use super::{asked, broken, entry, go, logged, password, record, says, succeeded, with};
use crate::{Effect, Fact, HttpAuth, OptionFilter, Outcome, StepOutcome, StepResult, Unmet};

#[test]
fn the_context_describes_person_step_and_request() {
    let lines = says(
        "var step = context.steps[1], u = step.subject;
         Log.info(u.username, u.uniqueId, u.groups.join('+'), u.localClaims['http://wso2.org/claims/emailaddress'], u.claims.email);
         Log.info(step.idp, step.authenticator, step.options.length, context.steps[2].subject, context.currentStep);
         Log.info(context.serviceProviderName, context.request.ip, context.request.headers['User-Agent'],
            context.request.params.lang[1], context.request.params.none, u.localClaims.none);
         Log.info(context.lastAuthenticatedUser === u, context.currentKnownSubject === u, context.lastLoginFailedUser);",
    );
    assert_eq!(lines[0], "ann u1 admin+hr ann@example.org ann@example.org");
    assert_eq!(lines[1], "LOCAL BasicAuthenticator 2 null 1");
    assert_eq!(lines[2], "Shop 192.0.2.7 Firefox en null null");
    assert_eq!(lines[3], "true true null");
}

#[test]
fn options_narrow_a_step_and_nothing_left_fails_it() {
    let narrow = |options: &str| entry(&format!("executeStep(1, {{authenticationOptions: {options}}}, {{}});"));
    let run = go(&narrow("[{idp: 'acme_oidc'}]"), &record());
    let only = OptionFilter { idp: Some("acme_oidc".to_owned()), authenticator: None };
    assert_eq!(asked(&run).only, Some(vec![only]));
    for nothing in ["[{idp: 'other'}]", "[]", "[{idp: 'LOCAL', authenticator: 'totp'}]"] {
        let outcome = go(&narrow(nothing), &record()).outcome;
        assert_eq!(outcome, Outcome::Refused { step: 1, why: Unmet::NoOptionLeft }, "{nothing}");
    }
    let flags = go(
        &entry("executeStep(1, {stepOptions: {forceAuth: 'true', markAsSubjectIdentifierStep: true}}, {});"),
        &record(),
    );
    assert!(asked(&flags).force_auth && asked(&flags).mark_subject && !asked(&flags).skip_prompt);
}

#[test]
fn script_19_pending_writes_are_seen_and_land_as_effects() {
    let mut program = entry(
        "executeStep(1, {onSuccess: function (context) {
            var u = context.steps[1].subject;
            u.localClaims['http://wso2.org/claims/department'] = 'IT';
            assignUserRolesV2(context, ['editor']);
            removeUserRolesV2(context, ['reader']);
            Log.info(u.localClaims.department, u.roles.join('+'), hasAnyOfTheRolesV2(context, ['editor']), hasRole(u, 'reader'));
         }});",
    );
    let unlisted = go(&program, &with(&[password()]));
    assert!(broken(&unlisted).message.contains("\"editor\" is not a script's"), "{:?}", unlisted.outcome);
    program.roles = ["editor", "reader"].map(str::to_owned).into();
    let run = go(&program, &with(&[password()]));
    assert_eq!(logged(&run), ["IT editor true false"]);
    assert_eq!(run.effects.len(), 3);
    assert!(
        matches!(&run.effects[0], Effect::SetLocalClaim { name, value, .. } if name == "department" && value == "IT")
    );
    assert!(run.effects.iter().all(|effect| !effect.is_immediate()));
}

#[test]
fn a_cookie_that_was_set_is_read_back_at_once() {
    let mut record = with(&[password()]);
    record.request.cookies.insert("seen".to_owned(), "old".to_owned());
    let program = entry(
        "executeStep(1, {onSuccess: function (context) {
            Log.info(getCookieValue(context.request, 'seen'), getCookieValue(context.request, 'none'));
            setCookie(context.response, 'seen', 'new', {'max-age': 60, sameSite: 'strict'});
            Log.info(getCookieValue(context.request, 'seen'));
            setCookie(context.response, 'seen', '', {'max-age': 0});
            Log.info(getCookieValue(context.request, 'seen'));
         }});",
    );
    let run = go(&program, &record);
    assert_eq!(logged(&run), ["old null", "new", "null"]);
    let Effect::SetCookie(cookie) = &run.effects[0] else { panic!("{:?}", run.effects) };
    assert_eq!((cookie.same_site.as_str(), cookie.max_age), ("Strict", Some(60)));
}

#[test]
fn mails_and_links_are_held_to_what_an_admin_made() {
    let mut program = entry("executeStep(1); sendEmail(context, 'hello', {link: 'x'});");
    assert!(broken(&go(&program, &record())).message.contains("needs a user"));
    program.source = program.source.replace("executeStep(1); sendEmail(context, 'hello', {link: 'x'});",
        "executeStep(1, {onSuccess: function (context) { for (var i = 0; i < TIMES; i++) sendEmail(context, 'hello', {i: i}); }});");
    let times = |program: &crate::Program, n: u8| {
        let mut program = program.clone();
        program.source = program.source.replace("TIMES", &n.to_string());
        go(&program, &with(&[password()]))
    };
    assert!(broken(&times(&program, 1)).message.contains("there is no mail \"hello\""));
    program.mails.insert("hello".to_owned());
    assert_eq!(times(&program, 3).effects.len(), 3);
    assert!(broken(&times(&program, 4)).message.contains("more than 3 mails"));
    let linking =
        entry("executeStep(1, {onSuccess: function (context) { doAssociationWithLocalUser(context, 'bob'); }});");
    assert!(broken(&go(&linking, &with(&[password()]))).message.contains("not by scripts"));
}

#[test]
fn script_13_a_sixth_http_call_breaks_the_script() {
    let calls = |count: u8| {
        let program = entry(&format!("for (var i = 0; i < {count}; i++) httpGet('https://a.test/', {{}});"));
        go(&program, &record()).outcome
    };
    assert!(matches!(calls(5), Outcome::Need(_)));
    assert!(matches!(calls(6), Outcome::Broken(error) if error.message.contains("more than 5 HTTP calls")));
}

#[test]
fn send_error_and_fail_end_the_flow() {
    let program = entry(
        "executeStep(1, {onSuccess: function () { fail({errorCode: 'no', errorMessage: 'x'}); executeStep(2); }});",
    );
    let ended = go(&program, &with(&[password()])).outcome;
    assert_eq!(ended, Outcome::Fail { code: Some("no".to_owned()), message: Some("x".to_owned()), uri: None });
    let sent = go(&entry("sendError('https://app.example/no', {why: 'age', n: 3});"), &record()).outcome;
    let params = [("why".to_owned(), "age".to_owned()), ("n".to_owned(), "3".to_owned())].into();
    assert_eq!(sent, Outcome::SendError { url: Some("https://app.example/no".to_owned()), params });
}

#[test]
fn a_prompt_is_answered_through_the_request() {
    let mut program = entry(
        "prompt('age', {title: 'How old?'}, {onSuccess: function (context) {
            Log.info(context.request.params.age[0]); executeStep(1);
         }});",
    );
    program.prompts.insert("age".to_owned());
    let first = go(&program, &record());
    assert!(matches!(&first.outcome, Outcome::Prompt(asked) if asked.data == json!({ "title": "How old?" })));
    let params = [("age".to_owned(), vec!["41".to_owned()])].into();
    let answer =
        StepResult { step: 0, call: first.outcome.call().to_owned(), outcome: StepOutcome::Prompted { params } };
    let second = go(&program, &with(&[answer]));
    assert_eq!((asked(&second).step, logged(&second)), (1, vec!["41"]));
}

#[test]
fn an_http_call_waits_for_its_turn_and_its_key_holds_no_secret() {
    let body = "httpPost('https://risk.example/a?k=1', {user: 'ann'}, {Accept: 'application/json'},
        {type: 'bearer', properties: {token: 'tok'}}, {onSuccess: function (context, data) { Log.info(data.score); executeStep(1); }});";
    let Outcome::Need(fact) = go(&entry(body), &record()).outcome else { panic!("no call") };
    assert_eq!(fact.key(), "http:1:POST:https://risk.example/a");
    let Fact::Http(call) = *fact.clone() else { panic!("no call") };
    assert_eq!(call.auth, Some(HttpAuth::Bearer { token: "tok".to_owned() }));
    assert_eq!((call.payload, call.headers["Accept"].as_str()), (Some(json!({ "user": "ann" })), "application/json"));
    let mut record = record();
    record.facts.insert(fact.key(), json!({ "how": "ok", "body": { "score": 9 } }));
    assert_eq!(logged(&go(&entry(body), &record)), ["9"]);
}

#[test]
fn libraries_are_loaded_once_and_by_name() {
    let mut program = entry(
        "var a = require('tools'), b = loadLocalLibrary('tools'); Log.info(a === b, a.twice(4)); executeStep(1);",
    );
    program.libraries.insert("tools".to_owned(), "exports.twice = function (n) { return n * 2; };".to_owned());
    assert_eq!(logged(&go(&program, &record())), ["true 8"]);
}

#[test]
fn small_helpers() {
    let lines = says(
        "Log.info(getMaskedValue('ann@example.org'), getMaskedValue('0123456789'));
         Log.info(getValueFromDecodedAssertion('eyJhIjoxfQ.eyJiIjoieCJ9.', 'b', true), getValueFromDecodedAssertion('eyJhIjoxfQ.x.', 'a', false),
            getValueFromDecodedAssertion('rubbish', 'a', true));
         Log.info(filterAuthenticators(context.steps[2].options, 'totp').map(function (o) { return o.authenticator; }).join());
         Log.info(getUsersWithClaimValues({'http://wso2.org/claims/emailaddress': ''}).length, getUniqueUserWithClaimValues({}));",
    );
    assert_eq!(lines, ["a***@example.org 01***89", "x 1 null", "email-otp-authenticator", "0 null"]);
}

#[test]
fn a_person_is_found_only_when_there_is_exactly_one() {
    let program = entry(
        "executeStep(1); var found = getUniqueUserWithClaimValues({email: 'ann@example.org'}, context);
         Log.info(found === null ? 'none' : found.username);",
    );
    let fact = Fact::UsersWithClaims { claims: [("email".to_owned(), "ann@example.org".to_owned())].into() };
    assert_eq!(go(&program, &record()).outcome, Outcome::Need(Box::new(fact.clone())));
    for (answer, said) in [(json!([{ "username": "ann" }]), "ann"), (json!([]), "none"), (json!([{}, {}]), "none")] {
        let mut record = record();
        record.facts.insert(fact.key(), answer);
        let run = go(&program, &record);
        assert_eq!(logged(&run), [said]);
        assert!(!succeeded(&run));
    }
}
