//! Rules over what belongs together: the events of one packet, and what was revoked before them.

use super::clock::{Calendar, DAY, SECOND, anomaly};
use super::finding::{Finding, Severity, clipped, moment};

use super::memory::{Ended, Entry, Map, Marks, More, Names, Open, Packets, minute, summed};
use super::rules::agents;
use crate::crypto::sha256;
use crate::encoding::hex;
use crate::event::Kind;
use crate::json;
use crate::limits::{MAX_DEPTH, MAX_GRACE_SECONDS};
use crate::scan::{Line, Name, text_of};

/// How long a packet is remembered after its expiry. Longer than any gate admits it, so that a replay still meets
/// its first acceptance, and long enough for a task to end and be attested.
const GRACE: i64 = 3600 * SECOND;

/// How long after its expiry an acceptance may be told.
const LATE: i64 = MAX_GRACE_SECONDS as i64 * SECOND;

/// What a finding over several events is called, how much it matters and what to do.
#[derive(Debug, Clone, Copy)]
struct Told(&'static str, Severity, &'static str);

const REPLAY_REFUSED: Told = Told(
    "replay_attempt",
    Severity::Medium,
    "Nothing was done twice. See who still has the packet: its sender by a retry, or somebody on the way.",
);
const REPLAY_ACCEPTED: Told = Told(
    "replay_attempt",
    Severity::Critical,
    "The nonce store forgot, or two gates do not share one. See what was done twice, and keep nonces where every gate of this agent sees them.",
);
const ID_REUSED: Told =
    Told("packet_id_reused", Severity::Medium, "Events of the two cannot be told apart. The second sender chose the id of another packet.");
const REVOKED: Told = Told(
    "use_after_revocation",
    Severity::Critical,
    "The gate did not learn of the revocation. See what was done, and connect its revocation list.",
);
const UNACCEPTED: Told = Told(
    "execution_without_acceptance",
    Severity::Critical,
    "Something ran that no gate let through, or its acceptance was taken out of the log. Find out what started it.",
);
const UNATTESTED: Told = Told(
    "acceptance_unattested",
    Severity::Medium,
    "Nobody can prove what came out. Ask the agent for the attestation; if there is none, treat the outcome as unknown.",
);
const MISMATCH: Told = Told(
    "result_mismatch",
    Severity::Critical,
    "What was attested is not what the task gave. Do not use the result before that is explained.",
);
const UNREVIEWED: Told = Told(
    "review_bypassed",
    Severity::Critical,
    "An action that people had to allow went on without them. Stop it, and see how it passed the gate.",
);
const OVERRUN: Told = Told(
    "budget_overrun",
    Severity::High,
    "More calls were made than granted. See the counter store of that agent, and what the further calls did.",
);

#[derive(Debug, Clone, Copy)]
struct Revocation {
    line: u64,
    at: Option<i64>,
}

/// One event, as far as the rules need it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event<'a> {
    pub(super) line: &'a Line<'a>,
    pub(super) number: u64,
    /// The hashed name of the sender; 0 where there is none.
    pub(super) from: u64,
    /// When, as it says itself.
    pub(super) at: Option<i64>,
    /// Where the log is.
    pub(super) now: i64,
}

