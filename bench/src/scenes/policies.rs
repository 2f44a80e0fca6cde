//! What deciding costs: a user's GET with ten policies in force, above one by root, whom no policy is asked about.

use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::signed_get::{READERS, one_of_many, prepared};
use crate::client::{Ask, Connection, Who};
use crate::load::Until;
use crate::process::Process;
use crate::report::Row;
use crate::stage::Stage;

const SCENE: &str = "policies";
const POLICIES: usize = 10;

pub fn play(stage: &mut Stage) -> anyhow::Result<()> {
    let server = prepared(stage, SCENE, &["--log", "warn"])?;
    let user = stage.wait(user_with_policies(&server))?;
    let (mut above, mut costs, mut root_costs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..stage.scale.rounds {
        let by_root = cost(stage, &server, &Who::root())?;
        let by_user = cost(stage, &server, &user)?;
        above.push(by_user - by_root);
        costs.push(by_user);
        root_costs.push(by_root);
    }
    let what = "processor time of a signed GET with ten policies above root's";
    stage.rows.push(Row::of_rounds(SCENE, what, above, "µs").at_most(10.0));
    stage.rows.push(Row::of_rounds(SCENE, "server's processor time per GET of the user", costs, "µs"));
    stage.rows.push(Row::of_rounds(SCENE, "server's processor time per GET of root", root_costs, "µs"));
    stage.strike(server, SCENE)
}

fn cost(stage: &Stage, server: &Process, who: &Who) -> anyhow::Result<f64> {
    let time = stage.scale.round.max(Duration::from_secs(2));
    Ok(stage.measure_as(server, who, READERS, Until::Passed(time), one_of_many)?.cpu_us_each())
}

async fn user_with_policies(server: &Process) -> anyhow::Result<Who> {
    let mut iam = Connection::open_as(server.address, &Who::root().of("iam")).await?;
    ask(&mut iam, "CreateUser", &[("UserName", "reader")]).await?;
    for number in 0..POLICIES {
        let (name, document) = (format!("policy-{number}"), policy(number));
        let made = [("PolicyName", name.as_str()), ("PolicyDocument", &document)];
        let arn = element(&ask(&mut iam, "CreatePolicy", &made).await?, "Arn")?;
        ask(&mut iam, "AttachUserPolicy", &[("UserName", "reader"), ("PolicyArn", &arn)]).await?;
    }
    let key = ask(&mut iam, "CreateAccessKey", &[("UserName", "reader")]).await?;
    let (access_key, secret) = (element(&key, "AccessKeyId")?, element(&key, "SecretAccessKey")?);
    Ok(Who { access_key, secret, service: "s3" })
}

/// Nine that say something about other buckets and deny under conditions that do not hold; the last one allows.
fn policy(number: usize) -> String {
    let allowed = if number + 1 == POLICIES { "read".to_owned() } else { format!("team-{number}") };
    format!(
        r#"{{"Version":"2012-10-17","Statement":[
        {{"Sid":"Read","Effect":"Allow","Action":["s3:GetObject","s3:GetObjectVersion","s3:List*"],
          "Resource":["arn:aws:s3:::{allowed}","arn:aws:s3:::{allowed}/*"],
          "Condition":{{"IpAddress":{{"aws:SourceIp":["127.0.0.0/8","10.0.0.0/8"]}},
            "DateGreaterThan":{{"aws:CurrentTime":"2020-01-01T00:00:00Z"}}}}}},
        {{"Sid":"Home","Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::home-{number}/${{aws:username}}/*",
          "Condition":{{"StringEquals":{{"aws:PrincipalType":"User"}}}}}},
        {{"Sid":"Never","Effect":"Deny","Action":"s3:*","Resource":"*",
          "Condition":{{"StringLike":{{"aws:UserAgent":"forbidden-{number}/*"}},
            "Bool":{{"aws:SecureTransport":"false"}}}}}}]}}"#
    )
}

async fn ask(iam: &mut Connection, action: &str, fields: &[(&str, &str)]) -> anyhow::Result<String> {
    let mut form = format!("Version=2010-05-08&Action={action}");
    for (name, value) in fields {
        form.push_str(&format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
    }
    let body = Bytes::from(form);
    let sha256 = digest::sha256(&body);
    let ask = Ask { method: Method::POST, ..Ask::put("/", body, sha256) };
    Ok(String::from_utf8(iam.ask(ask).await?.to_vec())?)
}

fn element(answer: &str, name: &str) -> anyhow::Result<String> {
    let inside = answer.split_once(&format!("<{name}>")).and_then(|(_, rest)| rest.split_once('<'));
    inside.map(|(text, _)| text.to_owned()).with_context(|| format!("an answer without {name}"))
}
