//! Who fails too often is slowed down, and nobody else.
//!
//! An address may fail fifty times a minute, loopback a thousand times. After that its failures are answered with
//! `SlowDown`, which tells nothing about keys; and an access key that goes on failing from there is refused before
//! anything is computed, but for five trials a second. Others behind the same address (a NAT, a proxy) are let in as
//! ever: what verifies is never counted, and a key that lately verified from the address is always tried.
//!
//! A one-time code may fail ten times a minute on one device, from wherever: six digits are soon guessed.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use api::{Arrival, ErrorCode, S3Error};
use metrics::{counter, describe_counter};
use model::Timestamp;

const WINDOW_MS: i64 = 60_000;
const FAILURES_MAX: u32 = 50;
/// Of one's own machine: tests and a proxy beside the server come from there.
const FAILURES_MAX_LOOPBACK: u32 = 1000;
const CODES_MAX: u32 = 10;
/// A key that failed so often within the window, and did not verify, is suspect.
const SUSPECT_FROM: u32 = 5;
const TRIAL_MS: i64 = 200;
/// How long a key's success vouches for it.
const VOUCHED_MS: i64 = 10 * WINDOW_MS;
const SOURCES_MAX: usize = 4096;
const KEYS_MAX: usize = 32;

pub(crate) struct Throttle {
    sources: RwLock<HashMap<Source, Account>>,
    /// So long as no address ever failed, nothing is looked up.
    any: AtomicBool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Source {
    /// IPv6 by its network of 64 bits, which one host has for itself.
    Address(IpAddr),
    Device(String),
}

/// What is held against one source.
struct Account {
    max: u32,
    /// In thousandths: how much it may still fail.
    credit: i64,
    at: Timestamp,
    /// By a hash of the access key.
    keys: Vec<Failing>,
}

struct Failing {
    key: u64,
    failures: u32,
    last: Timestamp,
    trial: Timestamp,
}

/// Where and when a key last verified. Written by every request that does, hence no lock.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vouched(Arc<AtomicU64>);

impl Vouched {
    pub fn note(&self, arrival: &Arrival, now: Timestamp) {
        self.0.store(place(&Source::of(arrival), now), Ordering::Relaxed);
    }

    pub fn holds(&self, arrival: &Arrival, now: Timestamp) -> bool {
        let (known, here) = (self.0.load(Ordering::Relaxed), place(&Source::of(arrival), now));
        let age = (here as u32).wrapping_sub(known as u32);
        known >> 32 == here >> 32 && i64::from(age) * 1000 < VOUCHED_MS
    }
}

/// A hash of the source above the seconds.
fn place(source: &Source, now: Timestamp) -> u64 {
    hash(source) << 32 | u64::from(now.seconds() as u32)
}

fn hash(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Source {
    fn of(arrival: &Arrival) -> Self {
        Self::Address(match arrival.remote.ip().to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
            address => address,
        })
    }

    fn failures_max(&self) -> u32 {
        match self {
            Self::Device(_) => CODES_MAX,
            Self::Address(address)
                if address.is_loopback() || *address == IpAddr::V6(Ipv6Addr::UNSPECIFIED) =>
            {
                FAILURES_MAX_LOOPBACK
            }
            Self::Address(_) => FAILURES_MAX,
        }
    }
}

impl Account {
    fn new(source: &Source, now: Timestamp) -> Self {
        let max = source.failures_max();
        Self { max, credit: i64::from(max) * 1000, at: now, keys: Vec::new() }
    }

    fn credit(&self, now: Timestamp) -> i64 {
        let elapsed = (now.millis() - self.at.millis()).clamp(0, WINDOW_MS);
        let full = i64::from(self.max) * 1000;
        (self.credit + elapsed * full / WINDOW_MS).min(full)
    }

    fn is_limited(&self, now: Timestamp) -> bool {
        self.credit(now) < 1000
    }

    fn is_over(&self, now: Timestamp) -> bool {
        now.millis() - self.at.millis() > WINDOW_MS
    }

    fn is_suspect(&self, key: u64, now: Timestamp) -> bool {
        let fresh = |failing: &&Failing| now.millis() - failing.last.millis() <= WINDOW_MS;
        let failing = self.keys.iter().find(|failing| failing.key == key).filter(fresh);
        failing.is_some_and(|failing| failing.failures >= SUSPECT_FROM)
    }

    fn tries(&mut self, key: u64, now: Timestamp) -> bool {
        let Some(failing) = self.keys.iter_mut().find(|failing| failing.key == key) else { return true };
        let may = now >= failing.trial;
        if may {
            failing.trial = now.plus_millis(TRIAL_MS);
        }
        may
    }

