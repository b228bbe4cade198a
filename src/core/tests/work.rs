//! No input makes the gate slow: the core counts its work (catalogue E13), and no text costs more than a few times what the largest
//! genuine envelope of its size costs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use proptest::prelude::*;
use trusthandoff::chain::Lineage;
use trusthandoff::gate::{Answer, Config, Gate, Question};
use trusthandoff::registry::AgentRecord;
use trusthandoff_testkit::cast::{self, at, key};
use trusthandoff_testkit::driver::{Purpose, Request, measured};
use trusthandoff_testkit::{RESEARCHER, envelope, right};

fn listed(actions: &[String]) -> String {
    actions.iter().map(|action| format!("{action:?}")).collect::<Vec<_>>().join(", ")
}

fn numbered(count: usize, action: impl Fn(usize) -> String) -> Vec<String> {
    (0..count).map(action).collect()
}

/// What the text costs, and how it ends.
fn cost(text: &str, purpose: Purpose) -> (u64, Option<&'static str>) {
    let mut gate = Gate::new(Config { max_depth: 64, ..Config::new(RESEARCHER) }).unwrap();
    let request = Request { purpose, ..Request::default() };
    let (end, units) = measured(&mut gate, text.as_bytes(), request, at(0), |ask| {
        let answer = match &ask.question {
            // Whoever has a name in the cast; the root may originate everything.
            Question::Agent { agent_id } if !agent_id.contains(':') => {
                Answer::Agent(Some(AgentRecord { roots: vec!["read".into()], ..AgentRecord::of_key(key(agent_id).public_key()) }))
            }
            question => right(question),
        };
        (answer, at(0))
    });
    (units, end.code())
}

