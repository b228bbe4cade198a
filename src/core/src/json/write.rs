//! The writers: one walk, and a [`Style`] for each form the protocol signs or sends.

use core::fmt::Write as _;

use super::parse::{Brackets, Keyed, Parser, sort};
use super::{Float, Raw, Value, float};

/// How characters outside printable ASCII are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// Every one as `\uXXXX` in lower-case hexadecimal, DEL included.
    Ascii,
    /// Raw UTF-8; only `"`, `\` and control characters are escaped.
    Utf8,
}

/// Where a float leaves fixed notation and how its exponent looks (wire §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FloatForm {
    /// Python's `repr`: fixed for −4 < k ≤ 16, exponent signed with at least two digits.
    Python,
    /// 0.3.3 under pydantic from 2.13: fixed for −5 < k ≤ 16, exponent signed, not padded.
    Signed,
    /// 0.3.3 under pydantic to 2.12: as [`FloatForm::Signed`] without `+`.
    Unsigned,
}

/// How a point in time is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeForm {
    /// `2026-03-08T12:00:00Z`
    Zulu,
    /// `2026-03-08T12:00:00+00:00`
    Iso,
    /// `2026-03-08 12:00:00+00:00`
    Spaced,
}

/// One form of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether object keys are sorted by Unicode code point, at all depths.
    pub sorted: bool,
    /// Whether `, ` and `: ` separate instead of `,` and `:`.
    pub spaced: bool,
    /// Strings.
    pub escape: Escape,
    /// Floats.
    pub float: FloatForm,
    /// Points in time.
    pub time: TimeForm,
}

impl Style {
    /// Packets as 0.4.0 signs them, tokens, and every signed object of our own.
    pub const COMPACT: Self = Self { sorted: true, spaced: false, escape: Escape::Ascii, float: FloatForm::Python, time: TimeForm::Zulu };
    /// Packets as 0.3.3 signs them, under pydantic from 2.13.
    pub const ARRIVAL: Self = Self { sorted: false, spaced: false, escape: Escape::Utf8, float: FloatForm::Signed, time: TimeForm::Zulu };
    /// Packets as 0.3.3 signs them, under pydantic to 2.12.
    pub const ARRIVAL_UNSIGNED: Self = Self { float: FloatForm::Unsigned, ..Self::ARRIVAL };
    /// Capabilities as every release signs them.
    pub const CAPABILITY: Self =
        Self { sorted: true, spaced: true, escape: Escape::Ascii, float: FloatForm::Python, time: TimeForm::Spaced };
    /// What travels: the text of the reference's `envelope_to_json`.
    pub const WIRE: Self = Self { sorted: true, spaced: true, escape: Escape::Ascii, float: FloatForm::Python, time: TimeForm::Iso };
    /// Outcomes that an attestation hashes.
    pub const OUTCOME: Self = Self { sorted: true, spaced: false, escape: Escape::Utf8, float: FloatForm::Python, time: TimeForm::Zulu };
}

/// Writes `value` in the form `style`.
///
/// ```
/// use trusthandoff::json::{parse, write, Style};
/// let value = parse(br#"{"b": 1e-7, "a": "\u00e9"}"#)?;
/// assert_eq!(write(&value, Style::COMPACT), r#"{"a":"\u00e9","b":1e-07}"#);
/// assert_eq!(write(&value, Style::ARRIVAL), "{\"b\":1e-7,\"a\":\"é\"}");
/// # Ok::<(), trusthandoff::json::Error>(())
/// ```
#[must_use]
pub fn write(value: &Value, style: Style) -> String {
    let mut writer = Writer { out: String::with_capacity(1024), sink: None, style, has_plus: false };
    writer.value(value);
    writer.out
}

/// As [`write`], piece by piece, so that no text is held that may be several times as long as the one it is made of. Whether the text
/// would be another in [`FloatForm::Unsigned`] than in [`FloatForm::Signed`].
pub fn write_to(value: &Value, style: Style, sink: &mut dyn FnMut(&[u8])) -> bool {
    let mut writer = Writer { out: String::with_capacity(1024), sink: Some(sink), style, has_plus: false };
    writer.value(value);
    writer.flush();
    writer.has_plus
}

