//! An auditor: the log of events in, findings out. It streams, remembers a bounded amount, and makes no decision.
//!
//! It reads the logs of this package and of the reference. What it finds there beyond the reference is what the
//! events of one packet, and what was revoked before them, tell together.

mod acceptance;
mod audit;
mod bursts;
mod clock;
mod entry;
mod event;
mod finding;
mod keys;
mod kinds;
mod memory;
mod names;
mod recent;
pub mod report;
mod reviews;
mod revocations;
mod rules;
mod runs;
mod scene;
mod sources;
mod stories;
mod summary;
mod told;
mod wheel;

pub use finding::{Finding, Severity};
pub use kinds::{UnknownType, finding_types};
pub use rules::{Rule, RuleError};
pub use sources::Sources;
pub use summary::{Collected, Handoffs, Summary, Timeline};

use audit::Audit;

use crate::crypto::PublicKey;
use crate::limits::{MAX_AUDIT_ENTRIES, MAX_LINE_BYTES};
use crate::log::{Checkpoint, LongLine};
use crate::scan::{Reader, line_end, rewrite};
use crate::time::Timestamp;

/// Whether the hash chain of a log is verified too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Chain {
    /// That of each file whose first line is one of a chained log; of all files, where a key or checkpoint was given.
    #[default]
    Auto,
    /// Whatever it looks like.
    Verify,
    /// Not.
    Ignore,
}

/// What to look for and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Rules beside the built-in ones.
    pub rules: Vec<Rule>,
    /// Findings before it are not told. Events before it are read, because later ones rest on them.
    pub since: Option<Timestamp>,
    /// The kinds of findings that are told; empty for all.
    pub types: Vec<String>,
    /// The least severity that is told.
    pub min_severity: Severity,
    /// The hash chain.
    pub chain: Chain,
    /// Keys whose checkpoints count.
    pub trusted: Vec<PublicKey>,
    /// A checkpoint that was kept elsewhere.
    pub kept: Option<Checkpoint>,
    /// Random bytes: names are remembered as hashes, and nobody who writes into a log should be able to choose
    /// two that meet.
    pub seed: [u8; 16],
    /// Most entries that are remembered.
    pub max_entries: usize,
    /// So many findings of a kind are told, the rest is only counted: whoever keeps the first thousand needs no sentence
    /// for each of a million.
    pub most_of_a_kind: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            since: None,
            types: Vec::new(),
            min_severity: Severity::Info,
            chain: Chain::Auto,
            trusted: Vec::new(),
            kept: None,
            seed: [0; 16],
            max_entries: MAX_AUDIT_ENTRIES,
            most_of_a_kind: u64::MAX,
        }
    }
}

impl Options {
    /// Whether what is asked for can be found at all.
    ///
    /// # Errors
    /// [`UnknownType`] for the first of `types` that neither a rule nor anything else finds.
    pub fn check(&self) -> Result<(), UnknownType> {
        kinds::check(&self.types, &self.rules)
    }
}

/// Reads a log in pieces of any size.
///
/// ```
/// use trusthandoff::sentinel::{Options, Sentinel};
/// let mut sentinel = Sentinel::new(Options::default());
/// let mut kinds = Vec::new();
/// let log = b"{\"event_type\": \"packet_rejected\", \"packet_id\": \"pk-1\", \"reason\": \"invalid_signature\"}\n";
/// for piece in log.chunks(7) {
///     sentinel.ingest(piece, &mut |finding| kinds.push(finding.kind));
/// }
/// sentinel.finish(&mut |finding| kinds.push(finding.kind));
/// assert_eq!(kinds, ["rejected_packet", "tampered_packet"]);
/// ```
#[derive(Debug)]
pub struct Sentinel {
    reader: Reader,
    audit: Audit,
    /// The beginning of a line whose end has not come yet.
    partial: Vec<u8>,
    /// A line that is too long, of which only hashes are kept.
    long: Option<LongLine>,
}

