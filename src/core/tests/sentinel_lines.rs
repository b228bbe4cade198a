//! A line means one thing: however it is spelled, whatever stood before it, and whoever reads it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use trusthandoff::crypto::sha256;
use trusthandoff::encoding::hex;
use trusthandoff::limits::MAX_DEPTH;
use trusthandoff::log::{Report, Verifier};
use trusthandoff::sentinel::{Chain, Options, Rule, Sentinel};

/// What is found in a log, and what its chain says where that is asked for.
fn audited(log: &[u8], piece: usize, options: Options) -> (Vec<String>, Option<Report>) {
    let (mut sentinel, mut found) = (Sentinel::new(options), Vec::new());
    for piece in log.chunks(piece) {
        sentinel.ingest(piece, &mut |finding| found.push(format!("{finding:?}")));
    }
    sentinel.finish(&mut |finding| found.push(format!("{finding:?}")));
    (found, sentinel.summary().log)
}

fn findings(log: &str) -> Vec<String> {
    audited(log.as_bytes(), usize::MAX, Options::default()).0
}

/// What a log says of itself to who verifies nothing but the chain.
fn verified(lines: &[Vec<u8>]) -> Report {
    let mut verifier = Verifier::new(&[], None);
    for line in lines {
        verifier.push(line);
    }
    verifier.finish(&[])
}

fn log_of(lines: &[Vec<u8>]) -> Vec<u8> {
    lines.iter().flat_map(|line| [line.as_slice(), b"\n"].concat()).collect()
}

/// Values and keys as they come, and as somebody might write them who wants two readers to differ.
const VALUES: [&str; 22] = [
    r#""a""#,
    "\"é\"",
    r#""\u00e9""#,
    r#""\ud83d\ude00""#,
    r#""\ud800""#,
    r#""log_checkpoint""#,
    r#""log\u005fcheckpoint""#,
    "\"\u{1}\"",
    "0",
    "-0",
    "01",
    "1e",
    "1e400",
    "1.0",
    "12345678901234567890",
    "null",
    "nul",
    "[]",
    "[ 1,\"a\" ]",
    "[[1]]",
    r#"{"a": 1, "a": 2}"#,
    "{}",
];
const KEYS: [&str; 9] = [
    r#""event_type""#,
    r#""event\u005ftype""#,
    r#""prev""#,
    r#""packet_id""#,
    r#""x""#,
    "\"é\"",
    r#""y""#,
    r#""a key that is longer than a window of bytes""#,
    "z",
];

/// Types of events that tell something of a packet together.
const EVENTS: [&str; 8] =
    ["packet_accepted", "packet_rejected", "review_decided", "task_started", "task_finished", "tool_used", "attested", "revoked"];

/// A line of members, then a few bytes of it spoilt.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let members = vec((select(&KEYS[..]), select(&VALUES[..])), 0..6);
    let glue = select(&[(", ", ": "), (",", ":"), (" ,\t", " :  ")][..]);
    let spoils = vec((any::<Index>(), select(&b"\"\\{}[],: \r\t\0\x80\xff-0e"[..]), 0..3_u8), 0..2);
    (members, glue, spoils, 0..4_u8).prop_map(|(members, (comma, colon), spoils, how)| {
        let members: Vec<String> = members.iter().map(|(key, value)| [*key, colon, value].concat()).collect();
        let mut line = ["{", &members.join(comma), "}"].concat().into_bytes();
        for (at, byte, what) in spoils.into_iter().filter(|_| how == 0) {
            let at = at.index(line.len());
            match what {
                0 => line[at] = byte,
                1 => line.insert(at, byte),
                _ => line.truncate(at.max(1)),
            }
        }
        line
    })
}

