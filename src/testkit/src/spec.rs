//! The tables of the specification.

const SPEC: &str = include_str!("../../../docs/SPEC.md");

/// The section that begins with this heading, up to the next one.
///
/// # Panics
/// Where there is none.
#[must_use]
pub fn section(heading: &str) -> &'static str {
    SPEC.split(heading).nth(1).and_then(|rest| rest.split("\n### ").next()).expect("a section of the specification")
}

/// The table of checks: each name and the codes it may refuse with, in order.
#[must_use]
pub fn documented_checks() -> Vec<(&'static str, Vec<&'static str>)> {
    let quoted = |cell: &'static str| -> Vec<&'static str> { cell.split('`').skip(1).step_by(2).collect() };
    let rows = section("### 10.2 Checks, in order").lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        let [name, .., codes] = cells[..] else { panic!("{line}") };
        (quoted(name)[0], quoted(codes))
    })
    .collect()
}
