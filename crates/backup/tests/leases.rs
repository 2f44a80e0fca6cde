//! What a desk promises: bytes wait for who renews, and for nobody else.

mod support;

use backup::LEASE;
use support::{Outcome, Site};

#[tokio::test(start_paused = true)]
async fn a_lease_lasts_while_it_is_renewed_and_no_longer() -> Outcome {
    let Site { hall, desk, .. } = &Site::new("lasts")?;
    let lease = desk.open()?;
    for _ in 0..5 {
        tokio::time::sleep(LEASE / 2).await;
        desk.renew(&lease)?;
        assert!(hall.pins().oldest().is_some());
    }
    tokio::time::sleep(LEASE * 2).await;
    assert!(hall.pins().oldest().is_none());
    assert!(desk.renew(&lease).is_err() && desk.rows(&lease).is_err());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_ended_lease_holds_nothing_and_an_unknown_one_is_refused() -> Outcome {
    let Site { hall, desk, .. } = &Site::new("ended")?;
    let lease = desk.open()?;
    desk.close(&lease);
    assert!(hall.pins().oldest().is_none());
    assert!(desk.bytes("another", bytes::Bytes::new()).is_err());
    let all: Vec<String> = std::iter::from_fn(|| desk.open().ok()).collect();
    assert_eq!(all.len(), 16);
    Ok(())
}

#[tokio::test]
async fn a_list_of_bytes_that_is_none_is_refused_and_false_places_are_told() -> Outcome {
    let Site { desk, .. } = &Site::new("list")?;
    let lease = desk.open()?;
    assert!(desk.bytes(&lease, bytes::Bytes::from_static(&[5, 1])).is_err());
    // A manifest of no known format, and the bytes 0 to 7.
    let mut told = desk.bytes(&lease, bytes::Bytes::from_static(&[1, 9, 0, 7]))?;
    assert_eq!(told.next().await?.and_then(|record| record.first().copied()), Some(5));
    assert_eq!(told.next().await?.as_deref(), Some(&[3][..]));
    assert!(told.next().await?.is_none());
    Ok(())
}
