//! Buckets: making, removing, listing, and their versioning state.

use model::{BucketName, Versioning};

use crate::marks::TagSet;
use crate::operation::ListBuckets;
use crate::store::{Bucket, Reference};
use crate::tagging::check_bucket;
use crate::{Answer, Outcome};

const PAGE_MAX: usize = 10_000;

impl Reference {
    /// Object lock needs versions, so it brings them.
    pub(crate) fn create_bucket(&mut self, name: &str, lock: bool, tags: &TagSet) -> Outcome {
        if BucketName::parse(name).is_err() {
            return Err("InvalidBucketName".into());
        }
        check_bucket(tags)?;
        if self.buckets.contains_key(name) {
            return if self.classic_region {
                Ok(Answer::Done)
            } else {
                Err("BucketAlreadyOwnedByYou".into())
            };
        }
        let versioning = if lock { Versioning::Enabled } else { Versioning::Unversioned };
        let bucket =
            Bucket { versioning, lock: lock.then_some(None), tags: tags.clone(), ..Bucket::default() };
        self.buckets.insert(name.to_owned(), bucket);
        Ok(Answer::Done)
    }

    /// Uploads in progress do not keep a bucket; versions and delete markers do.
    pub(crate) fn delete_bucket(&mut self, name: &str) -> Outcome {
        if !self.bucket(name)?.keys.is_empty() {
            return Err("BucketNotEmpty".into());
        }
        self.buckets.remove(name);
        Ok(Answer::Done)
    }

    pub(crate) fn head_bucket(&self, name: &str) -> Outcome {
        self.bucket(name).map(|_| Answer::Done)
    }

    pub(crate) fn list_buckets(&mut self, asked: &ListBuckets) -> Outcome {
        let max = match asked.max {
            None => PAGE_MAX,
            Some(max) if (1..=10_000).contains(&max) => max as usize,
            Some(_) => return Err("InvalidArgument".into()),
        };
        let after = match asked.token {
            Some(token) => self.token(token)?.to_owned(),
            None => String::new(),
        };
        let mut names = self.buckets.keys().filter(|name| name.starts_with(&asked.prefix) && **name > after);
        let page: Vec<String> = names.by_ref().take(max).cloned().collect();
        let more = names.next().is_some();
        let next = page.last().filter(|_| more).cloned().map(|last| self.give_token(&last));
        Ok(Answer::Buckets { names: page, next })
    }

    /// Object lock needs versions, so they stay.
    pub(crate) fn put_versioning(&mut self, name: &str, enabled: bool) -> Outcome {
        let state = if enabled { Versioning::Enabled } else { Versioning::Suspended };
        let bucket = self.bucket_mut(name)?;
        if bucket.lock.is_some() && !enabled {
            return Err("InvalidBucketState".into());
        }
        bucket.versioning = state;
        Ok(Answer::Done)
    }

    pub(crate) fn get_versioning(&self, name: &str) -> Outcome {
        Ok(Answer::Versioning(match self.bucket(name)?.versioning {
            Versioning::Unversioned => None,
            Versioning::Enabled => Some(true),
            Versioning::Suspended => Some(false),
        }))
    }
}
