//! Browser forms: who signed, and what the policy demands.
//!
//! The input is `name=value` lines up to an empty one, then a policy's JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;
use sigv4::post_policy::{Form, Policy, read_form, verify_form};
use sigv4::{Options, Secret, Signer, V2};

const NOW: Timestamp = Timestamp::from_seconds(1_795_328_670);

/// Policies are read or refused, and a form that is signed here is judged by its policy alone.
pub fn post_policy(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (head, json) = text.split_once("\n\n").unwrap_or(("", &text));
    let fields: Vec<(&str, &str)> = head.lines().filter_map(|line| line.split_once('=')).collect();
    for v2 in [V2::Off, V2::On] {
        let options = Options { v2, ..Options::default() };
        if let Ok(Some(claim)) = read_form(&fields, &options) {
            let _ = verify_form(&claim, &form(&fields), &Secret::new("secret"), NOW);
        }
    }
    for policy in [json.to_owned(), STANDARD.encode(json)] {
        judge(&policy, &fields);
        judge_signed(&policy, &fields);
    }
}

const fn form<'a>(fields: &'a [(&'a str, &'a str)]) -> Form<'a> {
    Form { bucket: "bucket", key: "folder/key", fields }
}

fn judge(policy: &str, fields: &[(&str, &str)]) {
    match Policy::parse(policy) {
        Ok(policy) => {
            for now in [NOW, Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX)] {
                let Ok(Some(range)) = policy.check(&form(fields), now) else { continue };
                assert_eq!(range.check(range.bytes_min).is_ok(), range.bytes_min <= range.bytes_max);
            }
        }
        Err(refusal) => assert!(!refusal.message().is_empty()),
    }
}

fn judge_signed(policy: &str, fields: &[(&str, &str)]) {
    if policy.is_empty() {
        return;
    }
    let proof = Signer::new("AKID", Secret::new("secret"), "eu-west-1", "s3").sign_policy(policy, NOW);
    let proof: Vec<(&str, &str)> = proof.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let others =
        fields.iter().filter(|(name, _)| !proof.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)));
    let all: Vec<(&str, &str)> = proof.iter().chain(others).copied().collect();
    let Ok(Some(claim)) = read_form(&all, &Options::default()) else {
        unreachable!("a form that was just signed is not read: {all:?}")
    };
    let alone = Policy::parse(policy).and_then(|policy| policy.check(&form(&all), NOW));
    assert_eq!(verify_form(&claim, &form(&all), &Secret::new("secret"), NOW), alone);
}
