//! The lock, against an S3 of a few lines.

use std::collections::HashMap;
use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicU32, Ordering};

use sigv4::Secret;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::client::Signatory;

#[test]
fn elements_are_found_in_a_listing() {
    let text = "<L><IsTruncated>true</IsTruncated><Contents><Key>a/b</Key><Size>7</Size></Contents></L>";
    assert_eq!(element(text, "IsTruncated"), Some("true"));
    assert_eq!(element(text, "Size"), Some("7"));
    assert_eq!(element(text, "Prefix"), None);
}

/// An S3 as far as a lock goes.
#[derive(Default)]
struct Store {
    objects: StdMutex<HashMap<String, Vec<u8>>>,
    /// So many requests are done and not answered.
    mute: AtomicU32,
    deletes: AtomicU32,
}

impl Store {
    async fn serve(self: Arc<Self>, mut stream: TcpStream) -> std::io::Result<()> {
        let mut request = Vec::new();
        let head = loop {
            stream.read_buf(&mut request).await?;
            if let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let text = String::from_utf8_lossy(&request[..head]).to_lowercase();
        let header = |name: &str| {
            text.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).map(str::to_owned)
        };
        let length = header("content-length").map_or(0, |length| length.parse().unwrap());
        while request.len() < head + length {
            stream.read_buf(&mut request).await?;
        }
        let mut words = text.split(' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap().to_owned());
        let (status, body) = self.answer(method, path, &header, &request[head..]);
        if self.mute.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |mute| mute.checked_sub(1)).is_ok() {
            return Ok(());
        }
        let (etag, told) = (etag(&body), if method == "get" { &body[..] } else { b"" });
        let head = format!("HTTP/1.1 {status} \r\netag: {etag}\r\ncontent-length: {}\r\n\r\n", told.len());
        stream.write_all(&[head.as_bytes(), told].concat()).await
    }

    fn answer(
        &self,
        method: &str,
        path: String,
        header: &dyn Fn(&str) -> Option<String>,
        sent: &[u8],
    ) -> (u16, Vec<u8>) {
        let mut objects = self.objects.lock().unwrap();
        let there = objects.get(&path).cloned();
        match method {
            "get" => there.map_or((404, Vec::new()), |there| (200, there)),
            "put" if header("if-none-match").is_some() && there.is_some() => (412, Vec::new()),
            "put" if header("if-match").is_some() && header("if-match") != there.as_deref().map(etag) => {
                (412, Vec::new())
            }
            "put" => {
                objects.insert(path, sent.to_vec());
                (200, sent.to_vec())
            }
            _ => {
                self.deletes.fetch_add(1, Ordering::SeqCst);
                (503, Vec::new())
            }
        }
    }
}

fn etag(body: &[u8]) -> String {
    format!("\"{}\"", body.iter().fold(7_u64, |sum, byte| sum.wrapping_mul(31) + u64::from(*byte)))
}

async fn bucket() -> (Bucket, Arc<Store>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let store = Arc::new(Store::default());
    let serving = store.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = serving.clone().serve(stream).await;
        }
    });
    let signatory = Signatory {
        access_key: "a".to_owned(),
        secret: Secret::new("b"),
        session_token: None,
        region: "us-east-1".to_owned(),
    };
    (Bucket::new(Client::new(&endpoint, signatory).unwrap(), "bucket").unwrap(), store)
}

#[tokio::test]
async fn a_lock_is_ours_when_the_answer_to_its_writing_was_lost() {
    let (bucket, store) = bucket().await;
    store.mute.store(1, Ordering::SeqCst);
    let first = bucket.place.write_lock("one", None).await.unwrap().unwrap();
    store.mute.store(1, Ordering::SeqCst);
    let second = bucket.place.write_lock("one", Some(first.clone())).await.unwrap().unwrap();
    assert_ne!(first, second);
    // All tries of an earlier renewal failed, and one of them was done.
    let third = bucket.place.write_lock("one", Some(first)).await.unwrap().unwrap();
    assert_eq!(bucket.place.write_lock("two", None).await.unwrap(), None);
    assert_eq!(bucket.place.write_lock("two", Some(second)).await.unwrap(), None);
    bucket.place.write_lock("two", Some(third.clone())).await.unwrap().unwrap();
    assert_eq!(bucket.place.write_lock("one", Some(third)).await.unwrap(), None);
}

#[tokio::test]
async fn nothing_is_deleted_after_the_lock_was_lost() {
    let (bucket, store) = bucket().await;
    let (renewed, written) = watch::channel(Instant::now());
    *bucket.held.lock().await = Some(Held { task: tokio::spawn(async {}), written });
    let deleting = tokio::spawn(async move { bucket.delete("packs/a").await });
    while store.deletes.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(renewed);
    assert!(deleting.await.unwrap().is_err());
    assert_eq!(store.deletes.load(Ordering::SeqCst), 1);
}
