//! A token taken apart: three texts of base64 with dots between them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::claims::Claims;
use crate::fault::Fault;

/// The longest that STS takes.
pub const TOKEN_BYTES_MAX: usize = 20_000;

/// Read, and not proven.
#[derive(Clone, Debug)]
pub struct Token {
    pub(crate) algorithm: String,
    pub(crate) key_id: Option<String>,
    /// What is signed.
    pub(crate) signed: String,
    pub(crate) signature: Vec<u8>,
    pub(crate) claims: Claims,
}

#[derive(Deserialize)]
struct Head {
    alg: String,
    kid: Option<String>,
    crit: Option<serde_json::Value>,
}

impl Token {
    pub fn read(text: &str) -> Result<Self, Fault> {
        if text.len() > TOKEN_BYTES_MAX {
            return Err(Fault::Malformed("it is too long"));
        }
        let mut parts = text.split('.');
        let (Some(head), Some(body), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Fault::Malformed("it has not three parts"));
        };
        let decode =
            |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Fault::Malformed("a part is not base64"));
        let signed = text[..head.len() + 1 + body.len()].to_owned();
        let signature = decode(signature)?;
        let head: Head = serde_json::from_slice(&decode(head)?)
            .map_err(|_| Fault::Malformed("its head is not what it should be"))?;
        if head.crit.is_some() {
            return Err(Fault::Malformed("its head asks for what is unknown here"));
        }
        let claims = Claims::read(&decode(body)?)?;
        Ok(Self { algorithm: head.alg, key_id: head.kid, signed, signature, claims })
    }

    /// Who it says issued it: whom to ask, and nothing else.
    pub fn issuer(&self) -> Option<&str> {
        self.claims.text("iss")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    pub fn made(head: &str, body: &str) -> String {
        format!(
            "{}.{}.{}",
            URL_SAFE_NO_PAD.encode(head),
            URL_SAFE_NO_PAD.encode(body),
            URL_SAFE_NO_PAD.encode("s")
        )
    }

    #[test]
    fn a_token_is_taken_apart() {
        let text = made(r#"{"alg":"RS256","kid":"a","typ":"JWT"}"#, r#"{"iss":"https://idp.example.com"}"#);
        let token = Token::read(&text).unwrap();
        assert_eq!((token.algorithm.as_str(), token.key_id.as_deref()), ("RS256", Some("a")));
        assert_eq!(token.issuer(), Some("https://idp.example.com"));
        assert!(text.starts_with(&token.signed) && token.signature == b"s");
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for text in ["", "a.b", "a.b.c.d", "...", "!.!.!"] {
            assert!(Token::read(text).is_err(), "{text}");
        }
        assert!(Token::read(&made("{}", "{}")).is_err());
        assert!(Token::read(&made(r#"{"alg":"RS256","crit":["b64"]}"#, "{}")).is_err());
        assert!(Token::read(&made(r#"{"alg":"RS256"}"#, "[]")).is_err());
        assert!(Token::read(&"a".repeat(TOKEN_BYTES_MAX + 1)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_no_panic(text in "[A-Za-z0-9._-]{0,80}", head in any::<String>(), body in any::<String>()) {
            let _ = Token::read(&text);
            let _ = Token::read(&made(&head, &body));
        }
    }
}
