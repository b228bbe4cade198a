//! What a packet or a capability grants, and under which constraints.

use crate::action;
use crate::json::{self, FieldError, Fields, Integer, Members, Texts, Value};
use crate::limits::MAX_ACTIONS;
use crate::work::{Exhausted, Work};

/// What a grant has beyond the one it comes from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Excess {
    /// An action (catalogue C02, F08).
    #[error("`{0}` was not granted to the granter")]
    Action(String),
    /// Tool calls; no limit is unlimited (catalogue F06).
    #[error("more tool calls than the granter had")]
    ToolCalls,
    /// A constraint that is missing or weaker (catalogue F07).
    #[error("the constraint `{0}` is weaker than the granter's")]
    Constraint(&'static str),
    /// It is not decided whether there is anything.
    #[error(transparent)]
    Undecided(#[from] Exhausted),
}

/// Why no gate would ever act on a grant; it is not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unfit {
    /// An action of no meaning, or of two.
    #[error("`{at}`: {error}")]
    Action {
        /// JSON pointer.
        at: String,
        /// What is wrong with it.
        error: action::Error,
    },
    /// Too many actions, or a limit below zero.
    #[error(transparent)]
    Field(#[from] FieldError),
}

/// What the receiver may do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Permissions {
    /// Actions by name or pattern.
    pub allowed_actions: Texts,
    /// Most tool calls; `None` is unlimited.
    pub max_tool_calls: Option<Integer>,
}

impl Permissions {
    /// Reads `{allowed_actions, max_tool_calls}`.
    pub fn read(fields: &mut Fields) -> Self {
        Self { allowed_actions: fields.list("allowed_actions"), max_tool_calls: fields.optional_integer("max_tool_calls") }
    }

    /// Whether it can be signed. `path` is where it stands.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn check(&self, path: &str) -> Result<(), Unfit> {
        let actions = json::pointer(path, "allowed_actions");
        if self.allowed_actions.len() > MAX_ACTIONS {
            return Err(FieldError::invalid(actions, "at most 256 actions").into());
        }
        for (i, granted) in self.allowed_actions.iter().enumerate() {
            action::check(&granted).map_err(|error| Unfit::Action { at: json::pointer(&actions, &i.to_string()), error })?;
        }
        not_negative(self.max_tool_calls.as_ref(), path, "max_tool_calls")
    }

    /// Grants nothing beyond `outer`.
    ///
    /// # Errors
    /// [`Excess::Action`], [`Excess::ToolCalls`] or [`Excess::Undecided`].
    pub fn within(&self, outer: &Self, work: &mut Work) -> Result<(), Excess> {
        actions_within(&self.allowed_actions, &outer.allowed_actions.to_vec(), work)?;
        if exceeds(self.max_tool_calls.as_ref(), outer.max_tool_calls.as_ref()) { Err(Excess::ToolCalls) } else { Ok(()) }
    }

    /// The JSON of it, in model order.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Members::new().with("allowed_actions", &self.allowed_actions).with("max_tool_calls", self.max_tool_calls.as_ref()).object()
    }
}

/// What the receiver must respect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraints {
    /// Longest run of the task, in seconds.
    pub max_runtime_seconds: Option<Integer>,
    /// Where data may go, by name.
    pub data_boundary: Option<String>,
    /// Whether a person must approve first. Null and `false` sign differently and mean the same.
    pub requires_human_review: Option<bool>,
}

impl Constraints {
    /// Reads `{max_runtime_seconds, data_boundary, requires_human_review}`.
    pub fn read(fields: &mut Fields) -> Self {
        Self {
            max_runtime_seconds: fields.optional_integer("max_runtime_seconds"),
            data_boundary: fields.optional_text("data_boundary"),
            requires_human_review: fields.nullable_bool("requires_human_review", false),
        }
    }

    /// The field `constraints` of what is to be signed, where each that is left open is as in `outer`; an explicit null asks for none.
    pub fn drafted(fields: &mut Fields, outer: Option<&Self>) -> Option<Self> {
        fields.optional_nested("constraints", |inner| {
            let [runtime, boundary, review] = ["max_runtime_seconds", "data_boundary", "requires_human_review"].map(|name| inner.has(name));
            let read = Self::read(inner);
            let Some(outer) = outer else { return read };
            let outer = outer.clone();
            Self {
                max_runtime_seconds: if runtime { read.max_runtime_seconds } else { outer.max_runtime_seconds },
                data_boundary: if boundary { read.data_boundary } else { outer.data_boundary },
                requires_human_review: if review { read.requires_human_review } else { outer.requires_human_review },
            }
        })
    }

    /// Whether they can be signed. `path` is where they stand.
    ///
    /// # Errors
    /// [`Unfit::Field`].
    pub fn check(&self, path: &str) -> Result<(), Unfit> {
        not_negative(self.max_runtime_seconds.as_ref(), path, "max_runtime_seconds")
    }

    /// The JSON of it, in model order.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Members::new()
            .with("max_runtime_seconds", self.max_runtime_seconds.as_ref())
            .with("data_boundary", self.data_boundary.as_deref())
            .with("requires_human_review", self.requires_human_review.map_or(Value::Null, Value::Bool))
            .object()
    }
}

fn not_negative(limit: Option<&Integer>, path: &str, field: &str) -> Result<(), Unfit> {
    match limit {
        Some(limit) if limit.is_negative() => Err(FieldError::invalid(json::pointer(path, field), "zero or more").into()),
        _ => Ok(()),
    }
}

/// Whatever `outer` demands, `inner` demands at least.
///
/// # Errors
/// [`Excess::Constraint`] with its name.
pub fn constraints_within(inner: Option<&Constraints>, outer: Option<&Constraints>) -> Result<(), Excess> {
    let Some(outer) = outer else { return Ok(()) };
    if exceeds(inner.and_then(|c| c.max_runtime_seconds.as_ref()), outer.max_runtime_seconds.as_ref()) {
        return Err(Excess::Constraint("max_runtime_seconds"));
    }
    if outer.data_boundary.is_some() && inner.and_then(|c| c.data_boundary.as_ref()) != outer.data_boundary.as_ref() {
        return Err(Excess::Constraint("data_boundary"));
    }
    if outer.requires_human_review == Some(true) && inner.and_then(|c| c.requires_human_review) != Some(true) {
        return Err(Excess::Constraint("requires_human_review"));
    }
    Ok(())
}

/// Each action is contained in one of `outer`.
///
/// # Errors
/// [`Excess::Action`] with the first that is not, or [`Excess::Undecided`].
pub fn actions_within(actions: &Texts, outer: &[String], work: &mut Work) -> Result<(), Excess> {
    match action::first_beyond(actions.iter(), outer, work)? {
        Some(action) => Err(Excess::Action(action.chars().take(256).collect())),
        None => Ok(()),
    }
}

/// Whether a limit is above another; `None` is unlimited.
fn exceeds(inner: Option<&Integer>, outer: Option<&Integer>) -> bool {
    outer.is_some_and(|outer| inner.is_none_or(|inner| inner > outer))
}
