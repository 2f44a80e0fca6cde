//! The command line, explained to who reads `--help`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Deserialize;

use crate::data_dir::DataDir;
use crate::size::Size;

#[derive(Parser)]
#[command(
    name = "strongroom",
    version,
    about = "Amazon S3 for your own machines: durable by default.",
    after_help = "Example:\n  strongroom serve --data ./strongroom-data\n\nThen, in another terminal, the `aws` command that `serve` prints."
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Run the server
    Serve(Box<ServeArgs>),
    /// Show the devices of a running server, and whether everything has its full redundancy
    #[command(after_help = OPERATING)]
    Status {
        #[command(flatten)]
        output: Output,
    },
    /// Add, drain, return and remove devices of a running server
    #[command(after_help = OPERATING)]
    Device {
        #[command(subcommand)]
        action: DeviceAction,
    },
    /// Look at every object and give it its full redundancy again; waits until that is done
    #[command(after_help = OPERATING)]
    Repair {
        #[command(flatten)]
        output: Output,
    },
    /// Even out how full the devices are, which begins by itself; waits until nothing is left to move
    #[command(after_help = OPERATING)]
    Rebalance(RebalanceArgs),
    /// Read and prove every record on every device now; waits until that is done
    #[command(after_help = OPERATING)]
    Scrub {
        #[command(flatten)]
        output: Output,
    },
    /// Check every object against the bytes on the devices, and every record against the objects; waits
    #[command(
        after_help = "Finds the server by AWS_ENDPOINT_URL and signs with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which must be the root credentials.\n\nWith --rebuild no server may run on the directories, and the catalog must be lost: it is made anew of the rows that the volumes hold. Exits with 1 when something is missing.\n\nExample:\n  strongroom verify --rebuild --data /mnt/d1 --data /mnt/d2"
    )]
    Verify(Box<VerifyArgs>),
    /// Make, list and delete accounts on a running server
    #[command(
        after_help = "Finds the server by AWS_ENDPOINT_URL and signs with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which must be the root credentials.\n\nExample:\n  strongroom account create alice --email alice@example.com"
    )]
    Account {
        #[command(subcommand)]
        action: AccountAction,
    },
    /// Back a running site up, and look after its backups
    #[command(
        args_conflicts_with_subcommands = true,
        subcommand_negates_reqs = true,
        after_help = "Finds the server by AWS_ENDPOINT_URL and signs with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which must be the root credentials. An S3 destination may have others: STRONGROOM_BACKUP_ACCESS_KEY, STRONGROOM_BACKUP_SECRET_KEY, STRONGROOM_BACKUP_SESSION_TOKEN.\n\nThe master key is not in the backup; without it the secrets in a backup are lost. Keep a copy of it apart.\n\nExits with 3 when a backup is made but something in it is missing.\n\nExamples:\n  strongroom backup --to /mnt/backups\n  strongroom backup --to s3://backups/site --endpoint-url https://s3.example.com\n  strongroom backup verify --from /mnt/backups --read-data\n  strongroom backup prune --from /mnt/backups --keep 14"
    )]
    Backup(Box<BackupArgs>),
    /// Restore a backup into a new data directory
    #[command(
        after_help = "The server must not run there. A restore that was cut off goes on when it is run again.\n\nExits with 3 when all is restored but some objects, whose bytes were damaged.\n\nExample:\n  strongroom restore --from /mnt/backups --data /srv/strongroom --master-key ./master-key"
    )]
    Restore(Box<RestoreArgs>),
}

/// How to reach a place that is an S3.
#[derive(Args)]
pub struct PlaceArgs {
    /// Endpoint of the S3 that keeps the backups [default: Amazon's]
    #[arg(long, env = "STRONGROOM_BACKUP_ENDPOINT_URL", value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Region of that S3 [default: AWS_REGION, AWS_DEFAULT_REGION, us-east-1]
    #[arg(long, env = "STRONGROOM_BACKUP_REGION", value_name = "NAME")]
    pub region: Option<String>,
}

