//! The strict parser (RFC 8259, and stricter where a looser reading is an attack).

use std::borrow::Cow;

use super::{Float, Integer, Raw, Value, float, shown};
use crate::limits::{MAX_FIELDS, MAX_INTEGER_DIGITS, MAX_NESTING};

/// Why a text is refused. Each names the byte offset at which it was seen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not UTF-8.
    #[error("the text is not UTF-8 at byte {0}")]
    Utf8(usize),
    /// Not JSON; `NaN` and `Infinity` are no JSON either.
    #[error("malformed JSON at byte {at}: expected {expected}")]
    Malformed {
        /// Byte offset.
        at: usize,
        /// What would have been well-formed there.
        expected: &'static str,
    },
    /// A key stands twice in one object (catalogue E02).
    #[error("the key `{key}` stands twice in one object")]
    DuplicateKey {
        /// The repeated key.
        key: String,
    },
    /// Nested deeper than [`MAX_NESTING`] (catalogue E07).
    #[error("nested deeper than {MAX_NESTING} levels at byte {0}")]
    TooDeep(usize),
    /// An integer of more than [`MAX_INTEGER_DIGITS`] digits (catalogue E08).
    #[error("an integer of more than {MAX_INTEGER_DIGITS} digits at byte {0}")]
    IntegerTooLarge(usize),
    /// A float beyond the largest double (catalogue E04).
    #[error("a number that is not finite at byte {0}")]
    NotFinite(usize),
    /// The integer `-0` (catalogue E14).
    #[error("the integer `-0` at byte {0}")]
    NegativeZero(usize),
    /// An unpaired surrogate escape (catalogue E09).
    #[error("an unpaired surrogate at byte {0}")]
    Surrogate(usize),
}

/// Parses one JSON text.
///
/// # Errors
/// [`Error`] for the first fault met, left to right.
///
/// ```
/// use trusthandoff::json::{parse, Value, Error};
/// assert!(matches!(parse(b"[1, 1.0]")?, Value::Array(_)));
/// assert!(matches!(parse(br#"{"a":1,"a":2}"#), Err(Error::DuplicateKey { .. })));
/// # Ok::<(), Error>(())
/// ```
pub fn parse(bytes: &[u8]) -> Result<Value, Error> {
    let text = core::str::from_utf8(bytes).map_err(|e| Error::Utf8(e.valid_up_to()))?;
    Parser::new(text, false).document()
}

/// As [`parse`], where what stands deep is kept as text: the object that the text is and the objects among its members are made, any
/// array, and any object further down or of more than [`MAX_FIELDS`] members, is a [`Value::Raw`]. Takes no more memory than a few
/// times the text. The text may nest `more` levels deeper than others.
///
/// # Errors
/// [`Error`] for the first fault met, left to right.
///
/// ```
/// use trusthandoff::json::{Style, Value, parse_lazily, write};
/// let value = parse_lazily(br#"{"b": {"c": [1, {"d": 2}]}, "a": 1e0}"#, 0)?;
/// assert!(matches!(value.member("b").and_then(|b| b.member("c")), Some(Value::Raw(_))));
/// assert_eq!(write(&value, Style::COMPACT), r#"{"a":1.0,"b":{"c":[1,{"d":2}]}}"#);
/// # Ok::<(), trusthandoff::json::Error>(())
/// ```
pub fn parse_lazily(bytes: &[u8], more: usize) -> Result<Value, Error> {
    let text = core::str::from_utf8(bytes).map_err(|e| Error::Utf8(e.valid_up_to()))?;
    Parser::lazy(text, 2).deeper(more).document()
}

/// As [`parse`], for the frame around signed objects: what is well-formed JSON is read on past other
/// faults, the first of which is returned beside the value, so that an answer can name its request.
///
/// # Errors
/// [`Error::Utf8`], [`Error::Malformed`] or [`Error::TooDeep`].
pub fn parse_frame(bytes: &[u8]) -> Result<(Value, Option<Error>), Error> {
    let text = core::str::from_utf8(bytes).map_err(|e| Error::Utf8(e.valid_up_to()))?;
    let mut parser = Parser::new(text, true);
    let value = parser.document()?;
    Ok((value, parser.fault))
}

