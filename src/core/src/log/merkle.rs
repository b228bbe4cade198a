//! Merkle trees over the lines of a log (RFC 9162 §2.1): roots, inclusion and consistency.

use crate::crypto::sha256;

/// SHA-256.
pub type Hash = [u8; 32];

/// The hash of one line (RFC 9162 §2.1.1).
#[must_use]
pub fn leaf_hash(line: &[u8]) -> Hash {
    sha256(&[&[0], line])
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left, right])
}

/// A tree that only grows, as the roots of its perfect subtrees: a few dozen hashes, however long the
/// log.
///
/// ```
/// use trusthandoff::log::{Frontier, leaf_hash, root_of};
/// let leaves = [leaf_hash(b"a"), leaf_hash(b"b"), leaf_hash(b"c")];
/// let mut tree = Frontier::default();
/// leaves.iter().for_each(|leaf| tree.push(*leaf));
/// assert_eq!(tree.root(), root_of(&leaves));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Largest first; one for each bit of the size.
    peaks: Vec<Hash>,
}

impl Frontier {
    /// Adds a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        // Every trailing one of the size is a subtree as large as the one that has just been completed.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.peaks.push(node);
        self.size = self.size.saturating_add(1);
    }

    /// How many leaves there are.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root; of no leaves the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return sha256(&[]) };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }
}

/// The root over these leaves.
#[must_use]
pub fn root_of(leaves: &[Hash]) -> Hash {
    let mut tree = Frontier::default();
    leaves.iter().for_each(|leaf| tree.push(*leaf));
    tree.root()
}

/// Where a tree of `size` leaves divides: the largest power of two below it.
const fn split(size: usize) -> usize {
    if size < 2 { 0 } else { 1 << (usize::BITS - 1 - (size - 1).leading_zeros()) }
}

/// The hashes that prove the leaf `index` to be in the tree over `leaves` (RFC 9162 §2.1.3.1); `None` if it is
/// not.
#[must_use]
pub fn inclusion_path(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    let (mut rest, mut at, mut path) = (leaves, index, Vec::new());
    while rest.len() > 1 {
        let (left, right) = rest.split_at_checked(split(rest.len()))?;
        if at < left.len() {
            path.push(root_of(right));
            rest = left;
        } else {
            path.push(root_of(left));
            at -= left.len();
            rest = right;
        }
    }
    path.reverse();
    Some(path)
}

/// The hashes that prove the tree over the first `old_size` leaves to be the beginning of the tree over all
/// (RFC 9162 §2.1.4.1); `None` if it cannot be.
#[must_use]
pub fn consistency_path(leaves: &[Hash], old_size: usize) -> Option<Vec<Hash>> {
    if old_size == 0 || old_size > leaves.len() {
        return None;
    }
    let (mut rest, mut old, mut path, mut is_whole) = (leaves, old_size, Vec::new(), true);
    while old < rest.len() {
        let (left, right) = rest.split_at_checked(split(rest.len()))?;
        if old <= left.len() {
            path.push(root_of(right));
            rest = left;
        } else {
            path.push(root_of(left));
            old -= left.len();
            rest = right;
            is_whole = false;
        }
    }
    if !is_whole {
        path.push(root_of(rest));
    }
    path.reverse();
    Some(path)
}

/// Whether `path` proves that `leaf` is number `index` of the tree of `size` leaves with `root` (RFC 9162 §2.1.3.2).
#[must_use]
pub fn includes(root: &Hash, size: u64, index: u64, leaf: &Hash, path: &[Hash]) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, *leaf);
    for step in path {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(step, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, step);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether `path` proves the tree of `old_size` leaves with `old_root` to be the beginning of that of `new_size`
/// leaves with `new_root` (RFC 9162 §2.1.4.2).
#[must_use]
pub fn extends(old_size: u64, old_root: &Hash, new_size: u64, new_root: &Hash, path: &[Hash]) -> bool {
    if old_size == 0 || old_size > new_size {
        return false;
    }
    if old_size == new_size {
        return path.is_empty() && old_root == new_root;
    }
    let (mut node, mut last) = (old_size - 1, new_size - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    // Where the old tree is a perfect subtree, its root is not repeated in the path.
    let whole = [*old_root];
    let mut steps = if old_size.is_power_of_two() { whole.iter().chain(path) } else { [].iter().chain(path) };
    let Some(first) = steps.next() else { return false };
    let (mut old, mut new) = (*first, *first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            old = node_hash(step, &old);
            new = node_hash(step, &new);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new = node_hash(&new, step);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && old == *old_root && new == *new_root
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(n: usize) -> Vec<Hash> {
        (0..n).map(|i| leaf_hash(format!("line {i}").as_bytes())).collect()
    }

    /// The definition of RFC 9162 §2.1.1, as it is written there.
    fn defined(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => sha256(&[]),
            [one] => *one,
            many => {
                let k = split(many.len());
                node_hash(&defined(&many[..k]), &defined(&many[k..]))
            }
        }
    }

    #[test]
    fn a_root_is_the_one_that_is_defined_at_every_size() {
        for n in 0..70 {
            assert_eq!(root_of(&leaves(n)), defined(&leaves(n)), "{n}");
        }
    }

    #[test]
    fn every_line_is_proven_to_be_in_and_at_no_other_place() {
        for n in 1..34 {
            let all = leaves(n);
            let root = root_of(&all);
            for (i, leaf) in all.iter().enumerate() {
                let path = inclusion_path(&all, i).expect("inside");
                for j in 0..n {
                    assert_eq!(includes(&root, n as u64, j as u64, leaf, &path), i == j, "{i} as {j} of {n}");
                }
                assert!(!includes(&root, n as u64, i as u64, &leaf_hash(b"another"), &path));
                assert!(!includes(&root, n as u64, n as u64, leaf, &path));
                let mut longer = path.clone();
                longer.push(root);
                assert!(!includes(&root, n as u64, i as u64, leaf, &longer));
            }
            assert_eq!(inclusion_path(&all, n), None);
        }
    }

    #[test]
    fn a_longer_log_is_proven_to_begin_with_the_shorter() {
        for n in 1..34 {
            let all = leaves(n);
            for m in 1..=n {
                let path = consistency_path(&all, m).expect("a beginning");
                let (old, new) = (root_of(&all[..m]), root_of(&all));
                assert!(extends(m as u64, &old, n as u64, &new, &path), "{m} of {n}");
                let mut forged = all.clone();
                forged[m - 1] = leaf_hash(b"forged");
                assert!(!extends(m as u64, &root_of(&forged[..m]), n as u64, &new, &path), "{m} of {n}");
                assert!(!extends(m as u64, &old, n as u64, &root_of(&forged), &path), "{m} of {n}");
            }
            assert_eq!((consistency_path(&all, 0), consistency_path(&all, n + 1)), (None, None));
        }
    }
}
