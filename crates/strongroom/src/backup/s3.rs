//! A shelf in a bucket of any S3, below a prefix.
//!
//! Its lock is an object that its holder writes anew every few seconds. Who finds one watches it for a while: one that
//! nobody writes any more is taken over, by a conditional write that only one can win.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use ::backup::{Fault, Shelf};
use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, StatusCode};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use world::{OsRandom, Random as _};

use super::remote::refused;
use crate::client::{Ask, Client, read};

/// Of one request: a pack may have to go over a slow line.
const PATIENCE: Duration = Duration::from_secs(300);
const TRIES: u32 = 6;
const ANSWER_BYTES_MAX: usize = 1 << 30;
const LOCK: &str = "lock";
/// How often the lock is written, and how long one that is not stays in force.
const LOCK_EVERY: Duration = Duration::from_secs(5);
const LOCK_DEAD: Duration = Duration::from_secs(30);
/// So long after it was written nobody else can have it.
const LOCK_SURE: Duration = Duration::from_secs(20);
/// Of a request that must not be done after another one has the lock.
const BRIEF: Duration = LOCK_DEAD.saturating_sub(LOCK_SURE);

pub struct Bucket {
    place: Arc<Place>,
    held: Mutex<Option<Held>>,
}

/// The lock, and the task that writes it until another one has it.
struct Held {
    task: JoinHandle<()>,
    /// When its last writing was begun.
    written: watch::Receiver<Instant>,
}

struct Place {
    client: Client,
    bucket: String,
    /// Empty, or it ends in a slash.
    prefix: String,
}

/// A request below the prefix.
struct Errand<'a> {
    method: Method,
    name: &'a str,
    query: &'a str,
    headers: &'a [(&'a str, &'a str)],
    body: Bytes,
    patience: Duration,
}

struct Answer {
    status: StatusCode,
    etag: Option<String>,
    body: Bytes,
}

impl<'a> Errand<'a> {
    const fn new(method: Method, name: &'a str) -> Self {
        Self { method, name, query: "", headers: &[], body: Bytes::new(), patience: PATIENCE }
    }
}

impl Answer {
    /// It is not only the object that is missing.
    fn is_no_bucket(&self) -> bool {
        said(&self.body, "Code").is_some_and(|code| code == "NoSuchBucket")
    }
}

impl Bucket {
    /// `path`: what follows `s3://`.
    pub fn new(client: Client, path: &str) -> anyhow::Result<Self> {
        let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
        let plain = |letter: u8| letter.is_ascii_alphanumeric() || b"-._/".contains(&letter);
        if bucket.is_empty() || !path.bytes().all(plain) {
            anyhow::bail!("s3://{path}: write it as s3://bucket/prefix, with letters, digits and -._/ alone");
        }
        let prefix = prefix.trim_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        let place = Arc::new(Place { client, bucket: bucket.to_owned(), prefix });
        Ok(Self { place, held: Mutex::new(None) })
    }

    /// Nothing is changed by who may have lost the lock without having heard of it.
    async fn change(&self, errand: Errand<'_>) -> Result<Answer, Fault> {
        let held = self.held.lock().await.as_ref().map(|held| held.written.clone());
        self.place.request(errand, Some(held.ok_or_else(lost)?)).await
    }
}

impl Place {
    /// Tried again while the other side is at fault; each time not before the lock is surely held, where there is one.
    async fn request(
        &self,
        errand: Errand<'_>,
        lock: Option<watch::Receiver<Instant>>,
    ) -> Result<Answer, Fault> {
        let Errand { method, name, query, headers, body, patience } = errand;
        let path = match name {
            "" => format!("/{}", self.bucket),
            name => format!("/{}/{}{name}", self.bucket, self.prefix),
        };
        let ask = Ask { method, path: &path, query, headers, body };
        let mut tries = 0;
        loop {
            if let Some(lock) = &lock {
                sure(lock.clone()).await?;
            }
            tries += 1;
            let answer = self.once(&ask, patience).await;
            let again = match &answer {
                Ok(answer) => {
                    answer.status.is_server_error() || answer.status == StatusCode::TOO_MANY_REQUESTS
                }
                Err(_) => true,
            };
            if !again || tries == TRIES {
                return answer.map_err(refused);
            }
            tokio::time::sleep(Duration::from_millis(200) * (1 << tries)).await;
        }
    }

