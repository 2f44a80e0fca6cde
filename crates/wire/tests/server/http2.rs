//! HTTP/2 on the same port.

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use wire::ServerOptions;

use crate::house::start;

#[tokio::test]
async fn many_requests_share_one_http2_connection() {
    let running = start(ServerOptions::default(), None);
    let stream = TcpStream::connect(running.address).await.unwrap();
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let call = |method: &str, path: String, body: Vec<u8>| {
        let uri = format!("http://b.localhost:9000{path}");
        let request = Request::builder().method(method).uri(uri).body(Full::new(Bytes::from(body))).unwrap();
        let mut sender = sender.clone();
        async move {
            let response = sender.send_request(request).await.unwrap();
            let status = response.status();
            let body = response.into_body().collect().await.map(|body| body.to_bytes());
            (status, body)
        }
    };
    let puts = (0..50).map(|at| tokio::spawn(call("PUT", format!("/k{at}"), vec![at; 100_000])));
    for put in puts.collect::<Vec<_>>() {
        assert_eq!(put.await.unwrap().0, StatusCode::OK);
    }
    let (status, body) = call("GET", "/k7".to_owned(), Vec::new()).await;
    assert_eq!((status, body.unwrap()), (StatusCode::OK, Bytes::from(vec![7; 100_000])));
    let (status, body) = call("GET", "/none".to_owned(), Vec::new()).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(String::from_utf8_lossy(&body.unwrap()).contains("<Code>NoSuchKey</Code>"));
    assert!(call("GET", "/false/2".to_owned(), Vec::new()).await.1.is_err());
    let (_, large) = call("GET", "/large/20".to_owned(), Vec::new()).await;
    assert_eq!(large.unwrap().len(), 20 << 20);
}
