//! What is held in memory is bounded by what there is, not by what there was.

mod support;

use ackord_core::limits::{
    APPROVALS_PER_SESSION, APPROVALS_PER_TEAM, DECIDED_APPROVALS_KEPT, ENDED_JOBS_KEPT,
    JOBS_PER_TEAM, REVOKED_TOKENS_KEPT, TOKENS_PER_TEAM,
};
use ackord_core::rows::Key;

use support::script::World;

#[test]
fn of_the_jobs_that_ended_the_last_ones_are_remembered() {
    let mut world = World::large();
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
    let mut world = World::large();
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
        let mut world = World::large();
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
        let mut world = World::large();
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
    let mut world = World::large();
    world.tell(&["submit e1", "cancel e1", "submit e2 ttl=1s", "wait 1h"]);
    let before = world.machine.state.directory_version();
    world.tell(&["wait 91d"]);
    assert!(world.tell(&["show rows"]).starts_with("events 0"));
    assert_eq!(world.machine.state.directory_version(), before);

    world.tell(&["set-team events_kept=1h by=root"]);
    assert_ne!(world.machine.state.directory_version(), before);
}

#[test]
fn of_the_approvals_that_were_decided_the_last_ones_are_remembered() {
    let mut world = World::large();
    world.tell(&["attach s1"]);
    let asks = (0..=DECIDED_APPROVALS_KEPT).map(|it| format!("ask r{it} from=s1 for=1s"));
    let asks: Vec<String> = asks.collect();
    let lines = asks.iter().flat_map(|it| [it.as_str(), "wait 1s"]);
    world.tell(&lines.collect::<Vec<_>>());
    assert_eq!(world.tell(&["show approval r0"]), "r0: no such approval\n");
    let last = world.tell(&[&format!("show approval r{DECIDED_APPROVALS_KEPT}")]);
    assert!(last.contains("denied, nobody answered"), "{last}");
    let rows = world.machine.rows.all().keys();
    let kept = rows.filter(|it| matches!(it, Key::Approval(..))).count();
    assert_eq!(kept, DECIDED_APPROVALS_KEPT);
}

#[test]
fn a_team_has_a_bounded_number_of_open_approvals_and_a_session_few() {
    let mut world = World::large();
    let sessions = APPROVALS_PER_TEAM.div_ceil(APPROVALS_PER_SESSION);
    world.tell(&[&format!("attach s1..s{}", sessions + 1)]);
    for session in 1..=sessions {
        let left = APPROVALS_PER_TEAM - (session - 1) * APPROVALS_PER_SESSION;
        let few = APPROVALS_PER_SESSION.min(left);
        let told = world.tell(&[&format!("ask r1..r{few} from=s{session}")]);
        assert_eq!(told.matches("open until").count(), few, "{told}");
    }
    assert_eq!(
        world.tell(&["ask more from=s1"]),
        "refused: the limit is reached: open approvals of a session\n"
    );
    assert_eq!(
        world.tell(&[&format!("ask more from=s{}", sessions + 1)]),
        "refused: the limit is reached: open approvals of a team\n"
    );
}

/// A team that asks much does not fill the memory with what was said of it long ago.
#[test]
fn the_texts_of_a_decided_approval_are_in_its_row_alone() {
    let mut world = World::large();
    world.tell(&["token human by=root roles=approve", "attach s1"]);
    let ask = "ask r1 from=s1 preview=\"make deploy\" \"deploys v17\"";
    let in_memory = |world: &World| {
        let state = format!("{:?}", world.machine.state);
        ["make deploy", "deploys v17"].map(|it| state.contains(it))
    };
    world.tell(&[ask]);
    assert_eq!(in_memory(&world), [true, true], "it is open");
    world.tell(&["answer r1 allow by=human", "ask r2 from=s1"]);
    assert_eq!(in_memory(&world), [false, false]);
    let again = world.tell(&[ask, "answer r1 deny by=human"]);
    assert_eq!(again, "r1 allowed at 0s by human\n".repeat(2));
    world.tell(&["restart"]);
    assert_eq!(in_memory(&world), [false, false]);
    let shown = world.tell(&["show approval r1"]);
    assert!(
        shown.contains("\"deploys v17\" with make deploy"),
        "{shown}"
    );
}

/// Whoever was allowed something and has not heard of it yet is not asked to ask again.
#[test]
fn what_nobody_waits_for_any_more_is_forgotten_before_an_answer() {
    let mut world = World::large();
    world.tell(&["token human by=root roles=approve", "attach s1"]);
    world.tell(&["ask first from=s1", "answer first allow by=human"]);
    let mut nonce = 1;
    for _ in 0..DECIDED_APPROVALS_KEPT.div_ceil(APPROVALS_PER_SESSION) + 1 {
        let asks = format!("ask r1..r{APPROVALS_PER_SESSION} from=s1 nonce={nonce}");
        nonce += 1;
        world.tell(&[&asks, &format!("attach s1 nonce={nonce}")]);
    }
    let rows = world.machine.rows.all().keys();
    let kept = rows.filter(|it| matches!(it, Key::Approval(..))).count();
    assert_eq!(kept, DECIDED_APPROVALS_KEPT);
    let first = world.tell(&["show approval first"]);
    assert!(first.starts_with("first allowed"), "{first}");
}
