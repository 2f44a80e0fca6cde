//! What is listed is what can be read: the same keys, in order, each with the ETag and the size that a read answers.

use std::collections::BTreeMap;

/// ETag and size, by key.
pub type Shown = BTreeMap<String, (String, u64)>;

/// `listed` as it was answered, page after page.
pub fn check(listed: &[(String, (String, u64))], read: &Shown) -> Result<(), String> {
    let same = listed.iter().map(|(key, shown)| (key, shown)).eq(read.iter());
    if same { Ok(()) } else { Err(format!("a listing shows {listed:?}, and reads answer {read:?}")) }
}
