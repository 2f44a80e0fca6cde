//! Session tokens: a session and its secret, sealed for its access key. docs/formats/session-token.md draws the bytes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use catalog::table::{RowError, RowReader, RowWriter};
use seal::Sealer;
use sigv4::Secret;
use world::Random;
use zeroize::Zeroizing;

use super::{Session, SessionOf};

const FORMAT: u8 = 1;
/// The longest that is looked at; none that is issued comes near.
const TOKEN_BYTES_MAX: usize = 12 * 1024;

fn purpose(access_key: &str) -> String {
    format!("session-token/{access_key}")
}

/// The alphabet needs no escapes in a URL.
pub(super) fn seal(
    sealer: &Sealer,
    random: &dyn Random,
    access_key: &str,
    secret: &Secret,
    session: &Session,
) -> Result<String, seal::Fault> {
    let plain = Zeroizing::new(encode(session, secret).to_vec());
    Ok(URL_SAFE_NO_PAD.encode(sealer.seal(random, &purpose(access_key), &plain)?))
}

/// `None` for one that this site did not seal for this access key: damaged, made up, or somebody else's.
pub(crate) fn open(sealer: &Sealer, access_key: &str, token: &str) -> Option<(Session, Secret)> {
    if token.len() > TOKEN_BYTES_MAX {
        return None;
    }
    let sealed = URL_SAFE_NO_PAD.decode(token).ok()?;
    let plain = sealer.open(&purpose(access_key), &sealed).ok()?;
    // It was sealed here, so only a later release's format does not decode.
    decode(&plain).ok()
}

fn encode(session: &Session, secret: &Secret) -> bytes::Bytes {
    let mut w = RowWriter::new(FORMAT);
    w.bytes(secret.expose().as_bytes());
    w.owner(session.account);
    match &session.of {
        SessionOf::Root => w.u8(0),
        SessionOf::User { name, id } => {
            w.u8(1);
            w.strings(&[name.clone(), id.clone()]);
        }
        SessionOf::Role { name, id, session_name } => {
            w.u8(2);
            w.strings(&[name.clone(), id.clone(), session_name.clone()]);
        }
        SessionOf::Federated { name, by } => {
            w.u8(3);
            w.bytes(name.as_bytes());
            w.option(by.as_ref(), |w, (name, id)| w.strings(&[name.clone(), id.clone()]));
        }
    }
    w.timestamp(session.issued);
    w.timestamp(session.expires);
    w.option(session.mfa, |w, at| w.timestamp(at));
    w.text(session.source_identity.as_deref());
    w.pairs(&session.tags);
    w.strings(&session.transitive);
    w.text(session.policy.as_deref());
    w.strings(&session.policy_arns);
    w.text(session.provider.as_deref());
    w.varint(session.claims.len() as u64);
    for (name, values) in &session.claims {
        w.bytes(name.as_bytes());
        w.strings(values);
    }
    w.finish()
}

fn decode(plain: &[u8]) -> Result<(Session, Secret), RowError> {
    let mut r = RowReader::new("session token", bytes::Bytes::copy_from_slice(plain), FORMAT)?;
    let secret = Secret::new(r.string()?);
    let account = r.account()?;
    let of = match r.u8()? {
        0 => SessionOf::Root,
        1 => {
            let [name, id] = strings(&mut r)?;
            SessionOf::User { name, id }
        }
        2 => {
            let [name, id, session_name] = strings(&mut r)?;
            SessionOf::Role { name, id, session_name }
        }
        3 => {
            let name = r.string()?;
            let by = r.option(|r| strings(r).map(|[name, id]| (name, id)))?;
            SessionOf::Federated { name, by }
        }
        _ => return Err(r.damaged()),
    };
    let session = Session {
        account,
        of,
        issued: r.timestamp()?,
        expires: r.timestamp()?,
        mfa: r.option(RowReader::timestamp)?,
        source_identity: r.text()?,
        tags: r.pairs()?,
        transitive: r.strings()?,
        policy: r.text()?,
        policy_arns: r.strings()?,
        provider: r.text()?,
        claims: claims(&mut r)?,
    };
    Ok((session, secret))
}

fn strings<const N: usize>(r: &mut RowReader) -> Result<[String; N], RowError> {
    let strings = r.strings()?;
    r.legal(strings.try_into().ok())
}

fn claims(r: &mut RowReader) -> Result<Vec<(String, Vec<String>)>, RowError> {
    let mut claims = Vec::new();
    for _ in 0..r.varint()? {
        claims.push((r.string()?, r.strings()?));
    }
    Ok(claims)
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
