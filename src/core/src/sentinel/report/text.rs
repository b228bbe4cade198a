//! The report for a terminal: a page of it, whatever the log.

use core::fmt::Write as _;

use super::{Folded, closing, folded, places, remarks, time, visible};
use crate::sentinel::finding::Severity;
use crate::sentinel::sources::Sources;
use crate::sentinel::summary::{Collected, Group, Summary};

/// Most lines of a report.
const PAGE: usize = 24;

/// The report as text of at most 24 lines of `width` columns; in colour for a terminal. Where all that was found does not fit with what to
/// do about it, each kind has one line. With a `width` of 0, which is unknown, lines have 80 columns, or 100 where all of it fits.
#[must_use]
pub fn text(collected: &Collected, colour: bool, width: usize) -> String {
    let new = |unknown| Page { out: String::new(), colour, width: if width == 0 { unknown } else { width.clamp(40, 1000) }, lines: 0 };
    let (groups, sources) = (collected.groups(), &collected.sources);
    let mut page = new(100);
    page.whole(collected, &groups, sources);
    if page.lines > PAGE {
        page = new(80);
        page.short(collected, &groups, sources);
    }
    page.out
}

const PLAIN: &str = "";
const DIM: &str = "2";
const GREEN: &str = "32";
const WARNING: &str = "33";

const fn paint(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "36",
        Severity::Low => "34",
        Severity::Medium => "33",
        Severity::High => "31",
        Severity::Critical => "1;31",
    }
}

struct Page {
    out: String,
    colour: bool,
    width: usize,
    lines: usize,
}