/// The line with the hash of the one before it as its last member, where it has room for that.
fn chained(line: Vec<u8>, before: Option<&Vec<u8>>) -> Vec<u8> {
    let prev = before.map_or("0".repeat(64), |before| hex(&sha256(&[before])));
    match line.strip_suffix(b"}") {
        Some(b"{") => format!("{{\"prev\": \"{prev}\"}}").into_bytes(),
        Some(rest) => [rest, format!(", \"prev\": \"{prev}\"}}").as_bytes()].concat(),
        None => line,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// What was read fast, slowly or not at all: it stands in the chain.
    #[test]
    fn the_auditor_sees_the_chain_that_the_verifier_sees(lines in vec(line(), 1..12), piece in 1..200_usize) {
        let mut log: Vec<Vec<u8>> = Vec::new();
        for line in lines {
            log.push(chained(line, log.last()));
        }
        let expected = verified(&log);
        let text = log_of(&log);
        for piece in [piece, text.len()] {
            let (_, report) = audited(&text, piece, Options { chain: Chain::Verify, ..Options::default() });
            prop_assert_eq!(report.as_ref(), Some(&expected), "{}", String::from_utf8_lossy(&text));
        }
    }

    /// Byte by byte no line is compared with those before it; in one piece each is.
    #[test]
    fn a_line_like_the_one_before_is_read_as_if_there_were_none(
        spoils in vec((any::<Index>(), select(&b"\"\\{}[],: \r\t\n\0\x1f\x7f\x80\xffa0-e"[..]), 0..4_u8), 1..40),
    ) {
        const LINE: &str = r#"{"event_type": "x", "packet_id": "pk-0123456789", "who": "agent:0123456789", "n": 7, "more": [1, "a"], "from_agent": "b"}"#;
        const RULES: &[u8] = br#"[{"type": "all", "severity": "low", "event_type": "x", "sentence": "{packet_id} {who} {n} {more} {from_agent}"}]"#;
        let mut log = Vec::new();
        for (at, byte, how) in spoils {
            let mut line = LINE.as_bytes().to_vec();
            let at = at.index(line.len());
            match how {
                0 => line[at] = byte,
                1 => line.insert(at, byte),
                2 => line.truncate(at),
                _ => {}
            }
            log.extend(line);
            log.push(b'\n');
        }
        let told = |piece| audited(&log, piece, Options { rules: Rule::parse(RULES).expect("rules"), ..Options::default() });
        prop_assert_eq!(told(usize::MAX), told(1), "{}", String::from_utf8_lossy(&log));
    }

    /// A text is the same with any of its characters escaped, and beside an object that makes its line a slow one.
    #[test]
    fn no_spelling_hides_an_event(
        events in vec((select(&EVENTS[..]), 0..3_usize, select(&["", ", \"n\": {\"a\": 1}"][..]), any::<Index>()), 1..40),
    ) {
        let (mut plain, mut spelled) = (String::new(), String::new());
        for (n, (kind, packet, more, at)) in events.into_iter().enumerate() {
            let members = [
                ("event_type", kind.to_owned()),
                ("timestamp", format!("2026-03-08T12:{n:02}:00Z")),
                ("producer_id", "agent:b".into()),
                ("packet_id", format!("pk-{packet}")),
                ("from_agent", format!("agent:{packet}")),
                ("reason", ["replay_detected", "expired"][n % 2].into()),
                ("decision", ["APPROVED", "DENIED"][n / 2 % 2].into()),
                ("status", ["OK", "REJECTED"][n % 2].into()),
                ("outcome_hash", format!("o{}", n % 3)),
                ("target", format!("agent|agent:{packet}")),
            ];
            let text = |escaped: Option<usize>| {
                let value = |(i, (key, value)): (usize, &(&str, String))| match value.char_indices().nth(at.index(value.len())) {
                    Some((place, c)) if escaped == Some(i) => {
                        format!("\"{key}\": \"{}\\u{:04x}{}\"", &value[..place], u32::from(c), &value[place + 1..])
                    }
                    _ => format!("\"{key}\": \"{value}\""),
                };
                members.iter().enumerate().map(value).collect::<Vec<_>>().join(", ")
            };
            plain += &format!("{{{}}}\n", text(None));
            spelled += &format!("{{{}{more}}}\n", text(Some(at.index(members.len()))));
        }
        prop_assert_eq!(findings(&plain), findings(&spelled));
    }
}

#[test]
fn a_line_that_is_put_in_is_found_even_where_two_readers_would_see_two_events() {
    let first = chained(br#"{"event_type": "a"}"#.to_vec(), None);
    // What comes first wrong in it is no repeated key.
    let put_in = br#"{"x": -0, "event_type": "a", "event_type": "b"}"#.to_vec();
    let second = chained(br#"{"event_type": "b"}"#.to_vec(), Some(&first));
    let log = [first, put_in, second];
    let (found, report) = audited(&log_of(&log), usize::MAX, Options::default());
    let report = report.expect("a chained log");
    assert_eq!((report.lines, report.breaks.len()), (3, 2));
    assert_eq!(report, verified(&log));
    assert_eq!(found.iter().filter(|finding| finding.contains("unreadable_line")).count(), 1);
}

#[test]
fn an_agent_spelled_in_two_ways_makes_one_burst() {
    let rules = br#"[{"type": "much", "severity": "low", "event_type": "x", "per": "who", "more_than": 3, "within_seconds": 60,
        "sentence": "{who}"}]"#;
    let options = Options { rules: Rule::parse(rules).expect("rules"), ..Options::default() };
    let spellings = ["é", "\\u00e9"].into_iter().cycle().take(4);
    let log: String =
        spellings.map(|who| format!("{{\"event_type\": \"x\", \"who\": \"{who}\", \"timestamp\": \"2026-03-08T12:00:00Z\"}}\n")).collect();
    assert_eq!(audited(log.as_bytes(), usize::MAX, options).0.len(), 1);
}

/// Each event of a packet is held against all of them: more than any gate admits would make an audit take for ever.
#[test]
fn no_more_ancestors_are_held_than_a_chain_can_have() {
    let log = |revoked: u32| {
        let ancestors: Vec<String> = (1..=100).map(|n| format!("\"d{n}\"")).collect();
        format!(
            "{{\"event_type\": \"revoked\", \"target\": \"digest|d{revoked}\"}}\n\
             {{\"event_type\": \"packet_accepted\", \"packet_id\": \"p\", \"ancestors\": [{}]}}\n",
            ancestors.join(", ")
        )
    };
    assert_eq!(findings(&log(MAX_DEPTH)).len(), 1);
    assert_eq!(findings(&log(MAX_DEPTH + 1)).len(), 0);
}