    /// Whether it had failed too often already.
    fn fail(&mut self, key: u64, now: Timestamp) -> bool {
        let limited = self.is_limited(now);
        self.credit = self.credit(now) - if limited { 0 } else { 1000 };
        self.at = now;
        if let Some(failing) = self.keys.iter_mut().find(|failing| failing.key == key) {
            let old = now.millis() - failing.last.millis() > WINDOW_MS;
            failing.failures = if old { 1 } else { failing.failures.saturating_add(1) };
            failing.last = now;
            return limited;
        }
        if self.keys.len() >= KEYS_MAX {
            let oldest =
                self.keys.iter().enumerate().min_by_key(|(_, failing)| failing.last).map(|(at, _)| at);
            self.keys.swap_remove(oldest.unwrap_or_default());
        }
        self.keys.push(Failing { key, failures: 1, last: now, trial: now });
        limited
    }
}

impl Default for Throttle {
    fn default() -> Self {
        describe_counter!(
            "strongroom_authentication_failures_total",
            "Requests whose caller could not be proven, by reason"
        );
        Self { sources: RwLock::default(), any: AtomicBool::new(false) }
    }
}

impl Throttle {
    /// Before anything is computed. `vouched`: did the key lately verify from there?
    pub fn check(
        &self,
        arrival: &Arrival,
        access_key: &str,
        now: Timestamp,
        vouched: impl FnOnce() -> bool,
    ) -> Result<(), S3Error> {
        if !self.any.load(Ordering::Relaxed) {
            return Ok(());
        }
        let (source, key) = (Source::of(arrival), hash(access_key));
        let held = self.sources.read().unwrap_or_else(PoisonError::into_inner);
        let slow = held.get(&source).is_some_and(|held| held.is_limited(now) && held.is_suspect(key, now));
        drop(held);
        if !slow || vouched() {
            return Ok(());
        }
        let mut held = self.sources.write().unwrap_or_else(PoisonError::into_inner);
        if held.get_mut(&source).is_none_or(|held| held.tries(key, now)) {
            return Ok(());
        }
        drop(held);
        counted(ErrorCode::SlowDown);
        Err(ErrorCode::SlowDown.into())
    }

    /// A refusal of authentication, as it is to be answered.
    pub fn refused(&self, arrival: &Arrival, access_key: &str, now: Timestamp, error: S3Error) -> S3Error {
        counted(error.code);
        let guesses = matches!(
            error.code,
            ErrorCode::SignatureDoesNotMatch | ErrorCode::InvalidAccessKeyId | ErrorCode::InvalidToken
        );
        if guesses && self.fail(Source::of(arrival), hash(access_key), now) {
            return ErrorCode::SlowDown.into();
        }
        error
    }

    /// Before a code is compared. It counts as wrong until it proves right, so that many at once are no way around.
    pub fn try_code(&self, device: &str, now: Timestamp) -> Result<(), S3Error> {
        if self.fail(Source::Device(device.to_owned()), 0, now) {
            counted(ErrorCode::SlowDown);
            return Err(ErrorCode::SlowDown.into());
        }
        Ok(())
    }

    /// The try was no wrong guess: it is given back.
    pub fn forgive_code(&self, device: &str, now: Timestamp) {
        let mut held = self.sources.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = held.get_mut(&Source::Device(device.to_owned())) {
            held.credit = held.credit(now) + 1000;
            held.at = now;
        }
    }

    fn fail(&self, source: Source, key: u64, now: Timestamp) -> bool {
        if matches!(source, Source::Address(_)) {
            self.any.store(true, Ordering::Relaxed);
        }
        let mut held = self.sources.write().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= SOURCES_MAX && !held.contains_key(&source) {
            held.retain(|_, held| !held.is_over(now));
            if held.len() >= SOURCES_MAX {
                // So many fail at once that no address is the culprit; the table must not grow.
                held.clear();
            }
        }
        let new = Account::new(&source, now);
        held.entry(source).or_insert(new).fail(key, now)
    }
}

pub(crate) fn counted_wrong_code() {
    counter!("strongroom_authentication_failures_total", "reason" => "MultiFactorAuthentication")
        .increment(1);
}

/// Each refusal of authentication by its code.
pub(crate) fn counted(code: ErrorCode) {
    if code != ErrorCode::InternalError {
        counter!("strongroom_authentication_failures_total", "reason" => code.name()).increment(1);
    }
}

#[cfg(test)]
mod tests {
    use api::Service;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn from(address: &str) -> Arrival {
        Arrival {
            remote: (address.parse::<IpAddr>().unwrap(), 1).into(),
            secure: false,
            tls_version: None,
            audited: false,
            service: Service::S3,
            body_sha256: None,
        }
    }

    fn wrong(throttle: &Throttle, address: &str, key: &str, now: Timestamp) -> ErrorCode {
        if let Err(error) = throttle.check(&from(address), key, now, || false) {
            return error.code;
        }
        throttle.refused(&from(address), key, now, ErrorCode::SignatureDoesNotMatch.into()).code
    }

