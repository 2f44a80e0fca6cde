//! admin: not yet furnished.
