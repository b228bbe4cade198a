//! The report for a terminal.

use core::fmt::Write as _;

use super::{lines, remarks, time, visible};
use crate::sentinel::finding::Severity;
use crate::sentinel::summary::{Collected, Group, Summary};

/// The report as text of lines of at most `width` columns, where words allow it; in colour for a terminal.
#[must_use]
pub fn text(collected: &Collected, colour: bool, width: usize) -> String {
    let mut page = Page { out: String::new(), colour, width: width.clamp(40, 1000) };
    let groups = collected.groups();
    if let Some(summary) = &collected.summary {
        page.head(summary);
    }
    if groups.is_empty() {
        page.paragraph("", &[(GREEN, "Nothing was found.")]);
    }
    for Group { kind, severity, count, findings } in groups {
        page.blank();
        let head = format!("{} {kind}, {count} time{}", severity.as_str().to_uppercase(), if count == 1 { "" } else { "s" });
        page.paragraph("", &[(paint(severity), &head)]);
        let mut advice = "";
        for finding in &findings {
            if finding.advice != advice {
                advice = &finding.advice;
                page.paragraph("  ", &[(DIM, advice)]);
            }
            let place =
                [lines(&finding.lines), time(finding.at)].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
            page.paragraph("  - ", &[(PLAIN, &visible(&finding.sentence)), (DIM, &format!("({place})"))]);
        }
        let shown = u64::try_from(findings.len()).unwrap_or(u64::MAX);
        if count > shown {
            page.paragraph("  ", &[(DIM, &format!("and {} more", count.saturating_sub(shown)))]);
        }
    }
    page.out
}

const PLAIN: &str = "";
const DIM: &str = "2";
const GREEN: &str = "32";

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
}

impl Page {
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
            let _ = write!(first, ", from {} to {}", time(summary.first), time(summary.last));
        }
        self.paragraph("", &[(PLAIN, &first)]);
        let types: Vec<String> = summary.events.iter().map(|(name, n)| format!("{} {n}", visible(name))).collect();
        self.paragraph("", &[(DIM, &types.join(", "))]);
        let counts = Severity::ALL.into_iter().rev().map(|severity| (severity, summary.of_severity(severity)));
        let counts: Vec<String> = counts.filter(|(_, n)| *n != 0).map(|(severity, n)| format!("{n} {}", severity.as_str())).collect();
        if !counts.is_empty() {
            self.paragraph("", &[(PLAIN, &format!("found: {}", counts.join(", ")))]);
        }
        for (is_warning, remark) in remarks(summary) {
            self.paragraph("", &[(if is_warning { "33" } else { DIM }, &remark)]);
        }
    }

    fn blank(&mut self) {
        self.out.push('\n');
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
                    column = indent.len();
                } else if !is_first {
                    self.out.push(' ');
                    column = column.saturating_add(1);
                }
                self.out.push_str(word);
                column = column.saturating_add(length);
                is_first = false;
            }
            if self.colour && !paint.is_empty() {
                self.out.push_str("\u{1b}[0m");
            }
        }
        self.out.push('\n');
    }
}
