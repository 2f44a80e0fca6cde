//! The rows: a listing row and a version row for each of a million objects in a thousand directories.

/// Objects are `directories × per_directory`; keys have about 60 bytes, as people's do.
#[derive(Clone, Copy)]
pub struct Shape {
    pub directories: u32,
    pub per_directory: u32,
}

const BUCKET: u64 = 0x0102_0304_0506_0708;
pub const LISTING_VALUE_BYTES: usize = 150;
pub const VERSION_VALUE_BYTES: usize = 300;
/// A memtable holds this much before it is applied.
pub const BATCH_BYTES: usize = 32 << 20;
/// One transaction of an application, as the catalog bounds it.
pub const CHUNK_ROWS: usize = 16 << 10;

pub type Row = (Vec<u8>, Vec<u8>);

/// SplitMix64: every run sees the same rows.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }

    pub fn below(&mut self, end: u32) -> u32 {
        (self.roll() % u64::from(end)) as u32
    }
}

impl Shape {
    pub fn objects(self) -> u32 {
        self.directories * self.per_directory
    }

    /// `o`, bucket, then what a delimiter page groups by.
    pub fn prefix(self, directory: u32) -> Vec<u8> {
        let mut key = vec![b'o'];
        key.extend_from_slice(&BUCKET.to_be_bytes());
        key.extend_from_slice(format!("datasets/customer-{directory:06}/").as_bytes());
        key
    }

    pub fn listing_key(self, object: u32) -> Vec<u8> {
        let mut key = self.prefix(object / self.per_directory);
        let number = object % self.per_directory;
        key.extend_from_slice(format!("2026/11/part-{number:06}.snappy.parquet").as_bytes());
        key
    }

    fn version_key(self, object: u32) -> Vec<u8> {
        let mut key = self.listing_key(object);
        key[0] = b'v';
        key.push(0);
        key.extend_from_slice(&u64::MAX.wrapping_sub(u64::from(object)).to_be_bytes());
        key
    }

    pub fn rows_of(self, object: u32, dice: &mut Dice, rows: &mut Vec<Row>) {
        rows.push((self.listing_key(object), value(LISTING_VALUE_BYTES, dice)));
        rows.push((self.version_key(object), value(VERSION_VALUE_BYTES, dice)));
    }
}

/// Half noise (ETags, checksums, ids), half text that compresses.
fn value(bytes: usize, dice: &mut Dice) -> Vec<u8> {
    let mut value = Vec::with_capacity(bytes + 8);
    while value.len() < bytes / 2 {
        value.extend_from_slice(&dice.roll().to_le_bytes());
    }
    value.resize(bytes, b'x');
    value
}

/// The load: directories are filled by 16 uploaders at once, each walking one directory in order.
pub fn load_batches(shape: Shape) -> impl Iterator<Item = Vec<Row>> {
    let mut dice = Dice(1);
    let mut order: Vec<u32> = (0..shape.directories).collect();
    for place in (1..order.len()).rev() {
        order.swap(place, dice.below(place as u32 + 1) as usize);
    }
    let arrival = order.chunks(16).map(<[u32]>::to_vec).collect::<Vec<_>>().into_iter();
    let objects = arrival.flat_map(move |group| {
        (0..shape.per_directory).flat_map(move |number| {
            group.clone().into_iter().map(move |directory| directory * shape.per_directory + number)
        })
    });
    batches(shape, objects, dice)
}

/// Steady state: objects anywhere are overwritten.
pub fn update_batches(shape: Shape, seed: u64) -> impl Iterator<Item = Vec<Row>> {
    let mut dice = Dice(seed);
    let objects = std::iter::from_fn(move || Some(dice.below(shape.objects())));
    batches(shape, objects, Dice(seed + 1))
}

fn batches(
    shape: Shape,
    mut objects: impl Iterator<Item = u32>,
    mut dice: Dice,
) -> impl Iterator<Item = Vec<Row>> {
    let row_bytes = LISTING_VALUE_BYTES + VERSION_VALUE_BYTES + 150;
    std::iter::from_fn(move || {
        let mut rows = Vec::new();
        for object in objects.by_ref().take(BATCH_BYTES / row_bytes) {
            shape.rows_of(object, &mut dice, &mut rows);
        }
        rows.sort_by(|left, right| left.0.cmp(&right.0));
        rows.dedup_by(|left, right| left.0 == right.0);
        (!rows.is_empty()).then_some(rows)
    })
}
