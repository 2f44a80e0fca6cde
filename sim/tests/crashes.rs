//! Every scenario, dying at every deed, over 1,200 seeds; and the proof that the simulation sees.

use std::ops::Range;

use sim::disk::{Options, SkippedSync, SyncKind};
use sim::runner::{Conditions, Failure, Tally, play};
use sim::scenarios::named;

fn run(scenario: &str, seeds: Range<u64>, bug: Option<&SkippedSync>) -> Result<Tally, Failure> {
    let scenario = named(scenario).expect("a scenario");
    let mut tally = Tally::default();
    for seed in seeds {
        // Every other seed takes the disk port at its word and not at Linux's.
        let disk = Options { data_sync_forgets_length: seed % 2 == 1, ..Options::default() };
        tally.add(play(&scenario, &Conditions { disk, bug: bug.cloned(), ..Conditions::default() }, seed)?);
    }
    Ok(tally)
}

fn survive(scenario: &str, seeds: Range<u64>) -> Result<(), Failure> {
    let tally = run(scenario, seeds.clone(), None)?;
    assert_eq!(tally.seeds, seeds.end - seeds.start);
    assert!(tally.deaths > tally.deeds, "each deed is a death: {tally:?}");
    println!("{scenario}: {tally:?}");
    Ok(())
}

fn is_caught(scenario: &str, bug: &SkippedSync) {
    let failure = run(scenario, 0..200, Some(bug)).expect_err("the bug is not seen");
    println!("{bug:?} is caught: {failure:?}");
}

#[test]
fn the_catalog_loses_nothing_that_it_acknowledged() -> Result<(), Failure> {
    survive("catalog", 0..400)
}

#[test]
fn the_index_holds_exactly_its_last_durable_batch() -> Result<(), Failure> {
    survive("index", 0..200)
}

#[test]
fn a_catalog_of_several_members_loses_nothing_while_they_go_and_join() -> Result<(), Failure> {
    survive("members", 0..40)
}

#[test]
fn volumes_lose_nothing_and_never_show_wrong_bytes() -> Result<(), Failure> {
    survive("volumes", 0..400)
}

#[test]
fn volumes_that_get_no_blocks_back_lose_nothing_either() -> Result<(), Failure> {
    let volumes = named("volumes").expect("a scenario");
    for seed in 0..100 {
        let disk = Options { cannot_punch: true, ..Options::default() };
        play(&volumes, &Conditions { disk, ..Conditions::default() }, seed)?;
    }
    Ok(())
}

#[test]
fn what_a_commit_names_reads_right() -> Result<(), Failure> {
    survive("store", 0..400)
}

#[test]
fn a_journal_that_is_never_synced_is_caught() {
    is_caught("catalog", &SkippedSync::every(SyncKind::File, "journal/"));
    is_caught("store", &SkippedSync::every(SyncKind::File, "journal/"));
}

#[test]
fn one_journal_sync_too_few_is_caught() {
    is_caught("catalog", &SkippedSync::nth(SyncKind::File, "journal/", 4));
}

#[test]
fn members_whose_journals_are_never_synced_are_caught_and_a_single_one_is_healed() -> Result<(), Failure> {
    is_caught("members", &SkippedSync::every(SyncKind::File, "member-"));
    let one = SkippedSync::every(SyncKind::File, "member-1/journal/");
    run("members", 0..20, Some(&one)).map(|_| ())
}

#[test]
fn volumes_that_are_never_synced_are_caught() {
    is_caught("volumes", &SkippedSync::every(SyncKind::File, "volumes/"));
    is_caught("store", &SkippedSync::every(SyncKind::File, "volumes/0"));
}

#[test]
fn one_volume_sync_too_few_is_caught() {
    is_caught("volumes", &SkippedSync::nth(SyncKind::File, "volumes/0", 2));
    is_caught("store", &SkippedSync::nth(SyncKind::File, "volumes/0", 2));
}

#[test]
fn a_ledger_that_is_never_synced_is_caught() {
    is_caught("volumes", &SkippedSync::every(SyncKind::File, "volumes/ledger"));
}

#[test]
fn an_index_that_is_never_synced_is_caught() {
    is_caught("index", &SkippedSync::every(SyncKind::File, "index/tree"));
    is_caught("index", &SkippedSync::nth(SyncKind::File, "index/tree", 3));
    is_caught("catalog", &SkippedSync::every(SyncKind::File, "index/tree"));
}

#[test]
fn directories_that_are_never_synced_are_caught() {
    is_caught("catalog", &SkippedSync::every(SyncKind::Directory, "journal"));
    is_caught("index", &SkippedSync::every(SyncKind::Directory, "index"));
    is_caught("volumes", &SkippedSync::every(SyncKind::Directory, "volumes"));
    is_caught("store", &SkippedSync::every(SyncKind::Directory, ""));
}
