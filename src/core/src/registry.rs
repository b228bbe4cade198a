//! Who is trusted with which key, and when.

use crate::crypto::PublicKey;
use crate::identity::{self, check_agent_id, public_key_from_pem, public_key_pem};
use crate::json::{self, FieldError, Fields, Members, Style, Value};
use crate::limits::MAX_ROTATION_SECONDS;
use crate::time::{self, Timestamp};

/// Why a registry refuses a change or a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is no JSON.
    #[error(transparent)]
    Json(#[from] json::Error),
    /// A field is missing, unknown or of the wrong type.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// An agent id or key is refused.
    #[error("`{at}`: {error}")]
    Identity {
        /// JSON pointer.
        at: String,
        /// What is wrong with it.
        error: identity::Error,
    },
    /// The agent has another key already (catalogue B10); [`AgentRegistry::rotate`] is the way.
    #[error("`{0}` is registered with another key; rotate it instead")]
    KeyConflict(String),
    /// No such agent.
    #[error("`{0}` is not registered")]
    Unknown(String),
    /// An overlap beyond [`MAX_ROTATION_SECONDS`].
    #[error("an overlap of {0} seconds; at most {MAX_ROTATION_SECONDS} are allowed")]
    Overlap(u32),
    /// A time beyond the calendar.
    #[error(transparent)]
    Time(#[from] time::Error),
}

/// A key and the time in which it speaks for its agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyWindow {
    /// The key.
    pub key: PublicKey,
    /// First moment; always, where `None`.
    pub not_before: Option<Timestamp>,
    /// End, exclusive; never, where `None`.
    pub not_after: Option<Timestamp>,
}

impl KeyWindow {
    fn holds(&self, now: Timestamp) -> bool {
        self.not_before.is_none_or(|start| start.micros() <= now.micros()) && self.not_after.is_none_or(|end| now.micros() < end.micros())
    }
}

/// What an agent is trusted with; what is left open stays as it was.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roles {
    /// See [`AgentRecord::roots`].
    pub roots: Option<Vec<String>>,
    /// See [`AgentRecord::reviewer`].
    pub reviewer: Option<bool>,
    /// See [`AgentRecord::revoker`].
    pub revoker: Option<bool>,
}

/// A role that can be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// [`AgentRecord::roots`], all of them.
    Roots,
    /// [`AgentRecord::reviewer`].
    Reviewer,
    /// [`AgentRecord::revoker`].
    Revoker,
}

/// What is known of one agent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AgentRecord {
    /// Its keys, oldest first.
    pub keys: Vec<KeyWindow>,
    /// Actions it may originate capabilities for.
    pub roots: Vec<String>,
    /// Whether its approvals count.
    pub reviewer: bool,
    /// Whether it may revoke what others issued.
    pub revoker: bool,
    /// From when on it is trusted with nothing.
    pub revoked_at: Option<Timestamp>,
}

impl AgentRecord {
    /// An agent with one key that always holds.
    #[must_use]
    pub fn of_key(key: PublicKey) -> Self {
        Self { keys: vec![KeyWindow { key, not_before: None, not_after: None }], ..Self::default() }
    }

    /// Whether `key` speaks for the agent at `now`. Raw keys are compared, never their texts.
    #[must_use]
    pub fn binds(&self, key: &PublicKey, now: Timestamp) -> bool {
        self.keys.iter().any(|window| window.key == *key && window.holds(now))
    }

    /// Whether the agent is revoked at `now`.
    #[must_use]
    pub fn is_revoked(&self, now: Timestamp) -> bool {
        self.revoked_at.is_some_and(|at| at.micros() <= now.micros())
    }

