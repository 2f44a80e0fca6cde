//! Connections: how many, and how they end.

use std::time::Duration;

use wire::{Limits, ServerOptions};

use crate::house::start;
use crate::raw::Client;

const GET: &str = "GET /b/none HTTP/1.1\r\nHost: h\r\n\r\n";

#[tokio::test]
async fn one_connection_too_many_is_told_so() {
    let limits = Limits { connections_max: 2, ..Limits::default() };
    let running = start(ServerOptions { limits, ..ServerOptions::default() }, None);
    let mut first = Client::connect(running.address).await;
    let mut second = Client::connect(running.address).await;
    assert_eq!(first.call(GET).await.status, 404);
    assert_eq!(second.call(GET).await.status, 404);
    let mut third = Client::connect(running.address).await;
    let refusal = String::from_utf8(third.rest().await).unwrap();
    assert!(refusal.starts_with("HTTP/1.1 503 "), "{refusal}");
    assert!(refusal.contains("<Code>SlowDown</Code>"));
    drop(first);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut fourth = Client::connect(running.address).await;
    assert_eq!(fourth.call(GET).await.status, 404);
}

#[tokio::test]
async fn a_drain_finishes_what_is_in_flight_and_takes_nothing_new() {
    let running = start(ServerOptions::default(), None);
    let mut idle = Client::connect(running.address).await;
    assert_eq!(idle.call(GET).await.status, 404);
    let mut busy = Client::connect(running.address).await;
    busy.send("GET /b/slow HTTP/1.1\r\nHost: h\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let server = running.server.clone();
    let drained = tokio::spawn(async move { server.drain(Duration::from_secs(5)).await });
    assert!(idle.rest().await.is_empty());
    assert_eq!(busy.answer().await.text(), "slow");
    assert!(drained.await.unwrap());
    assert!(tokio::net::TcpStream::connect(running.address).await.is_err());
}

#[tokio::test]
async fn a_drain_cuts_off_what_does_not_finish() {
    let running = start(ServerOptions::default(), None);
    let mut busy = Client::connect(running.address).await;
    busy.send("PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!running.server.drain(Duration::from_millis(200)).await);
    assert!(busy.rest().await.is_empty());
}
