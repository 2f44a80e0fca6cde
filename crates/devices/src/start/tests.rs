//! The start rule on plain values.

use model::Timestamp;
use volume::DeviceId;

use super::*;
use crate::format::Copy;
use crate::roster::{Generation, Reason};

const SITE: SiteId = SiteId([9; 16]);
const N: fn(u16) -> DeviceNumber = DeviceNumber;

fn id(number: u16) -> DeviceId {
    DeviceId([number as u8 + 1; 16])
}

/// Of generation `start`.1, settled.
fn roster(start: u32, states: &[State]) -> Roster {
    let entry = |(number, state): (usize, &State)| Entry {
        number: N(number as u16),
        device: id(number as u16),
        zone: None,
        state: *state,
        since: Timestamp::default(),
        was_member: state.is_member(),
        catalog: None,
    };
    Roster {
        site: SITE,
        generation: Generation { start, change: 1 },
        next_number: states.len() as u16,
        entries: states.iter().enumerate().map(entry).collect(),
    }
}

fn device(number: u16, roster: Kept) -> Named {
    let found = Evidence { device: id(number), is_named: true, roster, volumes: Volumes::Some };
    (format!("d{number}"), Found::Device(found))
}

fn holding(number: u16, roster: &Roster) -> Named {
    let copy = Copy { device: id(number), promised: roster.generation.start, roster: roster.clone() };
    device(number, Kept::Copy(copy))
}

fn empty(label: &str) -> Named {
    (label.to_owned(), Found::Empty)
}

fn altered(named: Named, alter: impl FnOnce(&mut Evidence)) -> Named {
    let (label, Found::Device(mut evidence)) = named else { panic!("no device") };
    alter(&mut evidence);
    (label, Found::Device(evidence))
}

fn start(given: &[Named]) -> Result<Plan, OpenFault> {
    judge(given, &Numbers::new(), SITE)
}

fn roles_of(given: &[Named]) -> Vec<Role> {
    start(given).unwrap().roles
}

const OUT: State = State::Out(Reason::Failed);

#[test]
fn more_than_half_of_the_members_start_and_half_does_not() {
    let four = roster(1, &[State::In; 4]);
    let given: Vec<Named> = (0..4).map(|number| holding(number, &four)).collect();
    assert!(start(&given[..3]).is_ok());
    let fault = start(&given[..2]).unwrap_err();
    let OpenFault::TooFew { present: 2, needed: 3, missing, .. } = &fault else { panic!("{fault}") };
    assert_eq!(missing.iter().map(|entry| entry.number).collect::<Vec<_>>(), [N(2), N(3)]);
    let text = fault.to_string();
    for told in ["device 2 (id 0303", "device 3 (id 0404", "give --without 2 --without 3"] {
        assert!(text.contains(told), "{text}");
    }
}

#[test]
fn a_draining_device_counts_and_one_that_is_out_does_not() {
    let mixed = roster(1, &[State::In, State::Draining, OUT, OUT]);
    assert_eq!(
        roles_of(&[holding(1, &mixed), holding(0, &mixed), holding(2, &mixed)]),
        [Role::Member(N(1)), Role::Member(N(0)), Role::Out(N(2))]
    );
    assert!(start(&[holding(0, &mixed), holding(2, &mixed), holding(3, &mixed)]).is_err());
}

#[test]
fn of_a_pair_the_one_that_failed_never_starts_alone_and_the_other_does() {
    let (both, alone) = (roster(1, &[State::In; 2]), roster(1, &[OUT, State::In]));
    let alone = Roster { generation: Generation { start: 1, change: 3 }, ..alone };
    assert!(matches!(start(&[holding(0, &both)]), Err(OpenFault::TooFew { present: 1, needed: 2, .. })));
    assert_eq!(roles_of(&[holding(1, &alone)]), [Role::Member(N(1))]);
    assert_eq!(roles_of(&[holding(0, &both), holding(1, &alone)]), [Role::Out(N(0)), Role::Member(N(1))]);
}

