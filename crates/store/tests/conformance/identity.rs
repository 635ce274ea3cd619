//! A disk belongs to one node of one cluster.

use ackord_core::id::NodeId;
use ackord_store::{AdoptError, DiskOptions, Identity, Members, OpenError};
use bytes::Bytes;

use crate::{Bed, IDENTITY};

crate::on_both! {
    an_identity_is_kept,
    a_taken_disk_takes_no_other_identity,
    a_disk_is_bound_to_its_first_members,
    a_marked_disk_keeps_its_incarnation_and_belongs_to_nobody,
    a_disk_meant_for_one_cluster_is_bound_to_no_other,
    the_disk_of_another_cluster_does_not_open,
    a_log_without_an_identity_does_not_open,
}

fn an_identity_is_kept(bed: &dyn Bed) {
    let mut disk = bed.open(&DiskOptions::default()).expect("opens");
    assert_eq!(disk.owner.identity(), None);
    disk.owner.adopt(IDENTITY).expect("adopts");
    assert_eq!(disk.owner.identity(), Some(IDENTITY));
    drop(disk);
    let disk = bed.open(&DiskOptions::default()).expect("opens");
    assert_eq!(disk.owner.identity(), Some(IDENTITY));
}

fn a_taken_disk_takes_no_other_identity(bed: &dyn Bed) {
    let mut disk = bed.start();
    disk.owner.adopt(IDENTITY).expect("adopts the same again");
    let other = Identity {
        node: NodeId(2),
        ..IDENTITY
    };
    let error = disk.owner.adopt(other).expect_err("refused");
    assert!(matches!(error, AdoptError::Taken { found: IDENTITY }));
}

fn a_disk_is_bound_to_its_first_members(bed: &dyn Bed) {
    let members = |addresses: &[&str]| -> Members {
        let addresses = (1..).zip(addresses);
        addresses
            .map(|(node, it)| (NodeId(node), (*it).to_owned()))
            .collect()
    };
    let three = members(&["a:1", "b:1", "c:1"]);
    let mut disk = bed.open(&DiskOptions::default()).expect("opens");
    assert_eq!(disk.owner.members(), None);
    disk.owner.bind(IDENTITY, &three).expect("binds");
    disk.owner.bind(IDENTITY, &three).expect("the same again");
    drop(disk);

    let mut disk = bed.open(&DiskOptions::default()).expect("opens");
    assert_eq!(disk.owner.members(), Some(&three));
    let others = members(&["a:1", "b:1", "d:1"]);
    let error = disk.owner.bind(IDENTITY, &others).expect_err("refused");
    assert!(matches!(error, AdoptError::OtherMembers { found } if found == three));
    let error = disk
        .owner
        .adopt(IDENTITY)
        .expect_err("it did not begin alone");
    assert!(error.to_string().contains("a:1, b:1, c:1"), "{error}");
}

fn a_marked_disk_keeps_its_incarnation_and_belongs_to_nobody(bed: &dyn Bed) {
    let mut disk = bed.open(&DiskOptions::default()).expect("opens");
    assert_eq!(disk.owner.incarnation(), None);
    assert_eq!(disk.owner.mark(5).expect("marked"), 5);
    drop(disk);

    let mut disk = bed.open(&DiskOptions::default()).expect("opens");
    assert_eq!(disk.owner.mark(6).expect("marked before"), 5);
    assert_eq!(disk.owner.identity(), None);
    assert_eq!(disk.owner.members(), None);
    let other = Identity {
        incarnation: 6,
        ..IDENTITY
    };
    let error = disk.owner.adopt(other).expect_err("another disk's");
    assert!(matches!(error, AdoptError::Taken { .. }));
    let own = Identity {
        incarnation: 5,
        ..IDENTITY
    };
    disk.owner.adopt(own).expect("adopts");
    assert_eq!(disk.owner.identity(), Some(own));
    assert_eq!(disk.owner.mark(7).expect("marked before"), 5);
}

fn a_disk_meant_for_one_cluster_is_bound_to_no_other(bed: &dyn Bed) {
    let meant = DiskOptions {
        cluster: Some(8),
        ..DiskOptions::default()
    };
    let mut disk = bed.open(&meant).expect("an empty disk opens");
    let error = disk.owner.adopt(IDENTITY).expect_err("refused");
    let expected = 8;
    assert!(matches!(error, AdoptError::OtherCluster { found: 7, expected: it } if it == expected));
    assert_eq!(disk.owner.identity(), None);
}

fn the_disk_of_another_cluster_does_not_open(bed: &dyn Bed) {
    drop(bed.start());
    let of = |cluster| DiskOptions {
        cluster: Some(cluster),
        ..DiskOptions::default()
    };
    let error = bed.open(&of(8)).map(drop).expect_err("refused");
    let expected = 8;
    assert!(matches!(error, OpenError::OtherCluster { found: 7, expected: it } if it == expected));
    bed.open(&of(7)).map(drop).expect("opens");
}

fn a_log_without_an_identity_does_not_open(bed: &dyn Bed) {
    let disk = bed.open(&DiskOptions::default()).expect("opens");
    disk.log.append(&[(0, Bytes::new())]).expect("appends");
    disk.log.sync().expect("syncs");
    drop(disk);
    let error = bed.open(&DiskOptions::default()).map(drop);
    assert!(matches!(error, Err(OpenError::IdentityMissing)));
}
