//! Every cap of the protocol, each with its reason.
//!
//! A cap that an attacker can reach is a refusal with a code of its own, never a truncation.

/// Largest envelope or packet text, in bytes (1 MiB). Linear memory of a WebAssembly instance never
/// shrinks, so a size is refused before anything is parsed (catalogue E13).
pub const MAX_INPUT_BYTES: usize = 1024 * 1024;

/// Largest capability token text, in bytes (64 KiB).
pub const MAX_TOKEN_BYTES: usize = 64 * 1024;

/// What the signature of a packet or capability adds to it without white space: `,"signature":"…"`.
pub const SIGNATURE_MEMBER_BYTES: usize = 103;

/// Deepest nesting of arrays and objects in a text (catalogue E07). The reference stops at 254
/// inside `context` with an exception; 128 keeps the recursion far from any stack limit.
pub const MAX_NESTING: usize = 128;

/// How many levels deeper a packet stands in the proof of what follows (`{"proof": {"packets": [` …) than in its own envelope. So much
/// deeper it may reach there: what one receiver reads can be handed on to the next.
pub const PROOF_NESTING: usize = 2;

/// Deepest nesting of a packet that is signed or put into an envelope: one level is the envelope's, one is left for a frame around it.
pub const MAX_PACKET_NESTING: usize = MAX_NESTING - 2;

/// Most members of an object that is read field by field: no object of the protocol has half as many fields.
pub const MAX_FIELDS: usize = 64;

/// Most decimal digits of an integer (catalogue E08): those of the largest finite double.
pub const MAX_INTEGER_DIGITS: usize = 308;

/// Longest `packet_id` and `nonce` at the gate, in bytes.
pub const MAX_ID_BYTES: usize = 256;

/// Longest `intent` at the gate, in bytes.
pub const MAX_INTENT_BYTES: usize = 65_536;

/// Largest canonical outcome of an attestation, in bytes (256 KiB, as in the reference).
pub const MAX_OUTCOME_BYTES: usize = 256 * 1024;

/// Deepest nesting of an attested outcome (as in the reference).
pub const MAX_OUTCOME_DEPTH: usize = 100;

/// Age at which an attestation stops being fresh, in milliseconds.
pub const ATTESTATION_MAX_AGE_MS: i64 = 300_000;

/// Earliest time of a new attestation, in milliseconds since 1970: that of 2020 (as in the reference).
pub const ATTESTATION_EPOCH_MS: u64 = 1_577_836_800_000;

/// How far an attestation may lie in the future, in milliseconds.
pub const ATTESTATION_SKEW_MS: i64 = 30_000;

/// Allowed clock difference at issuance: default and maximum, in seconds.
pub const DEFAULT_SKEW_SECONDS: u32 = 30;
/// See [`DEFAULT_SKEW_SECONDS`].
pub const MAX_SKEW_SECONDS: u32 = 300;

/// Most seconds an expired packet may still be admitted; the default is none.
pub const MAX_GRACE_SECONDS: u32 = 60;

/// Default lifetime of a packet by risk, in seconds; at a gate these are maxima.
pub const WRITE_TTL_SECONDS: u32 = 120;
/// See [`WRITE_TTL_SECONDS`].
pub const READ_TTL_SECONDS: u32 = 900;

/// Default and largest lifetime of any packet, in seconds: one day by default (catalogue D05) and
/// at most thirty, so that a replay store has to remember a bounded time.
pub const DEFAULT_LIFETIME_SECONDS: u32 = 86_400;
/// See [`DEFAULT_LIFETIME_SECONDS`].
pub const MAX_LIFETIME_SECONDS: u32 = 30 * 86_400;

/// Longest delegation chain: default and maximum of the gate (catalogue C04).
pub const DEFAULT_DEPTH: u32 = 5;
/// See [`DEFAULT_DEPTH`].
pub const MAX_DEPTH: u32 = 64;

/// Senders whose precomputed key tables a gate keeps. One table takes about 220 kB.
pub const MAX_KEY_TABLES: usize = 32;

