//! Pictures of an audit: what happened when, and who handed over to whom. Plain SVG, coloured by the page.

use core::fmt::{self, Display, Formatter, Write as _};

use super::{escaped, time};
use crate::sentinel::summary::{Handoffs, Summary, Timeline};

/// Most agents in the picture; those with the most handoffs.
const MAX_AGENTS: usize = 24;

const WIDTH: f64 = 960.0;

/// A length to a tenth: pictures need no more, and to write a number to its last digit takes more code than all of them.
#[derive(Clone, Copy)]
struct Tenths(f64);

impl Display for Tenths {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10.0 + 0.5).floor() as i64;
        let (sign, size) = (if tenths < 0 { "-" } else { "" }, tenths.unsigned_abs());
        write!(f, "{sign}{}.{}", size / 10, size % 10)
    }
}

/// Bars of what was accepted and refused, and a mark where something was found.
pub(super) fn timeline(timeline: &Timeline) -> String {
    let height = 120.0;
    let most = timeline.steps.iter().map(|[accepted, refused, _]| accepted.saturating_add(*refused)).max().unwrap_or(0).max(1);
    let width = WIDTH / float(timeline.steps.len().max(1));
    let mut svg = String::from("<svg viewBox=\"0 0 960 140\" role=\"img\" aria-label=\"What happened when\">");
    for (i, [accepted, refused, found]) in timeline.steps.iter().enumerate() {
        let x = float(i) * width;
        let scale = |n: u64| number(n) / number(most) * height;
        let (tall, low) = (scale(accepted.saturating_add(*refused)), scale(*refused));
        let at =
            timeline.start.plus_seconds(i64::try_from(i).unwrap_or(0).saturating_mul(i64::try_from(timeline.step_seconds).unwrap_or(0)));
        let title = format!("{}: {accepted} accepted, {refused} refused, {found} findings", time(at.ok()));
        // Writing to a `String` cannot fail.
        let (left, bar, y, good) = (Tenths(x), Tenths(width * 0.9), Tenths(height - tall), Tenths(tall - low));
        let _ = write!(
            svg,
            "<g><title>{title}</title><rect class=\"back\" x=\"{left}\" y=\"0\" width=\"{}\" height=\"130\"/>\
             <rect class=\"good\" x=\"{left}\" y=\"{y}\" width=\"{bar}\" height=\"{good}\"/>\
             <rect class=\"bad\" x=\"{left}\" y=\"{}\" width=\"{bar}\" height=\"{}\"/>",
            Tenths(width),
            Tenths(height - low),
            Tenths(low),
        );
        if *found != 0 {
            let _ = write!(svg, "<circle class=\"bad\" cx=\"{}\" cy=\"128\" r=\"4\"/>", Tenths(x + width / 2.0));
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
    let mut svg = String::from("<svg viewBox=\"0 0 960 520\" role=\"img\" aria-label=\"Who handed over to whom\"><defs>");
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
        let (beside, below) = (
            if anchor == "middle" { x } else { x + 12.0 * aside.signum() },
            y + 4.0 + if anchor == "middle" { 34.0 } else { 18.0 } * outwards * outwards * outwards,
        );
        let short: String = if name.chars().count() > 32 { name.chars().take(31).chain(['…']).collect() } else { (*name).to_owned() };
        let _ = write!(
            svg,
            "<g><title>{}</title><circle class=\"node\" cx=\"{}\" cy=\"{}\" r=\"7\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text></g>",
            escaped(name),
            Tenths(x),
            Tenths(y),
            Tenths(beside),
            Tenths(below),
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
    // As the logarithm of how many there are.
    let thick = if class == "bad" { 2.0 } else { 1.0 } + f64::from(count.ilog2()) * 0.25;
    let (mid_x, mid_y) = ((x1 + x2) / 2.0 - (y2 - y1) * bend, (y1 + y2) / 2.0 + (x2 - x1) * bend);
    let word = if class == "good" { "accepted" } else { "refused" };
    let _ = write!(
        svg,
        "<path class=\"edge {class}\" marker-end=\"url(#{class})\" stroke-width=\"{}\" \
         d=\"M{} {}Q{} {} {} {}\"><title>{} → {}: {count} {word}</title></path>",
        Tenths(thick),
        Tenths(x1),
        Tenths(y1),
        Tenths(mid_x),
        Tenths(mid_y),
        Tenths(x2),
        Tenths(y2),
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

#[allow(clippy::cast_precision_loss)]
const fn number(n: u64) -> f64 {
    n as f64
}

#[allow(clippy::cast_precision_loss)]
const fn float(n: usize) -> f64 {
    n as f64
}
