//! Several members: what one loses the others have, and nobody who asks is told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::harness::{commit, put, scan};
use super::site::Site;
use crate::engine::{Engine, Standing};
use crate::{Catalog, Decision, Fault, Group, View, Write};

type Rows = BTreeMap<Vec<u8>, Bytes>;

/// Commits over all, with checkpoints between them, and what must then be there.
fn work(engine: &mut Engine, rows: &mut Rows, commits: u32) {
    for number in 0..commits {
        let key = format!("key/{:02}", number * 7 % 13);
        let value = Bytes::from(format!("{number}").repeat(1 + number as usize * 37 % 400));
        if number % 5 == 4 {
            commit(engine, vec![Write::delete(key.as_str())]).unwrap();
            rows.remove(key.as_bytes());
        } else {
            commit(engine, vec![put(&key, value.clone())]).unwrap();
            rows.insert(key.into_bytes(), value);
        }
        if number % 9 == 8 {
            // Whatever a member does, the rest goes on.
            engine.checkpoint().unwrap();
        }
    }
}

fn must_hold(engine: &Engine, rows: &Rows, context: &str) {
    assert!(scan(&engine.snapshot().unwrap()).iter().map(|(key, value)| (key, value)).eq(rows), "{context}");
}

/// From all trusted members and from each of them alone.
fn must_hold_after_reopening(site: &Site, rows: &Rows, context: &str) {
    for subset in site.subsets() {
        let engine =
            site.only(&subset).open().unwrap_or_else(|fault| panic!("{context}, {subset:?}: {fault}"));
        must_hold(&engine, rows, &format!("{context}, {subset:?}"));
    }
}

fn filled(site: &Site) -> Rows {
    let mut rows = Rows::new();
    work(&mut site.open().unwrap(), &mut rows, 23);
    rows
}

#[test]
fn commits_go_on_when_any_member_fails_at_any_deed() {
    for member in 0..3 {
        for deed in 0.. {
            let site = Site::of(3);
            let mut rows = filled(&site);
            let drive = &site.drives[member];
            drive.fail_from(drive.deeds.load(Ordering::Relaxed) + deed);
            let mut engine = site.open().unwrap();
            work(&mut engine, &mut rows, 30);
            let context = format!("member {member}, deed {deed}");
            must_hold(&engine, &rows, &context);
            drop(engine);
            let failed = site.drives[member].has_failed();
            assert_eq!(site.trusted().contains(&(member as u16)), !failed, "{context}");
            must_hold_after_reopening(&site, &rows, &context);
            if !failed {
                assert!(deed > 80, "only {deed} deeds were made");
                break;
            }
        }
    }
}

#[test]
fn two_of_three_may_fail_and_the_last_ones_failure_is_the_catalogs() {
    let site = Site::of(3);
    let mut rows = Rows::new();
    let mut engine = site.open().unwrap();
    for number in [1, 0] {
        site.drives[number].fail_from(0);
        work(&mut engine, &mut rows, 12);
    }
    assert_eq!(site.trusted(), [2]);
    site.drives[2].fail_from(0);
    assert!(commit(&mut engine, vec![put("lost", "1")]).unwrap_err().outcome_unknown());
    assert!(matches!(commit(&mut engine, vec![put("lost", "2")]), Err(Fault::Failed(_))));
    assert_eq!(site.trusted(), [2]);
    must_hold_after_reopening(&site, &rows, "the last");
}

#[test]
fn a_loss_that_the_roster_cannot_note_is_a_failure_of_the_commit() {
    let site = Site::of(2);
    let mut engine = site.open().unwrap();
    commit(&mut engine, vec![put("kept", "1")]).unwrap();
    site.roster.refuses.store(true, Ordering::Relaxed);
    site.drives[0].fail_from(0);
    assert!(commit(&mut engine, vec![put("doubtful", "1")]).unwrap_err().outcome_unknown());
    assert!(matches!(commit(&mut engine, vec![put("after", "1")]), Err(Fault::Failed(_))));
}

