//! How a broker is spoken to: a small TOML file, so that the same people can sign in through any product
//! (`benches/profiles/*.toml`, explained in `docs/performance.md`). `{base}` and other words in braces are filled in.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::fault::Fault;

/// One broker.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// As the report calls it.
    pub name: String,
    /// `iss` of its ID tokens; with none only the signature and the audience count.
    pub issuer: Option<String>,
    /// Authorization endpoint.
    pub authorize: String,
    /// Token endpoint.
    pub token: String,
    /// Its keys.
    pub jwks: String,
    /// The application's id.
    pub client_id: String,
    /// The application's secret.
    pub client_secret: String,
    /// How the application proves itself.
    #[serde(default)]
    pub client_auth: ClientAuth,
    /// Where the code goes; never fetched.
    pub redirect_uri: String,
    /// What the application asks for.
    #[serde(default = "scope")]
    pub scope: String,
    /// Further parameters of the authorization request: a hint that picks the provider, for example.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// What a person does on pages: the first rule that fits.
    #[serde(default)]
    pub page: Vec<PageRule>,
    /// How it is started, where the harness starts it.
    pub run: Option<Run>,
}

/// How an application authenticates at the token endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientAuth {
    #[default]
    Basic,
    Post,
}

/// What a person does where `has` (a CSS selector) is on the page: follows a link, or fills in and sends a form.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageRule {
    pub has: String,
    /// The link, where one is followed; otherwise the form around `has` (or the page's first) is sent.
    pub click: Option<String>,
    /// Fields to set. `{totp}` is the code of the person's authenticator app.
    #[serde(default)]
    pub fill: BTreeMap<String, String>,
    /// A link whose parameter `secret` is the key of an authenticator app about to be set up.
    pub learn: Option<String>,
}

/// How a peer is started: a program that becomes the broker. Its environment says where to listen (`PORT`), where the
/// provider is (`UPSTREAM`, `CLIENT_ID`, `CLIENT_SECRET`), who the application is (`APP_*`), and where it may write.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Relative to the project's top folder.
    pub program: String,
    /// The origin that it believes to have, where it insists on `https`: people reach it as through a proxy that ends TLS.
    pub public: Option<String>,
    /// Answers 200 when it is ready.
    pub ready: String,
    /// Sign-ins per second in the open loop.
    #[serde(default = "rate")]
    pub rate: u32,
}

fn scope() -> String {
    "openid email profile".to_owned()
}

fn rate() -> u32 {
    5
}

impl Profile {
    /// Reads a profile.
    pub fn read(path: &Path) -> Result<Self, Fault> {
        let text = std::fs::read_to_string(path).map_err(|source| Fault::File { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|source| Fault::Profile { path: path.to_owned(), source: Box::new(source) })
    }

    /// The profile in a text.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The profile with these words filled in.
    #[must_use]
    pub fn with(mut self, words: &[(&str, &str)]) -> Self {
        let texts = [
            &mut self.authorize,
            &mut self.token,
            &mut self.jwks,
            &mut self.client_id,
            &mut self.client_secret,
            &mut self.redirect_uri,
        ];
        for text in texts {
            *text = filled(text, words);
        }
        self.issuer.iter_mut().for_each(|text| *text = filled(text, words));
        self.parameters.values_mut().for_each(|text| *text = filled(text, words));
        for rule in &mut self.page {
            rule.has = filled(&rule.has, words);
            rule.click = rule.click.as_deref().map(|text| filled(text, words));
            rule.fill.values_mut().for_each(|text| *text = filled(text, words));
        }
        if let Some(run) = &mut self.run {
            run.ready = filled(&run.ready, words);
        }
        self
    }
}

/// How people reach a broker that believes to have another address.
#[derive(Debug, Clone, Default)]
pub struct Detour(Option<(String, String)>);

impl Detour {
    /// From the public origin to the local one.
    pub fn new(public: &str, local: &str) -> Self {
        Self((public != local).then(|| (public.to_owned(), local.to_owned())))
    }

    /// A request to a public address.
    pub fn request(&self, client: &reqwest::Client, method: reqwest::Method, url: &str) -> reqwest::RequestBuilder {
        let Some((public, local)) = &self.0 else { return client.request(method, url) };
        let Some(rest) = url.strip_prefix(public.as_str()) else { return client.request(method, url) };
        let host = public.split_once("//").map_or(public.as_str(), |(_, host)| host);
        client.request(method, format!("{local}{rest}")).header("host", host).header("x-forwarded-proto", "https")
    }
}

/// `{word}` replaced; a word that is not there stays as it is.
pub fn filled(text: &str, words: &[(&str, &str)]) -> String {
    words.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_filled_in_everywhere() {
        let text = "
            name = 'x'
            issuer = '{base}'
            authorize = '{base}/a'
            token = '{base}/t'
            jwks = '{base}/j'
            client_id = 'app'
            client_secret = 's'
            redirect_uri = 'https://app.test/cb'
            parameters = { hint = '{connection}' }
            [[page]]
            has = 'a.{connection}'
            fill = { code = '{totp}' }
        ";
        let profile = Profile::parse(text).unwrap().with(&[("base", "http://b.test"), ("connection", "acme")]);
        assert_eq!(profile.issuer.as_deref(), Some("http://b.test"));
        assert_eq!((profile.token.as_str(), profile.parameters["hint"].as_str()), ("http://b.test/t", "acme"));
        assert_eq!((profile.page[0].has.as_str(), profile.page[0].fill["code"].as_str()), ("a.acme", "{totp}"));
    }

    #[test]
    fn a_key_that_nobody_knows_is_refused() {
        assert!(Profile::parse("name = 'x'\nauthorise = 'y'").is_err());
    }
}
