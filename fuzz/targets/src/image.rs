//! A device as files in memory, damaged as the input says, and then given to the simulated disk.

use sim::SimDisk;
use world::Disk as _;

use crate::input::{Input, sure};

pub(crate) const BLOCK_BYTES: usize = 4096;
/// Damages done to one image: enough for two to meet, few enough to be fast.
const DAMAGES_MAX: usize = 12;
/// Names that somebody, or some other release, might have left.
const ODD_NAMES: [&str; 12] = [
    "journal/18446744073709551615.seg",
    "journal/00000009.seg",
    "journal/00000009.new",
    "journal/notes.txt",
    "volumes/4294967295.vol",
    "volumes/00000000.vol",
    "volumes/00000009.vol",
    "volumes/00000009.new",
    "volumes/18446744073709551615.graves",
    "volumes/00000000.graves",
    "volumes/00000009.graves",
    "volumes/notes.txt",
];

#[derive(Clone, Debug)]
pub(crate) struct File {
    pub path: String,
    pub bytes: Vec<u8>,
}

/// What was done to an image.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Damage {
    /// Places whose bytes changed.
    pub rotten: u32,
    /// Files or blocks were taken away or stand where others stood.
    pub lost: bool,
    /// Checksums were made right again: they prove nothing.
    pub forged: bool,
}

impl Damage {
    /// One place of the device rotted and nothing else happened.
    pub const fn is_one_rot(self) -> bool {
        self.rotten == 1 && !self.lost && !self.forged
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Image(pub Vec<File>);

/// What a target knows of its formats: it changes a field at a block of a file and makes the checksum right again.
pub(crate) type Forge = fn(&mut File, block: usize, &mut Input<'_>);

impl Image {
    /// The files in these folders of a disk.
    pub fn of(disk: &SimDisk, folders: &[&str]) -> Self {
        let mut files = Vec::new();
        for folder in folders {
            for name in sure(disk.list(folder)) {
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                // A folder among the names is no file to open.
                let Ok(file) = disk.open(&path) else { continue };
                let mut bytes = vec![0; sure(file.len()) as usize];
                sure(file.read_exact_at(&mut bytes, 0));
                files.push(File { path, bytes });
            }
        }
        Self(files)
    }

    /// A disk with these files, all of it durable.
    pub fn disk(&self) -> SimDisk {
        let disk = SimDisk::new(1);
        for File { path, bytes } in &self.0 {
            if let Some((folder, _)) = path.rsplit_once('/') {
                sure(disk.create_dir(folder));
            }
            let file = sure(disk.create(path));
            // What a file ends with is mostly zeros, which need no writing.
            let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            sure(file.write_all_at(&bytes[..end], 0));
            sure(file.set_len(bytes.len() as u64));
            sure(file.sync_all());
        }
        sure(disk.sync_dir(""));
        disk
    }

    /// Does as the input says until it ends.
    pub fn damage(&mut self, input: &mut Input<'_>, forge: Forge) -> Damage {
        let mut damage = Damage::default();
        for _ in 0..DAMAGES_MAX {
            if input.is_empty() || self.0.is_empty() {
                break;
            }
            let kind = input.u8() % 8;
            let file = usize::from(input.u8()) % self.0.len();
            match kind {
                0 | 1 | 5 => damage.rotten += 1,
                7 => damage.forged = true,
                _ => damage.lost = true,
            }
            match kind {
                0 => self.overwrite(file, input),
                1 => self.flip(file, input),
                2 => self.truncate(file, input),
                3 => drop(self.0.remove(file)),
                4 => self.copy_block(file, input),
                5 => self.block(file, input).fill(0),
                6 => self.add(file, input),
                _ => {
                    let block = usize::from(input.u8());
                    forge(&mut self.0[file], block, input);
                }
            }
        }
        damage
    }

    fn overwrite(&mut self, file: usize, input: &mut Input<'_>) {
        let block = self.block(file, input);
        let at = usize::from(input.u16()) % block.len().max(1);
        let bytes = input.u8();
        let bytes = input.take(usize::from(bytes).min(block.len() - at));
        block[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn flip(&mut self, file: usize, input: &mut Input<'_>) {
        let block = self.block(file, input);
        let at = usize::from(input.u16()) % block.len().max(1);
        if let Some(byte) = block.get_mut(at) {
            *byte ^= input.u8().max(1);
        }
    }

    fn truncate(&mut self, file: usize, input: &mut Input<'_>) {
        let end = usize::from(input.u8()) * BLOCK_BYTES + usize::from(input.u16()) % BLOCK_BYTES;
        self.0[file].bytes.truncate(end);
    }

    fn copy_block(&mut self, file: usize, input: &mut Input<'_>) {
        let copied = self.block(file, input).to_vec();
        let other = usize::from(input.u8()) % self.0.len();
        let block = self.block(other, input);
        let length = copied.len().min(block.len());
        block[..length].copy_from_slice(&copied[..length]);
    }

    /// Another file with the bytes of this one, or none.
    fn add(&mut self, file: usize, input: &mut Input<'_>) {
        let path = ODD_NAMES[usize::from(input.u8()) % ODD_NAMES.len()];
        let bytes = if input.u8().is_multiple_of(2) { Vec::new() } else { self.0[file].bytes.clone() };
        if self.0.iter().all(|known| known.path != path) {
            self.0.push(File { path: path.to_owned(), bytes });
        }
    }

    /// One block of a file; the last may be shorter.
    fn block(&mut self, file: usize, input: &mut Input<'_>) -> &mut [u8] {
        let bytes = &mut self.0[file].bytes;
        let blocks = bytes.len().div_ceil(BLOCK_BYTES).max(1);
        let start = (usize::from(input.u8()) % blocks) * BLOCK_BYTES;
        let end = (start + BLOCK_BYTES).min(bytes.len());
        &mut bytes[start..end]
    }
}
