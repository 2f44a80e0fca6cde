//! Holds a store against the reference: the same operations into both, the same answers out of both.

use std::fmt;
use std::mem::discriminant;

use crate::sequence::Sequence;
use crate::{Operation, Outcome, Reference};

/// A store under test. It names opaque ids by `Names`, in the order in which its answers show them: in a listing of
/// versions first those of the versions, then of the delete markers, then the next marker; after a copy first the
/// version made, then the source's.
pub trait Subject {
    fn apply(&mut self, operation: &Operation) -> Outcome;
}

impl Subject for Reference {
    fn apply(&mut self, operation: &Operation) -> Outcome {
        Self::apply(self, operation)
    }
}

/// The first answer that differed, and what led to it.
pub struct Mismatch {
    /// The operations, of which the last was answered differently.
    pub operations: Vec<Operation>,
    pub expected: Outcome,
    pub found: Outcome,
}

impl fmt::Debug for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (step, operation) in self.operations.iter().enumerate() {
            writeln!(f, "{step:3} {operation:?}")?;
        }
        writeln!(f, "expected {}", brief(&self.expected))?;
        write!(f, "found    {}", brief(&self.found))
    }
}

/// Bodies are long and say little.
fn brief(outcome: &Outcome) -> String {
    let mut text = format!("{outcome:?}");
    if let Some(at) = text.find("body: Some(") {
        text.truncate(text.floor_char_boundary(at + 60));
        text.push('…');
    }
    text
}

/// Applies all operations to a fresh reference and to the subject, up to the first difference.
pub fn compare(subject: &mut dyn Subject, operations: &[Operation]) -> Result<(), Box<Mismatch>> {
    let mut reference = Reference::new();
    for (step, operation) in operations.iter().enumerate() {
        let expected = reference.apply(operation);
        let found = subject.apply(operation);
        if expected != found {
            let operations = operations[..=step].to_vec();
            return Err(Box::new(Mismatch { operations, expected, found }));
        }
    }
    Ok(())
}

/// Compares on the sequence of a seed; a difference comes back with as few operations as still show one.
pub fn check(
    fresh: &mut dyn FnMut() -> Box<dyn Subject>,
    seed: u64,
    operations: usize,
) -> Result<(), Box<Mismatch>> {
    compare(fresh().as_mut(), &Sequence::operations(seed, operations))
        .map_err(|mismatch| shrink(fresh, mismatch))
}

/// Leaves out operations one after the other, from the last before the difference to the first. What is left may have
/// two faults at once, so only a difference of the same sort counts.
fn shrink(fresh: &mut dyn FnMut() -> Box<dyn Subject>, mut mismatch: Box<Mismatch>) -> Box<Mismatch> {
    let mut at = mismatch.operations.len().saturating_sub(1);
    while at > 0 {
        at -= 1;
        let mut fewer = mismatch.operations.clone();
        fewer.remove(at);
        if let Err(smaller) = compare(fresh().as_mut(), &fewer)
            && sort(&smaller) == sort(&mismatch)
        {
            at = at.min(smaller.operations.len().saturating_sub(1));
            mismatch = smaller;
        }
    }
    mismatch
}

/// Which operation was answered differently, and with which codes or kinds of answers.
fn sort(mismatch: &Mismatch) -> impl PartialEq {
    let sort_of = |outcome: &Outcome| match outcome {
        Ok(answer) => Ok(discriminant(answer)),
        Err(refusal) => Err(refusal.code.clone()),
    };
    (mismatch.operations.last().map(discriminant), sort_of(&mismatch.expected), sort_of(&mismatch.found))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Forgets the metadata of copies.
    struct Forgetful(Reference);

    impl Subject for Forgetful {
        fn apply(&mut self, operation: &Operation) -> Outcome {
            match operation {
                Operation::CopyObject(copy) if !copy.replace => {
                    let copy = crate::operation::Copy { replace: true, ..copy.clone() };
                    self.0.apply(&Operation::CopyObject(copy))
                }
                other => self.0.apply(other),
            }
        }
    }

    #[test]
    fn a_store_like_the_reference_never_differs() {
        for seed in 0..30 {
            check(&mut || Box::new(Reference::new()), seed, 60).unwrap();
        }
    }

    #[test]
    fn a_store_with_a_fault_is_caught_and_the_proof_is_short() {
        let caught =
            (0..200).find_map(|seed| check(&mut || Box::new(Forgetful(Reference::new())), seed, 40).err());
        let mismatch = caught.unwrap();
        assert!(mismatch.operations.len() <= 6, "{mismatch:?}");
        assert_ne!(mismatch.expected, mismatch.found);
    }
}
