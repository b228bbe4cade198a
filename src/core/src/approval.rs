//! What a person said of a packet: APPROVED or DENIED, signed, and bound to what was reviewed
//! (catalogue D01).

use crate::encoding::from_hex;
use crate::identity::check_agent_id;
use crate::json::{FieldError, Fields, Value, object};
use crate::limits::{DEFAULT_APPROVAL_SECONDS, MAX_LIFETIME_SECONDS, MAX_NOTE_BYTES};
use crate::statement::{self, Error, Issuer};
use crate::time::Timestamp;

/// An approval as received.
pub type UnverifiedApproval = statement::Unverified<Review>;
/// An approval whose signature has been verified under the key it names.
pub type Approval = statement::Signed<Review>;

/// What a reviewer decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The packet may be acted on.
    Approved,
    /// It must not be.
    Denied,
}

impl Verdict {
    /// `"APPROVED"` or `"DENIED"`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "APPROVED",
            Self::Denied => "DENIED",
        }
    }
}

/// What an approval says of which packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The verdict.
    pub decision: Verdict,
    /// The id of the reviewer.
    pub reviewer: String,
    /// [`crate::packet::Packet::review_digest`] in lower-case hexadecimal.
    pub review_digest: String,
    /// End of validity, exclusive.
    pub expires_at: Timestamp,
    /// What the reviewer adds.
    pub note: Option<String>,
}

impl statement::Body for Review {
    const TYPE: &'static str = "TRUSTHANDOFF_APPROVAL_V1";

    fn read(fields: &mut Fields) -> Self {
        let review = Self {
            decision: match fields.text("decision").as_str() {
                "APPROVED" => Verdict::Approved,
                other => {
                    if other != "DENIED" {
                        fields.invalid("decision", "`APPROVED` or `DENIED`");
                    }
                    Verdict::Denied
                }
            },
            reviewer: fields.text("reviewer"),
            review_digest: fields.text("review_digest"),
            expires_at: fields.time("expires_at"),
            note: fields.optional_text("note"),
        };
        if check_agent_id(&review.reviewer).is_err() {
            fields.invalid("reviewer", "1 to 256 printable ASCII characters");
        }
        if from_hex::<32>(&review.review_digest).is_err() {
            fields.invalid("review_digest", "64 lower-case hexadecimal digits");
        }
        if review.note.as_ref().is_some_and(|note| note.len() > MAX_NOTE_BYTES) {
            fields.invalid("note", "at most 4096 bytes");
        }
        review
    }

    fn members(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("decision", self.decision.as_str().into()),
            ("reviewer", self.reviewer.as_str().into()),
            ("review_digest", self.review_digest.as_str().into()),
            ("expires_at", Value::Time(self.expires_at)),
            ("note", self.note.as_deref().into()),
        ]
    }
}

/// An approval that waits for its signature. `fields`: `decision`, `review_digest`, and optionally
/// `note`, `id`, `expires_at` or `ttl_seconds` (one hour by default, at most thirty days; where both are stated, they agree).
/// A time is RFC 3339.
///
/// ```
/// use trusthandoff::approval::{self, Verdict};
/// use trusthandoff::crypto::SecretKey;
/// use trusthandoff::statement::Issuer;
/// use trusthandoff::{json, time::Timestamp};
///
/// let secret = SecretKey::from_seed(&[7; 32]);
/// let now = Timestamp::parse("2026-03-08T12:00:00Z")?;
/// let issuer = Issuer { agent_id: "human:ana".into(), public_key: secret.public_key(), now, entropy: [9; 16] };
/// let fields = format!(r#"{{"decision": "APPROVED", "review_digest": "{}"}}"#, "ab".repeat(32));
/// let approval = approval::draft(json::parse(fields.as_bytes())?, &issuer)?.sign(&secret)?;
/// assert_eq!(approval.content().body.decision, Verdict::Approved);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error`] for what no gate would count.
pub fn draft(fields: Value, issuer: &Issuer) -> Result<statement::Content<Review>, Error> {
    let mut fields = Fields::of(fields, "")?;
    let id = fields.optional_text("id");
    let ttl = fields.optional_integer("ttl_seconds").map(|n| n.saturating_i64());
    let stated = fields.optional_moment("expires_at");
    let (decision, review_digest) = (fields.required("decision"), fields.required("review_digest"));
    fields.check()?;
    let expires_at = match (stated, ttl) {
        (Some(stated), Some(ttl)) if issuer.now.plus_seconds(ttl)?.micros() != stated.micros() => return Err(Error::TtlMismatch(ttl)),
        (Some(stated), _) => stated,
        (None, ttl) => issuer.now.plus_seconds(ttl.unwrap_or(DEFAULT_APPROVAL_SECONDS.into()))?,
    };
    let members = [
        ("decision", decision),
        ("reviewer", issuer.agent_id.as_str().into()),
        ("review_digest", review_digest),
        ("expires_at", Value::String(expires_at.zulu())),
        ("note", fields.take("note").unwrap_or(Value::Null)),
    ];
    fields.finish()?;
    let review: Review = statement::body(object(members))?;
    let life = review.expires_at.micros().saturating_sub(issuer.now.micros());
    if life <= 0 || life > i64::from(MAX_LIFETIME_SECONDS) * 1_000_000 {
        return Err(FieldError::invalid("/expires_at", "later than now, by at most thirty days").into());
    }
    statement::Content::new(id, review, issuer)
}
