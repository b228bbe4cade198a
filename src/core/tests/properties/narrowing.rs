//! What a child grants, its parent grants: whatever is tried under the child, on any axis, could have been tried under
//! the parent. Held against single attempts, not against the comparison of grants that is under test.

use std::cell::Cell;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;
use trusthandoff::action;
use trusthandoff::capability::{self, Capability, Content, Draft, Issuer, check_chain};
use trusthandoff::chain::follows;
use trusthandoff::crypto::SecretKey;
use trusthandoff::json::{self, Integer, Value};
use trusthandoff::packet::{self, Form};
use trusthandoff::time::Timestamp;
use trusthandoff::work::Work;

use super::grants::{Dice, Terms, Turn, child_of, terms, turns};
use super::support::{REVIEWED, at, packet, planner};

const CASES: u32 = 10_000;

/// Nothing that is tried at the edges of either is granted by the child alone.
fn nothing_more(child: &Terms, parent: &Terms, dice: &mut Dice) -> Result<(), TestCaseError> {
    for attempt in child.attempts(dice).into_iter().chain(parent.attempts(dice)) {
        prop_assert!(!child.grants(&attempt) || parent.grants(&attempt), "{attempt:?} is granted by {child:?}, not by {parent:?}");
    }
    Ok(())
}

