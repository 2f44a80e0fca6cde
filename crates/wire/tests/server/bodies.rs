//! Bodies on their way in.

use std::sync::atomic::Ordering;

use wire::{Limits, ServerOptions};

use crate::house::{Running, start};
use crate::raw::Client;

const SHA256_OF_HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

fn stored(running: &Running, key: &str) -> Option<Vec<u8>> {
    running.house.objects.lock().unwrap().get(key).map(|(_, bytes)| bytes.to_vec())
}

#[tokio::test]
async fn one_hundred_continue_is_said_only_to_who_is_let_in() {
    let running = start(ServerOptions::default(), None);
    let put = |target: &str, more: &str| {
        format!("PUT {target} HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n{more}\r\n")
    };
    let mut client = Client::connect(running.address).await;
    client.send(put("/b/k", "")).await;
    assert_eq!(client.head().await.status, 100);
    client.send("hello").await;
    assert_eq!(client.answer().await.status, 200);
    assert_eq!(stored(&running, "k").unwrap(), b"hello");
    for refused in [put("/b/k", "Authorization: DENY\r\n"), put("/missing/k", "")] {
        let mut client = Client::connect(running.address).await;
        let answer = client.call(refused).await;
        assert!(matches!(answer.status, 403 | 404), "{}", answer.status);
        assert_eq!(answer.header("connection"), Some("close"));
        assert!(client.rest().await.is_empty());
    }
    assert_eq!(running.house.bodies_read.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_client_that_sends_on_still_reads_why_it_was_refused() {
    let running = start(ServerOptions::default(), None);
    for _ in 0..10 {
        let mut client = Client::connect(running.address).await;
        client.send("PUT /missing/k HTTP/1.1\r\nHost: h\r\nContent-Length: 6000000\r\n\r\n").await;
        client.try_send(&vec![0; 6_000_000]).await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "NoSuchBucket"));
    }
}

#[tokio::test]
async fn objects_must_say_how_long_they_are_and_documents_need_not() {
    let running = start(ServerOptions::default(), None);
    let mut client = Client::connect(running.address).await;
    let framed = "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\nx-amz-decoded-content-length: 2\r\n\
         Transfer-Encoding: chunked\r\n\r\nC\r\n2\r\nhi\r\n0\r\n\r\n\r\n0\r\n\r\n";
    assert_eq!(client.call(format!("PUT /b/c HTTP/1.1\r\nHost: h\r\n{framed}")).await.status, 200);
    assert_eq!(stored(&running, "c").unwrap(), b"hi");
    let document = "Transfer-Encoding: chunked\r\n\r\n5\r\n<Dele\r\n4\r\nte/>\r\n0\r\n\r\n";
    let answer = client.call(format!("POST /b?delete HTTP/1.1\r\nHost: h\r\n{document}")).await;
    assert_eq!(answer.code(), "InvalidRequest");
    assert_eq!(client.call("PUT /b/e HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n").await.status, 200);
    assert_eq!(stored(&running, "e").unwrap(), b"");
    for rest in ["\r\n", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"] {
        let mut client = Client::connect(running.address).await;
        let none = client.call(format!("PUT /b/n HTTP/1.1\r\nHost: h\r\n{rest}")).await;
        assert_eq!((none.status, none.code().as_str()), (411, "MissingContentLength"));
    }
    let bucket = client.call("PUT /b HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(bucket.status, 200);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_incomplete_and_stores_nothing() {
    let running = start(ServerOptions::default(), None);
    let framed = "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\nx-amz-decoded-content-length: 9\r\n\
         Transfer-Encoding: chunked\r\n\r\n9\r\n9\r\nhello";
    let heads = ["Content-Length: 10\r\n\r\nhello", framed];
    for head in heads {
        let mut client = Client::connect(running.address).await;
        client.send(format!("PUT /b/k HTTP/1.1\r\nHost: h\r\n{head}")).await;
        client.finish_sending().await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "IncompleteBody"));
    }
    assert_eq!(stored(&running, "k"), None);
}