    #[test]
    fn after_fifty_failures_a_failing_key_is_slowed_down_and_after_a_while_heard_again() {
        let throttle = Throttle::default();
        for _ in 0..FAILURES_MAX {
            assert_eq!(wrong(&throttle, "192.0.2.1", "KEY", NOW), ErrorCode::SignatureDoesNotMatch);
        }
        assert_eq!(wrong(&throttle, "192.0.2.1", "KEY", NOW), ErrorCode::SlowDown);
        assert!(throttle.check(&from("192.0.2.1"), "KEY", NOW, || false).is_err());
        assert!(throttle.check(&from("192.0.2.1"), "KEY", NOW.plus_millis(TRIAL_MS), || false).is_ok());
        assert_eq!(
            wrong(&throttle, "192.0.2.1", "KEY", NOW.plus_millis(3000)),
            ErrorCode::SignatureDoesNotMatch
        );
        assert!(throttle.check(&from("192.0.2.1"), "KEY", NOW.plus_millis(2 * WINDOW_MS), || false).is_ok());
    }

    #[test]
    fn others_behind_the_address_and_elsewhere_are_let_in() {
        let throttle = Throttle::default();
        for _ in 0..1000 {
            wrong(&throttle, "192.0.2.1", "KEY", NOW);
        }
        let check =
            |address, key, vouched: bool| throttle.check(&from(address), key, NOW, || vouched).is_ok();
        assert!(!check("192.0.2.1", "KEY", false));
        assert!(check("192.0.2.1", "OTHER", false));
        assert!(check("192.0.2.1", "KEY", true));
        assert!(check("192.0.2.2", "KEY", false));
    }

    #[test]
    fn a_guesser_of_keys_learns_nothing_more() {
        let throttle = Throttle::default();
        let unknown = |key: &str| {
            throttle.refused(&from("192.0.2.1"), key, NOW, ErrorCode::InvalidAccessKeyId.into()).code
        };
        for guess in 0..FAILURES_MAX {
            assert_eq!(unknown(&format!("KEY{guess}")), ErrorCode::InvalidAccessKeyId);
        }
        assert_eq!(unknown("ANOTHER"), ErrorCode::SlowDown);
    }

    #[test]
    fn networks_of_ipv6_are_one_source_and_loopback_is_generous() {
        let throttle = Throttle::default();
        for host in 0..FAILURES_MAX {
            wrong(&throttle, &format!("2001:db8::{host:x}"), "KEY", NOW);
            wrong(&throttle, "127.0.0.1", "KEY", NOW);
            wrong(&throttle, "::1", "KEY", NOW);
        }
        assert_eq!(wrong(&throttle, "2001:db8::ffff", "KEY", NOW), ErrorCode::SlowDown);
        assert_eq!(wrong(&throttle, "2001:db8:0:1::1", "KEY", NOW), ErrorCode::SignatureDoesNotMatch);
        assert_eq!(wrong(&throttle, "127.0.0.1", "KEY", NOW), ErrorCode::SignatureDoesNotMatch);
        assert_eq!(wrong(&throttle, "::1", "KEY", NOW), ErrorCode::SignatureDoesNotMatch);
    }

    #[test]
    fn what_is_no_guess_is_not_held_against_anybody() {
        let throttle = Throttle::default();
        for _ in 0..1000 {
            let late = ErrorCode::RequestTimeTooSkewed;
            assert_eq!(throttle.refused(&from("192.0.2.1"), "KEY", NOW, late.into()).code, late);
        }
    }

    #[test]
    fn the_table_is_bounded() {
        let throttle = Throttle::default();
        for network in 0..2 * SOURCES_MAX {
            wrong(&throttle, &format!("10.{}.{}.1", network >> 8, network & 255), "KEY", NOW);
        }
        assert!(throttle.sources.read().unwrap().len() <= SOURCES_MAX);
    }

    #[test]
    fn codes_of_a_device_are_few() {
        let throttle = Throttle::default();
        for _ in 0..CODES_MAX {
            assert!(throttle.try_code("mfa", NOW).is_ok());
        }
        assert!(throttle.try_code("mfa", NOW).is_err());
        assert!(throttle.try_code("another", NOW).is_ok());
        assert!(throttle.try_code("mfa", NOW.plus_millis(WINDOW_MS / 10)).is_ok());
    }

    #[test]
    fn right_codes_cost_nothing() {
        let throttle = Throttle::default();
        for _ in 0..3 * CODES_MAX {
            assert!(throttle.try_code("mfa", NOW).is_ok());
            throttle.forgive_code("mfa", NOW);
        }
        for _ in 0..CODES_MAX {
            assert!(throttle.try_code("mfa", NOW).is_ok());
        }
        assert!(throttle.try_code("mfa", NOW).is_err());
    }

    #[test]
    fn a_success_vouches_for_its_place_and_for_a_while() {
        let vouched = Vouched::default();
        assert!(!vouched.holds(&from("192.0.2.1"), NOW));
        vouched.note(&from("192.0.2.1"), NOW);
        assert!(vouched.holds(&from("192.0.2.1"), NOW.plus_millis(5000)));
        assert!(!vouched.holds(&from("192.0.2.2"), NOW));
        assert!(!vouched.holds(&from("192.0.2.1"), NOW.plus_millis(VOUCHED_MS)));
    }
}