    async fn once(&self, ask: &Ask<'_>, patience: Duration) -> anyhow::Result<Answer> {
        let answer = async {
            let response = self.client.send(ask, patience).await?;
            let status = response.status();
            let etag = response.headers().get("etag").and_then(|etag| etag.to_str().ok()).map(str::to_owned);
            let body = read(response, ANSWER_BYTES_MAX, patience).await?;
            Ok(Answer { status, etag, body })
        };
        tokio::time::timeout(patience, answer).await?
    }

    async fn get(&self, name: &str) -> Result<Answer, Fault> {
        self.request(Errand::new(Method::GET, name), None).await
    }

    /// Writes the lock over the one with this ETag, or where there is none. Its ETag then, `None` when there is another's.
    async fn write_lock(&self, holder: &str, mut over: Option<String>) -> Result<Option<String>, Fault> {
        loop {
            let word = Bytes::from(format!("{holder} {:032x}\n", OsRandom.u128()));
            let condition = over.as_deref().map_or(("if-none-match", "*"), |etag| ("if-match", etag));
            let errand = Errand {
                headers: &[condition],
                body: word.clone(),
                patience: BRIEF,
                ..Errand::new(Method::PUT, LOCK)
            };
            let answer = self.request(errand, None).await?;
            match answer.status {
                status if status.is_success() => return answer.etag.map(Some).ok_or_else(no_etag),
                StatusCode::PRECONDITION_FAILED | StatusCode::CONFLICT | StatusCode::NOT_FOUND
                    if !answer.is_no_bucket() => {}
                _ => return Err(told(&answer)),
            }
            // It may be there since the answer to an earlier try was lost.
            let there = self.get(LOCK).await?;
            match there.body {
                body if body == word => return there.etag.map(Some).ok_or_else(no_etag),
                body if body.starts_with(holder.as_bytes()) => over = there.etag,
                _ => return Ok(None),
            }
        }
    }
}

#[async_trait]
impl Shelf for Bucket {
    async fn put(&self, name: &str, bytes: Bytes) -> Result<(), Fault> {
        // A pack or an index that comes late is in nobody's way; a backup may come after a prune took what it needs.
        let patience = if name.starts_with("backups/") { BRIEF } else { PATIENCE };
        let errand = Errand { body: bytes, patience, ..Errand::new(Method::PUT, name) };
        let answer = self.change(errand).await?;
        if answer.status.is_success() { Ok(()) } else { Err(told(&answer)) }
    }

    async fn get(&self, name: &str) -> Result<Option<Bytes>, Fault> {
        let answer = self.place.get(name).await?;
        match answer.status {
            StatusCode::OK => Ok(Some(answer.body)),
            StatusCode::NOT_FOUND if !answer.is_no_bucket() => Ok(None),
            _ => Err(told(&answer)),
        }
    }

