//! Bugs that are put in on purpose are for the simulation alone.

use std::collections::BTreeSet;

use ackord_core::planted::{Bug, is_planted};

#[test]
#[cfg(not(madsim))]
fn outside_of_the_simulation_there_are_none() {
    for bug in Bug::ALL {
        assert!(!is_planted(*bug), "{}", bug.name());
    }
}

#[test]
fn each_has_a_name_of_its_own() {
    let names: BTreeSet<&str> = Bug::ALL.iter().map(|it| it.name()).collect();
    assert_eq!(names.len(), Bug::ALL.len());
}