#[test]
fn a_member_that_hangs_is_given_up_after_the_deadline_and_never_before() {
    const DEADLINE: Duration = Duration::from_millis(300);
    let site = Site::threaded(3, DEADLINE);
    let mut rows = filled(&site);
    let mut engine = site.open().unwrap();
    site.drives[1].hang(true);
    let begun = Instant::now();
    work(&mut engine, &mut rows, 1);
    assert!(begun.elapsed() >= DEADLINE && begun.elapsed() < DEADLINE * 5, "{:?}", begun.elapsed());
    assert_eq!(site.trusted(), [0, 2]);
    assert!(matches!(engine.members()[1].standing, Standing::Lost { .. }));
    let begun = Instant::now();
    work(&mut engine, &mut rows, 30);
    assert!(begun.elapsed() < DEADLINE, "it is not asked again");
    drop(engine);
    must_hold_after_reopening(&site, &rows, "after a hang");
    // And a start does not wait for ever either.
    site.roster.lost.lock().unwrap().clear();
    must_hold(&site.open().unwrap(), &rows, "while it hangs");
    assert_eq!(site.trusted(), [0, 2]);
    site.drives[1].hang(false);
}

type Injury = (&'static str, fn(&Site));

/// What may happen to a member's journal while nobody looks.
fn injuries() -> Vec<Injury> {
    fn flip(site: &Site, from_end: usize) {
        let segment = site.drives[1].segments().pop().unwrap();
        let mut bytes = segment.lock().unwrap();
        let frames: Vec<usize> = (0..bytes.len()).step_by(4096).filter(|at| bytes[at + 1] == b'R').collect();
        let at = frames[frames.len() - 1 - from_end];
        bytes[at + 70] ^= 4;
    }
    vec![
        ("the last batch is rotten", |site| flip(site, 0)),
        ("a batch before the last is rotten", |site| flip(site, 1)),
        ("the journal is gone", |site| site.drives[1].lose_journal()),
        ("a segment is cut", |site| site.drives[1].segments().pop().unwrap().lock().unwrap().truncate(4096)),
        ("it is all noise", |site| {
            site.drives[1].segments().iter().for_each(|file| file.lock().unwrap().fill(0xA7));
        }),
    ]
}

#[test]
fn a_journal_that_is_torn_rotten_or_gone_is_healed_at_the_start() {
    for (what, injure) in injuries() {
        let site = Site::of(3);
        let mut rows = filled(&site);
        let mut engine = site.open().unwrap();
        for number in 0..3 {
            rows.insert(format!("last/{number}").into_bytes(), Bytes::from_static(b"1"));
            commit(&mut engine, vec![put(&format!("last/{number}"), "1")]).unwrap();
        }
        drop(engine);
        injure(&site);
        let engine = site.open().unwrap();
        must_hold(&engine, &rows, what);
        drop(engine);
        assert_eq!(site.trusted(), [0, 1, 2], "{what}");
        assert_eq!(site.drives[0].files(), site.drives[1].files(), "{what}");
        must_hold_after_reopening(&site, &rows, what);
    }
}

#[test]
fn a_start_that_dies_while_it_heals_is_repeated() {
    let site = Site::of(2);
    let rows = filled(&site);
    site.drives[1].lose_journal();
    for deed in 0.. {
        let died = site.only(&[0, 1]);
        died.drives[1].fail_from(deed);
        died.roster.refuses.store(true, Ordering::Relaxed);
        let outcome = died.open();
        if let Ok(engine) = outcome {
            must_hold(&engine, &rows, "healed");
            break;
        }
        let again = died.only(&[0, 1]);
        must_hold(&again.open().unwrap(), &rows, &format!("deed {deed}"));
        assert_eq!(again.trusted(), [0, 1]);
    }
}

#[test]
fn an_index_that_no_journal_goes_on_from_is_left_out() {
    let mut site = Site::of(3);
    let rows = filled(&site);
    drop(site.replace(1));
    must_hold(&site.open().unwrap(), &rows, "one is empty");
    assert_eq!(site.trusted(), [0, 2]);
}

#[test]
fn foreign_files_are_left_alone_and_their_member_out() {
    let site = Site::of(2);
    let rows = filled(&site);
    site.drives[1].place_file("journal/holiday.jpg");
    let before = site.drives[1].files();
    must_hold(&site.open().unwrap(), &rows, "foreign files");
    assert_eq!(site.trusted(), [0]);
    assert_eq!(site.drives[1].files(), before);
}

#[test]
fn without_a_whole_journal_nothing_is_made_up() {
    let site = Site::of(2);
    filled(&site);
    let mut engine = site.open().unwrap();
    engine.checkpoint().unwrap();
    drop(engine);
    for drive in &site.drives {
        drive.lose_journal();
    }
    assert!(matches!(site.open().map(|_| ()), Err(Fault::Corrupt { .. })));
    assert_eq!(site.trusted(), [0, 1]);
}

#[test]
fn where_nobody_would_be_left_nobody_is_noted_as_lost() {
    let site = Site::of(2);
    let rows = filled(&site);
    // The index that fits is on a device whose journal is gone and cannot be written.
    *site.drives[0].index_lost.lock().unwrap() = true;
    site.drives[1].lose_journal();
    site.drives[1].fail_from(0);
    assert!(site.open().is_err());
    assert_eq!(site.trusted(), [0, 1]);
    site.drives[1].fail_from(u64::MAX);
    must_hold(&site.open().unwrap(), &rows, "it is written again");
    assert_eq!(site.trusted(), [1]);
}

#[test]
fn what_one_device_has_no_room_for_none_has() {
    let site = Site::of(3);
    let mut rows = filled(&site);
    let mut engine = site.open().unwrap();
    site.drives[2].full.store(true, Ordering::Relaxed);
    let wide = vec![put("wide", Bytes::from(vec![7; 9_000]))];
    assert!(matches!(commit(&mut engine, wide), Err(Fault::NoSpace)));
    assert_eq!(site.trusted(), [0, 1, 2]);
    must_hold_after_reopening(&site, &rows, "while it is full");
    site.drives[2].full.store(false, Ordering::Relaxed);
    work(&mut engine, &mut rows, 20);
    drop(engine);
    must_hold_after_reopening(&site, &rows, "when there is room");
}

#[test]
fn where_an_index_is_damaged_another_ones_answers_and_points_in_time_hold() {
    for spoilt in ["key/00", "key/05", "key/12"] {
        let site = Site::of(3);
        let mut rows = filled(&site);
        let mut engine = site.open().unwrap();
        engine.checkpoint().unwrap();
        let snapshot = engine.snapshot().unwrap();
        let frozen = rows.clone();
        let mut cursor = snapshot.cursor(b"", b"z").unwrap();
        assert!(cursor.next().unwrap().is_some());
        work(&mut engine, &mut rows, 30);
        engine.checkpoint().unwrap();
        *site.drives[0].spoilt.lock().unwrap() = Some(spoilt.into());
        let mut rest = 0;
        while cursor.next().unwrap().is_some() {
            rest += 1;
        }
        assert_eq!(rest + 1, frozen.len(), "{spoilt}");
        assert!(scan(&snapshot).iter().map(|(key, value)| (key, value)).eq(&frozen));
        assert_eq!(snapshot.get(spoilt.as_bytes()).unwrap().as_ref(), frozen.get(spoilt.as_bytes()));
        let last = frozen.last_key_value().map(|(key, value)| (key.clone(), value.clone()));
        assert_eq!(snapshot.last_before(b"", b"z").unwrap(), last);
        assert_eq!(engine.get(spoilt.as_bytes()).unwrap().as_ref(), rows.get(spoilt.as_bytes()));
        must_hold(&engine, &rows, spoilt);
        if frozen.contains_key(spoilt.as_bytes()) {
            assert_eq!(site.trusted(), [1, 2]);
        }
    }
}

#[test]
fn a_member_joins_between_commits_and_is_then_enough_alone() {
    let mut site = Site::of(3);
    let mut rows = filled(&site);
    let mut engine = site.open().unwrap();
    site.drives[1].fail_from(0);
    work(&mut engine, &mut rows, 20);
    assert_eq!(site.trusted(), [0, 2]);
    let member = site.replace(1);
    let mut filling = engine.join(member).unwrap();
    assert!(engine.join(site.member(1)).is_err(), "it is joining already");
    let mut steps = 0;
    loop {
        work(&mut engine, &mut rows, 4);
        steps += 1;
        if filling.step().unwrap() {
            break;
        }
        assert!(matches!(engine.members()[1].standing, Standing::Filling { .. }));
    }
    assert!(steps > 2);
    drop(filling);
    assert_eq!(site.trusted(), [0, 1, 2]);
    must_hold_after_reopening(&site, &rows, "joined");
    work(&mut engine, &mut rows, 30);
    drop(engine);
    must_hold_after_reopening(&site, &rows, "and went on");
    assert_eq!(
        site.drives[0].files().keys().collect::<Vec<_>>(),
        site.drives[1].files().keys().collect::<Vec<_>>()
    );
}

#[test]
fn a_joining_that_fails_or_is_broken_off_harms_nobody_and_is_begun_anew() {
    for deed in 0.. {
        let mut site = Site::of(2);
        let mut rows = filled(&site);
        let mut engine = site.open().unwrap();
        engine.leave(1).unwrap();
        site.roster.lost.lock().unwrap().insert(1);
        assert!(engine.leave(0).is_err(), "the last one");
        let member = site.replace(1);
        site.drives[1].fail_from(deed);
        let context = format!("deed {deed}");
        let joined = engine.join(member).and_then(|mut filling| {
            while !filling.step()? {
                work(&mut engine, &mut rows, 2);
            }
            Ok(())
        });
        work(&mut engine, &mut rows, 20);
        must_hold_after_reopening(&site, &rows, &context);
        if joined.is_ok() && !site.drives[1].has_failed() {
            break;
        }
        assert_eq!(site.trusted(), [0], "{context}");
        let member = site.replace(1);
        let mut filling = engine.join(member).unwrap();
        while !filling.step().unwrap() {}
        must_hold_after_reopening(&site, &rows, &context);
    }
}

#[test]
fn a_joiner_that_finds_no_room_is_let_go_and_its_device_is_not_reported() {
    let mut site = Site::of(2);
    let mut rows = filled(&site);
    let mut engine = site.open().unwrap();
    engine.leave(1).unwrap();
    let member = site.replace(1);
    site.drives[1].full.store(true, Ordering::Relaxed);
    let joined = engine.join(member).and_then(|mut filling| {
        while !filling.step()? {}
        Ok(())
    });
    assert!(joined.is_err());
    assert!(matches!(&engine.members()[1].standing, Standing::Lost { .. }));
    assert!(site.roster.lost.lock().unwrap().is_empty(), "it is a sound device");
    work(&mut engine, &mut rows, 20);
    site.roster.lost.lock().unwrap().insert(1);
    must_hold_after_reopening(&site, &rows, "alone");
}

#[test]
fn a_batch_that_found_no_room_and_cannot_be_withdrawn_is_unknown() {
    for deed in 0..4 {
        let site = Site::of(2);
        let rows = filled(&site);
        let mut engine = site.open().unwrap();
        site.drives[1].full.store(true, Ordering::Relaxed);
        // Of the other one's deeds: the batch, the header's zeros, its hole, their sync.
        let deeds = site.drives[0].deeds.load(Ordering::Relaxed);
        site.drives[0].fail_from(deeds + deed);
        site.roster.refuses.store(true, Ordering::Relaxed);
        let wide = vec![put("wide", Bytes::from(vec![7; 9_000]))];
        let told = commit(&mut engine, wide);
        assert!(matches!(told, Err(Fault::Unknown(_))), "deed {deed}: {told:?}");
        drop(engine);
        site.drives[0].fail_from(u64::MAX);
        site.drives[1].full.store(false, Ordering::Relaxed);
        site.roster.refuses.store(false, Ordering::Relaxed);
        let engine = site.open().unwrap();
        if engine.get(b"wide").unwrap().is_none() {
            must_hold(&engine, &rows, "as before");
        }
    }
}

#[test]
fn a_batch_that_one_has_no_room_for_goes_where_another_has_none_to_overwrite_it() {
    let site = Site::of(2);
    let mut rows = filled(&site);
    let mut engine = site.open().unwrap();
    site.drives[0].crowded.store(true, Ordering::Relaxed);
    site.drives[1].full.store(true, Ordering::Relaxed);
    let wide = vec![put("wide", Bytes::from(vec![7; 9_000]))];
    assert!(matches!(commit(&mut engine, wide), Err(Fault::NoSpace)));
    site.drives[0].crowded.store(false, Ordering::Relaxed);
    site.drives[1].full.store(false, Ordering::Relaxed);
    must_hold_after_reopening(&site, &rows, "after a crash");
    work(&mut engine, &mut rows, 20);
    drop(engine);
    must_hold_after_reopening(&site, &rows, "when there is room");
}

#[test]
fn what_could_not_be_kept_ready_stays_wanting_until_it_is_made() {
    let site = Site::of(2);
    let mut engine = site.open().unwrap();
    site.drives[1].unreserved.store(true, Ordering::Relaxed);
    engine.checkpoint().unwrap();
    for key in ["one", "another"] {
        assert!(matches!(commit(&mut engine, vec![put(key, "1")]), Err(Fault::NoSpace)));
        commit(&mut engine, vec![Write::delete("less")]).unwrap();
    }
    site.drives[1].unreserved.store(false, Ordering::Relaxed);
    engine.checkpoint().unwrap();
    commit(&mut engine, vec![put("one", "1")]).unwrap();
}

#[test]
fn a_single_member_is_joined_by_another() {
    let site = Site::of(2);
    site.roster.lost.lock().unwrap().insert(1);
    let mut rows = filled(&site);
    let mut engine = site.open().unwrap();
    let mut filling = engine.join(site.member(1)).unwrap();
    while !filling.step().unwrap() {}
    work(&mut engine, &mut rows, 5);
    must_hold_after_reopening(&site, &rows, "a second one");
}

fn number_of(catalog: &Catalog, key: &str) -> u64 {
    let value = catalog.get(key.as_bytes()).unwrap();
    value.map_or(0, |value| u64::from_le_bytes(*value.first_chunk().unwrap()))
}

async fn count_up(catalog: &Catalog, key: String) {
    let name = key.clone();
    let decide = move |view: &dyn View, _| {
        let before = view.get(key.as_bytes())?;
        let before = before.map_or(0, |value| u64::from_le_bytes(*value.first_chunk().unwrap()));
        let value = [&(before + 1).to_le_bytes()[..], &[7; 300]].concat();
        Ok(Decision::Write::<_, ()>(vec![put(&key, value)], ()))
    };
    catalog.commit(Group::new(name), decide).await.unwrap().unwrap();
}

#[test]
fn members_leave_and_join_while_writers_commit() {
    let mut site = Site::threaded(3, Duration::from_secs(10));
    let catalog = site.open_catalog().unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    #[expect(clippy::disallowed_methods, reason = "this test takes no turns")]
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let (catalog, stop) = (catalog.clone(), stop.clone());
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                let mut count = 0_u64;
                while !stop.load(Ordering::Relaxed) {
                    runtime.block_on(count_up(&catalog, format!("{writer}/{}", count % 100)));
                    count += 1;
                }
                count
            })
        })
        .collect();
    for round in 0..6 {
        let number = round % 3;
        std::thread::sleep(Duration::from_millis(50));
        if round % 2 == 0 {
            site.drives[usize::from(number)].fail_from(0);
            let begun = Instant::now();
            while site.trusted().contains(&number) {
                assert!(begun.elapsed() < Duration::from_secs(30));
                std::thread::sleep(Duration::from_millis(1));
            }
        } else {
            catalog.leave(number).unwrap();
            site.roster.lost.lock().unwrap().insert(number);
        }
        catalog.join(site.replace(number)).unwrap();
        assert!(catalog.members().iter().all(|member| matches!(member.standing, Standing::Whole)));
    }
    stop.store(true, Ordering::Relaxed);
    let counts: Vec<u64> = writers.into_iter().map(|writer| writer.join().unwrap()).collect();
    catalog.shutdown();
    drop(catalog);
    for subset in site.subsets() {
        let catalog = site.only(&subset).open_catalog().unwrap();
        for (writer, count) in counts.iter().enumerate() {
            let sum: u64 = (0..100).map(|key| number_of(&catalog, &format!("{writer}/{key}"))).sum();
            assert_eq!(sum, *count, "{subset:?}");
        }
    }
}
