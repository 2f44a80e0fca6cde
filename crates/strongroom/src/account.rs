//! `strongroom account`: accounts of a running server, over its admin API.

use anyhow::Context as _;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::cli::AccountAction;
use crate::client::Client;

const PATH: &str = "/-/admin/v1/accounts";

pub fn run(action: AccountAction) -> anyhow::Result<()> {
    let client = Client::from_environment()?;
    match action {
        AccountAction::Create { name, email, access_key, secret_key, json } => {
            let mut request = json!({ "name": name });
            for (field, value) in [("email", email), ("access_key", access_key), ("secret_key", secret_key)] {
                if let Some(value) = value {
                    request[field] = value.into();
                }
            }
            let body = Bytes::from(serde_json::to_vec(&request)?);
            let account = parse(&client.call(Method::POST, PATH, body)?)?;
            if json { print_json(&account) } else { print_created(&account) }
        }
        AccountAction::List { json } => {
            let list = parse(&client.call(Method::GET, PATH, Bytes::new())?)?;
            if json { print_json(&list["accounts"]) } else { print_list(&list["accounts"]) }
        }
        AccountAction::Delete { account } => {
            client.call(Method::DELETE, &format!("{PATH}/{account}"), Bytes::new())?;
            println!("deleted account {account}");
            Ok(())
        }
    }
}

fn parse(body: &[u8]) -> anyhow::Result<Value> {
    serde_json::from_slice(body).context("the server's answer is no JSON")
}

fn print_json(value: &Value) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

fn print_created(account: &Value) -> anyhow::Result<()> {
    println!("Account {} ({}). Its secret is shown this once:", text(account, "name"), text(account, "id"));
    println!("  export AWS_ACCESS_KEY_ID={}", text(account, "access_key"));
    println!("  export AWS_SECRET_ACCESS_KEY={}", text(account, "secret_key"));
    Ok(())
}

fn print_list(accounts: &Value) -> anyhow::Result<()> {
    println!("{:<14}{:<24}{:<26}ACCESS KEYS", "ID", "NAME", "CREATED");
    for account in accounts.as_array().into_iter().flatten() {
        let keys: Vec<&str> =
            account["access_keys"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        println!(
            "{:<14}{:<24}{:<26}{}",
            text(account, "id"),
            text(account, "name"),
            text(account, "created"),
            keys.join(" ")
        );
    }
    Ok(())
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}