#[tokio::test]
async fn a_body_must_have_the_hash_that_was_signed() {
    let running = start(ServerOptions::default(), None);
    let mut client = Client::connect(running.address).await;
    let put = |body: &str| {
        let length = body.len();
        format!(
            "PUT /b/k HTTP/1.1\r\nHost: h\r\nx-amz-content-sha256: {SHA256_OF_HELLO}\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    };
    let answer = client.call(put("hullo")).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "XAmzContentSHA256Mismatch"));
    assert_eq!(stored(&running, "k"), None);
    assert_eq!(client.call(put("hello")).await.status, 200);
    let xml = "<Delete></Delete>";
    let length = xml.len();
    let answer = client
        .call(format!("POST /b?delete HTTP/1.1\r\nHost: h\r\nContent-MD5: 1B2M2Y8AsgTpgAmY7PhCfg==\r\nContent-Length: {length}\r\n\r\n{xml}"))
        .await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "BadDigest"));
}

#[tokio::test]
async fn framed_bodies_are_unwrapped_and_so_are_their_headers() {
    let running = start(ServerOptions::default(), None);
    let mut client = Client::connect(running.address).await;
    let put = |frames: &str, decoded: &str| {
        let length = frames.len();
        format!(
            "PUT /b/k HTTP/1.1\r\nHost: h\r\nx-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n\
             Content-Encoding: aws-chunked, gzip\r\n{decoded}x-amz-trailer: x-amz-checksum-crc32\r\n\
             Content-Length: {length}\r\n\r\n{frames}"
        )
    };
    let decoded = "x-amz-decoded-content-length: 5\r\n";
    let frames = "2\r\nhe\r\n3\r\nllo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n";
    assert_eq!(client.call(put(frames, decoded)).await.status, 200);
    {
        let objects = running.house.objects.lock().unwrap();
        let (input, bytes) = &objects["k"];
        assert_eq!(bytes, "hello");
        assert_eq!(input.content_encoding.as_deref(), Some("gzip"));
        assert_eq!(input.content_length, Some(5));
    }
    let table = [
        (put(frames, ""), 411, "MissingContentLength"),
        (put(&frames[..20], decoded), 400, "IncompleteBody"),
        (put("5\r\nhello\r\n0\r\n\r\n", decoded), 400, "MalformedTrailerError"),
        (put(&format!("{frames}more"), decoded), 400, "InvalidRequest"),
    ];
    for (request, status, code) in table {
        let mut client = Client::connect(running.address).await;
        let answer = client.call(request).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code));
    }
}

#[tokio::test]
async fn a_small_refused_body_costs_no_connection() {
    let running = start(ServerOptions::default(), None);
    let mut client = Client::connect(running.address).await;
    for _ in 0..3 {
        let head = "PUT /missing/k HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n";
        client.send(head).await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.header("connection")), (404, None));
        client.send(vec![0; 60_000]).await;
    }
    assert_eq!(client.call("GET /b/none HTTP/1.1\r\nHost: h\r\n\r\n").await.code(), "NoSuchKey");
}

#[tokio::test]
async fn bodies_beyond_their_limit_are_refused_before_or_as_they_come() {
    let limits = Limits { put_bytes_max: 4, xml_bytes_max: 10, ..Limits::default() };
    let running = start(ServerOptions { limits, ..ServerOptions::default() }, None);
    let table = [
        ("PUT /b/k", "Content-Length: 5\r\n\r\nhello", "EntityTooLarge"),
        ("POST /b?delete", "Content-Length: 11\r\n\r\n<Delete><!-", "MaxMessageLengthExceeded"),
        (
            "POST /b?delete",
            "Transfer-Encoding: chunked\r\n\r\nB\r\n<Delete><!-\r\n0\r\n\r\n",
            "MaxMessageLengthExceeded",
        ),
    ];
    for (line, rest, code) in table {
        let mut client = Client::connect(running.address).await;
        let answer = client.call(format!("{line} HTTP/1.1\r\nHost: h\r\n{rest}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, code), "{line} {rest}");
    }
}