impl Event<'_> {
    #[inline(never)]
    fn told(&self, told: Told, lines: &[u64], sentence: String) -> Finding {
        let Told(kind, severity, advice) = told;
        let mut lines: Vec<u64> = lines.iter().copied().filter(|line| *line != 0).collect();
        lines.sort_unstable();
        lines.dedup();
        Finding {
            kind: kind.into(),
            severity,
            agents: agents(self.line),
            packets: vec![self.packet()],
            lines,
            sentence,
            advice: advice.into(),
            at: self.at.and_then(moment),
            details: Vec::new(),
        }
    }

    /// Whether a member is this text, however it is spelled.
    fn says(&self, name: Name, text: &str) -> bool {
        self.line.bytes(name).as_deref() == Some(text.as_bytes())
    }

    #[inline(never)]
    fn packet(&self) -> String {
        self.line.text(Name::PacketId).map(|id| clipped(&id)).unwrap_or_default()
    }

    /// How long to remember a packet that tells no end. The reference tells how long it was to live, where it knows, and has held
    /// the end against that.
    fn lifetime(&self) -> i64 {
        number(self.line.raw(Name::TtlSeconds))
            .map_or(DAY, |seconds| i64::from(seconds).saturating_mul(SECOND).saturating_add(GRACE).min(DAY))
    }

    /// The last minute for which to remember what belongs to it, for an end that is known or not.
    fn end(&self, expires: Option<i64>) -> u32 {
        let end = match expires {
            Some(expires) => expires.max(self.now).saturating_add(GRACE),
            None => self.at.unwrap_or(self.now).max(self.now).saturating_add(self.lifetime()),
        };
        minute(end)
    }
}

/// What is known of packets and revocations.
#[derive(Debug)]
pub(super) struct Stories {
    pub(super) packets: Packets,
    revoked: Map<Revocation>,
    /// Who attests outcomes: an agent that never does was set up without.
    attesting: Map<()>,
    max_others: usize,
    /// Whether a packet, or a capability, was revoked by its id, so that ids have to be hashed.
    has_packet_ids: bool,
    has_capability_ids: bool,
    expiries: Calendar,
    pub(super) is_full: bool,
    /// Questions about what was there before that could not be answered, because it may have been forgotten.
    pub(super) undecided: u64,
    /// Tasks that were running when the log ended.
    pub(super) running: u64,
}

impl Stories {
    pub(super) fn new(max: usize, max_others: usize) -> Self {
        Self {
            packets: Packets::new(max),
            revoked: Map::default(),
            attesting: Map::default(),
            max_others,
            has_packet_ids: false,
            has_capability_ids: false,
            expiries: Calendar::default(),
            is_full: false,
            undecided: 0,
            running: 0,
        }
    }

    /// Takes in an event of the kind `kind`.
    pub(super) fn event(&mut self, names: &Names, kind: Kind, event: Event<'_>, out: &mut Vec<Finding>) {
        if kind == Kind::Revoked {
            return self.revoke(names, event);
        }
        let Some(id) = event.line.bytes(Name::PacketId) else { return };
        let key = names.packet(&id);
        match kind {
            Kind::PacketAccepted => self.accepted(names, key, &id, event, out),
            Kind::PacketRejected => self.refused(names, key, event, out),
            Kind::ReviewDecided => self.reviewed(key, event),
            Kind::TaskStarted | Kind::ToolUsed => self.executed(names, key, &id, kind, event, out),
            Kind::TaskFinished | Kind::Attested => self.ended(names, key, kind, event, out),
            Kind::Unattested => self.unattested(names, key, event, out),
            _ => {}
        }
    }

    /// Forgets what ended before the minute `now`.
    pub(super) fn sweep(&mut self, now: u32, out: &mut Vec<Finding>) {
        let attesting = &self.attesting;
        self.packets.expire(now, |ended| out.extend(unattested(attesting, ended)));
    }

    /// The log ends here.
    pub(super) fn finish(&mut self) -> Vec<Finding> {
        let mut found = Vec::new();
        let (attesting, running) = (&self.attesting, &mut self.running);
        self.packets.drain(|ended| {
            if ended.marks.has(Marks::FINISHED) {
                found.extend(unattested(attesting, ended));
            } else if ended.open.is_some() && !ended.marks.has(Marks::ATTESTED) {
                *running = running.saturating_add(1);
            }
        });
        // In the order of the log, not of the hashes.
        found.sort_by(|a, b| a.lines.cmp(&b.lines));
        found
    }