    /// Reads one value of a registry file, or what a resolver of the host replied: a PEM, or
    /// `{"keys": [{"public_key_pem", "not_before", "not_after"}], "roots", "reviewer", "revoker",
    /// "revoked_at"}`, where one key may also stand alone as `publicKeyPem` and `revoked` may be a
    /// boolean.
    ///
    /// # Errors
    /// [`Error`]; `path` is the JSON pointer of the value.
    pub fn read(value: Value, path: &str) -> Result<Self, Error> {
        if let Value::String(pem) = &value {
            return Ok(Self::of_key(key_at(pem, path)?));
        }
        let mut fields = Fields::of(value, path)?;
        let mut record = Self {
            roots: fields.texts("roots"),
            revoked_at: fields.optional_moment("revoked_at"),
            reviewer: fields.flag("reviewer"),
            revoker: fields.flag("revoker"),
            keys: Vec::new(),
        };
        fields.check()?;
        // Null or another type is no answer to whether an agent is revoked.
        match fields.take("revoked") {
            None | Some(Value::Bool(false)) => {}
            Some(Value::Bool(true)) => record.revoked_at = Some(Timestamp::from_micros(0)?),
            Some(other) => {
                return Err(FieldError::Type { at: fields.pointer("revoked"), expected: "a boolean", found: other.kind() }.into());
            }
        }
        if let Some(pem) = fields.optional_text("publicKeyPem") {
            record.keys.push(KeyWindow { key: key_at(&pem, &fields.pointer("publicKeyPem"))?, not_before: None, not_after: None });
        }
        let at = fields.pointer("keys");
        let keys = fields.array("keys");
        fields.check()?;
        for (i, value) in keys.enumerate() {
            let mut key = Fields::of(value, &json::pointer(&at, &i.to_string()))?;
            let pem = key.text("public_key_pem");
            key.check()?;
            let window = KeyWindow {
                key: key_at(&pem, &key.pointer("public_key_pem"))?,
                not_before: key.optional_moment("not_before"),
                not_after: key.optional_moment("not_after"),
            };
            key.finish()?;
            record.keys.push(window);
        }
        // Of an agent that was revoked and then removed nothing else is known.
        if record.keys.is_empty() && record.revoked_at.is_none() {
            return Err(FieldError::Missing { at }.into());
        }
        fields.finish()?;
        Ok(record)
    }

    /// What [`AgentRecord::read`] reads.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let keys = self.keys.iter().map(|window| {
            Members::new()
                .with("public_key_pem", public_key_pem(&window.key))
                .with("not_before", window.not_before)
                .with("not_after", window.not_after)
                .object()
        });
        Members::new()
            .with("keys", Value::Array(keys.collect()))
            .with("roots", self.roots.as_slice())
            .with("reviewer", self.reviewer)
            .with("revoker", self.revoker)
            .with("revoked_at", self.revoked_at)
            .object()
    }
}

/// A registry held in memory.
///
/// ```
/// use trusthandoff::{crypto::SecretKey, identity, registry::{AgentRecord, AgentRegistry}};
/// let key = SecretKey::from_seed(&[7; 32]).public_key();
/// let mut registry = AgentRegistry::default();
/// registry.register("agent:planner", AgentRecord::of_key(key))?;
/// assert_eq!(registry.resolve("agent:planner").map(|r| r.keys.len()), Some(1));
/// # Ok::<(), trusthandoff::registry::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentRegistry {
    /// In the order of their ids. An ordered map would be seven kilobytes of code.
    #[expect(clippy::vec_box, reason = "where one comes or goes, all that follow move: a pointer each")]
    agents: Vec<Box<(String, AgentRecord)>>,
}

impl AgentRegistry {
    /// Reads a registry file: an object from agent ids to what [`AgentRecord::read`] reads.
    ///
    /// # Errors
    /// [`Error`] with the JSON pointer of the fault.
    pub fn from_json(text: &[u8]) -> Result<Self, Error> {
        let members = match json::parse(text)? {
            Value::Object(members) => members,
            other => return Err(FieldError::Type { at: String::new(), expected: "an object", found: other.kind() }.into()),
        };
        let mut agents = Vec::with_capacity(members.len());
        for (id, value) in members {
            let at = json::pointer("", &id);
            check_agent_id(&id).map_err(|error| Error::Identity { at: at.clone(), error })?;
            agents.push(Box::new((id, AgentRecord::read(value, &at)?)));
        }
        // The parser has refused an id that stands twice.
        agents.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        Ok(Self { agents })
    }

    /// The registry file of this registry.
    #[must_use]
    pub fn to_json(&self) -> String {
        let members = self.agents.iter().map(|agent| (agent.0.clone(), agent.1.to_value())).collect();
        json::write(&Value::Object(members), Style::COMPACT)
    }

    /// What is known of `agent_id`.
    #[must_use]
    pub fn resolve(&self, agent_id: &str) -> Option<&AgentRecord> {
        self.record(agent_id).filter(|record| !record.keys.is_empty())
    }

