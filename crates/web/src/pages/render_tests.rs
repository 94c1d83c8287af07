//! What every page keeps, whatever its content: structure, labels, no inline code, escaped foreign text,
//! texts by key. The preview for the eye is written to `target/pages/`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use scraper::{Html, Selector};

use super::samples::{self, Rendered};
use super::{Theme, Ui};
use crate::assets;
use crate::i18n::{Language, Texts};

const HOSTILE: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}";

fn pages() -> Vec<Rendered> {
    samples::all(&Ui::new(Language::En), "Acme")
}

fn select(css: &str) -> Selector {
    Selector::parse(css).unwrap()
}

fn each(check: impl Fn(&str, &Html)) {
    for (file, html) in pages() {
        check(&file, &Html::parse_document(&html));
    }
}

#[test]
fn every_page_has_one_heading_one_main_and_a_title() {
    each(|file, page| {
        // A preview is inert: its heading is none of the page's.
        let headings = page.select(&select("h1")).count() - page.select(&select("[inert] h1")).count();
        assert_eq!(headings, 1, "{file}");
        assert_eq!(page.select(&select("main")).count(), 1, "{file}");
        let title: String = page.select(&select("title")).flat_map(|t| t.text()).collect();
        assert!(title.len() > 10 && !title.starts_with(' '), "{file}: {title}");
        assert_eq!(page.select(&select("html[lang][dir][data-theme]")).count(), 1, "{file}");
        let has_errors = page.select(&select(".error-summary")).next().is_some();
        if has_errors {
            assert!(title.starts_with("Error: "), "{file}: {title}");
        }
    });
}

#[test]
fn every_field_has_a_visible_label_and_its_descriptions_exist() {
    each(|file, page| {
        let controls = select("input:not([type=hidden]), select, textarea");
        for control in page.select(&controls) {
            let id = control.attr("id").unwrap_or_else(|| panic!("{file}: a control without id"));
            let labels = page.select(&select("label")).filter(|label| label.attr("for") == Some(id)).count();
            assert_eq!(labels, 1, "{file}: {id}");
            assert!(control.attr("placeholder").is_none(), "{file}: {id}");
        }
        for element in page.select(&select("[aria-describedby], [aria-labelledby]")) {
            let ids = element.attr("aria-describedby").or_else(|| element.attr("aria-labelledby")).unwrap_or_default();
            for id in ids.split_whitespace() {
                let target = format!("[id=\"{id}\"]");
                assert_eq!(page.select(&select(&target)).count(), 1, "{file}: {id}");
            }
        }
    });
}

#[test]
fn ids_are_unique_and_every_anchor_leads_somewhere() {
    each(|file, page| {
        let mut seen = BTreeSet::new();
        for element in page.select(&select("[id]")) {
            let id = element.attr("id").unwrap_or_default();
            assert!(!id.is_empty() && seen.insert(id.to_owned()), "{file}: {id}");
        }
        for link in page.select(&select("a[href^='#']")) {
            let target = link.attr("href").unwrap_or_default().trim_start_matches('#');
            assert!(seen.contains(target), "{file}: #{target}");
        }
    });
}

#[test]
fn web_03_no_page_carries_inline_code_or_foreign_resources() {
    each(|file, page| {
        for element in page.select(&select("*")) {
            for (name, value) in element.value().attrs() {
                assert!(!name.starts_with("on") && name != "style" && name != "srcdoc", "{file}: {name}={value}");
                let resource = matches!(name, "src") || (name == "href" && element.value().name() == "link");
                assert!(!resource || value.starts_with("/assets/"), "{file}: {name}={value}");
            }
        }
        assert_eq!(page.select(&select("style, iframe, object, embed, base")).count(), 0, "{file}");
        for script in page.select(&select("script")) {
            assert_eq!(script.text().collect::<String>().trim(), "", "{file}");
        }
    });
}

#[test]
fn web_05_foreign_text_is_escaped_on_every_page() {
    for (file, html) in samples::all(&Ui::new(Language::En), HOSTILE) {
        assert!(!html.contains("<script>alert") && !html.contains("<img src=x"), "{file}");
        let page = Html::parse_document(&html);
        assert_eq!(page.select(&select("[onerror], script:not([src])")).count(), 0, "{file}");
        let plain = pages().into_iter().find(|(other, _)| *other == file).unwrap().1;
        let count = |html: &str| Html::parse_document(html).select(&select("*")).count();
        assert_eq!(count(&html), count(&plain), "{file}: the text added elements");
    }
}

#[test]
fn every_form_that_changes_something_is_a_post_with_its_token() {
    each(|file, page| {
        for form in page.select(&select("form")) {
            if form.attr("method") == Some("get") || form.attr("id") == Some("auto-submit") {
                continue;
            }
            assert_eq!(form.attr("method"), Some("post"), "{file}");
            assert!(form.select(&select("input[type=hidden][name=csrf]")).count() == 1, "{file}");
        }
    });
}

#[test]
fn simple_scripted_browsers_find_their_way() {
    for (file, ids) in [
        ("login-sign-in", vec!["username", "password", "submit"]),
        ("login-refusal-internal", vec!["error-code", "correlation-id"]),
        ("login-sign-out", vec!["logout-yes"]),
        ("login-setup", vec!["username", "password", "password_again", "submit"]),
        ("console-message", vec!["error-code", "correlation-id"]),
    ] {
        let html = pages().into_iter().find(|(other, _)| other == file).unwrap().1;
        let page = Html::parse_document(&html);
        for id in ids {
            assert_eq!(page.select(&select(&format!("#{id}"))).count(), 1, "{file}: {id}");
        }
    }
}

