//! Many connections, each with one request in flight, until a count or a time is reached.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::client::{Ask, Connection, Who};

#[derive(Clone, Copy)]
pub enum Until {
    Count(u64),
    Passed(Duration),
}

/// What a load did.
pub struct Done {
    pub requests: u64,
    pub took: Duration,
    /// Microseconds of each request, sorted.
    latencies_us: Vec<u32>,
}

impl Done {
    pub fn rate(&self) -> f64 {
        self.requests as f64 / self.took.as_secs_f64()
    }

    /// Milliseconds within which `share` of the requests were answered.
    pub fn latency_ms(&self, share: f64) -> f64 {
        let last = self.latencies_us.len().saturating_sub(1);
        let at = (last as f64 * share).round() as usize;
        self.latencies_us.get(at).map_or(0.0, |us| f64::from(*us) / 1e3)
    }
}

/// `make` gets the request's number, counted over all connections.
pub async fn drive<F>(
    address: SocketAddr,
    who: &Who,
    connections: usize,
    until: Until,
    make: F,
) -> anyhow::Result<Done>
where
    F: Fn(u64) -> Ask + Send + Sync + 'static,
{
    let mut opened = Vec::with_capacity(connections);
    for _ in 0..connections {
        opened.push(Connection::open_as(address, who).await?);
    }
    let (make, next) = (Arc::new(make), Arc::new(AtomicU64::new(0)));
    let started = Instant::now();
    let workers: Vec<_> = opened
        .into_iter()
        .map(|connection| {
            tokio::spawn(work(connection, until, started, Arc::clone(&make), Arc::clone(&next)))
        })
        .collect();
    let mut latencies_us = Vec::new();
    for worker in workers {
        latencies_us.extend(worker.await??);
    }
    let took = started.elapsed();
    latencies_us.sort_unstable();
    Ok(Done { requests: latencies_us.len() as u64, took, latencies_us })
}

async fn work<F: Fn(u64) -> Ask>(
    mut connection: Connection,
    until: Until,
    started: Instant,
    make: Arc<F>,
    next: Arc<AtomicU64>,
) -> anyhow::Result<Vec<u32>> {
    let mut latencies_us = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let over = match until {
            Until::Count(count) => number >= count,
            Until::Passed(time) => started.elapsed() >= time,
        };
        if over {
            return Ok(latencies_us);
        }
        let asked = Instant::now();
        connection.ask(make(number)).await?;
        latencies_us.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
    }
}
