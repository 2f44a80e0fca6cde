//! A bucket's versioning state.

/// Once enabled, versioning can be suspended but never goes back to `Unversioned`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Versioning {
    #[default]
    Unversioned,
    Enabled,
    Suspended,
}

impl Versioning {
    /// As in `VersioningConfiguration/Status`; an unversioned bucket has none.
    pub const fn status(self) -> Option<&'static str> {
        match self {
            Self::Unversioned => None,
            Self::Enabled => Some("Enabled"),
            Self::Suspended => Some("Suspended"),
        }
    }
}
