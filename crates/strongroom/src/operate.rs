//! `strongroom status`, `device` and `repair`: the devices of a running server, over its admin API.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::Method;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::cli::{DeviceAction, Output};
use crate::client::Client;
use crate::rebalance;

const STATUS: &str = "/-/admin/v1/status";
const DEVICES: &str = "/-/admin/v1/devices";
const REPAIR: &str = "/-/admin/v1/repair";
const SCRUB: &str = "/-/admin/v1/scrub";
const VERIFY: &str = "/-/admin/v1/verify";
pub const EVERY: Duration = Duration::from_millis(500);

pub fn status(output: &Output) -> anyhow::Result<()> {
    let status = fetch(&Client::from_environment()?)?;
    if output.json {
        println!("{}", serde_json::to_string_pretty(&status)?);
        return Ok(());
    }
    println!(
        "site {}   new objects {}   may lose {} devices",
        text(&status["site"]),
        text(&status["layout"]),
        status["parity"]
    );
    println!(
        "{:<4}{:<18}{:<22}{:<9}{:>11}{:>11}{:>11}  PATH",
        "NO", "ZONE", "STATE", "CATALOG", "OBJECTS", "FREE", "SIZE"
    );
    for device in status["devices"].as_array().into_iter().flatten() {
        println!("{}", line(device));
    }
    println!("{}", repair_line(&status["repair"]));
    rebalance::lines(&status).iter().for_each(|line| println!("{line}"));
    Ok(())
}

pub fn device(action: DeviceAction) -> anyhow::Result<()> {
    let client = Client::from_environment()?;
    let act = |number: u16, what: &str| -> anyhow::Result<()> {
        client.call(Method::POST, &format!("{DEVICES}/{number}/{what}"), Bytes::new())?;
        Ok(())
    };
    match action {
        DeviceAction::Add { directory, json } => {
            let path = std::path::absolute(&directory.path)?;
            let request = json!({ "path": path, "zone": directory.zone.map(|zone| zone.to_string()) });
            let answer = client.call(Method::POST, DEVICES, Bytes::from(serde_json::to_vec(&request)?))?;
            let added: Value = serde_json::from_slice(&answer).context("the server's answer is no JSON")?;
            if json {
                println!("{added}");
            } else {
                println!(
                    "device {} is in; new objects use it, and what lacked a device is repaired onto it",
                    added["number"]
                );
            }
            Ok(())
        }
        DeviceAction::Drain { number, output } => {
            act(number, "drain")?;
            let status =
                follow(&client, &output, |status| is_drained(status, number) || stuck(status, number) > 0)?;
            let stuck = stuck(&status, number);
            anyhow::ensure!(
                stuck == 0,
                "{stuck} chunks on device {number} are beyond repair and stay; the server's log names their objects"
            );
            done(
                &output,
                &format!("device {number} is empty; `strongroom device remove {number}` lets it go"),
            )
        }
        DeviceAction::Return { number, output } => {
            act(number, "return")?;
            follow(&client, &output, |status| status["repair"]["idle"] == true)?;
            done(&output, &format!("device {number} is in"))
        }
        DeviceAction::Out { number } => act(number, "out"),
        DeviceAction::Remove { number } => {
            act(number, "remove")?;
            println!("device {number} is removed; leave it out of --data from now on");
            Ok(())
        }
    }
}

pub fn repair(output: &Output) -> anyhow::Result<()> {
    let client = Client::from_environment()?;
    client.call(Method::POST, REPAIR, Bytes::new())?;
    let status = follow(&client, output, |status| status["repair"]["idle"] == true)?;
    let lost = status["repair"]["chunks_lost"].as_u64().unwrap_or(0);
    anyhow::ensure!(lost == 0, "{lost} chunks are beyond repair; the server's log names their objects");
    done(output, "every object has its full redundancy")
}

pub fn scrub(output: &Output) -> anyhow::Result<()> {
    let client = Client::from_environment()?;
    let rounds = |status: &Value| -> BTreeMap<u64, u64> {
        let scrubs = status["scrub"].as_array().into_iter().flatten();
        scrubs.filter_map(|scrub| Some((scrub["device"].as_u64()?, scrub["rounds"].as_u64()?))).collect()
    };
    let before = rounds(&fetch(&client)?);
    client.call(Method::POST, SCRUB, Bytes::new())?;
    let bar = (!output.json && std::io::stderr().is_terminal()).then(bar);
    let corrupt = loop {
        let status = fetch(&client)?;
        let scrubs = status["scrub"].as_array().cloned().unwrap_or_default();
        let sum = |field: &str| scrubs.iter().filter_map(|scrub| scrub[field].as_u64()).sum::<u64>();
        if output.json {
            println!("{}", status["scrub"]);
        }
        if let Some(bar) = &bar {
            bar.set_length(sum("bytes_total"));
            bar.set_position(sum("bytes"));
        }
        let now = rounds(&status);
        let has_begun =
            |(device, rounds): (&u64, &u64)| before.get(device).is_none_or(|before| rounds > before);
        let all_begun = !now.is_empty() && now.iter().all(has_begun);
        if all_begun && scrubs.iter().all(|scrub| scrub["running"] == false) {
            break sum("corrupt");
        }
        thread::sleep(EVERY);
    };
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    match corrupt {
        0 => done(output, "every record is what was written"),
        _ => done(
            output,
            &format!("{corrupt} records were not what was written; `strongroom status` shows the repair"),
        ),
    }
}

