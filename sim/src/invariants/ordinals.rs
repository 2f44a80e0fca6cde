//! Ordinals never go back, over all lives, whatever the clock does.

use model::Ordinal;

use crate::scenario::Stop;

#[derive(Debug, Default)]
pub struct Ordinals(Ordinal);

impl Ordinals {
    /// An ordinal under which something was acknowledged.
    pub fn see(&mut self, ordinal: Ordinal) -> Result<(), Stop> {
        if ordinal <= self.0 {
            return Stop::violation(format!("{ordinal:?} was given after {:?}", self.0));
        }
        self.0 = ordinal;
        Ok(())
    }
}
