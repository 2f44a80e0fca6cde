//! Tokens proven against keys as a provider publishes them: made here.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, wherever it stands")]

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use model::Timestamp;
use oidc::{Claims, Fault, Fetch, Issuer, Token, Verifier};

const ISSUER: &str = "https://idp.example.com";
const NOW: i64 = 1_700_000_000;

/// Documents by URL, and how often one was asked for.
#[derive(Clone, Default)]
struct Web(Arc<(Mutex<HashMap<String, String>>, AtomicUsize)>);

impl Web {
    fn put(&self, url: &str, text: String) {
        self.0.0.lock().unwrap().insert(url.to_owned(), text);
    }

    fn keys(&self, keys: &[String]) {
        self.put("https://idp.example.com/jwks", format!("{{\"keys\":[{}]}}", keys.join(",")));
    }

    fn asked(&self) -> usize {
        self.0.1.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Fetch for Web {
    async fn get(&self, url: &str) -> Result<Bytes, Fault> {
        self.0.1.fetch_add(1, Ordering::Relaxed);
        let text = self.0.0.lock().unwrap().get(url).cloned();
        text.map(Bytes::from).ok_or_else(|| Fault::Provider("absent".to_owned()))
    }
}

fn web(keys: &[String]) -> Web {
    let web = Web::default();
    let configuration = format!("{{\"issuer\":\"{ISSUER}\",\"jwks_uri\":\"{ISSUER}/jwks\"}}");
    web.put("https://idp.example.com/.well-known/openid-configuration", configuration);
    web.keys(keys);
    web
}

struct Rsa(RsaKeyPair);

impl Rsa {
    fn new() -> Self {
        Self(RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap())
    }

    fn jwk(&self, id: &str, more: &str) -> String {
        let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        // DER: nine bytes, the modulus of 2048 bits, the exponent.
        let n = number(&self.0.public_key().as_ref()[9..265]);
        let e = number(&[1, 0, 1]);
        format!("{{\"kty\":\"RSA\",\"kid\":\"{id}\",\"n\":\"{n}\",\"e\":\"{e}\"{more}}}")
    }

    fn token(&self, id: &str, body: &str) -> String {
        signed(&format!("{{\"alg\":\"RS256\",\"kid\":\"{id}\"}}"), body, |message| {
            let mut signature = vec![0; self.0.public_modulus_len()];
            self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
            signature
        })
    }
}

fn signed(head: &str, body: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(body));
    let signature = sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn body(exp: i64, iat: i64) -> String {
    format!("{{\"iss\":\"{ISSUER}\",\"sub\":\"someone\",\"aud\":\"me\",\"exp\":{exp},\"iat\":{iat}}}")
}

fn good() -> String {
    body(NOW + 60, NOW)
}

async fn ask(verifier: &Verifier, token: &str, seconds: i64) -> Result<Claims, Fault> {
    let issuer = Issuer::new("idp.example.com", true)?;
    verifier.verify(&Token::read(token)?, &issuer, Timestamp::from_seconds(seconds)).await
}

fn verifier(web: &Web) -> Verifier {
    Verifier::new(Box::new(web.clone()))
}

#[tokio::test]
async fn a_token_of_the_provider_is_believed() {
    let key = Rsa::new();
    let verifier = verifier(&web(&[key.jwk("a", "")]));
    let claims = ask(&verifier, &key.token("a", &good()), NOW).await.unwrap();
    assert_eq!(claims.text("sub"), Some("someone"));
}

#[tokio::test]
async fn elliptic_curves_sign_too() {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = key.public_key().as_ref();
    let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let (x, y) = (number(&point[1..33]), number(&point[33..]));
    let jwk = format!("{{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"{x}\",\"y\":\"{y}\"}}");
    let token = signed(r#"{"alg":"ES256"}"#, &good(), |message| {
        key.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    });
    assert!(ask(&verifier(&web(&[jwk])), &token, NOW).await.is_ok());
}

#[tokio::test]
async fn no_other_signature_is_believed() {
    let (key, other) = (Rsa::new(), Rsa::new());
    let verifier = verifier(&web(&[key.jwk("a", "")]));
    assert_eq!(ask(&verifier, &other.token("a", &good()), NOW).await, Err(Fault::Signature));
    assert_eq!(ask(&verifier, &other.token("b", &good()), NOW).await, Err(Fault::NoKey));
    let token = key.token("a", &good());
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (head, _) = message.split_once('.').unwrap();
    let forged = format!("{head}.{}.{signature}", URL_SAFE_NO_PAD.encode(body(NOW + 600, NOW)));
    assert_eq!(ask(&verifier, &forged, NOW).await, Err(Fault::Signature));
}

/// The classic confusions: no signature at all, and a public key taken for a shared secret.
#[tokio::test]
async fn the_token_does_not_choose_how_it_is_proven() {
    let key = Rsa::new();
    let verifier = verifier(&web(&[key.jwk("a", "")]));
    for algorithm in ["none", "None", "HS256", "PS256", "EdDSA", ""] {
        let head = format!("{{\"alg\":\"{algorithm}\",\"kid\":\"a\"}}");
        let token = signed(&head, &good(), |_| Vec::new());
        assert_eq!(ask(&verifier, &token, NOW).await, Err(Fault::Algorithm(algorithm.to_owned())));
    }
    let token = signed(r#"{"alg":"ES256","kid":"a"}"#, &good(), |_| vec![0; 64]);
    assert_eq!(ask(&verifier, &token, NOW).await, Err(Fault::NoKey));
}

#[tokio::test]
async fn keys_for_other_ends_sign_nothing() {
    let key = Rsa::new();
    for more in [",\"use\":\"enc\"", ",\"alg\":\"RS512\""] {
        let verifier = verifier(&web(&[key.jwk("a", more)]));
        assert_eq!(ask(&verifier, &key.token("a", &good()), NOW).await, Err(Fault::NoKey), "{more}");
    }
}

#[tokio::test]
async fn times_are_kept() {
    let key = Rsa::new();
    let verifier = verifier(&web(&[key.jwk("a", "")]));
    let outcome = |body: String| {
        let token = key.token("a", &body);
        let verifier = &verifier;
        async move { ask(verifier, &token, NOW).await }
    };
    assert!(matches!(outcome(body(NOW, NOW - 60)).await, Err(Fault::Expired { .. })));
    assert_eq!(outcome(body(NOW + 900, NOW + 400)).await, Err(Fault::NotYet));
    assert!(outcome(body(NOW + 900, NOW + 200)).await.is_ok());
    let early = format!("{{\"iss\":\"{ISSUER}\",\"exp\":{},\"iat\":{NOW},\"nbf\":{}}}", NOW + 900, NOW + 800);
    assert_eq!(outcome(early).await, Err(Fault::NotYet));
    assert_eq!(outcome(format!("{{\"iss\":\"{ISSUER}\",\"iat\":1}}")).await, Err(Fault::Lacks("exp")));
    assert_eq!(outcome(format!("{{\"iss\":\"{ISSUER}\",\"exp\":9e99}}")).await, Err(Fault::Lacks("exp")));
    assert_eq!(
        outcome(format!("{{\"iss\":\"{ISSUER}\",\"exp\":{}}}", NOW + 9)).await,
        Err(Fault::Lacks("iat"))
    );
}

#[tokio::test]
async fn another_issuer_s_token_asks_nobody() {
    let key = Rsa::new();
    let web = web(&[key.jwk("a", "")]);
    let token = key.token("a", &good().replace(ISSUER, "https://elsewhere.example.com"));
    assert!(matches!(ask(&verifier(&web), &token, NOW).await, Err(Fault::Malformed(_))));
    assert_eq!(web.asked(), 0);
}

#[tokio::test]
async fn keys_are_kept_and_fetched_anew_for_one_that_is_new() {
    let (old, new) = (Rsa::new(), Rsa::new());
    let web = web(&[old.jwk("old", "")]);
    let verifier = verifier(&web);
    let (of_old, of_new) =
        (old.token("old", &body(NOW + 90_000, NOW)), new.token("new", &body(NOW + 90_000, NOW)));
    for _ in 0..3 {
        assert!(ask(&verifier, &of_old, NOW).await.is_ok());
    }
    assert_eq!(web.asked(), 2);
    // Unknown keys, which anybody can name, do not make it ask again and again.
    for _ in 0..3 {
        assert_eq!(ask(&verifier, &of_new, NOW + 1).await, Err(Fault::NoKey));
    }
    assert_eq!(web.asked(), 2);
    web.keys(&[new.jwk("new", "")]);
    assert!(ask(&verifier, &of_new, NOW + 20).await.is_ok());
    assert_eq!(web.asked(), 4);
    // What the provider withdrew is not believed any more.
    assert_eq!(ask(&verifier, &of_old, NOW + 40).await, Err(Fault::NoKey));
    assert!(ask(&verifier, &of_new, NOW + 7200).await.is_ok());
    assert_eq!(web.asked(), 8);
}

#[tokio::test]
async fn a_provider_that_fails_is_left_alone_for_a_while() {
    let web = Web::default();
    let (key, verifier) = (Rsa::new(), verifier(&web));
    for _ in 0..3 {
        assert!(matches!(ask(&verifier, &key.token("a", &good()), NOW).await, Err(Fault::Provider(_))));
    }
    assert_eq!(web.asked(), 1);
    web.put("https://idp.example.com/.well-known/openid-configuration", "<html>".to_owned());
    assert!(matches!(ask(&verifier, &key.token("a", &good()), NOW + 20).await, Err(Fault::Provider(_))));
}
