//! rules: not yet furnished.
