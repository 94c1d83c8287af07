//! Each rule of the check finds what breaks it, and every script to begin with passes.

use super::*;
use crate::{OptionShape, StepShape, templates};

fn shape() -> ProgramShape {
    let first =
        vec![OptionShape::local("BasicAuthenticator"), OptionShape::connection("acme", "OpenIDConnectAuthenticator")];
    let second = vec![OptionShape::local("totp"), OptionShape::local("FIDOAuthenticator")];
    let steps = [first, second].map(|options| StepShape { options }).to_vec();
    let one = |name: &str| [name.to_owned()].into();
    ProgramShape {
        steps,
        secrets: one("key"),
        prompts: one("age"),
        mails: one("hello"),
        roles: one("editor"),
        ..ProgramShape::default()
    }
}

fn found(body: &str) -> Vec<(String, u32, Option<String>)> {
    let source = format!("var onLoginRequest = function (context) {{\nexecuteStep(1); executeStep(2);\n{body}\n}};");
    check(&source, &shape()).into_iter().map(|f| (f.code, f.line, f.fix.map(|fix| fix.insert))).collect()
}

#[test]
fn every_script_to_begin_with_passes() {
    for template in templates() {
        let mut shape = shape();
        shape.steps.truncate(usize::from(template.steps));
        assert_eq!(check(template.source, &shape), [], "{}", template.id);
    }
}

#[test]
fn what_does_not_parse_is_the_only_finding() {
    let broken = check("var onLoginRequest = function (context) {\n  executeStep(1\n};", &shape());
    assert_eq!((broken.len(), broken[0].code.as_str(), broken[0].level), (1, "script_syntax", Level::Error));
    assert!(broken[0].line >= 2 && broken[0].from <= broken[0].to, "{broken:?}");
    assert_eq!(check("var x = 1;", &shape())[0].code, "script_no_entry");
}

#[test]
fn every_rule_has_its_code_and_place() {
    assert_eq!(found("Log.info('fine', secrets); "), [("script_secret_logged".to_owned(), 3, None)]);
    let fixed = |code: &str, fix: &str| vec![(code.to_owned(), 3, Some(fix.to_owned()))];
    let plain = |code: &str| vec![(code.to_owned(), 3, None)];
    for (body, expected) in [
        ("executeStep(3);", fixed("script_no_step", "2")),
        ("executeStep(0);", fixed("script_no_step", "1")),
        ("executeStp(1);", fixed("script_unknown_function", "executeStep")),
        ("context.step[1];", fixed("script_unknown_member", "steps")),
        ("if (context.steps[1].idp === 'acne') { Log.info('x'); }", fixed("script_unknown_idp", "'acme'")),
        ("if (context.steps[1].idp != 'LOCAL') { Log.info('x'); }", vec![]),
        ("var a = secrets.kee;", plain("script_unknown_secret")),
        ("var a = secrets.key + getSecretByName('key');", vec![]),
        ("var a = 'sk9f8a7b6c5d4e3f2a1b0c';", plain("script_secret_text")),
        ("var a = 'https://risk.example.com/judge/2024';", vec![]),
        ("executeStep(1, { stepOptions: { forceAuth: 'true' } });", plain("script_options_place")),
        ("executeStep(1, { stepOptions: { forceAuth: 'true' } }, {});", vec![]),
        ("executeStep(1, { stepOptions: { 'skipPrompt': true } }, {});", plain("script_step_option")),
        ("executeStep(1, { stepOptions: { markAsSubjectIdentifierStep: true } }, {});", plain("script_step_option")),
        ("prompt('age', {}, {});", vec![]),
        ("prompt('aeg', {}, {});", plain("script_unknown_page")),
        ("promptIdentifierForStep(1, 'aeg', {});", plain("script_unknown_page")),
        ("promptIdentifierForStep(1, {});", vec![]),
        ("sendEmail(context.steps[1].subject, 'hello', { a: 'b' });", vec![]),
        ("sendEmail(context.steps[1].subject, 'bye');", plain("script_unknown_mail")),
        ("assignUserRolesV2(context, ['editor']);", vec![]),
        ("removeUserRolesV2(context, ['editor', 'owner']);", plain("script_role_not_listed")),
        ("doAssociationWithLocalUser(context.steps[1].subject, 'bob');", plain("script_no_linking")),
        ("removeAssociatedLocalUser(context.steps[1].subject);", plain("script_no_linking")),
        ("var mine = function (a) { return a; }; mine(1); [1].map(mine);", vec![]),
        ("var other = (b) => b(1); other(mine);", vec![]),
    ] {
        assert_eq!(found(body), expected, "{body}");
    }
    let alone = check("var onLoginRequest = function (context) { executeStep(1); };", &shape());
    assert_eq!((alone.len(), alone[0].code.as_str(), alone[0].level), (1, "script_step_unused", Level::Warning));
}

#[test]
fn invisible_characters_are_found() {
    let source = "var onLoginRequest = function (context) {\n executeStep(1); executeStep(2); // \u{202E}x\n};";
    let found = check(source, &shape());
    assert_eq!((found.len(), found[0].code.as_str(), found[0].line), (1, "script_deceptive_character", 2));
}

#[test]
fn offsets_are_what_browsers_count() {
    let source = "// 😀\nvar onLoginRequest = function (context) { executeStep(1); executeStep(9); executeStep(2); };";
    let finding = check(source, &shape()).remove(0);
    let units: Vec<u16> = source.encode_utf16().collect();
    assert_eq!(String::from_utf16(&units[finding.from..finding.to]).unwrap(), "9");
}
