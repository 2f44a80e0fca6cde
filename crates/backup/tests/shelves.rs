//! What is on a shelf is what the site held, and what is damaged or gone is told.

mod support;

use bytes::Bytes;
use catalog::Write;
use catalog::table::{PartTable, ReclaimRow, space};
use model::{AnnotationName, BucketId, ObjectKey, PartNumber, UploadId};
use support::{BUCKET, Outcome, Scratch, Site, UPLOAD, noise, shelf};

#[tokio::test]
async fn what_the_reclaimer_frees_is_no_part_of_a_backup() -> Outcome {
    let site = Site::new("doomed")?;
    let gone = BucketId(8);
    let kept = [site.put("alive", noise(1, 5000)).await?, site.put_part(BUCKET, "some", 2, noise(2, 5000)).await?];
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
        site.write(vec![Write::put(space::reclaim(model::Ordinal::from_u64(1), number), row.encode())]).await?;
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
