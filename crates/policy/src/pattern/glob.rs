//! `*` is any run of characters, `?` is any one.
//!
//! Only the last star is ever tried again: a text that fits the pieces between two stars at all fits them at their
//! first place too. So a match costs at most text times pattern, whatever an attacker writes.

use std::str::Chars;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Char(char),
    /// `?`
    One,
    /// `*`
    Many,
}

pub(crate) fn matches(tokens: &[Token], text: &str, same: impl Fn(char, char) -> bool) -> bool {
    let (mut token, mut rest) = (0, text.chars());
    // Behind the last star: the next token, and the text that the star has not taken yet.
    let mut star: Option<(usize, Chars<'_>)> = None;
    loop {
        let fits = match tokens.get(token) {
            Some(Token::Many) => {
                token += 1;
                star = Some((token, rest.clone()));
                continue;
            }
            Some(Token::One) => rest.next().map(|_| true),
            Some(Token::Char(wanted)) => rest.next().map(|found| same(*wanted, found)),
            None if rest.as_str().is_empty() => return true,
            None => Some(false),
        };
        match (fits, &mut star) {
            (Some(true), _) => token += 1,
            // The text ended before its pattern, and would do so earlier had the star taken more.
            (None, _) | (_, None) => return false,
            (Some(false), Some((after, untaken))) => {
                untaken.next();
                (token, rest) = (*after, untaken.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Token, matches};

    fn fits(pattern: &str, text: &str) -> bool {
        let token = |c| match c {
            '*' => Token::Many,
            '?' => Token::One,
            other => Token::Char(other),
        };
        matches(&pattern.chars().map(token).collect::<Vec<_>>(), text, |a, b| a == b)
    }

    #[test]
    fn stars_take_any_run_and_question_marks_one_character() {
        for (pattern, text) in
            [("", ""), ("*", ""), ("a*", "a"), ("*a*b", "xaab"), ("?", "é"), ("a?c*", "abcd"), ("**", "x")]
        {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "a"), ("?", ""), ("a*b", "ac"), ("*a", "ab"), ("??", "é"), ("*?", "")] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_do_not_explode() {
        let text = "a".repeat(5_000);
        assert!(!fits(&format!("{}b", "a*".repeat(500)), &text));
    }
}
