//! Devices as JSON.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use http::StatusCode;
use keepers::steward::{DeviceFault, Steward};
use model::{DeviceNumber, Zone};
use serde::{Deserialize, Serialize};

use crate::answer::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddRequest {
    path: PathBuf,
    zone: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Added {
    number: u16,
}

/// Puts into a new device's directory what every device has. Blocks.
pub type Welcome = Arc<dyn Fn(&Path) -> io::Result<()> + Send + Sync>;

pub(crate) async fn add(steward: &Arc<Steward>, welcome: Welcome, body: &[u8]) -> Result<Added, Problem> {
    let request: AddRequest = serde_json::from_slice(body)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "MalformedJSON", error.to_string()))?;
    if !request.path.is_absolute() {
        let message = "The path must be absolute: the server does not share your working directory.";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "InvalidArgument", message));
    }
    let zone = request.zone.map(|name| {
        let wrong =
            || Problem::new(StatusCode::BAD_REQUEST, "InvalidArgument", "That is no name for a zone.");
        Zone::parse(&name).ok_or_else(wrong)
    });
    let number = steward.add(&request.path, zone.transpose()?, move |dir| welcome(dir)).await?;
    Ok(Added { number: number.0 })
}

/// `deed`: the device's number and what to do with it, as in `3/drain`.
pub(crate) async fn act(steward: &Arc<Steward>, deed: &str) -> Result<(), Problem> {
    let nothing = Problem::no_such_path;
    let (number, deed) = deed.split_once('/').ok_or_else(nothing)?;
    let number = DeviceNumber(number.parse().map_err(|_| nothing())?);
    match deed {
        "drain" => steward.drain(number).await?,
        "return" => steward.let_in(number).await?,
        "out" => steward.take_out(number).await?,
        "remove" => steward.remove(number).await?,
        _ => return Err(nothing()),
    }
    Ok(())
}

impl From<DeviceFault> for Problem {
    fn from(fault: DeviceFault) -> Self {
        let (status, code) = match &fault {
            DeviceFault::Unknown(_) => (StatusCode::NOT_FOUND, "NoSuchDevice"),
            DeviceFault::Offer(_) => (StatusCode::BAD_REQUEST, "InvalidDevice"),
            DeviceFault::InUse(_) | DeviceFault::Needed(_) | DeviceFault::Roster(_) => {
                (StatusCode::CONFLICT, "DeviceInUse")
            }
            DeviceFault::Store(_) => (StatusCode::CONFLICT, "DeviceFailed"),
            DeviceFault::Keeper(_) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
            DeviceFault::Starting => (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable"),
        };
        Self::new(status, code, fault.to_string())
    }
}
