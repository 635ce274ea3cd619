//! Random commands in a closed loop, judged by invariants and a model after each batch; then all
//! faults end, and all work must be done. `PROPTEST_CASES` says how many runs,
//! 256 unless it is set.

mod support;

use std::cell::RefCell;

use proptest::test_runner::{Config, TestRunner};

use support::closed_loop::coverage::Coverage;
use support::closed_loop::steps::runs;
use support::closed_loop::world::World;

#[test]
fn whatever_happens_every_event_is_acked_once_or_dead() {
    let config = Config {
        max_shrink_iters: 2_000,
        failure_persistence: None,
        ..Config::default()
    };
    let coverage = RefCell::new(Coverage::default());
    let result = TestRunner::new(config).run(&runs(), |batches| {
        let mut world = World::new();
        for batch in &batches {
            world.batch(batch);
        }
        world.heal();
        coverage.borrow_mut().add(&world.coverage);
        Ok(())
    });
    if let Err(failed) = result {
        panic!("{failed}");
    }
    let missing = coverage.borrow().missing();
    assert!(missing.is_empty(), "never happened: {missing:?}");
}