#[derive(Args)]
pub struct BackupArgs {
    #[command(subcommand)]
    pub action: Option<BackupAction>,
    /// Where to: a directory of this machine, or s3://bucket/prefix
    #[arg(long, value_name = "PLACE", required = true)]
    pub to: Option<String>,
    #[command(flatten)]
    pub place: PlaceArgs,
    /// Requests for bytes at the same time
    #[arg(long, value_name = "COUNT", default_value_t = 4)]
    pub jobs: usize,
    /// Take at most so many bytes a second from the server, as in 20MiB
    #[arg(long, value_name = "SIZE")]
    pub limit_rate: Option<Size>,
    /// Directory for rows and for the list of what is still to be fetched [default: the system's temporary one]
    #[arg(long, value_name = "DIR")]
    pub spool: Option<PathBuf>,
    /// Print JSON lines
    #[arg(long)]
    pub json: bool,
}

#[derive(Subcommand)]
pub enum BackupAction {
    /// List backups, the oldest first
    List {
        /// Where they are: a directory, or s3://bucket/prefix
        #[arg(long, value_name = "PLACE")]
        from: String,
        #[command(flatten)]
        place: PlaceArgs,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Prove that everything which backups need is there
    Verify {
        /// Where they are: a directory, or s3://bucket/prefix
        #[arg(long, value_name = "PLACE")]
        from: String,
        #[command(flatten)]
        place: PlaceArgs,
        /// One backup alone [default: all]
        #[arg(long, value_name = "ID")]
        backup: Option<String>,
        /// Read every byte, not only rows
        #[arg(long)]
        read_data: bool,
        /// Print JSON lines
        #[arg(long)]
        json: bool,
    },
    /// Remove old backups, and what only they need
    Prune {
        /// Where they are: a directory, or s3://bucket/prefix
        #[arg(long, value_name = "PLACE")]
        from: String,
        #[command(flatten)]
        place: PlaceArgs,
        /// How many of the latest stay
        #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
        keep: u32,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
pub struct RestoreArgs {
    /// Where backups are: a directory, or s3://bucket/prefix
    #[arg(long, value_name = "PLACE")]
    pub from: String,
    #[command(flatten)]
    pub place: PlaceArgs,
    /// Which one [default: the latest]
    #[arg(long, value_name = "ID")]
    pub backup: Option<String>,
    /// New data directory, as for `serve`
    #[arg(long, value_name = "DIR", required = true)]
    pub data: Vec<DataDir>,
    /// The settings' file of the server
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Go on when packs are not there: what they held is lost
    #[arg(long)]
    pub without_missing: bool,
    /// How many devices may be lost at once, as for `serve`: it is not in a backup
    #[arg(long, env = "STRONGROOM_PARITY", value_name = "COUNT", value_parser = clap::value_parser!(u8).range(0..=8))]
    pub parity: Option<u8>,
    /// The master key's file; it is checked, and kept in the data directory. STRONGROOM_MASTER_KEY is checked as well
    #[arg(long, value_name = "FILE")]
    pub master_key: Option<PathBuf>,
    /// Print JSON lines
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct RebalanceArgs {
    /// Move nothing from now on, restarts included
    #[arg(long)]
    pub pause: bool,
    /// Go on after a pause
    #[arg(long, conflicts_with = "pause")]
    pub resume: bool,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    pub output: Output,
    /// Make the catalog anew of what the volumes hold, after all copies of it were lost
    #[arg(long)]
    pub rebuild: bool,
    /// With --rebuild: the data directories, as for `serve`
    #[arg(long, value_name = "DIR", value_delimiter = ',', requires = "rebuild")]
    pub data: Vec<DataDir>,
    /// With --rebuild: the settings' file of the server
    #[arg(long, value_name = "FILE", requires = "rebuild")]
    pub config: Option<PathBuf>,
    /// With --rebuild: go on without this device, which is lost for good; may be repeated
    #[arg(long, value_name = "NUMBER", value_delimiter = ',', requires = "rebuild")]
    pub without: Vec<u16>,
}

#[derive(Subcommand)]
pub enum DeviceAction {
    /// Take a further directory into use: a new device, or one that was out
    #[command(after_help = "Example:\n  strongroom device add zone=b:/mnt/d7")]
    Add {
        /// A directory on the server's machine, perhaps with its zone: DIR or zone=NAME:DIR
        directory: DataDir,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Move everything off a device, and wait until it is empty
    Drain {
        number: u16,
        #[command(flatten)]
        output: Output,
    },
    /// Let a device in again that was out or draining, and wait for the repair
    Return {
        number: u16,
        #[command(flatten)]
        output: Output,
    },
    /// Use a device no more until `return`; what it held is laid anew on the others
    Out { number: u16 },
    /// Give up a device for good: one that is empty, or out and repaired
    Remove { number: u16 },
}

#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Output {
    /// Print JSON: progress as a line each half second
    #[arg(long)]
    pub json: bool,
}

const OPERATING: &str = "Finds the server by AWS_ENDPOINT_URL and signs with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which must be the root credentials.";

/// Every setting can be a flag, an environment variable or a line of the TOML file; flags win, then the
/// environment.
#[derive(Args, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[command(
    after_help = "Example:\n  strongroom serve --data /srv/strongroom --listen 0.0.0.0:9000 --region eu-west-1\n\nRoot credentials come from STRONGROOM_ROOT_ACCESS_KEY and STRONGROOM_ROOT_SECRET_KEY; without them they are drawn on the first start, kept in the data directory and shown once."
)]
pub struct ServeArgs {
    /// A TOML file with the same settings (`data = ["/srv/strongroom"]`)
    #[arg(long, env = "STRONGROOM_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// Directory that holds everything; repeat it, one for each device, and name zones of devices that fail together as in
    /// zone=a:/mnt/d1 [default: ./strongroom-data]
    #[arg(long, env = "STRONGROOM_DATA", value_name = "DIR", value_delimiter = ',')]
    pub data: Vec<DataDir>,
    /// How many devices may be lost at once, for what is written from now on [default: 1 of 2 or 3, 2 of 4 to 6, 3 of more,
    /// or what the site was made with]
    #[arg(long, env = "STRONGROOM_PARITY", value_name = "COUNT", value_parser = clap::value_parser!(u8).range(0..=8))]
    pub parity: Option<u8>,
    /// Start without this device, given by number, which is lost for good; may be repeated
    #[arg(long, env = "STRONGROOM_WITHOUT", value_name = "NUMBER", value_delimiter = ',')]
    pub without: Vec<u16>,
    /// Read and prove everything that every device holds once in so many days [default: 30]
    #[arg(long, env = "STRONGROOM_SCRUB_DAYS", value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..))]
    pub scrub_days: Option<u16>,
    /// How much of each device that may read a second; 0 stops it [default: 16MiB]
    #[arg(long, env = "STRONGROOM_SCRUB_RATE", value_name = "SIZE")]
    pub scrub_rate: Option<Size>,
    /// How much of each device may be moved a second to empty thin volumes, and to fill devices evenly; 0 stops both
    /// [default: 32MiB]
    #[arg(long, env = "STRONGROOM_RECLAIM_RATE", value_name = "SIZE")]
    pub reclaim_rate: Option<Size>,
    /// How much fuller a device may be than another before shards move [default: a tenth of its size, at least 1GiB]
    #[arg(long, env = "STRONGROOM_REBALANCE_AT", value_name = "SIZE")]
    pub rebalance_at: Option<Size>,
    /// Largest size of a volume's file [default: 1GiB]
    #[arg(long, env = "STRONGROOM_VOLUME_MAX", value_name = "SIZE", hide = true)]
    pub volume_max: Option<Size>,
    /// What the row archive may hold of changes, beside half of all rows, before all rows are written anew [default: 64MiB]
    #[arg(long, env = "STRONGROOM_ARCHIVE_ALLOWANCE", value_name = "SIZE", hide = true)]
    pub archive_allowance: Option<Size>,
    /// How many bytes of rows a second are then written [default: 16MiB]
    #[arg(long, env = "STRONGROOM_ARCHIVE_RATE", value_name = "SIZE", hide = true)]
    pub archive_rate: Option<Size>,
    /// Address of the S3 endpoint [default: 127.0.0.1:9000]
    #[arg(long, env = "STRONGROOM_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Region that this site serves; may be repeated, the first is its own [default: any name is accepted]
    #[arg(long, env = "STRONGROOM_REGION", value_name = "NAME", value_delimiter = ',')]
    pub region: Vec<String>,
    /// Domain whose first label names a bucket (`bucket.s3.DOMAIN`); may be repeated
    #[arg(long, env = "STRONGROOM_DOMAIN", value_name = "DOMAIN", value_delimiter = ',')]
    pub domain: Vec<String>,
    /// PEM file with the certificate chain; SIGHUP reads it again
    #[arg(long, env = "STRONGROOM_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// PEM file with the certificate's key
    #[arg(long, env = "STRONGROOM_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// How to write logs to standard error [default: text]
    #[arg(long, env = "STRONGROOM_LOG_FORMAT", value_enum)]
    pub log_format: Option<LogFormat>,
    /// What to log, as in `info`, `debug` or `warn,access=info` [default: info]
    #[arg(long, env = "STRONGROOM_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// Append an audit event for every request to this file, in CloudTrail's shape [default: none]
    #[arg(long, env = "STRONGROOM_AUDIT_LOG", value_name = "FILE")]
    pub audit_log: Option<PathBuf>,
    /// Put the audit log aside, as FILE.1, before it grows over this [default: 100MiB]
    #[arg(long, env = "STRONGROOM_AUDIT_LOG_BYTES_MAX", value_name = "SIZE")]
    pub audit_log_bytes_max: Option<Size>,
    /// How many files of the audit log are kept, with the one in writing [default: 10]
    #[arg(long, env = "STRONGROOM_AUDIT_LOG_FILES", value_name = "COUNT")]
    pub audit_log_files: Option<usize>,
    /// Bodies up to this many bytes are kept in the catalog's rows [default: 16384]
    #[arg(long, env = "STRONGROOM_INLINE_MAX", value_name = "BYTES")]
    pub inline_max: Option<usize>,
    /// Connections open at once [default: 4096]
    #[arg(long, env = "STRONGROOM_CONNECTIONS_MAX", value_name = "COUNT")]
    pub connections_max: Option<usize>,
    /// Seconds that a client may take to send a request's headers [default: 10]
    #[arg(long, env = "STRONGROOM_HEADER_TIMEOUT", value_name = "SECONDS")]
    pub header_timeout: Option<u64>,
    /// Seconds that a client may pause within a body [default: 30]
    #[arg(long, env = "STRONGROOM_BODY_TIMEOUT", value_name = "SECONDS")]
    pub body_timeout: Option<u64>,
    /// Seconds that requests in flight may take to finish after SIGTERM [default: 30]
    #[arg(long, env = "STRONGROOM_DRAIN_TIMEOUT", value_name = "SECONDS")]
    pub drain_timeout: Option<u64>,
    /// How far to accept the retired Signature Version 2: `presigned` takes the URLs and forms that the AWS CLI and
    /// boto3 make by default for older regions [default: presigned]
    #[arg(long, env = "STRONGROOM_SIGV2", value_enum)]
    pub sigv2: Option<Sigv2>,
    /// Certificates (PEM) that vouch for identity providers, beside the system's
    #[arg(long, env = "STRONGROOM_PROVIDER_ROOTS", value_name = "FILE")]
    pub provider_roots: Option<PathBuf>,
    /// How buckets begin: `closed` as on AWS today (the bucket's owner owns every object, no ACLs, public access
    /// blocked), `open` as before April 2023 (ACLs count, nothing is blocked) [default: closed]
    #[arg(long, env = "STRONGROOM_NEW_BUCKETS", value_enum)]
    pub new_buckets: Option<NewBuckets>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NewBuckets {
    Closed,
    Open,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sigv2 {
    Off,
    Presigned,
    On,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Subcommand)]
pub enum AccountAction {
    /// Make an account; its access key's secret is shown once
    #[command(after_help = "Example:\n  strongroom account create alice --json")]
    Create {
        name: String,
        #[arg(long)]
        email: Option<String>,
        /// An access key of your choice instead of a drawn one
        #[arg(long, requires = "secret_key")]
        access_key: Option<String>,
        #[arg(long, requires = "access_key")]
        secret_key: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List all accounts
    #[command(after_help = "Example:\n  strongroom account list")]
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Delete an account that owns no bucket
    #[command(after_help = "Example:\n  strongroom account delete alice")]
    Delete {
        /// Its name or id
        account: String,
    },
}
