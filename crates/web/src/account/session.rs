//! Who uses the account page: the owner behind the cookie, read anew at every request, and the ways to answer.
//!
//! No ticket leads to the sign-in; an account that was switched off is refused at once; a POST without its token, or from
//! a foreign page, changes nothing (WEB-01).

use askama::Template;
use axum::extract::{Form, FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{Method, StatusCode};
use usher_broker::account::sign_in::Demand;
use usher_broker::account::{self, Entered, NotDone, Person};
use usher_broker::{Broker, Failure, Refusal, Visitor};
use usher_domain::RefusalCode;

use crate::caller::Caller;
use crate::console::fields::Fields;
use crate::error::{WebError, see_other, with_cookie};
use crate::forms::{CSRF_FIELD, FormErrors, Verdict, judge_origin};
use crate::pages::account::{Section, Shell, flash};
use crate::pages::paths::routes;
use crate::pages::{Page, Ui};
use crate::state::App;

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
    /// `422`, or `409` where the account was changed meanwhile.
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
}

/// The owner of an account who is signed in.
pub struct Account {
    /// Shared state.
    pub app: App,
    /// The browser.
    pub caller: Caller,
    /// Who.
    pub person: Person,
    /// Texts in the person's language.
    pub ui: Ui,
    flash: Option<&'static str>,
    /// The page to come back to after a sign-in.
    here: String,
    /// How it is asked for: a form that was sent is lost by it.
    renewal: Demand,
}

impl Account {
    /// The use cases.
    pub fn broker(&self) -> &Broker {
        &self.app.broker
    }

    /// For the broker.
    pub fn visitor(&self) -> &Visitor {
        &self.caller.visitor
    }

    /// Whether the last sign-in is recent enough for what protects the account.
    pub fn is_fresh(&self) -> bool {
        self.person.is_fresh(self.broker().now())
    }

