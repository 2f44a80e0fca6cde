//! A sequence of the reference's, asked of the site and answered as the reference does, over all its lives.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use reference::differential::Subject as _;
use reference::hall::{Front, HallSubject, House};
use reference::sequence::Sequence;
use reference::{Answer, Operation, Reference};
use world::ManualClock;

use super::excuse::Excuse;
use super::life::Life;
use crate::scenario::Stop;

/// The life that there is now.
#[derive(Default)]
pub struct Desk {
    pub life: Option<Life>,
    /// What stopped a call.
    stop: Cell<Option<Stop>>,
    /// There is no account to ask by.
    nobody: Cell<bool>,
}

impl Desk {
    pub fn life(&self) -> &Life {
        self.life.as_ref().expect("a life is being lived")
    }
}

impl House for Desk {
    fn front(&self) -> &Front {
        &self.life().rooms().front
    }

    fn clock(&self) -> &ManualClock {
        self.life().clock()
    }

    fn run<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.life().run("a call", work).map_err(|stop| self.stop.set(Some(stop))).ok()
    }

    fn restart(&mut self) {}

    fn make_account(&self, number: u64) {
        let made = self.run(self.front().make_account(number));
        self.nobody.set(!matches!(made, Some(Ok(()))));
    }
}

pub struct Compare {
    desk: Rc<RefCell<Desk>>,
    subject: Option<HallSubject<Desk>>,
    reference: Reference,
    sequence: Sequence,
    asked: Vec<Operation>,
    /// A change was cut off, so nobody knows what is right.
    given_up: bool,
}

impl Compare {
    pub fn new(desk: Rc<RefCell<Desk>>, seed: u64) -> Self {
        let (reference, sequence) = (Reference::new(), Sequence::new(seed));
        Self { desk, subject: None, reference, sequence, asked: Vec::new(), given_up: false }
    }

    /// So many further operations.
    pub fn go_on(&mut self, operations: usize, excuse: &Excuse) -> Result<(), Stop> {
        for _ in 0..operations {
            if self.given_up || excuse.is_off() {
                return Ok(());
            }
            self.step(excuse)?;
        }
        Ok(())
    }

    fn step(&mut self, excuse: &Excuse) -> Result<(), Stop> {
        let desk = &self.desk;
        let subject = self.subject.get_or_insert_with(|| HallSubject::new(desk.clone(), 1, None));
        let Some(operation) = self.sequence.next() else { return Ok(()) };
        let found = subject.apply(&operation);
        if let Some(stop) = self.desk.borrow().stop.take() {
            return Err(stop);
        }
        self.asked.push(operation.clone());
        if excuse.is_off() || self.desk.borrow().nobody.get() {
            self.given_up = true;
            return Ok(());
        }
        let expected = self.reference.apply(&operation);
        if found == expected {
            return Ok(());
        }
        let failed = match &found {
            Err(refusal) => is_failure(&refusal.code),
            Ok(Answer::DeletedMany { errors, .. }) => errors.iter().any(|error| is_failure(&error.code)),
            Ok(_) => false,
        };
        let reads = only_reads(&operation);
        if failed && (if reads { excuse.reads_may_fail() } else { excuse.writes_may_fail() }) {
            // A read changed nothing; but by the token of a page that nobody got a later one may ask.
            self.given_up =
                !reads || matches!(operation, Operation::ListBuckets(_) | Operation::ListObjectsV2(_));
            return Ok(());
        }
        let asked = self.asked.iter().map(|operation| format!("\n    {operation:?}")).collect::<String>();
        let brief =
            |outcome: &reference::Outcome| format!("{outcome:?}").chars().take(600).collect::<String>();
        let (expected, found) = (brief(&expected), brief(&found));
        Stop::violation(format!("the reference answers {expected}\n  the site {found}\n  asked:{asked}"))
    }
}

fn only_reads(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::HeadBucket { .. }
            | Operation::ListBuckets(_)
            | Operation::GetBucketVersioning { .. }
            | Operation::GetBucketTagging { .. }
            | Operation::GetObjectLockConfiguration { .. }
            | Operation::GetObject(_)
            | Operation::HeadObject(_)
            | Operation::GetObjectTagging(_)
            | Operation::GetObjectRetention(_)
            | Operation::GetObjectLegalHold(_)
            | Operation::GetObjectAttributes(_)
            | Operation::ListObjects(_)
            | Operation::ListObjectsV2(_)
            | Operation::ListObjectVersions(_)
            | Operation::ListParts { .. }
            | Operation::ListMultipartUploads(_)
    )
}

fn is_failure(code: &str) -> bool {
    matches!(code, "InternalError" | "ServiceUnavailable" | "SlowDown")
}
