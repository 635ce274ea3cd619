//! What is held in memory is bounded by what there is, not by what there was.

mod support;

use ackord_core::limits::{ENDED_JOBS_KEPT, JOBS_PER_TEAM, REVOKED_TOKENS_KEPT, TOKENS_PER_TEAM};

use support::script::{Scrutiny, World};

/// A world in which much happens.
fn world() -> World {
    let mut world = World::new();
    world.scrutiny = Scrutiny::Blocks;
    world
}

#[test]
fn of_the_jobs_that_ended_the_last_ones_are_remembered() {
    let mut world = world();
    let first = world.tell(&["job purge"]);
    world.tell(&["wait 1s"]);
    for _ in 0..2 * ENDED_JOBS_KEPT {
        world.tell(&["job purge", "wait 1s"]);
    }
    let jobs = world.tell(&["show rows"]);
    assert!(
        jobs.ends_with(&format!("jobs {ENDED_JOBS_KEPT}\n")),
        "{jobs}"
    );
    let last = world.tell(&["job purge"]);
    assert_ne!(first, last, "a number is given once");
}

#[test]
fn a_team_has_a_bounded_number_of_jobs_at_once() {
    let mut world = world();
    for _ in 0..JOBS_PER_TEAM {
        world.tell(&["job purge"]);
    }
    assert_eq!(
        world.tell(&["job purge"]),
        "refused: the limit is reached: jobs of a team\n"
    );
    world.tell(&["wait 1s"]);
    assert!(world.tell(&["job purge"]).starts_with("job_"));
}

#[test]
fn of_the_tokens_that_were_revoked_the_last_ones_are_remembered() {
    for team in ["acme", "-"] {
        let mut world = world();
        let there = world.machine.state.tokens().count();
        for it in 0..2 * REVOKED_TOKENS_KEPT {
            let make = format!("token t{it} team={team} roles=admin by=root");
            let revoke = format!("revoke t{it} team={team} by=root");
            world.tell(&[&make, &revoke]);
        }
        let tokens = world.machine.state.tokens().count();
        assert_eq!(tokens, there + REVOKED_TOKENS_KEPT);
        // Forgotten, revoked, or never there: the same answer.
        let last = format!("submit e1 by=t{}", 2 * REVOKED_TOKENS_KEPT - 1);
        let told = world.tell(&["submit e1 by=t0", &last, "submit e1 by=nobody"]);
        assert_eq!(told, "refused: the token does not allow this\n".repeat(3));
    }
}

#[test]
fn there_is_a_bounded_number_of_tokens_of_a_team_and_of_operators() {
    for team in ["acme", "-"] {
        let mut world = world();
        let mut made = 1;
        loop {
            let make = format!("token t{made} team={team} roles=admin by=root");
            let told = world.tell(&[&make]);
            if told.starts_with("refused") {
                assert_eq!(told, "refused: the limit is reached: tokens of a team\n");
                break;
            }
            made += 1;
        }
        // One is there from the beginning.
        assert_eq!(made, TOKENS_PER_TEAM);
        let revoke = format!("revoke t1 team={team} by=root");
        let make = format!("token another team={team} roles=admin by=root");
        assert!(world.tell(&[&revoke, &make]).contains("tok_"));
    }
}

#[test]
fn a_sweep_does_not_make_anybody_copy_teams_and_tokens_anew() {
    let mut world = world();
    world.tell(&["submit e1", "cancel e1", "submit e2 ttl=1s", "wait 1h"]);
    let before = world.machine.state.directory_version();
    world.tell(&["wait 91d"]);
    assert!(world.tell(&["show rows"]).starts_with("events 0"));
    assert_eq!(world.machine.state.directory_version(), before);

    world.tell(&["set-team events_kept=1h by=root"]);
    assert_ne!(world.machine.state.directory_version(), before);
}
