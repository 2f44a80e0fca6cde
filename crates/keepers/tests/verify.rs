//! Verification finds nothing in a sound store, and everything that is wrong in one that is not.

mod support;

use api::s3::{
    CompleteMultipartUpload, CompleteMultipartUploadInput, CompletedMultipartUpload, CompletedPart,
    CreateMultipartUpload, CreateMultipartUploadInput, PutBucketVersioning, PutBucketVersioningInput,
    UploadPart, UploadPartInput, VersioningConfiguration,
};
use bytes::Bytes;
use catalog::Write;
use catalog::table::space;
use keepers::{Kind, Verification, Verified, sweep, verify};
use model::{BucketId, ObjectKey};
use semantics::ChunkOwner;
use stripe::{Owner, Redundancy, Standing};
use support::{BUCKET, House, Outcome, Site, body, flip, volume_path};

async fn multipart(house: &House, key: &str, parts: &[Bytes], listed: usize) -> Outcome {
    let input =
        CreateMultipartUploadInput { bucket: BUCKET.to_owned(), key: key.to_owned(), ..Default::default() };
    let (created, _) = house.call::<CreateMultipartUpload>(input, Bytes::new()).await?;
    let upload_id = created.upload_id.ok_or("an upload id")?;
    let mut completed = Vec::new();
    for (number, part) in (1..).zip(parts) {
        let input = UploadPartInput {
            bucket: BUCKET.to_owned(),
            key: key.to_owned(),
            part_number: Some(number),
            upload_id: Some(upload_id.clone()),
            ..Default::default()
        };
        let (output, _) = house.call::<UploadPart>(input, part.clone()).await?;
        completed.push(CompletedPart {
            part_number: Some(number),
            e_tag: output.e_tag,
            ..Default::default()
        });
    }
    if listed == 0 {
        return Ok(());
    }
    completed.truncate(listed);
    let input = CompleteMultipartUploadInput {
        bucket: BUCKET.to_owned(),
        key: key.to_owned(),
        upload_id: Some(upload_id),
        multipart_upload: Some(CompletedMultipartUpload { parts: completed }),
        ..Default::default()
    };
    house.call::<CompleteMultipartUpload>(input, Bytes::new()).await?;
    Ok(())
}

