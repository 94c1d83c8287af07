//! The guard and the limits against real servers on this machine.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;
use usher_connectors::{Fetch, FetchError};

use crate::guard::{Trust, judge};
use crate::resolver::permitted;
use crate::{AllowList, Limits, Outbound, OutboundSettings, SystemClock};

/// How a hand-made server answers.
#[derive(Clone)]
enum Manner {
    /// These bytes, then the end.
    Bytes(Vec<u8>),
    /// A head, then this chunk for ever.
    Flood(&'static str),
    /// A head, then one byte every ten milliseconds.
    Drip,
    /// Nothing at all.
    Silence,
}

struct Server {
    address: SocketAddr,
    visitors: Arc<AtomicUsize>,
}

impl Server {
    async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, visitors) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let counter = Arc::clone(&visitors);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                // A client that hangs up in the middle is what most of these tests want.
                tokio::spawn(serve(stream, manner.clone()));
            }
        });
        Self { address, visitors }
    }

    fn visitors(&self) -> usize {
        self.visitors.load(Ordering::SeqCst)
    }

    /// An outbound that may visit this server, and how it fares there.
    async fn visit(&self, limits: Limits) -> Result<http::Response<Vec<u8>>, FetchError> {
        let outbound = outbound(&[&self.address.to_string()], limits);
        get(&outbound, &format!("http://{}/", self.address)).await
    }
}

async fn serve(mut stream: TcpStream, manner: Manner) -> std::io::Result<()> {
    let mut request = [0; 4096];
    let _length = stream.read(&mut request).await?;
    match manner {
        Manner::Bytes(bytes) => stream.write_all(&bytes).await?,
        Manner::Flood(head) => {
            stream.write_all(head.as_bytes()).await?;
            loop {
                stream.write_all(&[b'x'; 8192]).await?;
            }
        }
        Manner::Drip => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await?;
            loop {
                stream.write_all(b"x").await?;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        Manner::Silence => std::future::pending().await,
    }
    stream.shutdown().await
}

fn answer(head: &str, body: &[u8]) -> Manner {
    let head = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    Manner::Bytes([head.as_bytes(), body].concat())
}

fn outbound(allow: &[&str], limits: Limits) -> Outbound {
    let allow = AllowList::parse(allow.iter().copied()).unwrap();
    Outbound::new(OutboundSettings { allow, limits }, Arc::new(SystemClock)).expect("a client")
}

async fn get(outbound: &Outbound, url: &str) -> Result<http::Response<Vec<u8>>, FetchError> {
    outbound.fetch(http::Request::get(url).body(Vec::new()).unwrap()).await
}

const SHORT: Limits = Limits { connect: Duration::from_millis(200), total: Duration::from_millis(300), body: 1024 };

#[tokio::test]
async fn an_allowed_server_is_asked_and_answers() {
    let server = Server::start(answer("200 OK\r\nx-one: 1", b"hello")).await;
    let response = server.visit(Limits::default()).await.expect("answers");
    assert_eq!((response.status().as_u16(), response.body().as_slice()), (200, &b"hello"[..]));
    assert_eq!(response.headers()["x-one"], "1");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let target = Server::start(answer("200 OK", b"secret")).await;
    for status in ["301", "302", "303", "307", "308"] {
        let location = format!("{status} Go\r\nlocation: http://{}/", target.address);
        let server = Server::start(answer(&location, b"")).await;
        let allow = [server.address.to_string(), target.address.to_string()];
        let outbound = outbound(&[&allow[0], &allow[1]], Limits::default());
        let response = get(&outbound, &format!("http://{}/", server.address)).await.expect("the redirect itself");
        assert_eq!(response.status().as_str(), status);
    }
    assert_eq!(target.visitors(), 0);
}

#[tokio::test]
async fn oidc_22_fifty_megabytes_are_cut() {
    let announced = "HTTP/1.1 200 OK\r\ncontent-length: 52428800\r\n\r\n";
    let unannounced = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
    for head in [announced, unannounced] {
        let outcome = Server::start(Manner::Flood(head)).await.visit(Limits::default()).await;
        assert_eq!(outcome.map(|_| ()), Err(FetchError::TooLarge { limit: 1024 * 1024 }), "{head}");
    }
    let exact = Server::start(answer("200 OK", &[b'x'; 1024])).await.visit(SHORT).await.expect("fits");
    assert_eq!(exact.body().len(), 1024);
    let one_more = Server::start(answer("200 OK", &[b'x'; 1025])).await.visit(SHORT).await;
    assert_eq!(one_more.map(|_| ()), Err(FetchError::TooLarge { limit: 1024 }));
}

/// Ten megabytes of zeros as gzip, written by hand (RFC 1951): one literal, then matches of length 258 at distance 1.
fn gzip_of_zeros() -> Vec<u8> {
    let mut bits = BitWriter::default();
    bits.push(1, 1); // last block
    bits.push(1, 2); // fixed codes
    bits.push_code(0b0011_0000, 8); // the literal 0
    for _ in 0..40_000 {
        bits.push_code(0b1100_0101, 8); // length 258
        bits.push_code(0, 5); // distance 1
    }
    bits.push_code(0, 7); // end
    let header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    [&header[..], &bits.bytes].concat()
}

#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    used: u32,
}

