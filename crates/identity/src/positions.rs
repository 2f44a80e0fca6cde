//! Where the statements of a document stand in its text, as simulations tell it: lines and columns from 1.
//!
//! For documents that were read before: of other text it says nothing, but never panics.

use api::iam::Position;

/// Start and end of the statement with this index; the end is behind its last character.
pub(crate) fn statement(text: &str, index: usize) -> Option<(Position, Position)> {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0 };
    scan.expect(b'{')?;
    loop {
        scan.space();
        let key = scan.string()?;
        scan.space();
        scan.expect(b':')?;
        scan.space();
        if text.get(key.0..key.1) == Some("\"Statement\"") {
            let (start, end) = scan.nth(index)?;
            return Some((position(text, start)?, position(text, end)?));
        }
        scan.value()?;
        scan.space();
        scan.expect(b',')?;
    }
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.space();
        (self.peek() == Some(byte)).then(|| self.at += 1)
    }

    /// The span of a string with its quotes.
    fn string(&mut self) -> Option<(usize, usize)> {
        let start = self.at;
        self.expect(b'"')?;
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => return Some((start, self.at)),
                b'\\' => self.at += 1,
                _ => {}
            }
        }
    }

    /// The span of any value: brackets are counted, strings skipped.
    fn value(&mut self) -> Option<(usize, usize)> {
        self.space();
        let (start, mut depth) = (self.at, 0_usize);
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                b'}' | b']' | b',' if depth == 0 => return Some((start, self.at)),
                _ => {
                    self.at += 1;
                    continue;
                }
            }
            if depth == 0 {
                return Some((start, self.at));
            }
        }
    }

    /// The nth of a list of statements, or the only one.
    fn nth(&mut self, index: usize) -> Option<(usize, usize)> {
        if self.peek()? != b'[' {
            return (index == 0).then(|| self.value()).flatten();
        }
        self.expect(b'[')?;
        for _ in 0..index {
            self.value()?;
            self.expect(b',')?;
        }
        self.value()
    }
}

fn position(text: &str, at: usize) -> Option<Position> {
    let before = text.get(..at)?;
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Some(Position { line: i32::try_from(line).ok(), column: i32::try_from(column).ok() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::proptest;

    use super::*;

    fn span(text: &str, index: usize) -> Option<(i32, i32, i32, i32)> {
        let (start, end) = statement(text, index)?;
        Some((start.line?, start.column?, end.line?, end.column?))
    }

    #[test]
    fn statements_are_found_by_line_and_column() {
        let text =
            "{\"Version\": \"2012-10-17\",\n \"Statement\": [ {\"Sid\": \"a}]\"},\n  {\"Sid\": \"b\"} ]}";
        assert_eq!(span(text, 0), Some((2, 17, 2, 31)));
        assert_eq!(span(text, 1), Some((3, 3, 3, 15)));
        assert_eq!(span(text, 2), None);
        assert_eq!(span("{\"Statement\":{\"Effect\":\"Allow\"}}", 0), Some((1, 14, 1, 32)));
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in ".*", index in 0usize..4) {
            let _ = statement(&text, index);
        }
    }
}
