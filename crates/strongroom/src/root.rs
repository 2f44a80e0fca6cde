//! Root credentials: from the environment, or drawn on the first start, kept with mode 0600 and shown once.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use auth::{Accounts, Credentials};
use serde::{Deserialize, Serialize};
use sigv4::Secret;

const FILE: &str = "root-credentials.json";
const ACCESS_KEY: &str = "STRONGROOM_ROOT_ACCESS_KEY";
const SECRET_KEY: &str = "STRONGROOM_ROOT_SECRET_KEY";
const SECRET_BYTES_MIN: usize = 8;

#[derive(Serialize, Deserialize)]
struct Kept {
    access_key: String,
    secret_key: String,
}

/// The credentials, and whether they were drawn just now (so that they must be shown).
pub fn credentials(data: &Path, accounts: &Accounts) -> anyhow::Result<(Credentials, bool)> {
    match (std::env::var(ACCESS_KEY), std::env::var(SECRET_KEY)) {
        (Ok(access_key), Ok(secret)) => Ok((check(access_key, secret)?, false)),
        (Err(_), Err(_)) => kept_or_drawn(data, accounts),
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

fn kept_or_drawn(data: &Path, accounts: &Accounts) -> anyhow::Result<(Credentials, bool)> {
    let path = data.join(FILE);
    if path.try_exists()? {
        let mode = fs::metadata(&path)?.permissions().mode();
        if mode & 0o077 != 0 {
            bail!("{} can be read by others; run: chmod 600 {}", path.display(), path.display());
        }
        let text = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        let kept: Kept =
            serde_json::from_slice(&text).with_context(|| format!("reading {}", path.display()))?;
        return Ok((check(kept.access_key, kept.secret_key)?, false));
    }
    let drawn = accounts.draw_credentials();
    keep(data, &drawn).with_context(|| format!("writing {}", path.display()))?;
    Ok((drawn, true))
}

/// Whole and durable, or not at all: a half-written file would lock everybody out.
fn keep(data: &Path, drawn: &Credentials) -> anyhow::Result<()> {
    let kept = Kept { access_key: drawn.access_key.clone(), secret_key: drawn.secret.expose().to_owned() };
    let (path, draft) = (data.join(FILE), data.join(format!("{FILE}.new")));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(&serde_json::to_vec_pretty(&kept)?)?;
    file.sync_all()?;
    fs::rename(&draft, &path)?;
    fs::File::open(data)?.sync_all()?;
    Ok(())
}