    #[inline(never)]
    fn accepted(&mut self, names: &Names, key: u64, id: &[u8], event: Event<'_>, out: &mut Vec<Finding>) {
        let line = event.line;
        let hashed = |kind: &str, name: Name| line.bytes(name).map_or(0, |text| names.of(&[kind.as_bytes(), &text]));
        let expires = line.bytes(Name::ExpiresAt).and_then(|text| self.expiries.read(&text));
        // Whoever chooses an id for its events can choose one id for two.
        let told_as = line.bytes(Name::EventId).map_or(0, |id| summed(&id) as u32);
        let digest = hashed("digest", Name::PacketDigest);
        let nonce = nonce_of(line, names);
        let nonce_line = if nonce == 0 { None } else { self.packets.taken_nonce(nonce) };
        let limit = limit_of(line.raw(Name::MaxToolCalls));
        let Some(entry) = self.packets.keep(key, event.end(expires)) else { return };
        let first = entry.accepted;
        if first != 0 {
            let is_same_line = told_as != 0 && told_as == entry.event;
            if is_same_line {
                return;
            }
            let first_digest = entry.more().digest;
            if digest != 0 && digest == first_digest {
                let sentence =
                    format!("The packet {} was accepted twice, in line {first} and again in line {}.", event.packet(), event.number);
                out.push(event.told(REPLAY_ACCEPTED, &[first, event.number], sentence));
            } else if digest != 0 && first_digest != 0 {
                let sentence = format!("Two accepted packets carry the id {}: lines {first} and {}.", event.packet(), event.number);
                out.push(event.told(ID_REUSED, &[first, event.number], sentence));
                entry.marks.set(Marks::SHARED);
                let more = entry.more_mut();
                more.limit = more.limit.saturating_add(limit);
            }
        } else {
            entry.accepted = event.number;
            entry.event = told_as;
            entry.agent = event.from;
            let (key, ancestors) = (hashed("key", Name::Fingerprint), ancestors_of(line.raw(Name::Ancestors), names));
            if key != 0 || digest != 0 || limit != u32::MAX || ancestors.is_some() {
                let more = entry.more_mut();
                (more.key, more.digest, more.limit, more.ancestors) = (key, digest, limit, ancestors);
            }
            if let Some(taken) = nonce_line {
                let sentence = format!("Two packets with one nonce of one key were accepted: lines {taken} and {}.", event.number);
                out.push(event.told(REPLAY_ACCEPTED, &[taken, event.number], sentence));
            }
        }
        let needs_review = line.raw(Name::RequiresHumanReview) == b"true";
        let is_denied = entry.marks.has(Marks::DENIED);
        if is_denied || needs_review && !entry.marks.has(Marks::APPROVED) {
            if is_denied || self.packets.forgotten == 0 {
                let why = if is_denied { "people had denied it" } else { "nobody had approved it" };
                let sentence = format!("The packet {} was accepted although {why}.", event.packet());
                out.push(event.told(UNREVIEWED, &[event.number], sentence));
                self.mark(key, Marks::TOLD_REVIEW);
            } else {
                self.undecided = self.undecided.saturating_add(1);
            }
        }
        if nonce != 0 {
            self.packets.take_nonce(key, nonce, event.number);
        }
        if let (Some(at), Some(expires)) = (event.at, expires)
            && at > expires.saturating_add(LATE)
        {
            let sentence =
                format!("The packet {} was accepted {} s after it had expired.", event.packet(), at.saturating_sub(expires) / SECOND);
            let mut late = anomaly(sentence, agents(line), vec![event.number], at);
            late.packets = vec![event.packet()];
            out.push(late);
        }
        self.check_revoked(names, key, id, "was accepted", event, out);
    }

    #[inline(never)]
    fn refused(&mut self, names: &Names, key: u64, event: Event<'_>, out: &mut Vec<Finding>) {
        if !event.says(Name::Reason, "replay_detected") {
            return;
        }
        let first = self.packets.get(key).map_or(0, |entry| entry.accepted);
        let nonce = self.packets.taken_nonce(nonce_of(event.line, names));
        let first = if first == 0 { nonce.unwrap_or(0) } else { first };
        let sentence = match first {
            0 => format!("The packet {} came again and was refused.", event.packet()),
            _ => format!("The packet {} came again after it had been accepted in line {first}, and was refused.", event.packet()),
        };
        out.push(event.told(REPLAY_REFUSED, &[first, event.number], sentence));
    }