#[test]
fn the_error_summary_links_to_the_fields_and_repeats_their_words() {
    let html = pages().into_iter().find(|(file, _)| file == "login-sign-in-error").unwrap().1;
    let page = Html::parse_document(&html);
    let words = |css: &str| -> Vec<String> { page.select(&select(css)).map(|e| e.text().collect()).collect() };
    assert_eq!(words(".error-summary a"), words(".field .error"));
    assert_eq!(page.select(&select("input[aria-invalid=true]")).count(), 2);
    assert_eq!(page.select(&select("#password[value]")).count(), 0, "a password is never sent back");
}

#[test]
fn a_secret_is_on_its_one_page_only() {
    let with: Vec<String> =
        pages().into_iter().filter(|(_, html)| html.contains("s3cret-shown-once")).map(|(file, _)| file).collect();
    assert_eq!(with, ["console-application-created"]);
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files_below(folder: &Path, extension: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path, extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// The string literals that follow `marker` in a text.
fn literals<'a>(text: &'a str, marker: &str) -> Vec<&'a str> {
    text.split(marker).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn every_key_in_templates_and_code_has_a_text_and_every_asset_exists() {
    let mut sources = files_below(&repository().join("templates"), "html");
    sources.extend(files_below(&repository().join("crates/web/src"), "rs"));
    let texts = Texts(Language::En);
    let mut keys = 0;
    for (path, source) in &sources {
        let source = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        for marker in ["ui.t(\"", "ui.t1(\"", "ui.count(\"", "texts.t(\"", "texts.t1(\""] {
            for key in literals(source, marker) {
                assert!(texts.has(key), "{}: {key}", path.display());
                keys += 1;
            }
        }
        for name in literals(source, "ui.asset(\"") {
            assert!(assets::find(name).is_some(), "{}: {name}", path.display());
        }
    }
    assert!(keys > 60, "the search itself works: {keys}");
}

#[test]
fn every_refusal_has_its_words_in_every_language() {
    for language in Language::ALL {
        for code in samples::REFUSALS {
            for part in ["heading", "text"] {
                let key = format!("refusal-{}-{part}", code.as_str().replace('_', "-"));
                assert_ne!(Texts(language).t1(&key, "provider", "Acme"), key, "{language:?}");
            }
        }
    }
}

#[test]
fn pages_for_everybody_hold_no_words_of_their_own() {
    let mut templates = files_below(&repository().join("templates/login"), "html");
    templates.extend(files_below(&repository().join("templates/account"), "html"));
    for layout in ["base_login", "base_account"] {
        let path = repository().join(format!("templates/layout/{layout}.html"));
        templates.push((path.clone(), std::fs::read_to_string(path).unwrap()));
    }
    for (path, template) in templates {
        let mut rest = template.as_str();
        let mut words = String::new();
        // Expressions, statements and tags go; what stays is text that a person would read.
        while let Some(at) = rest.find(['{', '<']) {
            words.push_str(&rest[..at]);
            rest = &rest[at..];
            let close = if rest.starts_with("{{") {
                "}}"
            } else if rest.starts_with("{%") {
                "%}"
            } else {
                ">"
            };
            rest = rest.split_once(close).map_or("", |(_, after)| after);
        }
        words.push_str(rest);
        let plain: String = words.chars().filter(|c| c.is_alphabetic()).collect();
        assert_eq!(plain, "", "{}", path.display());
        for attribute in ["aria-label=\"", "title=\"", "alt=\"", "placeholder=\""] {
            for value in literals(&template, attribute) {
                assert!(value.is_empty() || value.starts_with("{{"), "{}: {value}", path.display());
            }
        }
    }
}

#[test]
fn templates_switch_escaping_off_nowhere() {
    for (path, template) in files_below(&repository().join("templates"), "html") {
        for forbidden in ["|safe", "| safe", "autoescape", "javascript:", "<style"] {
            assert!(!template.contains(forbidden), "{}: {forbidden}", path.display());
        }
    }
}

#[test]
fn german_pages_are_german() {
    let ui = Ui::new(Language::De);
    for (file, html) in samples::login_pages(&ui, "Acme").into_iter().chain(samples::account_pages(&ui, "Acme")) {
        let page = Html::parse_document(&html);
        assert_eq!(page.root_element().attr("lang"), Some("de"), "{file}");
        let text: String = page.select(&select("main")).flat_map(|m| m.text()).collect();
        for english in [" the ", "Sign in", " you ", "Please"] {
            assert!(!text.contains(english), "{file}: {english}");
        }
    }
}

/// Writes every page to `target/pages/` for the eye, with the assets beside them.
#[test]
fn the_preview_is_written() {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), PathBuf::from);
    let folder = target.join("pages");
    for (url, asset) in assets::all() {
        let path = folder.join(url.trim_start_matches('/'));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &asset.bytes).unwrap();
    }
    for (theme, suffix) in [(Theme::Light, ""), (Theme::Dark, "-dark")] {
        let ui = Ui { theme, ..Ui::new(Language::En) };
        for (file, html) in samples::all(&ui, "Payroll") {
            let local = html.replace("\"/assets/", "\"assets/");
            std::fs::write(folder.join(format!("{file}{suffix}.html")), local).unwrap();
        }
    }
}
