//! A device that was given up is changed no more by who still holds it.

mod support;

use std::thread;
use std::time::Duration;

use support::{Outcome, Scratch, body, fill, writer};
use volume::Fault;

#[test]
fn a_device_that_was_given_up_is_changed_no_more_once_another_set_has_it() -> Outcome {
    let scratch = Scratch::new("given-up");
    let extents = {
        let set = scratch.set()?;
        fill(&mut writer(&set)?, &[5000, 6000])?
    };
    let before = scratch.device()?;
    before.settle();
    let old = before.set().clone();
    before.abandon();
    while !before.has_ended() {
        thread::sleep(Duration::from_millis(5));
    }
    let after = scratch.device()?;
    after.set().delete(&extents[..1])?;
    assert_eq!(old.delete(&extents[1..]), Err(Fault::Closed));
    assert_eq!(old.delete(&extents), Err(Fault::Closed));
    assert_eq!(
        [old.vouch(), old.sweep_done(), old.checkpoint(), old.close()],
        [const { Err(Fault::Closed) }; 4]
    );
    after.shutdown()?;
    drop(after);

    let set = scratch.set()?;
    assert_eq!(set.epoch(), 4);
    assert!(matches!(set.read(&extents[0]), Err(Fault::Gone { .. })));
    assert_eq!(set.read(&extents[1])?, body(6000, 1));
    Ok(())
}