/// Runs a law on generated cases; `law` says whether the core admitted the case. Both must occur, or it shows nothing.
fn hold<S: Strategy>(strategy: &S, law: impl Fn(S::Value) -> Result<bool, TestCaseError>) {
    let admitted = Cell::new(0_u32);
    let mut runner = TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(CASES) });
    let outcome = runner.run(strategy, |case| {
        admitted.set(admitted.get() + u32::from(law(case)?));
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    assert!((CASES / 10..CASES * 9 / 10).contains(&admitted.get()), "{} of {CASES} were admitted", admitted.get());
}

/// A capability with an end; where the terms have none, a late one.
fn content(terms: &Terms, id: &str, parent: Option<&str>, agents: [&str; 2]) -> Content {
    Content {
        capability_id: id.into(),
        issuer_agent: agents[0].into(),
        subject_agent: agents[1].into(),
        delegated_permissions: terms.permissions(),
        constraints: terms.constraints.clone(),
        issued_at: at(terms.from),
        expires_at: at(terms.until.unwrap_or(1_000_000)),
        parent_capability_id: parent.map(str::to_owned),
        public_key: planner().public_key(),
    }
}

fn terms_of(content: &Content) -> Terms {
    let seconds = |time: Timestamp| (time.micros() - at(0).micros()) / 1_000_000;
    Terms {
        actions: content.delegated_permissions.allowed_actions.to_vec(),
        calls: content.delegated_permissions.max_tool_calls.clone(),
        constraints: content.constraints.clone(),
        from: seconds(content.issued_at),
        until: Some(seconds(content.expires_at)),
    }
}

#[test]
fn what_a_capability_within_another_grants_the_other_grants() {
    let unlinked = prop_oneof![12 => Just((Some("cap-0"), "b")), 1 => Just((None, "b")), 1 => Just((Some("cap-9"), "b")), 1 => Just((Some("cap-0"), "x"))];
    hold(&(terms(), terms(), turns(), any::<u64>(), unlinked), |(parent, other, turns, seed, (named, issuer))| {
        let mut dice = Dice(seed);
        let child = child_of(&parent, other, turns, &mut dice);
        let outer = content(&parent, "cap-0", None, ["a", "b"]);
        let inner = content(&child, "cap-1", named, [issuer, "c"]);
        if inner.within(&outer, &mut Work::of(0)).is_err() {
            return Ok(false);
        }
        prop_assert_eq!((named, issuer), (Some("cap-0"), "b"), "it follows from no such parent");
        nothing_more(&terms_of(&inner), &terms_of(&outer), &mut dice)?;
        Ok(true)
    });
}

#[test]
fn what_the_last_of_a_chain_grants_its_root_grants() {
    hold(&(terms(), vec((terms(), turns()), 1..4), any::<u64>()), |(root, steps, seed)| {
        let mut dice = Dice(seed);
        let mut all = vec![root];
        for (other, turns) in steps {
            // Narrower steps than the single one above, or three in a row are never admitted.
            let turns = turns.map(|turn| if dice.one_of(&["", "", "leap"]).is_empty() && turn == Turn::Leap { Turn::Keep } else { turn });
            let next = child_of(all.last().unwrap(), other, turns, &mut dice);
            all.push(next);
        }
        let contents: Vec<Content> = all
            .iter()
            .enumerate()
            .map(|(i, terms)| {
                let parent = i.checked_sub(1).map(|before| format!("cap-{before}"));
                content(terms, &format!("cap-{i}"), parent.as_deref(), [&format!("agent-{i}"), &format!("agent-{}", i + 1)])
            })
            .collect();
        if check_chain(&contents.iter().collect::<Vec<_>>(), &mut Work::of(0)).is_err() {
            return Ok(false);
        }
        nothing_more(&terms_of(contents.last().unwrap()), &terms_of(&contents[0]), &mut dice)?;
        Ok(true)
    });
}

/// The fields from which a capability of these terms is made; `left_out` axes are not named at all.
fn fields(terms: &Terms, left_out: &[Turn; 5]) -> Value {
    let number = |n: &Option<Integer>| n.as_ref().map_or("null".to_owned(), ToString::to_string);
    let named = |axis: usize| left_out[axis] != Turn::Keep;
    let mut members = vec![format!(r#""subject_agent": "agent:next", "allowed_actions": {}"#, json!(terms.actions))];
    if named(1) {
        members.push(format!(r#""max_tool_calls": {}"#, number(&terms.calls)));
    }
    if named(2) {
        let demanded = terms.constraints.as_ref().map_or("null".to_owned(), |c| {
            let runtime = number(&c.max_runtime_seconds);
            let (boundary, review) = (json!(c.data_boundary), json!(c.requires_human_review));
            format!(r#"{{"max_runtime_seconds": {runtime}, "data_boundary": {boundary}, "requires_human_review": {review}}}"#)
        });
        members.push(format!(r#""constraints": {demanded}"#));
    }
    if named(3) {
        members.push(format!(r#""issued_at": "{}""#, at(terms.from).zulu()));
    }
    if let Some(end) = terms.until.filter(|_| named(4)) {
        members.push(format!(r#""expires_at": "{}""#, at(end).zulu()));
    }
    json::parse(format!("{{{}}}", members.join(", ")).as_bytes()).expect("JSON")
}

#[test]
fn what_a_holder_makes_of_a_capability_grants_nothing_more() {
    let (root, holder) = (SecretKey::from_seed(&[5; 32]), planner());
    let by = |secret: &SecretKey, id: &str, entropy: u8| Issuer {
        agent_id: id.into(),
        public_key: secret.public_key(),
        now: at(2),
        entropy: [entropy; 16],
    };
    let issue = |terms: &Terms| -> Result<Capability, capability::Error> {
        Draft::issue(fields(terms, &[Turn::Leap; 5]), &by(&root, "agent:root", 1))?.sign(&root)
    };
    hold(&(terms(), terms(), turns(), any::<u64>()), |(parent, other, turns, seed)| {
        let mut dice = Dice(seed);
        // What cannot be granted is no grant to start from.
        let grantable = parent.actions.iter().filter(|granted| action::check(granted).is_ok()).cloned().collect();
        let Ok(outer) = issue(&Terms { actions: grantable, ..parent }) else { return Ok(false) };
        let child = child_of(&terms_of(outer.content()), other, turns, &mut dice);
        let made = Draft::attenuate(&outer, fields(&child, &turns), &by(&holder, "agent:next", 2)).and_then(|draft| draft.sign(&holder));
        let Ok(inner) = made else { return Ok(false) };
        nothing_more(&terms_of(inner.content()), &terms_of(outer.content()), &mut dice)?;
        // And the gate, which judges it again, agrees.
        prop_assert!(check_chain(&[outer.content(), inner.content()], &mut Work::of(0)).is_ok());
        Ok(true)
    });
}

#[test]
fn what_a_packet_that_follows_from_another_permits_the_other_permits() {
    let from = packet(&planner(), REVIEWED, Form::V040).content().clone();
    let told = |made_by_ai: bool| made_by_ai.then(|| Value::Object(vec![("source".to_owned(), Value::String("model".into()))]));
    let make = |terms: &Terms, made_by_ai: bool, agents: [&str; 2]| packet::Content {
        from_agent: agents[0].into(),
        to_agent: agents[1].into(),
        issued_at: at(terms.from),
        expires_at: terms.until.map(at),
        permissions: terms.permissions(),
        constraints: terms.constraints.clone(),
        ai_provenance: told(made_by_ai),
        ..from.clone()
    };
    let sender = prop_oneof![12 => Just("agent:b"), 1 => Just("agent:a"), 1 => Just("agent:B")];
    let by_ai = prop_oneof![4 => Just((false, false)), 4 => Just((true, true)), 2 => Just((false, true)), 1 => Just((true, false))];
    hold(&(terms(), terms(), turns(), any::<u64>(), sender, by_ai), |(parent, other, turns, seed, sender, (parent_ai, child_ai))| {
        let mut dice = Dice(seed);
        // When a packet starts says nothing of the one before it.
        let child = Terms { from: parent.from, ..child_of(&parent, other, turns, &mut dice) };
        if follows(&make(&parent, parent_ai, ["agent:a", "agent:b"]), &make(&child, child_ai, [sender, "agent:c"]), &mut Work::of(0))
            .is_err()
        {
            return Ok(false);
        }
        prop_assert_eq!(sender, "agent:b", "sent on by another than its receiver");
        prop_assert!(child_ai || !parent_ai, "AI provenance was lost");
        nothing_more(&child, &parent, &mut dice)?;
        Ok(true)
    });
}

/// The same terms again are within themselves: what refuses everything would pass the laws above.
#[test]
fn every_grant_is_within_itself() {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(CASES) };
    let from = packet(&planner(), REVIEWED, Form::V040).content().clone();
    let outcome = TestRunner::new(config).run(&terms(), |terms| {
        let outer = content(&terms, "cap-0", None, ["a", "b"]);
        prop_assert!(content(&terms, "cap-1", Some("cap-0"), ["b", "c"]).within(&outer, &mut Work::of(0)).is_ok());
        let packet = packet::Content {
            from_agent: "agent:a".into(),
            to_agent: "agent:b".into(),
            expires_at: terms.until.map(at),
            permissions: terms.permissions(),
            constraints: terms.constraints.clone(),
            ..from.clone()
        };
        let next = packet::Content { from_agent: "agent:b".into(), to_agent: "agent:c".into(), ..packet.clone() };
        prop_assert!(follows(&packet, &next, &mut Work::of(0)).is_ok());
        Ok(())
    });
    assert_eq!(outcome.map_err(|failure| failure.to_string()), Ok(()));
}
