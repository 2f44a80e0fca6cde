//! A moment, in milliseconds, and the three ways in which S3 writes it.

use thiserror::Error;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a date that S3 understands")]
pub struct TimestampError;

const ISO_SECONDS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
const BASIC: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]T[hour][minute][second]Z");
const HTTP: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
// Its two-digit year is widened before it is read.
const RFC850: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:long], [day]-[month repr:short]-[year] [hour]:[minute]:[second] GMT");
const ASCTIME: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short] [month repr:short] [day padding:space] [hour]:[minute]:[second] [year]"
);

/// 0000-01-01T00:00:00Z.
const YEAR_0: Timestamp = Timestamp::from_seconds(-62_167_219_200);
/// 10000-01-01T00:00:00Z.
const YEAR_10000: Timestamp = Timestamp::from_seconds(253_402_300_800);

impl Timestamp {
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    pub const fn millis(self) -> i64 {
        self.0
    }

    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This moment without its milliseconds: the precision of HTTP dates.
    pub const fn truncated_to_seconds(self) -> Self {
        Self(self.seconds() * 1000)
    }

    /// The whole second that it is or that comes next.
    pub const fn rounded_up_to_seconds(self) -> Self {
        let down = self.truncated_to_seconds();
        if down.0 == self.0 { down } else { down.plus_millis(1000) }
    }

    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    fn date_time(self) -> OffsetDateTime {
        // Moments outside the calendar's range print as its first day: a wrong date, never a crash.
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// `2026-11-22T06:24:30.000Z`, as in S3's XML bodies.
    pub fn to_iso8601(self) -> String {
        let moment = self.date_time();
        let (hour, minute, second, millis) = moment.time().as_hms_milli();
        let mut text = String::with_capacity(24);
        put(&mut text, moment.year().unsigned_abs(), 4);
        for (mark, number) in ['-', '-', 'T', ':', ':'].into_iter().zip([
            moment.month().into(),
            moment.day(),
            hour,
            minute,
            second,
        ]) {
            text.push(mark);
            put(&mut text, u32::from(number), 2);
        }
        text.push('.');
        put(&mut text, u32::from(millis), 3);
        text.push('Z');
        text
    }

    /// `Sun, 22 Nov 2026 06:24:30 GMT`, as in HTTP headers (RFC 9110 §5.6.7).
    pub fn to_http_date(self) -> String {
        const DAYS: [&str; 7] = ["Mon, ", "Tue, ", "Wed, ", "Thu, ", "Fri, ", "Sat, ", "Sun, "];
        const MONTHS: [&str; 12] = [
            " Jan ", " Feb ", " Mar ", " Apr ", " May ", " Jun ", " Jul ", " Aug ", " Sep ", " Oct ",
            " Nov ", " Dec ",
        ];
        let moment = self.date_time();
        let (hour, minute, second) = moment.time().as_hms();
        let mut text = String::with_capacity(29);
        text.push_str(DAYS[usize::from(moment.weekday().number_days_from_monday())]);
        put(&mut text, u32::from(moment.day()), 2);
        text.push_str(MONTHS[usize::from(u8::from(moment.month())) - 1]);
        put(&mut text, moment.year().unsigned_abs(), 4);
        for (mark, number) in [' ', ':', ':'].into_iter().zip([hour, minute, second]) {
            text.push(mark);
            put(&mut text, u32::from(number), 2);
        }
        text.push_str(" GMT");
        text
    }

    /// `20261122T062430Z`, as in `x-amz-date`.
    pub fn to_basic(self) -> String {
        self.date_time().format(BASIC).unwrap_or_default()
    }

    pub fn parse_iso8601(text: &str) -> Result<Self, TimestampError> {
        let (seconds, rest) = text.split_at_checked(19).ok_or(TimestampError)?;
        let dated = PrimitiveDateTime::parse(seconds, ISO_SECONDS).map_err(|_| TimestampError)?;
        let zone_at = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
        let (fraction, zone) = rest.split_at(zone_at);
        let millis = fraction_millis(fraction)? - offset_minutes(zone)? * 60_000;
        Self::written(dated, millis)
    }

    /// Reads the three forms of RFC 9110 §5.6.7, and the first with the numeric zone of RFC 5322, which botocore sends.
    pub fn parse_http_date(text: &str) -> Result<Self, TimestampError> {
        let in_words = text.strip_suffix("-0000").or_else(|| text.strip_suffix("+0000"));
        let in_words = in_words.map(|dated| format!("{dated}GMT"));
        let text = in_words.as_deref().unwrap_or(text);
        let dated = [(HTTP, text), (RFC850, &widen_rfc850_year(text)), (ASCTIME, text)]
            .into_iter()
            .find_map(|(form, text)| PrimitiveDateTime::parse(text, form).ok())
            .ok_or(TimestampError)?;
        Self::written(dated, 0)
    }

    /// Reads `x-amz-date`.
    pub fn parse_basic(text: &str) -> Result<Self, TimestampError> {
        // By hand: every signed request has one, and reading it by its description shows in a small one's profile.
        let bytes: &[u8; 16] = text.as_bytes().try_into().map_err(|_| TimestampError)?;
        let number = |digits: std::ops::Range<usize>| {
            bytes[digits].iter().try_fold(0_u16, |number, byte| {
                byte.is_ascii_digit().then(|| number * 10 + u16::from(byte - b'0')).ok_or(TimestampError)
            })
        };
        if (bytes[8], bytes[15]) != (b'T', b'Z') {
            return Err(TimestampError);
        }
        let two = |at: usize| number(at..at + 2).map(|number| number as u8);
        let month = Month::try_from(two(4)?).map_err(|_| TimestampError)?;
        let date = Date::from_calendar_date(i32::from(number(0..4)?), month, two(6)?);
        let time = Time::from_hms(two(9)?, two(11)?, two(13)?);
        let (Ok(date), Ok(time)) = (date, time) else { return Err(TimestampError) };
        Self::written(PrimitiveDateTime::new(date, time), 0)
    }

    /// Only years that all of the forms can write: an earlier or later one would not read back.
    fn written(dated: PrimitiveDateTime, millis: i64) -> Result<Self, TimestampError> {
        let moment = Self::from_seconds(dated.assume_utc().unix_timestamp()).plus_millis(millis);
        if (YEAR_0..YEAR_10000).contains(&moment) { Ok(moment) } else { Err(TimestampError) }
    }

    /// Reads whichever of the three forms it is, as S3 does for the `Date` header.
    pub fn parse_any(text: &str) -> Result<Self, TimestampError> {
        Self::parse_basic(text)
            .or_else(|_| Self::parse_iso8601(text))
            .or_else(|_| Self::parse_http_date(text))
    }
}

/// `06-Nov-94` → `06-Nov-1994`; years below 70 belong to this century.
/// The last digits of a number. By hand, because dates stand on every answer and a thousand times in a listing.
fn put(text: &mut String, number: u32, digits: u32) {
    for place in (0..digits).rev() {
        text.push(char::from(b'0' + (number / 10_u32.pow(place) % 10) as u8));
    }
}

fn widen_rfc850_year(text: &str) -> String {
    match text.rfind('-').filter(|at| text.get(at + 3..at + 4) == Some(" ")) {
        Some(at) => {
            let century = if text[at + 1..] < *"70" { "20" } else { "19" };
            format!("{}{century}{}", &text[..=at], &text[at + 1..])
        }
        None => text.to_owned(),
    }
}

/// `.123456` → 123; digits below a millisecond are dropped.
fn fraction_millis(text: &str) -> Result<i64, TimestampError> {
    if text.is_empty() {
        return Ok(0);
    }
    let digits = text.strip_prefix('.').filter(|d| !d.is_empty()).ok_or(TimestampError)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(TimestampError);
    }
    format!("{digits:0<3}")[..3].parse().map_err(|_| TimestampError)
}

