//! Large bodies: memory must not grow with them, and the slowest necessary hash should be what bounds them.

use std::time::{Duration, Instant};

use http::Method;
use model::ChecksumAlgorithm;

use super::idle::MIB;
use crate::bare;
use crate::client::{Ask, Connection};
use crate::limits::{disk, hashes};
use crate::process::{Memory, Process};
use crate::report::Row;
use crate::source::{Source, noise};
use crate::stage::Stage;

const SCENE: &str = "large";
const PIECE_BYTES: usize = 256 << 10;
const PART_BYTES: u64 = 64 << 20;
/// Parts under way at once, as the usual clients do.
const PARALLEL: u64 = 4;
const HASHING: Duration = Duration::from_millis(500);

/// A transfer's rate in bytes a second, and how the server's memory grew.
struct Transfer {
    rate: f64,
    grown: Memory,
}

pub fn play(stage: &mut Stage) -> anyhow::Result<()> {
    let length = stage.scale.large_bytes;
    let server = stage.serve_bucket(SCENE, &[], "large")?;
    let md5 = hashes::rate(ChecksumAlgorithm::Md5, HASHING);
    let sequential = disk::sequential_rate(stage.scratch(), length)?;
    let put = transfer(stage, &server, length, put(&server, "/large/one", length))?;
    let get = transfer(stage, &server, length, get(&server, Ask::get("/large/one")))?;
    let hyper = bare::start()?;
    let memory = transfer(stage, &hyper, length, self::get(&hyper, Ask::get(format!("/{length}"))))?;
    // Its space is needed for the next.
    stage.one(&server, Ask::new(Method::DELETE, "/large/one"))?;
    let parts = transfer(stage, &server, length, multipart(&server, length))?;
    stage.strike(server, SCENE)?;

    let gib = format!("{:.2} GiB", length as f64 / f64::from(1 << 30));
    for (name, transfer) in [("PUT", &put), ("GET", &get), ("multipart upload", &parts)] {
        let own = transfer.grown.anonymous as f64 / MIB;
        let row = Row::new(SCENE, format!("memory added by a large {name}"), own, "MiB").at_most(64.0);
        let file = transfer.grown.file as f64 / MIB;
        stage.rows.push(row.basis(format!("{gib}; mapped files {file:+.1} MiB")));
    }
    let limit = md5.min(sequential);
    let basis =
        format!("{:.0} of MD5's {:.0}, the disk's {:.0} MB/s", put.rate / 1e6, md5 / 1e6, sequential / 1e6);
    let what = "large PUT, rate per slower of MD5 and disk";
    stage.rows.push(Row::new(SCENE, what, put.rate / limit, "×").at_least(0.8).basis(basis));
    let basis = format!("{:.0} of {:.0} MB/s", get.rate / 1e6, memory.rate / 1e6);
    let what = "large GET, rate per bare hyper from memory";
    stage.rows.push(Row::new(SCENE, what, get.rate / memory.rate, "×").at_least(0.8).basis(basis));
    let what = "multipart upload, 4 parts at once";
    stage.rows.push(Row::new(SCENE, what, parts.rate / 1e6, "MB/s"));
    Ok(())
}

fn transfer(
    stage: &Stage,
    process: &Process,
    length: u64,
    work: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<Transfer> {
    let before = process.memory()?;
    let watch = process.watch();
    let started = Instant::now();
    stage.wait(work)?;
    let rate = length as f64 / started.elapsed().as_secs_f64();
    let peak = watch.peak();
    let grown = Memory {
        all: peak.all.saturating_sub(before.all),
        anonymous: peak.anonymous.saturating_sub(before.anonymous),
        file: peak.file.saturating_sub(before.file),
    };
    Ok(Transfer { rate, grown })
}

pub async fn put(server: &Process, path: &str, length: u64) -> anyhow::Result<()> {
    let body = Source::repeated(noise(PIECE_BYTES), length);
    let ask = Ask::new(Method::PUT, path).unsigned(body);
    Connection::open(server.address).await?.ask(ask).await?;
    Ok(())
}

pub async fn get(server: &Process, ask: Ask) -> anyhow::Result<()> {
    Connection::open(server.address).await?.drain(ask).await?;
    Ok(())
}

async fn multipart(server: &Process, length: u64) -> anyhow::Result<()> {
    let mut connection = Connection::open(server.address).await?;
    let create = Ask::new(Method::POST, "/large/parts").query("uploads=");
    let answer = connection.ask(create).await?;
    let answer = String::from_utf8_lossy(&answer);
    let upload = answer.split_once("<UploadId>").and_then(|(_, rest)| rest.split_once("</UploadId>"));
    let (upload, _) = upload.ok_or_else(|| anyhow::anyhow!("no UploadId in {answer}"))?;
    let (count, piece) = (length / PART_BYTES, noise(PIECE_BYTES));
    let lanes: Vec<_> = (0..PARALLEL)
        .map(|lane| {
            let (address, upload, piece) = (server.address, upload.to_owned(), piece.clone());
            tokio::spawn(async move {
                let mut connection = Connection::open(address).await?;
                let mut etags = Vec::new();
                for number in (1..=count).filter(|number| number % PARALLEL == lane) {
                    let query = format!("partNumber={number}&uploadId={upload}");
                    let body = Source::repeated(piece.clone(), PART_BYTES);
                    let ask = Ask::new(Method::PUT, "/large/parts").query(query).unsigned(body);
                    etags.push((number, connection.etag(ask).await?));
                }
                anyhow::Ok(etags)
            })
        })
        .collect();
    let mut etags = Vec::new();
    for lane in lanes {
        etags.extend(lane.await??);
    }
    etags.sort();
    let list: String = etags
        .iter()
        .map(|(number, etag)| format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"))
        .collect();
    let body = format!("<CompleteMultipartUpload>{list}</CompleteMultipartUpload>").into_bytes();
    let complete = Ask::new(Method::POST, "/large/parts").query(format!("uploadId={upload}"));
    connection.ask(complete.unsigned(Source::whole(body.into()))).await?;
    Ok(())
}
