//! Where long work is, in a row of its own: so that it goes on there after a crash.

use catalog::table::{JobRow, space};
use catalog::{Catalog, Decision, Group, Write};

use crate::KeeperFault;

pub(crate) fn read(catalog: &Catalog, name: &str) -> Result<Option<JobRow>, KeeperFault> {
    let row = catalog.get(&space::job(name))?;
    row.map(JobRow::decode).transpose().map_err(KeeperFault::damaged)
}

/// `None`: it is done.
pub(crate) async fn note(catalog: &Catalog, name: &str, job: Option<&JobRow>) -> Result<(), KeeperFault> {
    let key = space::job(name);
    let write = match job {
        Some(job) => Write::put(key.clone(), job.encode()),
        None => Write::delete(key.clone()),
    };
    let noted: Result<(), ()> = catalog
        .commit_freeing(Group::new(key), move |_, _| Ok(Decision::Write(vec![write.clone()], ())))
        .await?;
    debug_assert!(noted.is_ok(), "nobody refuses to note how far a job is");
    Ok(())
}
