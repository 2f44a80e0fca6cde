//! Draws of listings.

use crate::Operation;
use crate::operation::{Filter, ListBuckets, ListObjects, ListObjectsV2, ListUploads, ListVersions};

use super::Sequence;

impl Sequence {
    fn filter(&mut self) -> Filter {
        let bucket = self.bucket();
        let there = self.reference.buckets.contains_key(&bucket);
        Filter {
            prefix: self.draw.word(&["", "", "", "", "a", "a/", "b", "z", "none"]),
            delimiter: self.draw.word(&["", "", "/", "/", "/", "b", "//"]),
            max: match self.draw.below(20) {
                0..5 => None,
                5..9 => Some(1),
                9..13 => Some(2),
                13..17 => Some(3),
                17 => Some(0),
                18 => Some(2000),
                _ if there => Some(-1),
                _ => None,
            },
            bucket,
        }
    }

    fn marker(&mut self, bucket: &str) -> String {
        match self.draw.below(10) {
            0..6 => String::new(),
            6..9 => self.key(bucket),
            _ => self.draw.word(&["a/", "a/b/", "b/", "A", "zzz"]),
        }
    }

    pub(super) fn list_objects(&mut self) -> Operation {
        let filter = self.filter();
        let marker = self.marker(&filter.bucket);
        Operation::ListObjects(ListObjects { filter, marker })
    }

    pub(super) fn list_objects_v2(&mut self) -> Operation {
        let filter = self.filter();
        let start_after = self.marker(&filter.bucket);
        Operation::ListObjectsV2(ListObjectsV2 { filter, start_after, token: None })
    }

    pub(super) fn list_versions(&mut self) -> Operation {
        let filter = self.filter();
        let key_marker = Some(self.marker(&filter.bucket)).filter(|marker| !marker.is_empty());
        Operation::ListObjectVersions(ListVersions { filter, key_marker, version_marker: None })
    }

    pub(super) fn list_uploads(&mut self) -> Operation {
        let mut filter = self.filter();
        filter.max = filter.max.filter(|max| *max > 0);
        let key_marker = Some(self.marker(&filter.bucket)).filter(|marker| !marker.is_empty());
        Operation::ListMultipartUploads(ListUploads { filter, key_marker, upload_marker: None })
    }

    pub(super) fn list_buckets(&mut self) -> Operation {
        Operation::ListBuckets(ListBuckets {
            prefix: self.draw.word(&["", "", "a", "beta", "none"]),
            max: self.draw.coin().then_some(1),
            token: None,
        })
    }
}