pub fn verify(output: &Output) -> anyhow::Result<()> {
    let client = Client::from_environment()?;
    client.call(Method::POST, VERIFY, Bytes::new())?;
    let bar = (!output.json && std::io::stderr().is_terminal()).then(ProgressBar::new_spinner);
    let verdict = loop {
        let body = client.call(Method::GET, VERIFY, Bytes::new())?;
        let verdict: Value = serde_json::from_slice(&body).context("the server's answer is no JSON")?;
        if output.json {
            println!("{verdict}");
        }
        if let Some(bar) = &bar {
            bar.set_message(format!(
                "{} chunks, {}",
                verdict["chunks"],
                HumanBytes(verdict["bytes"].as_u64().unwrap_or(0))
            ));
            bar.tick();
        }
        if verdict["running"] == false {
            break verdict;
        }
        thread::sleep(EVERY);
    };
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    if let Some(error) = verdict["error"].as_str() {
        anyhow::bail!("the verification could not go on: {error}");
    }
    if !output.json {
        verdict["findings"]
            .as_array()
            .into_iter()
            .flatten()
            .for_each(|finding| println!("{}", text(finding)));
        println!(
            "{} rows, {} chunks and {} records looked at; {} findings",
            verdict["rows"], verdict["chunks"], verdict["records"], verdict["found"]
        );
        if let Some(unjudged @ 1..) = verdict["unjudged"].as_u64() {
            println!("{unjudged} more records and rows could not be judged: perhaps nothing names them");
        }
    }
    anyhow::ensure!(
        verdict["sound"] == true,
        "not everything is what was written; `strongroom repair` mends what can be mended"
    );
    Ok(())
}

pub fn done(output: &Output, message: &str) -> anyhow::Result<()> {
    if !output.json {
        println!("{message}");
    }
    Ok(())
}

fn is_drained(status: &Value, number: u16) -> bool {
    let device = of_device(status, number);
    device.is_some_and(|device| device["live_bytes"] == 0 && device["catalog"].is_null())
}

/// Chunks that a drain can't move.
fn stuck(status: &Value, number: u16) -> u64 {
    of_device(status, number).and_then(|device| device["chunks_stuck"].as_u64()).unwrap_or(0)
}

fn of_device(status: &Value, number: u16) -> Option<&Value> {
    status["devices"].as_array().into_iter().flatten().find(|device| device["number"] == number)
}

/// Shows how far the repair is until `ended` says so; a bar on a terminal, a line of JSON each time otherwise asked for.
fn follow(client: &Client, output: &Output, ended: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
    let bar = (!output.json && std::io::stderr().is_terminal()).then(bar);
    loop {
        let status = fetch(client)?;
        let repair = &status["repair"];
        if output.json {
            println!("{repair}");
        }
        if let Some(bar) = &bar {
            let total = repair["stored_bytes"].as_u64().unwrap_or(0);
            bar.set_length(total);
            bar.set_position(repair["stored_bytes_seen"].as_u64().unwrap_or(0).min(total));
            bar.set_message(format!("{} mended", HumanBytes(repair["bytes_mended"].as_u64().unwrap_or(0))));
        }
        if ended(&status) {
            if let Some(bar) = bar {
                bar.finish_and_clear();
            }
            return Ok(status);
        }
        thread::sleep(EVERY);
    }
}

pub fn bar() -> ProgressBar {
    let template = "{spinner} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta} {msg}";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style)
}

pub fn fetch(client: &Client) -> anyhow::Result<Value> {
    let body = client.call(Method::GET, STATUS, Bytes::new())?;
    serde_json::from_slice(&body).context("the server's answer is no JSON")
}

fn line(device: &Value) -> String {
    let state = match device["reason"].as_str() {
        Some(reason) => format!("{} ({reason})", text(&device["state"])),
        None => text(&device["state"]).to_owned(),
    };
    let bytes =
        |field: &str| device[field].as_u64().map_or("-".to_owned(), |bytes| HumanBytes(bytes).to_string());
    format!(
        "{:<4}{:<18}{:<22}{:<9}{:>11}{:>11}{:>11}  {}",
        device["number"],
        device["zone"].as_str().unwrap_or("-"),
        state,
        device["catalog"].as_str().unwrap_or("-"),
        bytes("live_bytes"),
        bytes("available_bytes"),
        bytes("total_bytes"),
        device["path"].as_str().unwrap_or("(not here)"),
    )
}

fn repair_line(repair: &Value) -> String {
    let mended = HumanBytes(repair["bytes_mended"].as_u64().unwrap_or(0));
    let lost = repair["chunks_lost"].as_u64().unwrap_or(0);
    let warning = if lost > 0 { format!("; {lost} chunks are beyond repair") } else { String::new() };
    if repair["idle"] == true {
        return format!("repair: nothing to do{warning}");
    }
    let (seen, all) = (repair["stored_bytes_seen"].as_u64(), repair["stored_bytes"].as_u64());
    let percent = 100 * seen.unwrap_or(0) / all.unwrap_or(0).max(1);
    format!("repair: {} % looked at, {mended} mended{warning}", percent.min(100))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
