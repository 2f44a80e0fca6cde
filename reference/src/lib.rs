//! reference: not yet furnished.
