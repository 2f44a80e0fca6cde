//! The canonical headers: `name:value` lines of the signed ones, values trimmed and their inner spaces collapsed.

/// Appends the line of each header in `signed`, in that order. One that the request lacks is an empty line, so the
/// signature fails and its canonical request shows why.
pub(super) fn push_headers(out: &mut String, headers: &[(&str, &str)], signed: &str) {
    for name in signed.split(';') {
        out.push_str(name);
        out.push(':');
        let mut values = headers.iter().filter(|(known, _)| *known == name).map(|(_, value)| *value);
        if let Some(first) = values.next() {
            push_value(out, first);
        }
        for value in values {
            out.push(',');
            push_value(out, value);
        }
        out.push('\n');
    }
}

fn push_value(out: &mut String, value: &str) {
    let value = value.trim_ascii();
    if !value.as_bytes().windows(2).any(|pair| pair[1] == b'\t' || pair == b"  ") {
        out.push_str(value);
        return;
    }
    for (at, word) in value.split_ascii_whitespace().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        out.push_str(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_trimmed_collapsed_and_joined() {
        let headers =
            [("host", "a"), ("x-amz-b", "  two   words\t here "), ("x-amz-c", "1"), ("x-amz-c", " 2")];
        let mut out = String::new();
        push_headers(&mut out, &headers, "host;x-amz-b;x-amz-c;x-amz-d");
        assert_eq!(out, "host:a\nx-amz-b:two words here\nx-amz-c:1,2\nx-amz-d:\n");
    }
}
