//! One row per rule of the authorization request, the good twin first.

use usher_domain::{Application, ApplicationKind};

use super::*;
use crate::fixture;
use crate::params::Params;

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn application(id: &str, kind: ApplicationKind) -> Application {
    Application {
        kind,
        enabled: id != "off",
        redirect_uris: ["https://a.test/cb", "http://127.0.0.1/cb", "https://a.test/second"]
            .map(|uri| RedirectUri::parse(uri).unwrap())
            .to_vec(),
        ..fixture::application(id)
    }
}

/// A good request of the web application, with some parameters set to something else (`None`: left out).
fn ask(changes: &[(&str, Option<&str>)]) -> Result<AuthorizationRequest, AuthorizeError> {
    let mut pairs: Vec<(String, String)> = [
        ("client_id", "web"),
        ("redirect_uri", "https://a.test/cb"),
        ("response_type", "code"),
        ("scope", "openid profile"),
        ("state", "st"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
    .map(|(n, v)| (n.to_owned(), v.to_owned()))
    .to_vec();
    for (name, value) in changes {
        pairs.retain(|(n, _)| n != name);
        pairs.extend(value.map(|v| ((*name).to_owned(), v.to_owned())));
    }
    decide(pairs)
}

fn decide(pairs: Vec<(String, String)>) -> Result<AuthorizationRequest, AuthorizeError> {
    let known = [
        application("web", ApplicationKind::Web),
        application("spa", ApplicationKind::Spa),
        application("cli", ApplicationKind::Native),
        application("off", ApplicationKind::Web),
    ];
    validate(&Params::try_from(pairs).unwrap(), |id| known.iter().find(|a| a.id == *id))
}

fn shown(changes: &[(&str, Option<&str>)]) -> ShownError {
    match ask(changes) {
        Err(AuthorizeError::Shown(error)) => error,
        other => panic!("{changes:?} gave {other:?}"),
    }
}

fn returned(changes: &[(&str, Option<&str>)]) -> ReturnedError {
    match ask(changes) {
        Err(AuthorizeError::Returned(error)) => error,
        other => panic!("{changes:?} gave {other:?}"),
    }
}

#[test]
fn a_good_request_is_understood_and_can_wait() {
    let request =
        ask(&[("nonce", Some("n")), ("login_hint", Some("ann@Corp.test")), ("ui_locales", Some("se en"))]).unwrap();
    assert_eq!(request.application.as_str(), "web");
    assert_eq!(request.scopes.to_string(), "openid profile");
    assert_eq!((request.state.as_deref(), request.nonce.as_deref()), (Some("st"), Some("n")));
    assert_eq!(request.response_mode, ResponseMode::Query);
    assert_eq!(request.login_hint_domain().as_deref(), Some("corp.test"));
    let stored = serde_json::to_string(&request).unwrap();
    assert_eq!(serde_json::from_str::<AuthorizationRequest>(&stored).unwrap(), request);
    let neutral = request.sign_in_request(None);
    assert_eq!(neutral.interaction, Interaction::Allowed);
    assert_eq!(neutral.ui_locales, ["se", "en"]);
}

#[test]
fn unknown_parameters_are_ignored_even_twice() {
    let pairs =
        "client_id=web&redirect_uri=https://a.test/cb&response_type=code&scope=openid&extra=1&resource=a&resource=b";
    let pairs = form_urlencoded::parse(pairs.as_bytes()).into_owned().collect();
    assert!(decide(pairs).is_ok());
}

#[test]
fn unknown_and_disabled_applications_are_shown() {
    assert_eq!(shown(&[("client_id", Some("other"))]), ShownError::UnknownApplication);
    assert_eq!(shown(&[("client_id", Some("WEB"))]), ShownError::UnknownApplication);
    assert_eq!(shown(&[("client_id", Some("<script>"))]), ShownError::UnknownApplication);
    assert_eq!(shown(&[("client_id", Some("off"))]), ShownError::DisabledApplication);
    assert_eq!(shown(&[("client_id", None)]), ShownError::MissingClientId);
    assert_eq!(shown(&[("client_id", Some(""))]), ShownError::MissingClientId);
    assert_eq!(ShownError::UnknownApplication.code(), RefusalCode::BadRequest);
}

#[test]
fn oauth_01_an_unregistered_redirect_uri_is_shown_never_followed() {
    let error = shown(&[("redirect_uri", Some("https://mallory.test/cb"))]);
    assert_eq!(error, ShownError::RedirectUriMismatch);
    assert_eq!(error.code(), RefusalCode::RedirectUriMismatch);
    // Whatever else is wrong, it stays a page.
    let both = shown(&[("redirect_uri", Some("https://mallory.test/cb")), ("response_type", Some("token"))]);
    assert_eq!(both, ShownError::RedirectUriMismatch);
}

#[test]
fn oauth_03_duplicates_are_shown() {
    for name in ["client_id", "redirect_uri", "scope", "state", "response_type", "nonce", "prompt", "code_challenge"] {
        let mut pairs: Vec<(String, String)> = vec![
            ("client_id".into(), "web".into()),
            ("redirect_uri".into(), "https://a.test/cb".into()),
            ("response_type".into(), "code".into()),
            ("scope".into(), "openid".into()),
        ];
        assert!(decide(pairs.clone()).is_ok());
        pairs.push((name.to_owned(), "https://mallory.test/cb".to_owned()));
        pairs.push((name.to_owned(), String::new()));
        assert_eq!(decide(pairs), Err(ShownError::Duplicate(name).into()), "{name}");
    }
}

#[test]
fn oauth_04_there_is_no_default_redirect_uri() {
    assert_eq!(shown(&[("redirect_uri", None)]), ShownError::MissingRedirectUri);
    assert_eq!(shown(&[("redirect_uri", Some(""))]), ShownError::MissingRedirectUri);
}

#[test]
fn oauth_05_only_the_native_application_picks_its_port() {
    let asked = ("redirect_uri", Some("http://127.0.0.1:53123/cb"));
    let request = ask(&[("client_id", Some("cli")), asked]).unwrap();
    assert_eq!(request.redirect_uri.as_str(), "http://127.0.0.1:53123/cb");
    assert_eq!(shown(&[asked]), ShownError::RedirectUriMismatch);
}

#[test]
fn oauth_07_only_code_is_spoken() {
    for kind in ["token", "code token", "id_token", "code code", "none", "CODE", "code ", "x"] {
        let error = returned(&[("response_type", Some(kind))]);
        assert_eq!(error.error, ErrorCode::UnsupportedResponseType, "{kind}");
        assert_eq!(error.state.as_deref(), Some("st"));
    }
    assert_eq!(returned(&[("response_type", None)]).error, ErrorCode::InvalidRequest);
}

#[test]
fn response_mode_is_query_or_form_post() {
    assert_eq!(ask(&[("response_mode", Some("query"))]).unwrap().response_mode, ResponseMode::Query);
    assert_eq!(ask(&[("response_mode", Some("form_post"))]).unwrap().response_mode, ResponseMode::FormPost);
    for mode in ["fragment", "query.jwt", "web_message"] {
        let error = returned(&[("response_mode", Some(mode))]);
        assert_eq!((error.error, error.response_mode), (ErrorCode::InvalidRequest, ResponseMode::Query), "{mode}");
    }
    // Errors too are posted.
    let posted = returned(&[("response_mode", Some("form_post")), ("response_type", Some("token"))]);
    assert_eq!(posted.response_mode, ResponseMode::FormPost);
}

#[test]
fn oauth_09_state_and_nonce_are_kept_byte_for_byte() {
    let state: String = (0x20_u8..0x7f).map(char::from).collect();
    let nonce = "n".repeat(384);
    let request = ask(&[("state", Some(&state)), ("nonce", Some(&nonce))]).unwrap();
    assert_eq!((request.state, request.nonce), (Some(state), Some(nonce)));
    let without = ask(&[("state", None)]).unwrap();
    assert_eq!((without.state, without.nonce), (None, None));
}

#[test]
fn oauth_10_public_applications_need_a_challenge_and_s256_it_is() {
    let none = [("code_challenge", None), ("code_challenge_method", None)];
    assert!(ask(&none).unwrap().code_challenge.is_none());
    assert!(ask(&[("client_id", Some("spa"))]).unwrap().code_challenge.is_some());
    for public in ["spa", "cli"] {
        let mut changes = vec![("client_id", Some(public))];
        changes.extend(none);
        assert_eq!(returned(&changes).error, ErrorCode::InvalidRequest, "{public}");
    }
    for (challenge, method) in [
        (Some(CHALLENGE), Some("plain")),
        (Some(CHALLENGE), None),
        (Some(CHALLENGE), Some("s256")),
        (Some(CHALLENGE), Some("S512")),
        (Some(&CHALLENGE[1..]), Some("S256")),
        (Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"), Some("S256")),
        (None, Some("S256")),
    ] {
        let error = returned(&[("code_challenge", challenge), ("code_challenge_method", method)]);
        assert_eq!(error.error, ErrorCode::InvalidRequest, "{challenge:?} {method:?}");
    }
}

#[test]
fn oauth_19_request_objects_are_refused_by_name() {
    for (name, expected) in [
        ("request", ErrorCode::RequestNotSupported),
        ("request_uri", ErrorCode::RequestUriNotSupported),
        ("registration", ErrorCode::RegistrationNotSupported),
    ] {
        assert_eq!(returned(&[(name, Some("http://169.254.169.254/"))]).error, expected);
    }
}

#[test]
fn oauth_23_prompt_none_stands_alone() {
    assert_eq!(ask(&[("prompt", Some("none"))]).unwrap().interaction(), Interaction::Forbidden);
    assert_eq!(ask(&[("prompt", Some("login"))]).unwrap().interaction(), Interaction::Forced);
    assert_eq!(ask(&[("prompt", Some("consent login login"))]).unwrap().prompts, [Prompt::Consent, Prompt::Login]);
    assert_eq!(ask(&[("prompt", Some("select_account"))]).unwrap().interaction(), Interaction::Forced);
    assert_eq!(ask(&[("prompt", Some("consent"))]).unwrap().interaction(), Interaction::Allowed);
    for prompt in ["none login", "login none", "NONE", "create", "none consent"] {
        assert_eq!(returned(&[("prompt", Some(prompt))]).error, ErrorCode::InvalidRequest, "{prompt}");
    }
}

#[test]
fn oauth_25_max_age_is_a_number_of_seconds() {
    for (text, seconds) in [("0", 0), ("1", 1), ("10000", 10_000), ("1000000000", 1_000_000_000)] {
        assert_eq!(ask(&[("max_age", Some(text))]).unwrap().max_age, Some(seconds));
    }
    for text in ["-1", "+1", "x", "1e9", "1.5", " 1", "9223372036854775808", "99999999999999999999"] {
        assert_eq!(returned(&[("max_age", Some(text))]).error, ErrorCode::InvalidRequest, "{text}");
    }
}

#[test]
fn oauth_26_hints_are_kept_as_they_are() {
    let request = ask(&[("login_hint", Some("\"><script>")), ("id_token_hint", Some("a.b.c"))]).unwrap();
    assert_eq!(request.login_hint.as_deref(), Some("\"><script>"));
    assert_eq!(request.id_token_hint.as_deref(), Some("a.b.c"));
    assert_eq!(request.login_hint_domain(), None);
}

#[test]
fn oauth_28_scopes_are_dropped_or_refused() {
    assert_eq!(ask(&[("scope", Some("email admin openid"))]).unwrap().scopes.to_string(), "openid email");
    let many = format!("openid {}", "x ".repeat(4000));
    for scope in [None, Some("profile"), Some(""), Some(many.as_str())] {
        assert_eq!(returned(&[("scope", scope)]).error, ErrorCode::InvalidScope);
    }
}

#[test]
fn offline_access_is_granted_to_whoever_asks() {
    assert!(ask(&[("scope", Some("openid offline_access"))]).unwrap().wants_offline_access());
    assert!(!ask(&[]).unwrap().wants_offline_access());
}

#[test]
fn the_claims_parameter_is_read_or_refused() {
    let request = ask(&[("claims", Some(r#"{"userinfo":{"name":{"essential":true}}}"#))]).unwrap();
    assert!(request.claims.userinfo["name"].essential);
    assert_eq!(returned(&[("claims", Some("{"))]).error, ErrorCode::InvalidRequest);
}

#[test]
fn idp_hints_come_under_many_names() {
    for name in ["idp", "kc_idp_hint", "fidp", "connection"] {
        assert_eq!(ask(&[(name, Some("acme"))]).unwrap().idp_hint, Some(IdpHint::Connection("acme".to_owned())));
    }
    assert_eq!(ask(&[("domain_hint", Some("Corp.test"))]).unwrap().idp_hint, Some(IdpHint::Domain("corp.test".into())));
    assert_eq!(
        ask(&[("domain_hint", Some("corp.test")), ("fidp", Some("acme"))]).unwrap().idp_hint,
        Some(IdpHint::Connection("acme".to_owned()))
    );
}

#[test]
fn display_locales_and_acr_values_never_fail_a_request() {
    let request = ask(&[
        ("display", Some("popup")),
        ("claims_locales", Some("se")),
        ("acr_values", Some("1 2")),
        ("ui_locales", Some("xx-invalid \u{e4}")),
    ])
    .unwrap();
    assert_eq!(request.display.as_deref(), Some("popup"));
    assert_eq!(request.acr_values, ["1", "2"]);
}
