//! catalog: not yet furnished.