impl Sentinel {
    /// An auditor that has read nothing yet.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { reader: Reader::default(), audit: Audit::new(options), partial: Vec::new(), long: None }
    }

    /// Takes in the next piece of the log. What is found in it is given to `found` at once.
    pub fn ingest(&mut self, chunk: &[u8], found: &mut dyn FnMut(Finding)) {
        let mut at = 0;
        while at < chunk.len() {
            if let Some(end) = self.plain_line(chunk, at) {
                at = end.saturating_add(1);
                self.audit.release(found);
                continue;
            }
            let end = line_end(chunk, at);
            let piece = chunk.get(at..end).unwrap_or_default();
            let is_whole = end < chunk.len();
            at = end.saturating_add(1);
            if !is_whole {
                self.hold(piece);
                break;
            }
            if self.partial.is_empty() && self.long.is_none() && piece.len() <= MAX_LINE_BYTES {
                self.line(piece);
            } else {
                self.hold(piece);
                let mut line = core::mem::take(&mut self.partial);
                match self.long.take() {
                    Some(long) => self.audit.long_line(Some(long)),
                    None => self.line(&line),
                }
                line.clear();
                self.partial = line;
            }
            self.audit.release(found);
        }
    }

    /// What follows is of the file `name`. A last line of the one before that was never finished ends there.
    pub fn enter(&mut self, name: &str) {
        self.end_line();
        self.audit.enter(name);
    }

    /// From here on files are only numbered and verified as chains, one after the other, until that ends and they are taken in once more,
    /// line by line in the order of time.
    ///
    /// ```
    /// use trusthandoff::sentinel::{Options, Sentinel};
    /// let files = [("gate", "{\"event_type\": \"note\"}\n{\"event_type\": \"note\"}\n"), ("worker", "{\"event_type\": \"note\"}\n")];
    /// let mut sentinel = Sentinel::new(Options::default());
    /// sentinel.measure(true);
    /// for (name, lines) in files {
    ///     sentinel.enter(name);
    ///     sentinel.ingest(lines.as_bytes(), &mut |_| {});
    /// }
    /// sentinel.measure(false);
    /// sentinel.enter("worker");
    /// sentinel.ingest(files[1].1.as_bytes(), &mut |_| {});
    /// assert_eq!((sentinel.summary().lines, sentinel.sources().place(3)), (1, ("worker", 1)));
    /// ```
    pub fn measure(&mut self, is_on: bool) {
        self.end_line();
        self.audit.measures(is_on);
    }

    /// A line that was begun ends here.
    fn end_line(&mut self) {
        let line = core::mem::take(&mut self.partial);
        match self.long.take() {
            Some(long) => self.audit.long_line(Some(long)),
            None if line.is_empty() => {}
            None => self.line(&line),
        }
    }

    /// The files that were named.
    #[must_use]
    pub const fn sources(&self) -> &Sources {
        self.audit.sources()
    }

    /// The log ends here.
    pub fn finish(&mut self, found: &mut dyn FnMut(Finding)) {
        let tail = core::mem::take(&mut self.partial);
        if self.long.take().is_some() {
            self.audit.long_line(None);
        } else if !tail.is_empty() {
            self.tail(&tail);
        }
        self.audit.finish(&tail);
        self.audit.release(found);
    }

    /// What was counted so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.audit.summary()
    }

    /// Keeps the beginning of a line.
    fn hold(&mut self, piece: &[u8]) {
        if self.long.is_none() && self.partial.len().saturating_add(piece.len()) > MAX_LINE_BYTES {
            let mut long = LongLine::default();
            long.push(&core::mem::take(&mut self.partial));
            self.long = Some(long);
        }
        match &mut self.long {
            Some(long) => long.push(piece),
            None => self.partial.extend_from_slice(piece),
        }
    }

    /// Reads the line that begins at `at` if it is plain and ends with a newline, whose place is the answer.
    fn plain_line(&mut self, chunk: &[u8], at: usize) -> Option<usize> {
        if !self.partial.is_empty() || self.long.is_some() {
            return None;
        }
        let (line, end) = self.reader.read(chunk, at)?;
        let bytes = chunk.get(at..end).filter(|bytes| end < chunk.len() && bytes.len() <= MAX_LINE_BYTES)?;
        self.audit.event(bytes, &line);
        Some(end)
    }

    /// What stands after the last newline.
    fn tail(&mut self, tail: &[u8]) {
        let verifier = self.audit.pause_chain();
        self.line(tail);
        self.audit.resume_chain(verifier);
    }

    fn line(&mut self, bytes: &[u8]) {
        let Self { reader, audit, .. } = self;
        if let Some((line, end)) = reader.read(bytes, 0)
            && end == bytes.len()
        {
            return audit.event(bytes, &line);
        }
        match rewrite(bytes) {
            Ok(text) => match reader.read_rewritten(&text) {
                Some(line) => audit.event(bytes, &line),
                None => audit.no_event(bytes, Some("a key stands twice in it")),
            },
            Err(why) => audit.no_event(bytes, if bytes.iter().all(u8::is_ascii_whitespace) { None } else { Some(&why) }),
        }
    }
}
