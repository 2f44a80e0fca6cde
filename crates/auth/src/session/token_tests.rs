//! Tokens: whole ones open, nothing else does.

use model::{AccountId, Timestamp};
use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use seal::MasterKey;
use world::SeededRandom;

use super::*;

const KEY: &str = "ASIAEXAMPLE234567890";

fn sealer(byte: u8) -> Sealer {
    Sealer::new(&MasterKey::from_bytes([byte; 32]))
}

fn session(of: SessionOf) -> Session {
    let text = |text: &str| text.to_owned();
    Session {
        account: AccountId::new(111_122_223_333).unwrap(),
        of,
        issued: Timestamp::from_seconds(1_700_000_000),
        expires: Timestamp::from_seconds(1_700_003_600),
        mfa: Some(Timestamp::from_seconds(1_699_999_999)),
        source_identity: Some(text("Saanvi")),
        tags: vec![(text("team"), text("blue"))],
        transitive: vec![text("team")],
        policy: Some(text("{}")),
        policy_arns: vec![text("arn:aws:iam::aws:policy/ReadOnlyAccess")],
        provider: Some(text("arn:aws:iam::111122223333:oidc-provider/idp.example.com")),
        claims: vec![(text("idp.example.com:sub"), vec![text("someone")])],
    }
}

fn role() -> SessionOf {
    SessionOf::Role { name: "reader".into(), id: "AROAEXAMPLE".into(), session_name: "job".into() }
}

fn sealed(session: &Session) -> String {
    seal(&sealer(1), &SeededRandom::new(1), KEY, &Secret::new("a secret"), session).unwrap()
}

#[test]
fn no_changed_byte_opens() {
    let token = sealed(&session(role()));
    for at in 0..token.len() {
        for other in [b'A', b'B', b'!', b'='] {
            let mut bytes = token.clone().into_bytes();
            if bytes[at] == other {
                continue;
            }
            bytes[at] = other;
            let changed = String::from_utf8(bytes).unwrap();
            assert!(open(&sealer(1), KEY, &changed).is_none(), "byte {at}");
        }
        assert!(open(&sealer(1), KEY, &token[..at]).is_none(), "cut at {at}");
    }
    assert!(open(&sealer(1), KEY, &format!("{token}A")).is_none());
}

#[test]
fn a_token_opens_for_its_own_key_and_site_alone() {
    let token = sealed(&session(role()));
    let (opened, secret) = open(&sealer(1), KEY, &token).unwrap();
    assert_eq!((opened, secret.expose()), (session(role()), "a secret"));
    assert!(open(&sealer(1), "ASIAEXAMPLE234567891", &token).is_none());
    assert!(open(&sealer(2), KEY, &token).is_none());
}

/// A release must go on opening what an earlier one issued, for as long as sessions last.
#[test]
fn a_specimen_of_format_1_still_opens() {
    let specimen = include_str!("../../tests/specimen-session-token-1.txt").trim();
    let (opened, secret) = open(&sealer(1), KEY, specimen).unwrap();
    assert_eq!((opened, secret.expose()), (session(role()), "a secret"));
}

fn holders() -> impl Strategy<Value = SessionOf> {
    let text = || ".{0,20}";
    prop_oneof![
        Just(SessionOf::Root),
        (text(), text()).prop_map(|(name, id)| SessionOf::User { name, id }),
        (text(), text(), text()).prop_map(|(name, id, session_name)| SessionOf::Role {
            name,
            id,
            session_name
        }),
        (text(), prop::option::of((text(), text()))).prop_map(|(name, by)| SessionOf::Federated { name, by }),
    ]
}

proptest! {
    #[test]
    fn what_was_issued_is_read_again(of in holders(), policy in prop::option::of(".{0,300}"), expires in any::<i64>()) {
        let session = Session { policy, expires: Timestamp::from_millis(expires), ..session(of) };
        let (opened, _) = open(&sealer(1), KEY, &sealed(&session)).unwrap();
        prop_assert_eq!(opened, session);
    }

    #[test]
    fn any_text_is_refused(token in ".{0,200}") {
        prop_assert!(open(&sealer(1), KEY, &token).is_none());
    }

    #[test]
    fn any_bytes_within_the_seal_are_no_panic(plain in any::<Vec<u8>>()) {
        let _ = decode(&plain);
    }
}
