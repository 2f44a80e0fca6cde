//! A device of the site: its number, and the zone that it shares with those that fail together with it.

use std::fmt;

/// Given when the device is registered and never again to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceNumber(pub u16);

impl fmt::Display for DeviceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A failure domain as the operator names it: a shelf, a controller, a room.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Zone(String);

impl Zone {
    pub const BYTES_MAX: usize = 64;

    /// ASCII letters, digits, hyphens, underscores and dots; at most 64.
    pub fn parse(name: &str) -> Option<Self> {
        let legal = (1..=Self::BYTES_MAX).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        legal.then(|| Self(name.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Zone;

    #[test]
    fn a_zone_has_a_short_name_that_no_command_line_has_to_quote() {
        for legal in ["a", "rack-7", "Room_2.left", &"z".repeat(64)] {
            assert_eq!(Zone::parse(legal).as_ref().map(Zone::as_str), Some(legal));
        }
        for refused in ["", "a b", "a:b", "a=b", "ä", &"z".repeat(65)] {
            assert_eq!(Zone::parse(refused), None, "{refused:?}");
        }
    }
}
