//! A view shows the rows of its moment, whatever happens after it.

use ackord_core::rows::{Change, Row, Rows};
use ackord_store::RowStore;
use bytes::Bytes;

use crate::{Bed, dedup, put, row};

crate::on_both! {
    a_view_does_not_see_later_commits,
    a_view_outlives_the_store,
    a_list_is_paged_from_its_end,
}

fn commit(rows: &RowStore, changes: &[Change], applied: &'static str) {
    rows.commit(changes, Bytes::from(applied)).expect("commits");
}

fn a_view_does_not_see_later_commits(bed: &dyn Bed) {
    let rows = bed.start().rows;
    commit(&rows, &[put(1), put(2)], "a");
    let view = rows.view();
    commit(&rows, &[Change::Delete(dedup(1)), put(3)], "b");
    rows.flush().expect("flushes");
    commit(&rows, &[Change::Put(dedup(2), row(9))], "c");
    assert_eq!(view.get(&dedup(1)), Ok(Some(row(1))));
    assert_eq!(view.get(&dedup(2)), Ok(Some(row(2))));
    assert_eq!(view.get(&dedup(3)), Ok(None));
    let all = view.scan(&dedup(0), &dedup(9), 9).expect("scans");
    assert_eq!(all, [(dedup(1), row(1)), (dedup(2), row(2))]);
    assert_eq!(
        view.applied().expect("reads").as_deref(),
        Some(b"a".as_slice())
    );
    let now = rows.view().applied().expect("reads");
    assert_eq!(now.as_deref(), Some(b"c".as_slice()));
}

fn a_view_outlives_the_store(bed: &dyn Bed) {
    let disk = bed.start();
    commit(&disk.rows, &[put(1)], "a");
    let view = disk.rows.view();
    drop(disk);
    let elsewhere = std::thread::spawn(move || view.clone().get(&dedup(1)));
    assert_eq!(elsewhere.join().expect("ends"), Ok(Some(row(1))));
}

fn a_list_is_paged_from_its_end(bed: &dyn Bed) {
    let rows = bed.start().rows;
    let all: Vec<Change> = (1..8).map(put).collect();
    commit(&rows, &all, "a");
    let view = rows.view();
    let mut pages: Vec<Vec<Row>> = Vec::new();
    let mut to = dedup(7);
    loop {
        let page = view.scan_back(&dedup(0), &to, 2).expect("scans");
        let Some((last, _)) = page.last() else { break };
        to = last.clone();
        pages.push(page.into_iter().map(|(_, row)| row).collect());
    }
    assert_eq!(
        pages,
        [[row(6), row(5)], [row(4), row(3)], [row(2), row(1)]]
    );
}
