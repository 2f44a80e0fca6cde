//! Several clients of one bucket at once: what they ask, and what they make of the answers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api::s3::{
    CompleteMultipartUpload, CompleteMultipartUploadInput, CompletedMultipartUpload, CompletedPart,
    CopyObject, CopyObjectInput, CreateMultipartUpload, CreateMultipartUploadInput, DeleteObject,
    DeleteObjectInput, GetObject, GetObjectInput, HeadObject, HeadObjectInput, ListObjectsV2,
    ListObjectsV2Input, PutObject, PutObjectInput, UploadPart, UploadPartInput,
};
use api::{ErrorCode, S3Error};
use auth::Caller;
use bytes::Bytes;
use reference::hall::{Front, caller};
use tokio::time::{sleep, timeout};

use super::bodies::Bodies;
use super::excuse::Excuse;
use crate::Dice;
use crate::invariants::listing;
use crate::invariants::register::{Answer, Deed, Register, Value};

pub const BUCKET: &str = "shared";
pub const KEYS: usize = 3;
/// What copies are made of; written once.
pub const SOURCES: usize = 2;
/// A client that gets no answer for so long goes away.
const PATIENCE: Duration = Duration::from_secs(300);

/// What all clients know together.
#[derive(Debug, Default)]
pub struct Known {
    pub register: Register,
    pub bodies: Bodies,
    pub sources: Vec<Value>,
    /// What must not be.
    pub violation: Option<String>,
}

#[derive(Clone)]
pub struct Client {
    pub front: Front,
    pub known: Arc<Mutex<Known>>,
    pub excuse: Excuse,
}

/// What became of a request.
enum Told<T> {
    Answer(T),
    Error(S3Error),
    /// The machine went off, or nobody ever answered.
    Nothing,
}

pub fn key(number: usize) -> String {
    format!("key/{number}")
}

pub fn source(number: usize) -> String {
    format!("source/{number}")
}

pub fn root() -> Caller {
    caller(2)
}

impl Client {
    pub fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub async fn work(self, dice: Dice, deeds: u64) {
        for _ in 0..deeds {
            if self.excuse.is_off() {
                return;
            }
            self.act(dice.index(KEYS), &dice).await;
            if dice.chance(20) {
                sleep(Duration::from_millis(dice.below(3000))).await;
            }
        }
    }

    /// The bucket, and what copies are made of. False when that failed, to be tried again.
    pub async fn furnish(&self, dice: &Dice) -> bool {
        match self.front.make_bucket(&root(), BUCKET).await {
            Ok(()) => {}
            Err(error) if error.code == ErrorCode::BucketAlreadyOwnedByYou => {}
            Err(_) => return false,
        }
        while self.known().sources.len() < SOURCES {
            let number = self.known().sources.len();
            let (value, bytes) = self.known().bodies.draw(dice);
            let input =
                PutObjectInput { bucket: BUCKET.to_owned(), key: source(number), ..Default::default() };
            if self.front.call::<PutObject>(&root(), input, bytes).await.is_err() || self.excuse.is_off() {
                return false;
            }
            self.known().sources.push(value);
        }
        true
    }

    /// Every key, whole; and the listing against them.
    pub async fn look(&self) {
        for at in 0..KEYS {
            self.get(at, None).await;
        }
        if let Err(wrong) = self.compare_listing().await {
            self.known().violation = Some(wrong);
        }
    }

    async fn compare_listing(&self) -> Result<(), String> {
        let failed = |error: S3Error| format!("a listing fails: {error:?}");
        let mut read = listing::Shown::new();
        for key in (0..KEYS).map(key).chain((0..SOURCES).map(source)) {
            let input = HeadObjectInput { bucket: BUCKET.to_owned(), key: key.clone(), ..Default::default() };
            match self.front.call::<HeadObject>(&root(), input, Bytes::new()).await {
                Ok((head, _)) => {
                    let shown = (head.e_tag.unwrap_or_default(), head.content_length.unwrap_or(0) as u64);
                    read.insert(key, shown);
                }
                Err(error) if error.code == ErrorCode::NoSuchKey => {}
                Err(error) => return Err(failed(error)),
            }
        }
        let (mut listed, mut token) = (Vec::new(), None);
        loop {
            let input = ListObjectsV2Input {
                bucket: BUCKET.to_owned(),
                max_keys: Some(2),
                continuation_token: token,
                ..Default::default()
            };
            let page =
                self.front.call::<ListObjectsV2>(&root(), input, Bytes::new()).await.map_err(failed)?.0;
            listed.extend(page.contents.into_iter().map(|object| {
                let shown = (object.e_tag.unwrap_or_default(), object.size.unwrap_or(0) as u64);
                (object.key.unwrap_or_default(), shown)
            }));
            token = page.next_continuation_token;
            if token.is_none() {
                return listing::check(&listed, &read);
            }
        }
    }