impl Page {
    /// Everything, with what to do.
    fn whole(&mut self, collected: &Collected, groups: &[Group<'_>], sources: &Sources) {
        if let Some(summary) = &collected.summary {
            self.head(summary);
            for (is_warning, remark) in remarks(summary) {
                self.paragraph("", &[(if is_warning { WARNING } else { DIM }, &remark)]);
            }
        }
        for Group { kind, severity, count, findings } in groups {
            if self.lines > PAGE {
                return;
            }
            self.blank();
            let head = format!("{} {kind}, {}", severity.as_str().to_ascii_uppercase(), times(*count));
            self.paragraph("", &[(paint(*severity), &head)]);
            let mut advice = "";
            for Folded { first, last, count } in folded(findings).iter().take(PAGE) {
                if first.advice != advice {
                    advice = &first.advice;
                    self.paragraph("  ", &[(DIM, &visible(advice))]);
                }
                let more =
                    if *count > 1 { format!("{}, to {}: ", times(*count as u64), places(sources, &last.lines)) } else { String::new() };
                let gate = if first.gate().is_empty() { String::new() } else { format!("at {}", visible(first.gate())) };
                let place = [places(sources, &first.lines), time(first.at), gate];
                let place = place.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
                self.paragraph("  - ", &[(PLAIN, &visible(&first.sentence)), (DIM, &format!("({more}{place})"))]);
            }
            // More is a short report.
            if u64::try_from(findings.len()).unwrap_or(u64::MAX) < *count {
                self.lines = usize::MAX;
            }
        }
        self.end(collected);
    }

    /// A line for each kind, as many as there is room for.
    fn short(&mut self, collected: &Collected, groups: &[Group<'_>], sources: &Sources) {
        if let Some(summary) = &collected.summary {
            self.head(summary);
            let (warnings, others): (Vec<_>, Vec<_>) = remarks(summary).into_iter().partition(|(is_warning, _)| *is_warning);
            for (is_warning, remark) in warnings.into_iter().chain(others).take(2) {
                self.paragraph("", &[(if is_warning { WARNING } else { DIM }, &remark)]);
            }
        }
        let (told, counted): (Vec<_>, Vec<_>) = groups.iter().partition(|group| group.severity > Severity::Info);
        // What is only counted, what is left out, the end and where there is more take a line each.
        let room = PAGE.saturating_sub(self.lines).saturating_sub(4);
        for group in told.iter().take(room) {
            let head = format!("{:8} {:>4} {}", group.severity.as_str().to_ascii_uppercase(), group.count, group.kind);
            self.line(&[(paint(group.severity), &head), (DIM, &gist(group, sources))]);
        }
        let left: u64 = told.iter().skip(room).map(|group| group.count).sum();
        if left != 0 {
            self.line(&[(DIM, &format!("and {left} of {} further kinds", told.len().saturating_sub(room)))]);
        }
        if !counted.is_empty() {
            let counts: Vec<&str> = counted.iter().map(|group| group.kind).collect();
            self.line(&[(
                paint(Severity::Info),
                &format!("INFO     {:>4} {}", counted.iter().map(|group| group.count).sum::<u64>(), counts.join(", ")),
            )]);
        }
        self.end(collected);
        self.line(&[(DIM, "What to do about each, and the rest of them, stands in the page and in the JSON.")]);
    }

    fn head(&mut self, summary: &Summary) {
        let Summary { lines, unreadable, .. } = summary;
        let agents = summary.agents().len();
        let s = |n| if n == 1 { "" } else { "s" };
        let mut first = format!("{lines} event{} of {agents} agent{}", s(*lines), s(agents.try_into().unwrap_or(u64::MAX)));
        if *unreadable != 0 {
            // Writing to a `String` cannot fail.
            let _ = write!(first, ", {unreadable} unreadable");
        }
        if summary.first.is_some() {
            // To the second: where a log begins and ends needs no more.
            let second = |at| time(at).split('.').next().unwrap_or_default().trim_end_matches('Z').to_owned();
            let _ = write!(first, ", {}Z to {}Z", second(summary.first), second(summary.last));
        }
        self.line(&[(PLAIN, &first)]);
        let counts = Severity::ALL.into_iter().rev().map(|severity| (severity, summary.of_severity(severity)));
        let counts: Vec<String> = counts.filter(|(_, n)| *n != 0).map(|(severity, n)| format!("{n} {}", severity.as_str())).collect();
        if !counts.is_empty() {
            self.line(&[(PLAIN, &format!("found: {}", counts.join(", ")))]);
        }
    }

    fn end(&mut self, collected: &Collected) {
        let closing = collected.summary.as_ref().map_or_else(|| "Nothing was found.".into(), closing);
        let is_good = closing.starts_with("Nothing");
        if self.lines < PAGE - 2 {
            self.blank();
        }
        self.line(&[(if is_good { GREEN } else { PLAIN }, &closing)]);
    }

    fn blank(&mut self) {
        self.out.push('\n');
        self.lines = self.lines.saturating_add(1);
    }

    /// As much as stands on one line.
    fn line(&mut self, parts: &[(&str, &str)]) {
        let mut left = self.width;
        for (paint, text) in parts {
            let text = visible(text);
            let is_cut = text.chars().count() > left;
            let shown: String = if is_cut {
                text.chars().take(left.saturating_sub(1)).chain(['…'].into_iter().filter(|_| left != 0)).collect()
            } else {
                text
            };
            left = left.saturating_sub(shown.chars().count());
            self.painted(paint, &shown);
        }
        self.blank();
    }

    fn painted(&mut self, paint: &str, text: &str) {
        if self.colour && !paint.is_empty() {
            let _ = write!(self.out, "\u{1b}[{paint}m{text}\u{1b}[0m");
        } else {
            self.out.push_str(text);
        }
    }

    /// Words in lines, behind `indent` and then as many spaces.
    fn paragraph(&mut self, indent: &str, parts: &[(&str, &str)]) {
        let mut column = indent.len();
        let mut is_first = true;
        self.out.push_str(indent);
        for (paint, text) in parts {
            if self.colour && !paint.is_empty() {
                let _ = write!(self.out, "\u{1b}[{paint}m");
            }
            for word in text.split(' ').filter(|word| !word.is_empty()) {
                let length = word.chars().count();
                if !is_first && column.saturating_add(length).saturating_add(1) > self.width {
                    let _ = write!(self.out, "\n{:1$}", "", indent.len());
                    self.lines = self.lines.saturating_add(1);
                    column = indent.len();
                } else if !is_first {
                    self.out.push(' ');
                    column = column.saturating_add(1);
                }
                self.out.push_str(word);
                column = column.saturating_add(length);
                if length > self.width {
                    // It is cut where each kind has one line.
                    self.lines = usize::MAX;
                }
                is_first = false;
            }
            if self.colour && !paint.is_empty() {
                self.out.push_str("\u{1b}[0m");
            }
        }
        self.blank();
    }
}

fn times(count: u64) -> String {
    format!("{count} time{}", if count == 1 { "" } else { "s" })
}

/// Of a kind: where the first of them stands, at which gate and of whom; of what was refused, who sent most of it.
fn gist(group: &Group<'_>, sources: &Sources) -> String {
    let folds = folded(&group.findings);
    // The first of several that are as many.
    let Some(fold) = folds.iter().rev().max_by_key(|fold| fold.count) else { return String::new() };
    let (gate, line) = (fold.first.gate(), fold.first.lines.last().map(|line| sources.briefly(*line)).unwrap_or_default());
    let sender = fold.first.agents.iter().find(|agent| *agent != gate);
    let place = match (sender, fold.count) {
        (Some(sender), 2..) => format!("{} of {sender}", fold.count),
        _ => line,
    };
    let at = if gate.is_empty() { String::new() } else { format!(" at {gate}") };
    let of = sender.filter(|_| fold.count == 1).map(|sender| format!(" of {sender}")).unwrap_or_default();
    format!(" {place}{at}{of}")
}