    /// The frame of a page.
    pub fn shell(&self, section: Section) -> Shell {
        Shell {
            ui: self.ui.clone(),
            section,
            name: self.person.user.username.to_string(),
            csrf: self.broker().csrf_token(&owner(&self.person)),
            flash: self.flash,
            fresh: self.is_fresh(),
        }
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

    /// Onwards after a deed, which the next page confirms; `flash` is one of [`crate::pages::account::FLASHES`].
    pub fn done(&self, location: &str, flash: &'static str) -> Response {
        with_cookie(see_other(location), &self.app.cookies.set_flash(flash))
    }

    /// A fault, or a refusal, as its page.
    pub fn fail(&self, failure: impl Into<Failure>) -> Stop {
        self.caller.fail(&self.app, failure).into()
    }

    /// A bare refusal.
    pub fn refuse(&self, code: RefusalCode) -> Stop {
        self.caller.refuse(&self.app, code).into()
    }

    /// Too many attempts.
    fn locked(&self, seconds: u64) -> Stop {
        let (correlation, now) = (self.visitor().correlation.clone(), self.broker().now());
        let mut refusal = Refusal::bare(RefusalCode::Locked, correlation, now);
        refusal.retry_after = Some(seconds);
        self.fail(refusal)
    }

    /// There is no such thing, or it is somebody else's: nobody learns which.
    pub fn gone(&self) -> Stop {
        self.refuse(RefusalCode::NotFound)
    }

    /// What a deed that was not done means for its form. Where it needs a fresh sign-in, the person goes there and comes
    /// back to the page.
    pub fn rejected(&self, error: NotDone) -> Result<Rejected, Stop> {
        match error {
            NotDone::Field { field, key } => Ok(Rejected::fields(FormErrors::at(field, self.ui.t(key)))),
            NotDone::Forbidden(key) => Ok(Rejected::fields(FormErrors::at("", self.ui.t(key)))),
            NotDone::Stale => {
                let errors = FormErrors::at("", self.ui.t("account-error-stale"));
                Ok(Rejected { status: StatusCode::CONFLICT, errors })
            }
            NotDone::Gone => Err(self.gone()),
            NotDone::Locked { seconds } => Err(self.locked(seconds)),
            NotDone::SignInAgain => Err(begin(&self.app, &self.caller, &self.here, self.renewal)),
            NotDone::Fault(fault) => Err(self.fail(fault)),
        }
    }

    /// The same where there is no form to show the words at.
    pub fn refused(&self, error: NotDone) -> Stop {
        self.rejected(error).err().unwrap_or_else(|| self.refuse(RefusalCode::BadRequest))
    }
}

/// Owner of the anti-forgery token: this account in this session.
fn owner(person: &Person) -> String {
    format!("account:{}:{}", person.session, person.user.id)
}

/// Off to the sign-in, and back to `return_to`.
pub fn begin(app: &App, caller: &Caller, return_to: &str, demand: Demand) -> Stop {
    match account::sign_in::begin(&app.broker, return_to, demand) {
        Ok(leg) => with_cookie(see_other(&leg.location), &app.cookies.set_account_waiting(&leg.cookie)).into(),
        Err(fault) => caller.fail(app, fault).into(),
    }
}

/// Where a request comes back to after a sign-in. A form that was sent is lost: its page is asked for anew, and that is
/// the page that sent it, where the browser says so.
fn return_to(parts: &Parts, app: &App) -> String {
    if parts.method == Method::GET {
        return parts.uri.path_and_query().map_or(routes::ACCOUNT, http::uri::PathAndQuery::as_str).to_owned();
    }
    let referrer = parts.headers.get(http::header::REFERER).and_then(|value| value.to_str().ok());
    let own = referrer.and_then(|url| url.strip_prefix(app.broker.public_url()));
    own.unwrap_or(routes::ACCOUNT).to_owned()
}

impl FromRequestParts<App> for Account {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Stop> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let ticket = app.cookies.value(&parts.headers, &app.cookies.account);
        let entered = account::enter(&app.broker, ticket.as_deref(), &caller.visitor).await;
        let here = return_to(parts, app);
        let person = match entered.map_err(|fault| caller.fail(app, fault))? {
            Entered::Person(person) => *person,
            Entered::Nobody => return Err(begin(app, &caller, &here, Demand::Entry)),
            Entered::Disabled => return Err(caller.refuse(app, RefusalCode::AccountDisabled).into()),
        };
        let flash = app.cookies.value(&parts.headers, &app.cookies.flash).and_then(|text| flash(&text));
        let ui = caller.ui();
        let renewal = if parts.method == Method::GET { Demand::Fresh } else { Demand::FreshAfterForm };
        Ok(Self { app: app.clone(), caller, person, ui, flash, here, renewal })
    }
}

/// A form that the owner sent from a page of theirs.
pub struct Posted {
    /// Who.
    pub account: Account,
    /// What was typed.
    pub fields: Fields,
}

impl FromRequest<App> for Posted {
    type Rejection = Stop;

    async fn from_request(request: Request, app: &App) -> Result<Self, Stop> {
        let (mut parts, body) = request.into_parts();
        let account = Account::from_request_parts(&mut parts, app).await?;
        if judge_origin(&parts.headers, app.broker.public_url()) == Verdict::Foreign {
            return Err(account.refuse(RefusalCode::CsrfFailed));
        }
        let form = Form::<Vec<(String, String)>>::from_request(Request::from_parts(parts, body), app).await;
        let fields = form.ok().and_then(|Form(pairs)| Fields::read(pairs));
        let Some(fields) = fields else { return Err(account.refuse(RefusalCode::BadRequest)) };
        if !app.broker.csrf_matches(&owner(&account.person), fields.text(CSRF_FIELD)) {
            return Err(account.refuse(RefusalCode::CsrfFailed));
        }
        Ok(Self { account, fields })
    }
}
