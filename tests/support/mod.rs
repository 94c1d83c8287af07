//! What the stories are told with: the real server, a scripted browser, application and provider.

pub mod application;
pub mod browser;
pub mod clock;
pub mod database;
pub mod http;
pub mod idp;
pub mod jose;
pub mod page;
pub mod passkey;
pub mod ports;
pub mod postgres;
pub mod refusal;
pub mod sealed;
pub mod setup;
pub mod smtp;
pub mod totp;
pub mod usher;

pub use application::Application;
pub use browser::{Browser, Landing};
pub use idp::{Answer, Endpoint, Idp, Signing};
pub use page::{Form, Page};
pub use passkey::SoftPasskey;
pub use refusal::Watch;
pub use setup::Setup;
pub use smtp::{Mood, Sink};
pub use usher::Usher;
