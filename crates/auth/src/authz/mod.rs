//! Authorization: the one door between a request and its handler.
//!
//! Until bucket policies and users exist the rule is short: a bucket's owner may do everything with it, nobody
//! else anything.

mod operations;

use std::fmt;
use std::sync::Arc;

use api::{ErrorCode, Operation, S3Error};
use catalog::table::{BucketRow, space};
use model::{AccountId, BucketName};
use rules::copy_source::{self, CopySource};
use rules::percent;

use crate::authn::Auth;
use crate::caller::{Caller, Identity};
use crate::fault::internal;

/// What an operation acts on, read from its input.
pub enum Target<'a> {
    /// The account itself (ListBuckets).
    Service,
    /// A bucket that does not exist yet.
    NewBucket {
        name: &'a str,
    },
    Bucket {
        name: &'a str,
        expected_owner: Option<&'a str>,
    },
}

/// An operation that says what it acts on. Without this there is no `Authorized<Op>`, hence no handler.
pub trait Guarded: Operation {
    fn target(input: &Self::Input) -> Target<'_>;

    /// The `x-amz-copy-source` of an operation that also reads, and its expected owner.
    fn source(_input: &Self::Input) -> Option<(&str, Option<&str>)> {
        None
    }
}

/// A bucket as it was when the request was authorized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub name: BucketName,
    pub row: BucketRow,
}

/// Proof that the caller may do this. Only `Auth::authorize` makes it.
pub struct Authorized<O: Operation> {
    input: O::Input,
    caller: Arc<Identity>,
    bucket: Option<Bucket>,
    source: Option<(CopySource, Bucket)>,
}

impl<O: Operation> Authorized<O> {
    pub fn input(&self) -> &O::Input {
        &self.input
    }

    pub fn caller(&self) -> &Identity {
        &self.caller
    }

    /// The bucket that the operation acts on. Operations on a bucket always have one.
    pub fn bucket(&self) -> Result<&Bucket, S3Error> {
        self.bucket.as_ref().ok_or_else(|| internal(Unguarded(O::NAME)))
    }

    /// What a copy reads, in a bucket that the caller may read.
    pub fn source(&self) -> Result<&(CopySource, Bucket), S3Error> {
        self.source.as_ref().ok_or_else(|| internal(Unguarded(O::NAME)))
    }
}

struct Unguarded(&'static str);

impl fmt::Display for Unguarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was authorized without the bucket that its handler asks for", self.0)
    }
}

impl Auth {
    /// Refuses or lets in. The bucket's existence is settled here too: `NoSuchBucket` comes before anything that
    /// depends on its content.
    pub fn authorize<O: Guarded>(&self, caller: &Caller, input: O::Input) -> Result<Authorized<O>, S3Error> {
        let bucket = match O::target(&input) {
            Target::Service => None,
            Target::NewBucket { name } => {
                legal_name(name)?;
                None
            }
            Target::Bucket { name, expected_owner } => Some(self.bucket_for(caller, name, expected_owner)?),
        };
        let source = match O::source(&input) {
            None => None,
            Some((header, expected_owner)) => {
                let source = copy_source::parse(header).ok_or_else(|| malformed_source(header))?;
                if BucketName::parse(&source.bucket).is_err() {
                    return Err(about_source(header, "Invalid copy source bucket name"));
                }
                let bucket = self.bucket_for(caller, &source.bucket, expected_owner)?;
                Some((source, bucket))
            }
        };
        let Caller::Root(caller) = caller else { return Err(ErrorCode::AccessDenied.into()) };
        let caller = caller.clone();
        Ok(Authorized { input, caller, bucket, source })
    }

    fn bucket_for(
        &self,
        caller: &Caller,
        name: &str,
        expected_owner: Option<&str>,
    ) -> Result<Bucket, S3Error> {
        let name = legal_name(name)?;
        let row = self.catalog().get(&space::bucket(&name)).map_err(internal)?;
        let row = row.ok_or_else(|| no_such_bucket(&name))?;
        let row = BucketRow::decode(row).map_err(internal)?;
        let owns = caller.identity().is_some_and(|identity| identity.account == row.owner);
        if expected_owner.is_some_and(|expected| AccountId::parse(expected).is_none()) {
            return Err(ErrorCode::InvalidBucketOwnerAWSAccountID.into());
        }
        let expected = expected_owner.is_none_or(|expected| expected == row.owner.to_string());
        if !owns || !expected {
            return Err(ErrorCode::AccessDenied.into());
        }
        Ok(Bucket { name, row })
    }
}

fn legal_name(name: &str) -> Result<BucketName, S3Error> {
    BucketName::parse(name)
        .map_err(|_| S3Error::from(ErrorCode::InvalidBucketName).element("BucketName", name))
}

fn no_such_bucket(name: &BucketName) -> S3Error {
    S3Error::from(ErrorCode::NoSuchBucket).element("BucketName", name.as_str())
}

fn malformed_source(header: &str) -> S3Error {
    let path = header.split_once('?').map_or(header, |(path, _)| path);
    match percent::decode_path(path) {
        None => about_source(header, "Invalid copy source encoding"),
        Some(_) => {
            about_source(header, "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
        }
    }
}

fn about_source(header: &str, message: &'static str) -> S3Error {
    S3Error::invalid_argument("x-amz-copy-source", header, message)
}
