//! Settings from flags, environment and file, made one.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use audit::FileOptions;
use keepers::archive::ArchiveOptions;
use keepers::{MoveOptions, ScrubOptions};
use model::Region;
use sigv4::V2;
use wire::{ServerOptions, TlsFiles};

use crate::cli::{LogFormat, NewBuckets, ServeArgs, Sigv2};
use crate::data_dir::DataDir;
use crate::size::Size;

const LISTEN: &str = "127.0.0.1:9000";
const DATA: &str = "strongroom-data";
const AUDIT_LOG_BYTES_MAX: u64 = 100 << 20;
const DAY_SECONDS: u64 = 24 * 60 * 60;
const AUDIT_LOG_FILES: usize = 10;

pub struct Settings {
    pub data: Vec<DataDir>,
    pub parity: Option<u8>,
    pub without: Vec<u16>,
    pub scrub: ScrubOptions,
    pub moving: MoveOptions,
    pub volume_bytes_max: Option<u64>,
    pub archive: ArchiveOptions,
    pub listen: SocketAddr,
    pub regions: Vec<Region>,
    pub tls: Option<TlsFiles>,
    pub log_format: LogFormat,
    pub log: String,
    pub audit_log: Option<FileOptions>,
    pub server: ServerOptions,
    pub semantics: semantics::Settings,
    pub drain: Duration,
    pub sigv2: V2,
    pub provider_roots: Option<PathBuf>,
}

impl Settings {
    pub fn read(flags: ServeArgs) -> anyhow::Result<Self> {
        let file = match &flags.config {
            None => ServeArgs::default(),
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
                toml::from_str(&text).with_context(|| format!("reading {}", path.display()))?
            }
        };
        Self::settle(merge(flags, file))
    }

    fn settle(args: ServeArgs) -> anyhow::Result<Self> {
        let default = || vec![DataDir { path: DATA.into(), zone: None }];
        let data = if args.data.is_empty() { default() } else { args.data };
        if args.parity.is_some_and(|parity| usize::from(parity) >= data.len()) {
            bail!(
                "a parity of {} needs more devices than the {} given",
                args.parity.unwrap_or(0),
                data.len()
            );
        }
        let mut regions = Vec::new();
        for name in &args.region {
            regions.push(Region::parse(name).with_context(|| {
                format!(
                    "{name:?} is no region name: use lower-case letters, digits and hyphens, as in eu-west-1"
                )
            })?);
        }
        let tls = match (args.tls_cert, args.tls_key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
            _ => bail!("give both tls-cert and tls-key, or neither"),
        };
        let audit_log = args.audit_log.map(|path| FileOptions {
            path,
            bytes_max: args.audit_log_bytes_max.map_or(AUDIT_LOG_BYTES_MAX, |size| size.0),
            files_max: args.audit_log_files.unwrap_or(AUDIT_LOG_FILES),
        });
        if audit_log.as_ref().is_some_and(|log| log.files_max == 0) {
            bail!("audit-log-files must be at least 1");
        }
        let mut server = ServerOptions { domains: args.domain, ..ServerOptions::default() };
        set(&mut server.limits.connections_max, args.connections_max);
        set(&mut server.timeouts.head, args.header_timeout.map(Duration::from_secs));
        set(&mut server.timeouts.body, args.body_timeout.map(Duration::from_secs));
        let mut semantics =
            semantics::Settings { regions: regions.clone(), ..semantics::Settings::default() };
        set(&mut semantics.inline_bytes_max, args.inline_max);
        if args.new_buckets == Some(NewBuckets::Open) {
            semantics.new_buckets = semantics::NewBuckets::Open;
        }
        Ok(Self {
            data,
            parity: args.parity,
            without: args.without,
            scrub: scrub(args.scrub_days, args.scrub_rate),
            moving: moving(args.reclaim_rate, args.rebalance_at),
            volume_bytes_max: args.volume_max.map(|size| size.0),
            archive: archive(args.archive_allowance, args.archive_rate),
            listen: match args.listen {
                Some(address) => address,
                None => LISTEN.parse().context("the default address")?,
            },
            regions,
            tls,
            log_format: args.log_format.unwrap_or(LogFormat::Text),
            log: args.log.unwrap_or_else(|| "info".to_owned()),
            audit_log,
            server,
            semantics,
            drain: Duration::from_secs(args.drain_timeout.unwrap_or(30)),
            sigv2: match args.sigv2 {
                None | Some(Sigv2::Presigned) => V2::Presigned,
                Some(Sigv2::Off) => V2::Off,
                Some(Sigv2::On) => V2::On,
            },
            provider_roots: args.provider_roots,
        })
    }
}

