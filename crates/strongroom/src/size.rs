//! A number of bytes as people write it: `100MiB`, `64KiB`, `4096`.

use std::str::FromStr;

use serde::Deserialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Size(pub u64);

const UNITS: [(&str, u64); 6] =
    [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("B", 1), ("", 1)];

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let factor = UNITS.iter().find(|(name, _)| *name == unit.trim()).map(|(_, factor)| *factor);
        let bytes =
            number.parse::<u64>().ok().zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
        bytes.map(Self).ok_or_else(|| format!("{text:?} is no size: write it as 4096, 64KiB, 100MiB or 2GiB"))
    }
}

impl TryFrom<String> for Size {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::Size;

    #[test]
    fn sizes_have_units() {
        assert_eq!("4096".parse(), Ok(Size(4096)));
        assert_eq!("100MiB".parse(), Ok(Size(100 << 20)));
        assert_eq!("1 GiB".parse(), Ok(Size(1 << 30)));
        for odd in ["", "MiB", "1MB", "-1", "99999999TiB"] {
            assert!(odd.parse::<Size>().is_err(), "{odd}");
        }
    }
}
