//! One `--data`: a directory, and the zone that it is in if it says so.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use model::Zone;
use serde::Deserialize;

const ZONE: &str = "zone=";

/// `DIR`, or `zone=NAME:DIR`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct DataDir {
    pub path: PathBuf,
    pub zone: Option<Zone>,
}

impl FromStr for DataDir {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(zoned) = text.strip_prefix(ZONE) else {
            return Ok(Self { path: text.into(), zone: None });
        };
        let (zone, path) =
            zoned.split_once(':').ok_or("write a zone as in zone=a:/mnt/d1, or ./zone=… for a directory")?;
        let zone = Zone::parse(zone).ok_or_else(|| {
            format!("{zone:?} is no name for a zone: 1 to 64 letters, digits, '-', '_' or '.'")
        })?;
        Ok(Self { path: path.into(), zone: Some(zone) })
    }
}

/// As it is given.
impl fmt::Display for DataDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(zone) = &self.zone {
            write!(f, "{ZONE}{zone}:")?;
        }
        self.path.display().fmt(f)
    }
}

impl TryFrom<String> for DataDir {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_may_name_its_zone() {
        let plain: DataDir = "/mnt/d1".parse().unwrap();
        assert_eq!((plain.path, plain.zone), (PathBuf::from("/mnt/d1"), None));
        let zoned: DataDir = "zone=rack-1:/mnt/a:b".parse().unwrap();
        assert_eq!(zoned.to_string(), "zone=rack-1:/mnt/a:b");
        assert_eq!(
            (zoned.path, zoned.zone.unwrap().to_string()),
            (PathBuf::from("/mnt/a:b"), "rack-1".into())
        );
        for wrong in ["zone=a", "zone=:/d", "zone=a/b:/d"] {
            assert!(wrong.parse::<DataDir>().is_err(), "{wrong}");
        }
    }
}
