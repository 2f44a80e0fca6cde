//! The store under strain: devices that are slow, hang or are full, and those that nobody can do without.

mod support;

use std::time::Duration;

use stripe::{CHUNK_BYTES, Fault, Layout, Redundancy, Standing};
use support::{
    BUFFER_BYTES_MAX, FULL, HANGS, Health, ILL, Outcome, PATIENCE, SLOW, Shelf, WELL, body, land, owner,
    read_back, spoil,
};
use tokio::time::{sleep, timeout};

/// More than anything here takes that ends at all.
const FOREVER: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_device_that_alone_takes_bytes_is_an_error_and_no_endless_loop() -> Outcome {
    for standing in [Standing::Out, Standing::Draining] {
        let shelf = Shelf::new(&format!("last-{standing:?}"), 2, 1);
        let store = shelf.open(2, 1)?;
        store.stand(0, standing);
        shelf.health[1].set(FULL);
        let filling = async {
            loop {
                if let Err(fault) = land(&store, body(CHUNK_BYTES, 1)).await {
                    return fault;
                }
            }
        };
        let fault = timeout(FOREVER, filling).await?;
        assert!(matches!(fault, Fault::NoSpace { .. }), "{fault:?}");
        shelf.health[1].set(WELL);
        sleep(Duration::from_millis(1100)).await;
        land(&store, body(CHUNK_BYTES, 2)).await?;
    }
    Ok(())
}
