//! ListMultipartUploads: by key, then by the time of their start.

use crate::operation::ListUploads;
use crate::outcome::Uploads;
use crate::store::Reference;
use crate::{Answer, Outcome};

use super::page::{Entry, page};

impl Reference {
    pub(crate) fn list_uploads(&self, asked: &ListUploads) -> Outcome {
        let bucket = self.bucket(&asked.filter.bucket)?;
        let marker = asked.key_marker.clone().unwrap_or_default();
        // Without a key marker the upload marker is ignored.
        let items = bucket.uploads.keys().filter(|(key, upload)| {
            *key > marker || *key == marker && asked.upload_marker.is_some_and(|after| *upload > after)
        });
        let page = page(items.map(|(key, upload)| (key.clone(), *upload)), &asked.filter, &marker)?;
        let uploads = page.entries.iter().filter_map(|entry| match entry {
            Entry::Item(key, upload) => Some((key.clone(), *upload)),
            Entry::Prefix(_) => None,
        });
        let next_upload = match page.last() {
            Some(Entry::Item(_, upload)) => Some(*upload),
            _ => None,
        };
        Ok(Answer::Uploads(Uploads {
            uploads: uploads.collect(),
            prefixes: page.prefixes(),
            truncated: page.truncated,
            next_key: page.last().map(|last| last.name().to_owned()),
            next_upload,
        }))
    }
}
