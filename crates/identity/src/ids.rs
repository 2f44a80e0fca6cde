//! Unique ids and access keys, drawn in the shape of AWS's.
//!
//! Source: AWS "IAM identifiers", its table of unique ids' prefixes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sigv4::Secret;
use world::Random;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

pub(crate) const USER: &str = "AIDA";
pub(crate) const GROUP: &str = "AGPA";
pub(crate) const ROLE: &str = "AROA";
pub(crate) const POLICY: &str = "ANPA";
pub(crate) const ACCESS_KEY: &str = "AKIA";

/// Eighty random bits after the prefix: two never meet.
pub(crate) fn draw(random: &dyn Random, prefix: &str) -> String {
    let mut bytes = [0; 17];
    random.fill(&mut bytes);
    let id = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)]));
    prefix.chars().chain(id).collect()
}

/// An access key has twenty characters, one fewer than other ids.
pub(crate) fn draw_access_key(random: &dyn Random) -> String {
    let mut id = draw(random, ACCESS_KEY);
    id.pop();
    id
}

pub(crate) fn draw_secret(random: &dyn Random) -> Secret {
    let mut bytes = [0; 30];
    random.fill(&mut bytes);
    Secret::new(STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use world::SeededRandom;

    use super::*;

    #[test]
    fn ids_have_aws_s_shape() {
        let random = SeededRandom::new(1);
        assert_eq!(draw(&random, USER).len(), 21);
        let key = draw_access_key(&random);
        assert!(key.len() == 20 && key.starts_with(ACCESS_KEY));
        assert_eq!(draw_secret(&random).expose().len(), 40);
    }
}
