//! Secrets of access keys: sealed for their key alone, so that one moved to another row does not open.

use bytes::Bytes;
use catalog::table::KeptSecret;
use seal::{Fault, Sealer};
use sigv4::Secret;
use world::Random;

fn purpose(access_key: &str) -> String {
    format!("access-key/{access_key}")
}

pub fn seal_secret(
    sealer: &Sealer,
    random: &dyn Random,
    access_key: &str,
    secret: &Secret,
) -> Result<KeptSecret, Fault> {
    let sealed = sealer.seal(random, &purpose(access_key), secret.expose().as_bytes())?;
    Ok(KeptSecret::Sealed(Bytes::from(sealed)))
}

pub(crate) fn open_secret(sealer: &Sealer, access_key: &str, kept: KeptSecret) -> Result<Secret, Fault> {
    match kept {
        KeptSecret::Plain(secret) => Ok(Secret::new(secret)),
        KeptSecret::Sealed(sealed) => {
            let opened = sealer.open(&purpose(access_key), &sealed)?;
            // Only text is ever sealed here.
            let text = std::str::from_utf8(&opened).map_err(|_| Fault::Refused)?;
            Ok(Secret::new(text))
        }
    }
}