async fn version(house: &House, status: &str) -> Outcome {
    let input = PutBucketVersioningInput {
        bucket: BUCKET.to_owned(),
        versioning_configuration: Some(VersioningConfiguration {
            status: Some(status.to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    };
    house.call::<PutBucketVersioning>(input, Bytes::new()).await?;
    Ok(())
}

/// Objects of every make.
async fn fill(house: &House) -> Outcome {
    house.put("inline", body(100, 1)).await?;
    house.put("short", body(5_000, 2)).await?;
    house.put("long", body(2_500_000, 3)).await?;
    house.put("replaced", body(70_000, 4)).await?;
    house.put("replaced", body(80_000, 5)).await?;
    house.annotate("long", "small", "a".into()).await?;
    house.annotate("long", "large", "ä".repeat(20_000).into()).await?;
    multipart(house, "parts", &[body(5 << 20, 8), body(300_000, 9), body(200_000, 10)], 2).await?;
    multipart(house, "under way", &[body(300_000, 11)], 0).await?;
    version(house, "Enabled").await?;
    for seed in 20..23 {
        house.put("short", body(6_000, seed)).await?;
        house.put("deleted", body(30_000, seed)).await?;
    }
    house.delete("deleted").await?;
    version(house, "Suspended").await?;
    house.put("inline", body(20_000, 30)).await?;
    house.put("null", body(20_000, 31)).await?;
    version(house, "Enabled").await?;
    house.put("null", body(20_000, 32)).await?;
    Ok(())
}

fn kinds(verified: &Verified) -> Vec<(Kind, u64)> {
    verified.found.iter().map(|(kind, count)| (*kind, *count)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_store_verifies_clean_before_and_after_a_crash() -> Outcome {
    for (name, devices, parity) in [("clean one", 1, 0), ("clean two", 2, 1), ("clean six", 6, 2)] {
        let site = Site::new(name, devices, parity);
        let house = site.open().await?;
        fill(&house).await?;
        let verified = house.verify().await?;
        assert!(verified.is_clean(), "{verified:#?}");
        assert!(verified.doomed > 0 && verified.records > 0, "{verified:?}");
        house.reclaim().await?;
        let verified = house.verify().await?;
        assert!(verified.is_clean(), "{verified:#?}");
        assert_eq!((verified.doomed, verified.young, verified.unjudged), (0, 0, 0));
        assert_eq!(verified.records, verified.shards, "each record is a shard that a row names");
        house.crash();
        let house = site.open().await?;
        assert_eq!(house.verify().await?, verified);
        house.close()?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_false_byte_is_a_shard_to_mend_or_a_loss() -> Outcome {
    for (name, devices, parity, kind) in [("lost", 1, 0, Kind::Lost), ("shard", 4, 2, Kind::Shard)] {
        let site = Site::new(name, devices, parity);
        let house = site.open().await?;
        house.put("long", body(2_500_000, 3)).await?;
        let chunk = house.chunks(space::VERSIONS)?[1].clone();
        let place = chunk.places[chunk.places.len() - 1];
        flip(&volume_path(&site.device(place.device.into()), place.volume), place.offset + 80 + 5000)?;
        let verified = house.verify().await?;
        assert_eq!(kinds(&verified), [(kind, 1)], "{verified:#?}");
        let finding = &verified.findings[0];
        assert_eq!((finding.key.as_deref(), finding.place), (Some("long"), Some(place)));
        assert!(!verified.is_sound());
        house.close()?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nothing_names_is_a_leak_and_of_this_process_it_may_be_a_commit_under_way() -> Outcome {
    let site = Site::new("leak", 3, 1);
    let house = site.open().await?;
    house.put("k", body(50_000, 1)).await?;
    let key = ObjectKey::new("k")?;
    let owner = Owner::new(ChunkOwner::Object { bucket: BucketId(1), key }.encode())?;
    house.store.put(&owner, body(50_000, 2), Redundancy::Full).await?;
    let verified = house.verify().await?;
    assert!(verified.is_clean(), "{verified:#?}");
    assert_eq!(verified.young, 3);
    house.crash();
    let house = site.open().await?;
    let verified = house.verify().await?;
    assert_eq!(kinds(&verified), [(Kind::Leak, 3)], "{verified:#?}");
    assert!(verified.is_sound());
    assert_eq!(sweep(&house.hall).await?.freed, 3);
    assert!(house.verify().await?.is_clean());
    house.close()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_contradict_each_other_are_found_one_by_one() -> Outcome {
    let site = Site::new("rows", 1, 0);
    let house = site.open().await?;
    fill(&house).await?;
    house.reclaim().await?;
    let rows = |of: u8| -> Outcome<Vec<(Vec<u8>, Bytes)>> {
        let view = house.catalog.snapshot()?;
        let mut cursor = view.cursor(&[of], &[of + 1])?;
        let mut rows = Vec::new();
        while let Some(row) = cursor.next()? {
            rows.push(row);
        }
        Ok(rows)
    };
    let spaces =
        [space::CURRENT, space::DELETED, space::NULLS, space::VERSIONS, space::PARTS, space::ANNOTATIONS];
    for of in spaces {
        let all = rows(of)?;
        assert!(!all.is_empty(), "{of:02x}");
        for (key, row) in all {
            // A part of an upload that is under way is missed by nobody but its bytes; so are bytes of versions.
            house.write(vec![Write::delete(key.clone())]).await?;
            let verified = house.verify().await?;
            let missed = verified.found.contains_key(&Kind::Row) || verified.young > 0;
            assert!(missed, "{of:02x} {key:02x?} {verified:#?}");
            let mut torn = row.to_vec();
            torn.truncate(torn.len() - 1);
            house.write(vec![Write::put(key.clone(), torn)]).await?;
            let verified = house.verify().await?;
            assert!(verified.found.contains_key(&Kind::Row), "{of:02x} {key:02x?} {verified:#?}");
            house.write(vec![Write::put(key, row)]).await?;
        }
    }
    assert!(house.verify().await?.is_clean());
    house.close()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_moves_under_a_verification_is_looked_at_all_the_same() -> Outcome {
    let site = Site::new("moves", 4, 1);
    let house = site.open().await?;
    house.put("k", body(60_000_000, 1)).await?;
    let (mender, orders) = house.mender();
    let verification = Verification::default();
    let (hall, seen) = (house.hall.clone(), verification.clone());
    let verifying = tokio::spawn(async move { verify(&hall, &seen).await });
    for leaving in 0..4 {
        house.store.stand(leaving, Standing::Draining);
        let pass = orders.pass();
        orders.done().wait_for(|done| *done >= pass).await?;
        house.reclaim().await?;
        house.store.stand(leaving, Standing::In);
    }
    let verified = verifying.await??;
    assert!(verified.is_clean(), "{verified:#?}");
    assert!(verified.chunks >= 58, "{verified:?}");
    mender.abort();
    Ok(())
}
