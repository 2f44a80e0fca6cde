//! Logs to standard error, metrics for Prometheus.

use anyhow::Context as _;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::cli::LogFormat;
use crate::log_buffer::LogBuffer;
use crate::log_fields::PlainFields;

/// From a microsecond's work to the longest wait for a disk, in seconds.
const LATENCY_BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 30.0];

/// The buffer wants a last `flush` before the process ends.
pub fn logs(format: LogFormat, filter: &str) -> anyhow::Result<LogBuffer> {
    let filter = EnvFilter::try_new(filter).with_context(|| format!("{filter:?} is no log filter"))?;
    let buffer = LogBuffer::start().context("starting the log")?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(buffer.clone());
    let set = match format {
        LogFormat::Text => builder.with_ansi(false).fmt_fields(PlainFields).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    set.map_err(|error| anyhow::anyhow!("starting the log: {error}"))?;
    Ok(buffer)
}

/// For commands that end: they say what is wrong, and no more.
pub fn in_runtime(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let log = logs(LogFormat::Text, "warn")?;
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    let outcome = runtime.block_on(work);
    log.flush();
    outcome
}

pub fn metrics() -> anyhow::Result<PrometheusHandle> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &LATENCY_BUCKETS)?
        .install_recorder()
        .context("starting the metrics")
}
