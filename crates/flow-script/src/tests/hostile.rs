//! Scripts that try to break out, to break the engine, or to weaken a sign-in.

use proptest::prelude::{ProptestConfig, any, prop, proptest};
use usher_domain::SecretText;

use super::{broken, entry, go, logged, password, program, record, says, step_of, succeeded, with};
use crate::{ErrorKind, Limits, Outcome, may_be_written, run};

#[test]
fn script_05_and_06_nothing_outlives_a_run() {
    let first =
        entry("Object.prototype.isAdmin = true; leaked = 1; Log.info(({}).isAdmin + ' ' + leaked); executeStep(1);");
    assert_eq!(logged(&go(&first, &record())), ["true 1"]);
    let second = entry("Log.info(({}).isAdmin + ' ' + typeof leaked); executeStep(1);");
    assert_eq!(logged(&go(&second, &record())), ["undefined undefined"]);
}

#[test]
fn script_07_nothing_of_the_machine_is_there() {
    assert_eq!(says("Log.info(typeof executeStep);"), ["function"]);
    for name in [
        "process",
        "std",
        "os",
        "fetch",
        "XMLHttpRequest",
        "Worker",
        "WebAssembly",
        "SharedArrayBuffer",
        "Atomics",
        "Promise",
        "Proxy",
        "eval",
        "Function",
        "ArrayBuffer",
        "Uint8Array",
        "setTimeout",
        "Intl",
        "performance",
        "WeakRef",
        "queueMicrotask",
        "Iterator",
        "navigator",
    ] {
        assert_eq!(
            says(&format!("Log.info(typeof globalThis['{name}'], typeof {name});")),
            ["undefined undefined"],
            "{name}"
        );
    }
    let missing = go(&entry("executeStep(1); require('fs');"), &record());
    assert_eq!(broken(&missing).kind, ErrorKind::BadCall);
}

#[test]
fn script_08_no_function_comes_from_text() {
    for maker in ["function () {}", "function* () {}", "async function () {}", "async function* () {}"] {
        let made = says(&format!(
            "try {{ ({maker}).constructor('return 1')(); Log.info('made'); }} catch (e) {{ Log.info('no'); }}"
        ));
        assert_eq!(made, ["no"], "{maker}");
    }
}

#[test]
fn script_10_hostile_arguments_become_script_errors() {
    for call in [
        "executeStep({valueOf: function () { return 1; }})",
        "executeStep(1, {get onSuccess() { throw new Error('x'); }})",
        "executeStep(NaN)",
        "executeStep(1e308)",
        "executeStep(Infinity)",
        "executeStep(1.5)",
        "executeStep(Symbol('a'))",
        "executeStep(1n)",
        "isMemberOfAnyOfGroups({}, [])",
        "isMemberOfAnyOfGroups(null)",
        "getMaskedValue({toString: function () { executeStep(99); }})",
        "httpGet({toString: function () { throw 1; }})",
        "sendEmail(context)",
        "getUserSessions(undefined)",
        "var a = {}; a.a = a; sendError(null, a)",
        "prompt('none', {})",
        "secrets.none",
        "require({})",
        "executeStep(1, {authenticationOptions: {get x() { throw new Error('x'); }}}, {})",
        "executeStep(2 ** 70)",
    ] {
        let ended = go(&entry(&format!("executeStep(1);\n{call};")), &record());
        assert!(matches!(ended.outcome, Outcome::Broken(_)), "{call}: {:?}", ended.outcome);
    }
}

#[test]
fn script_11_promises_never_run() {
    let flood =
        entry("async function f() { await 1; executeStep(2); } for (var i = 0; i < 100; i++) { f(); } executeStep(1);");
    assert_eq!(step_of(&go(&flood, &record())), 1);
    let module = go(&entry("import('fs'); executeStep(1);"), &record());
    assert!(matches!(module.outcome, Outcome::Broken(_) | Outcome::Execute(_)));
    assert_eq!(module.calls.len(), usize::from(matches!(module.outcome, Outcome::Execute(_))));
}

#[test]
fn script_16_steps_that_do_not_exist_fail_closed_in_words() {
    assert_eq!(step_of(&go(&entry("executeStep(3);"), &record())), 3);
    for wrong in ["99", "0", "-1", "'1'", "null", "", "4"] {
        let ended = go(&entry(&format!("try {{ executeStep({wrong}); }} catch (e) {{ }}\nexecuteStep(1);")), &record());
        let error = broken(&ended);
        assert_eq!((error.kind, error.line), (ErrorKind::BadCall, Some(2)), "{wrong}");
        assert!(error.message.contains("step"), "{}", error.message);
    }
}

