//! Waits between tries: each twice the one before, up to a bound, and a part of it by chance, so
//! that many clients which lost the same server do not come back at the same moment.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(2);

/// The waits of one series of tries.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub(crate) fn new() -> Self {
        Self { next: FIRST }
    }

    /// The next wait: between half of the present step and the whole of it.
    pub(crate) fn wait(&mut self) -> Duration {
        let step = self.next;
        self.next = (step * 2).min(LONGEST);
        step.mul_f64(rand::random_range(0.5..=1.0))
    }

    /// A try went well: the next series begins anew.
    pub(crate) fn reset(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_bound() {
        let mut backoff = Backoff::new();
        let mut step = FIRST;
        for _ in 0..20 {
            let wait = backoff.wait();
            assert!(wait >= step / 2 && wait <= step, "{wait:?} of {step:?}");
            step = (step * 2).min(LONGEST);
        }
        assert_eq!(step, LONGEST);
    }

    #[test]
    fn a_success_starts_over() {
        let mut backoff = Backoff::new();
        for _ in 0..10 {
            backoff.wait();
        }
        backoff.reset();
        assert!(backoff.wait() <= FIRST);
    }
}
