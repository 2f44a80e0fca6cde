//! wire: not yet furnished.
