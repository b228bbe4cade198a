//! Generated grants, children of them that are mostly narrower, and what an agent may try under either.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use trusthandoff::action;
use trusthandoff::grant::{Constraints, Permissions};
use trusthandoff::json::Integer;

/// What one grant says, on every axis on which it can be narrowed.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub(crate) actions: Vec<String>,
    pub(crate) calls: Option<Integer>,
    pub(crate) constraints: Option<Constraints>,
    /// Seconds around the present; a packet's start is not compared.
    pub(crate) from: i64,
    pub(crate) until: Option<i64>,
}

/// One thing that an agent tries under a grant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Attempt {
    Action(String),
    /// The nth tool call.
    Call(i128),
    /// To run for so many seconds.
    Run(i128),
    /// To move data to a place.
    Place(&'static str),
    Unreviewed,
    /// To act at this second.
    Moment(i64),
}

impl Terms {
    pub(crate) fn permissions(&self) -> Permissions {
        Permissions { allowed_actions: self.actions.clone().into(), max_tool_calls: self.calls.clone() }
    }

    pub(crate) fn grants(&self, attempt: &Attempt) -> bool {
        let demanded = self.constraints.as_ref();
        let up_to = |limit: Option<&Integer>, n: i128| limit.is_none_or(|most| n <= most.saturating_i128());
        match attempt {
            Attempt::Action(requested) => self.actions.iter().any(|granted| action::admits(granted, requested)),
            Attempt::Call(n) => up_to(self.calls.as_ref(), *n),
            Attempt::Run(n) => up_to(demanded.and_then(|c| c.max_runtime_seconds.as_ref()), *n),
            Attempt::Place(place) => demanded.and_then(|c| c.data_boundary.as_deref()).is_none_or(|boundary| boundary == *place),
            Attempt::Unreviewed => demanded.is_none_or(|c| c.requires_human_review != Some(true)),
            Attempt::Moment(second) => (self.from..self.until.unwrap_or(i64::MAX)).contains(second),
        }
    }

    /// Attempts at and beyond every edge of these terms.
    pub(crate) fn attempts(&self, dice: &mut Dice) -> Vec<Attempt> {
        let mut attempts = vec![Attempt::Unreviewed];
        for granted in &self.actions {
            attempts.push(Attempt::Action(granted.clone()));
            attempts.extend((0..4).map(|_| Attempt::Action(dice.within(granted))));
        }
        let runtime = self.constraints.as_ref().and_then(|c| c.max_runtime_seconds.as_ref());
        let around = |limit: Option<&Integer>| {
            let edge = limit.map_or(0, Integer::saturating_i128);
            [edge.saturating_sub(1), edge, edge.saturating_add(1), i128::MAX]
        };
        attempts.extend(around(self.calls.as_ref()).map(Attempt::Call));
        attempts.extend(around(runtime).map(Attempt::Run));
        attempts.extend(["eu", "us", ""].map(Attempt::Place));
        let until = self.until.unwrap_or(1_000_000);
        attempts.extend([self.from - 1, self.from, until - 1, until, until + 1].map(Attempt::Moment));
        attempts
    }
}

/// Choices that follow from a seed, so that a case which fails comes back.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        choices[usize::try_from(self.0 >> 33).unwrap() % choices.len()]
    }

    /// A request that a pattern may admit: each wildcard replaced.
    fn within(&mut self, pattern: &str) -> String {
        if !pattern.contains(':') {
            let tail = self.one_of(&["", ":a", ":/a/b", ":https://h.example/a?q=1"]);
            return format!("{pattern}{tail}");
        }
        let text = self.replaced(pattern, "**", &["a", "a/b", "b/ab/a", "", "a?q=1"]);
        self.replaced(&text, "*", &["", "a", "b", "ab", "*"])
    }

    /// A pattern that is likely narrower.
    fn narrower(&mut self, pattern: &str) -> String {
        if !pattern.contains(':') {
            let tail = self.one_of(&["", ":/a/*", ":/**", ":https://h.example/**"]);
            return format!("{pattern}{tail}");
        }
        let text = self.replaced(pattern, "**", &["**", "a/**", "a/*", "*", "a"]);
        self.replaced(&text, "*", &["*", "*", "a", "a*"])
    }

    fn replaced(&mut self, text: &str, wildcard: &str, choices: &[&str]) -> String {
        let mut pieces = text.split(wildcard);
        let first = pieces.next().unwrap_or_default().to_owned();
        pieces.fold(first, |so_far, piece| so_far + self.one_of(choices) + piece)
    }
}

