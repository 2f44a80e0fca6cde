//! Which bucket a host name means, if any: `bucket.s3.example.com`, `bucket.localhost`.

use std::net::Ipv4Addr;

/// The domains below which buckets may stand.
pub(crate) struct Hosts {
    domains: Vec<String>,
}

impl Hosts {
    pub fn new(domains: &[String]) -> Self {
        let mut domains: Vec<String> =
            domains.iter().map(|domain| domain.trim_matches('.').to_ascii_lowercase()).collect();
        domains.retain(|domain| !domain.is_empty());
        domains.push("localhost".to_owned());
        // `s3.example.com` must be tried before `example.com`, or its buckets would be called `….s3`.
        domains.sort_by_key(|domain| std::cmp::Reverse(domain.len()));
        Self { domains }
    }

    /// The bucket in `host` (which may carry a port), where it stands below one of our domains. Addresses,
    /// the domains themselves and unknown names mean none: then the path names the bucket.
    pub fn bucket(&self, host: &str) -> Option<String> {
        let name = without_port(host);
        // Most requests come to an address or to the bare domain: no allocation for those.
        if !name.contains('.') || name.ends_with(']') || name.parse::<Ipv4Addr>().is_ok() {
            return None;
        }
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let below = self.domains.iter().find_map(|domain| {
            if name == *domain { Some("") } else { name.strip_suffix(domain.as_str())?.strip_suffix('.') }
        });
        let below = below.or_else(|| before_address(&name))?;
        let bucket = without_service(below);
        (!bucket.is_empty()).then(|| bucket.to_owned())
    }
}

/// Clients that are told an address put labels before it, which a proxy lets through: `label.127.0.0.1` → `label`.
fn before_address(name: &str) -> Option<&str> {
    let (dot, _) = name.rmatch_indices('.').nth(3)?;
    name[dot + 1..].parse::<Ipv4Addr>().ok().map(|_| &name[..dot])
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// `b.s3` and `b.s3.eu-west-1` → `b`; `s3` and `s3.eu-west-1` → nothing; a bucket cannot be called `s3`
/// (three characters at least), so this hides none of that name.
fn without_service(below: &str) -> &str {
    let endpoint = match below.rsplit_once('.') {
        Some((before, last)) if looks_like_region(last) && is_or_ends_with_s3(before) => before,
        _ => below,
    };
    if endpoint == "s3" { "" } else { endpoint.strip_suffix(".s3").unwrap_or(endpoint) }
}

fn is_or_ends_with_s3(name: &str) -> bool {
    name == "s3" || name.ends_with(".s3")
}

/// `eu-west-1`: words joined by hyphens, a number last.
fn looks_like_region(label: &str) -> bool {
    let Some((words, number)) = label.rsplit_once('-') else { return false };
    !words.is_empty()
        && words.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_means_a_bucket_only_below_a_domain_of_ours() {
        let hosts = Hosts::new(&[
            "Example.com".to_owned(),
            "s3.example.com".to_owned(),
            "store.net.".to_owned(),
            "node1".to_owned(),
        ]);
        let table = [
            ("localhost:9000", None),
            ("photos.localhost:9000", Some("photos")),
            ("Photos.LocalHost", Some("photos")),
            ("s3.localhost", None),
            ("photos.s3.localhost:9000", Some("photos")),
            ("127.0.0.1:9000", None),
            ("photos.127.0.0.1:9000", Some("photos")),
            ("my.photos.127.0.0.1", Some("my.photos")),
            ("1.2.3.4.5.example", None),
            ("[::1]:9000", None),
            ("example.com", None),
            ("example.com.", None),
            ("s3.example.com", None),
            ("s3.eu-west-1.store.net", None),
            ("photos.example.com", Some("photos")),
            ("photos.s3.example.com", Some("photos")),
            ("photos.s3.eu-west-1.example.com:443", Some("photos")),
            ("my.photos.s3.us-east-1.store.net", Some("my.photos")),
            ("my.photos.store.net", Some("my.photos")),
            ("notexample.com", None),
            ("elsewhere.org", None),
            ("photos.node1", Some("photos")),
            ("server", None),
            ("", None),
        ];
        for (host, bucket) in table {
            assert_eq!(hosts.bucket(host).as_deref(), bucket, "{host}");
        }
    }
}
