//! What an operation needs: actions, each on a resource; and the condition keys that its input sets.

use api::S3Error;
use catalog::Catalog;
use model::{AccountId, Region, Timestamp};
use policy::Keys;
use rules::tagging;

use crate::caller::Caller;

/// On what an action is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum On {
    /// All of S3, for what concerns no bucket.
    Service,
    /// The bucket, or the one to be.
    Bucket,
    /// A key of the bucket, whatever stands there: the bucket's owner and ACL count.
    Key(String),
    /// The object that stands under a key: its own owner, ACL and tags count.
    Object { key: String, version_id: Option<String> },
    /// An upload in progress: who began it may go on with it.
    Upload { key: String, upload_id: String },
    /// What a copy reads.
    Source,
    /// What a copy takes along, if its source has any: read from the source, or written to a key.
    Along { what: Along, to: Option<String> },
    /// The role that the caller wants to be.
    Role,
    /// Anything that is named by its ARN and owned by the caller's account: what IAM knows.
    Arn(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Along {
    Tags,
    Annotations,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// As in policies: `s3:GetObject`.
    pub action: &'static str,
    pub on: On,
}

/// The list in the making. The first that is not granted is the one that the refusal names.
pub struct Needs<'a> {
    pub(super) catalog: &'a Catalog,
    caller: &'a Caller,
    pub(super) list: Vec<Need>,
    /// Condition keys that follow from what is there already.
    pub(super) keys: Keys,
    /// Why the needs cannot be told: then nobody is let in.
    pub(super) failure: Option<S3Error>,
}

impl<'a> Needs<'a> {
    pub(super) fn new(catalog: &'a Catalog, caller: &'a Caller) -> Self {
        Self { catalog, caller, list: Vec::with_capacity(2), keys: Keys::default(), failure: None }
    }

    /// The account of whoever asks; anonymous callers have none.
    pub fn account(&self) -> Option<AccountId> {
        self.caller.account()
    }

    /// As policies see it; none for the anonymous.
    pub fn subject(&self) -> Option<&'a policy::Caller> {
        self.caller.identity().map(|identity| &identity.subject)
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.keys.set(name, value);
    }

    pub(super) fn fail<T>(&mut self, error: S3Error) -> Option<T> {
        self.failure = Some(error);
        None
    }

    /// The region that the request was signed for.
    pub fn region(&self) -> &str {
        let identity = self.caller.identity();
        identity.and_then(|identity| identity.signed_region.as_ref()).map_or(Region::CLASSIC, Region::as_str)
    }

    /// For ARNs that hold more than the input says, as a user's path.
    pub fn catalog(&self) -> &'a Catalog {
        self.catalog
    }

    pub fn add(&mut self, action: &'static str, on: On) {
        self.list.push(Need { action, on });
    }

    pub fn add_if(&mut self, needed: bool, action: &'static str, on: impl FnOnce() -> On) {
        if needed {
            self.add(action, on());
        }
    }

    /// What a copy takes along needs one action on its source and another one on the key that it makes.
    pub fn along(&mut self, what: Along, read: &'static str, write: &'static str, to: &str) {
        self.add(read, On::Along { what, to: None });
        self.add(write, On::Along { what, to: Some(to.to_owned()) });
    }

    /// One action for the current object, another one for a version that is named.
    pub fn object(
        &mut self,
        current: &'static str,
        of_version: &'static str,
        key: &str,
        version_id: Option<&str>,
    ) {
        let action = if version_id.is_some() { of_version } else { current };
        self.add(action, On::object(key, version_id));
    }
}

impl On {
    pub fn object(key: &str, version_id: Option<&str>) -> Self {
        Self::Object { key: key.to_owned(), version_id: version_id.map(str::to_owned) }
    }

    pub fn key(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

/// Condition keys that an input sets.
pub struct Facts {
    pub(super) keys: Keys,
    pub(super) now: Timestamp,
}

impl Facts {
    pub fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.keys.set(name, value);
        }
    }

    pub fn number(&mut self, name: &str, value: Option<i32>) {
        if let Some(value) = value {
            self.keys.set(name, value.to_string());
        }
    }

    /// `key=value&…`, as headers write tags. What cannot be read is refused later.
    pub fn tag_header(&mut self, header: Option<&str>) {
        if let Some(tags) = header.and_then(tagging::parse_header) {
            self.tags(tags);
        }
    }

    pub fn tags(&mut self, tags: impl IntoIterator<Item = (String, String)>) {
        let mut names = Vec::new();
        for (name, value) in tags {
            self.keys.set(&format!("s3:RequestObjectTag/{name}"), value);
            names.push(name);
        }
        self.keys.set_many("s3:RequestObjectTagKeys", names);
    }

    /// Tags that a bucket, or what IAM knows, shall have.
    pub fn resource_tags(&mut self, tags: impl IntoIterator<Item = (String, String)>) {
        let mut names = Vec::new();
        for (name, value) in tags {
            self.keys.set(&format!("aws:RequestTag/{name}"), value);
            names.push(name);
        }
        self.keys.set_many("aws:TagKeys", names);
    }

    /// A retention: until when, and how many days that is from now.
    pub fn retention(&mut self, mode: Option<&str>, until: Option<Timestamp>) {
        self.text("s3:object-lock-mode", mode);
        if let Some(until) = until {
            self.keys.set("s3:object-lock-retain-until-date", until.to_iso8601());
            let days = (until.millis() - self.now.millis()).div_euclid(86_400_000);
            self.keys.set("s3:object-lock-remaining-retention-days", days.to_string());
        }
    }

    /// Any other.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.keys.set(name, value);
    }

    pub fn set_many(&mut self, name: &str, values: Vec<String>) {
        self.keys.set_many(name, values);
    }
}
