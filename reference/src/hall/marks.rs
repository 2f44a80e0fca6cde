//! Tags, object lock and GetObjectAttributes, asked of the handlers.

use crate::marks::{Retention, TagSet};
use crate::operation::{At, GetAttributes};
use crate::outcome::ObjectAttributes;
use crate::{Answer, Operation};
use api::s3;

use super::{Answered, HallSubject, House, answers, inputs};

/// An input that names an object or one of its versions, and perhaps says more.
macro_rules! input {
    ($subject:expr, $at:expr, $input:ident { $($member:ident: $value:expr),* }) => {
        s3::$input {
            bucket: $subject.bucket(&$at.bucket),
            key: $at.key.clone(),
            version_id: $subject.version_id($at.version),
            $($member: $value,)*
            ..Default::default()
        }
    };
}

impl<H: House> HallSubject<H> {
    pub fn on_marks(&mut self, operation: &Operation) -> Answered {
        match operation {
            Operation::PutObjectTagging { at, tags } => self.put_tags(at, tags),
            Operation::GetObjectTagging(at) => {
                let input = input!(self, at, GetObjectTaggingInput {});
                let output = self.call::<s3::GetObjectTagging>(input)?;
                let version = answers::version(&mut self.names, output.version_id);
                Ok(Answer::Tags { tags: answers::tag_set(output.tag_set), version })
            }
            Operation::DeleteObjectTagging(at) => {
                let input = input!(self, at, DeleteObjectTaggingInput {});
                let output = self.call::<s3::DeleteObjectTagging>(input)?;
                Ok(Answer::Tagged(answers::version(&mut self.names, output.version_id)))
            }
            Operation::PutObjectRetention { at, retention, bypass } => {
                self.put_retention(at, *retention, *bypass)
            }
            Operation::GetObjectRetention(at) => {
                let input = input!(self, at, GetObjectRetentionInput {});
                let shown = self.call::<s3::GetObjectRetention>(input)?.retention.expect("a retention");
                let retention = answers::retention(shown.mode, shown.retain_until_date, self.began);
                Ok(Answer::Retention(retention.expect("a mode and a date")))
            }
            Operation::PutObjectLegalHold { at, on } => {
                let legal_hold = s3::ObjectLockLegalHold { status: Some(inputs::on_or_off(*on)) };
                let input = input!(self, at, PutObjectLegalHoldInput { legal_hold: Some(legal_hold) });
                self.call::<s3::PutObjectLegalHold>(input).map(|_| Answer::Done)
            }
            Operation::GetObjectLegalHold(at) => {
                let input = input!(self, at, GetObjectLegalHoldInput {});
                let shown = self.call::<s3::GetObjectLegalHold>(input)?.legal_hold.expect("a legal hold");
                Ok(Answer::LegalHold(answers::legal_hold(shown.status).expect("a status")))
            }
            Operation::GetObjectAttributes(asked) => self.get_attributes(asked),
            other => self.on_bucket_marks(other),
        }
    }

    fn put_tags(&mut self, at: &At, tags: &TagSet) -> Answered {
        let tagging = Some(s3::Tagging { tag_set: inputs::tag_set(tags) });
        let output =
            self.call::<s3::PutObjectTagging>(input!(self, at, PutObjectTaggingInput { tagging: tagging }))?;
        Ok(Answer::Tagged(answers::version(&mut self.names, output.version_id)))
    }

    fn put_retention(&mut self, at: &At, retention: Option<Retention>, bypass: bool) -> Answered {
        let asked = s3::ObjectLockRetention {
            mode: retention.map(|retention| retention.mode.name().to_owned()),
            retain_until_date: retention.map(|retention| inputs::after(self.began, retention.until)),
            ..Default::default()
        };
        let input = input!(
            self,
            at,
            PutObjectRetentionInput {
                retention: Some(asked),
                bypass_governance_retention: bypass.then_some(true)
            }
        );
        self.call::<s3::PutObjectRetention>(input).map(|_| Answer::Done)
    }

    fn get_attributes(&mut self, asked: &GetAttributes) -> Answered {
        let names = asked.names.clone();
        let input = input!(self, asked.at, GetObjectAttributesInput { object_attributes: names });
        let output = self.call::<s3::GetObjectAttributes>(input)?;
        Ok(Answer::Attributes(ObjectAttributes {
            version: answers::version(&mut self.names, output.version_id),
            etag: output.e_tag,
            parts: output.object_parts.and_then(|parts| parts.total_parts_count),
            class: output.storage_class.map(|name| answers::class(Some(name))),
            size: output.object_size.map(i64::cast_unsigned),
        }))
    }

    fn on_bucket_marks(&mut self, operation: &Operation) -> Answered {
        match operation {
            Operation::PutBucketTagging { bucket, tags } => {
                let input = s3::PutBucketTaggingInput {
                    bucket: self.bucket(bucket),
                    tagging: Some(s3::Tagging { tag_set: inputs::tag_set(tags) }),
                    ..Default::default()
                };
                self.call::<s3::PutBucketTagging>(input).map(|_| Answer::Done)
            }
            Operation::GetBucketTagging { bucket } => {
                let input = s3::GetBucketTaggingInput { bucket: self.bucket(bucket), ..Default::default() };
                let output = self.call::<s3::GetBucketTagging>(input)?;
                Ok(Answer::Tags { tags: answers::tag_set(output.tag_set), version: None })
            }
            Operation::DeleteBucketTagging { bucket } => {
                let input =
                    s3::DeleteBucketTaggingInput { bucket: self.bucket(bucket), ..Default::default() };
                self.call::<s3::DeleteBucketTagging>(input).map(|_| Answer::Done)
            }
            Operation::PutObjectLockConfiguration { bucket, default } => {
                let input = s3::PutObjectLockConfigurationInput {
                    bucket: self.bucket(bucket),
                    object_lock_configuration: Some(inputs::lock_configuration(*default)),
                    ..Default::default()
                };
                self.call::<s3::PutObjectLockConfiguration>(input).map(|_| Answer::Done)
            }
            Operation::GetObjectLockConfiguration { bucket } => {
                let input =
                    s3::GetObjectLockConfigurationInput { bucket: self.bucket(bucket), ..Default::default() };
                let output = self.call::<s3::GetObjectLockConfiguration>(input)?;
                Ok(Answer::Lock(answers::lock(output.object_lock_configuration.expect("a configuration"))))
            }
            other => unreachable!("{other:?} is asked elsewhere"),
        }
    }
}
