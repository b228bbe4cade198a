//! Points in time without a clock.
//!
//! The wire knows one spelling: `YYYY-MM-DDTHH:MM:SS[.ffffff](Z|±HH:MM)`. The reference accepts at
//! least seven others, each a second spelling of the same signed bytes (catalogue E05).

use core::fmt::Write as _;

/// What is wrong with a datetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not of the one accepted form, or no such day or hour.
    #[error("expected `YYYY-MM-DDTHH:MM:SS[.ffffff]` with `Z` or `±HH:MM`")]
    Noncanonical,
    /// The offset is missing (catalogue D07).
    #[error("the datetime names no offset from UTC")]
    Naive,
    /// Outside the years 1970 to 9999 (catalogue D08).
    #[error("the datetime is outside the years 1970 to 9999")]
    OutOfRange,
}

/// A moment, with the offset from UTC it was written in.
///
/// Two timestamps compare by the moment alone; [`Timestamp::offset_minutes`] is kept because the
/// signed bytes keep it.
///
/// ```
/// use trusthandoff::time::Timestamp;
/// let t = Timestamp::parse("2026-03-08T17:30:00+05:30")?;
/// assert_eq!(t.micros(), Timestamp::parse("2026-03-08T12:00:00Z")?.micros());
/// assert_eq!(t.zulu(), "2026-03-08T17:30:00+05:30");
/// # Ok::<(), trusthandoff::time::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Timestamp {
    micros: i64,
    offset_minutes: i16,
}

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
/// 9999-12-31T23:59:59.999999 in microseconds since 1970.
const LAST_MICRO: i64 = 253_402_300_799_999_999;

impl Timestamp {
    /// The moment `micros` microseconds after 1970-01-01T00:00:00Z, written in UTC.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] before 1970 or after 9999.
    pub fn from_micros(micros: i64) -> Result<Self, Error> {
        if (0..=LAST_MICRO).contains(&micros) { Ok(Self { micros, offset_minutes: 0 }) } else { Err(Error::OutOfRange) }
    }