/// A genuine envelope whose unsigned hops are these.
fn with_hops(grants: &[Vec<String>]) -> String {
    let hop = |grant: &Vec<String>| format!(r#"{{"agent_id": "x", "delegated_permissions": {{"allowed_actions": [{}]}}}}"#, listed(grant));
    let hops = grants.iter().map(hop).collect::<Vec<_>>().join(", ");
    let text = envelope(&format!(r#"{{"to_agent": "{RESEARCHER}", "intent": "x", "permissions": {{"allowed_actions": ["read"]}}}}"#));
    text.replace("\"hops\": []", &format!("\"hops\": [{hops}]"))
}

/// The action number `i`.
type Patterns = fn(usize) -> String;

/// How genuine grants are narrowed; none is the equal of what it narrows.
const NARROWINGS: [(&str, Patterns, Patterns); 9] = [
    ("by folder", |i| format!("read:/d{i}/**"), |i| format!("read:/d{i}/a")),
    ("by name", |i| format!("read:/docs/report-{i}-*"), |i| format!("read:/docs/report-{i}-a*")),
    ("by host", |i| format!("fetch:https://api{i}.example.com/**"), |i| format!("fetch:https://api{i}.example.com/v1/*")),
    ("by end", |i| format!("read:/docs/*-{i}.pdf"), |i| format!("read:/docs/a*-{i}.pdf")),
    ("by middle", |i| format!("read:/*/docs/{i}-*"), |i| format!("read:/t/docs/{i}-*")),
    ("below any", |i| format!("read:/tenant-*/{i}-*/**"), |i| format!("read:/tenant-7/{i}-x/**")),
    ("at any depth", |i| format!("read:/**/x{i}"), |i| format!("read:/**/a/x{i}")),
    ("by query", |i| format!("fetch:https://h.example/s?id={i}&*"), |i| format!("fetch:https://h.example/s?id={i}&q=*")),
    ("of no verb alone", |i| format!("verb{i}"), |i| format!("verb{i}:/a/*")),
];

#[test]
fn a_genuine_narrowing_of_256_patterns_under_256_is_admitted() {
    for (name, wide, narrow) in NARROWINGS {
        for count in [1, 16, 90, 256] {
            let text = with_hops(&[numbered(count, wide), numbered(count, narrow)]);
            assert_eq!(cost(&text, Purpose::Handle).1, None, "{name} {count}");
            let beyond = with_hops(&[numbered(count, narrow), numbered(count, wide)]);
            assert_eq!(cost(&beyond, Purpose::Handle).1, Some("authority_escalation"), "{name} {count}");
        }
    }
}

/// At every link of a chain of capabilities, with the packet itself below the last.
#[test]
fn a_genuine_chain_of_16_capabilities_of_256_patterns_each_is_admitted() {
    let actions = |depth: usize| numbered(256, |i| format!("read:/d{i}/{}**", "a/".repeat(depth)));
    let fields = |depth: usize, id: &str| {
        format!(r#"{{"capability_id": "{id}", "subject_agent": "planner", "allowed_actions": [{}]}}"#, listed(&actions(depth)))
    };
    let mut chain = vec![cast::issued("root", &key("root"), &fields(0, "c0")).unwrap()];
    for depth in 1..16 {
        chain.push(cast::narrowed(&chain[depth - 1], "planner", &key("planner"), &fields(depth, &format!("c{depth}"))).unwrap());
    }
    let tokens: Vec<String> = chain.iter().map(|capability| capability.to_token()).collect();
    let task = format!(
        r#"{{"to_agent": "{RESEARCHER}", "intent": "x", "capability_token": "{}", "permissions": {{"allowed_actions": [{}]}}}}"#,
        tokens[15],
        listed(&actions(16))
    );
    let packet = cast::packet_by("planner", &task).to_text();
    let text = Lineage { parent: None, capabilities: &tokens }.envelope_text(&packet).unwrap();
    assert_eq!(cost(&text, Purpose::Handle).1, None);
    assert_eq!(cost(&text, Purpose::Use("read:/d7/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/x".into())).1, None);
}

/// Sizes and costs of genuine envelopes.
fn genuine() -> Vec<(usize, u64)> {
    let mut known = Vec::new();
    let mut before = None::<String>;
    for i in 0..64 {
        let after = |to: &str| {
            let packet = cast::packet_by(&format!("a{i}"), &format!(r#"{{"to_agent": "{to}", "intent": "x"}}"#)).to_text();
            Lineage { parent: before.as_ref().map(String::as_bytes), capabilities: &[] }.envelope_text(&packet).unwrap()
        };
        let text = after(RESEARCHER);
        let (units, refused) = cost(&text, Purpose::Handle);
        assert_eq!(refused, None, "{i} earlier packets");
        known.push((text.len(), units));
        before = Some(after(&format!("a{}", i + 1)));
    }
    for (name, wide, narrow) in NARROWINGS {
        for count in [0, 4, 16, 64, 256] {
            for hops in [2, 4, 8, 16, 32, 64] {
                let grants: Vec<Vec<String>> = (0..hops).map(|hop| numbered(count, if hop == 0 { wide } else { narrow })).collect();
                let text = with_hops(&grants);
                let (units, refused) = cost(&text, Purpose::Handle);
                assert_eq!(refused, None, "{name}, {hops} hops of {count}");
                known.push((text.len(), units));
            }
        }
    }
    known
}

/// Patterns that are slow to hold against each other, and what none of them but the last looked at contains.
fn slow(shape: u8, length: usize, i: usize) -> (String, String) {
    let a = |n: usize| "a".repeat(n);
    let deep = |n: usize| "a/".repeat(n / 2);
    match shape {
        0 => (format!("r:?a*{}b{i:03}*", a(length / 2)), format!("r:?{}{i:03}", a(length))),
        1 => (format!("r:a*{}b{i:03}*", a(length / 2)), format!("r:{}{i:03}", a(length))),
        2 => (format!("r:a*a*a*a*a*a*a*b{i:03}c*"), format!("r:{}{i:03}", a(length))),
        3 => (format!("r:a/**/{}b{i:03}/**", deep(length)), format!("r:{}{i:03}", deep(length))),
        4 => (format!("r:a/**/a/**/a/**/b{i:03}/*"), format!("r:{}{i:03}", deep(length))),
        5 => (format!("r:a/*/**/*/**/a/b{i:03}"), format!("r:a/**/*/**/a/**/{i:03}/*")),
        6 => (format!("r:https://h.example/a?a*{}b{i:03}*", a(length / 2)), format!("r:https://h.example/a?{}{i:03}", a(length))),
        7 => (format!("r:a*%61*{}b{i:03}", "%61".repeat(length / 6)), format!("r:{}{i:03}", "%61".repeat(length / 3))),
        8 => (format!("r:a%25*{}{i:03}", "%25".repeat(length / 4)), format!("r:a{}{i:03}", "%25".repeat(length / 4))),
        _ => (format!("r:a/{}*/b{i:03}*", deep(length / 2)), format!("r:a/{}{i:03}", deep(length))),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    /// The worst of a text is its hops, which nobody signed. What admits all stands where it is looked at last, so that
    /// every pattern is held against every other.
    #[test]
    fn no_text_costs_more_than_four_times_the_largest_genuine_one_of_its_size(
        shapes in prop::collection::vec(0..10_u8, 1..4), length in 8..240_usize, count in 2..256_usize, hops in 2..20_usize,
    ) {
        let known = genuine_once();
        let of = |i: usize| slow(shapes[i % shapes.len()], length, i);
        let mut all = numbered(count, |i| of(i).0);
        all.push("r:**".into());
        let inner = numbered(count, |i| of(i).1);
        let both: Vec<String> = all.iter().chain(&inner).take(256).cloned().collect();
        let mut grants = vec![all];
        grants.extend((1..hops).map(|_| both.clone()));
        grants.push(inner);
        let mut text = with_hops(&grants);
        text.truncate(text.len().min(1 << 20));
        let (units, _) = cost(&text, Purpose::Handle);
        let most = known.iter().filter(|(size, _)| *size <= text.len()).map(|(_, units)| *units).max().unwrap();
        prop_assert!(units <= 4 * most, "{} units of {} bytes; genuine at most {}", units, text.len(), most);
    }

    /// A request is as long as it may be, against what its sender permitted itself.
    #[test]
    fn no_request_costs_more_than_its_size_allows(shape in 0..10_u8, length in 8..200_usize, repeats in 1..4000_usize) {
        let granted: Vec<String> = numbered(256, |i| slow(shape, length, i).0).into_iter().filter(|a| trusthandoff::action::check(a).is_ok()).collect();
        let fields = format!(r#"{{"to_agent": "{RESEARCHER}", "intent": "x", "permissions": {{"allowed_actions": [{}]}}}}"#, listed(&granted));
        let text = envelope(&fields);
        for request in [format!("r:{}", "a".repeat(repeats)), format!("r:{}b", "a/".repeat(repeats)), format!("r:?{}", "a".repeat(repeats)), format!("r:%{}", "25".repeat(repeats))] {
            let (units, refused) = cost(&text, Purpose::Use(request.clone()));
            prop_assert!(matches!(refused, Some("action_not_permitted" | "work_exceeded")) || units < 1_000_000, "{:?}", refused);
            prop_assert!(units <= 8_192 + 48 * (text.len() + request.len().min(8_192)) as u64, "{}", units);
        }
    }
}

fn genuine_once() -> &'static [(usize, u64)] {
    static KNOWN: std::sync::OnceLock<Vec<(usize, u64)>> = std::sync::OnceLock::new();
    KNOWN.get_or_init(genuine)
}

/// What is stopped is refused by its own code, and nothing is decided in its favour.
#[test]
fn what_takes_more_work_than_its_size_allows_is_refused() {
    let mut outer = numbered(255, |i| slow(3, 200, i).0);
    outer.push("r:**".into());
    let inner = numbered(256, |i| slow(3, 200, i).1);
    assert_eq!(cost(&with_hops(&[outer, inner]), Purpose::Handle).1, Some("work_exceeded"));
}