    #[inline(never)]
    fn reviewed(&mut self, key: u64, event: Event<'_>) {
        let Some(entry) = self.packets.keep(key, event.end(None)) else { return };
        // The last word counts.
        let (says, not) = match event.line.bytes(Name::Decision).as_deref() {
            Some(b"APPROVED") => (Marks::APPROVED, Marks::DENIED),
            Some(b"DENIED") => (Marks::DENIED, Marks::APPROVED),
            _ => return,
        };
        entry.marks.set(says);
        entry.marks.clear(not);
    }

    #[inline(never)]
    fn executed(&mut self, names: &Names, key: u64, id: &[u8], kind: Kind, event: Event<'_>, out: &mut Vec<Finding>) {
        if !self.is_accepted(key, event, out) {
            return;
        }
        let started_digest = event.line.bytes(Name::PacketDigest).map_or(0, |digest| names.of(&[b"digest", &digest]));
        let Some(entry) = self.packets.get(key) else { return };
        let accepted = entry.accepted;
        if kind == Kind::TaskStarted {
            entry.marks.set(Marks::STARTED);
            open(names, entry, event);
            let is_another = started_digest != 0 && entry.more().digest != 0 && started_digest != entry.more().digest;
            if is_another && !entry.marks.has(Marks::SHARED) {
                let sentence = format!(
                    "The task of line {} is not that of the packet {id} that was accepted in line {accepted}.",
                    event.number,
                    id = event.packet()
                );
                out.push(event.told(UNACCEPTED, &[accepted, event.number], sentence));
            }
        } else {
            let more = entry.more_mut();
            more.used = more.used.saturating_add(1);
            let (used, limit) = (more.used, more.limit);
            if used > limit && !entry.marks.has(Marks::TOLD_BUDGET) {
                entry.marks.set(Marks::TOLD_BUDGET);
                let sentence = format!("The packet {} permits {limit} tool calls; line {} is one more.", event.packet(), event.number);
                out.push(event.told(OVERRUN, &[accepted, event.number], sentence));
            }
        }
        if entry.marks.has(Marks::DENIED) && !entry.marks.has(Marks::TOLD_REVIEW) {
            entry.marks.set(Marks::TOLD_REVIEW);
            let sentence = format!("A task of the packet {} went on after people had denied it.", event.packet());
            out.push(event.told(UNREVIEWED, &[accepted, event.number], sentence));
        }
        let what = if kind == Kind::TaskStarted { "was started" } else { "used a tool" };
        self.check_revoked(names, key, id, what, event, out);
    }

    #[inline(never)]
    fn ended(&mut self, names: &Names, key: u64, kind: Kind, event: Event<'_>, out: &mut Vec<Finding>) {
        let is_attested = kind == Kind::Attested;
        if is_attested || !matches!(event.line.raw(Name::OutcomeHash), b"" | b"null") {
            self.attests(names, event);
        }
        // That a packet was refused can be attested too, and what refused it started nothing.
        if event.says(Name::Status, "REJECTED") || is_attested && !self.is_accepted(key, event, out) {
            return;
        }
        let Some(entry) = self.packets.get(key).filter(|entry| entry.accepted != 0) else { return };
        entry.marks.set(if is_attested { Marks::ATTESTED } else { Marks::FINISHED });
        if !is_attested && !entry.marks.has(Marks::ATTESTED) {
            open(names, entry, event);
        }
        if entry.marks.has(Marks::ATTESTED) {
            entry.close();
        }
        let Some(outcome) = event.line.bytes(Name::OutcomeHash) else { return };
        let hashed = names.of(&[b"outcome", &outcome]);
        let (told, first) = *entry.more_mut().outcome.get_or_insert((hashed, event.number));
        if told != hashed && !entry.marks.has(Marks::SHARED) {
            let sentence = format!("Lines {first} and {} tell of two outcomes of the packet {}.", event.number, event.packet());
            out.push(event.told(MISMATCH, &[entry.accepted, first, event.number], sentence));
        }
    }