#[test]
fn a_roster_that_may_not_have_reached_all_asks_for_those_before_too() {
    let mut draft = roster(1, &[OUT, State::In]);
    draft.entries[0].was_member = true;
    assert!(start(&[holding(1, &draft)]).is_err());
    assert!(start(&[holding(1, &draft), holding(0, &roster(1, &[State::In; 2]))]).is_ok());
}

#[test]
fn who_is_given_up_counts_no_more_and_is_removed() {
    let both = roster(1, &[State::In; 2]);
    let plan = judge(&[holding(0, &both)], &Numbers::from([N(1)]), SITE).unwrap();
    assert_eq!(plan.roster.entries[1].state, State::Removed);
    assert_eq!(plan.known, both);
    let unknown = judge(&[holding(0, &both)], &Numbers::from([N(7)]), SITE);
    assert_eq!(unknown, Err(OpenFault::Unknown(N(7))));
    // Forgotten on the command line it does no harm.
    assert!(judge(&[holding(0, &plan.roster)], &Numbers::from([N(1)]), SITE).is_ok());
}

#[test]
fn who_was_given_up_and_went_on_alone_is_not_mixed_with_the_others() {
    let mut newer = roster(9, &[OUT, State::In]);
    newer.generation.change = 5;
    let given = [holding(0, &roster(3, &[State::In, State::Removed])), holding(1, &newer)];
    assert_eq!(start(&given), Err(OpenFault::Forked { number: N(1), label: "d0".to_owned() }));
}

#[test]
fn a_removed_device_takes_no_part() {
    let one = roster(4, &[State::In, State::Removed]);
    let given = [holding(0, &one), holding(1, &roster(3, &[State::In; 2]))];
    assert_eq!(roles_of(&given), [Role::Member(N(0)), Role::Removed(N(1))]);
}

#[test]
fn an_older_roster_of_the_same_start_is_brought_up_to_date_and_an_older_image_is_stale() {
    let newest = Roster { generation: Generation { start: 5, change: 4 }, ..roster(5, &[State::In; 4]) };
    let given = [
        holding(0, &newest),
        holding(1, &roster(5, &[State::In; 4])),
        holding(2, &roster(4, &[State::In; 4])),
        holding(3, &newest),
    ];
    assert_eq!(
        roles_of(&given),
        [Role::Member(N(0)), Role::Member(N(1)), Role::Stale(N(2)), Role::Member(N(3))]
    );
    assert!(start(&given[..3]).is_err(), "an older image is no witness");
}

#[test]
fn a_device_that_kept_its_promise_but_missed_the_roster_is_a_member() {
    let newest = roster(5, &[State::In; 3]);
    let promised = altered(holding(1, &roster(4, &[State::In; 3])), |found| {
        let Kept::Copy(copy) = &mut found.roster else { panic!("no copy") };
        copy.promised = 5;
    });
    assert_eq!(roles_of(&[holding(0, &newest), promised]), [Role::Member(N(0)), Role::Member(N(1))]);
}

#[test]
fn a_corrupt_roster_is_no_witness_but_does_no_harm() {
    let three = roster(1, &[State::In; 3]);
    let corrupt = || device(2, Kept::Corrupt);
    let given = [holding(0, &three), holding(1, &three), corrupt()];
    assert_eq!(roles_of(&given)[2], Role::Member(N(2)));
    assert!(start(&[holding(0, &three), corrupt()]).is_err());
    assert_eq!(start(&[corrupt()]), Err(OpenFault::NoRoster { label: "d2".to_owned() }));
}

#[test]
fn a_member_without_its_roster_or_its_volumes_is_stale() {
    let three = roster(1, &[State::In; 3]);
    let emptied = altered(holding(2, &three), |found| found.volumes = Volumes::Gone);
    let given = [holding(0, &three), holding(1, &three), emptied];
    assert_eq!(roles_of(&given)[2], Role::Stale(N(2)));
    assert!(start(&given[1..]).is_ok(), "it remembers all the same");
    let given = [holding(0, &three), holding(1, &three), device(2, Kept::Nothing)];
    assert_eq!(roles_of(&given)[2], Role::Stale(N(2)));
}

