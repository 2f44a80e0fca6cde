//! `strongroom serve`: opens the engine, wires the rooms together, serves until told to stop, drains.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ::backup::Desk;
use admin::{Admin, Welcome};
use anyhow::{Context as _, bail};
use audit::Audit;
use auth::{Accounts, Auth, Credentials};
use identity::Registry;
use keepers::site::{self, Keeping};
use keepers::steward::Steward;
use model::Region;
use oidc::{HttpFetch, Verifier};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use semantics::Hall;
use tokio::signal::unix::{Signal, SignalKind, signal};
use wire::{Listener, Server, Tls, Watchers};
use world::{Clock, OsRandom, Random, SystemClock};
use zeroize::Zeroizing;

use crate::access_lines::AccessLines;
use crate::beside::Beside;
use crate::cli::ServeArgs;
use crate::client::SYSTEM_CERTIFICATES;
use crate::corridor::Corridor;
use crate::kept::{self, Kept};
use crate::log_buffer::LogBuffer;
use crate::settings::Settings;
use crate::{engine, master_key, root, telemetry, unfinished};

pub fn run(arguments: ServeArgs) -> anyhow::Result<()> {
    let settings = Settings::read(arguments)?;
    let log = telemetry::logs(settings.log_format, &settings.log)?;
    spare_huge_pages();
    allow_open_files();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(512)
        .thread_name("serve")
        .build()
        .context("starting the runtime")?;
    let outcome = runtime.block_on(serve(settings, log.clone()));
    // Background hashing and reads of requests that were cut off need not end first.
    runtime.shutdown_timeout(Duration::from_secs(1));
    log.flush();
    outcome
}

/// The allocator asks for huge pages, and the buffers of requests come and go on many threads: clearing 2 MiB for each
/// first of 256 KiB took more than half of a repair's processor time.
fn spare_huge_pages() {
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::debug!(%error, "huge pages stay on: large transfers may cost more");
    }
}

/// As many files as the system lets this process open: each device has hundreds of volumes, and the usual limit of a
/// service is 1,024.
fn allow_open_files() {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::warn!(%error, ?limit, "the limit of open files stays as it is");
    }
}

async fn serve(settings: Settings, log: LogBuffer) -> anyhow::Result<()> {
    let metrics = telemetry::metrics()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let random: Arc<dyn Random> = Arc::new(OsRandom);
    // Before the ready line: who waits for it may stop us at once.
    let mut signals = Signals::listen()?;
    // Ports and certificates first: a mistake there should cost nothing.
    let tls = settings.tls.clone().map(Tls::load).transpose()?;
    let listener = Listener::bind(settings.listen, settings.server.limits.backlog, tls.clone())
        .with_context(|| format!("listening on {}; is another server running there?", settings.listen))?;
    let address = listener.address()?;
    unfinished::check(&settings.data)?;
    let engine = engine::open(&settings, clock.clone(), random.clone()).await?;

    let sealer = master_key::sealer(&engine.dirs, &engine.catalog, &random).await?;
    let accounts = Accounts::new(engine.catalog.clone(), random.clone(), sealer.clone());
    let root_account = accounts.ensure_root().await?;
    let (credentials, drawn) = root::credentials(&engine.dirs, &accounts)?;
    let auth = Auth::new(
        engine.catalog.clone(),
        credentials.clone(),
        root_account,
        settings.regions.clone(),
        settings.sigv2,
        sealer.clone(),
    );
    auth.prove_tokens_by(providers(settings.provider_roots.as_deref())?);
    let hall = Hall::new(
        engine.catalog.clone(),
        engine.store.clone(),
        clock.clone(),
        random.clone(),
        settings.semantics.clone(),
    );
    let ready = Arc::new(AtomicBool::new(true));
    let audit = open_audit(&settings, clock.clone(), random.clone())?;
    let desk = Desk::new(hall.clone(), random.clone());
    let steward = (engine.steward.clone(), welcome(&engine.dirs));
    let admin = Admin::new(auth.clone(), accounts, audit.clone(), steward, desk, clock.clone());
    let catalog = engine.catalog.clone();
    let beside = Beside { admin, metrics: metrics.clone(), ready: ready.clone(), catalog };
    let access = AccessLines::open(log, settings.log_format, clock.clone());
    let registry = Registry::new(engine.catalog.clone(), clock.clone(), random.clone(), sealer);
    let watchers = Watchers { access, audit: Some(Arc::new(audit.clone())) };
    let corridor = Corridor { auth: auth.clone(), hall: hall.clone(), registry, clock };
    let server =
        Server::new(Arc::new(corridor), Arc::new(beside), watchers, settings.server.clone(), random.u128());
    let keeping = keep(&hall, auth, &engine.steward, &settings, metrics);
    // The listener takes connections already; whoever is answered finds these lines written.
    greet(address, tls.is_some(), &engine.dirs, &credentials, drawn);
    let serving = tokio::spawn({
        let server = server.clone();
        async move { server.serve(listener).await }
    });

    signals.wait_for_stop(tls.as_ref()).await;
    ready.store(false, Ordering::Relaxed);
    tracing::info!("draining: no new connections, requests in flight finish");
    audit.dismiss();
    if !server.drain(settings.drain).await {
        tracing::warn!("some requests did not finish in time and were cut off");
    }
    keeping.end().await;
    serving.abort();
    world::thread::spawn_blocking(move || audit.close()).await?;
    engine.close().await
}