impl BitWriter {
    /// Least significant bit first (RFC 1951 section 3.1.1).
    fn push(&mut self, value: u32, count: u32) {
        for at in 0..count {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let bit = u8::try_from((value >> at) & 1).unwrap();
            *self.bytes.last_mut().unwrap() |= bit << (self.used % 8);
            self.used += 1;
        }
    }

    /// Huffman codes go most significant bit first.
    fn push_code(&mut self, code: u32, count: u32) {
        (0..count).rev().for_each(|at| self.push((code >> at) & 1, 1));
    }
}

#[tokio::test]
async fn oidc_24_a_gzip_bomb_is_counted_after_decompression() {
    let bomb = gzip_of_zeros();
    assert!(bomb.len() < 100_000, "small on the wire");
    let server = Server::start(answer("200 OK\r\ncontent-encoding: gzip", &bomb)).await;
    let outcome = server.visit(Limits::default()).await;
    assert_eq!(outcome.map(|_| ()), Err(FetchError::TooLarge { limit: 1024 * 1024 }));
}

#[tokio::test]
async fn oidc_24_slow_answers_end_in_time() {
    for manner in [Manner::Drip, Manner::Silence] {
        let limits = Limits { body: 200_000, ..SHORT };
        let outcome = Server::start(manner).await.visit(limits).await;
        assert_eq!(outcome.map(|_| ()), Err(FetchError::Timeout));
    }
}

#[tokio::test]
async fn broken_answers_and_closed_doors_are_unreachable() {
    let outcome = Server::start(Manner::Bytes(b"SSH-2.0-OpenSSH\r\n".to_vec())).await.visit(SHORT).await;
    assert!(matches!(outcome, Err(FetchError::Unreachable(_))), "{outcome:?}");
    let cut = Manner::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort".to_vec());
    let outcome = Server::start(cut).await.visit(SHORT).await;
    assert!(matches!(outcome, Err(FetchError::Unreachable(_))), "{outcome:?}");
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let outcome = get(&outbound(&[&closed], SHORT), &format!("http://{closed}/?code=hunter2")).await;
    match outcome {
        Err(FetchError::Unreachable(words)) => assert!(!words.contains("hunter2"), "{words}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_destination_that_fails_again_and_again_is_left_alone() {
    let server = Server::start(Manner::Bytes(Vec::new())).await;
    let outbound = outbound(&[&server.address.to_string()], SHORT);
    let url = format!("http://{}/", server.address);
    let mut last = Ok(());
    for _ in 0..6 {
        last = get(&outbound, &url).await.map(|_| ());
    }
    assert_eq!(last, Err(FetchError::CircuitOpen));
    let other = Server::start(answer("200 OK", b"")).await;
    let outcome = get(&outbound, &format!("http://{}/", other.address)).await;
    assert!(
        matches!(outcome, Err(FetchError::Blocked(_))),
        "another destination has its own breaker and its own guard"
    );
}

#[tokio::test]
async fn web_11_names_are_judged_when_they_are_resolved() {
    let server = Server::start(answer("200 OK", b"")).await;
    let port = server.address.port();
    let url = format!("https://localhost:{port}/");
    let outcome = get(&outbound(&[], SHORT), &url).await;
    assert!(matches!(outcome, Err(FetchError::Blocked(_))), "{outcome:?}");
    assert_eq!(server.visitors(), 0);
    // Allowed, it gets as far as the TLS hand-shake that this server does not speak.
    let outcome = get(&outbound(&["127.0.0.0/8", "::1"], SHORT), &url).await;
    assert!(matches!(outcome, Err(FetchError::Unreachable(_))), "{outcome:?}");
    let named = outbound(&[&format!("localhost:{port}")], SHORT);
    assert!(get(&named, &format!("http://localhost:{port}/")).await.is_ok());
}

/// The environment of a process may not be changed under running tests, so the honest visit runs once more in a child
/// whose environment names a proxy that nobody runs.
#[test]
fn ambient_proxies_are_ignored() {
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "tests::an_allowed_server_is_asked_and_answers"]);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"] {
        child.env(name, "http://127.0.0.1:1");
    }
    let output = child.env_remove("NO_PROXY").env_remove("no_proxy").output().unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && words.contains("1 passed"), "{words}");
}