    #[inline(never)]
    fn unattested(&mut self, names: &Names, key: u64, event: Event<'_>, out: &mut Vec<Finding>) {
        self.attests(names, event);
        let Some(entry) = self.packets.get(key) else { return };
        if entry.marks.has(Marks::UNATTESTED) {
            return;
        }
        entry.marks.set(Marks::UNATTESTED);
        entry.close();
        let why = event.line.text(Name::Reason).map(|reason| clipped(&reason)).unwrap_or_default();
        let sentence = format!("The outcome of the packet {} could not be attested: {why}.", event.packet());
        let lines = [entry.accepted, event.number];
        out.push(event.told(UNATTESTED, &lines, sentence));
    }

    /// Whether the packet was accepted before; if not, that is told once.
    #[inline(never)]
    fn is_accepted(&mut self, key: u64, event: Event<'_>, out: &mut Vec<Finding>) -> bool {
        let known = self.packets.get(key).map(|entry| (entry.accepted != 0, entry.marks.has(Marks::TOLD_UNACCEPTED)));
        match known {
            Some((true, _)) => return true,
            Some((_, true)) => return false,
            None if self.packets.forgotten != 0 => {
                self.undecided = self.undecided.saturating_add(1);
                return false;
            }
            _ => {}
        }
        if let Some(entry) = self.packets.keep(key, event.end(None)) {
            entry.marks.set(Marks::TOLD_UNACCEPTED);
        }
        let sentence = format!("Line {} tells of a task of the packet {}, which was not accepted before.", event.number, event.packet());
        out.push(event.told(UNACCEPTED, &[event.number], sentence));
        false
    }

    #[inline(never)]
    fn revoke(&mut self, names: &Names, event: Event<'_>) {
        let Some(target) = event.line.text(Name::Target) else { return };
        let Some((kind, rest)) = target.split_once('|') else { return };
        let name = match (kind, rest.split_once('|')) {
            ("packet", Some((fingerprint, id))) => {
                self.has_packet_ids = true;
                scoped(names, names.of(&[b"key", fingerprint.as_bytes()]), id)
            }
            // Events name a capability without its issuer.
            ("capability", Some((_, id))) => {
                self.has_capability_ids = true;
                names.of(&[b"capability", id.as_bytes()])
            }
            _ => names.of(&[kind.as_bytes(), rest.as_bytes()]),
        };
        if self.revoked.len() >= self.max_others {
            self.is_full = true;
            return;
        }
        self.revoked.entry(name).or_insert(Revocation { line: event.number, at: event.at });
    }

    /// Tells, once a packet, that something of it was revoked before.
    fn check_revoked(&mut self, names: &Names, key: u64, id: &[u8], what: &str, event: Event<'_>, out: &mut Vec<Finding>) {
        if self.revoked.is_empty() {
            return;
        }
        let Some(entry) = self.packets.get(key).filter(|entry| !entry.marks.has(Marks::TOLD_REVOKED)) else { return };
        let More { key, digest, ancestors, .. } = entry.more();
        let mut under = vec![(entry.agent, "its sender"), (*key, "the key of its sender"), (*digest, "the packet")];
        under.extend(ancestors.iter().flatten().map(|digest| (*digest, "a packet before it")));
        if self.has_packet_ids && *key != 0 {
            under.push((scoped(names, *key, &hex(&sha256(&[id]))), "the packet"));
        }
        if self.has_capability_ids
            && let Some(capability) = event.line.bytes(Name::CapabilityId)
        {
            under.push((names.of(&[b"capability", hex(&sha256(&[&capability])).as_bytes()]), "its capability"));
        }
        let is_before = |revoked: &Revocation| revoked.at.zip(event.at).is_none_or(|(revoked, at)| revoked < at);
        let found = under.into_iter().find_map(|(name, of)| self.revoked.get(&name).filter(|r| is_before(r)).map(|r| (r.line, of)));
        if let Some((line, of)) = found {
            entry.marks.set(Marks::TOLD_REVOKED);
            let accepted = entry.accepted;
            let sentence =
                format!("The packet {} {what} in line {} although {of} had been revoked in line {line}.", event.packet(), event.number);
            out.push(event.told(REVOKED, &[line, accepted, event.number], sentence));
        }
    }