/// What a directory gets that comes in while this runs: as the others at the start.
fn welcome(dirs: &[PathBuf]) -> Welcome {
    let mut secrets = Vec::new();
    for name in [master_key::FILE, root::FILE] {
        // Read now, as a device may hang later. What can't be read is not what this start goes by.
        let kept = Kept { name, dirs }.read(|bytes| Ok(Zeroizing::new(bytes.to_vec())));
        secrets.extend(kept.unwrap_or_default().map(|bytes| (name, bytes)));
    }
    Arc::new(move |dir| {
        engine::private(dir)?;
        secrets.iter().try_for_each(|(name, bytes)| kept::write(dir, name, bytes))
    })
}

fn open_audit(settings: &Settings, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> anyhow::Result<Audit> {
    let own = settings.regions.first();
    let region = own.map_or_else(|| Region::CLASSIC.to_owned(), |region| region.as_str().to_owned());
    let shown = settings.audit_log.as_ref().map(|log| log.path.display().to_string()).unwrap_or_default();
    Audit::open(settings.audit_log.clone(), region, clock, random)
        .with_context(|| format!("opening the audit log {shown}"))
}

/// Asks identity providers for their keys: those whom the system's certificates or the operator's vouch for.
fn providers(own: Option<&Path>) -> anyhow::Result<Verifier> {
    if let Some(own) = own.filter(|own| !own.exists()) {
        bail!("the certificates of --provider-roots are not there: {}", own.display());
    }
    let files: Vec<&Path> = [Path::new(SYSTEM_CERTIFICATES)].into_iter().chain(own).collect();
    let fetch = HttpFetch::new(&files).context("reading certificates for identity providers")?;
    Ok(Verifier::new(Box::new(fetch)))
}

fn keep(
    hall: &Hall,
    auth: Auth,
    steward: &Arc<Steward>,
    settings: &Settings,
    metrics: metrics_exporter_prometheus::PrometheusHandle,
) -> Keeping {
    let mut keeping = site::keep(hall, steward, settings.scrub, settings.moving, Some(settings.archive));
    if !settings.without.is_empty() {
        // Whoever was given up just now was in before, and nobody has noticed that it went.
        keeping.repair.pass();
    }
    keeping.tasks.extend([
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                if let Err(fault) = auth.write_uses().await {
                    tracing::warn!(%fault, "when keys were last used could not be written");
                }
            }
        }),
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(5)).await;
                metrics.run_upkeep();
            }
        }),
    ]);
    keeping
}

/// One line with the address and a command to try; drawn credentials only the first time.
fn greet(address: std::net::SocketAddr, tls: bool, dirs: &[PathBuf], credentials: &Credentials, drawn: bool) {
    let scheme = if tls { "https" } else { "http" };
    let url = format!("{scheme}://{address}");
    let mut out = std::io::stdout().lock();
    if drawn {
        let _ = writeln!(
            out,
            "Root credentials, shown this once and kept in {}:\n  export AWS_ACCESS_KEY_ID={}\n  export AWS_SECRET_ACCESS_KEY={}",
            root::kept_in(dirs).display(),
            credentials.access_key,
            credentials.secret.expose(),
        );
    }
    let hint = if std::io::stdout().is_terminal() { "  (Ctrl-C stops it)" } else { "" };
    let _ = writeln!(
        out,
        "Strongroom is ready: S3 at {url}; try: AWS_ENDPOINT_URL={url} aws s3 mb s3://my-first-bucket{hint}"
    );
    let _ = out.flush();
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Returns on SIGTERM or SIGINT; SIGHUP reads the certificate again.
    async fn wait_for_stop(&mut self, tls: Option<&Tls>) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hangup.recv() => match tls.map(Tls::reload) {
                    None => tracing::info!("SIGHUP: nothing to read again without TLS"),
                    Some(Ok(())) => tracing::info!("the certificate was read again"),
                    Some(Err(error)) => tracing::error!(%error, "the old certificate stays"),
                },
            }
        }
    }
}
