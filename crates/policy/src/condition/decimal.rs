//! Decimal numbers, compared exactly.

/// A number times 10⁹.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Decimal(i128);

const INTEGER_DIGITS_MAX: usize = 20;
const FRACTION_DIGITS_MAX: usize = 9;

impl Decimal {
    pub fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (integer, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let digits =
            |part: &str, max| (1..=max).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(integer, INTEGER_DIGITS_MAX) || !digits(fraction, FRACTION_DIGITS_MAX) {
            return None;
        }
        let scaled: i128 = format!("{integer}{fraction:0<9}").parse().ok()?;
        Some(Self(if text.starts_with('-') { -scaled } else { scaled }))
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    #[test]
    fn numbers_compare_exactly() {
        let of = |text| Decimal::parse(text).unwrap();
        assert_eq!(of("10"), of("+10.0"));
        assert!(of("-2.5") < of("-2") && of("9007199254740993") > of("9007199254740992"));
        assert!(of("18446744073709551615") > of("0.000000001"));
    }

    #[test]
    fn other_text_is_no_number() {
        for text in ["", "-", "1.", ".5", "1e3", "0x1", " 1", "1.0000000001", "NaN", "--1", "1.2.3"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }
}
