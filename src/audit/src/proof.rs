//! Merkle proofs over the lines of a log.

use js_sys::Array;
use trusthandoff::decision::Code;
use trusthandoff::encoding::{from_hex, hex};
use trusthandoff::log::{Hash, consistency_path, extends, includes, inclusion_path, leaf_hash, root_of};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::Refusal;
use crate::lines::Lines;
use crate::log::number;

/// The hash of every line: 32 bytes each.
#[wasm_bindgen]
#[derive(Default)]
pub struct AuditLeaves {
    leaves: Vec<Hash>,
    lines: Lines,
}

#[wasm_bindgen]
impl AuditLeaves {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in a piece of the log.
    pub fn push(&mut self, chunk: &[u8]) {
        self.lines.push(chunk, |line| self.leaves.push(line.leaf()));
    }

    /// How many lines there were so far.
    pub fn size(&self) -> f64 {
        number(u64::try_from(self.leaves.len()).unwrap_or(u64::MAX))
    }

    /// The root over the first `size` lines; nothing where there are fewer.
    pub fn root(&self, size: f64) -> Option<String> {
        self.leaves.get(..place(size)?).map(|leaves| hex(&root_of(leaves)))
    }

    /// The path of line `index`, from 0, in the tree over the first `size` lines.
    pub fn inclusion(&self, index: f64, size: f64) -> Option<Array> {
        inclusion_path(self.leaves.get(..place(size)?)?, place(index)?).map(|path| hashes(&path))
    }

    /// The path from the tree over the first `old_size` lines to that over the first `size`.
    pub fn consistency(&self, old_size: f64, size: f64) -> Option<Array> {
        consistency_path(self.leaves.get(..place(size)?)?, place(old_size)?).map(|path| hashes(&path))
    }
}

#[wasm_bindgen(js_name = isIncluded)]
pub fn is_included(line: &[u8], index: f64, size: f64, root: &str, path: &Array) -> Result<bool, Refusal> {
    let (root, path) = (hash(root)?, path_of(path)?);
    Ok(matches!((whole(index), whole(size)), (Some(index), Some(size)) if includes(&root, size, index, &leaf_hash(line), &path)))
}

#[wasm_bindgen(js_name = isExtended)]
pub fn is_extended(old_size: f64, old_root: &str, size: f64, root: &str, path: &Array) -> Result<bool, Refusal> {
    let (old_root, root, path) = (hash(old_root)?, hash(root)?, path_of(path)?);
    Ok(matches!((whole(old_size), whole(size)), (Some(old), Some(new)) if extends(old, &old_root, new, &root, &path)))
}

fn hashes(path: &[Hash]) -> Array {
    path.iter().map(|hash| JsValue::from(hex(hash))).collect()
}

fn path_of(path: &Array) -> Result<Vec<Hash>, Refusal> {
    path.iter().map(|step| hash(&step.as_string().unwrap_or_default())).collect()
}

fn hash(text: &str) -> Result<Hash, Refusal> {
    from_hex(text).map_err(|_| Refusal::new(Code::FieldInvalid, "a hash must be 64 lower-case hexadecimal digits"))
}

/// A count of what is in memory; nothing where so much cannot be. The narrower integers of the border would wrap around.
fn place(n: f64) -> Option<usize> {
    usize::try_from(whole(n)?).ok()
}

/// A count as JavaScript has it; nothing where it is none.
fn whole(n: f64) -> Option<u64> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    (n >= 0.0 && n.fract() == 0.0 && n <= 9_007_199_254_740_991.0).then_some(n as u64)
}
