//! Work of which each device has its own, side by side with that of the others.

use std::collections::BTreeSet;
use std::time::Duration;

use semantics::Hall;
use stripe::Standing;
use tokio::task::JoinSet;

/// How often to look which devices there are.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The devices that are in.
pub(crate) fn devices_in(hall: &Hall) -> Vec<u16> {
    let all = hall.store().devices().into_iter();
    all.filter(|(_, standing)| *standing == Standing::In).map(|(device, _)| device).collect()
}

/// Has `work` begun for each of the `devices` that has none under way. Never ends; dropped, all work is.
pub(crate) async fn each_device<W: Future<Output = ()> + Send + 'static>(
    devices: impl Fn() -> Vec<u16>,
    work: impl Fn(u16) -> W,
) {
    let (mut tasks, mut busy) = (JoinSet::new(), BTreeSet::new());
    loop {
        for device in devices() {
            if busy.insert(device) {
                let work = work(device);
                tasks.spawn(async move {
                    work.await;
                    device
                });
            }
        }
        tokio::select! {
            Some(ended) = tasks.join_next() => match ended {
                Ok(device) => drop(busy.remove(&device)),
                Err(fault) => {
                    tracing::error!(%fault, "a device's work ended in disorder; all begin again");
                    tasks.shutdown().await;
                    busy.clear();
                }
            },
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}
