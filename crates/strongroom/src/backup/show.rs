//! What the commands tell: a bar on a terminal, lines, or JSON lines.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ::backup::{Backup, Progress, Pruned, Restored, Verified};
use indicatif::HumanBytes;
use serde_json::{Value, json};

use crate::data_dir::DataDir;
use crate::watched::Watched;

const BAR: &str = "{msg} rows  {bar:30} {bytes}/{total_bytes}  {bytes_per_sec}  {eta}";

pub fn watch(progress: Arc<Progress>, json: bool) -> Watched {
    Watched::begin(BAR, json, move |bar| {
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        let (rows, bytes) = (count(&progress.rows), count(&progress.bytes));
        let done = count(&progress.bytes_done);
        bar.set_length(bytes);
        bar.set_position(done);
        bar.set_message(rows.to_string());
        json!({ "rows": rows, "bytes": bytes, "bytes_done": done })
    })
}

fn as_json(backup: &Backup) -> Value {
    json!({
        "id": backup.id(),
        "begun": backup.begun.to_iso8601(),
        "ended": backup.ended.to_iso8601(),
        "point": backup.ordinal.timestamp().to_iso8601(),
        "rows": backup.rows,
        "bodies": backup.bodies,
        "bytes": backup.bytes,
        "fresh_bytes": backup.fresh_bytes,
        "unreadable": backup.unreadable,
    })
}

pub fn taken(backup: &Backup, to: &str, json: bool) {
    if json {
        return println!("{}", json!({ "backup": as_json(backup) }));
    }
    println!(
        "Backup {} is in {to}: {} rows, {} in {} bodies; {} of it new.",
        backup.id(),
        backup.rows,
        HumanBytes(backup.bytes),
        backup.bodies,
        HumanBytes(backup.fresh_bytes)
    );
}

pub fn list(backups: &[Backup], json: bool) {
    if json {
        let all: Vec<Value> = backups.iter().map(as_json).collect();
        return println!("{}", json!(all));
    }
    println!("{:<22}{:>12}{:>12}{:>14}{:>14}  UNREADABLE", "ID", "ROWS", "BODIES", "BYTES", "NEW");
    for backup in backups {
        println!(
            "{:<22}{:>12}{:>12}{:>14}{:>14}  {}",
            backup.id(),
            backup.rows,
            backup.bodies,
            HumanBytes(backup.bytes).to_string(),
            HumanBytes(backup.fresh_bytes).to_string(),
            backup.unreadable
        );
    }
}

pub fn verified(verified: &Verified, read_data: bool, json: bool) {
    let Verified { backups, rows, bodies, damaged } = verified;
    if json {
        let told = json!({ "backups": backups, "rows": rows, "bodies": bodies, "damaged": damaged.count });
        return println!("{}", json!({ "verified": told }));
    }
    let how = if read_data { "and every byte was read" } else { "(--read-data reads every byte)" };
    let what = if damaged.count == 0 { "Everything is there" } else { "Something is missing" };
    println!("{what}: {backups} backups, {rows} rows, {bodies} bodies {how}.");
}

pub fn pruned(pruned: &Pruned, json: bool) {
    let Pruned { kept, backups, packs, bytes } = *pruned;
    if json {
        let told = json!({ "kept": kept, "backups": backups, "packs": packs, "bytes": bytes });
        return println!("{}", json!({ "pruned": told }));
    }
    println!("Removed {backups} backups and {packs} packs, {}; kept {kept} backups.", HumanBytes(bytes));
}

pub fn restored(restored: &Restored, backup: &Backup, data: &[DataDir], has_key: bool, json: bool) {
    let Restored { rows, bodies, bytes, lost, .. } = restored;
    if json {
        let lost = lost.count;
        let told = json!({ "id": backup.id(), "rows": rows, "bodies": bodies, "bytes": bytes, "lost": lost });
        return println!("{}", json!({ "restored": told }));
    }
    println!("Backup {} is restored: {rows} rows, {} in {bodies} bodies.", backup.id(), HumanBytes(*bytes));
    if !has_key && !backup.seal_check.is_empty() {
        println!(
            "Its secrets are sealed: put the master key of the site to {} (mode 0600), or set STRONGROOM_MASTER_KEY.",
            data[0].path.join("master-key").display()
        );
    }
    let data: Vec<String> = data.iter().map(|data| format!(" --data {data}")).collect();
    println!("Then: strongroom serve{}", data.concat());
}
