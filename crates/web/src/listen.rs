//! Accepts connections within limits, and stops gracefully.
//!
//! Slow headers are cut off, and only so many connections are open at once (DOS-09); when descriptors run out, accepting
//! pauses instead of spinning (REL-21). On a signal nothing new is accepted and what is in flight finishes (REL-19).

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt as _;

/// Longest wait for the head of a request, on an idle connection too: longer than proxies keep theirs, so that none is
/// closed under a request.
const HEAD_WITHIN: Duration = Duration::from_secs(65);
/// Most connections at once.
const CONNECTIONS: usize = 10_000;
/// Most streams of one HTTP/2 connection at once.
const STREAMS: u32 = 100;
/// How long a stop waits for requests in flight.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// Pause after an accept that failed for lack of descriptors or memory.
const PAUSE: Duration = Duration::from_millis(200);

/// Serves until a signal comes, then finishes what is in flight.
pub async fn serve(listener: TcpListener, router: Router) {
    let mut http = Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
    http.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS);
    let open = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut stop = pin!(stop_signal());
    loop {
        // The signals first: whoever stops us as soon as we answer must find their handlers in place.
        let (stream, peer, place) = tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let service = router.clone().map_request(move |request: http::Request<hyper::body::Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer));
            request
        });
        let connection =
            http.serve_connection_with_upgrades(TokioIo::new(stream), TowerToHyperService::new(service)).into_owned();
        let watched = open.watch(connection);
        tokio::spawn(async move {
            if let Err(fault) = watched.await {
                tracing::debug!(%fault, "a connection ended early");
            }
            drop(place);
        });
    }
    tracing::info!("stopping: no new connections, requests in flight finish");
    drop(listener);
    tokio::select! {
        () = open.shutdown() => {}
        () = tokio::time::sleep(STOP_WITHIN) => tracing::warn!("requests in flight were cut off"),
    }
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed: without a permit there is simply no cap.
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                if let Err(fault) = stream.set_nodelay(true) {
                    tracing::debug!(%fault, "a connection keeps delaying small packets");
                }
                return (stream, peer, place);
            }
            Err(fault) => {
                tracing::warn!(%fault, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupt = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = interrupt.await;
        }
    }
}
