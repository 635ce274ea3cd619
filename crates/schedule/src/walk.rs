//! What lies between two instants: how an outage is counted.

use ackord_core::time::Timestamp;

use crate::{Kind, Schedule};

/// Instants of a schedule between two others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Passed {
    /// So many.
    pub count: u64,
    /// The last of them.
    pub last: Option<Timestamp>,
    /// The one before.
    pub before_last: Option<Timestamp>,
}

impl Passed {
    fn step(self, at: Timestamp) -> Self {
        Self {
            count: self.count + 1,
            last: Some(at),
            before_last: self.last,
        }
    }
}

impl Schedule {
    /// The instants in `after < it <= until`. Of an expression the first ones, as far as `steps` go:
    /// each costs one, and once none is left there may be more. An interval costs none.
    pub fn passed(&self, after: Timestamp, until: Timestamp, steps: &mut u64) -> Passed {
        let expression = match &self.0 {
            Kind::Interval(it) => return it.passed(after, until),
            Kind::Expression(it) => it,
        };
        let mut passed = Passed::default();
        let mut at = after;
        while *steps > 0
            && let Some(next) = expression.next_after(at).filter(|it| *it <= until)
        {
            *steps -= 1;
            passed = passed.step(next);
            at = next;
        }
        passed
    }
}
