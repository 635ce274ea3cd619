//! How long an event waits after a failed attempt.

use crate::id::EventId;
use crate::limits::{BACKOFF_FIRST, BACKOFF_MAX};
use crate::time::Millis;

/// Doubles with each attempt spent, from [`BACKOFF_FIRST`] to [`BACKOFF_MAX`], and up to a quarter
/// more by the event's id, so that events that failed together do not come back together.
pub(crate) fn backoff(event: EventId, attempts: u32) -> Millis {
    let doublings = attempts.saturating_sub(1).min(63);
    let base = BACKOFF_FIRST
        .0
        .saturating_mul(1 << doublings)
        .min(BACKOFF_MAX.0);
    let seed = (event.0 ^ (event.0 >> 64)) & u128::from(u64::MAX);
    let seed = u64::try_from(seed).expect("64 bits are left");
    Millis(base + mix(seed.wrapping_add(u64::from(attempts))) % (base / 4))
}

/// The finalizer of SplitMix64: every bit of the seed reaches every bit of the result.
/// Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014.
fn mix(seed: u64) -> u64 {
    let mut it = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    it ^ (it >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_to_its_bound_and_jitters_by_a_quarter() {
        for attempts in 1..=40 {
            let base = (1000u64 << (attempts - 1).min(9)).min(512_000);
            for id in 0..50u128 {
                let wait = backoff(EventId(id << 70 | id), attempts).0;
                assert!(
                    (base..base + base / 4).contains(&wait),
                    "{attempts}: {wait}"
                );
            }
        }
    }

    /// One second, doubling to 512: what eleven attempts wait between them, jitter left out.
    #[test]
    fn the_waits_of_eleven_attempts() {
        let seconds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 512];
        for (attempts, seconds) in (1..).zip(seconds) {
            let least = (0..200u128)
                .map(|id| backoff(EventId(id), attempts).0)
                .min();
            let least = least.expect("there are some");
            let base = seconds * 1000;
            assert!(
                (base..base + base / 50).contains(&least),
                "{attempts}: {least}"
            );
        }
    }

    #[test]
    fn an_event_waits_alike_wherever_it_is_computed() {
        assert_eq!(backoff(EventId(1), 1), Millis(1110));
        assert_eq!(backoff(EventId(u128::MAX), u32::MAX).0 / 1000, 607);
    }

    #[test]
    fn events_that_fail_together_come_back_apart() {
        let waits: alloc::collections::BTreeSet<u64> =
            (0..100u128).map(|id| backoff(EventId(id), 5).0).collect();
        assert!(waits.len() > 90);
    }
}