/// ``, `Z` or `+hh:mm`.
fn offset_minutes(text: &str) -> Result<i64, TimestampError> {
    let (sign, digits) = match text.as_bytes() {
        [] | [b'Z'] => return Ok(0),
        [b'+', h1, h2, b':', m1, m2] => (1, [h1, h2, m1, m2]),
        [b'-', h1, h2, b':', m1, m2] => (-1, [h1, h2, m1, m2]),
        _ => return Err(TimestampError),
    };
    if !digits.iter().all(|digit| digit.is_ascii_digit()) {
        return Err(TimestampError);
    }
    let [h1, h2, m1, m2] = digits.map(|digit| i64::from(digit - b'0'));
    Ok(sign * ((h1 * 10 + h2) * 60 + m1 * 10 + m2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_reads_back_what_it_wrote() {
        let moment = Timestamp::from_millis(1_795_328_670_123);
        assert_eq!(Timestamp::parse_iso8601(&moment.to_iso8601()), Ok(moment));
        let seconds = moment.truncated_to_seconds();
        assert_eq!(Timestamp::parse_http_date(&moment.to_http_date()), Ok(seconds));
        assert_eq!(Timestamp::parse_basic(&moment.to_basic()), Ok(seconds));
        assert_eq!(Timestamp::parse_basic("20261122T062430Z"), Ok(seconds));
        for odd in [
            "20261122T062460Z",
            "20261322T062430Z",
            "20260230T062430Z",
            "+0261122T062430Z",
            "20261122 062430Z",
            "2026112T062430Z",
            "20261122T2430ääZ",
        ] {
            assert_eq!(Timestamp::parse_basic(odd), Err(TimestampError), "{odd}");
        }
        assert_eq!(moment.to_iso8601(), "2026-11-22T06:24:30.123Z");
        assert_eq!(moment.to_http_date(), "Sun, 22 Nov 2026 06:24:30 GMT");
    }

    #[test]
    fn old_http_forms_and_offsets_are_read() {
        let expected = Ok(Timestamp::from_seconds(784_111_777));
        assert_eq!(Timestamp::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), expected);
        assert_eq!(Timestamp::parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), expected);
        assert_eq!(Timestamp::parse_http_date("Sun, 06 Nov 1994 08:49:37 -0000"), expected);
        assert_eq!(Timestamp::parse_http_date("Sun Nov  6 08:49:37 1994"), expected);
        assert_eq!(Timestamp::parse_iso8601("1994-11-06T09:49:37+01:00"), expected);
        assert_eq!(Timestamp::parse_iso8601("1994-11-06T08:49:37Z"), expected);
        assert!(Timestamp::parse_any("yesterday").is_err());
        assert!(Timestamp::parse_any("1994-11-06T08:49:37+999999999999999999:00").is_err());
    }

    #[test]
    fn an_offset_has_one_sign_and_four_digits() {
        for zone in ["Z05:30", "+5:3", "+++5:30", "++5:+3", "+05:3", "+0530", "-", "+é:30"] {
            assert!(Timestamp::parse_iso8601(&format!("1994-11-06T09:49:37{zone}")).is_err(), "{zone}");
        }
    }

    #[test]
    fn years_that_cannot_be_written_are_not_read() {
        for text in [
            "0000-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59-23:59",
            "-00011122T062430Z",
            "Sun, 06 Nov -1994 08:49:37 GMT",
        ] {
            assert!(Timestamp::parse_any(text).is_err(), "{text}");
        }
        assert!(Timestamp::parse_any("0000-01-01T00:00:00Z").is_ok());
        assert!(Timestamp::parse_any("9999-12-31T23:59:59.999Z").is_ok());
    }
}
