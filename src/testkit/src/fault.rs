//! One answer of a host replaced.

use trusthandoff::gate::{Answer, Failure, Question};

use crate::driver::{name, right};

/// A host in order, but for its answer to one kind of question.
#[derive(Debug, Clone)]
pub struct Fault {
    question: &'static str,
    nth: Option<u32>,
    answer: Answer,
    met: u32,
}

impl Fault {
    /// Whenever this is asked ([`name`] has the words).
    #[must_use]
    pub const fn always(question: &'static str, answer: Answer) -> Self {
        Self { question, nth: None, answer, met: 0 }
    }

    /// Only the `nth` time this is asked, from 1 on.
    #[must_use]
    pub const fn at(question: &'static str, nth: u32, answer: Answer) -> Self {
        Self { question, nth: Some(nth), answer, met: 0 }
    }

    /// What is answered: [`right`] but where the fault is.
    pub fn answer(&mut self, question: &Question) -> Answer {
        if name(question) != self.question {
            return right(question);
        }
        self.met += 1;
        if self.nth.is_none_or(|nth| nth == self.met) { self.answer.clone() } else { right(question) }
    }
}

/// All the ways in which a host fails to answer.
pub const FAILURES: [Failure; 3] = [Failure::Error, Failure::Timeout, Failure::Full];
