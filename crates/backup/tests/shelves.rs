//! What is on a shelf is what the site held, and what is damaged or gone is told.

mod support;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use backup::{Fault, backups, find, prune, verify};
use bytes::Bytes;
use catalog::Write;
use catalog::table::{PartTable, ReclaimRow, space};
use model::{AnnotationName, BucketId, ObjectKey, PartNumber, UploadId};
use support::{BUCKET, Outcome, Scratch, Site, UPLOAD, counting, noise, shelf};

#[tokio::test]
async fn what_the_reclaimer_frees_is_no_part_of_a_backup() -> Outcome {
    let site = Site::new("doomed")?;
    let gone = BucketId(8);
    let kept =
        [site.put("alive", noise(1, 5000)).await?, site.put_part(BUCKET, "some", 2, noise(2, 5000)).await?];
    let mut doomed = vec![
        site.put("aborted", noise(3, 5000)).await?,
        site.put_part(BUCKET, "some", 1, noise(4, 5000)).await?,
        site.put("completed, then deleted", noise(5, 5000)).await?,
        site.put_part(gone, "in a bucket that is gone", 1, noise(6, 5000)).await?,
    ];
    let key = |name: &str| ObjectKey::new(name);
    let mut listed = PartTable::default();
    listed.push(PartNumber::new(2).ok_or("a number")?, 5000);
    let unlisted = |key, listed| ReclaimRow::Unlisted { bucket: BUCKET, key, upload: UPLOAD, listed };
    let parts = |key| ReclaimRow::Parts { bucket: BUCKET, key, upload: UPLOAD };
    let mut all = PartTable::default();
    all.push(PartNumber::new(1).ok_or("a number")?, 5000);
    let reclaim = [
        parts(key("aborted")?),
        unlisted(key("some")?, listed),
        unlisted(key("completed, then deleted")?, all),
        parts(key("completed, then deleted")?),
        ReclaimRow::Uploads { bucket: gone },
        ReclaimRow::Annotations { bucket: BUCKET, salt: 9 },
    ];
    for (number, row) in (0..).zip(reclaim) {
        doomed.push(space::reclaim(model::Ordinal::from_u64(1), number));
        site.write(vec![Write::put(space::reclaim(model::Ordinal::from_u64(1), number), row.encode())])
            .await?;
    }
    doomed.push(space::annotation(BUCKET, 9, &AnnotationName::new("a")?));
    doomed.push(space::upload(gone, &key("b")?, UploadId { salt: 1, ..UPLOAD }));
    for bare in &doomed[doomed.len() - 2..] {
        site.write(vec![Write::put(bare.clone(), Bytes::from_static(b"not read"))]).await?;
    }

    let scratch = Scratch::new("doomed-shelf");
    let backup = site.take(shelf(&scratch)).await?.backup;
    assert_eq!((backup.bodies, backup.unreadable), (2, 0));
    let new = Site::new("doomed-new")?;
    new.restore(shelf(&scratch), &backup).await?;
    assert_eq!(new.body(&kept[0]).await?, noise(1, 5000));
    assert_eq!(new.body(&kept[1]).await?, noise(2, 5000));
    for row in doomed {
        assert!(site.holds(&row)? && !new.holds(&row)?, "{row:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_damaged_pack_that_was_aside_while_it_was_healed_still_serves_older_backups() -> Outcome {
    let site = Site::new("aside")?;
    let scratch = Scratch::new("aside-shelf");
    let (stays, goes) =
        (site.put("stays", noise(1, 60_000)).await?, site.put("goes", noise(2, 60_000)).await?);
    let first = site.take(shelf(&scratch)).await?.backup;
    let pack = packs(&scratch)?.pop().ok_or("a pack")?;
    let mut bytes = std::fs::read(&pack)?;
    let at = bytes.windows(64).position(|found| *found == noise(1, 60_000)[..64]).ok_or("the body")?;
    bytes[at + 5] ^= 1;
    let aside = scratch.path().join("aside");
    std::fs::write(&aside, bytes)?;
    std::fs::remove_file(&pack)?;
    site.write(vec![Write::delete(goes.clone())]).await?;
    site.take(shelf(&scratch)).await?;
    std::fs::rename(&aside, &pack)?;
    let later = site.take(shelf(&scratch)).await?.backup;

    let verified = verify(shelf(&scratch), backups(&*shelf(&scratch)).await?, true, Arc::default()).await?;
    assert_eq!(verified.damaged.count, 1, "{:?}", verified.damaged);
    let old = Site::new("aside-old")?;
    assert_eq!(old.restore(shelf(&scratch), &first).await?.lost.count, 0);
    assert_eq!(old.body(&stays).await?, noise(1, 60_000));
    assert_eq!(old.body(&goes).await?, noise(2, 60_000));
    // What heals it belongs to the later backups too.
    prune(&*shelf(&scratch), 1).await?;
    let new = Site::new("aside-new")?;
    assert_eq!(new.restore(shelf(&scratch), &later).await?.lost.count, 0);
    assert_eq!(new.body(&stays).await?, noise(1, 60_000));
    Ok(())
}

#[tokio::test]
async fn many_generations_beside_one_another_are_read_about_once() -> Outcome {
    let site = Site::new("generations")?;
    let scratch = Scratch::new("generations-shelf");
    let (generations, bodies, length) = (12, 16, 40_000);
    let mut rows = Vec::new();
    let mut last = None;
    for generation in 0..generations {
        for body in 0..bodies {
            let number = body * generations + generation;
            rows.push((site.put(&format!("{number:04}"), noise(number, length)).await?, number));
        }
        last = Some(site.take(shelf(&scratch)).await?.backup);
    }
    let counting = counting(&scratch, &site);
    let new = Site::new("generations-new")?;
    new.restore(counting.clone(), &last.ok_or("a backup")?).await?;
    for (row, number) in rows {
        assert_eq!(new.body(&row).await?, noise(number, length));
    }
    let (read, whole) = (counting.read.load(Ordering::Relaxed), generations * bodies * length as u64);
    assert!(read < whole * 3 / 2, "{read} bytes were read of {whole}");
    Ok(())
}

fn packs(scratch: &Scratch) -> Result<Vec<PathBuf>, std::io::Error> {
    std::fs::read_dir(scratch.path().join("packs"))?.map(|entry| Ok(entry?.path())).collect()
}

#[tokio::test]
async fn what_a_pack_held_that_is_not_there_is_not_taken_for_lost() -> Outcome {
    let site = Site::new("away")?;
    let scratch = Scratch::new("away-shelf");
    site.put("a", noise(1, 60_000)).await?;
    site.take(shelf(&scratch)).await?;
    let first = packs(&scratch)?.pop().ok_or("a pack")?;
    let row = site.put("b", noise(2, 60_000)).await?;
    let backup = site.take(shelf(&scratch)).await?.backup;
    let pack = packs(&scratch)?.into_iter().find(|pack| *pack != first).ok_or("a pack")?;
    let aside = scratch.path().join("aside");
    std::fs::rename(&pack, &aside)?;
    let new = Site::new("away-new")?;
    assert!(matches!(new.restore(shelf(&scratch), &backup).await, Err(Fault::Missing(_))));
    std::fs::rename(&aside, &pack)?;
    assert_eq!(new.restore(shelf(&scratch), &backup).await?.lost.count, 0);
    assert_eq!(new.body(&row).await?, noise(2, 60_000));
    Ok(())
}

#[tokio::test]
async fn a_backup_that_is_pruned_under_its_restore_leaves_no_holes() -> Outcome {
    let site = Site::new("pruned")?;
    let scratch = Scratch::new("pruned-shelf");
    site.put("a", noise(1, 60_000)).await?;
    let old = site.take(shelf(&scratch)).await?.backup;
    let new = Site::new("pruned-new")?;
    std::fs::remove_file(scratch.path().join("backups").join(old.id()))?;
    std::fs::remove_file(packs(&scratch)?.pop().ok_or("a pack")?)?;
    for without_missing in [false, true] {
        let restored =
            backup::restore(shelf(&scratch), &old, without_missing, &new.hall, Arc::default()).await;
        assert!(matches!(restored, Err(Fault::Missing(_) | Fault::Unknown(_))), "{restored:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_backup_that_cannot_be_read_is_told_beside_the_others_and_nothing_is_pruned() -> Outcome {
    let site = Site::new("unread")?;
    let scratch = Scratch::new("unread-shelf");
    let shelf = shelf(&scratch);
    site.put("a", noise(1, 60_000)).await?;
    let [first, last] = [site.take(shelf.clone()).await?.backup, site.take(shelf.clone()).await?.backup];
    let folder = scratch.path().join("backups");
    std::fs::write(folder.join(".DS_Store"), "no backup")?;
    std::fs::write(folder.join(format!("{}.part", last.id())), "no backup")?;
    assert_eq!(find(&*shelf, None).await?, last);
    assert_eq!(prune(&*shelf, 9).await?.kept, 2);
    std::fs::write(folder.join(first.id()), "rot")?;
    let kept = backups(&*shelf).await?;
    assert_eq!((&kept.backups[..], kept.damaged.count), (&[last.clone()][..], 1));
    let verified = verify(shelf.clone(), kept, true, Arc::default()).await?;
    assert!(verified.damaged.count == 1 && verified.damaged.names[0].contains(&first.id()));
    assert!(prune(&*shelf, 1).await.is_err_and(|fault| fault.to_string().contains(&first.id())));
    Ok(())
}

#[tokio::test]
async fn a_clock_before_the_latest_backup_is_refused() -> Outcome {
    let site = Site::new("clock")?;
    let scratch = Scratch::new("clock-shelf");
    site.take(shelf(&scratch)).await?;
    let future = scratch.path().join("backups").join("29991231T235959Z-000");
    std::fs::write(&future, "by another clock")?;
    assert!(matches!(site.take(shelf(&scratch)).await, Err(Fault::Refused(_))));
    std::fs::remove_file(future)?;
    site.take(shelf(&scratch)).await?;
    Ok(())
}

#[tokio::test]
async fn all_rows_are_told_before_the_shelf_is_waited_for() -> Outcome {
    let site = Site::new("rows")?;
    let scratch = Scratch::new("rows-shelf");
    for run in 0..4 {
        let row = |number| Write::put(space::bucket_tags(BucketId(number)), noise(number, 100_000));
        site.write((run * 50..run * 50 + 50).map(row).collect()).await?;
    }
    let counting = counting(&scratch, &site);
    let backup = site.take(counting.clone()).await?.backup;
    assert!(backup.rows == 200 && packs(&scratch)?.len() > 1);
    assert_eq!(counting.early.load(Ordering::Relaxed), 0);
    Ok(())
}
