//! The account page: views over `templates/account`, all in one frame.

mod home;
mod linked;
mod security;
mod shell;

pub use home::{HomePage, WithoutAccountPage};
pub use linked::{ConfirmLinkPage, LinkedPage, LinkedView, UnlinkPage};
pub use security::{AppPage, CodesPage, DevicePage, DeviceView, NewPasskeyPage, PasswordPage, SecurityPage};
pub use shell::{FLASHES, Section, Shell, flash};
