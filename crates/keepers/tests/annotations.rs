//! What a crash leaves of annotations is found: bytes that were never named, and rows of a version that is gone.

mod support;

use api::s3::{DeleteObject, DeleteObjectInput};
use bytes::Bytes;
use catalog::table::space;
use keepers::sweep;
use model::{AnnotationName, BucketId};
use semantics::ChunkOwner;
use stripe::{Owner, Redundancy};
use support::{House, Outcome, Site};

async fn fill(house: &House, names: &[&str]) -> Outcome {
    house.put("k", Bytes::from_static(b"body")).await?;
    for name in names {
        house.annotate("k", name, payload(name)).await?;
    }
    Ok(())
}

/// Long enough to lie in the store.
fn payload(name: &str) -> Bytes {
    Bytes::from(name.repeat(9_000))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_landed_and_was_never_named_is_swept_and_what_is_named_stays() -> Outcome {
    let site = Site::new("sweep", 1, 0);
    let house = site.open().await?;
    fill(&house, &["a", "b"]).await?;
    let (bucket, salt, name) = (BucketId(1), 7, AnnotationName::new("c")?);
    let owner = Owner::new(ChunkOwner::Annotation { bucket, salt, name }.encode())?;
    let orphan = house.store.put(&owner, payload("c"), Redundancy::Full).await?;
    house.crash();

    let house = site.open().await?;
    let swept = sweep(&house.hall).await?;
    assert_eq!((swept.looked_at, swept.freed), (3, 1));
    assert!(house.store.read(&orphan, 0..1).await.is_err());
    for name in ["a", "b"] {
        assert_eq!(house.annotation("k", name).await?, payload(name));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_s_annotations_are_reclaimed_after_a_crash_in_between() -> Outcome {
    let site = Site::new("reclaim", 1, 0);
    let house = site.open().await?;
    fill(&house, &["a", "b", "c"]).await?;
    let chunks = house.chunks(space::ANNOTATIONS)?;
    assert_eq!(chunks.len(), 3);
    let input = DeleteObjectInput { bucket: "bucket".to_owned(), key: "k".to_owned(), ..Default::default() };
    house.call::<DeleteObject>(input, Bytes::new()).await?;
    house.crash();

    let house = site.open().await?;
    assert_eq!(sweep(&house.hall).await?.freed, 0, "the reclaimer's work is left to it");
    house.reclaim().await?;
    assert_eq!(house.chunks(space::ANNOTATIONS)?, []);
    for chunk in &chunks {
        assert!(house.store.read(chunk, 0..1).await.is_err());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_of_a_replaced_annotation_are_reclaimed_and_the_new_ones_stay() -> Outcome {
    let site = Site::new("replace", 1, 0);
    let house = site.open().await?;
    fill(&house, &["a", "b"]).await?;
    let before = house.chunks(space::ANNOTATIONS)?;
    house.annotate("k", "a", payload("new")).await?;
    house.reclaim().await?;
    let after = house.chunks(space::ANNOTATIONS)?;
    let gone: Vec<_> = before.iter().filter(|chunk| !after.contains(chunk)).collect();
    assert_eq!((gone.len(), after.len()), (1, 2));
    assert!(house.store.read(gone[0], 0..1).await.is_err());
    assert_eq!(house.annotation("k", "a").await?, payload("new"));
    assert_eq!(house.annotation("k", "b").await?, payload("b"));
    Ok(())
}
