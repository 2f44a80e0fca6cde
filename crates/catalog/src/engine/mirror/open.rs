//! Which of the trusted members are whole, which journal is the truth, and making the others' journals the same.
//!
//! The journal that reaches furthest is the truth: what one member lost of its tail another one has. An index fits if
//! that journal goes on from it. A member whose index does not fit is left out and noted as lost; a journal that is
//! torn, rotten or gone is healed. All this happens before anything is written to the journal.

use std::collections::BTreeMap;
use std::sync::Arc;

use world::Disk;

use super::heal::heal;
use super::lanes::{Held, Lane, Patience, gather};
use super::members::{Members, Place};
use super::{Member, Watch};
use crate::Fault;
use crate::engine::Options;
use crate::engine::index::{Applied, Index};
use crate::engine::journal::{Pool, replay};

/// A start waits so many deadlines longer for a member than for the first one that was read.
const SLOWER: u32 = 3;
/// And so many for the first one.
const LONGEST: u32 = 60;

/// What one member's journal holds behind what an index has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Survey {
    /// The last batch.
    reaches: u64,
    /// Every segment and its length.
    files: Vec<(String, u64)>,
    /// The segments that count, each with its last batch. Of two journals that agree in it the batches are the same.
    live: Vec<(String, u64)>,
}

/// One of each member, by place.
type Surveys = Vec<Result<Survey, Fault>>;

/// The member whose journal is the truth, and why each other one is left out, if it is.
#[derive(Debug)]
struct Choice {
    source: usize,
    surveys: Surveys,
    left_out: Vec<Option<Fault>>,
}

/// Opens what the roster trusts. A single member is taken as it is.
pub(crate) fn open(
    members: Vec<Member>,
    watch: Arc<dyn Watch>,
    options: Options,
) -> Result<Arc<Members>, Fault> {
    let mut places: Vec<Place> = members.into_iter().map(|member| Place::new(member, true)).collect();
    places.sort_by_key(|place| place.seat.number);
    if let Some(pair) = places.windows(2).find(|pair| pair[0].seat.number == pair[1].seat.number) {
        let number = pair[0].seat.number;
        return Err(Fault::Member { number, detail: "it is there twice".into() });
    }
    let mut gone = BTreeMap::new();
    if places.is_empty() {
        return Err(nobody());
    }
    if places.len() > 1 {
        let left_out = examine_and_heal(&places, options)?;
        if left_out.iter().all(Option::is_some) {
            // Nobody is noted as lost where nobody would be left.
            return Err(left_out.into_iter().flatten().next().unwrap_or_else(nobody));
        }
        for (place, why) in places.iter().zip(left_out) {
            let Some(why) = why else { continue };
            watch.lost(place.seat.number, &why)?;
            tracing::error!(member = place.seat.number, %why, "a member of the catalog is left out");
            gone.insert(place.seat.number, why);
        }
        places.retain(|place| !gone.contains_key(&place.seat.number));
    }
    Ok(Members::new(places, gone, watch, options.member_deadline))
}

fn examine_and_heal(places: &[Place], options: Options) -> Result<Vec<Option<Fault>>, Fault> {
    let patience = options
        .member_deadline
        .map(|deadline| Patience { longest: deadline * LONGEST, behind_first: deadline * SLOWER });
    let indexes = places.iter().map(Place::held_index).collect();
    let applied = gather(indexes, Lane::Index, patience, |index: &Arc<dyn Index>| index.applied());
    let mut known: Vec<u64> = applied.iter().flatten().map(|applied| applied.sequence).collect();
    known.sort_unstable();
    known.dedup();
    let mut surveyed = Vec::new();
    // From the index that is furthest behind; only where a journal does not go on from it are the others asked.
    for sequence in known {
        let disks = places.iter().map(Place::held_disk).collect();
        let look = move |disk: &Arc<dyn Disk>| survey(disk, options, sequence);
        let surveys = gather(disks, Lane::Files, patience, look);
        let all = surveys.iter().all(Result::is_ok);
        surveyed.push((sequence, surveys));
        if all {
            break;
        }
    }
    let choice = choose(&applied, &surveyed)?;
    Ok(heal_others(places, choice, patience))
}

fn survey(disk: &Arc<dyn Disk>, options: Options, applied: u64) -> Result<Survey, Fault> {
    let (_, found) = Pool::open(disk.clone(), options)?;
    let files = found.iter().map(|segment| (segment.name.clone(), segment.bytes)).collect();
    let replayed = replay(found, applied, &mut |_| Ok(()))?;
    let live = replayed.live.into_iter().map(|(segment, last)| (segment.name, last)).collect();
    Ok(Survey { reaches: replayed.last.map_or(0, |batch| batch.header.sequence), files, live })
}

fn choose(applied: &[Result<Applied, Fault>], surveyed: &[(u64, Surveys)]) -> Result<Choice, Fault> {
    let mut truth: Option<(usize, &Survey, u64, &Surveys)> = None;
    for (sequence, surveys) in surveyed {
        for (place, survey) in surveys.iter().enumerate() {
            // Of equals the first: then most indexes fit.
            if let Ok(survey) = survey
                && truth.is_none_or(|(_, best, ..)| best.reaches < survey.reaches)
            {
                truth = Some((place, survey, *sequence, surveys));
            }
        }
    }
    let Some((source, Survey { reaches, .. }, sequence, surveys)) = truth else {
        let journals =
            surveyed.last().and_then(|(_, surveys)| surveys.iter().find_map(|survey| survey.clone().err()));
        let refused = journals.or_else(|| applied.iter().find_map(|applied| applied.clone().err()));
        return Err(refused.unwrap_or_else(nobody));
    };
    let mut left_out = Vec::new();
    for applied in applied {
        left_out.push(match applied {
            Ok(applied) if applied.sequence > *reaches => {
                // It proves that batches were acknowledged which no journal has: going on would lose them.
                let detail = format!("an index reaches batch {}, the journals {reaches}", applied.sequence);
                return Err(Fault::corrupt("journal", detail));
            }
            Ok(applied) if applied.sequence < sequence => {
                let detail =
                    format!("it reaches batch {}, and no journal goes on from there", applied.sequence);
                Some(Fault::corrupt("index", detail))
            }
            Ok(_) => None,
            Err(why) => Some(why.clone()),
        });
    }
    Ok(Choice { source, surveys: surveys.clone(), left_out })
}

fn nobody() -> Fault {
    Fault::corrupt("catalog", "it has no members")
}

/// Whose journal cannot be healed is left out too.
fn heal_others(places: &[Place], choice: Choice, patience: Option<Patience>) -> Vec<Option<Fault>> {
    let Choice { source, surveys, mut left_out } = choice;
    let truth = surveys[source].as_ref().ok();
    let ill: Vec<usize> = (0..places.len())
        .filter(|place| left_out[*place].is_none() && surveys[*place].as_ref().ok() != truth)
        .collect();
    for place in &ill {
        let member = places[*place].seat.number;
        match &surveys[*place] {
            Err(why) => tracing::warn!(member, %why, "a journal is healed from another member's"),
            Ok(survey) => tracing::warn!(member, survey.reaches, "a journal is healed from another member's"),
        }
    }
    let disks: Vec<Held<_>> = ill.iter().map(|place| places[*place].held_disk()).collect();
    let good = places[source].disk.clone();
    let healed = gather(disks, Lane::Files, patience, move |disk: &Arc<dyn Disk>| heal(&*good, &**disk));
    for (place, healed) in ill.into_iter().zip(healed) {
        left_out[place] = healed.err();
    }
    left_out
}
