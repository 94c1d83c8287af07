//! A browser without a screen that does what the guide says: from the shop through Usher to Acme and back, refresh,
//! sign out, and in again. Follows links and submits forms as they stand in the pages, so it only works where a person
//! without JavaScript would get through.

use scraper::{ElementRef, Html, Selector};
use url::Url;

use crate::parties::{Parties, Person};

/// Where the walk ended early.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    #[error("{0}")]
    Http(#[from] reqwest::Error),
    #[error("{url} answered {status}: {text}")]
    Status { url: String, status: u16, text: String },
    #[error("there is no {what} on {url}: {text}")]
    Missing { what: String, url: String, text: String },
    #[error("{what} is {found:?}, not {wanted:?}")]
    Differs { what: &'static str, found: String, wanted: String },
}

/// Signs the first person in, refreshes, signs out, and signs in again: the same account must come back.
pub async fn sign_in_twice(parties: &Parties) -> Result<(), WalkError> {
    let [person, _] = &parties.people;
    let browser = Browser::new()?;
    let first = sign_in(&browser, parties, person).await?;
    equal("the name", &first.text("#person")?, person.name)?;
    let subject = first.text("td[data-claim=sub]")?;

    let refreshed = browser.submit(&first, "form[action='/refresh']", &[]).await?;
    equal("the number of refreshes", &refreshed.text("#refreshed")?, "1")?;

    let out = browser.submit(&refreshed, "form[action='/sign-out']", &[]).await?;
    out.link("#sign-in")?;
    let second = sign_in(&browser, parties, person).await?;
    equal("the subject", &second.text("td[data-claim=sub]")?, &subject)
}

async fn sign_in(browser: &Browser, parties: &Parties, person: &Person) -> Result<Page, WalkError> {
    let shop = browser.open(&parties.shop).await?;
    let choice = browser.open(shop.link("#sign-in")?.as_str()).await?;
    let mut page = browser.open(choice.link("a[href*='/go/acme']")?.as_str()).await?;
    // Acme remembers people: the second time it asks nothing.
    if page.url.as_str().starts_with(&parties.acme) {
        let typed = [("username", person.username), ("password", person.password)];
        page = browser.submit(&page, "form:has(input[type=password])", &typed).await?;
    }
    if page.url.as_str().trim_end_matches('/') == parties.shop { Ok(page) } else { Err(page.missing("shop")) }
}

fn equal(what: &'static str, found: &str, wanted: &str) -> Result<(), WalkError> {
    if found == wanted {
        return Ok(());
    }
    Err(WalkError::Differs { what, found: found.to_owned(), wanted: wanted.to_owned() })
}

/// Keeps cookies and follows redirects.
struct Browser(reqwest::Client);

impl Browser {
    #[expect(clippy::disallowed_methods, reason = "stands for a person's browser on loopback, not for the server")]
    fn new() -> Result<Self, WalkError> {
        let client = reqwest::Client::builder()
            .cookie_store(true)
            .redirect(reqwest::redirect::Policy::limited(20))
            .no_proxy()
            .timeout(std::time::Duration::from_secs(20))
            .build()?;
        Ok(Self(client))
    }

    async fn open(&self, url: &str) -> Result<Page, WalkError> {
        Page::read(self.0.get(url).send().await?).await
    }

    /// Submits the form with its hidden fields and what was typed.
    async fn submit(&self, page: &Page, form: &str, typed: &[(&str, &str)]) -> Result<Page, WalkError> {
        let (action, fields) = page.form(form, typed)?;
        let origin = page.url.origin().ascii_serialization();
        let request = self.0.post(action).header("origin", origin).header("referer", page.url.as_str());
        Page::read(request.form(&fields).send().await?).await
    }
}

struct Page {
    url: Url,
    body: String,
}

impl Page {
    async fn read(response: reqwest::Response) -> Result<Self, WalkError> {
        let (url, status) = (response.url().clone(), response.status());
        let body = response.text().await?;
        if status.is_success() {
            return Ok(Self { url, body });
        }
        Err(WalkError::Status { url: url.into(), status: status.as_u16(), text: words(&body) })
    }

    fn missing(&self, what: &str) -> WalkError {
        WalkError::Missing { what: what.to_owned(), url: self.url.to_string(), text: words(&self.body) }
    }

    fn find<T>(&self, selector: &str, read: impl FnOnce(ElementRef<'_>) -> Option<T>) -> Result<T, WalkError> {
        let document = Html::parse_document(&self.body);
        let found = Selector::parse(selector).ok().and_then(|parsed| document.select(&parsed).next().and_then(read));
        found.ok_or_else(|| self.missing(selector))
    }

    fn text(&self, selector: &str) -> Result<String, WalkError> {
        self.find(selector, |element| Some(element.text().collect::<String>().trim().to_owned()))
    }

    fn link(&self, selector: &str) -> Result<Url, WalkError> {
        self.find(selector, |element| self.url.join(element.attr("href")?).ok())
    }

    /// Where a form goes and what it sends: every named field, with what was typed in place of what stood there.
    fn form(&self, selector: &str, typed: &[(&str, &str)]) -> Result<(Url, Vec<(String, String)>), WalkError> {
        self.find(selector, |form| {
            let action = self.url.join(form.attr("action").unwrap_or_default()).ok()?;
            let inputs = Selector::parse("input[name]").ok()?;
            let mut fields: Vec<(String, String)> = typed.iter().map(|&(n, v)| (n.to_owned(), v.to_owned())).collect();
            for input in form.select(&inputs) {
                let name = input.attr("name")?;
                let unticked = input.attr("type") == Some("checkbox") && input.attr("checked").is_none();
                if !unticked && typed.iter().all(|(known, _)| *known != name) {
                    fields.push((name.to_owned(), input.attr("value").unwrap_or_default().to_owned()));
                }
            }
            Some((action, fields))
        })
    }
}

/// What a page says, without its markup and not all of it.
fn words(body: &str) -> String {
    let document = Html::parse_document(body);
    let text: String = document.root_element().text().collect::<Vec<_>>().join(" ");
    text.split_whitespace().take(60).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Page, equal};

    fn page() -> Page {
        let body = r#"<a id="x" href="/there">go</a><form action="/in"><input name="csrf" value="t">
            <input name="password" type="password"><input name="keep" type="checkbox" value="1"></form>"#;
        Page { url: "http://localhost:1/login/f".parse().unwrap(), body: body.to_owned() }
    }

    #[test]
    fn a_form_sends_what_stands_in_it_and_what_was_typed() {
        let (action, mut fields) = page().form("form:has(input[type=password])", &[("password", "p")]).unwrap();
        fields.sort();
        assert_eq!(action.as_str(), "http://localhost:1/in");
        assert_eq!(fields, [("csrf".into(), "t".into()), ("password".into(), "p".into())]);
    }

    #[test]
    fn what_is_not_there_is_named() {
        assert_eq!(page().link("#x").unwrap().as_str(), "http://localhost:1/there");
        let fault = page().link("a[href*='/go/acme']").unwrap_err().to_string();
        assert!(fault.contains("/go/acme") && fault.contains("/login/f"), "{fault}");
        assert!(equal("the name", "Ann", "Bob").is_err());
    }
}
