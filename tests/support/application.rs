//! A scripted application (relying party): it sends people to Usher and checks everything it gets back
//! with code of its own (OIDC Core 3.1.3.7, RFC 7636, RFC 9207).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::Url;

use super::browser::Landing;
use super::http::{self as wire, Answered};
use super::jose;
use super::usher::Usher;

/// An application as it is registered and as it behaves.
#[derive(Debug, Clone)]
pub struct Application {
    pub id: String,
    pub secret: Option<String>,
    pub redirect_uri: String,
    entry: Value,
}

impl Application {
    /// A confidential web application at `https://{id}.test/cb`, offering every connection and the password form.
    pub fn web(id: &str) -> Self {
        let secret = format!("{}-of-{id}", jose::random());
        let mut app = Self::public(id, "web", &format!("https://{id}.test/cb"));
        app.entry["secret"] = json!(secret);
        app.secret = Some(secret);
        app
    }

    /// A public application in the browser.
    pub fn spa(id: &str) -> Self {
        let app = Self::public(id, "spa", &format!("https://{id}.test/cb"));
        app.with("origins", json!([format!("https://{id}.test")]))
    }

    /// A public application on a device.
    pub fn native(id: &str) -> Self {
        Self::public(id, "native", "http://127.0.0.1/cb")
    }

    fn public(id: &str, kind: &str, redirect_uri: &str) -> Self {
        let entry = json!({ "id": id, "name": format!("The {id}"), "kind": kind, "redirect_uris": [redirect_uri],
            "post_logout_redirect_uris": [format!("https://{id}.test/bye")] });
        Self { id: id.into(), secret: None, redirect_uri: redirect_uri.into(), entry }
    }

    /// Changes a key of its `[[application]]` entry.
    #[must_use]
    pub fn with(mut self, key: &str, value: Value) -> Self {
        self.entry[key] = value;
        self
    }

    /// Its `[[application]]` entry.
    pub fn entry(&self) -> Value {
        self.entry.clone()
    }