    /// The ids of all agents, in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.agents.iter().filter(|agent| !agent.1.keys.is_empty()).map(|agent| agent.0.as_str())
    }

    /// Where the agent stands, or where it would.
    fn place(&self, agent_id: &str) -> Result<usize, usize> {
        self.agents.binary_search_by(|agent| agent.0.as_str().cmp(agent_id))
    }

    fn record(&self, agent_id: &str) -> Option<&AgentRecord> {
        self.place(agent_id).ok().and_then(|at| self.agents.get(at)).map(|agent| &agent.1)
    }

    fn known(&mut self, agent_id: &str) -> Result<&mut AgentRecord, Error> {
        let known = self.place(agent_id).ok().and_then(|at| self.agents.get_mut(at)).map(|agent| &mut agent.1);
        known.filter(|record| !record.keys.is_empty()).ok_or_else(|| Error::Unknown(agent_id.to_owned()))
    }

    fn put(&mut self, agent_id: &str, record: AgentRecord) {
        match self.place(agent_id).map(|at| self.agents.get_mut(at)) {
            Ok(Some(known)) => known.1 = record,
            Ok(None) => {}
            Err(at) => self.agents.insert(at, Box::new((agent_id.to_owned(), record))),
        }
    }

    /// Adds an agent, or another word on a known one. It keeps the roles that nothing is said of.
    ///
    /// # Errors
    /// As [`AgentRegistry::register`].
    pub fn admit(&mut self, agent_id: &str, key: KeyWindow, roles: Roles) -> Result<(), Error> {
        let known = self.resolve(agent_id).cloned().unwrap_or_default();
        let record = AgentRecord {
            keys: vec![key],
            roots: roles.roots.unwrap_or(known.roots),
            reviewer: roles.reviewer.unwrap_or(known.reviewer),
            revoker: roles.revoker.unwrap_or(known.revoker),
            revoked_at: None,
        };
        self.register(agent_id, record)
    }

    /// Adds an agent, or replaces what is known of it. Its keys stay, their windows can only be
    /// narrowed, and a revocation is final.
    ///
    /// # Errors
    /// [`Error::KeyConflict`] for another key than the registered one, [`Error::Identity`].
    pub fn register(&mut self, agent_id: &str, mut record: AgentRecord) -> Result<(), Error> {
        check_agent_id(agent_id).map_err(|error| Error::Identity { at: "agent_id".into(), error })?;
        if let Some(known) = self.record(agent_id) {
            record.revoked_at = known.revoked_at.or(record.revoked_at);
        }
        if let Some(known) = self.resolve(agent_id) {
            let mut keys = known.keys.clone();
            for new in &record.keys {
                let window = keys.iter_mut().find(|window| window.key == new.key).ok_or_else(|| Error::KeyConflict(agent_id.to_owned()))?;
                // A window is narrowed by a second word, never widened: that would undo a rotation.
                window.not_before = window.not_before.max(new.not_before);
                window.not_after = [window.not_after, new.not_after].into_iter().flatten().min();
            }
            record.keys = keys;
        }
        self.put(agent_id, record);
        Ok(())
    }

    /// Gives an agent a new key from `now` on; the old ones hold for `overlap_seconds` more, so that
    /// what is on its way arrives.
    ///
    /// # Errors
    /// [`Error::Unknown`] or [`Error::Overlap`].
    pub fn rotate(&mut self, agent_id: &str, key: PublicKey, overlap_seconds: u32, now: Timestamp) -> Result<(), Error> {
        if overlap_seconds > MAX_ROTATION_SECONDS {
            return Err(Error::Overlap(overlap_seconds));
        }
        let end = now.plus_seconds(overlap_seconds.into())?;
        let record = self.known(agent_id)?;
        for window in &mut record.keys {
            window.not_after = Some(window.not_after.map_or(end, |set| set.min(end)));
        }
        // Keys that have ended stay: what they signed can still be revoked by their holder.
        record.keys.retain(|window| window.key != key);
        record.keys.push(KeyWindow { key, not_before: Some(now), not_after: None });
        Ok(())
    }

    /// Trusts an agent with nothing from `now` on. Revoking is final.
    ///
    /// # Errors
    /// [`Error::Unknown`].
    pub fn revoke(&mut self, agent_id: &str, now: Timestamp) -> Result<(), Error> {
        let record = self.known(agent_id)?;
        record.revoked_at = Some(record.revoked_at.map_or(now, |set| set.min(now)));
        Ok(())
    }

    /// Takes a role away from an agent.
    ///
    /// # Errors
    /// [`Error::Unknown`].
    pub fn withdraw(&mut self, agent_id: &str, role: Role) -> Result<(), Error> {
        let record = self.known(agent_id)?;
        match role {
            Role::Roots => record.roots.clear(),
            Role::Reviewer => record.reviewer = false,
            Role::Revoker => record.revoker = false,
        }
        Ok(())
    }

    /// Forgets an agent; whether it was known. That it was revoked is not forgotten, whoever registers it again.
    pub fn remove(&mut self, agent_id: &str) -> bool {
        let Ok(at) = self.place(agent_id) else { return false };
        let (id, record) = *self.agents.remove(at);
        if record.revoked_at.is_some() {
            self.put(&id, AgentRecord { revoked_at: record.revoked_at, ..AgentRecord::default() });
        }
        !record.keys.is_empty()
    }

    /// Puts the agents of a registry file in the place of those here. Who is revoked here stays so, whatever the file says. A file
    /// with a fault changes nothing.
    ///
    /// # Errors
    /// As [`AgentRegistry::from_json`].
    pub fn reload(&mut self, text: &[u8]) -> Result<(), Error> {
        let mut next = Self::from_json(text)?;
        for (id, known) in self.agents.iter().map(Box::as_ref) {
            if let Some(at) = known.revoked_at {
                let mut record = next.record(id).cloned().unwrap_or_default();
                record.revoked_at = Some(record.revoked_at.map_or(at, |set| set.min(at)));
                next.put(id, record);
            }
        }
        *self = next;
        Ok(())
    }
}