fn scrub(days: Option<u16>, rate: Option<Size>) -> ScrubOptions {
    let mut scrub = ScrubOptions::default();
    set(&mut scrub.interval, days.map(|days| Duration::from_secs(u64::from(days) * DAY_SECONDS)));
    set(&mut scrub.bytes_per_second, rate.map(|rate| rate.0));
    scrub
}

fn moving(rate: Option<Size>, at: Option<Size>) -> MoveOptions {
    let mut moving = MoveOptions { rebalance_at_bytes: at.map(|size| size.0), ..MoveOptions::default() };
    set(&mut moving.bytes_per_second, rate.map(|rate| rate.0));
    moving
}

fn archive(allowance: Option<Size>, rate: Option<Size>) -> ArchiveOptions {
    let mut archive = ArchiveOptions::default();
    set(&mut archive.allowance_bytes, allowance.map(|allowance| allowance.0));
    set(&mut archive.bytes_per_second, rate.map(|rate| rate.0));
    archive
}

fn set<T>(setting: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *setting = given;
    }
}

/// What flags and environment leave open, the file says.
fn merge(flags: ServeArgs, file: ServeArgs) -> ServeArgs {
    let or = |first: Vec<String>, second| if first.is_empty() { second } else { first };
    ServeArgs {
        config: flags.config,
        data: if flags.data.is_empty() { file.data } else { flags.data },
        parity: flags.parity.or(file.parity),
        scrub_days: flags.scrub_days.or(file.scrub_days),
        scrub_rate: flags.scrub_rate.or(file.scrub_rate),
        reclaim_rate: flags.reclaim_rate.or(file.reclaim_rate),
        rebalance_at: flags.rebalance_at.or(file.rebalance_at),
        volume_max: flags.volume_max.or(file.volume_max),
        archive_allowance: flags.archive_allowance.or(file.archive_allowance),
        archive_rate: flags.archive_rate.or(file.archive_rate),
        without: if flags.without.is_empty() { file.without } else { flags.without },
        listen: flags.listen.or(file.listen),
        region: or(flags.region, file.region),
        domain: or(flags.domain, file.domain),
        tls_cert: flags.tls_cert.or(file.tls_cert),
        tls_key: flags.tls_key.or(file.tls_key),
        log_format: flags.log_format.or(file.log_format),
        log: flags.log.or(file.log),
        audit_log: flags.audit_log.or(file.audit_log),
        audit_log_bytes_max: flags.audit_log_bytes_max.or(file.audit_log_bytes_max),
        audit_log_files: flags.audit_log_files.or(file.audit_log_files),
        inline_max: flags.inline_max.or(file.inline_max),
        connections_max: flags.connections_max.or(file.connections_max),
        header_timeout: flags.header_timeout.or(file.header_timeout),
        body_timeout: flags.body_timeout.or(file.body_timeout),
        drain_timeout: flags.drain_timeout.or(file.drain_timeout),
        sigv2: flags.sigv2.or(file.sigv2),
        new_buckets: flags.new_buckets.or(file.new_buckets),
        provider_roots: flags.provider_roots.or(file.provider_roots),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file_and_defaults_fill_the_rest() {
        let file: ServeArgs =
            toml::from_str("data = [\"/srv/a\"]\nlisten = \"127.0.0.1:1\"\nregion = [\"eu-west-1\"]")
                .unwrap();
        let flags = ServeArgs { listen: "127.0.0.1:2".parse().ok(), ..ServeArgs::default() };
        let settings = Settings::settle(merge(flags, file)).unwrap();
        assert_eq!(settings.listen.port(), 2);
        assert_eq!(settings.data[0].path, PathBuf::from("/srv/a"));
        assert_eq!(settings.regions.len(), 1);
        assert_eq!(settings.log, "info");
    }

    #[test]
    fn unknown_names_in_the_file_and_odd_regions_are_refused() {
        assert!(toml::from_str::<ServeArgs>("dat = []").is_err());
        let flags = ServeArgs { region: vec!["EU".into()], ..ServeArgs::default() };
        assert!(Settings::settle(flags).is_err());
    }
}
