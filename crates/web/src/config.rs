//! Configuration: defaults, then a TOML file, then `USHER_*` variables, then the command line.
//!
//! The master key may come from the environment or a file, never from the command line, where other
//! people of the machine could read it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize};
use url::Url;
use usher_domain::SecretText;

/// Names that may come from the environment, without the prefix `USHER_`.
const NAMES: [&str; 12] = [
    "public_url",
    "listen",
    "database",
    "bootstrap",
    "key_file",
    "master_key",
    "allow_private",
    "trusted_proxies",
    "smtp_url",
    "mail_from",
    "log",
    "log_format",
];

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What the command line may set; everything is optional.
#[derive(Debug, Clone, Default, Args, Serialize)]
pub struct ConfigArgs {
    /// TOML file with the same names in `lower_case`
    #[arg(long, value_name = "FILE", env = "USHER_CONFIG")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// URL under which browsers reach Usher; its issuer
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// Address and port to listen on
    #[arg(long, value_name = "ADDR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<String>,
    /// `sqlite:PATH` or `postgres://...`
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// Declarative file read at start: connections, applications, users
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bootstrap: Option<PathBuf>,
    /// File with the master key; made at first start with SQLite
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// Private addresses that providers may live on: CIDR, IP, host or host:port; comma-separated
    #[arg(long, value_name = "LIST")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_private: Option<String>,
    /// Proxies whose `X-Forwarded-For` is believed: CIDRs, comma-separated
    #[arg(long, value_name = "LIST")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted_proxies: Option<String>,
    /// Mail server, `smtps://user:password@host`; with a password better in the file or the environment
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smtp_url: Option<String>,
    /// Sender of mail, `Usher <no-reply@example.com>`
    #[arg(long, value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail_from: Option<String>,
    /// How log lines are written
    #[arg(long, value_name = "FORMAT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_format: Option<LogFormat>,
}

/// The whole configuration.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    /// Issuer and base of every URL; no trailing slash.
    #[serde(deserialize_with = "public_url")]
    pub public_url: String,
    /// Where to listen.
    pub listen: SocketAddr,
    /// `sqlite:PATH` or `postgres://…`.
    pub database: String,
    /// Bootstrap file.
    #[serde(default)]
    pub bootstrap: Option<PathBuf>,
    /// Key file.
    #[serde(default)]
    pub key_file: Option<PathBuf>,
    /// Master key itself.
    #[serde(default, deserialize_with = "secret")]
    pub master_key: Option<SecretText>,
    /// Private addresses that outgoing requests may reach.
    #[serde(default, deserialize_with = "list")]
    pub allow_private: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    #[serde(default, deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// Mail server, with its password.
    #[serde(default, deserialize_with = "secret_unless_empty")]
    pub smtp_url: Option<SecretText>,
    /// Sender of mail.
    #[serde(default)]
    pub mail_from: Option<String>,
    /// Filter of the log, as `tracing` reads it.
    pub log: String,
    /// How log lines are written.
    #[serde(default)]
    pub log_format: LogFormat,
}

#[derive(Serialize)]
struct Defaults {
    public_url: &'static str,
    listen: &'static str,
    database: &'static str,
    log: &'static str,
}

const DEFAULTS: Defaults = Defaults {
    public_url: "http://localhost:8080",
    listen: "127.0.0.1:8080",
    database: "sqlite:data/usher.db",
    log: "info",
};

/// Why the configuration was refused; one line.
#[derive(Debug, thiserror::Error)]
#[error("configuration: {0}")]
pub struct ConfigError(String);

impl Config {
    /// Puts the layers together.
    pub fn load(args: &ConfigArgs) -> Result<Self, ConfigError> {
        let mut layers = Figment::from(Serialized::defaults(DEFAULTS));
        if let Some(path) = &args.config {
            if !path.exists() {
                return Err(ConfigError(format!("there is no file {}", path.display())));
            }
            layers = layers.merge(Toml::file_exact(path));
        }
        layers
            .merge(Env::prefixed("USHER_").only(&NAMES).lowercase(true))
            .merge(Serialized::defaults(args))
            .extract()
            .map_err(|fault| ConfigError(fault.to_string()))
    }