/// URL, allowed entries, and whether the guard lets it pass.
const MATRIX: &[(&str, &[&str], bool)] = &[
    ("https://i.test/", &[], true),
    ("https://i.test:8443/x?y=z", &[], true),
    ("https://8.8.8.8/", &[], true),
    ("https://[2606:4700::1]/", &[], true),
    ("https://127.0.0.1/", &[], false),
    ("https://127.0.0.1:8443/", &[], false),
    ("https://[::1]/", &[], false),
    ("https://[::ffff:127.0.0.1]/", &[], false),
    ("https://[::ffff:7f00:1]/", &[], false),
    ("https://0.0.0.0/", &[], false),
    ("https://[::]/", &[], false),
    ("https://2130706433/", &[], false),
    ("https://0x7f.1/", &[], false),
    ("https://0177.0.0.1/", &[], false),
    ("https://127.1/", &[], false),
    ("https://169.254.169.254/latest/meta-data", &[], false),
    ("https://10.0.0.1/", &[], false),
    ("https://100.64.0.1/", &[], false),
    ("https://192.168.0.1/", &[], false),
    ("https://224.0.0.1/", &[], false),
    ("https://[fc00::1]/", &[], false),
    ("https://[fe80::1]/", &[], false),
    ("https://[64:ff9b::a9fe:a9fe]/", &[], false),
    ("http://i.test/", &[], false),
    ("http://8.8.8.8/", &[], false),
    ("gopher://i.test/", &[], false),
    ("file:///etc/passwd", &[], false),
    ("ftp://i.test/", &[], false),
    ("https://user@i.test/", &[], false),
    ("https://user:pass@i.test/", &[], false),
    ("https://i.test:25/", &[], false),
    ("https://i.test:22/", &[], false),
    ("https://i.test:80/", &[], false),
    ("https://10.1.2.3/", &["10.0.0.0/8"], true),
    ("http://10.1.2.3/", &["10.0.0.0/8"], true),
    ("http://10.1.2.3:8080/", &["10.0.0.0/8"], true),
    ("https://10.1.2.3:25/", &["10.0.0.0/8"], false),
    ("https://11.1.2.3/", &["10.0.0.0/8"], true),
    ("https://192.168.0.1/", &["10.0.0.0/8"], false),
    ("http://127.0.0.1:9101/", &["127.0.0.1:9101"], true),
    ("http://127.0.0.1:9102/", &["127.0.0.1:9101"], false),
    ("http://[::ffff:127.0.0.1]:9101/", &["127.0.0.1:9101"], true),
    ("http://idp.intranet/", &["idp.intranet"], true),
    ("http://IDP.intranet./", &["idp.intranet"], true),
    ("http://idp.intranet.mallory.test/", &["idp.intranet"], false),
    ("ftp://idp.intranet/", &["idp.intranet"], false),
    ("http://user@idp.intranet/", &["idp.intranet"], false),
];

#[test]
fn web_11_matrix() {
    for (url, allow, passes) in MATRIX {
        let list = AllowList::parse(allow.iter().copied()).unwrap();
        let outcome = judge(&Url::parse(url).unwrap(), &list);
        assert_eq!(outcome.is_ok(), *passes, "{url} with {allow:?}: {outcome:?}");
        assert!(matches!(outcome, Ok(_) | Err(FetchError::Blocked(_))));
    }
}

#[tokio::test]
async fn web_11_what_is_blocked_is_never_connected_to() {
    let outbound = outbound(&[], SHORT);
    for (url, allow, passes) in MATRIX.iter().filter(|(_, allow, _)| allow.is_empty()) {
        if !passes && url.parse::<http::Uri>().is_ok() {
            let outcome = get(&outbound, url).await;
            assert!(
                matches!(outcome, Err(FetchError::Blocked(_) | FetchError::Malformed(_))),
                "{url} {allow:?} {outcome:?}"
            );
        }
    }
}

#[test]
fn web_11_rebinding_keeps_only_public_addresses() {
    let addresses =
        |list: &[&str]| -> Vec<SocketAddr> { list.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 0)).collect() };
    let (nothing, block) = (AllowList::default(), AllowList::parse(["10.0.0.0/8"]).unwrap());
    let mixed = addresses(&["8.8.8.8", "127.0.0.1", "10.0.0.1", "::1", "fe80::1"]);
    assert_eq!(permitted(mixed.clone(), Trust::OpenInternet, &nothing).unwrap(), addresses(&["8.8.8.8"]));
    assert_eq!(permitted(mixed.clone(), Trust::OpenInternet, &block).unwrap(), addresses(&["8.8.8.8", "10.0.0.1"]));
    assert_eq!(permitted(mixed.clone(), Trust::Listed, &nothing).unwrap(), mixed);
    for only_private in [&["127.0.0.1"][..], &["::1", "169.254.169.254"], &[]] {
        assert!(permitted(addresses(only_private), Trust::OpenInternet, &nothing).is_err(), "{only_private:?}");
    }
}
