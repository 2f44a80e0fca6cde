//! A change of an account's rows in the making, inside the commit that decides it.

use std::ops::Deref;

use api::{ErrorCode, S3Error};
use bytes::Bytes;
use catalog::table::{Counts, StampRow, space};
use catalog::{Decision, Fault, Group, View, Write};
use model::{AccountId, Ordinal, Timestamp};

use crate::fault::{self, Stop};
use crate::registry::Registry;
use crate::rows::{Entity, Rows};

/// What is read is what was there before: a draft does not see its own writes.
pub(crate) struct Draft<'v> {
    rows: Rows<&'v dyn View>,
    writes: Vec<Write>,
    pub(crate) counts: Counts,
    pub(crate) now: Timestamp,
}

impl<'v> Draft<'v> {
    fn open(view: &'v dyn View, account: AccountId, ordinal: Ordinal) -> Result<Self, Fault> {
        let rows = Rows::new(view, account);
        let counts = rows.stamp()?.counts;
        Ok(Self { rows, writes: Vec::new(), counts, now: ordinal.timestamp().truncated_to_seconds() })
    }

    pub(crate) fn put<E: Entity>(&mut self, entity: &E) {
        self.write(Write::put(E::key(self.account, entity.name()), entity.encode()));
    }

    pub(crate) fn remove<E: Entity>(&mut self, name: &str) {
        self.write(Write::delete(E::key(self.account, name)));
    }

    /// A row that says all by its key.
    pub(crate) fn mark(&mut self, key: Vec<u8>) {
        self.write(Write::put(key, Bytes::new()));
    }

    pub(crate) fn erase(&mut self, key: Vec<u8>) {
        self.write(Write::delete(key));
    }

    pub(crate) fn write(&mut self, write: Write) {
        self.writes.push(write);
    }

    /// The stamp goes with every change, so that whoever keeps what was read knows that it is old.
    fn finish(mut self, ordinal: Ordinal) -> Vec<Write> {
        if !self.writes.is_empty() {
            let stamp = StampRow { ordinal, counts: self.counts };
            self.writes.push(Write::put(space::identity_stamp(self.account), stamp.encode()));
        }
        self.writes
    }
}

impl<'v> Deref for Draft<'v> {
    type Target = Rows<&'v dyn View>;

    fn deref(&self) -> &Self::Target {
        &self.rows
    }
}

impl Registry {
    /// Decides inside the commit of the account's group; durable when it returns.
    pub(crate) async fn change<T, D>(&self, account: AccountId, decide: D) -> Result<T, S3Error>
    where
        D: Fn(&mut Draft<'_>) -> Result<T, Stop> + Send + 'static,
        T: Send + 'static,
    {
        let outcome = self
            .catalog()
            .commit(group(account), move |view, ordinal| drafted(view, account, ordinal, &decide));
        outcome.await.map_err(fault::catalog)?
    }

    /// As `change`, for what takes away: it goes on while space is scarce.
    pub(crate) async fn reduce<T, D>(&self, account: AccountId, decide: D) -> Result<T, S3Error>
    where
        D: Fn(&mut Draft<'_>) -> Result<T, Stop> + Send + 'static,
        T: Send + 'static,
    {
        let outcome = self
            .catalog()
            .commit_freeing(group(account), move |view, ordinal| drafted(view, account, ordinal, &decide));
        outcome.await.map_err(fault::catalog)?
    }
}

fn drafted<T>(
    view: &dyn View,
    account: AccountId,
    ordinal: Ordinal,
    decide: impl Fn(&mut Draft<'_>) -> Result<T, Stop>,
) -> Result<Decision<T, S3Error>, Fault> {
    // A request may have been let in just before its account was deleted.
    if view.get(&space::account(account))?.is_none() {
        return Ok(Decision::Refuse(ErrorCode::InvalidClientTokenId.into()));
    }
    let mut draft = Draft::open(view, account, ordinal)?;
    match decide(&mut draft) {
        Ok(done) => Ok(Decision::Write(draft.finish(ordinal), done)),
        Err(Stop::Refused(error)) => Ok(Decision::Refuse(error)),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

/// All identity rows of an account change together.
fn group(account: AccountId) -> Group {
    Group::new(space::identity_group(account))
}
