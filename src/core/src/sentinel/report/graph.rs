//! Pictures of an audit: what happened when, and who handed over to whom. Plain SVG, coloured by the page.

use core::fmt::Write as _;

use super::{escaped, time};
use crate::sentinel::summary::{Handoffs, Summary, Timeline};

/// Most agents in the picture; those with the most handoffs.
const MAX_AGENTS: usize = 24;

const WIDTH: f64 = 960.0;

/// Bars of what was accepted and refused, and a mark where something was found.
pub(super) fn timeline(timeline: &Timeline) -> String {
    let height = 120.0;
    let most = timeline.steps.iter().map(|[accepted, refused, _]| accepted.saturating_add(*refused)).max().unwrap_or(0).max(1);
    let width = WIDTH / float(timeline.steps.len().max(1));
    let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} 140\" role=\"img\" aria-label=\"What happened when\">");
    for (i, [accepted, refused, found]) in timeline.steps.iter().enumerate() {
        let x = float(i) * width;
        let scale = |n: u64| number(n) / number(most) * height;
        let (tall, low) = (scale(accepted.saturating_add(*refused)), scale(*refused));
        let at =
            timeline.start.plus_seconds(i64::try_from(i).unwrap_or(0).saturating_mul(i64::try_from(timeline.step_seconds).unwrap_or(0)));
        let title = format!("{}: {accepted} accepted, {refused} refused, {found} findings", time(at.ok()));
        // Writing to a `String` cannot fail.
        let _ = write!(
            svg,
            "<g><title>{title}</title><rect class=\"back\" x=\"{x:.1}\" y=\"0\" width=\"{width:.1}\" height=\"130\"/>\
             <rect class=\"good\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>\
             <rect class=\"bad\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{low:.1}\"/>",
            height - tall,
            width * 0.9,
            tall - low,
            height - low,
            width * 0.9,
        );
        if *found != 0 {
            let _ = write!(svg, "<circle class=\"bad\" cx=\"{:.1}\" cy=\"128\" r=\"4\"/>", x + width / 2.0);
        }
        svg.push_str("</g>");
    }
    svg.push_str("</svg>");
    let _ = write!(
        svg,
        "<p class=\"dim\">One bar is {} s, from {}. Green: accepted; red: refused; a dot: something of medium severity or graver was found.</p>",
        timeline.step_seconds,
        time(Some(timeline.start))
    );
    svg
}

/// Agents on a circle, and an arrow for each pair between which packets went; where some were refused, a red one.
pub(super) fn handoffs(summary: &Summary) -> String {
    let agents = busiest(&summary.handoffs);
    let height = 520.0;
    let place = |i: usize| {
        // From the top, so `x` is the sine and `y` the negative cosine.
        let turn = core::f64::consts::TAU * float(i) / float(agents.len().max(1));
        (WIDTH / 2.0 + 230.0 * sine(turn), height / 2.0 - 200.0 * sine(turn + core::f64::consts::FRAC_PI_2))
    };
    let index = |name: &str| agents.iter().position(|agent| *agent == name);
    let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"Who handed over to whom\"><defs>");
    for class in ["good", "bad"] {
        let _ = write!(
            svg,
            "<marker id=\"{class}\" viewBox=\"0 0 10 10\" refX=\"16\" refY=\"5\" markerWidth=\"7\" markerHeight=\"7\" \
             markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"{class}\" d=\"M0 0L10 5L0 10z\"/></marker>"
        );
    }
    svg.push_str("</defs>");
    let mut left_out = summary.more_handoffs;
    let mut refused = String::new();
    for pair in &summary.handoffs {
        let (Some(from), Some(to)) = (index(&pair.from), index(&pair.to)) else {
            left_out = left_out.saturating_add(pair.accepted).saturating_add(pair.refused);
            continue;
        };
        arrow(&mut svg, ("good", pair.accepted, 0.12), pair, place(from), place(to));
        arrow(&mut refused, ("bad", pair.refused, 0.24), pair, place(from), place(to));
    }
    // Above the others, or nobody would see them.
    svg.push_str(&refused);
    for (i, name) in agents.iter().enumerate() {
        let (x, y) = place(i);
        // Beside its agent; at the top and the bottom, where neighbours are side by side, outwards.
        let (aside, outwards) = ((x - WIDTH / 2.0) / 230.0, (y - height / 2.0) / 200.0);
        let anchor = if aside.abs() < 0.1 {
            "middle"
        } else if aside < 0.0 {
            "end"
        } else {
            "start"
        };
        let (beside, below) = (if anchor == "middle" { x } else { x + 12.0 * aside.signum() }, y + 4.0 + 18.0 * outwards.powi(3));
        let short: String = if name.chars().count() > 32 { name.chars().take(31).chain(['…']).collect() } else { (*name).to_owned() };
        let _ = write!(
            svg,
            "<g><title>{}</title><circle class=\"node\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"7\"/>\
             <text x=\"{beside:.1}\" y=\"{below:.1}\" text-anchor=\"{anchor}\">{}</text></g>",
            escaped(name),
            escaped(&short),
        );
    }
    svg.push_str("</svg>");
    if left_out != 0 {
        let _ = write!(svg, "<p class=\"dim\">{left_out} packets of further agents are not in the picture.</p>");
    }
    svg
}

/// The sine, to a thousandth: what a picture needs takes a fraction of the code of that to the last digit.
fn sine(turn: f64) -> f64 {
    let half = core::f64::consts::PI;
    let turn = if turn > half { turn - 2.0 * half } else { turn };
    let square = turn * turn;
    (1..=7).rev().fold(1.0, |sum, n| 1.0 - square / float(2 * n * (2 * n + 1)) * sum) * turn
}

fn arrow(svg: &mut String, (class, count, bend): (&str, u64, f64), pair: &Handoffs, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
    if count == 0 {
        return;
    }
    let thick = if class == "bad" { 2.0 } else { 1.0 } + number(count).ln() * 0.6;
    let (mid_x, mid_y) = ((x1 + x2) / 2.0 - (y2 - y1) * bend, (y1 + y2) / 2.0 + (x2 - x1) * bend);
    let word = if class == "good" { "accepted" } else { "refused" };
    let _ = write!(
        svg,
        "<path class=\"edge {class}\" marker-end=\"url(#{class})\" stroke-width=\"{thick:.1}\" \
         d=\"M{x1:.1} {y1:.1}Q{mid_x:.1} {mid_y:.1} {x2:.1} {y2:.1}\"><title>{} → {}: {count} {word}</title></path>",
        escaped(&pair.from),
        escaped(&pair.to),
    );
}

/// The agents with the most handoffs, by name. A few places are for pairs between which something was refused,
/// which may be rare; not all, because their names may be invented.
fn busiest(handoffs: &[Handoffs]) -> Vec<&str> {
    let mut agents: Vec<&str> = Vec::new();
    let refused = handoffs.iter().filter(|pair| pair.refused != 0).take(MAX_AGENTS / 4);
    for name in refused.chain(handoffs).flat_map(|pair| [pair.from.as_str(), pair.to.as_str()]) {
        if agents.len() < MAX_AGENTS && !name.is_empty() && !agents.contains(&name) {
            agents.push(name);
        }
    }
    agents.sort_unstable();
    agents
}

/// Pictures need no more digits than these.
#[allow(clippy::cast_precision_loss)]
const fn number(n: u64) -> f64 {
    n as f64
}

#[allow(clippy::cast_precision_loss)]
const fn float(n: usize) -> f64 {
    n as f64
}
