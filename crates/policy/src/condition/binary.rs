//! Base64, which two texts of the same bytes write alike but for padding.

/// The text without its padding; none when it is no base64, or not the one way to write its bytes.
pub(crate) fn unpadded(text: &str) -> Option<&str> {
    let bare = text.trim_end_matches('=');
    let padding = text.len() - bare.len();
    let last = bare.bytes().try_fold(0, |_, byte| value(byte))?;
    let whole = match bare.len() % 4 {
        0 => padding == 0,
        2 => matches!(padding, 0 | 2) && last % 16 == 0,
        3 => matches!(padding, 0 | 1) && last % 4 == 0,
        _ => false,
    };
    whole.then_some(bare)
}

fn value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::unpadded;

    #[test]
    fn padding_makes_no_difference_and_stray_bits_do() {
        assert_eq!(unpadded("QmluYXJ5VmFsdWVJbkJhc2U2NA=="), unpadded("QmluYXJ5VmFsdWVJbkJhc2U2NA"));
        assert_eq!(unpadded(""), Some(""));
        for text in ["Q", "QQ=", "QR==", "QQ===", "Q-==", "QmI=x", "QmJ="] {
            assert_eq!(unpadded(text), None, "{text}");
        }
    }
}
