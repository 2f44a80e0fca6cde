//! What a verification counts and finds, while it runs and at its end.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use catalog::table::Page;
use model::BucketId;
use semantics::ChunkOwner;
use stripe::{Fault, Place};

/// Findings kept; more are only counted.
const FINDINGS_MAX: usize = 100;
/// Bad places remembered, so that what is named is not reported as unnamed too.
const BAD_MAX: usize = 100_000;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Too few shards of a chunk are left.
    Lost,
    /// A shard is missing or false, and others tell its bytes.
    Shard,
    /// The shards of a chunk are proven one by one, and do not belong together.
    AtOdds,
    /// All bytes are proven, and they are not those that the row tells of.
    Bytes,
    /// A row that can't be read, or that others contradict.
    Row,
    /// A record, or rows, that nothing names.
    Leak,
    /// A place in a volume that can't be read, and that nothing is known to name.
    Damage,
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub kind: Kind,
    pub bucket: Option<BucketId>,
    pub key: Option<String>,
    pub place: Option<Place>,
    pub what: String,
}

/// What a verification saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Of versions, parts, annotations, uploads, and what points to them.
    pub rows: u64,
    pub chunks: u64,
    pub shards: u64,
    /// Of objects, read and proven.
    pub bytes: u64,
    /// Living records in the volumes.
    pub records: u64,
    /// Records of this process that nothing names yet: a commit may be about to.
    pub young: u64,
    /// Records and rows that the reclaimer is about to free.
    pub doomed: u64,
    /// Left unjudged because there was too much to remember.
    pub unjudged: u64,
    /// How many of each kind.
    pub found: BTreeMap<Kind, u64>,
    /// The first of them.
    pub findings: Vec<Finding>,
}

/// A verification under way, for who asks how far it is.
#[derive(Clone, Debug, Default)]
pub struct Verification(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    verified: Verified,
    bad: HashSet<Place>,
}

impl Kind {
    /// What to do about it.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Lost => "bring back the devices that are away; else restore the object from a backup",
            Self::Shard => "a repair pass lays it anew",
            Self::AtOdds | Self::Bytes => {
                "restore the object from a backup, and report it: no disk does this"
            }
            Self::Row => "restore the row from a backup of the site, and report it: no disk does this",
            Self::Leak => "no object misses it; it takes space",
            Self::Damage => "no object is known to miss it; it takes space until its volume goes",
        }
    }
}

impl Verified {
    /// Whether no byte and no row of any object is wrong.
    pub fn is_sound(&self) -> bool {
        self.found.keys().all(|kind| matches!(kind, Kind::Leak | Kind::Damage))
    }

    /// Whether nothing at all was found.
    pub fn is_clean(&self) -> bool {
        self.found.is_empty()
    }
}

impl Verification {
    /// As it stands now.
    pub fn verified(&self) -> Verified {
        self.lock().verified.clone()
    }

    pub(super) fn count(&self, count: impl FnOnce(&mut Verified)) {
        count(&mut self.lock().verified);
    }

    pub(super) fn find(&self, finding: Finding) {
        let mut inner = self.lock();
        *inner.verified.found.entry(finding.kind).or_default() += 1;
        if let Some(place) = finding.place
            && inner.bad.len() < BAD_MAX
        {
            inner.bad.insert(place);
        }
        if inner.verified.findings.len() < FINDINGS_MAX {
            inner.verified.findings.push(finding);
        }
    }

    pub(super) fn is_known(&self, place: &Place) -> bool {
        self.lock().bad.contains(place)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Finding {
    pub(super) fn of(kind: Kind, owner: &ChunkOwner, place: Option<Place>, what: impl fmt::Display) -> Self {
        let (bucket, key) = match owner {
            ChunkOwner::Object { bucket, key } | ChunkOwner::Part { bucket, key, .. } => {
                (Some(*bucket), Some(key))
            }
            ChunkOwner::Annotation { bucket, .. } => (Some(*bucket), None),
            ChunkOwner::Rows(_) => (None, None),
        };
        let key = key.map(|key| key.as_str().to_owned());
        let what = match owner {
            ChunkOwner::Object { .. } => what.to_string(),
            ChunkOwner::Part { upload, number, .. } => {
                format!("part {} of upload {upload}: {what}", number.get())
            }
            ChunkOwner::Annotation { salt, name, .. } => {
                format!("annotation {} of version {salt:032x}: {what}", name.as_str())
            }
            ChunkOwner::Rows(Page { stretch, number, .. }) => {
                format!("page {number} of the archive's {stretch:?}: {what}")
            }
        };
        Self { kind, bucket, key, place, what }
    }
}

/// Where a fault is.
pub(super) fn place_of(fault: &Fault) -> Option<Place> {
    match *fault {
        Fault::Corrupt { device, volume, offset, .. } | Fault::Gone { device, volume, offset } => {
            Some(Place { device, volume, offset })
        }
        _ => None,
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(BucketId(bucket)) = self.bucket {
            write!(f, "bucket {bucket}, ")?;
        }
        if let Some(key) = &self.key {
            write!(f, "key {key:?}, ")?;
        }
        if let Some(Place { device, volume, offset }) = self.place {
            write!(f, "device {device}, volume {volume}, offset {offset}, ")?;
        }
        write!(f, "{:?}: {} ({})", self.kind, self.what, self.kind.advice())
    }
}
