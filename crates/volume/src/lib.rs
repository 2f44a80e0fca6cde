//! volume: not yet furnished.