    async fn act(&self, at: usize, dice: &Dice) {
        match dice.below(20) {
            0..6 => self.put(at, dice, |value, _| Deed::Put(value)).await,
            6..8 => self.put(at, dice, |value, _| Deed::PutNew(value)).await,
            8..10 => self.put(at, dice, |to, from| Deed::Replace(from.unwrap_or(0), to)).await,
            10..12 => self.delete(at).await,
            12 => self.copy(at, dice).await,
            13 => self.upload(at, dice).await,
            14 => self.head(at).await,
            15 => self.get(at, Some(dice)).await,
            _ => self.get(at, None).await,
        }
    }

    async fn put(&self, at: usize, dice: &Dice, deed: impl Fn(Value, Option<Value>) -> Deed) {
        let (deed, bytes, etag) = {
            let mut known = self.known();
            let (value, bytes) = known.bodies.draw(dice);
            let before = (value > 0).then(|| dice.below(u64::from(value)) as Value);
            let deed = deed(value, before);
            let etag = match deed {
                Deed::Replace(from, _) => Some(known.bodies.etag(from).to_owned()),
                _ => None,
            };
            (deed, bytes, etag)
        };
        let input = PutObjectInput {
            bucket: BUCKET.to_owned(),
            key: key(at),
            if_match: etag.map(|etag| format!("\"{etag}\"")),
            if_none_match: matches!(deed, Deed::PutNew(_)).then(|| "*".to_owned()),
            ..Default::default()
        };
        self.write(at, deed, self.front.call::<PutObject>(&root(), input, bytes)).await;
    }

    async fn delete(&self, at: usize) {
        let input = DeleteObjectInput { bucket: BUCKET.to_owned(), key: key(at), ..Default::default() };
        self.write(at, Deed::Delete, self.front.call::<DeleteObject>(&root(), input, Bytes::new())).await;
    }

    async fn copy(&self, at: usize, dice: &Dice) {
        let from = dice.index(SOURCES);
        let Some(value) = self.known().sources.get(from).copied() else { return };
        let input = CopyObjectInput {
            bucket: BUCKET.to_owned(),
            key: key(at),
            copy_source: Some(format!("{BUCKET}/{}", source(from))),
            ..Default::default()
        };
        self.write(at, Deed::Put(value), self.front.call::<CopyObject>(&root(), input, Bytes::new())).await;
    }

    /// One part makes the object; begun uploads of which no answer tells stay behind.
    async fn upload(&self, at: usize, dice: &Dice) {
        let (value, bytes) = self.known().bodies.draw(dice);
        let (bucket, key) = (BUCKET.to_owned(), key(at));
        let input =
            CreateMultipartUploadInput { bucket: bucket.clone(), key: key.clone(), ..Default::default() };
        let begun = self.ask(self.front.call::<CreateMultipartUpload>(&root(), input, Bytes::new())).await;
        let Some((begun, _)) = self.unless_failed(begun) else { return };
        let input = UploadPartInput {
            bucket: bucket.clone(),
            key: key.clone(),
            upload_id: begun.upload_id.clone(),
            part_number: Some(1),
            ..Default::default()
        };
        let part = self.ask(self.front.call::<UploadPart>(&root(), input, bytes)).await;
        let Some((part, _)) = self.unless_failed(part) else { return };
        let value = self.known().bodies.as_part(value);
        let parts = vec![CompletedPart { part_number: Some(1), e_tag: part.e_tag, ..Default::default() }];
        let input = CompleteMultipartUploadInput {
            bucket,
            key,
            upload_id: begun.upload_id,
            multipart_upload: Some(CompletedMultipartUpload { parts }),
            ..Default::default()
        };
        let caller = root();
        let completing = self.front.call::<CompleteMultipartUpload>(&caller, input, Bytes::new());
        self.write(at, Deed::Put(value), completing).await;
    }

