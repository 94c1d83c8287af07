//! The two pages of the shop.

use askama::Template;

use super::provider::Account;

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    account: Option<&'a Account>,
}

#[derive(Template)]
#[template(path = "refused.html")]
struct Refused<'a> {
    why: &'a str,
}

/// Who is signed in and what Usher said about them, or the buttons to sign in.
pub fn home(account: Option<&Account>) -> Result<String, askama::Error> {
    Home { account }.render()
}

/// Why somebody is not signed in.
pub fn refused(why: &str) -> Result<String, askama::Error> {
    Refused { why }.render()
}
