//! The scenarios, one file each, in the order in which they are played.

mod against;
mod devices;
mod durable_put;
mod filled;
mod idle;
mod inline;
mod large;
mod limits;
mod listing;
mod policies;
mod reclaim;
mod signed_get;
mod small_put;
mod start;

use anyhow::bail;

use crate::options::Arguments;
use crate::stage::Stage;

pub struct Scene {
    pub name: &'static str,
    pub about: &'static str,
    /// Whether a run plays it without being asked.
    usual: bool,
    pub play: fn(&mut Stage) -> anyhow::Result<()>,
}

const SCENES: [Scene; 13] = [
    Scene { name: "limits", about: "what disk and processor can do", usual: true, play: limits::play },
    Scene { name: "idle", about: "memory of a server with nothing to do", usual: true, play: idle::play },
    Scene { name: "small-put", about: "4 KiB PUTs, 64 writers", usual: true, play: small_put::play },
    Scene {
        name: "durable-put",
        about: "64 KiB PUTs, 64 writers, against a file per object",
        usual: true,
        play: durable_put::play,
    },
    Scene { name: "signed-get", about: "4 KiB GETs against bare hyper", usual: true, play: signed_get::play },
    Scene {
        name: "policies",
        about: "4 KiB GETs by a user with ten policies against root's",
        usual: true,
        play: policies::play,
    },
    Scene { name: "listing", about: "pages of small and large buckets", usual: true, play: listing::play },
    Scene {
        name: "start",
        about: "ready again after a stop and after kill -9",
        usual: true,
        play: start::play,
    },
    Scene { name: "large", about: "one large PUT, GET and multipart upload", usual: true, play: large::play },
    Scene {
        name: "devices",
        about: "4+2 over six directories against one; degraded reads; repair",
        usual: true,
        play: devices::play,
    },
    Scene {
        name: "against",
        about: "every path beside another release's (--against FILE)",
        usual: false,
        play: against::play,
    },
    Scene {
        name: "reclaim",
        about: "64 KiB PUTs and GETs beside a compaction",
        usual: false,
        play: reclaim::play,
    },
    Scene { name: "inline", about: "thresholds for bodies in rows", usual: false, play: inline::play },
];

pub fn choose(arguments: &Arguments) -> anyhow::Result<Vec<&'static Scene>> {
    if let Some(odd) = arguments.only.iter().find(|name| SCENES.iter().all(|scene| scene.name != **name)) {
        let names: Vec<&str> = SCENES.iter().map(|scene| scene.name).collect();
        bail!("there is no scenario {odd:?}; there are {}", names.join(", "));
    }
    let wanted = |scene: &&Scene| {
        if arguments.only.is_empty() {
            scene.usual
        } else {
            arguments.only.iter().any(|name| name == scene.name)
        }
    };
    Ok(SCENES.iter().filter(wanted).collect())
}
