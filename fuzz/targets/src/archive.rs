//! The row archive: pages' names, the rows that name them, and stretches.

use bytes::Bytes;
use catalog::table::{ArchiveRow, Page, StretchReader, StretchWriter};

/// What decodes encodes to the same; the rows of a stretch ascend, and those that were read are written as the same.
pub fn archive(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    match first % 3 {
        0 => {
            if let Some(page) = Page::decode(rest) {
                assert_eq!(page.encode(), rest);
            }
        }
        1 => {
            if let Ok(row) = ArchiveRow::decode(Bytes::copy_from_slice(rest)) {
                assert_eq!(ArchiveRow::decode(row.encode()).as_ref(), Ok(&row));
            }
        }
        _ => stretch(Bytes::copy_from_slice(rest)),
    }
}

fn stretch(bytes: Bytes) {
    let Ok(mut reader) = StretchReader::new(bytes) else { return };
    let mut writer = StretchWriter::new(&reader.start, &reader.end);
    let mut rows = Vec::new();
    loop {
        match reader.next() {
            Ok(Some((key, value))) => {
                assert!(rows.last().is_none_or(|(last, _)| *last < key));
                writer.push(key.clone(), value.as_deref());
                rows.push((key, value));
            }
            Ok(None) => break,
            Err(_) => return,
        }
    }
    let again = StretchReader::new(writer.finish());
    assert!(again.is_ok(), "what was written is no stretch");
    let Ok(mut again) = again else { return };
    for row in rows {
        assert_eq!(again.next(), Ok(Some(row)));
    }
    assert_eq!(again.next(), Ok(None));
}
