//! Text that may hold variables: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`, and `${*}`, `${?}`, `${$}`.
//!
//! What a variable stands for is text: a star in it is a star, not a wildcard.
//! Source: AWS "IAM policy elements: Variables and tags".

use std::borrow::Cow;

use super::Token;
use crate::document::Version;
use crate::request::Keys;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    source: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Tokens(Vec<Token>),
    Variable {
        /// In lower case, as [`Keys`] has it.
        key: String,
        default: Option<String>,
    },
}

/// How a text is to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flavour {
    pub version: Version,
    /// Are `*` and `?` wildcards, or themselves?
    pub wildcards: bool,
}

impl Flavour {
    fn token(self, c: char) -> Token {
        match c {
            '*' if self.wildcards => Token::Many,
            '?' if self.wildcards => Token::One,
            other => Token::Char(other),
        }
    }
}

impl Template {
    pub fn parse(text: &str, flavour: Flavour) -> Result<Self, &'static str> {
        let (mut pieces, mut tokens, mut rest) = (Vec::new(), Vec::new(), text);
        while let Some(c) = rest.chars().next() {
            let inside = rest.strip_prefix("${").filter(|_| flavour.version.has_variables());
            match inside {
                None => {
                    tokens.push(flavour.token(c));
                    rest = &rest[c.len_utf8()..];
                }
                Some(inside) => {
                    if let Some((escaped, behind)) = escape(inside) {
                        tokens.push(Token::Char(escaped));
                        rest = behind;
                        continue;
                    }
                    let (variable, behind) = variable(inside)?;
                    pieces.push(Piece::Tokens(std::mem::take(&mut tokens)));
                    pieces.push(variable);
                    rest = behind;
                }
            }
        }
        pieces.push(Piece::Tokens(tokens));
        pieces.retain(|piece| !matches!(piece, Piece::Tokens(tokens) if tokens.is_empty()));
        Ok(Self { source: text.to_owned(), pieces })
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    /// The keys that its variables name, in lower case.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable { key, .. } => Some(key.as_str()),
            Piece::Tokens(_) => None,
        })
    }

    /// Does it stand for one text, whatever the request?
    pub fn is_fixed(&self) -> bool {
        self.pieces.iter().all(|piece| match piece {
            Piece::Tokens(tokens) => tokens.iter().all(|token| matches!(token, Token::Char(_))),
            Piece::Variable { .. } => false,
        })
    }

    /// The plain text before its first wildcard or variable, and whether that is all.
    pub fn start(&self) -> (String, bool) {
        let mut text = String::new();
        for piece in &self.pieces {
            let Piece::Tokens(tokens) = piece else { return (text, false) };
            for token in tokens {
                let Token::Char(c) = token else { return (text, false) };
                text.push(*c);
            }
        }
        (text, true)
    }

    /// With its variables replaced; `None` when one of them has neither a value nor a default.
    pub fn tokens(&self, keys: &Keys) -> Option<Cow<'_, [Token]>> {
        match self.pieces.as_slice() {
            [] => return Some(Cow::Borrowed(&[])),
            [Piece::Tokens(tokens)] => return Some(Cow::Borrowed(tokens)),
            _ => {}
        }
        let mut all = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Tokens(tokens) => all.extend_from_slice(tokens),
                Piece::Variable { key, default } => {
                    let value = keys.single(key).or(default.as_deref())?;
                    all.extend(value.chars().map(Token::Char));
                }
            }
        }
        Some(Cow::Owned(all))
    }
}

/// Behind `${`: `*}`, `?}` or `$}`.
fn escape(inside: &str) -> Option<(char, &str)> {
    let c = inside.chars().next().filter(|c| matches!(c, '*' | '?' | '$'))?;
    Some((c, inside[1..].strip_prefix('}')?))
}

/// Behind `${`: `key}` or `key, 'default'}`.
fn variable(inside: &str) -> Result<(Piece, &str), &'static str> {
    const UNCLOSED: &str = "holds a policy variable that does not end";
    let end = inside.find(['}', ',']).ok_or(UNCLOSED)?;
    let key = inside[..end].trim();
    let legal = |c: char| c.is_alphanumeric() || " :/._-@+=".contains(c);
    if !key.contains(':') || !key.chars().all(legal) {
        return Err("holds a policy variable whose name is none");
    }
    let key = key.to_lowercase();
    if let Some(behind) = inside[end..].strip_prefix('}') {
        return Ok((Piece::Variable { key, default: None }, behind));
    }
    let quoted = inside[end + 1..].trim_start().strip_prefix('\'');
    let quoted = quoted.ok_or("holds a policy variable whose default is not in single quotes")?;
    let (default, behind) = quoted.split_once('\'').ok_or(UNCLOSED)?;
    let behind = behind.trim_start().strip_prefix('}').ok_or(UNCLOSED)?;
    Ok((Piece::Variable { key, default: Some(default.to_owned()) }, behind))
}

#[cfg(test)]
mod tests {
    use super::{Flavour, Template};
    use crate::document::Version;
    use crate::pattern::matches;
    use crate::request::Keys;

    fn fits(text: &str, value: &str) -> Option<bool> {
        let mut keys = Keys::default();
        keys.set("aws:username", "zoë*");
        let template = Template::parse(text, Flavour { version: Version::V2012, wildcards: true }).unwrap();
        Some(matches(&template.tokens(&keys)?, value, |a, b| a == b))
    }

    #[test]
    fn a_variable_stands_for_its_value_as_text() {
        assert_eq!(fits("home/${AWS:UserName}/?", "home/zoë*/x"), Some(true));
        assert_eq!(fits("home/${aws:username}/*", "home/zoëx/x"), Some(false));
    }

    #[test]
    fn a_variable_without_a_value_takes_its_default_or_decides_nothing() {
        assert_eq!(fits("${aws:userid, 'no}body'}", "no}body"), Some(true));
        assert_eq!(fits("${aws:userid,'*'}", "x"), Some(false));
        assert_eq!(fits("${aws:userid}", "x"), None);
    }

    #[test]
    fn special_characters_can_be_written() {
        assert_eq!(fits("${*}${?}${$}{", "*?${"), Some(true));
        assert_eq!(fits("${*}", "x"), Some(false));
    }

    #[test]
    fn malformed_variables_are_refused() {
        let flavour = Flavour { version: Version::V2012, wildcards: true };
        for text in
            ["${", "${}", "${a", "${name}", "${aws:a, b}", "${aws:a, 'b}", "${aws:a, 'b'x}", "${a:${b}}"]
        {
            assert!(Template::parse(text, flavour).is_err(), "{text}");
        }
    }

    #[test]
    fn the_older_version_has_no_variables() {
        let flavour = Flavour { version: Version::V2008, wildcards: false };
        let template = Template::parse("${aws:username", flavour).unwrap();
        assert!(template.is_fixed());
    }
}
