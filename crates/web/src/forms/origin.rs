//! Whether a state-changing request comes from our own page (WEB-01), before its token is looked at.
//!
//! Two independent witnesses of the browser: `Sec-Fetch-Site` and `Origin`. A request with neither is an old
//! or scripted browser: the anti-forgery token alone decides.

use axum::http::{HeaderMap, header};

/// What the witnesses say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Sent by a page of ours.
    OwnPage,
    /// Neither witness is there.
    Unknown,
    /// Sent by somebody else's page.
    Foreign,
}

/// Judges a request to `public_origin` (scheme, host and port, without a slash at the end).
pub fn judge_origin(headers: &HeaderMap, public_origin: &str) -> Verdict {
    // `none` is the person's own doing (a reload); no page can cause it.
    let site = headers.get("sec-fetch-site").map(|value| matches!(value.as_bytes(), b"same-origin" | b"none"));
    let origin = headers.get(header::ORIGIN).map(|value| value.as_bytes() == public_origin.as_bytes());
    match (site, origin) {
        (Some(false), _) | (_, Some(false)) => Verdict::Foreign,
        (None, None) => Verdict::Unknown,
        _ => Verdict::OwnPage,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_01_foreign_pages_are_told_from_our_own() {
        for (site, origin, expected) in [
            (Some("same-origin"), Some("https://id.test"), Verdict::OwnPage),
            (Some("same-origin"), None, Verdict::OwnPage),
            (None, Some("https://id.test"), Verdict::OwnPage),
            (None, None, Verdict::Unknown),
            (Some("cross-site"), Some("https://id.test"), Verdict::Foreign),
            (Some("same-site"), None, Verdict::Foreign),
            (Some("none"), None, Verdict::OwnPage),
            (None, Some("https://evil.test"), Verdict::Foreign),
            (None, Some("null"), Verdict::Foreign),
            (None, Some("https://id.test.evil.test"), Verdict::Foreign),
            (None, Some("http://id.test"), Verdict::Foreign),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(site) = site {
                headers.insert("sec-fetch-site", site.parse().unwrap());
            }
            if let Some(origin) = origin {
                headers.insert("origin", origin.parse().unwrap());
            }
            assert_eq!(judge_origin(&headers, "https://id.test"), expected, "{site:?} {origin:?}");
        }
    }
}
