//! world: not yet furnished.
