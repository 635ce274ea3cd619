//! A source that changes while requests come in.

use ackord_proto::v1::{Route, RouteSend, route};

use super::support::*;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_judged_by_an_old_revision_is_judged_again() {
    let (site, source) = Site::with_github().await;
    let changing = async {
        for change in 0..30 {
            let mut definition = preset("github");
            definition.routes = vec![Route {
                event_type: "*".to_owned(),
                conditions: vec![],
                action: Some(route::Action::Send(RouteSend {
                    tags: vec![format!("tag-{change}")],
                    ..RouteSend::default()
                })),
            }];
            site.update(source, None, Some(&definition)).await;
        }
    };
    let sending = async {
        for number in 0..300 {
            let body = format!("{{\"number\":{number}}}");
            let reply = site
                .receive(delivery_of(&format!("d-{number}"), &body))
                .await;
            let (outcome, events) = said(&reply);
            assert_eq!((outcome.as_str(), events.len()), ("accepted", 1));
        }
    };
    tokio::join!(changing, sending);
    site.machine.shutdown().await;
}