/// Takes in what is written, piece by piece.
type Sink<'a> = &'a mut dyn FnMut(&[u8]);

/// How much is gathered for a sink, in bytes.
const PIECE_BYTES: usize = 4096;

struct Writer<'a> {
    out: String,
    sink: Option<Sink<'a>>,
    style: Style,
    /// Whether an exponent of positive sign was written.
    has_plus: bool,
}

impl Writer<'_> {
    fn flush(&mut self) {
        if let Some(sink) = &mut self.sink {
            sink(self.out.as_bytes());
            self.out.clear();
        }
    }

    /// A text of any length.
    fn push(&mut self, text: &str) {
        if text.len() < PIECE_BYTES {
            return self.out.push_str(text);
        }
        self.flush();
        match &mut self.sink {
            Some(sink) => sink(text.as_bytes()),
            None => self.out.push_str(text),
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(b) => self.out.push_str(if *b { "true" } else { "false" }),
            Value::Int(n) => self.out.push_str(n.as_str()),
            Value::Float(x) => self.float(*x),
            Value::String(s) => self.string(s),
            Value::Time(t) => {
                let text = match self.style.time {
                    TimeForm::Zulu => t.zulu(),
                    TimeForm::Iso => t.iso(),
                    TimeForm::Spaced => t.spaced(),
                };
                self.string(&text);
            }
            Value::Array(items) => {
                self.out.push('[');
                for (i, item) in items.iter().enumerate() {
                    self.separate(i);
                    self.value(item);
                }
                self.out.push(']');
            }
            Value::Object(members) => self.object(members),
            Value::Raw(raw) => self.raw(raw),
        }
        if self.out.len() >= PIECE_BYTES {
            self.flush();
        }
    }

    fn object(&mut self, members: &[(String, Value)]) {
        let mut keys: Vec<Keyed<'_>> = members.iter().enumerate().map(|(i, (key, _))| (key.as_str().into(), i)).collect();
        if self.style.sorted {
            sort(&mut keys);
        }
        self.out.push('{');
        for (i, (key, member)) in keys.iter().enumerate() {
            self.key(i, key);
            if let Some((_, value)) = members.get(*member) {
                self.value(value);
            }
        }
        self.out.push('}');
    }

    /// What is kept as text, one pass over it, and one more for its outline where keys are sorted.
    fn raw(&mut self, raw: &Raw) {
        let text = raw.as_str();
        let outline = if self.style.sorted { outline(text) } else { Vec::new() };
        self.part(&mut Parser::known(text, 0), &outline, &mut 0);
    }

    /// The value at which `parser` stands; `next` is how many arrays and objects of the outline begin before it.
    fn part(&mut self, parser: &mut Parser<'_>, outline: &[Extent], next: &mut usize) {
        match parser.peek() {
            Some(b'{') if self.style.sorted => self.sorted_part(parser, outline, next),
            Some(open @ (b'{' | b'[')) => {
                *next += 1;
                parser.at += 1;
                self.out.push(char::from(open));
                let close = open.saturating_add(2);
                let mut i = 0;
                while parser.goes_on(close) {
                    if open == b'[' {
                        self.separate(i);
                    } else if let Ok(key) = parser.key() {
                        self.key(i, &key);
                    }
                    self.part(parser, outline, next);
                    i += 1;
                }
                self.out.push(char::from(close));
            }
            Some(b'"') => {
                if let Ok(text) = parser.string() {
                    self.string(&text);
                }
            }
            _ => {
                let text = parser.past().unwrap_or_default();
                // Only a float has several texts; words end with no digit.
                let is_float = text.ends_with(|c: char| c.is_ascii_digit()) && text.contains(['.', 'e', 'E']);
                match is_float.then(|| Float::new(float::read(text))).flatten() {
                    Some(x) => self.float(x),
                    None => self.out.push_str(text),
                }
            }
        }
        if self.out.len() >= PIECE_BYTES {
            self.flush();
        }
    }

    fn sorted_part(&mut self, parser: &mut Parser<'_>, outline: &[Extent], next: &mut usize) {
        *next += 1;
        parser.at += 1;
        let (mut keys, mut places): (Vec<Keyed<'_>>, Vec<(usize, usize)>) = (Vec::new(), Vec::new());
        while parser.goes_on(b'}') {
            let Ok(key) = parser.key() else { break };
            keys.push((key, places.len()));
            places.push((parser.at, *next));
            match parser.peek() {
                Some(b'{' | b'[') => {
                    let extent = outline.get(*next).copied().unwrap_or_default();
                    parser.at = extent.end;
                    *next = extent.next;
                }
                _ => drop(parser.past()),
            }
        }
        sort(&mut keys);
        let (end, after) = (parser.at, *next);
        self.out.push('{');
        for (i, (key, member)) in keys.iter().enumerate() {
            self.key(i, key);
            let (at, mut before) = places.get(*member).copied().unwrap_or_default();
            parser.at = at;
            self.part(parser, outline, &mut before);
        }
        self.out.push('}');
        parser.at = end;
        *next = after;
    }

    fn key(&mut self, position: usize, key: &str) {
        self.separate(position);
        self.string(key);
        self.out.push_str(if self.style.spaced { ": " } else { ":" });
    }

    fn separate(&mut self, position: usize) {
        if position > 0 {
            self.out.push_str(if self.style.spaced { ", " } else { "," });
        }
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        // Bytes, because this loop is where writing spends its time. Where it stops, a character begins: of
        // those beyond ASCII either every byte is plain or the first one is not.
        let highest = if self.style.escape == Escape::Ascii { b'~' } else { u8::MAX };
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|b| b < b' ' || b == b'"' || b == b'\\' || b > highest) {
            let (plain, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
            self.push(plain);
            let mut chars = tail.chars();
            if let Some(c) = chars.next() {
                self.escape(c);
            }
            rest = chars.as_str();
            if self.out.len() >= PIECE_BYTES {
                self.flush();
            }
        }
        self.push(rest);
        self.out.push('"');
    }

    fn escape(&mut self, c: char) {
        let short = match c {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\u{8}' => "\\b",
            '\t' => "\\t",
            '\n' => "\\n",
            '\u{c}' => "\\f",
            '\r' => "\\r",
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a `String` cannot fail.
                    let _ = write!(self.out, "\\u{unit:04x}");
                }
                return;
            }
        };
        self.out.push_str(short);
    }

    fn float(&mut self, x: Float) {
        if x.value().is_sign_negative() {
            self.out.push('-');
        }
        let (digits, k) = x.shortest();
        if digits.is_empty() {
            self.out.push_str("0.0");
            return;
        }
        let lowest = if self.style.float == FloatForm::Python { -4 } else { -5 };
        let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
        if k > lowest && k <= 0 {
            self.out.push_str("0.");
            self.zeros(-k);
            self.out.push_str(&digits);
        } else if k > 0 && k <= 16 && count <= k {
            self.out.push_str(&digits);
            self.zeros(k - count);
            self.out.push_str(".0");
        } else if k > 0 && k <= 16 {
            self.split(&digits, usize::try_from(k).unwrap_or(0));
        } else {
            self.split(&digits, 1);
            let exponent = k - 1;
            self.has_plus |= exponent >= 0;
            let _ = match self.style.float {
                FloatForm::Python => write!(self.out, "e{exponent:+03}"),
                FloatForm::Signed => write!(self.out, "e{exponent:+}"),
                FloatForm::Unsigned => write!(self.out, "e{exponent}"),
            };
        }
    }

    /// The digits with a point after `whole` of them, none if nothing follows it.
    fn split(&mut self, digits: &str, whole: usize) {
        let (head, tail) = digits.split_at_checked(whole).unwrap_or((digits, ""));
        self.out.push_str(head);
        if !tail.is_empty() {
            self.out.push('.');
            self.out.push_str(tail);
        }
    }

    fn zeros(&mut self, count: i32) {
        for _ in 0..count {
            self.out.push('0');
        }
    }
}