pub(super) struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    pub(super) at: usize,
    depth: usize,
    /// Deepest nesting that is read.
    most: usize,
    /// How deep objects are made; what stands deeper, and arrays, are kept as text.
    made: usize,
    /// Whether values are read past: each is null.
    skips: bool,
    /// Whether the text has been read before.
    is_known: bool,
    /// Whether faults of content are noted and read past.
    is_frame: bool,
    fault: Option<Error>,
    /// The keys of the objects that are being read, those of the innermost last.
    keys: Vec<Keyed<'a>>,
}

/// A key, and the number of its member.
pub(super) type Keyed<'a> = (Cow<'a, str>, usize);

impl<'a> Parser<'a> {
    pub(super) const fn new(text: &'a str, is_frame: bool) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            depth: 0,
            most: MAX_NESTING,
            made: usize::MAX,
            skips: false,
            is_known: false,
            is_frame,
            fault: None,
            keys: Vec::new(),
        }
    }

    /// As [`parse_lazily`], with objects made so deep.
    pub(super) fn lazy(text: &'a str, made: usize) -> Self {
        Self { made, ..Self::new(text, false) }
    }

    /// For a text that has been read before: what is read past is not examined again.
    pub(super) fn known(text: &'a str, made: usize) -> Self {
        Self { is_known: true, most: usize::MAX, ..Self::lazy(text, made) }
    }

    pub(super) fn deeper(self, more: usize) -> Self {
        Self { most: MAX_NESTING.saturating_add(more), ..self }
    }

    pub(super) fn document(&mut self) -> Result<Value, Error> {
        self.skip_space();
        let value = self.value()?;
        self.skip_space();
        if self.at == self.bytes.len() { Ok(value) } else { Err(self.malformed("the end of the text")) }
    }

    fn fault(&mut self, error: Error) -> Result<(), Error> {
        if !self.is_frame {
            return Err(error);
        }
        self.fault.get_or_insert(error);
        Ok(())
    }

    pub(super) fn value(&mut self) -> Result<Value, Error> {
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => self.string().map(|text| self.made(|| Value::String(text.into_owned()))),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal("true", Value::Bool(true)),
            Some(b'f') => self.literal("false", Value::Bool(false)),
            Some(b'n') => self.literal("null", Value::Null),
            _ => Err(self.malformed("a value")),
        }
    }

    fn made(&self, value: impl FnOnce() -> Value) -> Value {
        if self.skips { Value::Null } else { value() }
    }

    /// Reads past a value and gives its text.
    pub(super) fn past(&mut self) -> Result<&'a str, Error> {
        let start = self.at;
        let skipped = core::mem::replace(&mut self.skips, true);
        if self.is_known && matches!(self.peek(), Some(b'{' | b'[')) {
            self.at = end_of(self.text, start);
        } else {
            self.value()?;
        }
        self.skips = skipped;
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Option<Value>, Error>) -> Result<Value, Error> {
        let is_kept = !self.skips && self.made != usize::MAX && (self.depth >= self.made || self.peek() == Some(b'['));
        if is_kept {
            return self.past().map(|text| Value::Raw(Raw::new(text)));
        }
        if self.depth == self.most {
            return Err(Error::TooDeep(self.at));
        }
        let (start, skipped) = (self.at, self.skips);
        self.depth += 1;
        self.at += 1;
        let value = read(self)?;
        self.depth -= 1;
        self.skips = skipped;
        Ok(value.unwrap_or_else(|| self.made(|| Value::Raw(Raw::new(self.text.get(start..self.at).unwrap_or_default())))))
    }

    /// `None` where it is not made.
    fn object(&mut self) -> Result<Option<Value>, Error> {
        let mut members = Vec::new();
        let outer = self.keys.len();
        self.skip_space();
        if self.take(b'}') {
            return Ok(Some(self.made(|| Value::Object(members))));
        }
        loop {
            self.skip_space();
            let key = self.key()?;
            if !self.is_known {
                self.keys.push((key.clone(), 0));
            }
            let value = self.value()?;
            if !self.skips {
                members.push((key.into_owned(), value));
                if members.len() > MAX_FIELDS && self.made != usize::MAX {
                    members = Vec::new();
                    self.skips = true;
                }
            }
            self.skip_space();
            if self.take(b'}') {
                break;
            }
            self.expect(b',', "`,` or `}`")?;
        }
        if let Some(key) = self.repeated_key(outer) {
            self.fault(Error::DuplicateKey { key })?;
        }
        Ok(if self.skips { None } else { Some(Value::Object(members)) })
    }

    /// A key and the colon behind it.
    pub(super) fn key(&mut self) -> Result<Cow<'a, str>, Error> {
        if self.peek() != Some(b'"') {
            return Err(self.malformed("a key in double quotes"));
        }
        let key = self.string()?;
        self.skip_space();
        self.expect(b':', "`:`")?;
        self.skip_space();
        Ok(key)
    }

    /// A key that stands more than once in the object whose keys begin at `outer`. Sorted rather than hashed, so that chosen keys
    /// cannot make it slow.
    fn repeated_key(&mut self, outer: usize) -> Option<String> {
        let mut keys = self.keys.split_off(outer);
        sort(&mut keys);
        keys.windows(2).find_map(|pair| match pair {
            [(a, _), (b, _)] if a == b => Some(shown(a)),
            _ => None,
        })
    }

    fn array(&mut self) -> Result<Option<Value>, Error> {
        let mut items = Vec::new();
        self.skip_space();
        if !self.take(b']') {
            loop {
                self.skip_space();
                let item = self.value()?;
                if !self.skips {
                    items.push(item);
                }
                self.skip_space();
                if self.take(b']') {
                    break;
                }
                self.expect(b',', "`,` or `]`")?;
            }
        }
        Ok(if self.skips { None } else { Some(Value::Array(items)) })
    }

    /// A string: the part of the text that it is, or what its escapes stand for.
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, Error> {
        self.at += 1;
        let mut out = Cow::Borrowed("");
        loop {
            let start = self.at;
            // One loop over a slice: this is where reading spends its time.
            let rest = self.bytes.get(start..).unwrap_or_default();
            self.at += rest.iter().position(|b| *b == b'"' || *b == b'\\' || *b < 0x20).unwrap_or(rest.len());
            // The run ends at an ASCII byte or the end of the text, so it is a boundary of characters.
            let run = self.text.get(start..self.at).unwrap_or_default();
            match &mut out {
                Cow::Owned(out) => out.push_str(run),
                Cow::Borrowed(out) => *out = run,
            }
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    let c = self.escape()?;
                    out.to_mut().push(c);
                }
                _ => return Err(self.malformed("a closing `\"`, control characters escaped")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Error> {
        let c = match self.peek() {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode_escape();
            }
            _ => return Err(self.malformed("an escape of RFC 8259 §7")),
        };
        self.at += 1;
        Ok(c)
    }

    fn unicode_escape(&mut self) -> Result<char, Error> {
        let start = self.at.saturating_sub(2);
        let first = self.code_unit()?;
        let code = match first {
            0xd800..=0xdbff => {
                if !self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(b"\\u")) {
                    self.fault(Error::Surrogate(start))?;
                    return Ok(char::REPLACEMENT_CHARACTER);
                }
                self.at += 2;
                match self.code_unit()? {
                    low @ 0xdc00..=0xdfff => 0x1_0000 + ((first - 0xd800) << 10) + (low - 0xdc00),
                    _ => first,
                }
            }
            other => other,
        };
        // Only an unpaired surrogate is no character.
        match char::from_u32(code) {
            Some(c) => Ok(c),
            None => self.fault(Error::Surrogate(start)).map(|()| char::REPLACEMENT_CHARACTER),
        }
    }

    fn code_unit(&mut self) -> Result<u32, Error> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|b| char::from(b).to_digit(16)).ok_or_else(|| self.malformed("four hexadecimal digits"))?;
            unit = unit << 4 | digit;
            self.at += 1;
        }
        Ok(unit)
    }

    fn number(&mut self) -> Result<Value, Error> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        let mut is_float = false;
        if self.take(b'.') {
            is_float = true;
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            is_float = true;
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        let token = self.text.get(start..self.at).unwrap_or_default();
        if self.is_known && self.skips {
            return Ok(Value::Null);
        }
        if is_float {
            return match Float::new(float::read(token)) {
                Some(value) => Ok(Value::Float(value)),
                None => self.fault(Error::NotFinite(start)).map(|()| Value::Null),
            };
        }
        if Integer::is_canonical(token) {
            return Ok(self.made(|| Value::Int(Integer::of(token))));
        }
        let fault = if token == "-0" { Error::NegativeZero(start) } else { Error::IntegerTooLarge(start) };
        self.fault(fault).map(|()| Value::Null)
    }

    fn digits(&mut self) -> Result<(), Error> {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.malformed("a digit")) } else { Ok(()) }
    }

    fn literal(&mut self, word: &str, value: Value) -> Result<Value, Error> {
        if !self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            return Err(self.malformed("a value"));
        }
        self.at += word.len();
        Ok(value)
    }

    pub(super) fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    #[inline(always)]
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(super) fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
        }
        found
    }

    /// Whether another piece of an array or object stands before the bracket that closes it: then the parser stands there.
    pub(super) fn goes_on(&mut self, close: u8) -> bool {
        self.skip_space();
        if self.take(b',') {
            self.skip_space();
        }
        !self.take(close) && self.peek().is_some()
    }

    pub(super) fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), Error> {
        if self.take(byte) { Ok(()) } else { Err(self.malformed(expected)) }
    }

    pub(super) const fn malformed(&self, expected: &'static str) -> Error {
        Error::Malformed { at: self.at, expected }
    }
}