    /// Whether the embedded database is used.
    pub fn is_embedded(&self) -> bool {
        self.database.starts_with("sqlite:")
    }

    /// Where the key file is: as configured, else beside the embedded database.
    pub fn key_path(&self) -> Option<PathBuf> {
        self.key_file.clone().or_else(|| {
            let database = self.database.strip_prefix("sqlite:")?.trim_start_matches("//");
            Some(Path::new(database).parent().unwrap_or_else(|| Path::new(".")).join("master.key"))
        })
    }
}

fn public_url<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    use serde::de::Error as _;
    let text = String::deserialize(from)?;
    let url = Url::parse(&text).map_err(|_| D::Error::custom("public_url is not a URL"))?;
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
        return Err(D::Error::custom("public_url must be https (http only for localhost and loopback addresses)"));
    }
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.path() != "/" {
        return Err(D::Error::custom("public_url is scheme, host and port only"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SecretText>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(SecretText::new))
}

/// An empty variable is one that is not set: compose files pass them on.
fn secret_unless_empty<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SecretText>, D::Error> {
    let text = Option::<String>::deserialize(from)?.filter(|text| !text.trim().is_empty());
    Ok(text.map(SecretText::new))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum TextOrList {
    Text(String),
    List(Vec<String>),
}

fn list<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let entries = match TextOrList::deserialize(from)? {
        TextOrList::Text(text) => text.split(',').map(str::to_owned).collect(),
        TextOrList::List(list) => list,
    };
    Ok(entries.into_iter().map(|e| e.trim().to_owned()).filter(|e| !e.is_empty()).collect())
}

fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpNet>, D::Error> {
    use serde::de::Error as _;
    list(from)?
        .iter()
        .map(|entry| {
            entry
                .parse::<IpNet>()
                .or_else(|_| entry.parse::<std::net::IpAddr>().map(IpNet::from))
                .map_err(|_| D::Error::custom(format!("trusted_proxies: '{entry}' is neither an address nor a CIDR")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(args: &ConfigArgs) -> Result<Config, ConfigError> {
        Config::load(args)
    }

    #[test]
    fn defaults_make_a_loopback_instance_on_sqlite() {
        let config = with(&ConfigArgs::default()).unwrap();
        assert_eq!(config.public_url, "http://localhost:8080");
        assert_eq!(config.key_path(), Some(PathBuf::from("data/master.key")));
        assert!(config.is_embedded());
    }

    #[test]
    fn public_urls_are_https_or_loopback() {
        let url = |text: &str| with(&ConfigArgs { public_url: Some(text.into()), ..ConfigArgs::default() });
        assert_eq!(url("https://id.corp.test/").unwrap().public_url, "https://id.corp.test");
        for bad in ["http://id.corp.test", "https://id.corp.test/x", "https://id.corp.test?x", "id.corp.test", ""] {
            assert!(url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_empty_mail_server_is_none() {
        let with_url = |text: &str| with(&ConfigArgs { smtp_url: Some(text.into()), ..ConfigArgs::default() }).unwrap();
        assert_eq!(with_url("smtp://localhost").smtp_url, Some(SecretText::new("smtp://localhost")));
        assert_eq!((with_url("").smtp_url, with_url(" ").smtp_url), (None, None));
        let printed = format!("{:?}", with_url("smtps://usher:hunter2@mail.corp.test"));
        assert!(!printed.contains("hunter2"), "{printed}");
    }

    #[test]
    fn lists_are_comma_separated() {
        let config = with(&ConfigArgs {
            allow_private: Some("127.0.0.1:9101, 10.0.0.0/8".into()),
            trusted_proxies: Some("10.0.0.1,192.168.0.0/16".into()),
            ..ConfigArgs::default()
        })
        .unwrap();
        assert_eq!(config.allow_private, ["127.0.0.1:9101", "10.0.0.0/8"]);
        assert_eq!(config.trusted_proxies.len(), 2);
    }
}
