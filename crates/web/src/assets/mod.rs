//! Static files of the pages, embedded in the binary and addressed by their content.
//!
//! A page names an asset through [`asset_url`]; the address carries the hash of the content, so a
//! browser may keep it for ever. Only our own files are here, and the script editor's bundle (`make assets`, see
//! `assets/build.mjs`): no font, no third-party address. Without the bundle its page works with a plain text area.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::future::{Ready, ready};
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

/// The router's path for [`serve`].
pub const ROUTE: &str = "/assets/{hash}/{file}";

#[derive(RustEmbed)]
#[folder = "../../assets/css/"]
struct Styles;

#[derive(RustEmbed)]
#[folder = "../../assets/js/"]
struct Scripts;

#[derive(RustEmbed)]
#[folder = "../../assets/img/"]
struct Images;

/// What `make assets` built; nothing where Node.js is missing.
#[derive(RustEmbed)]
#[folder = "../../assets/dist/"]
struct Bundles;

/// The bundle of the script editor.
pub const SCRIPT_EDITOR: &str = "script-editor.js";

/// One embedded file.
#[derive(Debug)]
pub struct Asset {
    /// Its bytes.
    pub bytes: Cow<'static, [u8]>,
    /// Its media type.
    pub media_type: &'static str,
    hash: String,
    url: String,
}

static ASSETS: LazyLock<BTreeMap<String, Asset>> = LazyLock::new(|| {
    let styles = Styles::iter().filter_map(|name| Some((name.clone(), Styles::get(&name)?)));
    let scripts = Scripts::iter().filter_map(|name| Some((name.clone(), Scripts::get(&name)?)));
    let images = Images::iter().filter_map(|name| Some((name.clone(), Images::get(&name)?)));
    let bundles = Bundles::iter().filter_map(|name| Some((name.clone(), Bundles::get(&name)?)));
    styles
        .chain(scripts)
        .chain(images)
        .chain(bundles)
        .filter_map(|(name, file)| Some((name.to_string(), embed(&name, file)?)))
        .collect()
});

fn embed(name: &str, file: EmbeddedFile) -> Option<Asset> {
    let media_type = match name.rsplit_once('.')?.1 {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => return None,
    };
    let mut hash = String::new();
    for byte in file.metadata.sha256_hash().iter().take(8) {
        // Writing to a String cannot fail.
        let _ = write!(hash, "{byte:02x}");
    }
    let url = format!("/assets/{hash}/{name}");
    Some(Asset { bytes: file.data, media_type, hash, url })
}

/// The address of an asset, e.g. `/assets/9f86d081884c7d65/base.css`. Empty when there is none: a test
/// holds every name in the templates against the embedded files.
pub fn asset_url(name: &str) -> &'static str {
    find(name).map_or("", |asset| asset.url.as_str())
}

/// The asset of that name.
pub fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.get(name)
}

/// Every asset with its address.
pub fn all() -> impl Iterator<Item = (&'static str, &'static Asset)> {
    ASSETS.values().map(|asset| (asset.url.as_str(), asset))
}

/// Answers [`ROUTE`]. A hash of another version (a rolling update) gets today's file, not to be kept.
pub fn serve(Path((hash, file)): Path<(String, String)>) -> Ready<Response> {
    ready(answer(&hash, &file))
}

fn answer(hash: &str, file: &str) -> Response {
    let Some(asset) = find(file) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let keep = if asset.hash == hash { "public, max-age=31536000, immutable" } else { "no-store" };
    let body: Cow<'static, [u8]> = match &asset.bytes {
        Cow::Borrowed(bytes) => Cow::Borrowed(*bytes),
        Cow::Owned(bytes) => Cow::Owned(bytes.clone()),
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static(keep)),
    ];
    (headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_carry_the_hash_of_the_content() {
        let url = asset_url("base.css");
        let parts: Vec<&str> = url.split('/').collect();
        assert_eq!((parts.len(), parts[1], parts[2].len(), parts[3]), (4, "assets", 16, "base.css"));
        assert_eq!(asset_url("../Cargo.toml"), "");
    }

    #[test]
    fn a_login_page_weighs_less_than_thirty_kilobytes() {
        let files = ["base.css", "login.css", "copy.js", "reveal.js", "errors.js", "passkey.js"];
        let weight: usize = files.iter().map(|name| find(name).map_or(0, |a| a.bytes.len())).sum();
        assert!(weight > 0 && weight < 30_000, "{weight} bytes");
    }

    #[test]
    fn no_asset_reaches_for_another_host() {
        for (url, asset) in all() {
            let text = String::from_utf8_lossy(&asset.bytes).replace("http://www.w3.org/2000/svg", "");
            for foreign in ["http://", "https://", "@import", "eval(", "new Function", "innerHTML"] {
                assert!(!text.contains(foreign), "{url} contains {foreign}");
            }
            // The editor's own pictures are in `data:` addresses; its look replaces every one of them.
            assert!(!text.contains("url(") || url.ends_with(SCRIPT_EDITOR), "{url} contains a picture");
        }
    }

    #[test]
    fn the_editors_bundle_carries_its_licences() {
        let Some(bundle) = find(SCRIPT_EDITOR) else { return };
        let text = String::from_utf8_lossy(&bundle.bytes);
        assert!(text.contains("Licences of what this file holds") && text.contains("@codemirror/view"));
    }

    #[test]
    fn the_lock_file_names_the_packages_of_the_design() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets");
        let read = |name: &str| std::fs::read_to_string(format!("{folder}/{name}")).unwrap();
        let lock: serde_json::Value = serde_json::from_str(&read("package-lock.json")).unwrap();
        let wanted: serde_json::Value = serde_json::from_str(&read("package.json")).unwrap();
        assert!(lock["packages"].as_object().unwrap().values().all(|package| package["resolved"].is_null()));
        assert!(wanted["dependencies"].get("codemirror").is_none(), "that name is the old version");
        for kind in ["dependencies", "devDependencies"] {
            for (name, version) in wanted[kind].as_object().unwrap() {
                assert_eq!(lock["packages"][format!("node_modules/{name}")]["version"], *version, "{name}");
            }
        }
    }

    #[tokio::test]
    async fn an_asset_may_be_kept_only_under_its_own_hash() {
        let asset = find("base.css").unwrap();
        for (hash, expected) in [(asset.hash.as_str(), "public, max-age=31536000, immutable"), ("0", "no-store")] {
            let answer = serve(Path((hash.to_owned(), "base.css".to_owned()))).await;
            assert_eq!(answer.headers()["cache-control"], expected);
        }
        let missing = serve(Path(("0".to_owned(), "..%2fCargo.toml".to_owned()))).await;
        assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    }
}