/// In the order of the keys' code points, which is that of their UTF-8 bytes; UTF-16 order (RFC 8785) is another.
pub(super) fn sort(keys: &mut [Keyed<'_>]) {
    keys.sort_unstable_by(|a, b| a.0.cmp(&b.0));
}

/// The brackets of a text that has been read before, those in its strings left out: each with the place behind it.
pub(super) struct Brackets<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Brackets<'a> {
    /// Those from `at` on.
    pub(super) const fn from(text: &'a str, at: usize) -> Self {
        Self { text: text.as_bytes(), at }
    }
}

impl Iterator for Brackets<'_> {
    type Item = (u8, usize);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(byte) = self.text.get(self.at) {
            self.at += 1;
            match byte {
                b'{' | b'[' | b'}' | b']' => return Some((*byte, self.at)),
                b'"' => self.at = end_of_string(self.text, self.at),
                _ => {}
            }
        }
        None
    }
}

/// The end of the array or object that begins at `start` of a text that has been read before.
fn end_of(text: &str, start: usize) -> usize {
    let mut depth = 0_usize;
    for (bracket, end) in Brackets::from(text, start) {
        match bracket {
            b'{' | b'[' => depth += 1,
            _ if depth <= 1 => return end,
            _ => depth -= 1,
        }
    }
    text.len()
}

