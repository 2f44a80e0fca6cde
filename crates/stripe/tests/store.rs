//! The store on a real disk.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use stripe::{CHUNK_BYTES, Fault, Manifest, Options, Owner, Store};
use world::{Disk, RealDisk};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A directory that goes when the test ends well.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("strongroom-stripe-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        Self(dir)
    }

    fn open(&self) -> Result<Store, Box<dyn std::error::Error>> {
        let disk: Arc<dyn Disk> = Arc::new(RealDisk::at(&self.0)?);
        Ok(Store::open(vec![disk], small())?)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

fn small() -> Options {
    Options {
        volume_size_bytes_first: 4 << 20,
        volume_size_bytes_max: 8 << 20,
        reserve_bytes: Some(0),
        ..Options::default()
    }
}

fn owner() -> Result<Owner, Fault> {
    Owner::new(&b"bucket/key"[..])
}

/// Bytes that differ everywhere.
fn body(length: usize, seed: u64) -> Bytes {
    let mut word = seed;
    (0..length)
        .map(|_| {
            word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (word >> 56) as u8
        })
        .collect()
}

async fn read_back(store: &Store, manifest: &Manifest) -> Result<Vec<u8>, Fault> {
    let mut whole = Vec::new();
    for chunk in manifest.chunks() {
        whole.extend_from_slice(&store.read(chunk).await?);
    }
    Ok(whole)
}

#[tokio::test]
async fn a_body_comes_back_as_it_went_in() -> Outcome {
    let scratch = Scratch::new("round");
    let store = scratch.open()?;
    for length in [0, 1, 4096, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 5 * CHUNK_BYTES + 77] {
        let sent = body(length, length as u64);
        let mut landing = store.landing(owner()?);
        for piece in sent.chunks(70_001) {
            landing.write(Bytes::copy_from_slice(piece)).await?;
        }
        let manifest = landing.finish().await?;
        assert_eq!(manifest.len_bytes(), length as u64);
        assert_eq!(manifest.chunks().len(), length.div_ceil(CHUNK_BYTES));
        assert_eq!(read_back(&store, &manifest).await?, sent);
    }
    store.shutdown()?;
    Ok(())
}
