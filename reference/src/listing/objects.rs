//! ListObjects and ListObjectsV2: the current objects.

use std::rc::Rc;

use crate::operation::{Filter, ListObjects, ListObjectsV2};
use crate::outcome::{Listed, Objects};
use crate::store::{Bucket, Reference};
use crate::versions::Stored;
use crate::{Answer, Outcome, Refusal};

use super::page::{Entry, Page, page};

impl Reference {
    pub(crate) fn list_objects(&self, asked: &ListObjects) -> Outcome {
        let page = current_page(self.bucket(&asked.filter.bucket)?, &asked.filter, &asked.marker)?;
        // Without a delimiter the last key is the next marker, and S3 does not repeat it.
        let next = page.last().filter(|_| !asked.filter.delimiter.is_empty());
        let next_marker = next.map(|last| last.name().to_owned());
        Ok(Answer::Objects(Objects { next_marker, ..objects(&page) }))
    }

    /// A token outranks `start-after`.
    pub(crate) fn list_objects_v2(&mut self, asked: &ListObjectsV2) -> Outcome {
        let after = match asked.token {
            Some(token) => self.token(token)?.to_owned(),
            None => asked.start_after.clone(),
        };
        let page = current_page(self.bucket(&asked.filter.bucket)?, &asked.filter, &after)?;
        let next_token = page.last().map(|last| self.give_token(last.name()));
        Ok(Answer::Objects(Objects { next_token, ..objects(&page) }))
    }
}

fn current_page(bucket: &Bucket, filter: &Filter, after: &str) -> Result<Page<Rc<Stored>>, Refusal> {
    let current = bucket.keys.iter().filter(|(key, _)| key.as_str() > after);
    let current = current.filter_map(|(key, versions)| Some((key.clone(), versions.current()?.clone())));
    page(current, filter, after)
}

fn objects(page: &Page<Rc<Stored>>) -> Objects {
    let listed = page.entries.iter().filter_map(|entry| match entry {
        Entry::Item(key, stored) => Some(Listed {
            key: key.clone(),
            etag: stored.etag.clone(),
            size: stored.body.len() as u64,
            class: stored.class,
        }),
        Entry::Prefix(_) => None,
    });
    Objects {
        objects: listed.collect(),
        prefixes: page.prefixes(),
        truncated: page.truncated,
        ..Objects::default()
    }
}
