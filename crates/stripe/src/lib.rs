//! stripe: not yet furnished.
