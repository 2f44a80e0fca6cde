//! What can go wrong between a site and a shelf.

use std::io;

use thiserror::Error;

#[derive(Debug, Error)]
pub enum Fault {
    #[error("{doing}: {source}")]
    Io { doing: String, source: io::Error },
    /// The shelf or the server said no, in its own words.
    #[error("{0}")]
    Refused(String),
    /// Bytes on the shelf or on the way are not what was written.
    #[error("{place} is damaged: {detail}")]
    Damaged { place: String, detail: String },
    /// A whole file, which may come back.
    #[error("{0} is not there")]
    Missing(String),
    #[error("the backup {0} is not there; `strongroom backup list` shows which are")]
    Unknown(String),
    #[error(transparent)]
    Catalog(#[from] catalog::Fault),
    #[error(transparent)]
    Store(#[from] stripe::Fault),
    #[error(transparent)]
    Keeper(#[from] keepers::KeeperFault),
}

impl Fault {
    pub fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing: doing.into(), source }
    }

    pub fn damaged(place: impl Into<String>, detail: impl ToString) -> Self {
        Self::Damaged { place: place.into(), detail: detail.to_string() }
    }

    /// A thread or task of ours died.
    pub(crate) fn gone(error: tokio::task::JoinError) -> Self {
        Self::Refused(format!("a task ended early: {error}"))
    }
}

impl From<api::S3Error> for Fault {
    fn from(error: api::S3Error) -> Self {
        Self::Refused(error.to_string())
    }
}
