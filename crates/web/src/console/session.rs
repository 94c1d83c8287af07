//! Who uses the console: the admin behind the session, re-read at every request, and the ways to answer.
//!
//! No session leads to the sign-in; a right that was taken away is a refusal at once; a POST without its token, or
//! from a foreign page, changes nothing (WEB-01).

use askama::Template;
use axum::extract::{Form, FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use usher_broker::console::{self, Admin, NotDone, Right};
use usher_broker::{Broker, Failure, Fault, Visitor};
use usher_domain::{RefusalCode, UserId};

use super::fields::Fields;
use super::words;
use crate::caller::Caller;
use crate::error::{WebError, see_other, with_cookie};
use crate::forms::{CSRF_FIELD, FormErrors, Verdict, judge_origin};
use crate::i18n::Language;
use crate::pages::console::{Flash, FlashKind, MessagePage, Reach, Section, Shell};
use crate::pages::paths::routes;
use crate::pages::{Link, Page, Ui, status_of};
use crate::state::App;

/// Key of [`Holder`] in the console's session.
pub const ADMIN_KEY: &str = "admin";

/// Whose session it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Holder {
    /// The account.
    pub user: UserId,
    /// Handle of the session; owns the anti-forgery token.
    pub sid: String,
}

impl Holder {
    fn owner(&self) -> String {
        format!("console:{}", self.sid)
    }
}

/// An answer instead of the page that was asked for.
pub struct Stop(Box<Response>);

impl From<WebError> for Stop {
    fn from(error: WebError) -> Self {
        error.into_response().into()
    }
}

impl From<Response> for Stop {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// What a handler answers.
pub type Answer = Result<Response, Stop>;

/// A form that was not accepted: what is wrong, and the status that says so.
pub struct Rejected {
    /// `422`, or `409` where somebody else was faster.
    pub status: StatusCode,
    /// What is wrong.
    pub errors: FormErrors,
}

impl Rejected {
    /// Nothing is wrong.
    pub fn none() -> Self {
        Self { status: StatusCode::OK, errors: FormErrors::none() }
    }

    /// What is wrong with the fields.
    pub fn fields(errors: FormErrors) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, errors }
    }

    /// Whether somebody else changed the object: the page then shows their version.
    pub fn is_stale(&self) -> bool {
        self.status == StatusCode::CONFLICT
    }
}

/// A signed-in admin.
pub struct Console {
    /// Shared state.
    pub app: App,
    /// The browser.
    pub caller: Caller,
    /// Who.
    pub admin: Admin,
    /// Texts; the console speaks English.
    pub ui: Ui,
    holder: Holder,
    flash: Option<FlashKind>,
}

impl Console {
    /// The use cases.
    pub fn broker(&self) -> &Broker {
        &self.app.broker
    }

    /// For the broker.
    pub fn visitor(&self) -> &Visitor {
        &self.caller.visitor
    }

    /// The frame of a page.
    pub fn shell(&self, section: Section) -> Shell {
        Shell {
            ui: self.ui.clone(),
            section,
            admin: self.admin.user.username.to_string(),
            csrf: self.broker().csrf_token(&self.holder.owner()),
            flash: self.flash.map(Flash),
            reach: self.reach(),
            frozen: !self.reach().manages(),
        }
    }

    /// The frame of a page on which people are helped.
    pub fn helping_shell(&self, section: Section) -> Shell {
        Shell { frozen: !self.reach().helps(), ..self.shell(section) }
    }

    fn reach(&self) -> Reach {
        match (self.admin.may(Right::Manage), self.admin.may(Right::HelpPeople)) {
            (true, _) => Reach::Everything,
            (false, true) => Reach::People,
            (false, false) => Reach::Nothing,
        }
    }

    /// A value of a person's as this admin sees it: masked for who only looks.
    pub fn shown(&self, value: &str) -> String {
        if self.reach().helps() { value.to_owned() } else { usher_broker::mask(value) }
    }

    /// A page; what the last redirect said is said once.
    pub fn page<T: Template>(&self, view: T) -> Response {
        self.page_as(StatusCode::OK, view)
    }

    /// A page with a status.
    pub fn page_as<T: Template>(&self, status: StatusCode, view: T) -> Response {
        let response = (status, Page(view)).into_response();
        if self.flash.is_some() { with_cookie(response, &self.app.cookies.clear_flash()) } else { response }
    }

    /// Onwards after a deed, which the next page confirms.
    pub fn done(&self, location: &str, flash: FlashKind) -> Response {
        with_cookie(see_other(location), &self.app.cookies.set_flash(flash.key()))
    }

    /// A fault, or a refusal, as its page.
    pub fn fail(&self, failure: impl Into<Failure>) -> Stop {
        self.caller.fail(&self.app, failure).into()
    }

    /// A page in the console's frame that only says something.
    pub fn refuse(&self, section: Section, code: RefusalCode) -> Stop {
        let view = MessagePage {
            shell: self.shell(section),
            code,
            back: Link { text: self.ui.t(section.key()), href: section.href().to_owned() },
            correlation: self.visitor().correlation.clone(),
            at: self.broker().now(),
        };
        self.page_as(status_of(code), view).into()
    }

    /// There is no such object.
    pub fn gone(&self, section: Section) -> Stop {
        self.refuse(section, RefusalCode::NotFound)
    }

