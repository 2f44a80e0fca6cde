//! When a device is ill, and when it is well again: a rule over what was seen. Pure.

use super::probe::Sight;
use crate::roster::Reason;

/// One error may be chance, a second one in a row is not.
const ERRORS_MAX: u32 = 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    Nothing,
    Ill(Reason),
    Well,
}

/// What was seen before.
#[derive(Debug, Default)]
pub struct Pulse {
    errors: u32,
}

impl Pulse {
    pub fn feel(&mut self, sight: &Sight, has_written: bool, is_member: bool) -> Finding {
        self.errors = if let Sight::Erred(_) = sight { self.errors.saturating_add(1) } else { 0 };
        match sight {
            Sight::Same if !is_member && has_written => Finding::Well,
            Sight::Other if is_member => Finding::Ill(Reason::Swapped),
            Sight::Erred(_) if is_member && self.errors > ERRORS_MAX => Finding::Ill(Reason::Failed),
            Sight::Same | Sight::Other | Sight::Erred(_) => Finding::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error() -> Sight {
        Sight::Erred("EIO".to_owned())
    }

    #[test]
    fn a_member_is_ill_at_the_second_error_in_a_row() {
        let mut pulse = Pulse::default();
        assert_eq!(pulse.feel(&error(), false, true), Finding::Nothing);
        assert_eq!(pulse.feel(&Sight::Same, true, true), Finding::Nothing);
        assert_eq!(pulse.feel(&error(), true, true), Finding::Nothing);
        assert_eq!(pulse.feel(&error(), false, true), Finding::Ill(Reason::Failed));
        assert_eq!(pulse.feel(&error(), false, true), Finding::Ill(Reason::Failed));
    }

    #[test]
    fn another_device_in_its_place_is_ill_at_once() {
        assert_eq!(Pulse::default().feel(&Sight::Other, false, true), Finding::Ill(Reason::Swapped));
    }

    #[test]
    fn a_device_that_is_out_is_well_when_it_took_a_write_and_never_ill() {
        let mut pulse = Pulse::default();
        assert_eq!(pulse.feel(&Sight::Same, false, false), Finding::Nothing);
        assert_eq!(pulse.feel(&Sight::Same, true, false), Finding::Well);
        assert_eq!(pulse.feel(&Sight::Other, true, false), Finding::Nothing);
        assert_eq!(pulse.feel(&error(), true, false), Finding::Nothing);
        assert_eq!(pulse.feel(&error(), true, false), Finding::Nothing);
    }
}
