//! Reports for people: of what was collected, as text or as one page.
//!
//! Nothing that was received is trusted to be harmless where it is shown: not to a terminal, not to a browser, not
//! to an eye that reads from left to right.

mod graph;
mod html;
mod text;

pub use html::html;
pub use text::text;

use std::collections::BTreeMap;

use super::finding::{Finding, Severity};
use super::sources::Sources;
use super::summary::Summary;
use crate::time::Timestamp;

/// `text` with everything in it visible: control characters, what turns the direction of writing, what has no width.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let is_hidden = c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
        if is_hidden {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// `text` for HTML, everything in it visible.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Evidence, as short as it can be told: the first lines of it.
fn places(sources: &Sources, lines: &[u64]) -> String {
    let mut lines = lines.to_vec();
    lines.dedup();
    let shown: Vec<String> = lines.iter().take(MOST_PLACES).map(|line| visible(&sources.shown(*line))).collect();
    [shown.join(", ").as_str(), if lines.len() > MOST_PLACES { ", …" } else { "" }].concat()
}

/// Most lines of one finding that are shown.
const MOST_PLACES: usize = 6;

/// Findings that are told as one: refusals of one sender at one gate for one reason, anything else by itself.
struct Folded<'a> {
    first: &'a Finding,
    last: &'a Finding,
    count: usize,
}

/// A refusal that is told as such, which each of them is, whatever else it is.
fn folded<'a>(findings: &[&'a Finding]) -> Vec<Folded<'a>> {
    let mut folds: Vec<Folded<'_>> = Vec::new();
    let mut known: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for finding in findings {
        let at = folds.len();
        if finding.kind == "rejected_packet" {
            let sender = finding.agents.first().map_or("", String::as_str);
            let place = *known.entry((sender, finding.gate(), &finding.sentence)).or_insert(at);
            if let Some(fold) = folds.get_mut(place) {
                (fold.last, fold.count) = (finding, fold.count.saturating_add(1));
                continue;
            }
        }
        folds.push(Folded { first: finding, last: finding, count: 1 });
    }
    folds
}

/// A sentence about all that was found, to end with.
fn closing(summary: &Summary) -> String {
    let to_see: u64 =
        Severity::ALL.into_iter().filter(|severity| *severity >= Severity::Medium).map(|severity| summary.of_severity(severity)).sum();
    let rest = summary.of_severity(Severity::Low);
    match (to_see, summary.of_severity(Severity::Critical)) {
        (0, _) if summary.undecided != 0 => format!("Nothing that needs a look; {} events undecided.", summary.undecided),
        (0, _) if rest != 0 => "Nothing that needs a look: what was refused was refused as it should be.".into(),
        (0, _) => "Nothing was found.".into(),
        (n, 0) => format!("{n} to look at; nothing was done without authority."),
        (n, critical) => {
            format!("{n} to look at, {critical} of them first: done without authority, or not whole.")
        }
    }
}

fn time(at: Option<Timestamp>) -> String {
    at.map(Timestamp::zulu).unwrap_or_default()
}

/// What has to be said of an audit before what it found is believed: each a sentence, and whether it is a warning.
fn remarks(summary: &Summary) -> Vec<(bool, String)> {
    let mut remarks = Vec::new();
    if let Some(line) = summary.full_since {
        let undecided = summary.undecided;
        remarks.push((true, format!("From line {line} there was more to remember than there was room for: attacks after it may be missing here, and {undecided} events are undecided.")));
    } else if summary.undecided != 0 {
        remarks.push((
            true,
            format!(
                "{} events are undecided: what matters may stand before this log, or its lines are not in the order of time.",
                summary.undecided
            ),
        ));
    }
    if summary.duplicates != 0 {
        remarks.push((false, format!("{} events were delivered more than once, and count once.", summary.duplicates)));
    }
    if summary.untimed != 0 {
        remarks.push((true, format!("{} events tell no time that can be read.", summary.untimed)));
    }
    if summary.running_tasks != 0 {
        remarks.push((false, format!("{} tasks were still running when the log ended.", summary.running_tasks)));
    }
    let count = |name: &str| summary.events.iter().find(|(other, _)| other == name).map_or(0, |(_, n)| *n);
    if count("task_finished") != 0 && count("attested") == 0 {
        remarks.push((false, "No outcome in this log was attested: nobody can prove what came out of the tasks.".into()));
    }
    match &summary.log {
        None => remarks.push((false, "The lines carry no hash chain: whoever kept this log could have changed it.".into())),
        Some(log) if !log.is_whole() => remarks.push((true, "The hash chain of this log is broken.".into())),
        Some(log) => {
            let sealed = log.sealed;
            remarks.push((false, format!("The hash chain is whole; trusted checkpoints vouch for {sealed} of its {} lines.", log.lines)));
            if log.tail == 0 && log.lines < summary.lines {
                remarks.push((false, "Other lines carry no hash chain.".into()));
            }
            if log.tail != 0 {
                remarks.push((false, format!("{} bytes follow the last newline: the writer stopped in the middle of a line.", log.tail)));
            }
        }
    }
    remarks
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn what_hides_or_turns_is_shown() {
        assert_eq!(visible("a\u{1b}[2J\u{202e}b\u{200b}\né😀"), "a\\u{1b}[2J\\u{202e}b\\u{200b}\\u{a}é😀");
    }
}
