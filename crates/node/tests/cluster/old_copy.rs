//! A disk that was restored from an old copy has lost what its node had promised to keep.

use std::fs;
use std::path::Path;

use ackord_client::{Client, Event};

use crate::{ALL, LONG, born, cluster_of, refused};

async fn submit(client: &Client, bodies: std::ops::Range<u8>) {
    for body in bodies {
        let event = Event::new("x", vec![body]).tag("t");
        client.submit(event).await.expect("accepted");
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("it is there") {
        let entry = entry.expect("it can be read");
        let to = to.join(entry.file_name());
        if entry.file_type().expect("it is known").is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("copied");
        }
    }
}

#[tokio::test]
async fn an_old_copy_of_a_disk_is_refused_and_the_others_go_on() {
    let (dir, mut fleet) = born().await;
    let token = fleet.make_team("team").await.expect("made");
    let (old, present) = (dir.path().join("old"), dir.path().join("present"));
    fleet.kill(2);
    copy(&fleet.data_dir(2), &old);
    fleet.start(2, "").expect("it runs");
    fleet.serving(&ALL).await.expect("they serve");
    // Answered once this node has it itself.
    submit(&fleet.client_of(&[2], &token, LONG), 0..20).await;
    fleet.kill(2);
    fs::rename(fleet.data_dir(2), &present).expect("renamed");
    fs::rename(&old, fleet.data_dir(2)).expect("renamed");

    let words = refused(&mut fleet, 2).await;
    assert!(words.contains("restored from an old copy"), "{words}");
    assert!(words.contains("replace the node"), "{words}");
    for at in [0, 1] {
        assert!(fleet.ended(at).is_none(), "{}", fleet.log_tail(at));
    }
    submit(&fleet.client_of(&[0, 1], &token, LONG), 20..30).await;

    // Its own disk is as good as ever.
    fs::remove_dir_all(fleet.data_dir(2)).expect("it is there");
    fs::rename(&present, fleet.data_dir(2)).expect("renamed");
    fleet.start(2, "").expect("it runs");
    fleet.serving(&ALL).await.expect("they serve");
    cluster_of(&fleet).await;
}