    /// What a deed that was not done means for its form.
    pub fn rejected(&self, section: Section, error: NotDone) -> Result<Rejected, Stop> {
        match error {
            NotDone::Field { field, text } => Ok(Rejected::fields(FormErrors::at(field, words::sentence(&text)))),
            NotDone::Forbidden(text) => Ok(Rejected::fields(FormErrors::at("", words::sentence(&text)))),
            NotDone::Stale => {
                Ok(Rejected { status: StatusCode::CONFLICT, errors: FormErrors::at("", self.ui.t("error-stale")) })
            }
            NotDone::Gone => Err(self.gone(section)),
            NotDone::Fault(fault) => Err(self.fail(fault)),
        }
    }
}

impl FromRequestParts<App> for Console {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Stop> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let holder = caller.session.get::<Holder>(ADMIN_KEY).await;
        let holder = holder.map_err(|fault| caller.fail(app, Fault::unreadable("session", fault)))?;
        let Some(holder) = holder else { return Err(sign_in_first(parts, app, &caller)) };
        let admin = console::admin(&app.broker, &holder.user).await.map_err(|fault| caller.fail(app, fault))?;
        let Some(admin) = admin else {
            let ended = caller.session.flush().await;
            ended.map_err(|fault| caller.fail(app, Fault::unreadable("session", fault)))?;
            return Err(caller.refuse(app, RefusalCode::AppAccessDenied).into());
        };
        let right = right_for(&parts.method, parts.uri.path());
        let may = right.is_none_or(|right| admin.may(right));
        let flash = app.cookies.value(&parts.headers, &app.cookies.flash).and_then(|text| FlashKind::parse(&text));
        let console = Self { app: app.clone(), caller, admin, ui: Ui::new(Language::En), holder, flash };
        if may { Ok(console) } else { Err(console.refuse(Section::Home, RefusalCode::AppAccessDenied)) }
    }
}

/// The right that a request needs, by its address alone: what is not named here is for those who may do everything. None:
/// whoever is in may.
fn right_for(method: &Method, path: &str) -> Option<Right> {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').skip(1).collect();
    let looks = method == Method::GET || method == Method::HEAD;
    match (looks, parts.as_slice()) {
        (_, [] | ["" | "sign-out"]) => None,
        (true, ["users" | "signins", ..]) => Some(Right::LookAtPeople),
        (true, _) => Some(Right::LookAround),
        (false, ["users", _, "mfa" | "password" | "sessions"]) => Some(Right::HelpPeople),
        (false, _) => Some(Right::Manage),
    }
}

/// To the sign-in, and back to where the admin wanted to go. A form that was sent is lost: its page is asked for anew.
fn sign_in_first(parts: &Parts, app: &App, caller: &Caller) -> Stop {
    let asked = parts.uri.path_and_query().map_or(routes::HOME, http::uri::PathAndQuery::as_str);
    let return_to = if parts.method == Method::GET { asked } else { routes::HOME };
    match console::sign_in::begin(&app.broker, return_to) {
        Ok(leg) => with_cookie(see_other(&leg.location), &app.cookies.set_waiting(&leg.cookie)).into(),
        Err(fault) => caller.fail(app, fault).into(),
    }
}

/// A form that an admin sent from a page of the console.
pub struct Posted {
    /// Who.
    pub console: Console,
    /// What was typed.
    pub fields: Fields,
}

impl FromRequest<App> for Posted {
    type Rejection = Stop;

    async fn from_request(request: Request, app: &App) -> Result<Self, Stop> {
        let (mut parts, body) = request.into_parts();
        let console = Console::from_request_parts(&mut parts, app).await?;
        if judge_origin(&parts.headers, app.broker.public_url()) == Verdict::Foreign {
            return Err(console.refuse(Section::Home, RefusalCode::CsrfFailed));
        }
        let form = Form::<Vec<(String, String)>>::from_request(Request::from_parts(parts, body), app).await;
        let fields = form.ok().and_then(|Form(pairs)| Fields::read(pairs));
        let Some(fields) = fields else { return Err(console.refuse(Section::Home, RefusalCode::BadRequest)) };
        if !app.broker.csrf_matches(&console.holder.owner(), fields.text(CSRF_FIELD)) {
            return Err(console.refuse(Section::Home, RefusalCode::CsrfFailed));
        }
        Ok(Self { console, fields })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_nobody_thought_of_is_for_owners() {
        for (method, path, right) in [
            (Method::GET, "/console", None),
            (Method::POST, "/console/sign-out", None),
            (Method::GET, "/console/users/u_1/mfa", Some(Right::LookAtPeople)),
            (Method::GET, "/console/signins/7F3K", Some(Right::LookAtPeople)),
            (Method::GET, "/console/connections", Some(Right::LookAround)),
            (Method::GET, "/console/settings/security", Some(Right::LookAround)),
            (Method::POST, "/console/users/u_1/mfa", Some(Right::HelpPeople)),
            (Method::POST, "/console/users/u_1/password", Some(Right::HelpPeople)),
            (Method::POST, "/console/users/u_1/sessions", Some(Right::HelpPeople)),
            (Method::POST, "/console/users/u_1/state", Some(Right::Manage)),
            (Method::POST, "/console/users/u_1/mfa/x", Some(Right::Manage)),
            (Method::POST, "/console/users", Some(Right::Manage)),
            (Method::POST, "/console/settings/security", Some(Right::Manage)),
            (Method::PUT, "/console/anything", Some(Right::Manage)),
        ] {
            assert_eq!(right_for(&method, path), right, "{method} {path}");
        }
    }
}