/// The end of the string whose first character stands at `at` of a text that has been read before.
fn end_of_string(text: &[u8], mut at: usize) -> usize {
    loop {
        let rest = text.get(at..).unwrap_or_default();
        at += rest.iter().position(|b| *b == b'"' || *b == b'\\').unwrap_or(rest.len());
        match text.get(at) {
            Some(b'\\') => at += 2,
            _ => return at + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Result<Value, &'static str> {
        parse(text.as_bytes()).map_err(|e| match e {
            Error::Utf8(_) => "utf8",
            Error::Malformed { .. } => "malformed",
            Error::DuplicateKey { .. } => "duplicate",
            Error::TooDeep(_) => "deep",
            Error::IntegerTooLarge(_) => "large",
            Error::NotFinite(_) => "finite",
            Error::NegativeZero(_) => "zero",
            Error::Surrogate(_) => "surrogate",
        })
    }

    #[test]
    fn every_fault_has_its_own_error() {
        let digits = |n: usize| "9".repeat(n);
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        let cases = [
            (String::new(), "malformed"),
            ("nul".into(), "malformed"),
            ("NaN".into(), "malformed"),
            ("[Infinity]".into(), "malformed"),
            ("[-Infinity]".into(), "malformed"),
            ("[1,]".into(), "malformed"),
            ("{\"a\":1,}".into(), "malformed"),
            ("{a:1}".into(), "malformed"),
            ("01".into(), "malformed"),
            ("+1".into(), "malformed"),
            ("1.".into(), "malformed"),
            (".5".into(), "malformed"),
            ("1e".into(), "malformed"),
            ("[1] x".into(), "malformed"),
            ("\u{feff}[]".into(), "malformed"),
            ("\"\n\"".into(), "malformed"),
            ("\"\\x\"".into(), "malformed"),
            ("\"\\u12g4\"".into(), "malformed"),
            ("\"abc".into(), "malformed"),
            ("'a'".into(), "malformed"),
            ("[1 2]".into(), "malformed"),
            ("{\"a\":1,\"b\":2,\"a\":3}".into(), "duplicate"),
            ("[{\"\\u0061\":1,\"a\":3}]".into(), "duplicate"),
            (nested(129), "deep"),
            (digits(309), "large"),
            ("1e400".into(), "finite"),
            ("-1e400".into(), "finite"),
            ("-0".into(), "zero"),
            ("\"\\ud800\"".into(), "surrogate"),
            ("\"\\ud800\\n\"".into(), "surrogate"),
            ("\"\\ud800\\ud800\"".into(), "surrogate"),
            ("\"\\udc00\"".into(), "surrogate"),
        ];
        for (text, expected) in cases {
            assert_eq!(code(&text), Err(expected), "{text}");
        }
        assert_eq!(parse(b"\"\xff\""), Err(Error::Utf8(1)));
        assert!(code(&nested(128)).is_ok());
        assert!(code(&digits(308)).is_ok());
    }

    #[test]
    fn the_token_decides_between_integer_and_float() {
        let int = |s| Ok(Value::Int(Integer::from_digits(s).expect("digits")));
        let float = |x| Ok(Value::Float(Float::new(x).expect("finite")));
        assert_eq!(code("1"), int("1"));
        assert_eq!(code("-12"), int("-12"));
        assert_eq!(code("0"), int("0"));
        for text in ["1.0", "1e0", "1E+0", "10e-1"] {
            assert_eq!(code(text), float(1.0), "{text}");
        }
        assert_eq!(code("-0.0").map(|v| matches!(v, Value::Float(f) if f.value().is_sign_negative())), Ok(true));
    }

    #[test]
    fn keys_keep_their_order_and_strings_their_characters() {
        let Ok(Value::Object(members)) = code(r#" { "b" : "\ud83d\ude00\u00e9" , "a" : [ true , null ] } "#) else { panic!("an object") };
        assert_eq!(members[0], ("b".into(), Value::from("😀é")));
        assert_eq!(members[1], ("a".into(), Value::Array(vec![Value::Bool(true), Value::Null])));
    }

    fn double(text: &str) -> f64 {
        match code(text) {
            Ok(Value::Float(x)) => x.value(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn the_hardest_decimals_are_rounded_correctly() {
        // Ties and near ties, subnormals and the ends of the range, with more digits than a double has.
        let cases = [
            "9007199254740993.0",
            "9007199254740992.999999999999999999999999999999999999999",
            "9007199254740993.000000000000000000000000000000000000001",
            "2.2250738585072011e-308",
            "2.2250738585072012e-308",
            "4.9406564584124654e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "1.7976931348623157e308",
            "1.7976931348623158e308",
            "6.631236846766476e-316",
            "3.2378839133029012895883524125015321748630094681e-319",
            "8.41e21",
            "1e23",
            "0.000000000000000000000000000000000000000000000000001e51",
            "1090544144181609348671888949248.0",
            "1090544144181609348835077142190.0",
        ];
        for text in cases {
            assert_eq!(double(text).to_bits(), text.parse::<f64>().expect(text).to_bits(), "{text}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(20_000))]
        #[test]
        fn every_decimal_is_read_as_the_standard_library_reads_it(text in "-?[1-9][0-9]{0,25}\\.[0-9]{1,25}(e[+-]?[0-9]{1,3})?") {
            if let Some(expected) = text.parse::<f64>().ok().filter(|x| x.is_finite()) {
                assert_eq!(double(&text).to_bits(), expected.to_bits());
            }
        }
    }
}
