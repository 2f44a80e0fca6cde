//! Names: from the model's `SSECustomerKeyMD5` to Rust's `sse_customer_key_md5`.

/// Words that a field cannot be called without the raw prefix.
const KEYWORDS: [&str; 10] = ["type", "match", "use", "ref", "where", "as", "in", "enum", "impl", "move"];

/// A word starts at a capital that follows a small letter, or that a small letter follows: `S3Key` is `s3_key`,
/// but `CRC32C` and `CRC64NVME` stay one word.
pub fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut text = String::with_capacity(name.len() + 8);
    for (at, char) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| chars[at]);
        let small_before = before.is_some_and(|c| c.is_ascii_lowercase());
        let small_after = chars.get(at + 1).is_some_and(|c| c.is_ascii_lowercase());
        let starts_word = char.is_ascii_uppercase() && (small_before || small_after && !plural(&chars, at));
        if starts_word && at > 0 && !text.ends_with('_') {
            text.push('_');
        }
        match char {
            '-' | '.' | ':' => text.push('_'),
            _ => text.push(char.to_ascii_lowercase()),
        }
    }
    text
}

/// The `Ds` of `KeyIDs`: a plural of capitals is one word.
fn plural(chars: &[char], at: usize) -> bool {
    let ends = match chars.get(at + 2) {
        None => true,
        Some(after) => after.is_ascii_uppercase(),
    };
    chars.get(at + 1) == Some(&'s') && ends && at > 0 && chars[at - 1].is_ascii_uppercase()
}

/// A field's identifier.
pub fn field(name: &str) -> String {
    let name = snake(name);
    if KEYWORDS.contains(&name.as_str()) { format!("r#{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_the_models_spelling() {
        let expected = [
            ("ETag", "e_tag"),
            ("ChecksumCRC32C", "checksum_crc32c"),
            ("ChecksumCRC64NVME", "checksum_crc64nvme"),
            ("ChecksumXXHASH128", "checksum_xxhash128"),
            ("SSECustomerKeyMD5", "sse_customer_key_md5"),
            ("SSEKMSKeyId", "ssekms_key_id"),
            ("MFADelete", "mfa_delete"),
            ("S3KeyFilter", "s3_key_filter"),
            ("ACL", "acl"),
            ("KeyIDs", "key_ids"),
        ];
        for (model, rust) in expected {
            assert_eq!(snake(model), rust);
        }
        assert_eq!(field("Type"), "r#type");
    }
}