#[test]
fn script_19_claims_of_the_protocol_and_identity_members_stay_as_they_are() {
    assert!(may_be_written("department"));
    let body =
        |claim: &str| format!("executeStep(1, {{onSuccess: function (c) {{ c.steps[1].subject.{claim} = 'x'; }}}});");
    for honest in ["localClaims['http://wso2.org/claims/department']", "claims.department"] {
        let ended = go(&entry(&body(honest)), &with(&[password()]));
        assert!(succeeded(&ended) && ended.effects.len() == 1, "{honest}: {:?}", ended.outcome);
    }
    for claim in
        ["localClaims.sub", "claims.iss", "claims.roles", "claims.exp", "localClaims['http://wso2.org/claims/role']"]
    {
        assert_eq!(broken(&go(&entry(&body(claim)), &with(&[password()]))).kind, ErrorKind::BadCall, "{claim}");
    }
    let frozen = says(
        "var s = context.steps[1]; s.subject.username = 'eve'; s.subject.uniqueId = 'u2'; s.idp = 'x'; s.subject = {};
         context.steps[1] = {}; context.currentKnownSubject = null; s.subject.groups.push('root');
         Log.info(context.steps[1].subject.username, s.subject.uniqueId, s.idp, s.subject.groups.join('+'));",
    );
    assert_eq!(frozen, ["ann u1 LOCAL admin+hr"]);
}

#[test]
fn script_20_logs_are_capped_and_cannot_forge_lines() {
    let lines = says("Log.info('a\\nb\\u001b[31m\\u202e'); Log.warn(Array(5000).join('x'));");
    assert_eq!(lines[0], "a\\u{a}b\\u{1b}[31m\\u{202e}");
    assert_eq!(lines[1].chars().count(), 1_001);
    assert_eq!(says("for (var i = 0; i < 500; i++) { Log.info(i); }").len(), 101);
}

#[test]
fn script_21_secrets_are_granted_by_name_and_masked_where_they_print() {
    let mut program = entry(
        "Log.info('key ' + secrets.api, getSecretByName('api') === secrets.api);
         executeStep(1, {authenticatorParams: {common: {k: secrets.api}}}, {onSuccess: function () { throw new Error(secrets.api); }});",
    );
    program.secrets.insert("api".to_owned(), SecretText::new("hunter2hunter2"));
    let first = go(&program, &record());
    assert_eq!(logged(&first), ["key [secret] true"]);
    assert!(!first.outcome.call().contains("hunter2"));
    let second = go(&program, &with(&[password()]));
    assert_eq!(broken(&second).message, "[secret]");
    program.secrets.clear();
    assert_eq!(broken(&go(&program, &record())).kind, ErrorKind::BadCall);
}

#[test]
fn script_26_shapes_that_broke_other_engines_are_contained() {
    for body in [
        "Array.prototype[Symbol.iterator] = function* () { for (;;) { yield 1; } }; executeStep(...[1]);",
        "Error.prepareStackTrace = function () { for (;;) {} }; null.x;",
        "Object.defineProperty(Error.prototype, 'message', {get: function () { for (;;) {} }}); throw new Error();",
        "var o = {}; o.toString = function () { return o; }; throw o;",
        "String.prototype.split = null; JSON.parse = null; Object.freeze = null; executeStep(1, {onSuccess: 1});",
        "Object.prototype.toJSON = function () { return 7; }; executeStep(1, {authenticationOptions: [{idp: 'x'}]}, {});",
        "function* g() { try { yield* g(); } finally { executeStep(1); } } for (var x of g()) { }",
    ] {
        let limits = Limits { cpu_ms: 50, ..Limits::default() };
        let ended = run(&entry(body), &record(), &limits);
        assert!(!matches!(ended.outcome, Outcome::Succeed { .. }), "{body}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn script_26_bytes_as_scripts_give_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let limits = Limits { cpu_ms: 50, ..Limits::default() };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!succeeded(&run(&program(&text), &record(), &limits)));
        assert!(!succeeded(&run(&entry(&text), &record(), &limits)));
    }
}
