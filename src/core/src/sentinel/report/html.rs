//! The report as one page that needs nothing else: no network, and a policy that would allow none.

use core::fmt::Write as _;

use super::{Folded, closing, escaped, folded, graph, places, remarks, time};
use crate::crypto::sha256;
use crate::encoding::base64;
use crate::sentinel::finding::Severity;
use crate::sentinel::sources::Sources;
use crate::sentinel::summary::{Collected, Group};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Most types of events that are counted.
const MOST_TILES: usize = 40;

/// Most rows of one kind and severity, and the size at which a page ends with its rows.
const MOST_ROWS: usize = 200;
const MOST_BYTES: usize = 1_600_000;

/// The report as an HTML page. Everything received is escaped, and the page may run its own script only.
#[must_use]
pub fn html(collected: &Collected) -> String {
    let hash = |text: &str| base64(&sha256(&[text.as_bytes()]));
    let mut page = String::with_capacity(16_384);
    // Writing to a `String` cannot fail.
    let _ = write!(
        page,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Audit of an event log</title><style>{STYLE}</style></head><body><main>\n\
         <h1>Audit of an event log</h1>\n",
        hash(STYLE),
        hash(SCRIPT),
    );
    head(&mut page, collected);
    table(&mut page, collected);
    let _ = writeln!(page, "</main><script>{SCRIPT}</script></body></html>");
    page
}

fn head(page: &mut String, collected: &Collected) {
    let Some(summary) = &collected.summary else { return };
    let _ = writeln!(page, "<p class=\"dim\">{} to {}</p>", time(summary.first), time(summary.last));
    page.push_str("<div class=\"tiles\">");
    let tile = |page: &mut String, class: &str, n: u64, name: &str| {
        let _ = write!(page, "<div class=\"tile {class}\"><b>{n}</b>{}</div>", escaped(name));
    };
    tile(page, "", summary.lines, "lines");
    for severity in Severity::ALL.into_iter().rev() {
        tile(page, severity.as_str(), summary.of_severity(severity), severity.as_str());
    }
    page.push_str("</div>\n");
    let _ = writeln!(page, "<p>{}</p>", escaped(&closing(summary)));
    for (is_warning, remark) in remarks(summary) {
        let _ = writeln!(page, "<p class=\"{}\">{}</p>", if is_warning { "warning" } else { "dim" }, escaped(&remark));
    }
    if let Some(timeline) = &summary.timeline {
        let _ = writeln!(page, "<h2>When</h2>{}", graph::timeline(timeline));
    }
    if !summary.handoffs.is_empty() {
        let _ = writeln!(
            page,
            "<h2>Who handed over to whom</h2><div class=\"wide\" role=\"region\" aria-label=\"Handoffs\" tabindex=\"0\">{}</div>",
            graph::handoffs(summary)
        );
    }
    page.push_str("<h2>Events</h2><div class=\"tiles\">");
    for (name, n) in summary.events.iter().take(MOST_TILES) {
        tile(page, "", *n, name);
    }
    page.push_str("</div>\n");
}

fn table(page: &mut String, collected: &Collected) {
    let groups = collected.groups();
    page.push_str("<h2>Findings</h2>\n");
    if groups.is_empty() {
        page.push_str("<p>Nothing was found.</p>\n");
    }
    page.push_str("<div class=\"filters\"><select id=\"severity\" aria-label=\"Severity\"><option value=\"\">every severity</option>");
    for severity in Severity::ALL.into_iter().rev() {
        let _ = write!(page, "<option>{}</option>", severity.as_str());
    }
    page.push_str("</select><select id=\"kind\" aria-label=\"Kind\"><option value=\"\">every kind</option>");
    let mut kinds: Vec<&str> = groups.iter().map(|group| group.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        let _ = write!(page, "<option>{}</option>", escaped(kind));
    }
    page.push_str("</select><input id=\"words\" type=\"search\" placeholder=\"agent, packet, words\" aria-label=\"Search\"></div><p class=\"dim\" id=\"shown\"></p>\n");
    page.push_str(
        "<div class=\"rows\" role=\"region\" aria-label=\"Findings\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">Severity</th><th scope=\"col\">Kind</th>\
         <th scope=\"col\">What happened, and what to do</th><th scope=\"col\">Where</th><th scope=\"col\">When</th></tr></thead><tbody>\n",
    );
    let mut shown = Vec::new();
    for Group { kind, severity, count, findings } in &groups {
        let mut told = 0;
        for fold in folded(findings).iter().take(MOST_ROWS) {
            if page.len() > MOST_BYTES {
                break;
            }
            row(page, fold, &collected.sources);
            told += fold.count as u64;
        }
        if told < *count {
            shown.push(format!("{told} of {count} {kind} ({})", severity.as_str()));
        }
    }
    page.push_str("</tbody></table></div>\n");
    if !shown.is_empty() {
        let _ = writeln!(
            page,
            "<p class=\"dim\">Of many only the first are in the table: {}. All are in the JSON.</p>",
            escaped(&shown.join(", "))
        );
    }
}

fn row(page: &mut String, fold: &Folded<'_>, sources: &Sources) {
    let finding = fold.first;
    let (severity, kind) = (finding.severity.as_str(), escaped(&finding.kind));
    let named: Vec<String> = finding.agents.iter().chain(&finding.packets).map(|name| escaped(name)).collect();
    let gate = if finding.gate().is_empty() { String::new() } else { format!("<p class=\"dim\">at {}</p>", escaped(finding.gate())) };
    let more = if fold.count > 1 {
        format!(" <b>{} times</b>, to {}", fold.count, escaped(&places(sources, &fold.last.lines)))
    } else {
        String::new()
    };
    let _ = writeln!(
        page,
        "<tr data-severity=\"{severity}\" data-kind=\"{kind}\"><td class=\"{severity}\">{severity}</td><td>{kind}</td>\
         <td>{}<p class=\"dim\">{}</p><p class=\"dim\">{}</p></td><td>{}{more}{gate}</td><td class=\"at\">{}</td></tr>",
        escaped(&finding.sentence),
        escaped(&finding.advice),
        named.join(" · "),
        escaped(&places(sources, &finding.lines)),
        time(finding.at),
    );
}