    /// A new authorization request with state, nonce and PKCE.
    pub fn request(&self, usher: &Usher) -> AuthorizationRequest {
        let (state, nonce, verifier) = (jose::random(), jose::random(), jose::random());
        let mut request = AuthorizationRequest {
            state: state.clone(),
            nonce: nonce.clone(),
            verifier: verifier.clone(),
            redirect_uri: self.redirect_uri.clone(),
            issuer: usher.base.clone(),
            parameters: Vec::new(),
        };
        let challenge = jose::b64(jose::sha256(&verifier));
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", &self.id),
            ("redirect_uri", &self.redirect_uri),
            ("scope", "openid email profile offline_access"),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ] {
            request.parameters.push((name.into(), value.into()));
        }
        request
    }

    /// Posts to the token endpoint with this application's credentials.
    pub async fn token_call(&self, usher: &Usher, fields: &[(&str, &str)]) -> Answered {
        self.token_call_at(&usher.at(0, "/oauth2/token"), fields).await
    }

    /// The same at a node of the test's choice.
    pub async fn token_call_at(&self, url: &str, fields: &[(&str, &str)]) -> Answered {
        let mut fields: Vec<(&str, &str)> = fields.to_vec();
        let mut request = wire::client().post(url);
        match &self.secret {
            Some(secret) => request = request.header("authorization", basic(&self.id, secret)),
            None => fields.push(("client_id", &self.id)),
        }
        wire::send(request.form(&fields)).await
    }

    /// Redeems a code; the answer may be a refusal.
    pub async fn try_redeem(&self, usher: &Usher, request: &AuthorizationRequest, code: &str) -> Answered {
        let fields = request.redemption(code);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        self.token_call(usher, &fields).await
    }

    /// Redeems a code and checks the tokens.
    pub async fn redeem(&self, usher: &Usher, request: &AuthorizationRequest, code: &str) -> Tokens {
        let answer = self.try_redeem(usher, request, code).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(answer.header("cache-control").contains("no-store"), "tokens must not be cached");
        self.checked(usher, answer.json(), Some(&request.nonce)).await
    }

    /// Uses a refresh token; the answer may be a refusal.
    pub async fn try_refresh(&self, usher: &Usher, refresh_token: &str) -> Answered {
        self.token_call(usher, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    /// Uses a refresh token and checks the tokens.
    pub async fn refresh(&self, usher: &Usher, refresh_token: &str) -> Tokens {
        let answer = self.try_refresh(usher, refresh_token).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        self.checked(usher, answer.json(), None).await
    }

    async fn checked(&self, usher: &Usher, answer: Value, nonce: Option<&str>) -> Tokens {
        assert!(answer["token_type"].as_str().is_some_and(|t| t.eq_ignore_ascii_case("bearer")), "{answer}");
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        let access_token = text("access_token").expect("an access token");
        let id_token = text("id_token").expect("an ID token");
        let jwks = wire::get(&usher.at(0, "/oauth2/jwks")).await.json();
        let (header, claims) = jose::verify(&id_token, &jwks);
        let now = usher.clock.now();
        assert_eq!(claims["iss"], json!(usher.base), "iss");
        assert!(claims["aud"] == json!(self.id) || claims["aud"] == json!([self.id]), "aud: {claims}");
        assert!(claims["exp"].as_i64().is_some_and(|exp| exp > now), "exp: {claims}");
        assert!(claims["iat"].as_i64().is_some_and(|iat| (iat - now).abs() < 30), "iat: {claims}");
        assert!(claims["sub"].as_str().is_some_and(|sub| (1..256).contains(&sub.len())), "sub: {claims}");
        if let Some(nonce) = nonce {
            assert_eq!(claims["nonce"], json!(nonce), "nonce");
        }
        if let Some(hash) = claims["at_hash"].as_str() {
            assert_eq!(hash, jose::half_hash(&access_token), "at_hash");
        }
        Tokens { access_token, id_token, refresh_token: text("refresh_token"), header, claims, answer }
    }

    /// Asks the userinfo endpoint; the answer may be a refusal.
    pub async fn try_userinfo(&self, usher: &Usher, access_token: &str) -> Answered {
        wire::send(wire::client().get(usher.at(0, "/oauth2/userinfo")).bearer_auth(access_token)).await
    }

    /// The claims about the person, whose `sub` must be that of the ID token.
    pub async fn userinfo(&self, usher: &Usher, tokens: &Tokens) -> Value {
        let answer = self.try_userinfo(usher, &tokens.access_token).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let claims = answer.json();
        assert_eq!(claims["sub"], tokens.claims["sub"], "userinfo sub");
        claims
    }
}

/// `Authorization: Basic` with form-encoded halves (RFC 6749 section 2.3.1).
pub fn basic(id: &str, secret: &str) -> String {
    let half = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", half(id), half(secret))))
}

/// What an application sent a person away with.
#[derive(Debug, Clone)]
pub struct AuthorizationRequest {
    pub state: String,
    pub nonce: String,
    pub verifier: String,
    pub redirect_uri: String,
    issuer: String,
    parameters: Vec<(String, String)>,
}

impl AuthorizationRequest {
    /// Sets or replaces a parameter.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        self.without(name).twice(name, value)
    }

    /// Adds a parameter although it may be there already.
    #[must_use]
    pub fn twice(mut self, name: &str, value: &str) -> Self {
        match name {
            "state" => value.clone_into(&mut self.state),
            "nonce" => value.clone_into(&mut self.nonce),
            "redirect_uri" => value.clone_into(&mut self.redirect_uri),
            _ => {}
        }
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// Leaves a parameter out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.parameters.retain(|(known, _)| known != name);
        self
    }

    /// The parameters, form encoded.
    pub fn encoded(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.parameters).finish()
    }

    /// The parameters as form fields.
    pub fn fields(&self) -> &[(String, String)] {
        &self.parameters
    }

    /// The address to send the person to.
    pub fn url(&self) -> String {
        format!("{}/oauth2/authorize?{}", self.issuer, self.encoded())
    }

    /// The answer at the redirect URI, with `state` and `iss` checked.
    fn answer(&self, url: &Url) -> Vec<(String, String)> {
        assert!(url.as_str().starts_with(&self.redirect_uri), "answered at {url}");
        let answer: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let all = |name: &str| answer.iter().filter(|(k, _)| k == name).map(|(_, v)| v.as_str()).collect::<Vec<_>>();
        let sent_state = self.parameters.iter().any(|(k, _)| k == "state");
        assert_eq!(all("state"), if sent_state { vec![self.state.as_str()] } else { vec![] }, "state in {url}");
        assert_eq!(all("iss"), vec![self.issuer.as_str()], "iss in {url} (RFC 9207)");
        answer
    }

    /// The code in an answer at the redirect URI.
    pub fn code(&self, landing: Landing) -> String {
        let url = landing.left();
        let answer = self.answer(&url);
        let code = answer.iter().find(|(k, _)| k == "code").map(|(_, v)| v.clone());
        code.unwrap_or_else(|| panic!("no code in {url}"))
    }

    /// The error in an answer at the redirect URI.
    pub fn error(&self, landing: Landing) -> String {
        let url = landing.left();
        let answer = self.answer(&url);
        assert!(!answer.iter().any(|(k, _)| k == "code"), "a code in {url}");
        let error = answer.iter().find(|(k, _)| k == "error").map(|(_, v)| v.clone());
        error.unwrap_or_else(|| panic!("no error in {url}"))
    }

    /// The fields that redeem a code.
    pub fn redemption(&self, code: &str) -> [(&'static str, String); 4] {
        [
            ("grant_type", "authorization_code".into()),
            ("code", code.into()),
            ("redirect_uri", self.redirect_uri.clone()),
            ("code_verifier", self.verifier.clone()),
        ]
    }
}

/// Tokens that were checked.
#[derive(Debug, Clone)]
pub struct Tokens {
    pub access_token: String,
    pub id_token: String,
    pub refresh_token: Option<String>,
    pub header: Value,
    pub claims: Value,
    /// The whole answer of the token endpoint.
    pub answer: Value,
}

impl Tokens {
    /// `sub` of the ID token.
    pub fn sub(&self) -> &str {
        self.claims["sub"].as_str().expect("a subject")
    }

    /// The refresh token, which must be there.
    pub fn refresh(&self) -> &str {
        self.refresh_token.as_deref().expect("a refresh token")
    }
}
