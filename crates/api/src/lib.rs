//! api: not yet furnished.
