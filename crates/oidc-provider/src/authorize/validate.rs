//! Decides about an authorization request, rule by rule.
//!
//! Order matters: until application and redirect URI are known to belong together, every fault is shown to the
//! person (RFC 6749 section 4.1.2.1); afterwards it is returned, in the response mode asked for.

use usher_domain::{Application, ApplicationId};

use super::{
    AuthorizationRequest, AuthorizeError, ClaimsRequest, IdpHint, Prompt, ResponseMode, ReturnedError, ShownError,
};
use crate::error::ErrorCode;
use crate::params::Params;
use crate::pkce::CodeChallenge;
use crate::redirect_uri;
use crate::scope::{Scope, Scopes};

/// Parameters that must not come twice. Others are unknown here and ignored (OIDC Core section 3.1.2.1), however often.
const SINGLE: [&str; 28] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "login_hint",
    "id_token_hint",
    "ui_locales",
    "claims_locales",
    "acr_values",
    "claims",
    "display",
    "request",
    "request_uri",
    "registration",
    "client_secret",
    "idp",
    "kc_idp_hint",
    "fidp",
    "connection",
    "domain_hint",
    "iss",
];

/// Most scopes in one request.
const MAX_SCOPES: usize = 100;
/// Most languages or contexts kept from one list.
const MAX_LISTED: usize = 20;
/// Oldest `max_age` that is told from nonsense: 68 years in seconds.
const MAX_AGE_LIMIT: u64 = i32::MAX as u64;

/// A rule's answer to the application: code and description.
type Refusal = (ErrorCode, &'static str);

/// Decides about an authorization request; `find` looks an application up by its `client_id`.
pub fn validate<'a>(
    params: &Params,
    find: impl FnOnce(&ApplicationId) -> Option<&'a Application>,
) -> Result<AuthorizationRequest, AuthorizeError> {
    if let Some(name) = params.first_duplicate(&SINGLE) {
        return Err(ShownError::Duplicate(name).into());
    }
    let client_id = params.get("client_id").ok_or(ShownError::MissingClientId)?;
    let application = ApplicationId::parse(client_id)
        .ok()
        .and_then(|id| find(&id).filter(|application| application.id == id))
        .ok_or(ShownError::UnknownApplication)?;
    if !application.enabled {
        return Err(ShownError::DisabledApplication.into());
    }
    let asked = params.get("redirect_uri").ok_or(ShownError::MissingRedirectUri)?;
    let redirect_uri = redirect_uri::find(application, asked).ok_or(ShownError::RedirectUriMismatch)?;
    // From here on the address is trusted: faults go back to the application.
    let state = params.get("state").map(str::to_owned);
    let mode = response_mode(params);
    let returned = |response_mode: ResponseMode, (error, description): Refusal| ReturnedError {
        redirect_uri: redirect_uri.clone(),
        response_mode,
        state: state.clone(),
        error,
        description: description.to_owned(),
    };
    let response_mode = mode.map_err(|refusal| returned(ResponseMode::Query, refusal))?;
    let asked_for = wishes(params, application).map_err(|refusal| returned(response_mode, refusal))?;
    Ok(AuthorizationRequest {
        application: application.id.clone(),
        redirect_uri,
        response_mode,
        scopes: asked_for.scopes,
        state,
        nonce: params.get("nonce").map(str::to_owned),
        code_challenge: asked_for.code_challenge,
        prompts: asked_for.prompts,
        max_age: asked_for.max_age,
        login_hint: params.get("login_hint").map(str::to_owned),
        id_token_hint: params.get("id_token_hint").map(str::to_owned),
        ui_locales: list(params.get("ui_locales")),
        acr_values: list(params.get("acr_values")),
        claims: asked_for.claims,
        display: params.get("display").map(str::to_owned),
        idp_hint: idp_hint(params),
    })
}

/// What has rules of its own and can be refused towards the application.
struct Wishes {
    scopes: Scopes,
    code_challenge: Option<CodeChallenge>,
    prompts: Vec<Prompt>,
    max_age: Option<u64>,
    claims: ClaimsRequest,
}

fn wishes(params: &Params, application: &Application) -> Result<Wishes, Refusal> {
    refuse_unsupported(params)?;
    response_type(params)?;
    Ok(Wishes {
        scopes: scopes(params)?,
        code_challenge: code_challenge(params, application)?,
        prompts: prompts(params)?,
        max_age: max_age(params)?,
        claims: params.get("claims").map_or(Ok(ClaimsRequest::default()), |text| {
            ClaimsRequest::parse(text).map_err(|_| {
                (ErrorCode::InvalidRequest, "claims is a JSON object with the members userinfo and id_token")
            })
        })?,
    })
}