fn key_at(pem: &str, path: &str) -> Result<PublicKey, Error> {
    public_key_from_pem(pem).map_err(|error| Error::Identity { at: path.to_owned(), error: error.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::SecretKey;

    fn key(seed: u8) -> PublicKey {
        SecretKey::from_seed(&[seed; 32]).public_key()
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect(text)
    }

    #[test]
    fn a_registered_key_is_never_overwritten() {
        let mut registry = AgentRegistry::default();
        registry.register("agent:a", AgentRecord::of_key(key(1))).expect("new");
        assert_eq!(registry.register("agent:a", AgentRecord::of_key(key(2))), Err(Error::KeyConflict("agent:a".into())));
        assert_eq!(registry.register("agent:a", AgentRecord { reviewer: true, ..AgentRecord::of_key(key(1)) }), Ok(()));
        assert!(registry.resolve("agent:a").is_some_and(|r| r.reviewer));
    }

    #[test]
    fn registering_again_does_not_undo_a_revocation_or_a_rotation() {
        let now = at("2026-03-08T12:00:00Z");
        let mut registry = AgentRegistry::default();
        registry.register("a", AgentRecord::of_key(key(1))).expect("new");
        registry.rotate("a", key(2), 30, now).expect("known");
        registry.revoke("a", now).expect("known");
        registry.register("a", AgentRecord::of_key(key(1))).expect("same key");
        let record = registry.resolve("a").expect("known");
        assert!(record.is_revoked(now));
        assert!(!record.binds(&key(1), at("2026-03-08T12:00:30Z")));
    }

    #[test]
    fn an_old_key_holds_for_the_overlap_and_no_longer() {
        let now = at("2026-03-08T12:00:00Z");
        let mut registry = AgentRegistry::default();
        registry.register("a", AgentRecord::of_key(key(1))).expect("new");
        registry.rotate("a", key(2), 30, now).expect("known");
        registry.rotate("a", key(3), 30, at("2026-03-08T12:00:10Z")).expect("known");
        let binds = |seed, when| registry.resolve("a").expect("known").binds(&key(seed), at(when));
        assert!(binds(1, "2026-03-08T12:00:29Z"));
        assert!(!binds(1, "2026-03-08T12:00:30Z"), "the first overlap is not extended by the second rotation");
        assert!(binds(2, "2026-03-08T12:00:39Z"));
        assert!(!binds(2, "2026-03-08T11:59:59Z"));
        assert!(!binds(2, "2026-03-08T12:00:40Z"));
        assert!(binds(3, "2030-01-01T00:00:00Z"));
        let beyond = MAX_ROTATION_SECONDS + 1;
        assert_eq!(registry.clone().rotate("a", key(4), beyond, now), Err(Error::Overlap(beyond)));
        assert_eq!(registry.clone().rotate("b", key(4), 30, now), Err(Error::Unknown("b".into())));
    }

    #[test]
    fn a_second_word_keeps_the_roles_of_which_it_says_nothing() {
        let window = || KeyWindow { key: key(1), not_before: None, not_after: None };
        let mut registry = AgentRegistry::default();
        let all = Roles { roots: Some(vec!["read".into()]), reviewer: Some(true), revoker: Some(true) };
        registry.admit("a", window(), all).expect("new");
        registry.admit("a", window(), Roles::default()).expect("the same key");
        assert!(registry.resolve("a").is_some_and(|r| r.reviewer && r.revoker && r.roots == ["read"]));
        registry.admit("a", window(), Roles { reviewer: Some(false), ..Roles::default() }).expect("the same key");
        assert!(registry.resolve("a").is_some_and(|r| !r.reviewer && r.revoker));
        registry.withdraw("a", Role::Roots).expect("known");
        assert!(registry.resolve("a").is_some_and(|r| r.revoker && r.roots.is_empty()));
        assert_eq!(registry.withdraw("b", Role::Roots), Err(Error::Unknown("b".into())));
    }

    #[test]
    fn what_was_revoked_stays_so_removed_reloaded_or_registered_again() {
        let (now, later) = (at("2026-03-08T12:00:00Z"), at("2026-03-09T12:00:00Z"));
        let mut registry = AgentRegistry::default();
        registry.register("a", AgentRecord::of_key(key(1))).expect("new");
        registry.register("b", AgentRecord::of_key(key(2))).expect("new");
        let before = registry.to_json();
        registry.revoke("a", now).expect("known");
        assert!(registry.remove("a") && !registry.remove("a"));
        assert_eq!((registry.resolve("a"), registry.ids().collect::<Vec<_>>()), (None, vec!["b"]));
        assert_eq!(AgentRegistry::from_json(registry.to_json().as_bytes()), Ok(registry.clone()));
        let mut back = registry.clone();
        back.register("a", AgentRecord::of_key(key(3))).expect("unknown, so any key");
        assert!(back.resolve("a").is_some_and(|r| r.is_revoked(now) && r.binds(&key(3), now)));
        assert_eq!(registry.reload(before.as_bytes()), Ok(()));
        assert!(registry.resolve("a").is_some_and(|r| r.is_revoked(now)));
        let held = registry.clone();
        assert!(registry.reload(b"{\"a\": 1}").is_err());
        assert_eq!(registry, held, "a file with a fault changes nothing");
        let mut other = AgentRegistry::from_json(before.as_bytes()).expect("a registry");
        other.rotate("b", key(4), 30, now).expect("known");
        other.revoke("b", later).expect("known");
        assert_eq!(registry.reload(other.to_json().as_bytes()), Ok(()));
        assert!(registry.resolve("b").is_some_and(|r| r.is_revoked(later) && r.binds(&key(4), later)));
    }

    #[test]
    fn a_registry_survives_its_file() {
        let now = at("2026-03-08T12:00:00Z");
        let mut registry = AgentRegistry::default();
        registry.register("agent:a/+", AgentRecord { roots: vec!["read".into()], ..AgentRecord::of_key(key(1)) }).expect("new");
        registry.rotate("agent:a/+", key(2), 30, now).expect("known");
        registry.revoke("agent:a/+", now).expect("known");
        assert_eq!(AgentRegistry::from_json(registry.to_json().as_bytes()), Ok(registry));
    }

    #[test]
    fn a_resolver_may_answer_in_short() {
        let pem = public_key_pem(&key(1)).replace('\n', "\\n");
        let read = |text: String| AgentRecord::read(json::parse(text.as_bytes()).expect("JSON"), "");
        assert_eq!(read(format!("\"{pem}\"")), Ok(AgentRecord::of_key(key(1))));
        assert_eq!(read(format!("{{\"publicKeyPem\":\"{pem}\",\"revoked\":false}}")), Ok(AgentRecord::of_key(key(1))));
        assert!(read(format!("{{\"publicKeyPem\":\"{pem}\",\"revoked\":true}}")).is_ok_and(|r| r.is_revoked(at("1970-01-01T00:00:00Z"))));
        for bad in [
            "{}".into(),
            "7".into(),
            format!("{{\"publicKeyPem\":\"{pem}\",\"revoked\":\"false\"}}"),
            format!("{{\"publicKeyPem\":\"{pem}\",\"revoked\":null}}"),
            format!("{{\"publicKeyPem\":\"{pem}\",\"x\":1}}"),
        ] {
            assert!(read(bad).is_err());
        }
    }
}