    async fn head(&self, at: usize) {
        let ticket = self.known().register.begin(at, Deed::Get);
        let input = HeadObjectInput { bucket: BUCKET.to_owned(), key: key(at), ..Default::default() };
        let told = self.ask(self.front.call::<HeadObject>(&root(), input, Bytes::new())).await;
        let Some(found) = self.unless_missing(told) else { return };
        let mut known = self.known();
        let value =
            found.map(|(output, _)| (known.bodies.find(output.e_tag.as_deref()), output.content_length));
        match value {
            None => known.register.answer(ticket, Answer::Found(None)),
            Some((Some(value), Some(length))) if known.bodies.bytes(value).len() as i64 == length => {
                known.register.answer(ticket, Answer::Found(Some(value)));
            }
            Some(other) => {
                known.violation = Some(format!("HEAD of key {at} tells of nothing that was put: {other:?}"))
            }
        }
    }

    /// All of it, or a part.
    pub async fn get(&self, at: usize, part: Option<&Dice>) {
        let ticket = self.known().register.begin(at, Deed::Get);
        let first = part.map(|dice| dice.below(2000));
        let input = GetObjectInput {
            bucket: BUCKET.to_owned(),
            key: key(at),
            range: first.map(|first| format!("bytes={first}-{}", first + 5000)),
            ..Default::default()
        };
        let told = self.ask(self.front.call::<GetObject>(&root(), input, Bytes::new())).await;
        if let Told::Error(error) = &told
            && error.code == ErrorCode::InvalidRange
        {
            return;
        }
        let Some(found) = self.unless_missing(told) else { return };
        let mut known = self.known();
        let Some((output, bytes)) = found else {
            return known.register.answer(ticket, Answer::Found(None));
        };
        match known.bodies.find(output.e_tag.as_deref()) {
            Some(value) => {
                let whole = known.bodies.bytes(value);
                let start = first.map_or(0, |first| whole.len().min(first as usize));
                let end = first.map_or(whole.len(), |first| whole.len().min(first as usize + 5001));
                if bytes != whole[start..end] {
                    known.violation = Some(format!("GET of key {at} answers wrong bytes"));
                }
                known.register.answer(ticket, Answer::Found(Some(value)));
            }
            None => known.violation = Some(format!("GET of key {at} has the ETag of nothing that was put")),
        }
    }

    /// A change, whose error leaves it open whether it took effect.
    async fn write<T>(&self, at: usize, deed: Deed, asking: impl Future<Output = Result<T, S3Error>>) {
        let ticket = self.known().register.begin(at, deed);
        let answer = match self.ask(asking).await {
            Told::Answer(_) => Answer::Done,
            Told::Error(error) if error.code == ErrorCode::PreconditionFailed => Answer::Refused,
            // If-Match where nothing is.
            Told::Error(error) if error.code == ErrorCode::NoSuchKey => Answer::Refused,
            told => {
                self.unless_failed(told);
                return;
            }
        };
        self.known().register.answer(ticket, answer);
    }

    async fn ask<T>(&self, asking: impl Future<Output = Result<T, S3Error>>) -> Told<T> {
        let told = timeout(PATIENCE, asking).await;
        match told {
            _ if self.excuse.is_off() => Told::Nothing,
            Err(_) => Told::Nothing,
            Ok(Ok(answer)) => Told::Answer(answer),
            Ok(Err(error)) => Told::Error(error),
        }
    }

    /// The answer of a change; an error wants an excuse.
    fn unless_failed<T>(&self, told: Told<T>) -> Option<T> {
        match told {
            Told::Answer(answer) => return Some(answer),
            Told::Error(error) if error.code == ErrorCode::ConditionalRequestConflict => {}
            Told::Error(error) if !self.excuse.writes_may_fail() => {
                self.known().violation = Some(format!("a change fails on healthy devices: {error:?}"));
            }
            Told::Error(_) | Told::Nothing => {}
        }
        None
    }

    /// `Some(None)`: there is nothing.
    fn unless_missing<T>(&self, told: Told<T>) -> Option<Option<T>> {
        match told {
            Told::Answer(answer) => Some(Some(answer)),
            Told::Error(error) if error.code == ErrorCode::NoSuchKey => Some(None),
            Told::Error(error) if !self.excuse.reads_may_fail() => {
                self.known().violation =
                    Some(format!("a read fails though enough devices are well: {error:?}"));
                None
            }
            Told::Error(_) | Told::Nothing => None,
        }
    }
}
