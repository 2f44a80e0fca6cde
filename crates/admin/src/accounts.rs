//! Accounts as JSON.

use auth::{Accounts, Created, Credentials, NewAccount};
use catalog::table::AccountRow;
use serde::{Deserialize, Serialize};
use sigv4::Secret;

use crate::answer::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateRequest {
    name: String,
    email: Option<String>,
    access_key: Option<String>,
    secret_key: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Account {
    id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    canonical_id: String,
    created: String,
    access_keys: Vec<String>,
}

/// Carries the secret: shown this once.
#[derive(Serialize)]
pub(crate) struct CreatedAccount {
    #[serde(flatten)]
    account: Account,
    access_key: String,
    secret_key: String,
}

#[derive(Serialize)]
pub(crate) struct AccountList {
    accounts: Vec<Account>,
}

impl From<AccountRow> for Account {
    fn from(row: AccountRow) -> Self {
        Self {
            id: row.id.to_string(),
            name: row.name,
            email: row.email,
            canonical_id: row.canonical_id.as_str().to_owned(),
            created: row.created.to_iso8601(),
            access_keys: row.access_keys,
        }
    }
}

pub(crate) async fn create(accounts: &Accounts, body: &[u8]) -> Result<CreatedAccount, Problem> {
    let request: CreateRequest = serde_json::from_slice(body)
        .map_err(|error| Problem::new(http::StatusCode::BAD_REQUEST, "MalformedJSON", error.to_string()))?;
    let credentials = match (request.access_key, request.secret_key) {
        (None, None) => None,
        (Some(access_key), Some(secret)) => Some(Credentials { access_key, secret: Secret::new(secret) }),
        _ => {
            let message = "give both access_key and secret_key, or neither";
            return Err(Problem::new(http::StatusCode::BAD_REQUEST, "InvalidArgument", message));
        }
    };
    let new = NewAccount { name: request.name, email: request.email, credentials };
    let Created { account, credentials } = accounts.create(new).await?;
    Ok(CreatedAccount {
        account: account.into(),
        access_key: credentials.access_key,
        secret_key: credentials.secret.expose().to_owned(),
    })
}

pub(crate) fn list(accounts: &Accounts) -> Result<AccountList, Problem> {
    let accounts = accounts.list()?.into_iter().map(Account::from).collect();
    Ok(AccountList { accounts })
}
