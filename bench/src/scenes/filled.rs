//! A data directory with a small and a large bucket, filled once for all scenarios that need one.
//!
//! Keys are `p0000/k000000`: a thousand prefixes, their keys put in turns so that every write lands elsewhere.

use crate::client::Ask;
use crate::load::Until;
use crate::process::Process;
use crate::report::Row;
use crate::source::noise;
use crate::stage::Stage;

pub const PREFIXES: u64 = 1000;
pub const SMALL: &str = "tenthousand";
pub const LARGE: &str = "million";
pub const DATA: &str = "filled";
const BODY_BYTES: usize = 32;
const CONNECTIONS: usize = 128;

/// A server on that directory, filled now if it was not yet.
pub fn serve(stage: &mut Stage) -> anyhow::Result<Process> {
    let server = stage.serve(DATA, &[])?;
    if stage.filled {
        return Ok(server);
    }
    for (bucket, keys) in [(SMALL, stage.scale.keys_small), (LARGE, stage.scale.keys)] {
        stage.make_bucket(&server, bucket)?;
        let body = noise(BODY_BYTES);
        let sha256 = digest::sha256(&body);
        let make = move |number: u64| {
            let (prefix, at) = (number % PREFIXES, number / PREFIXES);
            Ask::put(format!("/{bucket}/p{prefix:04}/k{at:06}"), body.clone(), sha256)
        };
        let measured = stage.measure(&server, CONNECTIONS, Until::Count(keys), make)?;
        if bucket == LARGE {
            let (rate, seconds) = (measured.done.rate(), measured.done.took.as_secs());
            let what = "32-byte PUTs, 128 writers";
            stage.rows.push(Row::new(DATA, what, rate, "/s").basis(format!("{keys} keys in {seconds} s")));
            stage.rows.push(Row::new(DATA, "server's processor time per PUT", measured.cpu_us_each(), "µs"));
        }
    }
    stage.filled = true;
    Ok(server)
}
