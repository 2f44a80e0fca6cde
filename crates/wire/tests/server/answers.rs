//! What answers look like on the wire.

use wire::{Limits, ServerOptions};

use crate::house::start;
use crate::raw::Client;

#[tokio::test]
async fn every_answer_carries_its_ids_and_pipelined_ones_keep_their_order() {
    let running = start(ServerOptions::default(), None);
    let mut client = Client::connect(running.address).await;
    let put = "PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
    let get = "GET /b/k HTTP/1.1\r\nHost: h\r\n\r\n";
    let none = "GET /b/none HTTP/1.1\r\nHost: h\r\n\r\n";
    client.send(format!("{put}{get}{none}{get}")).await;
    let mut ids = Vec::new();
    for expected in [(200, ""), (200, "hello"), (404, "NoSuchKey"), (200, "hello")] {
        let answer = client.answer().await;
        assert_eq!(answer.status, expected.0);
        let id = answer.header("x-amz-request-id").unwrap().to_owned();
        assert!(
            id.len() == 16 && id.bytes().all(|digit| digit.is_ascii_digit() || digit.is_ascii_uppercase())
        );
        assert!(answer.header("x-amz-id-2").is_some_and(|host| !host.is_empty()));
        assert_eq!(answer.header("server"), Some("Strongroom"));
        assert!(answer.header("date").is_some());
        if answer.status == 200 {
            assert_eq!(answer.text(), expected.1);
        } else {
            assert_eq!(answer.code(), expected.1);
            assert!(answer.text().contains(&format!("<RequestId>{id}</RequestId>")));
            assert!(answer.text().contains("<Key>none</Key>"));
            assert_eq!(answer.header("content-type"), Some("application/xml"));
        }
        assert!(!ids.contains(&id));
        ids.push(id);
    }
}

#[tokio::test]
async fn head_says_lengths_and_sends_no_body() {
    let running = start(ServerOptions::default(), None);
    let mut client = Client::connect(running.address).await;
    client.send("HEAD /b/k HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let answer = client.head().await;
    assert_eq!((answer.status, answer.header("content-length")), (200, Some("1234")));
    client.send("HEAD /b/k HTTP/1.1\r\nHost: h\r\nAuthorization: DENY\r\n\r\n").await;
    let answer = client.head().await;
    assert_eq!(answer.status, 403);
    assert!(answer.header("x-amz-request-id").is_some());
    // Nothing stands between this answer and the next.
    let next = client.call("GET /b/none HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!((next.status, next.code()), (404, "NoSuchKey".to_owned()));
}

#[tokio::test]
async fn a_source_that_fails_midway_breaks_the_connection() {
    let running = start(ServerOptions::default(), None);
    let mut client = Client::connect(running.address).await;
    client.send("GET /b/false/8 HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let answer = client.head().await;
    assert_eq!((answer.status, answer.header("content-length")), (200, Some("8388608")));
    assert!(client.rest().await.len() <= 4 << 20);
    let mut client = Client::connect(running.address).await;
    let whole = client.call("GET /b/large/8 HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(whole.body.len(), 8 << 20);
}

#[tokio::test]
async fn what_s3_does_not_know_or_we_have_not_built_is_refused() {
    let running = start(ServerOptions::default(), None);
    let table = [
        ("PATCH /b/k", 405, "MethodNotAllowed"),
        ("OPTIONS /b/k", 400, "BadRequest"),
        ("GET /b?website", 501, "NotImplemented"),
        ("DELETE /b?location", 405, "MethodNotAllowed"),
        ("GET /b/%ff", 400, "InvalidURI"),
        ("GET //k", 400, "InvalidBucketName"),
        ("GET /b/k?%zz", 400, "InvalidURI"),
        ("GET /-/nothing", 404, "NoSuchBucket"),
    ];
    let mut client = Client::connect(running.address).await;
    for (line, status, code) in table {
        let answer = client.call(format!("{line} HTTP/1.1\r\nHost: h\r\n\r\n")).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{line}");
    }
    let answer = client.call("POST /-/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nping").await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "ping"));
}

#[tokio::test]
async fn heads_beyond_the_limits_are_refused_in_s3s_words_or_at_once() {
    let limits =
        Limits { header_bytes_max: 2000, headers_max: 20, request_line_bytes_max: 500, ..Limits::default() };
    let running = start(ServerOptions { limits, ..ServerOptions::default() }, None);
    let large = format!("X-Large: {}\r\n", "x".repeat(2000));
    let many: String = (0..20).map(|at| format!("X-{at}: 1\r\n")).collect();
    let mut client = Client::connect(running.address).await;
    for headers in [large, many] {
        let answer = client.call(format!("GET /b/k HTTP/1.1\r\nHost: h\r\n{headers}\r\n")).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "RequestHeaderSectionTooLarge"));
    }
    let long = client.call(format!("GET /b/{} HTTP/1.1\r\nHost: h\r\n\r\n", "k".repeat(500))).await;
    assert_eq!((long.status, long.code().as_str()), (400, "InvalidURI"));
    let bomb = "X-Bomb: 1\r\n".repeat(100_000);
    client.try_send(format!("GET /b/k HTTP/1.1\r\nHost: h\r\n{bomb}").as_bytes()).await;
    assert_eq!(client.head().await.status, 431);
}

#[tokio::test]
async fn a_bucket_may_stand_in_the_host() {
    let running =
        start(ServerOptions { domains: vec!["example.com".to_owned()], ..Default::default() }, None);
    let mut client = Client::connect(running.address).await;
    client.call("PUT /b/a%2Fb HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi").await;
    for host in ["b.localhost:9000", "b.s3.example.com", "b.example.com"] {
        let answer = client.call(format!("GET /a/b HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "hi"), "{host}");
    }
}
