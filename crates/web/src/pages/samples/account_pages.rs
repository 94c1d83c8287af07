//! The account page with sample content.

use super::{Rendered, render};
use crate::pages::Ui;
use crate::pages::account::{HomePage, Section, Shell, WithoutAccountPage};

/// Makes the frame of a page.
pub type MakeShell<'a> = &'a dyn Fn(Section) -> Shell;

pub fn all(ui: &Ui, name: &str) -> Vec<Rendered> {
    let shell = |section| Shell {
        ui: ui.clone(),
        section,
        name: name.to_owned(),
        csrf: "t0ken".to_owned(),
        flash: Some("account-flash-saved"),
        fresh: true,
    };
    let mut pages = home(&shell, ui, name);
    pages.extend(super::account_security_pages::all(&shell, name));
    pages
}

fn home(shell: MakeShell<'_>, ui: &Ui, name: &str) -> Vec<Rendered> {
    vec![
        render("account-home", HomePage { shell: shell(Section::Home) }),
        render(
            "account-without",
            WithoutAccountPage {
                ui: ui.clone(),
                connection: name.to_owned(),
                again: "/account/sign-in".to_owned(),
                sign_out: "/logout".to_owned(),
            },
        ),
    ]
}
