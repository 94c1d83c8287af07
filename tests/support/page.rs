//! A page as a simple scripted browser reads it: text, links, forms, the stable error code.

use std::fmt;

use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::http::Answered;

/// A page that the browser shows.
#[derive(Debug, Clone)]
pub struct Page {
    pub url: Url,
    pub answer: Answered,
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.error_code().unwrap_or_default();
        write!(f, "{} {} [{code}] {}", self.answer.status, self.url, self.text("main"))
    }
}

impl Page {
    /// Wraps an answer.
    pub fn new(url: Url, answer: Answered) -> Self {
        Self { url, answer }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.answer.status
    }

    /// The stable code of an error page.
    pub fn error_code(&self) -> Option<String> {
        let html = self.html();
        html.select(&selector("#error-code")).next().map(text_of)
    }

    /// The correlation id that the page's answer carries.
    pub fn correlation(&self) -> &str {
        self.answer.header("x-correlation-id")
    }

    /// Whether an element is there.
    pub fn has(&self, css: &str) -> bool {
        self.html().select(&selector(css)).next().is_some()
    }

    /// The text of the first element that fits, blanks folded; empty when there is none.
    pub fn text(&self, css: &str) -> String {
        self.html().select(&selector(css)).next().map(text_of).unwrap_or_default()
    }

    /// The text of every element that fits.
    pub fn texts(&self, css: &str) -> Vec<String> {
        self.html().select(&selector(css)).map(text_of).collect()
    }

    /// The values of an attribute of every element that fits.
    pub fn attributes(&self, css: &str, name: &str) -> Vec<String> {
        self.html().select(&selector(css)).filter_map(|e| e.attr(name)).map(str::to_owned).collect()
    }

    /// The address of the link whose address holds `part`.
    pub fn link(&self, part: &str) -> Url {
        let links = self.attributes("a[href]", "href");
        let href = links.iter().find(|href| href.contains(part));
        let href = href.unwrap_or_else(|| panic!("no link with {part} among {links:?} on {self}"));
        self.url.join(href).expect("a link address")
    }

    /// The form that holds a control with this name or id.
    pub fn form_with(&self, control: &str) -> Form {
        let html = self.html();
        let forms = selector("form");
        let wanted = selector(&format!("[name='{control}'], [id='{control}']"));
        let found = html.select(&forms).find(|form| form.select(&wanted).next().is_some());
        let form = found.unwrap_or_else(|| panic!("no form with {control} on {self}"));
        Form::read(&self.url, form)
    }

    /// Every form of the page.
    pub fn forms(&self) -> Vec<Form> {
        self.html().select(&selector("form")).map(|form| Form::read(&self.url, form)).collect()
    }

    /// The first form of the page.
    pub fn form(&self) -> Form {
        let html = self.html();
        let form = html.select(&selector("form")).next();
        Form::read(&self.url, form.unwrap_or_else(|| panic!("no form on {self}")))
    }

    fn html(&self) -> Html {
        Html::parse_document(&self.answer.body)
    }
}

/// A form with the values that a browser would send.
#[derive(Debug, Clone)]
pub struct Form {
    pub page: Url,
    pub action: Url,
    pub method: String,
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// A form that no page of Usher offers.
    pub fn forged(action: &str, fields: &[(&str, &str)]) -> Self {
        let action = Url::parse(action).expect("a URL");
        let fields = fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Self { page: action.clone(), action, method: "POST".into(), fields }
    }

    fn read(page: &Url, form: ElementRef<'_>) -> Self {
        let action = page.join(form.attr("action").unwrap_or("")).expect("an action");
        let method = form.attr("method").unwrap_or("get").to_ascii_uppercase();
        let mut fields = Vec::new();
        for control in form.select(&selector("input[name], select[name], textarea[name]")) {
            let name = control.attr("name").unwrap_or_default().to_owned();
            let kind = control.attr("type").unwrap_or("text");
            let ticked = control.attr("checked").is_some();
            if matches!(kind, "submit" | "button" | "file") || (matches!(kind, "checkbox" | "radio") && !ticked) {
                continue;
            }
            fields.push((name, value_of(control)));
        }
        Self { page: page.clone(), action, method, fields }
    }

    /// Fills a field in.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves a field out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self
    }

    /// The value of a field.
    pub fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, v)| v)
    }

    /// As `application/x-www-form-urlencoded`.
    pub fn encoded(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.fields).finish()
    }
}

fn value_of(control: ElementRef<'_>) -> String {
    match control.value().name() {
        "textarea" => control.text().collect(),
        "select" => {
            let chosen = control.select(&selector("option[selected]")).next();
            let first = || control.select(&selector("option")).next();
            chosen.or_else(first).map(|o| o.attr("value").unwrap_or("").to_owned()).unwrap_or_default()
        }
        _ if matches!(control.attr("type"), Some("checkbox" | "radio")) => {
            control.attr("value").unwrap_or("on").to_owned()
        }
        _ => control.attr("value").unwrap_or("").to_owned(),
    }
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap_or_else(|e| panic!("{css}: {e}"))
}

fn text_of(element: ElementRef<'_>) -> String {
    element.text().collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}
