//! Bugs planted on purpose, to see that the sequences find what they are there to find. They exist in this test only.

use reference::differential::Subject;
use reference::hall::HallSubject;
use reference::operation::{At, Delete, DeleteMany, PutObject};
use reference::{Answer, Operation, Outcome, VersionName};

use crate::house::House;

/// Among so many sequences one shows each.
pub const SEEDS_MAX: u64 = 300;

#[derive(Clone, Copy, Debug)]
pub enum Plant {
    /// Governance mode keeps nothing: whoever deletes bypasses it.
    BypassForAll,
    /// A put into a suspended bucket leaves the null version that it should replace, and says so to nobody.
    NullSurvives,
    /// A retention that has run out still keeps its version.
    RunOutStillKeeps,
    /// A copy brings the source's tags although the client gave others.
    TagsAlwaysCopied,
    /// The bypass of a batch is not heard.
    BatchNeverBypasses,
}

struct Planted {
    plant: Plant,
    subject: HallSubject<House>,
}

impl Plant {
    pub const ALL: [Self; 5] = [
        Self::BypassForAll,
        Self::NullSurvives,
        Self::RunOutStillKeeps,
        Self::TagsAlwaysCopied,
        Self::BatchNeverBypasses,
    ];

    pub fn into(self, subject: HallSubject<House>) -> Box<dyn Subject> {
        Box::new(Planted { plant: self, subject })
    }
}

impl Subject for Planted {
    fn apply(&mut self, operation: &Operation) -> Outcome {
        match (self.plant, operation) {
            (Plant::BypassForAll, Operation::DeleteObject(asked)) => {
                let bypass = asked.bypass || self.has_lock(&asked.bucket);
                self.subject.apply(&Operation::DeleteObject(Delete { bypass, ..asked.clone() }))
            }
            (Plant::NullSurvives, Operation::PutObject(asked))
                if self.is_suspended(&asked.bucket) && self.has_null(asked) =>
            {
                self.switch(&asked.bucket, true)?;
                let outcome = self.subject.apply(operation);
                self.switch(&asked.bucket, false)?;
                match outcome? {
                    Answer::Put { etag, .. } => Ok(Answer::Put { etag, version: None }),
                    other => Ok(other),
                }
            }
            (Plant::RunOutStillKeeps, Operation::DeleteObject(asked)) if self.has_run_out(asked) => {
                Err("AccessDenied".into())
            }
            (Plant::TagsAlwaysCopied, Operation::CopyObject(asked)) => {
                let mut asked = asked.clone();
                asked.replace_tags = false;
                asked.marks.tags.clear();
                self.subject.apply(&Operation::CopyObject(asked))
            }
            (Plant::BatchNeverBypasses, Operation::DeleteObjects(asked)) => {
                self.subject.apply(&Operation::DeleteObjects(DeleteMany { bypass: false, ..asked.clone() }))
            }
            _ => self.subject.apply(operation),
        }
    }
}

impl Planted {
    fn has_lock(&mut self, bucket: &str) -> bool {
        self.subject.apply(&Operation::GetObjectLockConfiguration { bucket: bucket.to_owned() }).is_ok()
    }

    fn is_suspended(&mut self, bucket: &str) -> bool {
        let asked = Operation::GetBucketVersioning { bucket: bucket.to_owned() };
        self.subject.apply(&asked) == Ok(Answer::Versioning(Some(false)))
    }

    fn has_null(&mut self, asked: &PutObject) -> bool {
        let (bucket, key) = (asked.bucket.clone(), asked.key.clone());
        let null = At { bucket, key, version: Some(VersionName::Null) };
        self.subject.apply(&Operation::GetObjectTagging(null)).is_ok()
    }

    fn has_run_out(&mut self, asked: &Delete) -> bool {
        let Some(version) = asked.version else { return false };
        let at = At { bucket: asked.bucket.clone(), key: asked.key.clone(), version: Some(version) };
        match self.subject.apply(&Operation::GetObjectRetention(at)) {
            Ok(Answer::Retention(retention)) => retention.until <= self.subject.seconds(),
            _ => false,
        }
    }

    fn switch(&mut self, bucket: &str, enabled: bool) -> Outcome {
        self.subject.apply(&Operation::PutBucketVersioning { bucket: bucket.to_owned(), enabled })
    }
}
