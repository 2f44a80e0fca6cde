//! A house of cardboard: one bucket in memory, and a word with which a request asks to be refused.

use std::any::Any;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::s3::{GetObjectInput, GetObjectOutput, HeadObjectOutput, PutObjectInput, PutObjectOutput};
use api::{Arrival, Body, ByteSource, ErrorCode, Operation, S3Error};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::Response;
use sigv4::{RequestView, anonymous_payload};
use wire::{
    AnswerBody, Authenticated, CrossOrigin, Door, Extra, ExtraRequest, FormAdmission, FormView, Handle,
    Listener, Server, ServerOptions, Shared, Tls, Watchers,
};

/// What was stored: headers as far as tests look at them, and bytes.
#[derive(Default)]
pub struct House {
    pub objects: Mutex<HashMap<String, (PutObjectInput, Bytes)>>,
    /// Bodies that were pulled to their end.
    pub bodies_read: AtomicUsize,
}

impl Door for House {
    type Caller = ();

    /// A request with `x-amz-meta-deny` in its query or `DENY` as its Authorization is refused.
    async fn authenticate(
        &self,
        view: &RequestView<'_>,
        _host_bucket: Option<&str>,
        _arrival: &Arrival,
    ) -> Result<Authenticated<()>, S3Error> {
        if view.header("authorization") == Some("DENY") {
            return Err(ErrorCode::AccessDenied.into());
        }
        let refused = |_| S3Error::from(ErrorCode::InvalidRequest);
        let payload = anonymous_payload(view).map_err(refused)?;
        Ok(Authenticated { caller: (), access_key: Some("KEY".to_owned()), payload })
    }

    async fn authenticate_form(
        &self,
        form: &FormView<'_>,
        _arrival: &Arrival,
    ) -> Result<FormAdmission<()>, S3Error> {
        if form.fields.iter().any(|(name, _)| *name == "deny") {
            return Err(ErrorCode::AccessDenied.into());
        }
        Ok(FormAdmission { caller: (), access_key: None, length: 2..=1000 })
    }

    fn share(&self, _asked: &CrossOrigin<'_>) -> Result<Shared, S3Error> {
        Ok(Shared::Off)
    }
}

impl<O: Operation> Handle<O> for House
where
    O::Output: Default,
{
    async fn handle(
        &self,
        _caller: &(),
        input: O::Input,
        body: Body,
    ) -> Result<(O::Output, Option<Body>), S3Error> {
        let mut output = O::Output::default();
        let input: &(dyn Any + Send + Sync) = &input;
        let out: &mut (dyn Any + Send) = &mut output;
        let streamed = match O::NAME {
            "PutObject" => {
                let input: &PutObjectInput = input.downcast_ref().unwrap();
                if input.bucket == "missing" {
                    return Err(ErrorCode::NoSuchBucket.into());
                }
                self.put(input, body).await?;
                out.downcast_mut::<PutObjectOutput>().unwrap().e_tag = Some("\"etag\"".to_owned());
                None
            }
            "GetObject" => {
                let input: &GetObjectInput = input.downcast_ref().unwrap();
                let body = self.get(&input.key)?;
                out.downcast_mut::<GetObjectOutput>().unwrap().content_length =
                    body.length.map(u64::cast_signed);
                Some(body)
            }
            "HeadObject" => {
                out.downcast_mut::<HeadObjectOutput>().unwrap().content_length = Some(1234);
                None
            }
            _ => None,
        };
        Ok((output, streamed))
    }
}

impl House {
    async fn put(&self, input: &PutObjectInput, mut body: Body) -> Result<(), S3Error> {
        let mut all = BytesMut::new();
        while let Some(bytes) = body.source.next().await? {
            all.extend_from_slice(&bytes);
        }
        self.bodies_read.fetch_add(1, Ordering::SeqCst);
        self.objects.lock().unwrap().insert(input.key.clone(), (input.clone(), all.freeze()));
        Ok(())
    }

    /// Keys with a meaning: `large/N` has N MiB; `false/N` says so and gives half; `slow` takes a second.
    fn get(&self, key: &str) -> Result<Body, S3Error> {
        let mebibytes = |text: &str| text.parse::<u64>().unwrap() << 20;
        if let Some(size) = key.strip_prefix("large/") {
            return Ok(Zeros::body(mebibytes(size), mebibytes(size)));
        }
        if let Some(size) = key.strip_prefix("false/") {
            return Ok(Zeros::body(mebibytes(size), mebibytes(size) / 2));
        }
        if key == "slow" {
            return Ok(Body { length: Some(4), source: Box::new(Slow(false)) });
        }
        let objects = self.objects.lock().unwrap();
        let (_, bytes) = objects.get(key).ok_or(ErrorCode::NoSuchKey)?;
        Ok(Body::once(bytes.clone()))
    }
}

/// Zeros, then an error if they are fewer than was said.
struct Zeros {
    left: u64,
    said_more: bool,
}

impl Zeros {
    fn body(said: u64, gives: u64) -> Body {
        Body { length: Some(said), source: Box::new(Self { left: gives, said_more: said > gives }) }
    }
}

#[async_trait]
impl ByteSource for Zeros {
    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        static ZEROS: [u8; 1 << 16] = [0; 1 << 16];
        if self.left == 0 {
            return if self.said_more { Err(ErrorCode::InternalError.into()) } else { Ok(None) };
        }
        let take = self.left.min(1 << 16);
        self.left -= take;
        Ok(Some(Bytes::from_static(&ZEROS[..take as usize])))
    }
}

struct Slow(bool);

#[async_trait]
impl ByteSource for Slow {
    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        if std::mem::replace(&mut self.0, true) {
            return Ok(None);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        Ok(Some(Bytes::from_static(b"slow")))
    }
}

/// `/-/echo` answers its body; anything else is not there.
struct Echo;

#[async_trait]
impl Extra for Echo {
    async fn handle(&self, mut request: ExtraRequest) -> Option<Response<AnswerBody>> {
        if request.uri.path() != "/-/echo" {
            return None;
        }
        let body = request.read_body(1000).await.unwrap();
        Some(Response::new(AnswerBody::whole(body)))
    }
}

pub struct Running {
    pub address: SocketAddr,
    pub house: Arc<House>,
    pub server: Server<House>,
}

pub fn start(options: ServerOptions, tls: Option<Tls>) -> Running {
    let house = Arc::new(House::default());
    let listener = Listener::bind(([127, 0, 0, 1], 0).into(), 128, tls).unwrap();
    let address = listener.address().unwrap();
    let server = Server::new(Arc::clone(&house), Arc::new(Echo), Watchers::default(), options, 7);
    let serving = server.clone();
    tokio::spawn(async move { serving.serve(listener).await });
    Running { address, house, server }
}