    fn attests(&mut self, names: &Names, event: Event<'_>) {
        let producer = producer_of(names, event);
        if self.attesting.len() < self.max_others || self.attesting.contains_key(&producer) {
            self.attesting.insert(producer, ());
        } else {
            self.is_full = true;
        }
    }

    fn mark(&mut self, key: u64, mark: Marks) {
        if let Some(entry) = self.packets.get(key) {
            entry.marks.set(mark);
        }
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.packets.len().saturating_add(self.revoked.len())
    }
}

/// What is to be said of a packet that is over.
fn unattested(attesting: &Map<()>, ended: Ended) -> Option<Finding> {
    let open = ended.open.filter(|open| !ended.marks.has(Marks::ATTESTED) && attesting.contains_key(&open.producer))?;
    let Told(kind, severity, advice) = UNATTESTED;
    Some(Finding {
        kind: kind.into(),
        severity,
        agents: open.agents,
        lines: vec![ended.accepted, open.line],
        sentence: format!("The packet {} was accepted and its task started, and nobody attested what came out.", open.packet),
        packets: vec![open.packet],
        advice: advice.into(),
        at: moment(open.at),
        details: Vec::new(),
    })
}

/// A packet that is revoked by its id is that of one key.
fn scoped(names: &Names, key: u64, id: &str) -> u64 {
    names.of(&[b"packet", &key.to_le_bytes(), id.as_bytes()])
}

/// What has to be known when nobody attests the outcome.
fn open(names: &Names, entry: &mut Entry, event: Event<'_>) {
    if entry.more().open.is_none() && !entry.marks.has(Marks::UNATTESTED) {
        let at = event.at.unwrap_or(event.now);
        let (packet, agents, producer) = (event.packet(), agents(event.line), producer_of(names, event));
        entry.more_mut().open = Some(Box::new(Open { packet, agents, line: event.number, at, producer }));
    }
}

fn producer_of(names: &Names, event: Event<'_>) -> u64 {
    names.of(&[b"producer", &event.line.bytes(Name::ProducerId).unwrap_or_default()])
}

/// The calls a packet permits; more than can be counted where it does not say.
fn limit_of(raw: &[u8]) -> u32 {
    number(raw).unwrap_or(if raw.starts_with(b"-") { 0 } else { u32::MAX })
}

/// A natural number, as JSON spells it.
fn number(raw: &[u8]) -> Option<u32> {
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| u32::from(byte - b'0'));
    let (first, rest) = raw.split_first()?;
    rest.iter().try_fold(digit(first)?, |number, byte| number.checked_mul(10)?.checked_add(digit(byte)?))
}

/// The hashed nonce of one key; 0 where there is none.
fn nonce_of(line: &Line<'_>, names: &Names) -> u64 {
    let (fingerprint, nonce) = (line.bytes(Name::Fingerprint), line.bytes(Name::NonceHash));
    fingerprint.zip(nonce).map_or(0, |(fingerprint, nonce)| names.of(&[b"nonce", &fingerprint, &nonce]))
}

/// The packets before it. No gate admits more than so many, and each event of the packet is held against them.
fn ancestors_of(raw: &[u8], names: &Names) -> Option<Box<[u64]>> {
    if raw.len() <= 2 {
        return None;
    }
    let digests = core::str::from_utf8(raw).ok().and_then(|text| json::raw_items(text).ok()).unwrap_or_default();
    let texts = digests.into_iter().filter_map(|digest| text_of(digest.as_bytes()));
    Some(texts.take(MAX_DEPTH as usize).map(|digest| names.of(&[b"digest", digest.as_bytes()])).collect())
}
