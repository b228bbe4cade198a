//! What can be done to a received text without a key.

use arbitrary::Arbitrary;
use trusthandoff::json::{Float, Value};

/// Deepest value that an edit may make: copies of copies grow quickly.
const MAX_NODES: usize = 20_000;

/// A change of the tree. Places count depth first, over whatever there is.
#[derive(Debug, Arbitrary)]
pub(super) enum Edit {
    Replace {
        at: u16,
        by: Leaf,
    },
    /// A part of another text.
    Transplant {
        at: u16,
        from: u16,
        part: u16,
    },
    /// A part of the same text.
    Copy {
        at: u16,
        part: u16,
    },
    Drop {
        at: u16,
    },
    Repeat {
        at: u16,
    },
    Rename {
        at: u16,
        key: String,
    },
    Insert {
        at: u16,
        key: String,
        by: Leaf,
    },
}

/// A value of its own.
#[derive(Debug, Arbitrary)]
pub(super) enum Leaf {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Array,
    Object,
}

/// A change of the bytes.
#[derive(Debug, Arbitrary)]
pub(super) struct Spoil {
    at: u16,
    how: u8,
    with: u8,
}

impl Leaf {
    fn value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Int(n) => Value::from(*n),
            Self::Float(x) => Float::new(*x).map_or(Value::Null, Value::Float),
            Self::Text(text) => Value::String(text.clone()),
            Self::Array => Value::Array(Vec::new()),
            Self::Object => Value::Object(Vec::new()),
        }
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.iter().map(|(_, member)| count(member)).sum(),
        _ => 0,
    }
}

/// Calls `change` on the value at a place.
fn visit(value: &mut Value, place: &mut usize, change: &mut dyn FnMut(&mut Value)) {
    if *place == 0 {
        *place = usize::MAX;
        return change(value);
    }
    *place -= 1;
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| visit_next(item, place, change)),
        Value::Object(members) => members.iter_mut().for_each(|(_, member)| visit_next(member, place, change)),
        _ => {}
    }
}

fn visit_next(value: &mut Value, place: &mut usize, change: &mut dyn FnMut(&mut Value)) {
    if *place != usize::MAX {
        visit(value, place, change);
    }
}

fn change(value: &mut Value, at: u16, mut by: impl FnMut(&mut Value)) {
    let mut place = usize::from(at) % count(value);
    visit(value, &mut place, &mut by);
}

fn part(mut of: Value, at: u16) -> Value {
    let mut found = Value::Null;
    change(&mut of, at, |value| found = value.clone());
    found
}

/// The tree with these changes, one after the other.
pub(super) fn edited(mut value: Value, edits: &[Edit], other: impl Fn(u16) -> Value) -> Value {
    for edit in edits.iter().take(16) {
        if count(&value) > MAX_NODES {
            break;
        }
        match edit {
            Edit::Replace { at, by } => change(&mut value, *at, |place| *place = by.value()),
            Edit::Transplant { at, from, part: of } => {
                let part = part(other(*from), *of);
                change(&mut value, *at, |place| *place = part.clone());
            }
            Edit::Copy { at, part: of } => {
                let part = part(value.clone(), *of);
                change(&mut value, *at, |place| *place = part.clone());
            }
            Edit::Drop { at } => change(&mut value, *at, |place| match place {
                Value::Array(items) => drop(items.pop()),
                Value::Object(members) => drop(members.pop()),
                other => *other = Value::Null,
            }),
            Edit::Repeat { at } => change(&mut value, *at, |place| {
                if let Value::Array(items) = place {
                    items.extend(items.last().cloned());
                }
            }),
            Edit::Rename { at, key } => change(&mut value, *at, |place| match place {
                Value::Object(members) => members.iter_mut().rev().take(1).for_each(|(name, _)| name.clone_from(key)),
                Value::String(text) => text.clone_from(key),
                _ => {}
            }),
            Edit::Insert { at, key, by } => change(&mut value, *at, |place| match place {
                Value::Array(items) => items.push(by.value()),
                Value::Object(members) => members.push((key.clone(), by.value())),
                other => *other = by.value(),
            }),
        }
    }
    value
}

/// The bytes with these changes, one after the other.
pub(super) fn spoilt(mut bytes: Vec<u8>, spoils: &[Spoil]) -> Vec<u8> {
    for Spoil { at, how, with } in spoils.iter().take(16) {
        let at = usize::from(*at) % (bytes.len() + 1);
        match how % 4 {
            0 if at < bytes.len() => bytes[at] = *with,
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 if at < bytes.len() => bytes[at] ^= 1 << (with % 8),
            _ => bytes.insert(at, *with),
        }
    }
    bytes
}
