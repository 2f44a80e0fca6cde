//! Root credentials: from the environment, or drawn on the first start, kept with mode 0600 and shown once.

use std::path::PathBuf;

use anyhow::bail;
use auth::{Accounts, Credentials};
use serde::{Deserialize, Serialize};
use sigv4::Secret;

use crate::kept::Kept;

pub const FILE: &str = "root-credentials.json";
const ACCESS_KEY: &str = "STRONGROOM_ROOT_ACCESS_KEY";
const SECRET_KEY: &str = "STRONGROOM_ROOT_SECRET_KEY";
const SECRET_BYTES_MIN: usize = 8;

#[derive(Serialize, Deserialize)]
struct Pair {
    access_key: String,
    secret_key: String,
}

/// Where drawn ones are kept.
pub fn kept_in(dirs: &[PathBuf]) -> PathBuf {
    Kept { name: FILE, dirs }.path()
}

/// The credentials, and whether they were drawn just now (so that they must be shown).
pub fn credentials(dirs: &[PathBuf], accounts: &Accounts) -> anyhow::Result<(Credentials, bool)> {
    match (std::env::var(ACCESS_KEY), std::env::var(SECRET_KEY)) {
        (Ok(access_key), Ok(secret)) => Ok((check(access_key, secret)?, false)),
        (Err(_), Err(_)) => kept_or_drawn(dirs, accounts),
        _ => bail!("set both {ACCESS_KEY} and {SECRET_KEY}, or neither"),
    }
}

fn check(access_key: String, secret: String) -> anyhow::Result<Credentials> {
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    if access_key.len() < 3 || !plain(&access_key) || access_key.contains('/') {
        bail!("{ACCESS_KEY} must have at least 3 visible ASCII characters and no slash");
    }
    if secret.len() < SECRET_BYTES_MIN || !plain(&secret) {
        bail!("{SECRET_KEY} must have at least {SECRET_BYTES_MIN} visible ASCII characters");
    }
    Ok(Credentials { access_key, secret: Secret::new(secret) })
}

fn kept_or_drawn(dirs: &[PathBuf], accounts: &Accounts) -> anyhow::Result<(Credentials, bool)> {
    let kept = Kept { name: FILE, dirs };
    let pair = kept.read(|bytes| {
        let pair: Pair = serde_json::from_slice(bytes)?;
        check(pair.access_key, pair.secret_key)
    })?;
    if let Some(pair) = pair {
        return Ok((pair, false));
    }
    let drawn = accounts.draw_credentials();
    let pair = Pair { access_key: drawn.access_key.clone(), secret_key: drawn.secret.expose().to_owned() };
    kept.write(&serde_json::to_vec_pretty(&pair)?)?;
    Ok((drawn, true))
}
