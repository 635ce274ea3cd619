//! What people are shown of a cluster.

use super::*;

fn member(number: u64, answered_ms_ago: Option<u64>) -> Member {
    Member {
        node_id: format!("node_{number}"),
        peer_address: format!("p{number}"),
        voter: true,
        matching_index: answered_ms_ago.map(|_| 90),
        answered_ms_ago,
        ..Member::default()
    }
}

fn says(number: u64, role: NodeRole) -> Asked {
    let known = |it| (role == NodeRole::Leader).then_some(it);
    let members = vec![
        member(1, None),
        member(2, known(10)),
        member(3, known(60_000)),
    ];
    let status = GetStatusResponse {
        cluster_id: "c".to_owned(),
        node_id: format!("node_{number}"),
        leader_id: "node_1".to_owned(),
        role: role.into(),
        term: 4,
        last_log_index: 100,
        members,
        ..GetStatusResponse::default()
    };
    Asked {
        server: format!("http://s{number}"),
        answer: Ok(status),
    }
}

fn silent(number: u64) -> Asked {
    Asked {
        server: format!("http://s{number}"),
        answer: Err(Error::Failed("refused".to_owned())),
    }
}

/// Number, server and health of each.
fn seen(asked: &[Asked]) -> Vec<(Option<String>, Option<String>, Health)> {
    let views = views(asked).into_iter();
    views.map(|it| (it.node_id, it.server, it.health)).collect()
}

fn row(node: &str, server: &str, health: Health) -> (Option<String>, Option<String>, Health) {
    (stated(node.to_owned()), stated(server.to_owned()), health)
}

#[test]
fn who_answers_is_shown_as_it_says_and_others_as_the_leader_knows_them() {
    let asked = [says(1, NodeRole::Leader)];
    let expected = [
        row("node_1", "http://s1", Health::Ok),
        row("node_2", "", Health::Ok),
        row("node_3", "", Health::Unreachable),
    ];
    assert_eq!(seen(&asked), expected);
    assert_eq!(views(&asked)[0].peer_address.as_deref(), Some("p1"));
    assert_eq!(views(&asked)[1].lag, Some(10));
}

#[test]
fn a_change_that_is_not_done_shows_who_comes_and_who_goes() {
    let mut asked = [says(1, NodeRole::Leader)];
    if let Ok(status) = &mut asked[0].answer {
        status.members[0].passing = Passing::Leaving.into();
        status.members[1].passing = Passing::Entering.into();
        status.members[2].voter = false;
    }
    let roles: Vec<_> = views(&asked)
        .iter()
        .map(|it| it.cells()[3].clone())
        .collect();
    assert_eq!(roles, ["leader (leaving)", "- (entering)", "learner"]);
}

#[test]
fn a_node_that_is_about_to_stop_says_so() {
    let mut asked = [says(1, NodeRole::Leader)];
    if let Ok(status) = &mut asked[0].answer {
        status.draining = true;
        status.log_bytes = 3 << 20;
        status.disk_bytes = 5 << 20;
    }
    let view = &views(&asked)[0];
    assert_eq!(view.health, Health::Draining);
    assert_eq!(view.cells()[9..11], ["3.0 MiB", "5.0 MiB"]);
}

#[test]
fn one_server_that_is_silent_is_the_one_member_that_is() {
    let asked = [
        says(2, NodeRole::Follower),
        silent(3),
        says(1, NodeRole::Leader),
    ];
    let expected = [
        row("node_1", "http://s1", Health::Ok),
        row("node_2", "http://s2", Health::Ok),
        row("node_3", "http://s3", Health::Unreachable),
    ];
    assert_eq!(seen(&asked), expected);
}

#[test]
fn several_silent_servers_are_not_guessed_at() {
    let mut asked = [says(1, NodeRole::Candidate), silent(2), silent(3)];
    if let Ok(status) = &mut asked[0].answer {
        status.leader_id.clear();
    }
    let expected = [
        row("node_1", "http://s1", Health::NoLeader),
        row("node_2", "", Health::Unknown),
        row("node_3", "", Health::Unknown),
        row("", "http://s2", Health::Unreachable),
        row("", "http://s3", Health::Unreachable),
    ];
    assert_eq!(seen(&asked), expected);
}

#[test]
fn a_clock_that_is_off_is_told() {
    let mut asked = [says(1, NodeRole::Leader), says(2, NodeRole::Follower)];
    if let Ok(status) = &mut asked[1].answer {
        status.clock_off = true;
        status.clock_offset_ms = Some(-60_500);
    }
    let view = &views(&asked)[1];
    assert_eq!(view.health, Health::ClockOff);
    let why = view.why.as_deref().expect("it is not well");
    assert!(why.contains("off by -60 s"), "{why}");
    assert_eq!(shown(Some(7)), "+7 ms");
}

#[test]
fn an_upgrade_is_told_once_all_programs_know_the_format() {
    let mut asked = [1, 2, 3].map(|it| says(it, NodeRole::Follower));
    let mut told = |known: [u32; 3]| {
        for (asked, known) in asked.iter_mut().zip(known) {
            if let Ok(status) = &mut asked.answer {
                (status.format, status.known_format) = (1, known);
            }
        }
        summary(&asked, &views(&asked))
    };
    assert!(!told([2, 1, 2]).contains("upgrade"));
    assert!(told([2, 3, 2]).contains("know format 2, next: `ackord cluster upgrade`"));
}

#[test]
fn a_server_of_another_cluster_is_no_member() {
    let mut asked = [says(1, NodeRole::Leader), says(2, NodeRole::Leader)];
    if let Ok(status) = &mut asked[1].answer {
        status.cluster_id = "d".to_owned();
    }
    let last = seen(&asked).pop();
    let expected = row("node_2", "http://s2", Health::OtherCluster);
    assert_eq!(last, Some(expected));
}
