//! What a field means that was left out.

use ackord_core::id::{EventId, TeamId};
use ackord_core::model::{Class, QueueSettings};
use ackord_core::time::{Millis, Position};
use ackord_proto::from_wire::{self, TeamName};
use ackord_proto::to_wire::Log;
use ackord_proto::v1;

#[test]
fn a_bare_submit_is_a_normal_event_of_the_untagged_queue() {
    let item = v1::SubmitItem {
        event_type: "push".to_owned(),
        ..v1::SubmitItem::default()
    };
    let submit = from_wire::submit(item, EventId(7)).expect("a type is enough");
    assert_eq!(submit.event, EventId(7));
    assert_eq!((submit.tag, submit.class), (None, Class::Normal));
    assert_eq!((submit.attempts, submit.lease), (None, None));
    assert_eq!((submit.not_before, submit.expires), (None, None));
}

#[test]
fn a_setting_left_out_takes_its_default() {
    let settings = v1::QueueSettings {
        lease_ms: 1000,
        ..v1::QueueSettings::default()
    };
    let request = v1::SetQueueRequest {
        settings: Some(settings),
        ..Default::default()
    };
    let set = from_wire::set_queue(request).expect("all else has defaults");
    assert_eq!(
        set.settings,
        QueueSettings {
            lease: Millis(1000),
            ..QueueSettings::default()
        }
    );
    assert_eq!((set.tag, set.revision), (None, None));
}

#[test]
fn a_page_has_a_hundred_items_and_a_thousand_at_the_most() {
    assert_eq!(from_wire::page_size(0), 100);
    assert_eq!(from_wire::page_size(7), 7);
    assert_eq!(from_wire::page_size(u32::MAX), 1000);
}

#[test]
fn a_filter_tells_no_tag_from_any_tag() {
    assert_eq!(from_wire::tag_filter(None), Ok(None));
    assert_eq!(from_wire::tag_filter(Some(String::new())), Ok(Some(None)));
}

#[test]
fn a_team_is_named_by_id_or_name() {
    assert_eq!(from_wire::team_name(String::new()), Ok(TeamName::Own));
    assert_eq!(
        from_wire::team_name("team_3".to_owned()),
        Ok(TeamName::Id(TeamId(3)))
    );
    assert!(matches!(
        from_wire::team_name("platform".to_owned()),
        Ok(TeamName::Name(_))
    ));
    assert!(from_wire::team_name("tok_3".to_owned()).is_err());
}

#[test]
fn a_read_waits_for_positions_of_this_epoch_only() {
    let log = Log { epoch: 2, group: 1 };
    let at = |epoch, group| {
        Some(v1::Position {
            epoch,
            group,
            index: 9,
        })
    };
    let wanted = Some(Position {
        index: 9,
        offset: 0,
    });
    assert_eq!(from_wire::at_least(None, log), Ok(None));
    assert_eq!(from_wire::at_least(at(2, 1), log), Ok(wanted));
    assert_eq!(from_wire::at_least(at(1, 1), log), Ok(None));
    assert!(from_wire::at_least(at(3, 1), log).is_err());
    assert!(from_wire::at_least(at(2, 2), log).is_err());
}
