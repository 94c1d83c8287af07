//! The account page: views over `templates/account`, all in one frame.

mod activity;
mod home;
mod linked;
mod profile;
mod security;
mod shell;

pub use activity::{
    ApplicationEntry, ApplicationsPage, HistoryEntry, HistoryPage, NotMePage, SessionEntry, SessionsPage,
};
pub use home::{HomePage, WithoutAccountPage};
pub use linked::{ConfirmLinkPage, LinkedPage, LinkedView, UnlinkPage};
pub use profile::{AttributeEntry, EmailPage, ProfilePage};
pub use security::{AppPage, CodesPage, DevicePage, DeviceView, NewPasskeyPage, PasswordPage, SecurityPage};
pub use shell::{FLASHES, Section, Shell, flash};
