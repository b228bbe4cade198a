//! Reports for people: of what was collected, as text or as one page.
//!
//! Nothing that was received is trusted to be harmless where it is shown: not to a terminal, not to a browser, not
//! to an eye that reads from left to right.

mod graph;
mod html;
mod text;

pub use html::html;
pub use text::text;

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

/// Evidence, as short as it can be told.
fn lines(lines: &[u64]) -> String {
    match lines {
        [] => String::new(),
        [one] => format!("line {one}"),
        [first, last] if first == last => format!("line {first}"),
        many => format!("lines {}", many.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")),
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
        remarks.push((true, format!("From line {line} there was more to remember than there was room for: attacks after it may be missing here, and {undecided} events could not be judged.")));
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
            let (sealed, unsealed) = (log.sealed, log.unsealed());
            remarks.push((
                false,
                format!("The hash chain is whole. Trusted checkpoints vouch for {sealed} lines; nobody vouches for {unsealed}."),
            ));
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