#[test]
fn empty_directories_become_devices_of_a_new_site_or_of_the_one_that_is() {
    assert_eq!(roles_of(&[empty("a"), empty("b")]), [Role::New(N(0)), Role::New(N(1))]);
    let one = roster(1, &[State::In, State::Removed]);
    assert_eq!(roles_of(&[empty("a"), holding(0, &one)]), [Role::New(N(2)), Role::Member(N(0))]);
}

#[test]
fn an_empty_directory_is_left_alone_while_a_device_is_missing() {
    let one = roster(1, &[State::In, OUT]);
    assert_eq!(roles_of(&[empty("a"), holding(0, &one)]), [Role::Left, Role::Member(N(0))]);
    let three = roster(1, &[State::In; 3]);
    let given = [holding(0, &three), holding(1, &three), empty("c")];
    assert_eq!(roles_of(&given)[2], Role::Left);
}

#[test]
fn one_device_with_data_from_before_there_were_rosters_is_adopted_as_number_0() {
    let old = |number| device(number, Kept::Nothing);
    assert_eq!(
        roles_of(&[empty("a"), old(3), empty("b")]),
        [Role::New(N(1)), Role::Adopted(N(0)), Role::New(N(2))]
    );
    let several = start(&[old(3), empty("a"), old(4)]);
    assert_eq!(several, Err(OpenFault::SeveralSites { labels: vec!["d3".to_owned(), "d4".to_owned()] }));
    let foreign = start(&[holding(0, &roster(1, &[State::In])), old(3)]);
    assert_eq!(foreign, Err(OpenFault::Foreign { label: "d3".to_owned() }));
}

#[test]
fn a_device_that_was_cut_short_when_it_was_registered_is_new_again() {
    let one = roster(1, &[State::In]);
    let bare = |found: &mut Evidence| found.volumes = Volumes::Empty;
    for cut_short in [device(7, Kept::Nothing), holding(7, &one)] {
        let given = [holding(0, &one), altered(cut_short, bare)];
        assert_eq!(roles_of(&given)[1], Role::New(N(1)));
    }
}

#[test]
fn devices_of_two_sites_and_one_device_twice_are_refused_by_name() {
    let (ours, theirs) =
        (roster(1, &[State::In]), Roster { site: SiteId([8; 16]), ..roster(1, &[State::In; 8]) });
    let fault = start(&[holding(0, &ours), holding(5, &theirs)]).unwrap_err().to_string();
    assert!(fault.contains("d5 belongs to site 0808") && fault.contains("d0 to site 0909"), "{fault}");
    let twice = [holding(0, &ours), ("again".to_owned(), holding(0, &ours).1)];
    assert_eq!(start(&twice), Err(OpenFault::Twice { first: "d0".to_owned(), second: "again".to_owned() }));
    assert_eq!(start(&[]), Err(OpenFault::None));
}

#[test]
fn an_unreadable_device_counts_as_missing_and_is_told() {
    let two = roster(1, &[State::In; 2]);
    let unreadable = ("d1".to_owned(), Found::Unreadable("d1: read device: EIO".to_owned()));
    let fault = start(&[holding(0, &two), unreadable]).unwrap_err().to_string();
    assert!(fault.contains("d1: read device: EIO"), "{fault}");
}

#[test]
fn a_start_promises_more_than_anybody_ever_promised() {
    let newest = roster(5, &[State::In; 3]);
    let ahead = altered(holding(1, &newest), |found| {
        let Kept::Copy(copy) = &mut found.roster else { panic!("no copy") };
        copy.promised = 11;
    });
    assert_eq!(start(&[holding(0, &newest), ahead]).unwrap().start, 12);
}

#[test]
fn those_who_are_left_go_on_if_they_are_at_least_half() {
    let with = |out: usize| {
        let mut draft = roster(1, &[State::In; 4]);
        draft.entries.iter_mut().take(out).for_each(|entry| entry.state = OUT);
        draft.may_go_on()
    };
    assert_eq!([0, 1, 2, 3, 4].map(with), [true, true, true, false, false]);
    let mut joined = roster(1, &[State::In, OUT]);
    joined.entries[1].state = State::In;
    assert!(joined.may_go_on());
}
