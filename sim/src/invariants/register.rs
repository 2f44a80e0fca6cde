//! Each key is a register: whatever several clients did to it at once, and whatever crashed meanwhile, their answers are
//! those of some order in which each operation took effect at one moment between its beginning and its answer.
//!
//! An operation that got no answer took effect at some moment after its beginning, or never. The search is that of Wing
//! and Gong (1993), with the memory that Lowe (2017) gave it: a set of operations done and the value then there is tried
//! once.

use std::collections::HashSet;
use std::fmt::Write as _;

use crate::scenario::Stop;

/// What a key can hold, by number.
pub type Value = u32;

/// More than any history of one key has.
const EVENTS_MAX: usize = 128;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Get,
    Put(Value),
    /// Only where nothing is.
    PutNew(Value),
    /// Only where that value is.
    Replace(Value, Value),
    Delete,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Done,
    /// Its condition did not hold.
    Refused,
    Found(Option<Value>),
}

#[derive(Clone, Copy, Debug)]
struct Event {
    key: usize,
    deed: Deed,
    begun: u64,
    answer: Option<(u64, Answer)>,
}

/// All that clients did and learned.
#[derive(Debug, Default)]
pub struct Register {
    events: Vec<Event>,
    moment: u64,
}

/// One operation under way.
#[derive(Clone, Copy, Debug)]
pub struct Ticket(usize);

impl Register {
    pub fn begin(&mut self, key: usize, deed: Deed) -> Ticket {
        self.moment += 1;
        self.events.push(Event { key, deed, begun: self.moment, answer: None });
        Ticket(self.events.len() - 1)
    }

    pub fn answer(&mut self, ticket: Ticket, answer: Answer) {
        self.moment += 1;
        self.events[ticket.0].answer = Some((self.moment, answer));
    }

    /// Some order explains what was answered.
    pub fn check(&self, key: usize) -> Result<(), Stop> {
        let told = |event: &&Event| event.key == key && (event.answer.is_some() || event.deed != Deed::Get);
        let events: Vec<Event> = self.events.iter().filter(told).copied().collect();
        if events.len() > EVENTS_MAX {
            return Stop::violation(format!("{} events of one key are too many to judge", events.len()));
        }
        if explains(&events) {
            return Ok(());
        }
        let mut told = format!("no order explains what was answered about key {key}:");
        for Event { deed, begun, answer, .. } in events {
            let _ = match answer {
                Some((ended, answer)) => write!(told, "\n    {begun}..{ended} {deed:?}: {answer:?}"),
                None => write!(told, "\n    {begun}.. {deed:?}: no answer"),
            };
        }
        Stop::violation(told)
    }
}

impl Event {
    /// What the key holds afterwards, if the operation may take effect where it holds `value`.
    fn apply(&self, value: Option<Value>) -> Option<Option<Value>> {
        let holds = match self.deed {
            Deed::PutNew(_) => value.is_none(),
            Deed::Replace(from, _) => value == Some(from),
            Deed::Get | Deed::Put(_) | Deed::Delete => true,
        };
        match (self.deed, self.answer.map(|(_, answer)| answer)) {
            (_, Some(Answer::Refused)) => (!holds).then_some(value),
            (Deed::Get, Some(Answer::Found(found))) => (found == value).then_some(value),
            (Deed::Put(new) | Deed::PutNew(new) | Deed::Replace(_, new), _) if holds => Some(Some(new)),
            (Deed::Delete, _) => Some(None),
            _ => None,
        }
    }

    fn ended(&self) -> u64 {
        self.answer.map_or(u64::MAX, |(ended, _)| ended)
    }
}

fn explains(events: &[Event]) -> bool {
    let answered = events.iter().enumerate().filter(|(_, event)| event.answer.is_some());
    let all = answered.fold(0_u128, |all, (at, _)| all | 1 << at);
    let mut tried = HashSet::from([(0_u128, None)]);
    let mut open = vec![(0_u128, None)];
    while let Some((done, value)) = open.pop() {
        if done & all == all {
            return true;
        }
        let left = || events.iter().enumerate().filter(|(at, _)| done & 1 << at == 0);
        // Whoever began after another one had ended comes after it.
        let first_end = left().map(|(_, event)| event.ended()).min().unwrap_or(u64::MAX);
        for (at, event) in left().filter(|(_, event)| event.begun < first_end) {
            if let Some(after) = event.apply(value)
                && tried.insert((done | 1 << at, after))
            {
                open.push((done | 1 << at, after));
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each with its beginning and, if it got one, the moment of its answer.
    fn is_explained(events: &[(u64, Option<u64>, Deed, Answer)]) -> bool {
        let event = |&(begun, ended, deed, answer): &(u64, Option<u64>, Deed, Answer)| Event {
            key: 0,
            deed,
            begun,
            answer: ended.map(|ended| (ended, answer)),
        };
        explains(&events.iter().map(event).collect::<Vec<_>>())
    }

    const GOT_1: Answer = Answer::Found(Some(1));
    const GOT_NONE: Answer = Answer::Found(None);

    #[test]
    fn a_read_after_a_put_that_was_answered_finds_it() {
        let put = (1, Some(2), Deed::Put(1), Answer::Done);
        assert!(is_explained(&[put, (3, Some(4), Deed::Get, GOT_1)]));
        assert!(!is_explained(&[put, (3, Some(4), Deed::Get, GOT_NONE)]));
    }

    #[test]
    fn a_put_without_an_answer_shows_late_or_never_and_then_for_good() {
        let put = (1, None, Deed::Put(1), Answer::Done);
        assert!(is_explained(&[put, (3, Some(4), Deed::Get, GOT_NONE)]));
        assert!(is_explained(&[put, (3, Some(4), Deed::Get, GOT_NONE), (5, Some(6), Deed::Get, GOT_1)]));
        assert!(!is_explained(&[put, (3, Some(4), Deed::Get, GOT_1), (5, Some(6), Deed::Get, GOT_NONE)]));
    }

    #[test]
    fn of_two_at_once_that_want_an_empty_key_one_is_refused() {
        let (a, b) = (Deed::PutNew(1), Deed::PutNew(2));
        let first = (1, Some(4), a, Answer::Done);
        assert!(is_explained(&[first, (2, Some(3), b, Answer::Refused)]));
        assert!(!is_explained(&[first, (2, Some(3), b, Answer::Done)]));
        assert!(!is_explained(&[(1, Some(4), a, Answer::Refused), (2, Some(3), b, Answer::Refused)]));
    }
}
