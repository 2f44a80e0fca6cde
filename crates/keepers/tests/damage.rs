//! Whatever becomes of as many devices as may be lost, every object reads whole; and once it is mended, any others may
//! follow.

mod support;

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use keepers::{ScrubOptions, Scrubber};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof, proptest};
use proptest::test_runner::Config;
use support::{House, Outcome, Site, body, flip};
use tokio::time::timeout;

const DEVICES: usize = 5;
const PARITY: u8 = 2;

/// Done to a file that a draw picks, at a part of it in 65,536ths.
#[derive(Clone, Debug)]
enum Harm {
    Flip(u16),
    Truncate(u16),
    Zero(u16, u16),
    Remove,
}

fn harms() -> impl Strategy<Value = Vec<(bool, u8, Harm)>> {
    let harm = prop_oneof![
        6 => any::<u16>().prop_map(Harm::Flip),
        2 => any::<u16>().prop_map(Harm::Truncate),
        2 => (any::<u16>(), any::<u16>()).prop_map(|(at, bytes)| Harm::Zero(at, bytes)),
        1 => proptest::strategy::Just(Harm::Remove),
    ];
    vec((any::<bool>(), any::<u8>(), harm), 1..12)
}

fn inflict(device: &Path, pick: u8, harm: &Harm) -> Outcome {
    let mut files: Vec<_> = fs::read_dir(device.join("volumes"))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let Some(path) = files.get(usize::from(pick) % files.len().max(1)) else { return Ok(()) };
    let length = fs::metadata(path)?.len();
    let at = |part: u16| (length * u64::from(part)) >> 16;
    let file = OpenOptions::new().write(true).open(path)?;
    match harm {
        _ if length == 0 => {}
        Harm::Flip(part) => flip(path, at(*part))?,
        Harm::Truncate(part) => file.set_len(at(*part))?,
        Harm::Zero(part, bytes) => {
            let zeros = vec![0; usize::from(*bytes).min((length - at(*part)) as usize)];
            file.write_all_at(&zeros, at(*part))?;
        }
        Harm::Remove => fs::remove_file(path)?,
    }
    Ok(())
}

fn objects() -> Vec<(String, Bytes)> {
    let lengths = [3_000, 20_000, 300_000, 1_200_000, 2_500_000, 5_000, 70_000, 900_000];
    (0..).zip(lengths).map(|(seed, length)| (format!("k{seed}"), body(length, seed))).collect()
}

async fn all_read(house: &House) -> Outcome {
    for (key, bytes) in objects() {
        assert!(house.get(&key).await? == bytes, "{key} is not what was put");
    }
    Ok(())
}

async fn survives(harmed: [usize; 2], harms: Vec<(bool, u8, Harm)>, crashed: bool) -> Outcome {
    let site = Site::new("damage", DEVICES, PARITY);
    let house = site.open().await?;
    for (key, bytes) in objects() {
        house.put(&key, body(60_000, 99)).await?;
        house.put(&key, bytes).await?;
    }
    house.reclaim().await?;
    if crashed {
        house.crash()
    } else {
        house.close()?
    }
    for (other, pick, harm) in &harms {
        inflict(&site.device(harmed[usize::from(*other)]), *pick, harm)?;
    }
    let house = site.open().await?;
    all_read(&house).await?;
    let (mender, orders) = house.mender();
    let options = ScrubOptions { bytes_per_second: u64::MAX, ..ScrubOptions::default() };
    let (scrubber, scrubbing) = Scrubber::new(house.hall.clone(), orders, options);
    let scrubber = tokio::spawn(scrubber.run());
    timeout(Duration::from_secs(60), scrubbing.done(scrubbing.begin())).await?;
    let verified = house.verify().await?;
    assert!(verified.is_sound(), "{verified:#?}");
    mender.abort();
    scrubber.abort();
    let _ = tokio::join!(mender, scrubber);
    house.close()?;
    for pair in 0..DEVICES * DEVICES {
        let (first, second) = (pair / DEVICES, pair % DEVICES);
        if first >= second {
            continue;
        }
        let house = site.open_without(&[first, second]).await?;
        all_read(&house).await?;
        house.close()?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(Config { cases: 12, max_shrink_iters: 20, ..Config::default() })]

    #[test]
    fn any_damage_to_as_many_devices_as_may_be_lost_is_read_through_and_mended(
        (first, step, crashed) in (0..DEVICES, 1..DEVICES, any::<bool>()),
        harms in harms(),
    ) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let outcome = runtime.block_on(survives([first, (first + step) % DEVICES], harms, crashed));
        outcome.expect("a store that survives");
    }
}
