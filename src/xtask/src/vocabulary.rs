//! The core's tables in the spellings of JavaScript, TypeScript and Markdown.

use std::fmt::Write;
use std::path::Path;

use trusthandoff::decision::{Class, Code, USAGE_CODES};
use trusthandoff::event::Kind;
use trusthandoff::limits;

/// A file that is written whole, or a part of one between two marks.
struct Target {
    path: &'static str,
    /// Name of the part; none where the whole file is written.
    part: Option<&'static str>,
    text: fn() -> String,
}

const TARGETS: [Target; 5] = [
    Target { path: "pkg/src/generated/vocabulary.js", part: None, text: javascript },
    Target { path: "pkg/types/index.d.ts", part: Some("reason codes"), text: || union("ReasonCode", codes()) },
    Target { path: "pkg/types/index.d.ts", part: Some("usage codes"), text: || union("UsageCode", USAGE_CODES.map(|(code, _)| code)) },
    Target { path: "pkg/types/index.d.ts", part: Some("event types"), text: || union("EventType", Kind::ALL.map(Kind::as_str)) },
    Target { path: "docs/SPEC.md", part: Some("codes"), text: specification },
];

/// The files that differ from what the core says, with what they should hold.
///
/// # Errors
/// A file that cannot be read or lacks the marks of a part.
pub(crate) fn stale(root: &Path) -> Result<Vec<(&'static str, String)>, String> {
    let mut files: Vec<(&'static str, String, String)> = Vec::new();
    for target in &TARGETS {
        if !files.iter().any(|(path, ..)| *path == target.path) {
            let now = match std::fs::read_to_string(root.join(target.path)) {
                Ok(text) => text,
                Err(_) if target.part.is_none() => String::new(),
                Err(error) => return Err(format!("{} cannot be read: {error}", target.path)),
            };
            files.push((target.path, now.clone(), now));
        }
        if let Some((path, _, next)) = files.iter_mut().find(|(path, ..)| *path == target.path) {
            *next = match target.part {
                None => (target.text)(),
                Some(part) => replaced(next, part, &(target.text)()).ok_or_else(|| format!("{path} lacks the marks of `{part}`"))?,
            };
        }
    }
    Ok(files.into_iter().filter(|(_, now, next)| now != next).map(|(path, _, next)| (path, next)).collect())
}

/// The text with what stands between the lines `<part>:begin` and `<part>:end` replaced.
fn replaced(text: &str, part: &str, new: &str) -> Option<String> {
    let begin = text.find(&format!("{part}:begin"))?;
    let begin = begin + text.get(begin..)?.find('\n')? + 1;
    let end = begin + text.get(begin..)?.find(&format!("{part}:end"))?;
    let end = text.get(..end)?.rfind('\n')? + 1;
    Some([text.get(..begin)?, new, text.get(end..)?].concat())
}

fn codes() -> impl Iterator<Item = &'static str> {
    Code::ALL.iter().map(|code| code.as_str())
}

fn union(name: &str, members: impl IntoIterator<Item = &'static str>) -> String {
    let members: Vec<&str> = members.into_iter().collect();
    format!("export type {name} =\n  | \"{}\";\n", members.join("\"\n  | \""))
}

fn specification() -> String {
    let mut text = "| code | meaning |\n|---|---|\n".to_owned();
    for code in Code::ALL {
        let _ = writeln!(text, "| `{}` | {} |", code.as_str(), code.meaning());
    }
    text
}

fn javascript() -> String {
    let mut text = "/** Written by `cargo xtask vocabulary` from the tables of the core. A test fails where it differs. */\n".to_owned();
    text.push_str("\n/** Name of an error class → the codes it is thrown with. */\nexport const CODES_OF_CLASS = {\n");
    for class in Class::ALL {
        let own = Code::ALL.iter().filter(|code| code.class() == *class).map(|code| code.as_str());
        let usage = USAGE_CODES.iter().filter(|(_, of)| of == class).map(|(code, _)| *code);
        let codes: Vec<&str> = own.chain(usage).collect();
        let _ = writeln!(text, "  {}: \"{}\",", class.as_str(), codes.join(" "));
    }
    text.push_str("};\n");
    let flagged = |flag: fn(Code) -> bool| Code::ALL.iter().copied().filter(|code| flag(*code)).map(Code::as_str).collect::<Vec<_>>();
    list(&mut text, "Trust was withdrawn, as opposed to having run out.", "REVOKING", &flagged(Code::revokes));
    list(&mut text, "Refusals of one use that leave the task its authority.", "OF_ONE_USE", &flagged(|code| !code.ends_task()));
    let warnings: Vec<&str> = Kind::ALL.into_iter().filter(|kind| kind.is_warning()).map(Kind::as_str).collect();
    list(&mut text, "Events that deserve attention.", "WARNINGS", &warnings);
    for (name, value, meaning) in [
        ("MAX_INPUT_BYTES", limits::MAX_INPUT_BYTES, "Largest envelope, packet or attestation text, in bytes."),
        ("MAX_STATEMENT_BYTES", limits::MAX_STATEMENT_BYTES, "Largest approval or revocation text, in bytes."),
        ("MAX_TOKEN_BYTES", limits::MAX_TOKEN_BYTES, "Largest capability token, in bytes."),
        ("MAX_REQUEST_BYTES", limits::MAX_REQUEST_BYTES, "Longest action that can be requested, in bytes."),
        ("MAX_LINE_BYTES", limits::MAX_LINE_BYTES, "Longest line of a log, in bytes."),
    ] {
        let _ = write!(text, "\n/** {meaning} */\nexport const {name} = {value};\n");
    }
    text
}

fn list(text: &mut String, meaning: &str, name: &str, members: &[&str]) {
    let _ = write!(text, "\n/** {meaning} */\nexport const {name} = [\"{}\"];\n", members.join("\", \""));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_replaced_between_its_marks_only() {
        let text = "a\n// x:begin\nold\n// x:end\nb\n";
        assert_eq!(replaced(text, "x", "new\n").as_deref(), Some("a\n// x:begin\nnew\n// x:end\nb\n"));
        assert_eq!(replaced(text, "y", "new\n"), None);
        assert_eq!(replaced("// x:begin\nold\n", "x", "new\n"), None);
    }
}
