//! What people had to allow: their word as the gate tells it, and what went on without it.

use super::entry::{Entry, Marks, Word};
use super::event::Event;
use super::finding::Finding;
use super::names::Names;
use super::scene::Scene;
use super::told::{UNCLEAR, UNREVIEWED};
use crate::scan::Name;

/// Whose words on one packet are kept.
const MOST_TELLERS: usize = 4;

/// A gate tells what people decided.
pub(super) fn decided(names: &Names, scene: &mut Scene, entry: &mut Entry, event: Event<'_>, out: &mut Vec<Finding>) {
    let is_yes = match event.line.bytes(Name::Decision).as_deref() {
        Some(b"APPROVED") => true,
        Some(b"DENIED") => false,
        Some(_) => {
            let (says, packet) = (event.shown(Name::Decision), event.packet());
            let sentence =
                format!("Line {} tells of a decision `{says}` on the packet {packet}, which is neither APPROVED nor DENIED.", event.number);
            out.push(event.told(UNCLEAR, &[event.number], sentence));
            return;
        }
        None => return,
    };
    say(entry, event, is_yes, event.hashed(names, "review", Name::ReviewDigest));
    let is_before = entry.more().accepted_at.zip(event.at).is_some_and(|(accepted, at)| at <= accepted);
    if is_yes
        && is_before
        && is_approved(entry, event.producer)
        && let Some(held) = &mut entry.more_mut().held
        && held.unreviewed.as_ref().is_some_and(|waiting| waiting.producer == event.producer)
    {
        scene.settle(&mut held.unreviewed);
    }
}

/// The latest word of each who tells one counts.
pub(super) fn say(entry: &mut Entry, event: Event<'_>, is_yes: bool, digest: u64) {
    let word = Word { producer: event.producer, digest, is_yes, told: event.told_at() };
    let words = &mut entry.more_mut().words;
    if let Some(known) = words.iter_mut().find(|known| known.producer == event.producer) {
        if known.told.at.zip(event.at).is_none_or(|(known, at)| at >= known) {
            *known = word;
        }
    } else if words.len() < MOST_TELLERS {
        words.push(word);
    }
}

fn word_of(entry: &Entry, producer: u64) -> Option<Word> {
    entry.more().words.iter().copied().find(|word| word.producer == producer)
}

fn is_approved(entry: &Entry, producer: u64) -> bool {
    let seen = entry.more().review;
    word_of(entry, producer).is_some_and(|word| word.is_yes && (seen == 0 || word.digest == 0 || word.digest == seen))
}

fn is_denied(entry: &Entry, producer: u64) -> bool {
    word_of(entry, producer).is_some_and(|word| !word.is_yes)
}

/// A packet was accepted, with or without the word of people. Something may have been `forgotten` before.
pub(super) fn accepted(scene: &mut Scene, entry: &mut Entry, forgotten: bool, event: Event<'_>, out: &mut Vec<Finding>) {
    let needs_review = !matches!(event.line.raw(Name::RequiresHumanReview), b"" | b"false" | b"null");
    let is_denied = is_denied(entry, event.producer);
    if !is_denied && (!needs_review || is_approved(entry, event.producer)) {
        return;
    }
    if !is_denied && forgotten {
        return scene.is_undecided();
    }
    let why = if is_denied {
        "people had denied it"
    } else if word_of(entry, event.producer).is_some() {
        "what people had approved was something else"
    } else if entry.more().words.iter().any(|word| word.is_yes) {
        "only somebody else than its gate tells that people had approved it"
    } else {
        "nobody had approved it"
    };
    let sentence = format!("The packet {} was accepted although {why}.", event.packet());
    let finding = event.told(UNREVIEWED, &[event.number], sentence);
    entry.marks.set(Marks::TOLD_REVIEW);
    if is_denied {
        out.push(finding);
    } else {
        let held = entry.more_mut().held.get_or_insert_default();
        scene.wait(&mut held.unreviewed, finding, event, false, out);
    }
}

/// A task goes on.
pub(super) fn executed(entry: &mut Entry, event: Event<'_>, out: &mut Vec<Finding>) {
    if is_denied(entry, event.producer) && entry.marks.first(Marks::TOLD_REVIEW) {
        let sentence = format!("A task of the packet {} went on after people had denied it.", event.packet());
        out.push(event.told(UNREVIEWED, &[entry.accepted, event.number], sentence));
    }
}
