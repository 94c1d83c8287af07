//! The response headers that confine a page in the browser (security cases WEB-02, WEB-03, WEB-20).
//!
//! Sign-in pages carry no `form-action`: Chrome also applies it to the redirects that follow a form
//! POST, which would break the way back to the application. Those routes redirect to registered
//! addresses only. Everything else is confined to ourselves.

use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

/// What kind of answer is confined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageClass {
    /// A sign-in, sign-out or set-up page: forms, then redirects to applications.
    Login,
    /// A page whose own address carries a code or state (callbacks), or that posts one onwards.
    Handover,
    /// A console page.
    Console,
    /// JSON, or a redirect without a page.
    Api,
    /// A static file.
    Asset,
}

/// How the public address is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// `https`: browsers are told to stay there.
    Https,
    /// `http` on the machine itself.
    LoopbackHttp,
}

const PAGE_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
    connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'";
const CONSOLE_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'";
const NOTHING_CSP: &str = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox";
const PERMISSIONS: &str = "publickey-credentials-get=(self), publickey-credentials-create=(self), accelerometer=(), camera=(), \
    display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()";

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Sets the headers of a class. `Cache-Control`, `Referrer-Policy` and `Cross-Origin-Resource-Policy` that
/// a handler chose itself stay: a key set may be cached, a page may carry a state in its address.
pub fn confine(headers: &mut HeaderMap, class: PageClass, transport: Transport) {
    let csp = match class {
        PageClass::Login | PageClass::Handover => PAGE_CSP,
        PageClass::Console => CONSOLE_CSP,
        PageClass::Api | PageClass::Asset => NOTHING_CSP,
    };
    let referrer = match class {
        PageClass::Login | PageClass::Console => "same-origin",
        PageClass::Handover | PageClass::Api | PageClass::Asset => "no-referrer",
    };
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(csp));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(PERMISSIONS_POLICY, HeaderValue::from_static(PERMISSIONS));
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(RESOURCE_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static(referrer));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if transport == Transport::Https {
        headers
            .insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    }
}

/// [`confine`] for `axum::middleware::map_response`. A page whose form leads elsewhere carries a class of its own
/// among the response's extensions.
pub fn confining(class: PageClass, transport: Transport) -> impl Fn(Response) -> std::future::Ready<Response> + Clone {
    move |mut response: Response| {
        let class = response.extensions().get::<PageClass>().copied().unwrap_or(class);
        confine(response.headers_mut(), class, transport);
        std::future::ready(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(class: PageClass, transport: Transport) -> HeaderMap {
        let mut headers = HeaderMap::new();
        confine(&mut headers, class, transport);
        headers
    }

    #[test]
    fn web_02_nothing_may_be_framed() {
        for class in [PageClass::Login, PageClass::Handover, PageClass::Console, PageClass::Api, PageClass::Asset] {
            let headers = of(class, Transport::Https);
            assert_eq!(headers["x-frame-options"], "DENY");
            assert!(
                headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"),
                "{class:?}"
            );
        }
    }

    #[test]
    fn web_03_no_page_runs_inline_script_or_style() {
        for class in [PageClass::Login, PageClass::Handover, PageClass::Console] {
            let csp = of(class, Transport::Https)["content-security-policy"].to_str().unwrap().to_owned();
            assert!(!csp.contains("unsafe") && csp.contains("default-src 'none'") && csp.contains("object-src 'none'"));
            assert_eq!(csp.contains("form-action"), class == PageClass::Console, "{class:?}");
        }
    }

    #[test]
    fn web_20_every_answer_has_the_set() {
        for class in [PageClass::Login, PageClass::Handover, PageClass::Console, PageClass::Api, PageClass::Asset] {
            let headers = of(class, Transport::Https);
            for name in [
                "strict-transport-security",
                "x-content-type-options",
                "referrer-policy",
                "permissions-policy",
                "cross-origin-opener-policy",
                "cross-origin-resource-policy",
                "cache-control",
            ] {
                assert!(headers.contains_key(name), "{class:?} lacks {name}");
            }
        }
        assert!(!of(PageClass::Login, Transport::LoopbackHttp).contains_key("strict-transport-security"));
    }

    #[test]
    fn a_handlers_own_caching_and_referrer_stay() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        confine(&mut headers, PageClass::Login, Transport::Https);
        assert_eq!(
            (&headers["cache-control"], &headers["referrer-policy"]),
            (&HeaderValue::from_static("public, max-age=300"), &HeaderValue::from_static("no-referrer"))
        );
    }
}
