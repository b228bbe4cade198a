//! The report as one page that needs nothing else: no network, and a policy that would allow none.

use core::fmt::Write as _;
use std::collections::BTreeSet;

use super::{graph, lines, remarks, time, visible};
use crate::crypto::sha256;
use crate::encoding::base64;
use crate::sentinel::finding::{Finding, Severity};
use crate::sentinel::summary::{Collected, Group};

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1a1d21;--dim:#667080;--page:#fff;--card:#f5f6f8;--line:#d8dce2;--good:#2f7d4f;--bad:#c62f2f;--warn:#9a6700;--info:#2468b0}\
@media(prefers-color-scheme:dark){:root{--ink:#e6e8eb;--dim:#98a2b0;--page:#14171b;--card:#1d2127;--line:#343a43;--good:#4fb37a;--bad:#ff6b62;--warn:#e0a93a;--info:#6cb0f5}}\
*{box-sizing:border-box}body{margin:0 auto;max-width:1080px;padding:24px;font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page)}\
h1{font-size:24px;margin:0 0 4px}h2{font-size:18px;margin:32px 0 8px}p{margin:4px 0}.dim{color:var(--dim)}.warning{color:var(--warn);font-weight:600}\
.tiles{display:flex;flex-wrap:wrap;gap:8px;margin:16px 0}.tile{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:8px 16px}.tile b{display:block;font-size:22px}\
.critical,.high{color:var(--bad)}.medium{color:var(--warn)}.low,.info{color:var(--info)}\
svg{width:100%;height:auto;background:var(--card);border:1px solid var(--line);border-radius:8px;font-size:12px}svg text{fill:var(--ink)}\
.back{fill:transparent}.good{fill:var(--good)}.bad{fill:var(--bad)}.node{fill:var(--ink)}.edge{fill:none;opacity:.75}.edge.good{stroke:var(--good)}.edge.bad{stroke:var(--bad)}\
.filters{display:flex;flex-wrap:wrap;gap:8px;margin:8px 0}select,input{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:4px 8px}input{flex:1;min-width:200px}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:6px 8px;border-bottom:1px solid var(--line);overflow-wrap:anywhere}th:first-child{overflow-wrap:normal}th{position:sticky;top:0;background:var(--page)}td.at,td:first-child,td:nth-child(2){white-space:nowrap}.wide{overflow-x:auto}.wide svg{min-width:680px}\
@media(max-width:860px){body{padding:16px}thead{display:none}table,tbody,tr,td{display:block}tr[hidden]{display:none}tr{padding:8px 0;border-bottom:1px solid var(--line)}\
td{padding:1px 0;border:0}td:first-child,td:nth-child(2){display:inline-block;margin-right:8px;font-weight:600}td.at{white-space:normal}}";

const SCRIPT: &str = "\
'use strict';\
const rows=[...document.querySelectorAll('tbody tr')];\
const [severity,kind,words]=['severity','kind','words'].map((id)=>document.getElementById(id));\
const shown=document.getElementById('shown');\
const filter=()=>{const text=words.value.toLowerCase();let n=0;\
for(const row of rows){const fits=(!severity.value||row.dataset.severity===severity.value)&&(!kind.value||row.dataset.kind===kind.value)&&(!text||row.textContent.toLowerCase().includes(text));\
row.hidden=!fits;n+=fits;}shown.textContent=n+' of '+rows.length+' shown';};\
for(const field of [severity,kind,words])field.addEventListener('input',filter);filter();";

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
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Audit of an event log</title><style>{STYLE}</style></head><body>\n\
         <h1>Audit of an event log</h1>\n",
        hash(STYLE),
        hash(SCRIPT),
    );
    head(&mut page, collected);
    table(&mut page, collected);
    let _ = writeln!(page, "<script>{SCRIPT}</script></body></html>");
    page
}

/// `text` for HTML, everything in it visible.
pub(super) fn escaped(text: &str) -> String {
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
    for (is_warning, remark) in remarks(summary) {
        let _ = writeln!(page, "<p class=\"{}\">{}</p>", if is_warning { "warning" } else { "dim" }, escaped(&remark));
    }
    if let Some(timeline) = &summary.timeline {
        let _ = writeln!(page, "<h2>When</h2>{}", graph::timeline(timeline));
    }
    if !summary.handoffs.is_empty() {
        let _ = writeln!(page, "<h2>Who handed over to whom</h2><div class=\"wide\">{}</div>", graph::handoffs(summary));
    }
    page.push_str("<h2>Events</h2><div class=\"tiles\">");
    for (name, n) in &summary.events {
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
    let kinds: BTreeSet<&str> = groups.iter().map(|group| group.kind).collect();
    for kind in kinds {
        let _ = write!(page, "<option>{}</option>", escaped(kind));
    }
    page.push_str("</select><input id=\"words\" type=\"search\" placeholder=\"agent, packet, words\" aria-label=\"Search\"></div><p class=\"dim\" id=\"shown\"></p>\n");
    for Group { kind, severity, count, findings } in &groups {
        let shown = u64::try_from(findings.len()).unwrap_or(u64::MAX);
        if *count > shown {
            let _ = writeln!(
                page,
                "<p class=\"dim\">{shown} of {count} findings {} of {} severity are shown.</p>",
                escaped(kind),
                severity.as_str()
            );
        }
    }
    page.push_str("<table><thead><tr><th>Severity</th><th>Kind</th><th>What happened, and what to do</th><th>Where</th><th>When</th></tr></thead><tbody>\n");
    for finding in groups.iter().flat_map(|group| &group.findings) {
        row(page, finding);
    }
    page.push_str("</tbody></table>\n");
}

fn row(page: &mut String, finding: &Finding) {
    let (severity, kind) = (finding.severity.as_str(), escaped(&finding.kind));
    let named: Vec<String> = finding.agents.iter().chain(&finding.packets).map(|name| escaped(name)).collect();
    let _ = writeln!(
        page,
        "<tr data-severity=\"{severity}\" data-kind=\"{kind}\"><td class=\"{severity}\">{severity}</td><td>{kind}</td>\
         <td>{}<p class=\"dim\">{}</p><p class=\"dim\">{}</p></td><td>{}</td><td class=\"at\">{}</td></tr>",
        escaped(&finding.sentence),
        escaped(&finding.advice),
        named.join(" · "),
        lines(&finding.lines),
        time(finding.at),
    );
}
