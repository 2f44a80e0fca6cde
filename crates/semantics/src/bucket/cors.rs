//! PutBucketCors, GetBucketCors, DeleteBucketCors; and the rules as requests from other origins meet them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use api::s3::{
    CORSRule, DeleteBucketCors, DeleteBucketCorsOutput, GetBucketCors, GetBucketCorsOutput, PutBucketCors,
    PutBucketCorsOutput,
};
use api::{Body, ErrorCode, S3Error};
use auth::{Authorized, Bucket};
use bytes::Bytes;
use catalog::Write;
use catalog::table::{BucketRow, CorsRow, RowError, space};
use model::{BucketId, CorsMethod, CorsRule, Ordinal};
use rules::cors::{self, Asked, Refusal};

use crate::fault;
use crate::hall::Hall;
use crate::handle::Handle;

impl Handle<PutBucketCors> for Hall {
    async fn handle(
        &self,
        request: Authorized<PutBucketCors>,
        _body: Body,
    ) -> Result<(PutBucketCorsOutput, Option<Body>), S3Error> {
        let asked = request.input().cors_configuration.as_ref().ok_or(ErrorCode::MalformedXML)?;
        let rules: Result<Vec<CorsRule>, S3Error> = asked.cors_rules.iter().map(read).collect();
        let row = CorsRow { rules: rules? };
        cors::check(&row.rules).map_err(refused)?;
        let row = row.encode();
        self.change_bucket(request.bucket()?, move |_, standing, ordinal| {
            standing.access.cors = Some(ordinal);
            Ok(Ok(vec![Write::put(space::bucket_cors(standing.id), row.clone())]))
        })
        .await?;
        Ok((PutBucketCorsOutput::default(), None))
    }
}

fn read(rule: &CORSRule) -> Result<CorsRule, S3Error> {
    let methods: Result<Vec<CorsMethod>, S3Error> = rule
        .allowed_methods
        .iter()
        .map(|name| {
            CorsMethod::parse(name).ok_or_else(|| {
                invalid(format!("Found unsupported HTTP method in CORS config. Unsupported method is {name}"))
            })
        })
        .collect();
    let max_age_seconds = rule.max_age_seconds.map(u32::try_from).transpose();
    Ok(CorsRule {
        id: rule.id.clone(),
        origins: rule.allowed_origins.clone(),
        methods: methods?,
        headers: rule.allowed_headers.clone(),
        exposed: rule.expose_headers.clone(),
        max_age_seconds: max_age_seconds.map_err(|_| ErrorCode::MalformedXML)?,
    })
}

fn invalid(message: String) -> S3Error {
    S3Error::with_message(ErrorCode::InvalidRequest, message)
}

fn refused(refusal: Refusal) -> S3Error {
    match refusal {
        Refusal::Count | Refusal::Incomplete => ErrorCode::MalformedXML.into(),
        Refusal::Wildcards { text, what } => {
            invalid(format!("{what} \"{text}\" can not have more than one wildcard."))
        }
        Refusal::Exposed { text } => invalid(format!(
            "ExposeHeader \"{text}\" contains wildcard. We currently do not support wildcard for ExposeHeader."
        )),
        Refusal::Id => invalid("The CORS rule ID must be at most 255 characters.".to_owned()),
    }
}

impl Handle<GetBucketCors> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetBucketCors>,
        _body: Body,
    ) -> Result<(GetBucketCorsOutput, Option<Body>), S3Error> {
        let bucket = request.bucket()?;
        let row = self.catalog().get(&space::bucket_cors(bucket.row.id)).map_err(fault::catalog)?;
        let row = row.ok_or_else(|| {
            S3Error::from(ErrorCode::NoSuchCORSConfiguration).element("BucketName", bucket.name.as_str())
        })?;
        let row = decode(row, CorsRow::decode)?;
        Ok((GetBucketCorsOutput { cors_rules: row.rules.into_iter().map(shown).collect() }, None))
    }
}

fn shown(rule: CorsRule) -> CORSRule {
    CORSRule {
        id: rule.id,
        allowed_headers: rule.headers,
        allowed_methods: rule.methods.into_iter().map(|method| method.name().to_owned()).collect(),
        allowed_origins: rule.origins,
        expose_headers: rule.exposed,
        max_age_seconds: rule.max_age_seconds.and_then(|seconds| i32::try_from(seconds).ok()),
    }
}

impl Handle<DeleteBucketCors> for Hall {
    async fn handle(
        &self,
        request: Authorized<DeleteBucketCors>,
        _body: Body,
    ) -> Result<(DeleteBucketCorsOutput, Option<Body>), S3Error> {
        self.change_bucket(request.bucket()?, |_, standing, _| {
            standing.access.cors = None;
            Ok(Ok(vec![Write::delete(space::bucket_cors(standing.id))]))
        })
        .await?;
        Ok((DeleteBucketCorsOutput::default(), None))
    }
}

/// What a bucket says to a request from a page of another origin.
#[derive(Clone, Debug)]
pub enum Sharing {
    /// The bucket has no rules.
    Off,
    /// No rule fits.
    Refused,
    /// The headers that tell a browser so.
    Allowed(Vec<(&'static str, String)>),
}

type Dated = (Ordinal, Arc<Vec<CorsRule>>);

/// Rules that were read, each as of when they were put.
#[derive(Default)]
pub(crate) struct Shared(Mutex<HashMap<BucketId, Dated>>);

/// More buckets than this are forgotten, all at once.
const REMEMBERED_MAX: usize = 1_000;

impl Hall {
    /// Asked for requests with an `Origin` alone. No authorization: a browser asks before it may sign. `method` and
    /// `headers` are what a preflight announces; else the method is the request's own.
    pub fn share(
        &self,
        bucket: &Bucket,
        origin: &str,
        method: &str,
        headers: Option<&str>,
    ) -> Result<Sharing, S3Error> {
        let Some(rules) = self.rules_of(&bucket.row)? else { return Ok(Sharing::Off) };
        let asked = Asked { origin, method, headers };
        Ok(match cors::choose(&rules, &asked) {
            Some(rule) => Sharing::Allowed(cors::answer(rule, &asked)),
            None => Sharing::Refused,
        })
    }

    fn rules_of(&self, row: &BucketRow) -> Result<Option<Arc<Vec<CorsRule>>>, S3Error> {
        let Some(stamp) = row.access.cors else { return Ok(None) };
        let known = &self.shared().0;
        if let Some((at, rules)) = known.lock().unwrap_or_else(PoisonError::into_inner).get(&row.id)
            && *at == stamp
        {
            return Ok(Some(Arc::clone(rules)));
        }
        let rules = self.catalog().get(&space::bucket_cors(row.id)).map_err(fault::catalog)?;
        let Some(rules) = rules else { return Ok(None) };
        let rules = Arc::new(decode(rules, CorsRow::decode)?.rules);
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED_MAX {
            known.clear();
        }
        known.insert(row.id, (stamp, Arc::clone(&rules)));
        Ok(Some(rules))
    }
}

fn decode<T>(row: Bytes, decode: impl Fn(Bytes) -> Result<T, RowError>) -> Result<T, S3Error> {
    decode(row).map_err(fault::row).map_err(fault::catalog)
}
