//! Reading lines: by the shapes of those before as far as they fit, then character by character.

use super::find::special;
use super::layouts::Layouts;
use super::line::{Line, Place, Places};
use super::name::Name;
use super::shapes::Shapes;
use crate::json::{self, Escape, FloatForm, Style, TimeForm, Value};

/// How an odd line is written anew.
const PLAIN: Style = Style { sorted: false, spaced: false, escape: Escape::Utf8, float: FloatForm::Python, time: TimeForm::Zulu };

/// Integers of so many characters are surely within every limit.
const SMALL: usize = 18;

/// Reads lines, and remembers what they look like.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    layouts: Layouts,
    shapes: Shapes,
    /// Of the line that was read last, if no layout has it.
    places: Places,
    has_escapes: bool,
}

impl Reader {
    /// Reads the line of plain JSON that begins at `at` of `bytes`: its members, and where its newline stands or the bytes
    /// end. Nothing for a line that is odd or none.
    // Inlined, and the rest of it not: what a function returns in memory is read again before the stores are done.
    #[inline(always)]
    pub(crate) fn read<'a>(&'a mut self, bytes: &'a [u8], at: usize) -> Option<(Line<'a>, usize)> {
        let text = bytes.get(at..)?;
        let (places, length, has_escapes) = match self.layouts.find(text) {
            Some(found) => {
                let (places, length) = self.layouts.get(found)?;
                (places, length, false)
            }
            None => {
                let length = self.read_anew(text)?;
                (&self.places, length, self.has_escapes)
            }
        };
        Some((Line { text, places, is_plain: true, has_escapes }, at.saturating_add(length)))
    }

    /// How long the line is with which `text` begins, whose places are found.
    #[inline(never)]
    fn read_anew(&mut self, text: &[u8]) -> Option<usize> {
        let Self { layouts, shapes, places, .. } = self;
        places.clear();
        let mut scan = Scan { bytes: text, at: 0, places, is_rewritten: false, is_ascii: true, has_escapes: false };
        scan.line(shapes)?;
        let Scan { at: length, is_ascii, has_escapes, .. } = scan;
        self.has_escapes = has_escapes;
        if !is_ascii {
            core::str::from_utf8(text.get(..length)?).ok()?;
        } else if !has_escapes && let Some(whole) = text.get(..=length) {
            layouts.learn(whole, places);
        }
        Some(length)
    }

    /// Reads what [`rewrite`] wrote.
    pub(crate) fn read_rewritten<'a>(&'a mut self, text: &'a str) -> Option<Line<'a>> {
        let Self { places, .. } = self;
        places.clear();
        let bytes = text.as_bytes();
        let mut scan = Scan { bytes, at: 0, places, is_rewritten: true, is_ascii: false, has_escapes: true };
        scan.line(&mut Shapes::default())?;
        (scan.at == bytes.len()).then_some(Line { text: bytes, places, is_plain: false, has_escapes: true })
    }
}

/// A line in plain JSON, or why it cannot be read. What is well-formed is read past other faults, but for a
/// repeated key: two readers would see two events.
pub(crate) fn rewrite(bytes: &[u8]) -> Result<String, String> {
    match json::parse_frame(bytes) {
        Ok((_, Some(error @ json::Error::DuplicateKey { .. }))) | Err(error) => Err(error.to_string()),
        // Only the first fault was told; another one may stand before a repeated key.
        Ok((value, Some(_))) if repeats_a_key(&value) => Err("a key stands twice in it".into()),
        Ok((value @ Value::Object(_), _)) => Ok(json::write(&value, PLAIN)),
        Ok((value, _)) => Err(format!("an event is an object, found {}", value.kind())),
    }
}

/// Whether an object in `value`, or it itself, holds a key twice.
fn repeats_a_key(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(repeats_a_key),
        Value::Object(members) => {
            let mut keys: Vec<&str> = members.iter().map(|(key, _)| key.as_str()).collect();
            keys.sort_unstable();
            keys.windows(2).any(|pair| matches!(pair, [one, other] if one == other))
                || members.iter().any(|(_, value)| repeats_a_key(value))
        }
        _ => false,
    }
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    places: &'a mut Places,
    /// Whether the text is known to be JSON without repeated keys.
    is_rewritten: bool,
    /// Whether everything read so far is surely ASCII.
    is_ascii: bool,
    /// Whether a string was spelled with escapes.
    has_escapes: bool,
}

