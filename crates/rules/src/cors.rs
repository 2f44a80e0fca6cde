//! CORS: which rules a bucket may have, and what a browser is told.
//!
//! Source: AWS "Using cross-origin resource sharing (CORS)": a request fits a rule that lists its origin, its method (a
//! preflight's, that it announces) and every header that it announces; the first such rule answers.

use model::limits::{CORS_RULE_ID_CHARS_MAX, CORS_RULES_MAX};
use model::{CorsMethod, CorsRule};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// None at all, or too many.
    Count,
    /// A rule without an origin or without a method.
    Incomplete,
    /// More than one `*` in an origin or a header.
    Wildcards { text: String, what: &'static str },
    /// A `*` where headers are told by their names.
    Exposed { text: String },
    /// A rule's id is too long.
    Id,
}

/// What a request says of itself to these rules. Names of headers may come in any case.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub origin: &'a str,
    /// The announced method of a preflight, else the request's own.
    pub method: &'a str,
    /// `Access-Control-Request-Headers` as it was sent.
    pub headers: Option<&'a str>,
}

/// Whether a bucket may have these rules.
pub fn check(rules: &[CorsRule]) -> Result<(), Refusal> {
    if rules.is_empty() || rules.len() > CORS_RULES_MAX {
        return Err(Refusal::Count);
    }
    for rule in rules {
        if rule.origins.is_empty() || rule.methods.is_empty() {
            return Err(Refusal::Incomplete);
        }
        one_star(&rule.origins, "AllowedOrigin")?;
        one_star(&rule.headers, "AllowedHeader")?;
        if let Some(text) = rule.exposed.iter().find(|text| text.contains('*')) {
            return Err(Refusal::Exposed { text: text.clone() });
        }
        if rule.id.as_ref().is_some_and(|id| id.chars().count() > CORS_RULE_ID_CHARS_MAX) {
            return Err(Refusal::Id);
        }
    }
    Ok(())
}

fn one_star(texts: &[String], what: &'static str) -> Result<(), Refusal> {
    match texts.iter().find(|text| text.matches('*').count() > 1) {
        Some(text) => Err(Refusal::Wildcards { text: text.clone(), what }),
        None => Ok(()),
    }
}

/// The first rule that lets this request be shared with its origin.
pub fn choose<'a>(rules: &'a [CorsRule], asked: &Asked<'_>) -> Option<&'a CorsRule> {
    let method = CorsMethod::parse(asked.method)?;
    rules.iter().find(|rule| {
        rule.methods.contains(&method)
            && rule.origins.iter().any(|pattern| fits(pattern, asked.origin))
            && announced(asked.headers).all(|header| rule.headers.iter().any(|one| fits_header(one, header)))
    })
}

fn announced(headers: Option<&str>) -> impl Iterator<Item = &str> {
    headers.unwrap_or_default().split(',').map(str::trim).filter(|header| !header.is_empty())
}

fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, end)) => {
            text.strip_prefix(start).is_some_and(|rest| rest.len() >= end.len() && rest.ends_with(end))
        }
    }
}

fn fits_header(pattern: &str, header: &str) -> bool {
    fits(&pattern.to_ascii_lowercase(), &header.to_ascii_lowercase())
}

