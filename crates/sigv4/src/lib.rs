//! sigv4: not yet furnished.
