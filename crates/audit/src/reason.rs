//! The decision in one line, and all that was decided on the way.

use auth::{Kept, Verdict};
use serde::Serialize;
use wire::AuditEvent;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Decided<'a> {
    action: &'a str,
    resources: &'a [String],
    decision: &'static str,
    reason: &'a str,
}

/// Why the request was let in or not, as far as that was a question of who may.
pub fn decision(event: &AuditEvent<'_>, kept: Option<&Kept>) -> String {
    let Some(kept) = kept else {
        let code = event.line.error.unwrap_or("no answer");
        return match event.beside {
            true => format!("denied: the admin API answered {}", event.line.status),
            false => format!("denied: {code}, before it was known who asks"),
        };
    };
    let denied = kept.verdicts.iter().find(|verdict| !verdict.allowed);
    match (denied, kept.verdicts.last()) {
        (Some(denied), _) => format!("denied: {}", denied.reason),
        (None, Some(last)) => last.reason.clone(),
        (None, None) => match event.line.error {
            Some(code) => format!("not decided: {code} came first"),
            None => "allowed: it needs no permission".to_owned(),
        },
    }
}

/// Those that name an action; what holds for the whole request is the decision itself.
pub fn verdicts(kept: &Kept) -> Vec<Decided<'_>> {
    let named = kept.verdicts.iter().filter(|verdict| !verdict.action.is_empty());
    named.map(decided).collect()
}

fn decided(verdict: &Verdict) -> Decided<'_> {
    Decided {
        action: &verdict.action,
        resources: &verdict.resources,
        decision: if verdict.allowed { "allowed" } else { "denied" },
        reason: &verdict.reason,
    }
}