    /// Parses the one form of the wire.
    ///
    /// # Errors
    /// [`Error::Naive`] without an offset, [`Error::OutOfRange`] outside 1970 to 9999, otherwise
    /// [`Error::Noncanonical`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let bytes = text.as_bytes();
        let (head, rest) = bytes.split_at_checked(19).ok_or(Error::Noncanonical)?;
        let (fraction, zone) = match rest.split_first() {
            Some((b'.', after)) => {
                let (digits, zone) = after.split_at_checked(6).ok_or(Error::Noncanonical)?;
                (number(digits)?, zone)
            }
            _ => (0, rest),
        };
        let local = parse_local(head)?;
        let offset_minutes = match zone {
            [] => return Err(Error::Naive),
            b"Z" => 0,
            [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
                let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
                if hours > 23 || minutes > 59 {
                    return Err(Error::Noncanonical);
                }
                let total = hours.saturating_mul(60).saturating_add(minutes);
                if *sign == b'-' { -total } else { total }
            }
            _ => return Err(Error::Noncanonical),
        };
        let offset = i16::try_from(offset_minutes).map_err(|_| Error::Noncanonical)?;
        let local = local?.saturating_add(fraction);
        Ok(Self { micros: local.saturating_sub(offset_minutes.saturating_mul(60 * MICROS_PER_SECOND)), offset_minutes: offset })
    }

    /// Parses any RFC 3339 datetime, for configuration and command lines; signed objects are read
    /// with [`Timestamp::parse`]. Digits below a microsecond are cut off.
    ///
    /// # Errors
    /// As [`Timestamp::parse`].
    pub fn parse_rfc3339(text: &str) -> Result<Self, Error> {
        let upper = text.to_ascii_uppercase().replacen(' ', "T", 1);
        let Some((head, tail)) = upper.split_once('.') else { return Self::parse(&upper) };
        let digits = tail.bytes().take_while(u8::is_ascii_digit).count();
        let (fraction, zone) = tail.split_at_checked(digits).ok_or(Error::Noncanonical)?;
        if fraction.is_empty() {
            return Err(Error::Noncanonical);
        }
        let micros: String = fraction.chars().chain("000000".chars()).take(6).collect();
        Self::parse(&format!("{head}.{micros}{zone}"))
    }

    /// Microseconds since 1970-01-01T00:00:00Z. Slightly negative for the first hours of 1970 in an
    /// eastern offset.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.micros
    }

    /// Milliseconds since 1970, rounded towards the past.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.micros.div_euclid(1000)
    }

    /// The offset from UTC in minutes, −1439 to 1439.
    #[must_use]
    pub const fn offset_minutes(self) -> i16 {
        self.offset_minutes
    }

    /// This moment plus whole seconds, keeping the offset (wire §2: `expires_at` keeps the offset of
    /// `issued_at`).
    ///
    /// # Errors
    /// [`Error::OutOfRange`] past the year 9999 or before 1970.
    pub fn plus_seconds(self, seconds: i64) -> Result<Self, Error> {
        let micros = seconds.checked_mul(MICROS_PER_SECOND).and_then(|d| self.micros.checked_add(d)).ok_or(Error::OutOfRange)?;
        let moved = Self { micros, offset_minutes: self.offset_minutes };
        if (0..=LAST_MICRO).contains(&moved.local_micros()) { Ok(moved) } else { Err(Error::OutOfRange) }
    }

    /// The signed spelling of packets: `T`, six fraction digits or none, `Z` for UTC.
    #[must_use]
    pub fn zulu(self) -> String {
        self.spell('T', "Z")
    }

    /// The spelling of the reference's wire (`isoformat`): like [`Timestamp::zulu`] with `+00:00`.
    #[must_use]
    pub fn iso(self) -> String {
        self.spell('T', "+00:00")
    }

    /// The signed spelling of capabilities (Python's `str`): a space and `+00:00`.
    #[must_use]
    pub fn spaced(self) -> String {
        self.spell(' ', "+00:00")
    }

    fn local_micros(self) -> i64 {
        self.micros.saturating_add(i64::from(self.offset_minutes).saturating_mul(60 * MICROS_PER_SECOND))
    }

    fn spell(self, separator: char, utc: &str) -> String {
        let local = self.local_micros();
        let (year, month, day) = civil(local.div_euclid(MICROS_PER_DAY));
        let in_day = local.rem_euclid(MICROS_PER_DAY);
        let (seconds, micros) = (in_day / MICROS_PER_SECOND, in_day % MICROS_PER_SECOND);
        let mut out = String::with_capacity(32);
        // Writing to a `String` cannot fail.
        let _ = write!(out, "{year:04}-{month:02}-{day:02}{separator}{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        if micros != 0 {
            let _ = write!(out, ".{micros:06}");
        }
        if self.offset_minutes == 0 {
            out.push_str(utc);
        } else {
            let sign = if self.offset_minutes < 0 { '-' } else { '+' };
            let minutes = self.offset_minutes.unsigned_abs();
            let _ = write!(out, "{sign}{:02}:{:02}", minutes / 60, minutes % 60);
        }
        out
    }
}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// By the moment first; the offset only breaks ties so that the order agrees with `Eq`.
impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        (self.micros, self.offset_minutes).cmp(&(other.micros, other.offset_minutes))
    }
}

/// `YYYY-MM-DDTHH:MM:SS` to microseconds. The outer error is the form's, the inner the range's, so
/// that a naive datetime of any year is reported as naive.
fn parse_local(head: &[u8]) -> Result<Result<i64, Error>, Error> {
    let [y1, y2, y3, y4, b'-', o1, o2, b'-', d1, d2, b'T', h1, h2, b':', m1, m2, b':', s1, s2] = head else {
        return Err(Error::Noncanonical);
    };
    let year = number(&[*y1, *y2, *y3, *y4])?;
    let (month, day) = (number(&[*o1, *o2])?, number(&[*d1, *d2])?);
    let (hour, minute, second) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?, number(&[*s1, *s2])?);
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) || hour > 23 || minute > 59 || second > 59 {
        return Err(Error::Noncanonical);
    }
    if !(1970..=9999).contains(&year) {
        return Ok(Err(Error::OutOfRange));
    }
    let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    Ok(Ok(seconds * MICROS_PER_SECOND))
}

