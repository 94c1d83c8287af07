//! One HTTP exchange at a time: nothing is followed, nothing is remembered.

use std::net::SocketAddr;
use std::time::Duration;

use http::HeaderMap;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a server answered.
#[derive(Debug, Clone)]
pub struct Answered {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answered {
    /// The first value of a header, empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("")
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("not JSON ({e}): {} {}", self.status, self.body))
    }

    /// The `error` of an OAuth error answer (RFC 6749 section 5.2).
    pub fn oauth_error(&self) -> String {
        assert!((400..500).contains(&self.status), "not a refusal: {} {}", self.status, self.body);
        self.json()["error"].as_str().expect("an error code").to_owned()
    }
}

/// A client that follows nothing and keeps nothing.
#[expect(clippy::disallowed_methods, reason = "tests talk to the server as strangers do, not through `outbound`")]
pub fn client() -> reqwest::Client {
    let local = SocketAddr::from(([127, 0, 0, 1], 0));
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .tls_certs_only([])
        .resolve("localhost", local)
        .timeout(Duration::from_mins(1))
        .build()
        .expect("an HTTP client")
}

/// Sends a request and reads the whole answer.
pub async fn send(request: reqwest::RequestBuilder) -> Answered {
    let response = request.send().await.unwrap_or_else(|e| panic!("no answer: {e:?}"));
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.bytes().await.unwrap_or_else(|e| panic!("answer broke off: {e:?}"));
    Answered { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
}

/// Plain GET.
pub async fn get(url: &str) -> Answered {
    send(client().get(url)).await
}

/// Sends raw bytes, for requests that no client library would make, and returns what came back.
pub async fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.expect("connects");
    // The server may refuse and close before everything is written.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}
