//! GetObjectAttributes, but for checksums, of which the reference knows nothing.
//!
//! Source: AWS "GetObjectAttributes".

use crate::operation::GetAttributes;
use crate::outcome::ObjectAttributes;
use crate::store::Reference;
use crate::{Answer, Outcome};

const NAMES: [&str; 5] = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"];

impl Reference {
    pub(crate) fn get_attributes(&mut self, asked: &GetAttributes) -> Outcome {
        self.bucket(&asked.at.bucket)?;
        if asked.names.is_empty() {
            return Err("InvalidRequest".into());
        }
        if !asked.names.iter().all(|name| NAMES.contains(&name.as_str())) {
            return Err("InvalidArgument".into());
        }
        let found = self.find(&asked.at.bucket, &asked.at.key, asked.at.version)?;
        let asks = |name: &str| asked.names.iter().any(|asked| asked == name);
        let parts = (!found.stored.parts.is_empty()).then_some(found.stored.parts.len() as i32);
        Ok(Answer::Attributes(ObjectAttributes {
            version: self.show_read(found.state, found.id),
            etag: asks("ETag").then(|| found.stored.etag.clone()),
            parts: parts.filter(|_| asks("ObjectParts")),
            class: asks("StorageClass").then_some(found.stored.class),
            size: asks("ObjectSize").then_some(found.stored.body.len() as u64),
        }))
    }
}
