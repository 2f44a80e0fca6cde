//! `encoding-type=url`: keys and prefixes percent-encoded in the answer, so that XML can carry any of them.

use api::S3Error;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// S3 leaves these as they are.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/');

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Plain,
    Url,
}

impl Encoding {
    pub(crate) fn read(encoding_type: Option<&str>) -> Result<Self, S3Error> {
        match encoding_type {
            None => Ok(Self::Plain),
            Some(kind) if kind.eq_ignore_ascii_case("url") => Ok(Self::Url),
            Some(other) => Err(S3Error::invalid_argument(
                "encoding-type",
                other,
                "Invalid Encoding Method specified in Request",
            )),
        }
    }

    pub(crate) fn name(self) -> Option<String> {
        (self == Self::Url).then(|| "url".to_owned())
    }

    pub(crate) fn write(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            // S3 encodes as HTML forms do: a space is a plus.
            Self::Url => utf8_percent_encode(text, KEPT).to_string().replace("%20", "+"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_encoding_keeps_slashes_and_writes_spaces_as_plus() {
        assert_eq!(Encoding::Url.write("a b/c+d\u{1}ä"), "a+b/c%2Bd%01%C3%A4");
        assert_eq!(Encoding::Plain.write("a b"), "a b");
        assert!(Encoding::read(Some("base64")).is_err());
    }
}
