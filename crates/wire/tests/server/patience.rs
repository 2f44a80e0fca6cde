//! How long the server waits.

use std::time::{Duration, Instant};

use wire::{ServerOptions, Timeouts};

use crate::house::{Running, start};
use crate::raw::Client;

const GET: &str = "GET /b/none HTTP/1.1\r\nHost: h\r\n\r\n";

fn impatient() -> Running {
    let timeouts = Timeouts {
        head: Duration::from_millis(300),
        idle: Duration::from_millis(900),
        body: Duration::from_millis(300),
        write_stall: Duration::from_millis(300),
        ..Timeouts::default()
    };
    start(ServerOptions { timeouts, ..ServerOptions::default() }, None)
}

async fn closes_after(client: &mut Client, least: u64, most: u64) {
    let start = Instant::now();
    assert!(client.rest().await.is_empty());
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(least) && took < Duration::from_millis(most), "{took:?}");
}

#[tokio::test]
async fn heads_that_dribble_are_cut_off_and_idle_connections_get_longer() {
    let running = impatient();
    let mut silent = Client::connect(running.address).await;
    closes_after(&mut silent, 200, 800).await;
    let mut dribbling = Client::connect(running.address).await;
    let start = Instant::now();
    for byte in GET.as_bytes() {
        if !dribbling.try_send(&[*byte]).await || start.elapsed() > Duration::from_secs(5) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(dribbling.rest().await.is_empty());
    assert!(start.elapsed() < Duration::from_secs(5));
    let mut idle = Client::connect(running.address).await;
    assert_eq!(idle.call(GET).await.status, 404);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(idle.call(GET).await.status, 404);
    closes_after(&mut idle, 800, 1500).await;
    let mut second = Client::connect(running.address).await;
    assert_eq!(second.call(GET).await.status, 404);
    second.send("GET /b").await;
    closes_after(&mut second, 200, 800).await;
}

#[tokio::test]
async fn a_body_that_stops_coming_is_a_request_timeout() {
    let running = impatient();
    let mut client = Client::connect(running.address).await;
    client.send("PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello").await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "RequestTimeout"));
    assert_eq!(answer.header("connection"), Some("close"));
}

#[tokio::test]
async fn a_request_in_flight_may_take_longer_than_idleness() {
    let running = impatient();
    let mut client = Client::connect(running.address).await;
    assert_eq!(client.call("GET /b/slow HTTP/1.1\r\nHost: h\r\n\r\n").await.text(), "slow");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let running = impatient();
    let mut client = Client::connect(running.address).await;
    client.send("GET /b/large/256 HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(client.head().await.status, 200);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(client.rest().await.len() < 256 << 20);
}
