//! keepers: not yet furnished.
