//! semantics: not yet furnished.
