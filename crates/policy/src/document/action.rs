//! Actions: `s3:GetObject`, `s3:Get*`, `*`. They have no case.

use crate::pattern::{Token, matches};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionPattern {
    source: String,
    tokens: Vec<Token>,
}

impl ActionPattern {
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if text != "*" {
            let (vendor, name) = text
                .split_once(':')
                .ok_or("must be prefaced by a vendor, as in `s3:GetObject`, or be `*`")?;
            if vendor.is_empty() || !vendor.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
                return Err("names a vendor that is none");
            }
            let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"*?_-".contains(&byte);
            if name.is_empty() || !name.bytes().all(legal) {
                return Err("names an action that is none");
            }
        }
        let token = |c| match c {
            '*' => Token::Many,
            '?' => Token::One,
            other => Token::Char(other),
        };
        Ok(Self { source: text.to_owned(), tokens: text.chars().map(token).collect() })
    }

    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// `s3`; none for `*`.
    pub fn vendor(&self) -> Option<&str> {
        self.source.split_once(':').map(|(vendor, _)| vendor)
    }

    pub fn matches(&self, action: &str) -> bool {
        matches(&self.tokens, action, |a, b| a.eq_ignore_ascii_case(&b))
    }
}

#[cfg(test)]
mod tests {
    use super::ActionPattern;

    #[test]
    fn actions_match_by_wildcards_and_without_case() {
        let fits = |pattern, action| ActionPattern::parse(pattern).unwrap().matches(action);
        assert!(
            fits("S3:get*", "s3:GetObject")
                && fits("*", "iam:CreateUser")
                && fits("s3:?etObject", "s3:GetObject")
        );
        assert!(
            !fits("s3:Get*", "s3:PutObject")
                && !fits("s3:*", "s3control:x")
                && !fits("s3:Get", "s3:GetObject")
        );
    }

    #[test]
    fn other_text_is_no_action() {
        for text in
            ["", "GetObject", "s3", "s3:", ":Get", "s*:Get", "s3:Get Object", "s3:Get:x", "s3:${a:b}", "**"]
        {
            assert!(ActionPattern::parse(text).is_err(), "{text}");
        }
    }
}
