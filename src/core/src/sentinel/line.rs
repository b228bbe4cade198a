//! One line of a log, read without building a tree: where the values of an object begin and end.
//!
//! An auditor reads gigabytes and looks at a few members of each line. What is plain JSON is understood here in
//! one pass; a line that looks odd (escaped keys, repeated keys, objects within) is left to [`json::parse_frame`]
//! and written anew, so that both ways lead to the same members.

use std::borrow::Cow;

use crate::json::{self, Escape, FloatForm, Style, TimeForm, Value};

macro_rules! names {
    ($($name:ident $text:literal $bytes:literal)*) => {
        /// The members of events that the auditor knows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Name { $($name),* }

        impl Name {
            const COUNT: usize = [$($text),*].len();

            fn find(key: &[u8]) -> Option<Self> {
                match key { $($bytes => Some(Self::$name),)* _ => None }
            }

            /// As it stands in an event.
            pub(super) const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

names! {
    EventId "event_id" b"event_id"
    EventType "event_type" b"event_type"
    Timestamp "timestamp" b"timestamp"
    ProducerId "producer_id" b"producer_id"
    CorrelationId "correlation_id" b"correlation_id"
    IdempotencyKey "idempotency_key" b"idempotency_key"
    PacketId "packet_id" b"packet_id"
    TaskId "task_id" b"task_id"
    FromAgent "from_agent" b"from_agent"
    ToAgent "to_agent" b"to_agent"
    RiskLevel "risk_level" b"risk_level"
    TtlSeconds "ttl_seconds" b"ttl_seconds"
    Identity "identity" b"identity"
    Fingerprint "fingerprint" b"fingerprint"
    NonceHash "nonce_hash" b"nonce_hash"
    ExpiresAt "expires_at" b"expires_at"
    PacketDigest "packet_digest" b"packet_digest"
    Ancestors "ancestors" b"ancestors"
    MaxToolCalls "max_tool_calls" b"max_tool_calls"
    RequiresHumanReview "requires_human_review" b"requires_human_review"
    Reason "reason" b"reason"
    Message "message" b"message"
    Field "field" b"field"
    CapabilityId "capability_id" b"capability_id"
    IsRevocationStale "is_revocation_stale" b"is_revocation_stale"
    Source "source" b"source"
    Model "model" b"model"
    Action "action" b"action"
    Status "status" b"status"
    OutcomeHash "outcome_hash" b"outcome_hash"
    AttestationDigest "attestation_digest" b"attestation_digest"
    SignedBy "signed_by" b"signed_by"
    ReviewDigest "review_digest" b"review_digest"
    Decision "decision" b"decision"
    Target "target" b"target"
    AgentId "agent_id" b"agent_id"
    Prev "prev" b"prev"
}

/// Unknown members beyond which a line is left to the parser, which looks for repeated keys by sorting.
const MANY: usize = 64;

/// How an odd line is written anew.
const PLAIN: Style = Style { sorted: false, spaced: false, escape: Escape::Utf8, float: FloatForm::Python, time: TimeForm::Zulu };

/// The members of a line, each as its text stands there.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// By [`Name`]; empty where there is none, which no JSON value is.
    known: [&'a str; Name::COUNT],
    others: Vec<(&'a str, &'a str)>,
}

impl<'a> Line<'a> {
    /// Reads a line of plain JSON; nothing for one that is odd or none.
    pub(super) fn scan(text: &'a str) -> Option<Self> {
        Scanner { text, bytes: text.as_bytes(), at: 0, is_rewritten: false }.line()
    }

    /// Reads what [`rewrite`] wrote.
    pub(super) fn scan_rewritten(text: &'a str) -> Option<Self> {
        Scanner { text, bytes: text.as_bytes(), at: 0, is_rewritten: true }.line()
    }

    /// The text of a value; empty where there is none.
    pub(super) fn raw(&self, name: Name) -> &'a str {
        self.known.get(name as usize).copied().unwrap_or_default()
    }

    /// A member that is a string.
    pub(super) fn text(&self, name: Name) -> Option<Cow<'a, str>> {
        text_of(self.raw(name))
    }

    /// The text of the value of any member; empty where there is none.
    pub(super) fn member(&self, key: &str) -> &'a str {
        match Name::find(key.as_bytes()) {
            Some(name) => self.raw(name),
            None => self.others.iter().find(|(other, _)| *other == key).map_or("", |(_, raw)| raw),
        }
    }
}

/// The string whose JSON text `raw` is.
pub(super) fn text_of(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if !inner.as_bytes().contains(&b'\\') {
        return Some(Cow::Borrowed(inner));
    }
    match json::parse_frame(raw.as_bytes()) {
        Ok((Value::String(text), _)) => Some(Cow::Owned(text)),
        _ => None,
    }
}

