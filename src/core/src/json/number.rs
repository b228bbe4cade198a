//! Numbers: integers of any size as their digits, finite floats as doubles.

use core::cmp::Ordering;
use core::fmt;

use crate::limits::MAX_INTEGER_DIGITS;

/// An integer of any size, kept as its canonical decimal digits.
///
/// ```
/// use trusthandoff::json::Integer;
/// assert_eq!(Integer::from(7_i64).to_i64(), Some(7));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Integer(String);

impl Integer {
    /// From canonical digits: no leading zero, no `+`, no `-0`, at most
    /// [`MAX_INTEGER_DIGITS`] of them.
    #[must_use]
    pub fn from_digits(text: &str) -> Option<Self> {
        Self::is_canonical(text).then(|| Self::of(text))
    }

    pub(super) fn is_canonical(text: &str) -> bool {
        let digits = text.strip_prefix('-').unwrap_or(text);
        !digits.is_empty()
            && digits.len() <= MAX_INTEGER_DIGITS
            && digits.bytes().all(|b| b.is_ascii_digit())
            && (!digits.starts_with('0') || text == "0")
    }

    /// Of canonical digits.
    pub(super) fn of(digits: &str) -> Self {
        Self(digits.to_owned())
    }

    /// The decimal digits, with a leading `-` when negative.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value, if it fits.
    #[must_use]
    pub fn to_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// The value, if it fits.
    #[must_use]
    pub fn to_u128(&self) -> Option<u128> {
        self.0.parse().ok()
    }

    /// Whether the value is below zero.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.0.starts_with('-')
    }

    /// The value, or the nearest bound of `i64` where it does not fit.
    #[must_use]
    pub fn saturating_i64(&self) -> i64 {
        self.to_i64().unwrap_or(if self.is_negative() { i64::MIN } else { i64::MAX })
    }

    /// The value, or the nearest end of the range of `i128`.
    #[must_use]
    pub fn saturating_i128(&self) -> i128 {
        self.0.parse().unwrap_or(if self.is_negative() { i128::MIN } else { i128::MAX })
    }
}

/// Zero.
impl Default for Integer {
    fn default() -> Self {
        Self("0".to_owned())
    }
}

impl Ord for Integer {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_negative(), other.is_negative()) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            // Canonical digits: the longer number is the larger one, then the digits decide.
            (false, false) => (self.0.len(), &self.0).cmp(&(other.0.len(), &other.0)),
            (true, true) => (other.0.len(), &other.0).cmp(&(self.0.len(), &self.0)),
        }
    }
}

impl PartialOrd for Integer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<i64> for Integer {
    fn from(n: i64) -> Self {
        Self(n.to_string())
    }
}

impl From<u128> for Integer {
    fn from(n: u128) -> Self {
        Self(n.to_string())
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A finite double.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Float(f64);

impl Float {
    /// `None` for NaN and the infinities, which no signed object may hold (catalogue E04).
    #[must_use]
    pub fn new(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self(value))
    }

    /// The value.
    #[must_use]
    pub const fn value(self) -> f64 {
        self.0
    }

    /// The shortest decimal digits that read back as this value, the even ones of two equally near,
    /// without trailing zeros, and the decimal exponent `k` for which |value| = 0.d₁d₂… × 10^k. Zero gives no digits.
    pub(super) fn shortest(self) -> (String, i32) {
        let mut buffer = ryu::Buffer::new();
        let text = buffer.format_finite(self.0.abs());
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let leading = digits.len().saturating_sub(digits.trim_start_matches('0').len());
        // Both lengths are below 30.
        let point = i32::try_from(whole.len()).unwrap_or(0) - i32::try_from(leading).unwrap_or(0);
        (digits.trim_matches('0').to_owned(), exponent.parse::<i32>().unwrap_or(0) + point)
    }
}