/// The headers that tell a browser that `rule` lets `asked` be shared. A rule for all origins says so, and then
/// credentials are not to be sent.
pub fn answer(rule: &CorsRule, asked: &Asked<'_>) -> Vec<(&'static str, String)> {
    let everyone = rule.origins.iter().any(|origin| origin == "*");
    let origin = if everyone { "*" } else { asked.origin };
    let mut headers = vec![("access-control-allow-origin", origin.to_owned())];
    if !everyone {
        headers.push(("access-control-allow-credentials", "true".to_owned()));
    }
    let methods: Vec<&str> = rule.methods.iter().map(|method| method.name()).collect();
    headers.push(("access-control-allow-methods", methods.join(", ")));
    let announced: Vec<String> = announced(asked.headers).map(str::to_ascii_lowercase).collect();
    if !announced.is_empty() {
        headers.push(("access-control-allow-headers", announced.join(", ")));
    }
    if !rule.exposed.is_empty() {
        headers.push(("access-control-expose-headers", rule.exposed.join(", ")));
    }
    if let Some(seconds) = rule.max_age_seconds {
        headers.push(("access-control-max-age", seconds.to_string()));
    }
    headers
        .push(("vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method".to_owned()));
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(origin: &str, methods: &[CorsMethod], headers: &[&str]) -> CorsRule {
        CorsRule {
            origins: vec![origin.to_owned()],
            methods: methods.to_vec(),
            headers: headers.iter().map(|header| (*header).to_owned()).collect(),
            ..CorsRule::default()
        }
    }

    fn asked<'a>(origin: &'a str, method: &'a str, headers: Option<&'a str>) -> Asked<'a> {
        Asked { origin, method, headers }
    }

    #[test]
    fn an_origin_fits_by_one_star() {
        for (pattern, origin, fit) in [
            ("*", "http://a", true),
            ("http://*.a.com", "http://x.a.com", true),
            ("http://*.a.com", "http://x.a.com/", false),
            ("start*end", "startend", true),
            ("start*end", "start12end", true),
            ("start*tart", "start", false),
            ("*suffix", "foo.suffix.get", false),
            ("prefix*", "bla.prefix", false),
            ("https://a", "http://a", false),
            ("", "http://a", false),
        ] {
            let rules = [rule(pattern, &[CorsMethod::Get], &[])];
            let chosen = choose(&rules, &asked(origin, "GET", None));
            assert_eq!(chosen.is_some(), fit, "{pattern} {origin}");
        }
    }

    #[test]
    fn method_and_every_announced_header_must_be_listed() {
        let rules = [
            rule("*", &[CorsMethod::Get], &["x-amz-META-*", "Range"]),
            rule("http://b", &[CorsMethod::Put], &["*"]),
        ];
        let fits = |origin, method, headers| choose(&rules, &asked(origin, method, headers)).is_some();
        assert!(fits("http://a", "GET", None));
        assert!(fits("http://a", "GET", Some("x-amz-meta-a,RANGE")));
        assert!(!fits("http://a", "GET", Some("range, x-other")));
        assert!(!fits("http://a", "PUT", None));
        assert!(fits("http://b", "PUT", Some("x-other")));
        assert!(!fits("http://b", "PATCH", None) && !fits("http://b", "put", None));
    }

    #[test]
    fn an_answer_names_the_origin_or_everyone() {
        let mut named = rule("http://a", &[CorsMethod::Get, CorsMethod::Put], &["*"]);
        named.max_age_seconds = Some(3000);
        named.exposed = vec!["x-amz-id-2".into(), "ETag".into()];
        let told = answer(&named, &asked("http://a", "GET", Some("X-Amz-Date, b")));
        let get = |name| told.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
        assert_eq!(get("access-control-allow-origin"), Some("http://a"));
        assert_eq!(get("access-control-allow-credentials"), Some("true"));
        assert_eq!(get("access-control-allow-methods"), Some("GET, PUT"));
        assert_eq!(get("access-control-allow-headers"), Some("x-amz-date, b"));
        assert_eq!(get("access-control-expose-headers"), Some("x-amz-id-2, ETag"));
        assert_eq!(get("access-control-max-age"), Some("3000"));
        let all = answer(&rule("*", &[CorsMethod::Get], &[]), &asked("http://a", "GET", None));
        assert_eq!(all[0].1, "*");
        assert!(all.iter().all(|(name, _)| *name != "access-control-allow-credentials"));
    }

    #[test]
    fn rules_are_checked() {
        assert_eq!(check(&[]), Err(Refusal::Count));
        assert_eq!(check(&vec![rule("*", &[CorsMethod::Get], &[]); 101]), Err(Refusal::Count));
        assert_eq!(check(&vec![rule("", &[CorsMethod::Get], &[]); 100]), Ok(()));
        assert_eq!(check(&[rule("*", &[], &[])]), Err(Refusal::Incomplete));
        let exposed = CorsRule { exposed: vec!["x-*".to_owned()], ..rule("*", &[CorsMethod::Get], &[]) };
        assert_eq!(check(&[exposed]), Err(Refusal::Exposed { text: "x-*".to_owned() }));
        assert!(matches!(check(&[rule("*.*", &[CorsMethod::Get], &[])]), Err(Refusal::Wildcards { .. })));
        assert!(matches!(check(&[rule("*", &[CorsMethod::Get], &["a*b*"])]), Err(Refusal::Wildcards { .. })));
    }
}
