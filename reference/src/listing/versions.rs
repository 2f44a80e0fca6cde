//! ListObjectVersions: every version and delete marker, newest first under each key.

use crate::operation::ListVersions;
use crate::outcome::{ListedVersion, Versions};
use crate::store::{Bucket, Reference};
use crate::versions::{Id, Version};
use crate::{Answer, Outcome};

use super::page::{Entry, Page, page};

/// A version and whether it is its key's newest.
type Item = (Version, bool);

impl Reference {
    pub(crate) fn list_versions(&mut self, asked: &ListVersions) -> Outcome {
        let marker = asked.key_marker.clone().unwrap_or_default();
        let version_marker = asked.version_marker.map(|name| self.id(name));
        let bucket = self.bucket(&asked.filter.bucket)?;
        if version_marker.is_some() && marker.is_empty() {
            return Err("InvalidArgument".into());
        }
        let items = after(bucket, &marker, version_marker);
        let page = page(items.into_iter(), &asked.filter, &marker)?;
        Ok(Answer::Versions(self.answer(&page)))
    }

    /// Ids are shown first of the versions, then of the markers, then as the next marker.
    fn answer(&mut self, page: &Page<Item>) -> Versions {
        let mut answer =
            Versions { prefixes: page.prefixes(), truncated: page.truncated, ..Versions::default() };
        for of_objects in [true, false] {
            for entry in &page.entries {
                if let Entry::Item(key, (version, latest)) = entry
                    && version.object.is_some() == of_objects
                {
                    let object = version.object.as_ref();
                    let listed = ListedVersion {
                        key: key.clone(),
                        version: self.show(version.id),
                        latest: *latest,
                        object: object.map(|stored| (stored.etag.clone(), stored.body.len() as u64)),
                    };
                    if of_objects { answer.versions.push(listed) } else { answer.markers.push(listed) }
                }
            }
        }
        answer.next_key = page.last().map(|last| last.name().to_owned());
        if let Some(Entry::Item(_, (version, _))) = page.last() {
            answer.next_version = Some(self.show(version.id));
        }
        answer
    }
}

/// What comes after the marker. With a version, older versions of the marker's key do; without, none of that key.
fn after(bucket: &Bucket, marker: &str, version: Option<Id>) -> Vec<(String, Item)> {
    let mut items = Vec::new();
    for (key, versions) in bucket.keys.range(marker.to_owned()..) {
        let all = versions.newest_first().iter().enumerate();
        let skipped = match version {
            _ if key != marker || marker.is_empty() => 0,
            None => usize::MAX,
            Some(id) => all.clone().position(|(_, version)| version.id == id).map_or(0, |at| at + 1),
        };
        items.extend(all.skip(skipped).map(|(at, version)| (key.clone(), (version.clone(), at == 0))));
    }
    items
}
