//! Which path does what, and for whom.

use std::sync::Arc;

use audit::Audit;
use auth::{Accounts, Auth, Caller};
use backup::Desk;
use bytes::Bytes;
use http::{Method, Response, StatusCode};
use keepers::steward::Steward;
use sigv4::{PayloadMode, RequestView};
use wire::{AnswerBody, ExtraRequest, Witness};
use world::Clock;

use crate::answer::{self, Problem, json, problem, respond};
use crate::{Welcome, accounts, backups, devices};

/// Where the API lives.
pub const PREFIX: &str = "/-/admin/v1/";
const BODY_BYTES_MAX: u64 = 64 * 1024;
/// Of the bytes that a backup asks for at once; the places of a single body may be half of it.
const LIST_BYTES_MAX: u64 = 8 << 20;
static OPENAPI: &[u8] = include_bytes!("openapi.json");

pub struct Admin {
    auth: Auth,
    accounts: Accounts,
    audit: Audit,
    steward: Arc<Steward>,
    welcome: Welcome,
    desk: Desk,
    clock: Arc<dyn Clock>,
}

impl Admin {
    pub fn new(
        auth: Auth,
        accounts: Accounts,
        audit: Audit,
        steward: (Arc<Steward>, Welcome),
        desk: Desk,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (steward, welcome) = steward;
        Self { auth, accounts, audit, steward, welcome, desk, clock }
    }

    /// `None` for paths that are not the admin API's.
    pub async fn handle(&self, request: &mut ExtraRequest) -> Option<Response<AnswerBody>> {
        let path = request.uri.path().strip_prefix(PREFIX)?.to_owned();
        if path == "openapi.json" {
            return Some(respond(StatusCode::OK, Bytes::from_static(OPENAPI)));
        }
        let (caller, payload) = match self.authenticate(request) {
            Ok(known) => known,
            Err(refusal) => return Some(problem(&refusal)),
        };
        let mut response = match self.authorized(request, &path, &caller, payload).await {
            Ok(response) => response,
            Err(refusal) => problem(&refusal),
        };
        response.extensions_mut().insert(Witness(Arc::new(caller)));
        Some(response)
    }

    async fn authorized(
        &self,
        request: &mut ExtraRequest,
        path: &str,
        caller: &Caller,
        payload: PayloadMode,
    ) -> Result<Response<AnswerBody>, Problem> {
        self.check_root(caller)?;
        let bytes_max = if of_backups(path).is_some() { LIST_BYTES_MAX } else { BODY_BYTES_MAX };
        let body = request.read_body(bytes_max).await?;
        let proven = match payload {
            PayloadMode::Sha256(expected) => expected == digest::sha256(&body),
            PayloadMode::Unsigned => body.is_empty(),
            _ => false,
        };
        if !proven {
            let message = "The body must be signed: send its SHA-256 in x-amz-content-sha256.";
            return Err(Problem::new(StatusCode::FORBIDDEN, "SignatureDoesNotMatch", message));
        }
        match (&request.method, path.split_once('/')) {
            (&Method::GET, None) if path == "accounts" => {
                Ok(json(StatusCode::OK, &accounts::list(&self.accounts)?))
            }
            (&Method::POST, None) if path == "accounts" => {
                Ok(json(StatusCode::CREATED, &accounts::create(&self.accounts, &body).await?))
            }
            (&Method::GET, None) if path == "status" => Ok(json(StatusCode::OK, &self.steward.status()?)),
            (&Method::POST, None) if path == "repair" => {
                self.steward.repair()?;
                Ok(respond(StatusCode::ACCEPTED, Bytes::new()))
            }
            (&Method::POST, None) if path == "scrub" => {
                self.steward.scrub()?;
                Ok(respond(StatusCode::ACCEPTED, Bytes::new()))
            }
            (&Method::POST, Some(("rebalance", deed @ ("pause" | "resume")))) => {
                self.steward.pause_rebalance(deed == "pause").await?;
                Ok(respond(StatusCode::NO_CONTENT, Bytes::new()))
            }
            (&Method::POST, None) if path == "verify" => {
                self.steward.verify()?;
                Ok(respond(StatusCode::ACCEPTED, Bytes::new()))
            }
            (&Method::GET, None) if path == "verify" => Ok(json(StatusCode::OK, &self.steward.verdict()?)),
            (&Method::POST, None) if path == "devices" => {
                let added = devices::add(&self.steward, self.welcome.clone(), &body).await?;
                Ok(json(StatusCode::CREATED, &added))
            }
            (&Method::POST, Some(("devices", deed))) => {
                devices::act(&self.steward, deed).await?;
                Ok(respond(StatusCode::NO_CONTENT, Bytes::new()))
            }
            (&Method::GET, None) if path == "audit" => answer::follow(self.audit.subscribe()?).await,
            (&Method::DELETE, Some(("accounts", name))) => {
                self.accounts.delete(name).await?;
                Ok(respond(StatusCode::NO_CONTENT, Bytes::new()))
            }
            (method, _) => match of_backups(path) {
                Some(rest) => backups::handle(&self.desk, method, rest, body).await,
                None => Err(Problem::no_such_path()),
            },
        }
    }

    fn authenticate(&self, request: &ExtraRequest) -> Result<(Caller, PayloadMode), Problem> {
        let pairs = request.header_pairs()?;
        let view = RequestView {
            method: request.method.as_str(),
            path: request.uri.path(),
            query: request.uri.query().unwrap_or_default(),
            headers: &pairs,
        };
        let authenticated = self.auth.authenticate(&view, None, &request.arrival, self.clock.now())?;
        Ok((authenticated.caller, authenticated.payload))
    }

    /// Only the root account's credentials administer the site.
    fn check_root(&self, caller: &Caller) -> Result<(), Problem> {
        let root = self.auth.root_account();
        let allowed =
            caller.identity().is_some_and(|identity| identity.account == root && identity.is_root());
        if let Some(trail) = caller.trail() {
            let reason =
                if allowed { "allowed to the site's root account" } else { "not the site's root account" };
            trail.note_all(allowed, reason);
        }
        if allowed {
            return Ok(());
        }
        Err(Problem::new(StatusCode::FORBIDDEN, "AccessDenied", "Only the root account may do this."))
    }
}

/// What follows `backups` in a path.
fn of_backups(path: &str) -> Option<&str> {
    path.strip_prefix("backups").filter(|rest| rest.is_empty() || rest.starts_with('/'))
}
