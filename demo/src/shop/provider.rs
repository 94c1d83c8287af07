//! The shop's side of OpenID Connect, on the `openidconnect` crate with an HTTP client of the shop's own. Discovers
//! afresh each time: a shop with many visitors would keep what it found.

use std::pin::Pin;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreGenderClaim, CoreTokenResponse};
use openidconnect::{
    AsyncHttpClient, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EmptyAdditionalClaims, HttpRequest,
    HttpResponse, IssuerUrl, LogoutRequest, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier,
    PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl, RefreshToken, Scope, TokenResponse, UserInfoClaims,
};
use serde_json::{Map, Value};

/// What the shop remembers while somebody is away to sign in.
pub struct Pending {
    state: CsrfToken,
    nonce: Nonce,
    verifier: String,
}

impl Clone for Pending {
    fn clone(&self) -> Self {
        Self { state: self.state.clone(), nonce: self.nonce.clone(), verifier: self.verifier.clone() }
    }
}

/// Where to send the person, and what to remember.
pub struct SignIn {
    pub url: String,
    pub pending: Pending,
}

/// The query of the callback.
pub struct Answer {
    pub code: Option<String>,
    pub state: Option<String>,
    pub issuer: Option<String>,
    /// Error code and description.
    pub error: Option<Vec<String>>,
}

/// One line of the table of claims.
#[derive(Clone)]
pub struct ClaimRow {
    pub name: String,
    pub id_token: String,
    pub userinfo: String,
}

/// Somebody who is signed in.
#[derive(Clone)]
pub struct Account {
    pub claims: Vec<ClaimRow>,
    pub refreshed: u32,
    name: String,
    subject: String,
    id_token: String,
    refresh_token: Option<RefreshToken>,
}

impl Account {
    pub fn display_name(&self) -> &str {
        &self.name
    }

    pub fn can_refresh(&self) -> bool {
        self.refresh_token.is_some()
    }
}

