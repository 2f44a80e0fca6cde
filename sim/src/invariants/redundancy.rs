//! After repair nothing is wrong with the store: every row and shard is there and true, and nothing is kept that nobody
//! names. Only where bits flipped, what nobody needs may stay, be it false or too much.

use keepers::{Verification, verify};
use semantics::Hall;

pub async fn check(hall: &Hall, rotted: bool) -> Result<(), String> {
    let verified = verify(hall, &Verification::default()).await.map_err(|fault| fault.to_string())?;
    if verified.is_clean() || rotted && verified.is_sound() {
        return Ok(());
    }
    Err(format!("a verification finds {:?}: {:#?}", verified.found, verified.findings))
}