fn scoped() -> impl Strategy<Value = String> {
    let verb = select(vec!["read", "fetch"]);
    let segment = select(vec!["a", "a", "b", "ab", "*", "*", "a*", "*b", "a*b", "**", "**", "..", "%2f", ""]);
    let place = select(vec!["", "/", "/", "https://h.example/", "https://other.example/"]);
    let query = prop_oneof![6 => Just(""), 1 => Just("?q=1"), 1 => Just("?*"), 1 => Just("?q=*")];
    let resource = (place, vec(segment, 1..4), query).prop_map(|(place, path, query)| format!("{place}{}{query}", path.join("/")));
    (verb, option::weighted(0.8, resource)).prop_map(|(verb, resource)| resource.map_or(verb.to_owned(), |r| format!("{verb}:{r}")))
}

fn limit() -> impl Strategy<Value = Option<Integer>> {
    let huge = || Integer::from_digits(&format!("1{}", "0".repeat(300))).expect("canonical digits");
    let number = prop_oneof![
        6 => (-1..5_i64).prop_map(Integer::from),
        1 => select(vec![i64::MAX - 1, i64::MAX]).prop_map(Integer::from),
        1 => Just(Integer::from(1_u128 << 100)),
        1 => Just(huge()),
    ];
    option::weighted(0.7, number)
}

fn constraints() -> impl Strategy<Value = Option<Constraints>> {
    let boundary = option::of(select(vec!["eu", "us", ""]).prop_map(str::to_owned));
    let made = (limit(), boundary, option::of(any::<bool>())).prop_map(|(max_runtime_seconds, data_boundary, requires_human_review)| {
        Constraints { max_runtime_seconds, data_boundary, requires_human_review }
    });
    option::weighted(0.8, made)
}

pub(crate) fn terms() -> impl Strategy<Value = Terms> {
    (vec(scoped(), 0..4), limit(), constraints(), -5..5_i64, option::weighted(0.9, 5..15_i64))
        .prop_map(|(actions, calls, constraints, from, until)| Terms { actions, calls, constraints, from, until })
}

/// What a child does on one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Keep,
    Narrow,
    /// Whatever comes, which is mostly too much.
    Leap,
}

pub(crate) fn turns() -> impl Strategy<Value = [Turn; 5]> {
    prop::array::uniform5(prop_oneof![5 => Just(Turn::Keep), 5 => Just(Turn::Narrow), 1 => Just(Turn::Leap)])
}

/// The terms of a child of `parent`, most of them within it.
pub(crate) fn child_of(parent: &Terms, other: Terms, turns: [Turn; 5], dice: &mut Dice) -> Terms {
    let [actions, calls, constraints, from, until] = turns;
    let lower = |limit: Option<&Integer>, other: Option<Integer>| match limit {
        Some(most) if most.saturating_i128() > 0 && most.to_i64().is_some() => Some(Integer::from(most.saturating_i64() - 1)),
        Some(most) => Some(most.clone()),
        None => other,
    };
    Terms {
        actions: match actions {
            Turn::Keep => parent.actions.clone(),
            Turn::Narrow => parent.actions.iter().map(|granted| dice.narrower(granted)).collect(),
            Turn::Leap => other.actions,
        },
        calls: match calls {
            Turn::Keep => parent.calls.clone(),
            Turn::Narrow => lower(parent.calls.as_ref(), other.calls.clone()),
            Turn::Leap => other.calls.clone(),
        },
        constraints: match (constraints, parent.constraints.clone()) {
            (Turn::Keep, demanded) => demanded,
            (Turn::Narrow, Some(demanded)) => Some(Constraints {
                max_runtime_seconds: lower(demanded.max_runtime_seconds.as_ref(), other.calls),
                requires_human_review: demanded.requires_human_review.or(Some(true)),
                ..demanded
            }),
            (Turn::Narrow, None) | (Turn::Leap, _) => other.constraints,
        },
        from: match from {
            Turn::Keep => parent.from,
            Turn::Narrow => parent.from + 1,
            Turn::Leap => other.from,
        },
        until: match until {
            Turn::Keep => parent.until,
            Turn::Narrow => parent.until.map(|end| end - 1).or(other.until),
            Turn::Leap => other.until,
        },
    }
}
