//! Two one-time codes in a row, which prove that somebody holds a device; and base32, in which seeds are shown.
//!
//! Sources: RFC 6238, RFC 4648.

use auth::{CODE_STEP_S, code_at};
use model::Timestamp;
use subtle::ConstantTimeEq as _;

/// The time step of a moment.
pub(crate) fn step(moment: Timestamp) -> u64 {
    u64::try_from(moment.seconds()).unwrap_or_default() / CODE_STEP_S
}

/// The step of the second of two codes that follow each other, if they are near to `now` and later than `last`.
pub(crate) fn proven(seed: &[u8], codes: [&str; 2], now: u64, reach: u64, last: u64) -> Option<u64> {
    let first = now.saturating_sub(reach).max(last + 1);
    // All steps are tried, so that the time taken tells nothing about the seed.
    let fits = |step: u64| {
        let one = code_at(seed, step).as_bytes().ct_eq(codes[0].as_bytes());
        let two = code_at(seed, step + 1).as_bytes().ct_eq(codes[1].as_bytes());
        bool::from(one & two)
    };
    (first..=now + reach).fold(None, |found, step| if fits(step) { Some(step + 1) } else { found })
}

/// RFC 4648's base32 without padding.
pub(crate) fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::new();
    for chunk in bytes.chunks(5) {
        let mut word = [0; 8];
        word[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(word);
        for at in 0..(chunk.len() * 8).div_ceil(5) {
            let digit = (bits >> (35 - 5 * at)) & 31;
            text.push(char::from(ALPHABET[usize::try_from(digit).unwrap_or_default()]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: &[u8] = b"12345678901234567890";

    #[test]
    fn two_codes_in_a_row_prove_the_seed_once() {
        let (one, two) = (code_at(SEED, 100), code_at(SEED, 101));
        assert_eq!(proven(SEED, [&one, &two], 101, 2, 0), Some(101));
        assert_eq!(proven(SEED, [&two, &one], 101, 2, 0), None);
        assert_eq!(proven(SEED, [&one, &two], 110, 2, 0), None);
        assert_eq!(proven(SEED, [&one, &two], 101, 2, 101), None, "a code is not taken twice");
        assert_eq!(proven(b"another", [&one, &two], 101, 2, 0), None);
    }

    #[test]
    fn base32_is_the_rfc_s() {
        for (plain, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(plain.as_bytes()), text);
        }
    }
}