    async fn get_range(&self, name: &str, range: Range<u64>) -> Result<Option<Bytes>, Fault> {
        let wanted = format!("bytes={}-{}", range.start, range.end - 1);
        let errand = Errand { headers: &[("range", &wanted)], ..Errand::new(Method::GET, name) };
        let answer = self.place.request(errand, None).await?;
        match answer.status {
            StatusCode::PARTIAL_CONTENT => Ok(Some(answer.body)),
            StatusCode::RANGE_NOT_SATISFIABLE => Ok(Some(Bytes::new())),
            StatusCode::NOT_FOUND if !answer.is_no_bucket() => Ok(None),
            _ => Err(told(&answer)),
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(String, u64)>, Fault> {
        let whole = format!("{}{prefix}", self.place.prefix);
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let query = format!(
                "list-type=2&prefix={}&start-after={}",
                whole.replace('/', "%2F"),
                after.replace('/', "%2F")
            );
            let errand = Errand { query: &query, ..Errand::new(Method::GET, "") };
            let answer = self.place.request(errand, None).await?;
            if !answer.status.is_success() {
                return Err(told(&answer));
            }
            let text = String::from_utf8_lossy(&answer.body);
            for entry in text.split("<Contents>").skip(1) {
                let (Some(key), Some(size)) = (element(entry, "Key"), element(entry, "Size")) else {
                    continue;
                };
                // Not ours, and not needed to go on: it would be escaped.
                if let Some(name) = key.strip_prefix(&self.place.prefix) {
                    found.push((name.to_owned(), size.parse().unwrap_or_default()));
                }
                after = key.to_owned();
            }
            if element(&text, "IsTruncated") != Some("true") || after.is_empty() {
                return Ok(found);
            }
        }
    }

    async fn delete(&self, name: &str) -> Result<(), Fault> {
        let errand = Errand { patience: BRIEF, ..Errand::new(Method::DELETE, name) };
        let answer = self.change(errand).await?;
        let gone = answer.status.is_success() || answer.status == StatusCode::NOT_FOUND;
        if gone { Ok(()) } else { Err(told(&answer)) }
    }

    async fn lock(&self) -> Result<(), Fault> {
        let (place, holder) = (self.place.clone(), format!("{:032x}", OsRandom.u128()));
        let mut begun = Instant::now();
        let mut etag = place.write_lock(&holder, None).await?;
        if etag.is_none() {
            let seen = place.get(LOCK).await?.etag;
            tracing::warn!("another backup or prune has the lock; waiting to see whether it is alive");
            let mut waited = Duration::ZERO;
            while waited < LOCK_DEAD {
                tokio::time::sleep(LOCK_EVERY).await;
                waited += LOCK_EVERY;
                let now = place.get(LOCK).await?;
                if now.status == StatusCode::NOT_FOUND || now.etag != seen {
                    break;
                }
            }
            begun = Instant::now();
            etag = place.write_lock(&holder, seen.filter(|_| waited >= LOCK_DEAD)).await?;
        }
        let Some(mut etag) = etag else {
            return Err(Fault::Refused("another backup or prune writes there now".to_owned()));
        };
        let (renewed, written) = watch::channel(begun);
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOCK_EVERY).await;
                let begun = Instant::now();
                match place.write_lock(&holder, Some(etag.clone())).await {
                    Ok(Some(next)) => etag = next,
                    Ok(None) => return,
                    Err(fault) => {
                        tracing::warn!(%fault, "the lock could not be renewed");
                        continue;
                    }
                }
                renewed.send_replace(begun);
            }
        });
        *self.held.lock().await = Some(Held { task, written });
        Ok(())
    }

    /// One that may be another's by now, or that cannot be deleted, is left to end by itself.
    async fn unlock(&self) -> Result<(), Fault> {
        let written = self.held.lock().await.as_ref().map(|held| *held.written.borrow());
        if written.is_some_and(|written| written.elapsed() < LOCK_SURE)
            && let Err(fault) = self.delete(LOCK).await
        {
            tracing::warn!(%fault, "the lock could not be taken away");
        }
        if let Some(Held { task, .. }) = self.held.lock().await.take() {
            task.abort();
        }
        Ok(())
    }
}

/// Waits until the lock was written so lately that nobody else can have it.
async fn sure(mut written: watch::Receiver<Instant>) -> Result<(), Fault> {
    let sure = written.wait_for(|written| written.elapsed() < LOCK_SURE);
    let sure = tokio::time::timeout(PATIENCE, sure).await.is_ok_and(|sure| sure.is_ok());
    // Its sender ends with the task that writes it.
    if sure && written.has_changed().is_ok() { Ok(()) } else { Err(lost()) }
}

fn lost() -> Fault {
    Fault::Refused("the lock was lost, perhaps to another backup or prune".to_owned())
}

fn no_etag() -> Fault {
    Fault::Refused("the destination's answer has no ETag".to_owned())
}

/// What an S3 answers when it refuses.
fn told(answer: &Answer) -> Fault {
    let code = said(&answer.body, "Code").unwrap_or_default();
    let message = said(&answer.body, "Message").unwrap_or_default();
    Fault::Refused(format!("the destination answered {}: {code} {message}", answer.status))
}

fn said(body: &[u8], name: &str) -> Option<String> {
    element(&String::from_utf8_lossy(body), name).map(str::to_owned)
}

/// The text of the first element of that name: enough for answers whose texts we know.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(&format!("<{name}>"))?;
    Some(after.split_once('<')?.0)
}

#[cfg(test)]
mod tests;