/// The fragment would hand the code to every script of the page (OAuth 2.0 Multiple Response Types section 5).
fn response_mode(params: &Params) -> Result<ResponseMode, Refusal> {
    match params.get("response_mode") {
        None | Some("query") => Ok(ResponseMode::Query),
        Some("form_post") => Ok(ResponseMode::FormPost),
        Some(_) => Err((ErrorCode::InvalidRequest, "response_mode is query or form_post")),
    }
}

/// Ignoring a request object would drop what its sender signed (OIDC Core section 3.1.2.6; OAUTH-19: nothing is fetched).
fn refuse_unsupported(params: &Params) -> Result<(), Refusal> {
    if params.get("request").is_some() {
        return Err((ErrorCode::RequestNotSupported, "request objects are not supported"));
    }
    if params.get("request_uri").is_some() {
        return Err((ErrorCode::RequestUriNotSupported, "request objects by reference are not supported"));
    }
    if params.get("registration").is_some() {
        return Err((ErrorCode::RegistrationNotSupported, "registration in the request is not supported"));
    }
    Ok(())
}

fn response_type(params: &Params) -> Result<(), Refusal> {
    match params.get("response_type") {
        Some("code") => Ok(()),
        Some(_) => Err((ErrorCode::UnsupportedResponseType, "response_type is code")),
        None => Err((ErrorCode::InvalidRequest, "response_type is missing")),
    }
}

fn scopes(params: &Params) -> Result<Scopes, Refusal> {
    let text = params.get("scope").unwrap_or_default();
    if text.split(' ').count() > MAX_SCOPES {
        return Err((ErrorCode::InvalidScope, "too many scopes"));
    }
    let scopes = Scopes::parse_known(text);
    if scopes.has(Scope::OpenId) { Ok(scopes) } else { Err((ErrorCode::InvalidScope, "scope has to hold openid")) }
}

/// RFC 7636 section 4.4.1, RFC 9700 section 2.1.1: required for public applications, S256 for all.
fn code_challenge(params: &Params, application: &Application) -> Result<Option<CodeChallenge>, Refusal> {
    let invalid = |description| Err((ErrorCode::InvalidRequest, description));
    match (params.get("code_challenge"), params.get("code_challenge_method")) {
        (None, None) if application.kind.is_confidential() => Ok(None),
        (None, None) => invalid("code_challenge is required for this application"),
        (None, Some(_)) => invalid("code_challenge_method without code_challenge"),
        (Some(text), Some("S256")) => match CodeChallenge::parse(text) {
            Ok(challenge) => Ok(Some(challenge)),
            Err(_) => invalid("code_challenge has exactly 43 base64url characters"),
        },
        // Absent means plain (RFC 7636 section 4.3).
        (Some(_), _) => invalid("code_challenge_method has to be S256"),
    }
}

fn prompts(params: &Params) -> Result<Vec<Prompt>, Refusal> {
    let mut prompts = Vec::new();
    for word in params.get("prompt").unwrap_or_default().split(' ').filter(|word| !word.is_empty()) {
        let prompt = match word {
            "none" => Prompt::None,
            "login" => Prompt::Login,
            "consent" => Prompt::Consent,
            "select_account" => Prompt::SelectAccount,
            _ => return Err((ErrorCode::InvalidRequest, "prompt is none, login, consent or select_account")),
        };
        if !prompts.contains(&prompt) {
            prompts.push(prompt);
        }
    }
    // OIDC Core 3.1.2.1: none with any other value is an error (OAUTH-23).
    if prompts.contains(&Prompt::None) && prompts.len() > 1 {
        return Err((ErrorCode::InvalidRequest, "prompt=none stands alone"));
    }
    Ok(prompts)
}

/// A `max_age` that was not understood must not count as none: the person would not be asked again (OAUTH-25).
fn max_age(params: &Params) -> Result<Option<u64>, Refusal> {
    let Some(text) = params.get("max_age") else { return Ok(None) };
    let digits_only = text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<u64>() {
        Ok(seconds) if digits_only && seconds <= MAX_AGE_LIMIT => Ok(Some(seconds)),
        _ => Err((ErrorCode::InvalidRequest, "max_age is a number of seconds")),
    }
}

/// The names that people bring along from elsewhere; the first one counts.
fn idp_hint(params: &Params) -> Option<IdpHint> {
    let connection = ["idp", "kc_idp_hint", "fidp", "connection"].into_iter().find_map(|name| params.get(name));
    match connection {
        Some(name) => Some(IdpHint::Connection(name.to_owned())),
        None => params.get("domain_hint").map(|domain| IdpHint::Domain(domain.to_ascii_lowercase())),
    }
}

/// A list with single spaces; what is beyond the cap is preference nobody looks at.
fn list(text: Option<&str>) -> Vec<String> {
    text.unwrap_or_default().split(' ').filter(|word| !word.is_empty()).take(MAX_LISTED).map(str::to_owned).collect()
}
