//! The next page of a listing that was cut, asked for as clients do.

use crate::operation::{ListBuckets, ListObjects, ListObjectsV2, ListUploads, ListVersions};
use crate::{Answer, Operation};

use super::Sequence;

impl Sequence {
    /// `None` when the last operation was no listing, or ended.
    pub(super) fn continuation(&self) -> Option<Operation> {
        let (operation, Ok(answer)) = self.last.as_ref()? else { return None };
        match (operation, answer) {
            (Operation::ListObjects(asked), Answer::Objects(page)) if page.truncated => {
                let last = page.objects.last().map(|listed| listed.key.clone());
                let marker = page.next_marker.clone().or(last)?;
                Some(Operation::ListObjects(ListObjects { marker, ..asked.clone() }))
            }
            (Operation::ListObjectsV2(asked), Answer::Objects(page)) if page.truncated => {
                let token = page.next_token;
                Some(Operation::ListObjectsV2(ListObjectsV2 { token, ..asked.clone() }))
            }
            (Operation::ListObjectVersions(asked), Answer::Versions(page)) if page.truncated => {
                let (key_marker, version_marker) = (page.next_key.clone(), page.next_version);
                let asked = asked.clone();
                Some(Operation::ListObjectVersions(ListVersions { key_marker, version_marker, ..asked }))
            }
            (Operation::ListMultipartUploads(asked), Answer::Uploads(page)) if page.truncated => {
                let (key_marker, upload_marker) = (page.next_key.clone(), page.next_upload);
                let asked = asked.clone();
                Some(Operation::ListMultipartUploads(ListUploads { key_marker, upload_marker, ..asked }))
            }
            (Operation::ListBuckets(asked), Answer::Buckets { next: Some(token), .. }) => {
                Some(Operation::ListBuckets(ListBuckets { token: Some(*token), ..asked.clone() }))
            }
            (
                Operation::ListParts { bucket, key, upload, max, .. },
                Answer::Parts { next: Some(next), .. },
            ) => Some(Operation::ListParts {
                bucket: bucket.clone(),
                key: key.clone(),
                upload: *upload,
                after: Some(*next),
                max: *max,
            }),
            _ => None,
        }
    }
}
