//! How long the functions of a Rust file are, by counting braces: no parser, but strings and comments are seen.

/// One function and its lines, from `fn` to its closing brace.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    pub line: usize,
    pub lines: usize,
}

/// All functions with a body, nested ones too.
pub fn functions(source: &str) -> Vec<Function> {
    let code = blank(source);
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = next_fn(&code, from) {
        from = at + 3;
        let Some(open) = body_start(&code, from) else { continue };
        let Some(close) = closing_brace(&code, open) else { continue };
        let line = lines_before(&code, at) + 1;
        found.push(Function {
            name: name_after(&code, from),
            line,
            lines: lines_before(&code, close) + 2 - line,
        });
    }
    found
}

/// The same bytes with what is inside strings, characters and comments made blank; line ends stay.
fn blank(source: &str) -> Vec<u8> {
    let bytes = source.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = match bytes[at..] {
            [b'/', b'/', ..] => line_end(bytes, at),
            [b'/', b'*', ..] => comment_end(bytes, at),
            [b'"', ..] => string_end(bytes, at),
            [b'\'', ..] => char_end(bytes, at),
            [b'r', b'"' | b'#', ..] if !follows_word(bytes, at) => raw_string_end(bytes, at),
            _ => at + 1,
        };
        if end > at + 1 {
            for byte in &mut code[at..end] {
                if *byte != b'\n' {
                    *byte = b' ';
                }
            }
        }
        at = end;
    }
    code
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |length| at + length)
}

/// Rust's block comments nest.
fn comment_end(bytes: &[u8], at: usize) -> usize {
    let (mut depth, mut at) = (0_usize, at);
    while at < bytes.len() {
        match bytes[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    bytes.len()
}

fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// A character's literal; a lifetime has no closing quote and passes as one byte.
fn char_end(bytes: &[u8], at: usize) -> usize {
    match bytes[at + 1..] {
        [b'\\', _, ..] => bytes[at + 3..]
            .iter()
            .position(|byte| *byte == b'\'')
            .map_or(bytes.len(), |length| at + 3 + length + 1),
        [_, b'\'', ..] => at + 3,
        // One character of several bytes, as 'ß'.
        [first, ..] if first >= 0x80 => bytes[at + 1..]
            .iter()
            .take(5)
            .position(|byte| *byte == b'\'')
            .map_or(at + 1, |length| at + 1 + length + 1),
        _ => at + 1,
    }
}

fn raw_string_end(bytes: &[u8], at: usize) -> usize {
    let hashes = bytes[at + 1..].iter().take_while(|byte| **byte == b'#').count();
    if bytes.get(at + 1 + hashes) != Some(&b'"') {
        return at + 1; // a raw identifier, `r#type`
    }
    let mut close = vec![b'"'];
    close.resize(1 + hashes, b'#');
    let body = at + 2 + hashes;
    bytes[body..]
        .windows(close.len())
        .position(|window| window == close)
        .map_or(bytes.len(), |length| body + length + close.len())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Is the `r` at `at` the end of a longer word? (`br"…"` is a raw string too.)
fn follows_word(bytes: &[u8], at: usize) -> bool {
    match bytes[..at] {
        [.., before, b'b' | b'c'] => is_word(before),
        [b'b' | b'c'] | [] => false,
        [.., before] => is_word(before),
    }
}

fn next_fn(code: &[u8], from: usize) -> Option<usize> {
    (from..code.len().saturating_sub(3)).find(|at| {
        code[*at..].starts_with(b"fn ") && !at.checked_sub(1).is_some_and(|before| is_word(code[before]))
    })
}

fn name_after(code: &[u8], at: usize) -> String {
    let name = code[at..].iter().copied().take_while(|byte| is_word(*byte)).map(char::from);
    name.collect()
}

/// The body's brace; none for a declaration in a trait, and for a `fn(…)` type, which has no name.
fn body_start(code: &[u8], from: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for (offset, byte) in code[from..].iter().enumerate() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b';' if depth == 0 => return None,
            b'{' if depth == 0 => return Some(from + offset),
            _ => {}
        }
        if depth < 0 {
            return None;
        }
    }
    None
}

fn closing_brace(code: &[u8], open: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for (offset, byte) in code[open..].iter().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(open + offset);
        }
    }
    None
}

fn lines_before(code: &[u8], at: usize) -> usize {
    code[..at].iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::functions;

    fn found(source: &str) -> Vec<(String, usize, usize)> {
        functions(source).into_iter().map(|f| (f.name, f.line, f.lines)).collect()
    }

    #[test]
    fn a_function_counts_from_its_fn_to_its_closing_brace() {
        let source = "struct A;\nfn one() {}\nimpl A {\n    pub fn two(&self) -> u8 {\n        1\n    }\n}\n";
        assert_eq!(found(source), [("one".to_owned(), 2, 1), ("two".to_owned(), 4, 3)]);
    }

    #[test]
    fn braces_in_strings_characters_and_comments_do_not_count() {
        let source = "fn a<'a>(x: &'a str) {\n    let _ = (\"}\", '}', '\\'', r#\"}\"}\"#, b'{', 'ß');\n    // }\n    /* } /* } */ } */\n}\nfn b() {}\n";
        assert_eq!(found(source), [("a".to_owned(), 1, 5), ("b".to_owned(), 6, 1)]);
    }

    #[test]
    fn declarations_have_no_length() {
        assert_eq!(found("trait T {\n    fn a(&self, x: [u8; 4]);\n}\ntype F = fn (u8) -> u8;\n"), []);
    }
}