/// Seconds for which a capability that has ended admits where another one takes its place.
pub const MAX_OVERLAP_SECONDS: u32 = 30;

/// Most seconds for which a rotated key stays valid: the longest life of anything that it signed.
pub const MAX_ROTATION_SECONDS: u32 = MAX_CAPABILITY_LIFE_SECONDS;

/// Longest scoped action that can be granted, in bytes, and the most wildcards it may have.
pub const MAX_ACTION_BYTES: usize = 256;
/// See [`MAX_ACTION_BYTES`].
pub const MAX_ACTION_WILDCARDS: usize = 8;

/// Longest action that can be requested, in bytes (8 KiB): longer than any URL that servers take.
pub const MAX_REQUEST_BYTES: usize = 8192;

/// Most actions of one grant at the gate: each is held against those of the one it comes from.
pub const MAX_ACTIONS: usize = 256;

/// How long a capability lives where its issuer does not say, in seconds.
pub const DEFAULT_CAPABILITY_SECONDS: u32 = 3600;

/// Default and largest life of a capability at a gate, in seconds: ninety days and ten years.
pub const DEFAULT_CAPABILITY_LIFE_SECONDS: u32 = 90 * 86_400;
/// See [`DEFAULT_CAPABILITY_LIFE_SECONDS`].
pub const MAX_CAPABILITY_LIFE_SECONDS: u32 = 3_650 * 86_400;

/// Longest chain of capabilities (catalogue F11).
pub const MAX_CAPABILITIES: usize = 16;

/// Largest approval or revocation text, in bytes (64 KiB), and the longest note in one.
pub const MAX_STATEMENT_BYTES: usize = 64 * 1024;
/// See [`MAX_STATEMENT_BYTES`].
pub const MAX_NOTE_BYTES: usize = 4096;

/// How long an approval holds where its reviewer does not say, in seconds.
pub const DEFAULT_APPROVAL_SECONDS: u32 = 3600;

/// Most approvals looked at for one packet: each costs a verification.
pub const MAX_APPROVALS: usize = 64;

/// Most review digests tried for one packet whose own approvals name several: each costs writing the packet once.
pub const MAX_REVIEW_DIGESTS: usize = 3;

/// Most reviewers that can be asked for.
pub const MAX_THRESHOLD: u32 = 64;

/// Longest line of a log, in bytes (16 MiB): an event tells of a packet of at most 1 MiB, whose characters are
/// six times as long where each is escaped. Writers clip what would be longer; readers hash it and do not parse it.
pub const MAX_LINE_BYTES: usize = 16 * 1024 * 1024;

/// Longest member that stays whole in a clipped line, in bytes (64 KiB).
pub const MAX_CLIPPED_BYTES: usize = 64 * 1024;

/// Most of a log's lines, and of anything that a proof counts: larger numbers are not exact everywhere.
pub const MAX_LOG_SIZE: u64 = (1 << 53) - 1;

/// Most entries of all that an audit remembers: they take about 220 MB, and thrice that where each is of a running task.
pub const MAX_AUDIT_ENTRIES: usize = 1_000_000;

/// Most findings of a kind and severity that a report shows one by one; the rest is counted.
pub const MAX_FINDINGS_OF_A_KIND: u64 = 1000;

/// What a decision may cost, in units of about the work of scanning one byte: so much a byte of its text, and
/// at least so much. A grant of 256 patterns, each narrowed, takes less; patterns made to be slow to compare
/// would take a thousand times as much.
pub const WORK_PER_BYTE: u64 = 48;
/// See [`WORK_PER_BYTE`].
pub const WORK_AT_LEAST: u64 = 8_192;

/// Bytes of a text that count for it: those of a proof of 64 packets and their signatures, the dearest genuine text there is.
pub const WORK_BYTES: usize = 131_072;

/// The cost of verifying one signature, in the same units. Signed objects stand at least 512 bytes apart.
pub const WORK_OF_SIGNATURE: usize = 24_576;
