//! What a scenario is: one history of a program on one disk, and what must hold of it.

use std::fmt::Display;

use crate::SimDisk;

/// Why a life ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The machine went off or its device erred; whatever failed since says nothing.
    Faulted,
    /// An invariant is broken.
    Violation(String),
}

impl Stop {
    pub fn violation<T>(what: impl Into<String>) -> Result<T, Self> {
        Err(Self::Violation(what.into()))
    }
}

pub trait Scenario {
    /// Starts the program on this disk, checks all that earlier lives acknowledged, then works on for so many steps.
    /// What it remembers between its lives is what clients remember.
    fn live(&mut self, disk: &SimDisk, steps: u64) -> Result<(), Stop>;
}

/// A result that only a fault of the machine excuses from being good.
pub fn alive<T, E: Display>(disk: &SimDisk, doing: &str, result: Result<T, E>) -> Result<T, Stop> {
    result.map_err(|error| {
        if disk.has_faulted() { Stop::Faulted } else { Stop::Violation(format!("{doing}: {error}")) }
    })
}
