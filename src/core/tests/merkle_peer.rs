//! Merkle trees against an implementation by others (the crate `ct-merkle`, RFC 6962): one root, each accepts the other's
//! proofs, and both refuse what was tampered with.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use proptest::prelude::*;
use sha2::Sha256;
use trusthandoff::log::{Hash, consistency_path, extends, includes, inclusion_path, leaf_hash, root_of};

/// Every size up to this one is tried with every index and every older size.
const SMALL: usize = 130;

/// A tree as both keep it.
struct Pair {
    leaves: Vec<Hash>,
    theirs: MemoryBackedTree<Sha256, Vec<u8>>,
}

fn line(n: usize) -> Vec<u8> {
    format!("{{\"event_id\": \"e-{n}\"}}").into_bytes()
}

fn pair(size: usize) -> Pair {
    let mut theirs = MemoryBackedTree::new();
    (0..size).for_each(|n| theirs.push(line(n)));
    Pair { leaves: (0..size).map(|n| leaf_hash(&line(n))).collect(), theirs }
}

fn their_root(root: &Hash, size: usize) -> RootHash<Sha256> {
    RootHash::new((*root).into(), size as u64)
}

fn bytes(path: &[Hash]) -> Vec<u8> {
    path.concat()
}

fn path(bytes: &[u8]) -> Vec<Hash> {
    bytes.chunks(32).map(|hash| hash.try_into().unwrap()).collect()
}

/// The verdict of both on an inclusion proof; they must not differ.
fn included(root: &Hash, size: usize, index: usize, text: &[u8], steps: &[Hash]) -> bool {
    let ours = includes(root, size as u64, index as u64, &leaf_hash(text), steps);
    let proof = InclusionProof::try_from_bytes(bytes(steps)).unwrap();
    let theirs = their_root(root, size).verify_inclusion(&text, index as u64, &proof).is_ok();
    assert_eq!(ours, theirs, "inclusion of {index} in {size}");
    ours
}

/// The verdict of both on a consistency proof; they must not differ.
fn extended(old: (&Hash, usize), new: (&Hash, usize), steps: &[Hash]) -> bool {
    let ours = extends(old.1 as u64, old.0, new.1 as u64, new.0, steps);
    let proof = ConsistencyProof::try_from_bytes(bytes(steps)).unwrap();
    let theirs = their_root(new.0, new.1).verify_consistency(&their_root(old.0, old.1), &proof).is_ok();
    assert_eq!(ours, theirs, "consistency of {} with {}", old.1, new.1);
    ours
}

/// The proof with one bit of each step turned over, without each step, and with each twice.
fn tampered(steps: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = Vec::new();
    for at in 0..steps.len() {
        let (mut turned, mut shorter, mut longer) = (steps.to_vec(), steps.to_vec(), steps.to_vec());
        turned[at][at % 32] ^= 1;
        shorter.remove(at);
        longer.insert(at, steps[at]);
        all.extend([turned, shorter, longer]);
    }
    all
}

fn inclusion_agrees(pair: &Pair, root: &Hash, index: usize) {
    let (size, text) = (pair.leaves.len(), line(index));
    let steps = inclusion_path(&pair.leaves, index).unwrap();
    assert_eq!(steps, path(pair.theirs.prove_inclusion(index).as_bytes()), "{index} of {size}");
    assert!(included(root, size, index, &text, &steps), "{index} of {size}");
    assert!(!included(root, size, index, &line(size), &steps));
    assert!(!included(root, size, size, &text, &steps));
    assert!(!included(&leaf_hash(root), size, index, &text, &steps));
    assert!(size == 1 || !included(root, size, (index + 1) % size, &text, &steps));
    assert!(tampered(&steps).iter().all(|forged| !included(root, size, index, &text, forged)), "{index} of {size}");
}

fn consistency_agrees(pair: &Pair, new: &Hash, old_size: usize) {
    let size = pair.leaves.len();
    let old = root_of(&pair.leaves[..old_size]);
    let steps = consistency_path(&pair.leaves, old_size).unwrap();
    assert_eq!(steps, path(pair.theirs.prove_consistency(size - old_size).as_bytes()), "{old_size} of {size}");
    assert!(extended((&old, old_size), (new, size), &steps), "{old_size} of {size}");
    assert!(!extended((&leaf_hash(&old), old_size), (new, size), &steps));
    assert!(!extended((&old, old_size), (&leaf_hash(new), size), &steps));
    assert!(old_size == size || !extended((new, size), (&old, old_size), &steps));
    for forged in tampered(&steps) {
        assert!(!extended((&old, old_size), (new, size), &forged), "{old_size} of {size}");
    }
}

#[test]
fn roots_inclusion_and_consistency_agree_at_every_small_size() {
    for size in 1..=SMALL {
        let pair = pair(size);
        let root = root_of(&pair.leaves);
        assert_eq!(root.as_slice(), pair.theirs.root().as_bytes().as_slice(), "{size}");
        for n in 0..size {
            inclusion_agrees(&pair, &root, n);
            consistency_agrees(&pair, &root, n + 1);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn they_agree_on_large_trees(size in SMALL..20_000, picks in prop::collection::vec(any::<prop::sample::Index>(), 4)) {
        let pair = pair(size);
        let root = root_of(&pair.leaves);
        prop_assert_eq!(their_root(&root, size), pair.theirs.root());
        for pick in picks {
            let n = pick.index(size);
            inclusion_agrees(&pair, &root, n);
            consistency_agrees(&pair, &root, n + 1);
        }
    }

    /// Hashes that prove nothing, and sizes that do not belong to them.
    #[test]
    fn they_agree_on_any_bytes(
        sizes in (0..200_usize, 0..200_usize), index in 0..200_usize, roots in any::<(Hash, Hash)>(), steps in prop::collection::vec(any::<Hash>(), 0..10)
    ) {
        included(&roots.0, sizes.0, index, b"line", &steps);
        extended((&roots.0, sizes.0), (&roots.1, sizes.1), &steps);
    }
}