/// A line in plain JSON, or why it cannot be read. What is well-formed is read past other faults, but for a
/// repeated key: two readers would see two events.
pub(super) fn rewrite(bytes: &[u8]) -> Result<String, String> {
    match json::parse_frame(bytes) {
        Ok((_, Some(error @ json::Error::DuplicateKey { .. }))) | Err(error) => Err(error.to_string()),
        Ok((value @ Value::Object(_), _)) => Ok(json::write(&value, PLAIN)),
        Ok((value, _)) => Err(format!("an event is an object, found {}", value.kind())),
    }
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Whether the text is known to be JSON without repeated keys.
    is_rewritten: bool,
}

impl<'a> Scanner<'a> {
    fn line(mut self) -> Option<Line<'a>> {
        let mut line = Line { known: [""; Name::COUNT], others: Vec::new() };
        self.skip_space();
        self.expect(b'{')?;
        self.skip_space();
        if !self.take(b'}') {
            loop {
                self.member(&mut line)?;
                self.skip_space();
                if self.take(b'}') {
                    break;
                }
                self.expect(b',')?;
                self.skip_space();
            }
        }
        self.skip_space();
        (self.at == self.bytes.len()).then_some(line)
    }

    fn member(&mut self, line: &mut Line<'a>) -> Option<()> {
        let start = self.at;
        if self.string()? && !self.is_rewritten {
            return None;
        }
        // Quotes are ASCII, so both ends are boundaries of characters.
        let key = self.text.get(start.saturating_add(1)..self.at.saturating_sub(1))?;
        self.skip_space();
        self.expect(b':')?;
        self.skip_space();
        let start = self.at;
        self.value()?;
        let raw = self.text.get(start..self.at)?;
        match Name::find(key.as_bytes()) {
            Some(name) => {
                let slot = line.known.get_mut(name as usize)?;
                if !slot.is_empty() {
                    return None;
                }
                *slot = raw;
            }
            None => {
                if !self.is_rewritten && (line.others.len() == MANY || line.others.iter().any(|(other, _)| *other == key)) {
                    return None;
                }
                line.others.push((key, raw));
            }
        }
        Some(())
    }

    fn value(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => self.string().map(drop),
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
    fn string(&mut self) -> Option<bool> {
        self.expect(b'"')?;
        let mut is_escaped = false;
        loop {
            self.at = special(self.bytes, self.at);
            match self.peek()? {
                b'"' => {
                    self.at = self.at.saturating_add(1);
                    return Some(is_escaped);
                }
                b'\\' => {
                    is_escaped = true;
                    self.escape()?;
                }
                _ => return None,
            }
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

    fn number(&mut self) -> Option<()> {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Some(())
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

    // A few instructions for every byte: as calls, which a build for size makes of them, they take as long as all the rest.
    #[inline(always)]
    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
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

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// The high bit of every byte of `word` that is below `limit`, which is at most 0x80. Only the lowest bit set is
/// sure: a borrow can reach into the bytes above it.
const fn below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(ONES.wrapping_mul(limit as u64)) & !word & HIGHS
}

/// Where, from `at` on, the first byte stands of which `marks` sets the high bit in a word of eight, and for
/// which `is_one` is true in the rest; the end if there is none.
#[inline(always)]
fn find(bytes: &[u8], at: usize, marks: impl Fn(u64) -> u64, is_one: impl Fn(u8) -> bool) -> usize {
    let mut at = at;
    while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let hits = marks(u64::from_le_bytes(*word));
        if hits != 0 {
            return at.saturating_add((hits.trailing_zeros() / 8) as usize);
        }
        at = at.saturating_add(8);
    }
    while bytes.get(at).is_some_and(|byte| !is_one(*byte)) {
        at = at.saturating_add(1);
    }
    at.min(bytes.len())
}

/// Where a string ends, or something in it needs a look: a quote, a backslash, a control character.
fn special(bytes: &[u8], at: usize) -> usize {
    let marks =
        |word: u64| below(word ^ ONES.wrapping_mul(b'"' as u64), 1) | below(word ^ ONES.wrapping_mul(b'\\' as u64), 1) | below(word, 0x20);
    find(bytes, at, marks, |byte| byte == b'"' || byte == b'\\' || byte < 0x20)
}

/// Where the line ends that begins at `at`: its newline, or the end of the bytes.
pub(super) fn line_end(bytes: &[u8], at: usize) -> usize {
    find(bytes, at, |word| below(word ^ ONES.wrapping_mul(b'\n' as u64), 1), |byte| byte == b'\n')
}