impl Scan<'_> {
    #[inline(always)]
    fn line(&mut self, shapes: &mut Shapes) -> Option<()> {
        let mut known = Some(Shapes::ROOT);
        loop {
            let before = known?;
            let Some((number, shape)) = self.bytes.get(self.at..).and_then(|rest| shapes.after(before, rest)) else { break };
            let lead = self.at;
            let (name, key) = (shape.name, shape.key);
            self.at = self.at.saturating_add(shape.length);
            // What was learnt from a line without spaces stands in one with them too.
            self.skip_space();
            let value = self.value()?;
            self.places.put(name, (lead.saturating_add(key.0), lead.saturating_add(key.1)), value);
            known = Some(number);
        }
        // Where every line ends, and a new one goes its own way.
        if known != Some(Shapes::ROOT) && self.bytes.get(self.at..self.at.saturating_add(2)) == Some(b"}\n") {
            self.at = self.at.saturating_add(1);
            return Some(());
        }
        if self.is_rewritten {
            known = None;
        }
        self.rest(shapes, known)
    }

    /// The rest of a line of which what stands before `known` has been read.
    fn rest(&mut self, shapes: &mut Shapes, known: Option<usize>) -> Option<()> {
        let mut known = known;
        let mut lead = self.at;
        let is_first = matches!(known, None | Some(Shapes::ROOT));
        if is_first {
            self.skip_space();
            self.expect(b'{')?;
        }
        self.skip_space();
        if !self.take(b'}') {
            if !is_first {
                self.expect(b',')?;
                self.skip_space();
            }
            loop {
                known = self.member(shapes, known, lead)?;
                lead = self.at;
                self.skip_space();
                if self.take(b'}') {
                    break;
                }
                self.expect(b',')?;
                self.skip_space();
            }
        }
        self.skip_space();
        matches!(self.peek(), None | Some(b'\n')).then_some(())
    }

    /// A member, and what its lead, which began at `lead`, is remembered as.
    fn member(&mut self, shapes: &mut Shapes, before: Option<usize>, lead: usize) -> Option<Option<usize>> {
        let start = self.at.saturating_add(1);
        let is_escaped = self.string()?;
        if is_escaped && !self.is_rewritten {
            return None;
        }
        let end = self.at.saturating_sub(1);
        let key = self.bytes.get(start..end)?;
        self.skip_space();
        self.expect(b':')?;
        self.skip_space();
        let name = Name::find(key);
        if !(self.places.has_room(self.bytes, (start, end), name) || self.is_rewritten && name.is_none()) {
            return None;
        }
        let text = self.bytes.get(lead..self.at)?;
        let learnt = before.and_then(|before| shapes.learn(before, text, (start.saturating_sub(lead), end.saturating_sub(lead)), name));
        let value = self.value()?;
        self.places.put(name, (start, end), value);
        Some(learnt)
    }

    /// Where a value stands.
    #[inline(always)]
    fn value(&mut self) -> Option<Place> {
        let start = self.at;
        if self.peek() == Some(b'"') {
            self.string()?;
        } else {
            self.other_value()?;
        }
        Some((start, self.at))
    }

    /// A value that is no string.
    fn other_value(&mut self) -> Option<()> {
        match self.peek()? {
            b't' => self.literal(b"true"),
            b'f' => self.literal(b"false"),
            b'n' => self.literal(b"null"),
            b'{' | b'[' if self.is_rewritten => self.skip_nested(),
            b'[' => self.flat_array(),
            b'{' => {
                self.at = self.at.saturating_add(1);
                self.skip_space();
                self.expect(b'}')
            }
            _ => self.number(),
        }
    }

    /// An array that holds neither arrays nor objects.
    fn flat_array(&mut self) -> Option<()> {
        self.at = self.at.saturating_add(1);
        self.skip_space();
        if self.take(b']') {
            return Some(());
        }
        loop {
            self.skip_space();
            if matches!(self.peek()?, b'[' | b'{') {
                return None;
            }
            self.value()?;
            self.skip_space();
            if self.take(b']') {
                return Some(());
            }
            self.expect(b',')?;
        }
    }

    fn skip_nested(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth = depth.saturating_add(1),
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.at = self.at.saturating_add(1);
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// A string; whether it holds escapes.
    #[inline(always)]
    fn string(&mut self) -> Option<bool> {
        self.expect(b'"')?;
        let plain = special(self.bytes, self.at);
        self.is_ascii &= plain.is_ascii;
        self.at = plain.end;
        if self.take(b'"') {
            return Some(false);
        }
        self.escaped_string().map(|()| true)
    }

    /// The rest of a string from its first escape on.
    fn escaped_string(&mut self) -> Option<()> {
        self.has_escapes = true;
        loop {
            match self.peek()? {
                b'"' => {
                    self.at = self.at.saturating_add(1);
                    return Some(());
                }
                b'\\' => self.escape()?,
                _ => return None,
            }
            let plain = special(self.bytes, self.at);
            self.is_ascii &= plain.is_ascii;
            self.at = plain.end;
        }
    }

    fn escape(&mut self) -> Option<()> {
        let rest = self.bytes.get(self.at.saturating_add(1)..)?;
        let length = match rest {
            [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            // Surrogates come in pairs, which the parser looks after.
            [b'u', b'd' | b'D', b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F', ..] if !self.is_rewritten => return None,
            [b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit()) => 6,
            _ => return None,
        };
        self.at = self.at.saturating_add(length);
        Some(())
    }

    /// A number that has one spelling; others are left to the parser.
    fn number(&mut self) -> Option<()> {
        let start = self.at;
        let is_negative = self.take(b'-');
        let is_zero = self.take(b'0');
        if !is_zero {
            self.digits()?;
        }
        let end = self.at;
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        let is_odd = self.at != end || is_negative && is_zero || end.saturating_sub(start) > SMALL;
        (self.is_rewritten || !is_odd).then_some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at = self.at.saturating_add(1);
        }
        (self.at > start).then_some(())
    }

    fn literal(&mut self, word: &[u8]) -> Option<()> {
        if !self.bytes.get(self.at..)?.starts_with(word) {
            return None;
        }
        self.at = self.at.saturating_add(word.len());
        Some(())
    }

    /// A newline ends the line, and is no space within it.
    // A few instructions for every byte: as calls, which a build for size makes of them, they take as long as all the rest.
    #[inline(always)]
    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r')) {
            self.at = self.at.saturating_add(1);
        }
    }

    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline(always)]
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at = self.at.saturating_add(1);
        }
        found
    }

    #[inline(always)]
    fn expect(&mut self, byte: u8) -> Option<()> {
        self.take(byte).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_spaces_before_them_sends_no_line_with_spaces_the_slow_way() {
        let mut reader = Reader::default();
        let read = |reader: &mut Reader, line: &str| reader.read(line.as_bytes(), 0).map(|(line, _)| line.raw(Name::PacketId).to_vec());
        for line in
            [r#"{"event_type":"a","packet_id":"p"}"#, r#"{"event_type": "a", "packet_id": "p"}"#, r#"{"event_type":"a" ,"packet_id":	"p"}"#]
        {
            assert_eq!(read(&mut reader, line).as_deref(), Some(&br#""p""#[..]), "{line}");
        }
    }

    #[test]
    fn a_number_with_a_second_spelling_is_left_to_the_parser() {
        for (number, is_read) in [
            ("0", true),
            ("-7", true),
            ("123456789012345678", true),
            ("-0", false),
            ("1.0", false),
            ("1e3", false),
            ("1234567890123456789", false),
        ] {
            assert_eq!(Reader::default().read(format!("{{\"n\": {number}}}").as_bytes(), 0).is_some(), is_read, "{number}");
        }
    }

    #[test]
    fn a_line_of_many_members_takes_no_memory_once_it_is_read() {
        let mut reader = Reader::default();
        let members: Vec<String> = (0..10_000).map(|n| format!("\"{n}\":1")).collect();
        let many = reader.read_rewritten(&format!("{{{}}}", members.join(","))).map(|line| line.places.others.len());
        assert_eq!(many, Some(10_000));
        assert!(reader.read(b"{\"n\": 1}", 0).is_some());
        assert!(reader.places.others.capacity() < 1000);
    }

    #[test]
    fn a_key_that_stands_twice_is_found_behind_another_fault() {
        assert!(rewrite(br#"{"x": -0, "y": [{"a": 1, "b": 2}]}"#).is_ok());
        for line in [r#"{"x": -0, "a": 1, "a": 2}"#, r#"{"x": -0, "y": [{"a": 1, "a": 2}]}"#] {
            assert!(rewrite(line.as_bytes()).is_err(), "{line}");
        }
    }
}