fn number(digits: &[u8]) -> Result<i64, Error> {
    digits.iter().try_fold(0_i64, |n, d| if d.is_ascii_digit() { Ok(n * 10 + i64::from(d - b'0')) } else { Err(Error::Noncanonical) })
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar. Years are counted from
/// March, which puts the leap day last; 400 years repeat every 146 097 days.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days_from_civil`].
const fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::{Error, Timestamp};

    #[test]
    fn every_day_of_the_range_survives_a_round_trip() {
        for day in 0..=2_932_896_i64 {
            let t = Timestamp::from_micros(day * super::MICROS_PER_DAY).expect("in range");
            assert_eq!(Timestamp::parse(&t.zulu()), Ok(t));
        }
    }

    #[test]
    fn a_second_spelling_is_refused() {
        let cases = [
            ("2026-03-08t12:00:00Z", Error::Noncanonical),
            ("2026-03-08 12:00:00Z", Error::Noncanonical),
            ("2026-03-08_12:00:00Z", Error::Noncanonical),
            ("2026-03-08T12:00:00z", Error::Noncanonical),
            ("2026-03-08T12:00Z", Error::Noncanonical),
            ("2026-03-08T12:00:00.1Z", Error::Noncanonical),
            ("2026-03-08T12:00:00.1234567Z", Error::Noncanonical),
            ("2026-03-08T12:00:00,123456Z", Error::Noncanonical),
            ("2026-03-08T12:00:00+0530", Error::Noncanonical),
            ("2026-03-08T12:00:00+05", Error::Noncanonical),
            ("2026-03-08T12:00:00+24:00", Error::Noncanonical),
            ("2026-03-08T12:00:00+00:60", Error::Noncanonical),
            ("2026-03-08T12:00:00+00:09:21", Error::Noncanonical),
            ("2026-03-08T12:00:00\u{2212}05:30", Error::Noncanonical),
            ("2026-03-08T24:00:00Z", Error::Noncanonical),
            ("2026-03-08T12:00:60Z", Error::Noncanonical),
            ("2026-02-29T12:00:00Z", Error::Noncanonical),
            ("2026-13-01T12:00:00Z", Error::Noncanonical),
            (" 2026-03-08T12:00:00Z", Error::Noncanonical),
            ("2026-03-08T12:00:00Z ", Error::Noncanonical),
            ("2026-03-08", Error::Noncanonical),
            ("1772971200", Error::Noncanonical),
            ("", Error::Noncanonical),
            ("2026-03-08T12:00:00", Error::Naive),
            ("2026-03-08T12:00:00.123456", Error::Naive),
            ("0001-01-01T00:00:00Z", Error::OutOfRange),
            ("1969-12-31T23:59:59Z", Error::OutOfRange),
        ];
        for (text, error) in cases {
            assert_eq!(Timestamp::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn each_signed_object_has_its_own_spelling() {
        let cases = [
            ("2026-03-08T12:00:00Z", "2026-03-08T12:00:00Z", "2026-03-08T12:00:00+00:00", "2026-03-08 12:00:00+00:00"),
            ("2026-03-08T12:00:00-00:00", "2026-03-08T12:00:00Z", "2026-03-08T12:00:00+00:00", "2026-03-08 12:00:00+00:00"),
            (
                "2026-03-08T12:00:00.120000+00:00",
                "2026-03-08T12:00:00.120000Z",
                "2026-03-08T12:00:00.120000+00:00",
                "2026-03-08 12:00:00.120000+00:00",
            ),
            ("2026-03-08T12:00:00-00:30", "2026-03-08T12:00:00-00:30", "2026-03-08T12:00:00-00:30", "2026-03-08 12:00:00-00:30"),
        ];
        for (text, zulu, iso, spaced) in cases {
            let t = Timestamp::parse(text).expect(text);
            assert_eq!((t.zulu().as_str(), t.iso().as_str(), t.spaced().as_str()), (zulu, iso, spaced));
        }
    }

    #[test]
    fn arithmetic_stays_inside_the_calendar() {
        let t = Timestamp::parse("2026-03-08T12:00:00+05:30").expect("valid");
        assert_eq!(t.plus_seconds(900).map(Timestamp::zulu), Ok("2026-03-08T12:15:00+05:30".into()));
        assert_eq!(t.plus_seconds(1_000_000_000_000), Err(Error::OutOfRange));
        assert_eq!(t.plus_seconds(i64::MAX), Err(Error::OutOfRange));
    }

    #[test]
    fn configuration_may_use_all_of_rfc_3339() {
        for text in ["2026-03-08t12:00:00.5z", "2026-03-08 12:00:00.500000000Z", "2026-03-08T13:00:00.5+01:00"] {
            assert_eq!(Timestamp::parse_rfc3339(text).map(Timestamp::micros), Ok(1_772_971_200_500_000), "{text}");
        }
        assert_eq!(Timestamp::parse_rfc3339("2026-03-08T12:00:00.Z"), Err(Error::Noncanonical));
    }
}
