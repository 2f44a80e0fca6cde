//! The annotations that a copy takes along: their bytes land anew before the commit that names them with their object.

use api::{ErrorCode, S3Error};
use catalog::table::{AnnotationRow, Content, space};
use model::{AnnotationName, BucketId};
use stripe::Redundancy;
use tokio::task::JoinSet;

use super::decode;
use crate::deed::Deed;
use crate::fault;
use crate::hall::Hall;
use crate::owner::ChunkOwner;
use crate::pins::Pin;

/// How many land at once: they share their syncs, and memory holds so many MiB at most.
const LANDING_MAX: usize = 16;

/// A version's salt, and the annotations that it is born with.
#[derive(Clone)]
pub(crate) struct Annotated {
    pub(crate) salt: u128,
    rows: Vec<(AnnotationName, AnnotationRow)>,
}

/// Bytes that landed and are freed again, unless they are taken to be named.
struct Unnamed {
    hall: Hall,
    row: AnnotationRow,
    taken: bool,
}

impl Annotated {
    pub(crate) const fn none(salt: u128) -> Self {
        Self { salt, rows: Vec::new() }
    }

    pub(crate) fn count(&self) -> u32 {
        self.rows.len() as u32
    }

    pub(crate) fn contents(&self) -> Vec<Content> {
        self.rows.iter().map(|(_, row)| row.content.clone()).collect()
    }

    /// The writes that name them.
    pub(crate) fn put(&mut self, deed: &mut Deed<'_>) {
        for (name, row) in &mut self.rows {
            row.modified = deed.ordinal.timestamp();
            deed.put(space::annotation(deed.bucket.id, self.salt, name), row.encode());
        }
    }
}

/// Whether a copy leaves the annotations behind.
pub(in crate::object) fn excludes(directive: Option<&str>) -> Result<bool, S3Error> {
    match directive {
        None | Some("COPY") => Ok(false),
        Some("EXCLUDE") => Ok(true),
        Some(other) => {
            let name = "x-amz-object-annotation-directive";
            Err(S3Error::invalid_argument(name, other, "Unknown annotation directive."))
        }
    }
}

/// A copy's annotations whose bytes landed, freed again if the copy goes no further.
pub(in crate::object) struct Copied {
    salt: u128,
    rows: Vec<(AnnotationName, Unnamed)>,
}

impl Copied {
    /// From here on, whoever names the object frees what it cannot name.
    pub(in crate::object) fn taken(self) -> Annotated {
        let rows = self.rows.into_iter().map(|(name, unnamed)| (name, unnamed.take())).collect();
        Annotated { salt: self.salt, rows }
    }
}

impl Hall {
    pub(in crate::object) fn no_annotations(&self) -> Copied {
        Copied { salt: self.random().u128(), rows: Vec::new() }
    }

    /// All annotations of a version, as they stand together at one moment. `pin` is as old as what is known of it.
    pub(in crate::object) async fn copy_annotations(
        &self,
        from: (BucketId, u128),
        to: BucketId,
        pin: &Pin,
    ) -> Result<Copied, S3Error> {
        let mut copied = self.no_annotations();
        let mut rows = self.annotations_of(from).map_err(fault::catalog)?.into_iter();
        let mut landing = JoinSet::new();
        loop {
            while landing.len() < LANDING_MAX
                && let Some((name, row)) = rows.next()
            {
                let (hall, pin) = (self.clone(), pin.clone());
                let owner = ChunkOwner::Annotation { bucket: to, salt: copied.salt, name: name.clone() };
                landing.spawn(async move {
                    let content = hall.land_again(from.0, &row, &owner, pin).await?;
                    let row = AnnotationRow { content, ..row };
                    Ok::<_, S3Error>((name, Unnamed { hall, row, taken: false }))
                });
            }
            match landing.join_next().await {
                None => return Ok(copied),
                Some(landed) => copied.rows.push(landed.map_err(|_| ErrorCode::InternalError)??),
            }
        }
    }

    fn annotations_of(
        &self,
        (bucket, salt): (BucketId, u128),
    ) -> Result<Vec<(AnnotationName, AnnotationRow)>, catalog::Fault> {
        let view = self.catalog().snapshot()?;
        let start = space::annotations(bucket, salt);
        let mut cursor = view.cursor(&start, &space::end_of(&start))?;
        let mut rows = Vec::new();
        while let Some((key, row)) = cursor.next()? {
            let name = space::annotation_name(&key)
                .ok_or_else(|| catalog::Fault::corrupt("annotations", "a row's key holds no name"))?;
            rows.push((name, decode(row)?));
        }
        Ok(rows)
    }

    /// Bytes in the store say beside them whose they are, so they cannot be shared.
    async fn land_again(
        &self,
        bucket: BucketId,
        row: &AnnotationRow,
        owner: &ChunkOwner,
        pin: Pin,
    ) -> Result<Content, S3Error> {
        if let Content::Inline(_) = row.content {
            return Ok(row.content.clone());
        }
        let body = self.body_of(bucket, &row.content, 0..row.size_bytes, pin)?;
        Ok(self.land_around(0, Redundancy::Full, || owner.recorded(), body, &[]).await?.content)
    }
}

impl Unnamed {
    fn take(mut self) -> AnnotationRow {
        self.taken = true;
        self.row.clone()
    }
}

impl Drop for Unnamed {
    fn drop(&mut self) {
        if !self.taken {
            self.hall.discard(self.row.content.clone());
        }
    }
}