/// Why somebody is not signed in; the texts are for the person in front of the demo.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    #[error("this browser started no sign-in here, or it was answered already")]
    NotStarted,
    #[error("Usher answered: {}", .0.join(": "))]
    Answered(Vec<String>),
    #[error("the answer is not for this sign-in: {0} differs")]
    Foreign(&'static str),
    #[error("there is no refresh token")]
    NoRefreshToken,
    #[error("{phase}: {why}")]
    Phase { phase: &'static str, why: String },
}

/// Wraps a fault with the phase it happened in.
fn in_phase<E: std::error::Error>(phase: &'static str) -> impl FnOnce(E) -> ProviderError {
    move |fault| {
        let mut why = fault.to_string();
        let mut source = fault.source();
        while let Some(cause) = source {
            why = format!("{why}: {cause}");
            source = cause.source();
        }
        ProviderError::Phase { phase, why }
    }
}

/// Usher, as the shop sees it.
pub struct Provider {
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: ClientSecret,
    redirect_url: RedirectUrl,
    signed_out_url: PostLogoutRedirectUrl,
    http: Http,
}

impl Provider {
    pub fn new(issuer: &str, shop: &str, client_id: &str, client_secret: &str) -> Result<Self, ProviderError> {
        let parse = "an address of the demo";
        Ok(Self {
            issuer: IssuerUrl::new(issuer.to_owned()).map_err(in_phase(parse))?,
            client_id: ClientId::new(client_id.to_owned()),
            client_secret: ClientSecret::new(client_secret.to_owned()),
            redirect_url: RedirectUrl::new(format!("{shop}/callback")).map_err(in_phase(parse))?,
            signed_out_url: PostLogoutRedirectUrl::new(format!("{shop}/")).map_err(in_phase(parse))?,
            http: Http::new()?,
        })
    }

    async fn discover(&self) -> Result<ProviderMetadataWithLogout, ProviderError> {
        ProviderMetadataWithLogout::discover_async(self.issuer.clone(), &self.http).await.map_err(in_phase("discovery"))
    }

    /// Starts a sign-in; `idp` names a connection to go to without asking.
    #[expect(clippy::disallowed_methods, reason = "the shop is an application of its own, without ports to inject")]
    pub async fn begin(&self, idp: Option<&str>) -> Result<SignIn, ProviderError> {
        let metadata = self.discover().await?;
        let client = CoreClient::from_provider_metadata(metadata, self.client_id.clone(), None)
            .set_redirect_uri(self.redirect_url.clone());
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(["profile", "email", "offline_access"].map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge);
        if let Some(idp) = idp {
            request = request.add_extra_param("idp", idp);
        }
        let (url, state, nonce) = request.url();
        Ok(SignIn { url: url.into(), pending: Pending { state, nonce, verifier: verifier.secret().clone() } })
    }

    /// Checks the answer, redeems the code, checks the ID token and asks userinfo.
    pub async fn complete(&self, pending: Pending, answer: Answer) -> Result<Account, ProviderError> {
        if answer.state.as_deref() != Some(pending.state.secret().as_str()) {
            return Err(ProviderError::Foreign("state"));
        }
        // RFC 9207: an answer that another issuer made never reaches our token endpoint.
        if answer.issuer.as_deref() != Some(self.issuer.as_str()) {
            return Err(ProviderError::Foreign("issuer"));
        }
        if let Some(error) = answer.error {
            return Err(ProviderError::Answered(error));
        }
        let code = answer.code.ok_or(ProviderError::Foreign("code"))?;
        let metadata = self.discover().await?;
        let client =
            CoreClient::from_provider_metadata(metadata, self.client_id.clone(), Some(self.client_secret.clone()))
                .set_redirect_uri(self.redirect_url.clone());
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(in_phase("token endpoint"))?
            .set_pkce_verifier(PkceCodeVerifier::new(pending.verifier))
            .request_async(&self.http)
            .await
            .map_err(in_phase("token endpoint"))?;
        let id_token = tokens.id_token().ok_or(ProviderError::Foreign("ID token"))?;
        let checked = id_token.claims(&client.id_token_verifier(), &pending.nonce).map_err(in_phase("ID token"))?;
        let userinfo: UserInfoClaims<EmptyAdditionalClaims, CoreGenderClaim> = client
            .user_info(tokens.access_token().clone(), Some(checked.subject().clone()))
            .map_err(in_phase("userinfo"))?
            .request_async(&self.http)
            .await
            .map_err(in_phase("userinfo"))?;
        let userinfo = serde_json::to_value(&userinfo).map_err(in_phase("userinfo"))?;
        Ok(account(&tokens, &id_token.to_string(), checked.subject().as_str(), &userinfo))
    }

    /// Trades the refresh token for new tokens; an ID token that comes along must be about the same person.
    pub async fn refresh(&self, account: Account) -> Result<Account, ProviderError> {
        let refresh_token = account.refresh_token.clone().ok_or(ProviderError::NoRefreshToken)?;
        let metadata = self.discover().await?;
        let client =
            CoreClient::from_provider_metadata(metadata, self.client_id.clone(), Some(self.client_secret.clone()));
        let tokens = client
            .exchange_refresh_token(&refresh_token)
            .map_err(in_phase("refresh"))?
            .request_async(&self.http)
            .await
            .map_err(in_phase("refresh"))?;
        if let Some(id_token) = tokens.id_token() {
            // OIDC Core 12.2: no nonce is expected in an ID token of a refresh.
            let claims = id_token
                .claims(&client.id_token_verifier(), |_: Option<&Nonce>| Ok(()))
                .map_err(in_phase("ID token"))?;
            if claims.subject().as_str() != account.subject {
                return Err(ProviderError::Foreign("subject"));
            }
        }
        let refresh_token = tokens.refresh_token().cloned().or(Some(refresh_token));
        Ok(Account { refresh_token, refreshed: account.refreshed.saturating_add(1), ..account })
    }

    /// Where to go to sign out at Usher too (OpenID Connect RP-Initiated Logout).
    pub async fn sign_out_url(&self, account: &Account) -> Result<String, ProviderError> {
        let metadata = self.discover().await?;
        let endpoint = metadata
            .additional_metadata()
            .end_session_endpoint
            .clone()
            .ok_or(ProviderError::Foreign("end_session_endpoint"))?;
        let mut url = LogoutRequest::from(endpoint)
            .set_client_id(self.client_id.clone())
            .set_post_logout_redirect_uri(self.signed_out_url.clone())
            .http_get_url();
        url.query_pairs_mut().append_pair("id_token_hint", &account.id_token);
        Ok(url.into())
    }
}

fn account(tokens: &CoreTokenResponse, id_token: &str, subject: &str, userinfo: &Value) -> Account {
    let claims = payload(id_token);
    let empty = Map::new();
    let userinfo = userinfo.as_object().unwrap_or(&empty);
    let mut names: Vec<&String> = claims.keys().chain(userinfo.keys()).collect();
    names.sort();
    names.dedup();
    let rows = names
        .into_iter()
        .map(|name| ClaimRow {
            name: name.clone(),
            id_token: text_of(claims.get(name)),
            userinfo: text_of(userinfo.get(name)),
        })
        .collect();
    let joined = ["given_name", "family_name"].map(|part| text_of(userinfo.get(part))).join(" ");
    let candidates = [text_of(userinfo.get("name")), joined.trim().to_owned(), text_of(userinfo.get("email"))];
    let name = candidates.into_iter().find(|text| !text.is_empty()).unwrap_or_else(|| subject.to_owned());
    Account {
        claims: rows,
        refreshed: 0,
        name,
        subject: subject.to_owned(),
        id_token: id_token.to_owned(),
        refresh_token: tokens.refresh_token().cloned(),
    }
}

/// The claims of an ID token that was checked before, as they stand, to be shown.
fn payload(id_token: &str) -> Map<String, Value> {
    let part = id_token.split('.').nth(1).unwrap_or_default();
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

fn text_of(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// The shop's HTTP client: no redirects, no proxy, ten seconds.
struct Http(reqwest::Client);

impl Http {
    #[expect(clippy::disallowed_methods, reason = "the shop is an application of its own and calls loopback only")]
    fn new() -> Result<Self, ProviderError> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(std::time::Duration::from_secs(10))
            .build()
            .map_err(in_phase("HTTP client"))?;
        Ok(Self(client))
    }
}

/// A request that did not come back.
#[derive(Debug, thiserror::Error)]
enum HttpError {
    #[error(transparent)]
    Sent(#[from] reqwest::Error),
    #[error(transparent)]
    Built(#[from] axum::http::Error),
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let answer = self.0.execute(request.try_into()?).await?;
            let mut response = axum::http::Response::builder().status(answer.status());
            for (name, value) in answer.headers() {
                response = response.header(name, value);
            }
            Ok(response.body(answer.bytes().await?.to_vec())?)
        })
    }
}
