//! A stretch on its way into the volumes, page by page.

use bytes::Bytes;
use catalog::table::{ArchiveRow, PAGE_BYTES, Page, Stretch, StretchWriter, space};
use semantics::ChunkOwner;
use stripe::{CHUNK_BYTES, Chunk, Fault, Manifest, Owner, Redundancy, Store};

const _: () = assert!(PAGE_BYTES <= CHUNK_BYTES);

/// Work that is of this catalog, and the archive itself, are not in it.
pub(super) fn is_kept(key: &[u8]) -> bool {
    !matches!(key.first(), Some(&space::ARCHIVE | &space::JOBS))
}

/// Dropped unfinished, all that it landed is deleted in the background.
pub(super) struct Pages<'a> {
    store: &'a Store,
    stretch: Stretch,
    start: Bytes,
    end: Bytes,
    writer: Option<StretchWriter>,
    landed: Vec<(Page, Chunk)>,
}

impl<'a> Pages<'a> {
    pub fn new(store: &'a Store, stretch: Stretch, start: Bytes, end: Bytes) -> Self {
        let writer = Some(StretchWriter::new(&start, &end));
        Self { store, stretch, start, end, writer, landed: Vec::new() }
    }

    pub async fn push(&mut self, key: Bytes, value: Option<&[u8]>) -> Result<(), Fault> {
        let Some(writer) = &mut self.writer else { return Err(Fault::Closed) };
        writer.push(key, value);
        while let Some(page) = self.writer.as_mut().and_then(StretchWriter::page) {
            self.land(page, false).await?;
        }
        Ok(())
    }

    /// The rows that name the pages, once all are durable.
    pub async fn finish(mut self) -> Result<Vec<ArchiveRow>, Fault> {
        let Some(writer) = self.writer.take() else { return Err(Fault::Closed) };
        self.land(writer.finish(), true).await?;
        let landed = std::mem::take(&mut self.landed);
        Ok(landed.into_iter().map(|(page, chunk)| row(page, &self.start, &self.end, chunk)).collect())
    }

    async fn land(&mut self, bytes: Bytes, is_last: bool) -> Result<(), Fault> {
        let number = self.landed.len() as u32;
        let page = Page { stretch: self.stretch, number, is_last, bytes: bytes.len() as u32 };
        let owner = Owner::new(ChunkOwner::Rows(page).encode())?;
        let chunk = self.store.put(&owner, bytes, Redundancy::Full).await?;
        self.landed.push((page, chunk));
        Ok(())
    }
}

impl Drop for Pages<'_> {
    fn drop(&mut self) {
        let landed = std::mem::take(&mut self.landed);
        self.store.discard(&landed.into_iter().map(|(_, chunk)| chunk).collect());
    }
}

/// The row that names a page.
pub(super) fn row(page: Page, start: &Bytes, end: &Bytes, chunk: Chunk) -> ArchiveRow {
    let manifest = Manifest::new(vec![chunk]).encode().into();
    ArchiveRow { page, start: start.clone(), end: end.clone(), manifest }
}
