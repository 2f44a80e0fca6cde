//! Reading the journal back: which frames count, where it ends, and whether anything before its end is missing.
//!
//! Segments are ordered by the generation of their first frame; each counts until the sequence at which the next
//! one begins, so a later segment cuts off an earlier one's tail for good. Only the last may end in a torn batch.
//! A batch is begun only after the one before is synced: so a whole batch *behind* a broken one proves
//! that the broken one was acknowledged, and that is corruption, not a torn tail.

use bytes::Bytes;

use super::frame::{ALIGN, HEADER_BYTES, Header};
use super::pool::{Segment, path};
use crate::Fault;

const SCAN_BYTES: usize = 1 << 20;

/// A batch that was read and proven.
pub(crate) struct Batch {
    pub header: Header,
    pub payload: Bytes,
}

/// What the segments hold, beyond what the index has.
pub(crate) struct Replayed {
    /// The last batch that counts; `None` in a fresh journal.
    pub last: Option<Batch>,
    pub generation: u64,
    /// Segments that hold batches which count, with the last such sequence each; in order.
    pub live: Vec<(Segment, u64)>,
    pub spare: Vec<Segment>,
}

/// Visits each batch after `applied`, in order.
pub(crate) fn replay(
    found: Vec<Segment>,
    applied: u64,
    visit: &mut dyn FnMut(&Batch) -> Result<(), Fault>,
) -> Result<Replayed, Fault> {
    let (mut used, mut spare) = (Vec::new(), Vec::new());
    let mut unread = Vec::new();
    for segment in found {
        match read_frame(&segment, 0)? {
            Some(first) => used.push((first.header, segment)),
            None => {
                // One that begins with zeros is looked through as well: its first block may be what was lost.
                unread.push((segment.clone(), 0));
                spare.push(segment);
            }
        }
    }
    used.sort_by_key(|(first, _)| (first.tenure.generation, first.sequence));
    let generation = used.last().map_or(0, |(first, _)| first.tenure.generation);
    let stale = used.iter().rposition(|(first, _)| first.sequence <= applied + 1);
    let Some(begin) = stale.or((used.is_empty() && applied == 0).then_some(0)) else {
        let begins = used.first().map_or(0, |(first, _)| first.sequence);
        return Err(missing(format!("the index reaches batch {applied}, the journal begins at {begins}")));
    };
    let live = used.split_off(begin);
    spare.extend(used.into_iter().map(|(_, segment)| segment));

    let mut walk = Walk { applied, visit, last: None };
    let firsts: Vec<u64> = live.iter().map(|(first, _)| first.sequence).collect();
    let mut kept = Vec::new();
    let mut end = End { offset: 0, sequence: 1 };
    for (place, (first, segment)) in live.into_iter().enumerate() {
        end = walk.segment(&segment, &first, firsts.get(place + 1).copied())?;
        kept.push((segment, end.sequence - 1));
    }
    unread.extend(kept.last().map(|(segment, _)| (segment.clone(), end.offset)));
    refuse_batches_behind(&unread, end.sequence)?;
    let reaches = walk.last.as_ref().map_or(0, |batch| batch.header.sequence);
    if reaches < applied {
        return Err(missing(format!("the index reaches batch {applied}, the journal {reaches}")));
    }
    Ok(Replayed { last: walk.last, generation, live: kept, spare })
}

/// Where a segment's batches that count end: the offset behind them, and the next sequence.
struct End {
    offset: u64,
    sequence: u64,
}

struct Walk<'v> {
    applied: u64,
    visit: &'v mut dyn FnMut(&Batch) -> Result<(), Fault>,
    last: Option<Batch>,
}

impl Walk<'_> {
    /// Reads one segment up to the sequence at which the next begins, or up to its first broken frame.
    fn segment(&mut self, segment: &Segment, first: &Header, next: Option<u64>) -> Result<End, Fault> {
        let mut end = End { offset: 0, sequence: first.sequence };
        while next.is_none_or(|next| end.sequence < next) {
            let batch = read_frame(segment, end.offset)?;
            let fits =
                |batch: &Batch| batch.header.tenure == first.tenure && batch.header.sequence == end.sequence;
            let Some(batch) = batch.filter(fits) else { break };
            end.offset += batch.header.frame_bytes() as u64;
            end.sequence += 1;
            if batch.header.sequence > self.applied {
                (self.visit)(&batch)?;
            }
            self.last = Some(batch);
        }
        match next {
            Some(next) if next != end.sequence => Err(Fault::corrupt(
                path(&segment.name),
                format!("batch {} at {} is broken; {next} follows elsewhere", end.sequence, end.offset),
            )),
            _ => Ok(end),
        }
    }
}

/// The frame at an offset, if it is whole.
fn read_frame(segment: &Segment, offset: u64) -> Result<Option<Batch>, Fault> {
    let doing = "reading the journal";
    if offset + ALIGN as u64 > segment.bytes {
        return Ok(None);
    }
    let mut start = [0; HEADER_BYTES];
    segment.file.read_exact_at(&mut start, offset).map_err(Fault::io(doing))?;
    let Some(header) = Header::read(&start) else { return Ok(None) };
    if header.frame_bytes() as u64 > segment.bytes - offset {
        return Ok(None);
    }
    let mut frame = vec![0; HEADER_BYTES + header.payload_bytes];
    segment.file.read_exact_at(&mut frame, offset).map_err(Fault::io(doing))?;
    if !header.proves(&frame) {
        return Ok(None);
    }
    if !header.is_readable() {
        let detail =
            format!("batch at {offset} has format {}, which this release does not read", header.format);
        return Err(Fault::corrupt(path(&segment.name), detail));
    }
    if !header.is_plausible() {
        let detail = format!("the numbers of the batch at {offset} can't be true");
        return Err(Fault::corrupt(path(&segment.name), detail));
    }
    Ok(Some(Batch { header, payload: Bytes::from(frame).slice(HEADER_BYTES..) }))
}

/// Looks for whole batches after `sequence`, the first that is missing, where none may be: behind the end, and
/// in segments whose first frame is broken.
fn refuse_batches_behind(places: &[(Segment, u64)], sequence: u64) -> Result<(), Fault> {
    let mut window = vec![0; SCAN_BYTES];
    for (segment, offset) in places {
        let mut at = *offset;
        while at < segment.bytes {
            let step = (segment.bytes - at).min(SCAN_BYTES as u64) as usize;
            let part = &mut window[..step];
            segment.file.read_exact_at(part, at).map_err(Fault::io("reading the journal"))?;
            for (block, offset) in part.chunks(ALIGN).zip((at..).step_by(ALIGN)) {
                let header = block.first_chunk().and_then(Header::read);
                if header.is_some_and(|header| header.sequence > sequence)
                    && let Some(batch) = read_frame(segment, offset)?
                {
                    let found = batch.header.sequence;
                    let detail =
                        format!("batch {sequence} is broken, yet batch {found} at {offset} is whole");
                    return Err(Fault::corrupt(path(&segment.name), detail));
                }
            }
            at += step as u64;
        }
    }
    Ok(())
}

fn missing(detail: String) -> Fault {
    Fault::corrupt("journal", detail)
}