/// Where an array or object of a text ends, and how many begin before that end.
#[derive(Debug, Clone, Copy, Default)]
struct Extent {
    end: usize,
    next: usize,
}

/// The extents of all arrays and objects of a text that has been read before, in the order in which they begin.
fn outline(text: &str) -> Vec<Extent> {
    let is_open = |bracket: u8| matches!(bracket, b'{' | b'[');
    let count = Brackets::from(text, 0).filter(|(bracket, _)| is_open(*bracket)).count();
    let (mut extents, mut open) = (Vec::with_capacity(count), Vec::new());
    for (bracket, end) in Brackets::from(text, 0) {
        let next = extents.len();
        if is_open(bracket) {
            open.push(next);
            extents.push(Extent::default());
        } else if let Some(extent) = open.pop().and_then(|place: usize| extents.get_mut(place)) {
            *extent = Extent { end, next };
        }
    }
    extents
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    #[test]
    fn floats_are_laid_out_as_each_release_signs_them() {
        let cases = [
            ("1.0", "1.0", "1.0", "1.0"),
            ("100.0", "100.0", "100.0", "100.0"),
            ("1e15", "1000000000000000.0", "1000000000000000.0", "1000000000000000.0"),
            ("1e16", "1e+16", "1e+16", "1e16"),
            ("1.5e16", "1.5e+16", "1.5e+16", "1.5e16"),
            ("0.0001", "0.0001", "0.0001", "0.0001"),
            ("1e-5", "1e-05", "0.00001", "0.00001"),
            ("1.5e-7", "1.5e-07", "1.5e-7", "1.5e-7"),
            ("1e-10", "1e-10", "1e-10", "1e-10"),
            ("5e-324", "5e-324", "5e-324", "5e-324"),
            ("1e100", "1e+100", "1e+100", "1e100"),
            ("-0.0", "-0.0", "-0.0", "-0.0"),
            ("0.1e1", "1.0", "1.0", "1.0"),
            ("1.10", "1.1", "1.1", "1.1"),
            ("123456.789", "123456.789", "123456.789", "123456.789"),
            // Exactly between two shortest decimals: the even one.
            ("1903490103940804.25", "1903490103940804.2", "1903490103940804.2", "1903490103940804.2"),
        ];
        for (text, python, signed, unsigned) in cases {
            let value = parse(text.as_bytes()).expect(text);
            assert_eq!(write(&value, Style::COMPACT), python, "{text}");
            assert_eq!(write(&value, Style::ARRIVAL), signed, "{text}");
            assert_eq!(write(&value, Style::ARRIVAL_UNSIGNED), unsigned, "{text}");
        }
    }

    #[test]
    fn strings_are_escaped_as_each_release_signs_them() {
        let value = Value::from("a\"\\/\u{8}\t\n\u{c}\r\u{1}\u{7f}é\u{2028}😀<");
        assert_eq!(write(&value, Style::COMPACT), r#""a\"\\/\b\t\n\f\r\u0001\u007f\u00e9\u2028\ud83d\ude00<""#);
        assert_eq!(write(&value, Style::ARRIVAL), "\"a\\\"\\\\/\\b\\t\\n\\f\\r\\u0001\u{7f}é\u{2028}😀<\"");
    }

    #[test]
    fn keys_are_sorted_by_code_point_not_by_utf_16_unit() {
        let value = parse("{\"😀\":1,\"\u{ffff}\":2,\"\u{e9}\":3,\"a\":{\"c\":1,\"b\":2}}".as_bytes()).expect("JSON");
        assert_eq!(write(&value, Style::COMPACT), r#"{"a":{"b":2,"c":1},"\u00e9":3,"\uffff":2,"\ud83d\ude00":1}"#);
    }
}
