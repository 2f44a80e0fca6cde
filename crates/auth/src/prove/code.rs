//! One-time codes of virtual MFA devices: of the time's step or one beside it, and each only once.
//!
//! Sources: RFC 6238 (TOTP), RFC 4226 (HOTP), AWS "Sample code: Requesting credentials with multi-factor authentication".

use api::{ErrorCode, S3Error};
use aws_lc_rs::hmac;
use bytes::Bytes;
use catalog::table::{DeviceRow, space};
use catalog::{Decision, Group, View, Write};
use model::{AccountId, Timestamp, arn};
use seal::{Fault, Sealer};
use subtle::ConstantTimeEq as _;
use world::Random;
use zeroize::Zeroizing;

use crate::authn::Auth;
use crate::caller::Caller;
use crate::fault::internal;
use crate::throttle::counted_wrong_code;

/// A code lives for this long.
pub const CODE_STEP_S: u64 = 30;
const DIGITS: usize = 6;

/// A device and the user who has it.
#[derive(Clone)]
struct Holding {
    account: AccountId,
    serial: String,
    device: String,
    /// `None` for the account's root, who may show a code of any of its users' devices: it cannot have one of its own.
    user: Option<String>,
}

impl Holding {
    fn has(&self, row: &DeviceRow) -> bool {
        let holder = row.user.as_ref().map(|(user, _)| user);
        holder.is_some_and(|holder| self.user.as_ref().is_none_or(|own| own == holder))
            && arn::device(self.account, &row.path, &row.name) == self.serial
    }
}

fn purpose(account: AccountId, device: &str) -> String {
    format!("mfa-device/{account}/{}", device.to_lowercase())
}

/// A device's seed as its row keeps it.
pub fn seal_seed(
    sealer: &Sealer,
    random: &dyn Random,
    account: AccountId,
    device: &str,
    seed: &[u8],
) -> Result<Bytes, Fault> {
    sealer.seal(random, &purpose(account, device), seed).map(Bytes::from)
}

pub fn open_seed(
    sealer: &Sealer,
    account: AccountId,
    device: &str,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Fault> {
    sealer.open(&purpose(account, device), sealed)
}

/// The step of the time whose code this is: now's or one beside it, after the last that was taken.
fn step_of(seed: &[u8], code: &str, now: Timestamp, last_step: u64) -> Option<u64> {
    let current = u64::try_from(now.seconds()).ok()? / CODE_STEP_S;
    // All are compared, so that the time taken tells nothing.
    (current.saturating_sub(1)..=current + 1).fold(None, |found, step| {
        let fits: bool = code_at(seed, step).as_bytes().ct_eq(code.as_bytes()).into();
        if fits && step > last_step { Some(step) } else { found }
    })
}

/// The code of one step of the time.
pub fn code_at(seed: &[u8], step: u64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, seed);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let at = usize::from(tag.last().copied().unwrap_or_default() & 15);
    let number = tag.iter().skip(at).take(4).fold(0u32, |number, byte| number << 8 | u32::from(*byte));
    format!("{:0DIGITS$}", (number & 0x7fff_ffff) % 1_000_000)
}

impl Auth {
    /// A user shows a code of a device of its own, a root one of any in its account.
    pub(super) async fn prove_code(
        &self,
        caller: Caller,
        serial: &str,
        code: &str,
    ) -> Result<Caller, S3Error> {
        let holding = holding(&caller, serial).ok_or_else(no_device)?;
        let (now, code, sealer) = (caller.situation().now, code.to_owned(), self.sealer().clone());
        let device = format!("{}/{}", holding.account, holding.device.to_lowercase());
        // Who does not have the device cannot use up its tries.
        let row = self.catalog().get(&space::device(holding.account, &holding.device)).map_err(internal)?;
        row.map(DeviceRow::decode)
            .transpose()
            .map_err(internal)?
            .filter(|row| holding.has(row))
            .ok_or_else(no_device)?;
        self.throttle().try_code(&device, now)?;
        let group = Group::new(space::identity_group(holding.account));
        let taken = self.catalog().commit(group, move |view, _| {
            Ok(match take(view, &sealer, &holding, &code, now)? {
                Ok(write) => Decision::Write(vec![write], ()),
                Err(refusal) => Decision::Refuse(refusal),
            })
        });
        let taken = taken.await;
        match &taken {
            Ok(Err(_)) => counted_wrong_code(),
            Ok(Ok(())) | Err(_) => self.throttle().forgive_code(&device, now),
        }
        taken.map_err(internal)??;
        Ok(caller.with_code(now))
    }
}

/// No stamp goes with it: what a device last showed changes no policy.
fn take(
    view: &dyn View,
    sealer: &Sealer,
    holding: &Holding,
    code: &str,
    now: Timestamp,
) -> Result<Result<Write, S3Error>, catalog::Fault> {
    let key = space::device(holding.account, &holding.device);
    let Some(row) = view.get(&key)? else { return Ok(Err(no_device())) };
    let row = DeviceRow::decode(row).map_err(|error| damaged(&error.to_string()))?;
    if !holding.has(&row) {
        return Ok(Err(no_device()));
    }
    let seed = open_seed(sealer, holding.account, &row.name, &row.seed);
    let seed = seed.map_err(|fault| damaged(&fault.to_string()))?;
    Ok(match step_of(&seed, code, now, row.last_step) {
        Some(step) => Ok(Write::put(key, DeviceRow { last_step: step, ..row }.encode())),
        None => Err(denied("MultiFactorAuthentication failed with invalid MFA one time pass code. ")),
    })
}

/// `arn:aws:iam::111122223333:mfa/path/name`, of the calling user's account.
fn holding(caller: &Caller, serial: &str) -> Option<Holding> {
    let identity = caller.identity()?;
    let user = match &identity.subject {
        policy::Caller::User(user) => Some(user.name.to_lowercase()),
        policy::Caller::Root(_) => None,
        _ => return None,
    };
    let device = arn::Entity::parse(serial).filter(|named| named.kind == "mfa")?.name.to_owned();
    Some(Holding { account: identity.account, serial: serial.to_owned(), device, user })
}

fn no_device() -> S3Error {
    denied(
        "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is \
         valid and associated with this user.",
    )
}

fn denied(message: &'static str) -> S3Error {
    S3Error::with_message(ErrorCode::AccessDenied, message)
}

fn damaged(what: &str) -> catalog::Fault {
    catalog::Fault::corrupt("MFA device", what)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: &[u8] = b"12345678901234567890";

    /// The vectors of RFC 6238, appendix B, cut to six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(code_at(SEED, seconds / 30), code);
        }
    }

    #[test]
    fn a_code_is_taken_once_and_near_its_time_alone() {
        let at = |seconds| Timestamp::from_seconds(seconds);
        assert_eq!(step_of(SEED, "287082", at(59), 0), Some(1));
        assert_eq!(step_of(SEED, "287082", at(89), 0), Some(1));
        assert_eq!(step_of(SEED, "287082", at(0), 0), Some(1));
        assert_eq!(step_of(SEED, "287082", at(90), 0), None);
        assert_eq!(step_of(SEED, "287082", at(59), 1), None);
        assert_eq!(step_of(SEED, "287083", at(59), 0), None);
        assert_eq!(step_of(SEED, "", at(59), 0), None);
    }
}
