//! What a write or a delete does to the versions of a key.
//!
//! Source: AWS "How S3 Versioning works", "Deleting object versions from a versioning-enabled bucket", "Working
//! with objects in a versioning-suspended bucket".

use model::Versioning;

/// What a new object (or delete marker) becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewVersion {
    /// Its version id is `null`.
    pub null: bool,
    /// The null version there may be, wherever it stands, goes.
    pub replaces_null: bool,
}

/// For a put, a copy or the completion of an upload.
pub const fn choose_put(state: Versioning) -> NewVersion {
    match state {
        Versioning::Enabled => NewVersion { null: false, replaces_null: false },
        Versioning::Unversioned | Versioning::Suspended => NewVersion { null: true, replaces_null: true },
    }
}

/// For a delete that names no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteChoice {
    /// The object goes, nothing takes its place.
    Remove,
    /// A delete marker becomes the current version.
    Mark(NewVersion),
}

pub const fn choose_delete(state: Versioning) -> DeleteChoice {
    match state {
        Versioning::Unversioned => DeleteChoice::Remove,
        Versioning::Enabled | Versioning::Suspended => DeleteChoice::Mark(choose_put(state)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_enabled_bucket_keeps_the_null_version() {
        assert!(!choose_put(Versioning::Enabled).replaces_null);
        assert!(choose_put(Versioning::Suspended).replaces_null && choose_put(Versioning::Suspended).null);
        assert_eq!(choose_delete(Versioning::Unversioned), DeleteChoice::Remove);
        assert_eq!(
            choose_delete(Versioning::Suspended),
            DeleteChoice::Mark(NewVersion { null: true, replaces_null: true })
        );
    }
}
