//! One look at a device: is it still the same one, in the same place, and does it take writes?

use std::io;
use std::sync::Arc;

use volume::{DeviceId, identity};
use world::{Disk, DiskFile};

use crate::offer::PROBE_FILE;

const MARK_BYTES: usize = 16;

#[derive(Debug)]
pub enum Sight {
    Same,
    /// Another device, none, or another directory under the same path.
    Other,
    Erred(String),
}

/// Looks at one device, and remembers what it wrote last: through a file that it keeps open, so that what is read
/// by the file's path differs once there is another directory.
pub struct Prober {
    disk: Arc<dyn Disk>,
    device: DeviceId,
    written: Option<Written>,
    count: u64,
}

struct Written {
    file: Arc<dyn DiskFile>,
    mark: [u8; MARK_BYTES],
}

impl Prober {
    pub fn new(disk: Arc<dyn Disk>, device: DeviceId) -> Self {
        Self { disk, device, written: None, count: 0 }
    }

    /// Only reads.
    pub fn look(&self) -> Sight {
        match identity::read(&*self.disk) {
            Ok(Some(device)) if device == self.device => {}
            Ok(_) => return Sight::Other,
            Err(fault) if fault.is_corruption() => return Sight::Other,
            Err(fault) => return Sight::Erred(fault.to_string()),
        }
        match self.written.as_ref().map(|written| Ok(self.read_mark()? == written.mark)) {
            None | Some(Ok(true)) => Sight::Same,
            Some(Ok(false)) => Sight::Other,
            Some(Err(error)) => sight_of(&error),
        }
    }

    /// Also writes, and waits until that is durable.
    pub fn probe(&mut self) -> Sight {
        match self.look() {
            Sight::Same => self.write().map_or_else(|error| sight_of(&error), |()| Sight::Same),
            sight => {
                // From anew, should it come back.
                self.written = None;
                sight
            }
        }
    }

    fn read_mark(&self) -> io::Result<[u8; MARK_BYTES]> {
        let mut mark = [0; MARK_BYTES];
        self.disk.open(PROBE_FILE)?.read_exact_at(&mut mark, 0)?;
        Ok(mark)
    }

    fn write(&mut self) -> io::Result<()> {
        let file = match self.written.take() {
            Some(written) => written.file,
            None => {
                if self.disk.exists(PROBE_FILE)? {
                    self.disk.remove(PROBE_FILE)?;
                }
                self.disk.create(PROBE_FILE)?
            }
        };
        self.count += 1;
        let mut mark = [0; MARK_BYTES];
        mark[..8].copy_from_slice(b"SRprobe\n");
        mark[8..].copy_from_slice(&self.count.to_le_bytes());
        file.write_all_at(&mark, 0)?;
        file.sync_data()?;
        self.written = Some(Written { file, mark });
        Ok(())
    }
}

fn sight_of(error: &io::Error) -> Sight {
    match error.kind() {
        io::ErrorKind::NotFound => Sight::Other,
        // Full is not ill.
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Sight::Same,
        _ => Sight::Erred(error.to_string()),
    }
}
