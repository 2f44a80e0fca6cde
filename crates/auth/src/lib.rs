//! auth: not yet furnished.
