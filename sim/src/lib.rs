//! sim: not yet furnished.
