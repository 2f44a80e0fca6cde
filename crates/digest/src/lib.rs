//! digest: not yet furnished.
