//! Accounts: made, listed and deleted by the site's administrator.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::table::{AccessKeyRow, AccountRow, KeptSecret, space};
use catalog::{Catalog, Decision, Group, View, Write};
use model::{AccountId, CanonicalId, Timestamp};
use seal::Sealer;
use sigv4::Secret;
use thiserror::Error;
use world::Random;

use crate::authn::Credentials;
use crate::secrets::seal_secret;

/// The name of the account that the root credentials belong to.
const ROOT: &str = "root";
const NAME_BYTES_MAX: usize = 128;
const ACCESS_KEY_BYTES: std::ops::RangeInclusive<usize> = 3..=128;
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 8..=128;

#[derive(Clone)]
pub struct Accounts {
    catalog: Catalog,
    random: Arc<dyn Random>,
    sealer: Sealer,
}

/// What an administrator asks for. Keys that are not given are drawn.
#[derive(Clone, Debug, Default)]
pub struct NewAccount {
    pub name: String,
    pub email: Option<String>,
    pub credentials: Option<Credentials>,
}

/// The only time that the secret is shown.
#[derive(Clone, Debug)]
pub struct Created {
    pub account: AccountRow,
    pub credentials: Credentials,
}

#[derive(Clone, Debug, Error)]
pub enum AccountError {
    #[error("an account named {0} exists already; choose another name")]
    NameTaken(String),
    #[error("the access key {0} is in use already; choose another one or let one be drawn")]
    KeyTaken(String),
    #[error("there is no account {0}; `strongroom account list` shows all")]
    Unknown(String),
    #[error("account {0} still owns buckets or access points; delete them first")]
    NotEmpty(String),
    #[error("account {0} still has users, groups, roles, policies or providers; delete them first")]
    HasIdentities(String),
    #[error("the root account cannot be deleted")]
    Root,
    #[error("{0}")]
    Invalid(&'static str),
    #[error(transparent)]
    Catalog(#[from] catalog::Fault),
    #[error(transparent)]
    Seal(#[from] seal::Fault),
}

impl Accounts {
    pub fn new(catalog: Catalog, random: Arc<dyn Random>, sealer: Sealer) -> Self {
        Self { catalog, random, sealer }
    }

    /// The account of the root credentials; made on the first start.
    pub async fn ensure_root(&self) -> Result<AccountId, AccountError> {
        self.index_canonical_ids().await?;
        if let Some(id) = self.catalog.get(&space::account_name(ROOT))? {
            let text = std::str::from_utf8(&id).ok();
            return text
                .and_then(AccountId::parse)
                .ok_or_else(|| damaged("the root account's name row").into());
        }
        let row = self.draw_account(ROOT, None, Vec::new());
        let id = row.id;
        self.catalog.commit(group(ROOT), move |_, ordinal| made(&row, ordinal.timestamp(), None)).await??;
        Ok(id)
    }

    /// Earlier releases kept no row that says whom a canonical id means.
    async fn index_canonical_ids(&self) -> Result<(), AccountError> {
        for row in self.list()? {
            let key = space::canonical_id(&row.canonical_id);
            if self.catalog.get(&key)?.is_none() {
                let write = Write::put(key, row.id.to_string().into_bytes());
                self.catalog
                    .commit(group(&row.name), move |_, _| {
                        Ok(Decision::<_, AccountError>::Write(vec![write.clone()], ()))
                    })
                    .await??;
            }
        }
        Ok(())
    }

    pub async fn create(&self, new: NewAccount) -> Result<Created, AccountError> {
        check(&new)?;
        let credentials = new.credentials.clone().unwrap_or_else(|| self.draw_credentials());
        let row = self.draw_account(&new.name, new.email, vec![credentials.access_key.clone()]);
        let access_key = credentials.access_key.clone();
        let secret = seal_secret(&self.sealer, &*self.random, &access_key, &credentials.secret)?;
        let account = self
            .catalog
            .commit(group(&new.name), move |view, ordinal| {
                if view.get(&space::account_name(&row.name))?.is_some() {
                    return Ok(Decision::Refuse(AccountError::NameTaken(row.name.clone())));
                }
                if view.get(&space::access_key(&access_key))?.is_some() {
                    return Ok(Decision::Refuse(AccountError::KeyTaken(access_key.clone())));
                }
                made(&row, ordinal.timestamp(), Some((&access_key, &secret)))
            })
            .await??;
        Ok(Created { account, credentials })
    }

    pub fn list(&self) -> Result<Vec<AccountRow>, AccountError> {
        let view = self.catalog.snapshot()?;
        let mut cursor = view.cursor(&[space::ACCOUNTS], &[space::ACCOUNTS + 1])?;
        let mut accounts = Vec::new();
        while let Some((_, row)) = cursor.next()? {
            accounts.push(AccountRow::decode(row).map_err(|_| damaged("an account's row"))?);
        }
        Ok(accounts)
    }

    /// By name or id. Refused while the account owns a bucket.
    pub async fn delete(&self, name_or_id: &str) -> Result<(), AccountError> {
        let account = self
            .list()?
            .into_iter()
            .find(|account| account.name == name_or_id || account.id.to_string() == name_or_id);
        let account = account.ok_or_else(|| AccountError::Unknown(name_or_id.to_owned()))?;
        if account.name == ROOT {
            return Err(AccountError::Root);
        }
        self.catalog
            .commit_freeing(group(&account.name.clone()), move |view, _| {
                for prefix in [space::owned(account.id, ""), space::access_points(account.id)] {
                    if view.first_at_or_after(&prefix, &space::end_of(&prefix))?.is_some() {
                        return Ok(Decision::Refuse(AccountError::NotEmpty(account.name.clone())));
                    }
                }
                // As it is now: its root may have made and deleted keys since.
                let Some(row) = view.get(&space::account(account.id))? else {
                    return Ok(Decision::Refuse(AccountError::Unknown(account.name.clone())));
                };
                let account = AccountRow::decode(row).map_err(|_| damaged("an account's row"))?;
                if has_identities(view, account.id)? {
                    return Ok(Decision::Refuse(AccountError::HasIdentities(account.name)));
                }
                let mut writes = vec![
                    Write::delete(space::account(account.id)),
                    Write::delete(space::account_name(&account.name)),
                    Write::delete(space::canonical_id(&account.canonical_id)),
                    Write::delete(space::account_access(account.id)),
                ];
                for key in &account.access_keys {
                    writes.extend([Write::delete(space::access_key(key)), Write::delete(space::used(key))]);
                }
                if let Some(alias) = view.get(&space::alias(account.id))? {
                    let alias = String::from_utf8_lossy(&alias);
                    writes.extend([
                        Write::delete(space::alias(account.id)),
                        Write::delete(space::alias_name(&alias)),
                    ]);
                }
                writes.push(Write::delete(space::identity_stamp(account.id)));
                Ok(Decision::Write(writes, ()))
            })
            .await?
    }

    fn draw_account(&self, name: &str, email: Option<String>, access_keys: Vec<String>) -> AccountRow {
        let mut canonical = [0; 32];
        self.random.fill(&mut canonical);
        AccountRow {
            id: self.draw_id(),
            name: name.to_owned(),
            email,
            canonical_id: CanonicalId::from_bytes(canonical),
            created: Timestamp::default(),
            access_keys,
        }
    }

    /// Twelve digits, the first not zero.
    fn draw_id(&self) -> AccountId {
        loop {
            let number = 100_000_000_000 + self.random.u64() % 900_000_000_000;
            if let Some(id) = AccountId::new(number) {
                return id;
            }
        }
    }

    /// In the shape of AWS's: 20 upper-case characters and 40 of base64.
    pub fn draw_credentials(&self) -> Credentials {
        const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let mut bytes = [0; 46];
        self.random.fill(&mut bytes);
        let (id, secret) = bytes.split_at(16);
        let id: String = id.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect();
        Credentials { access_key: format!("AKIA{id}"), secret: Secret::new(STANDARD.encode(secret)) }
    }
}

fn group(name: &str) -> Group {
    Group::new([b"a", name.as_bytes()].concat())
}

fn made(
    row: &AccountRow,
    created: Timestamp,
    key: Option<(&str, &KeptSecret)>,
) -> Result<Decision<AccountRow, AccountError>, catalog::Fault> {
    let row = AccountRow { created, ..row.clone() };
    let mut writes = vec![
        Write::put(space::account(row.id), row.encode()),
        Write::put(space::account_name(&row.name), row.id.to_string().into_bytes()),
        Write::put(space::canonical_id(&row.canonical_id), row.id.to_string().into_bytes()),
    ];
    if let Some((access_key, secret)) = key {
        let key = AccessKeyRow { account: row.id, user: None, secret: secret.clone(), active: true, created };
        writes.push(Write::put(space::access_key(access_key), key.encode()));
    }
    Ok(Decision::Write(writes, row))
}

/// Users, groups, roles, policies, providers or devices.
fn has_identities(view: &dyn View, account: AccountId) -> Result<bool, catalog::Fault> {
    for space in
        [space::USERS, space::GROUPS, space::ROLES, space::POLICIES, space::PROVIDERS, space::DEVICES]
    {
        let start = space::in_account(space, account);
        if view.first_at_or_after(&start, &space::end_of(&start))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn check(new: &NewAccount) -> Result<(), AccountError> {
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    if new.name.is_empty() || new.name.len() > NAME_BYTES_MAX || !plain(&new.name) {
        return Err(AccountError::Invalid("a name has 1 to 128 visible ASCII characters"));
    }
    let Some(credentials) = &new.credentials else { return Ok(()) };
    let key = &credentials.access_key;
    if !ACCESS_KEY_BYTES.contains(&key.len())
        || !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    {
        return Err(AccountError::Invalid(
            "an access key has 3 to 128 letters, digits, dots, hyphens or underscores",
        ));
    }
    if !SECRET_BYTES.contains(&credentials.secret.expose().len()) || !plain(credentials.secret.expose()) {
        return Err(AccountError::Invalid("a secret has 8 to 128 visible ASCII characters"));
    }
    Ok(())
}

fn damaged(what: &str) -> catalog::Fault {
    catalog::Fault::corrupt("accounts", what)
}
