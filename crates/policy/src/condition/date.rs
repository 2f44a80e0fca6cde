//! Moments as policies write them: W3C's forms of ISO 8601, shorter ones too, or seconds since 1970.

use model::Timestamp;

/// Four digits alone are a year, any other digits are seconds.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits && text.len() != 4 {
        return text.parse().ok().map(Timestamp::from_seconds);
    }
    let full = match text.len() {
        4 => format!("{text}-01-01T00:00:00Z"),
        7 => format!("{text}-01T00:00:00Z"),
        10 => format!("{text}T00:00:00Z"),
        _ => with_seconds(text),
    };
    Timestamp::parse_iso8601(&full).ok()
}

/// `2026-01-02T03:04Z` → `2026-01-02T03:04:00Z`.
fn with_seconds(text: &str) -> String {
    match text.split_at_checked(16) {
        Some((minutes, zone)) if zone.starts_with(['Z', '+', '-']) => format!("{minutes}:00{zone}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn every_form_of_a_moment_is_read() {
        let moment = parse("2026-01-01T00:00:00Z");
        assert!(moment.is_some());
        for text in
            ["2026", "2026-01", "2026-01-01", "2026-01-01T00:00Z", "1767225600", "2026-01-01T01:00+01:00"]
        {
            assert_eq!(parse(text), moment, "{text}");
        }
    }

    #[test]
    fn other_text_is_no_moment() {
        for text in [
            "",
            "-1",
            "2026-13",
            "2026-01-01T00Z",
            "yesterday",
            "2026-01-01T00:00:00.Z",
            "99999999999999999999",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
