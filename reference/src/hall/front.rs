//! The handlers behind their door, as a server has them behind its wire; each request enters as in its corridor.

use std::sync::Arc;

use api::{Body, S3Error, s3};
use auth::{Auth, Caller, Credentials, Guarded};
use bytes::Bytes;
use catalog::table::space;
use catalog::{Catalog, Fault, Group, Write};
use model::Timestamp;
use semantics::{Hall, Handle, Settings};
use stripe::Store;
use world::{Clock, Random};

use super::{account, account_row, inputs};
use crate::marks::TagSet;

/// When accounts are made: 2026-01-01T00:00:00Z.
pub const BEGINNING: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// Cheap to clone.
#[derive(Clone)]
pub struct Front {
    auth: Auth,
    pub hall: Hall,
}

impl Front {
    /// The first account is the root's.
    pub fn new(
        catalog: Catalog,
        store: Store,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        settings: Settings,
    ) -> Self {
        let root = Credentials { access_key: "root".to_owned(), secret: sigv4::Secret::new("secret") };
        let sealer = seal::Sealer::new(&seal::MasterKey::from_bytes([7; 32]));
        let regions = settings.regions.clone();
        let auth = Auth::new(catalog.clone(), root, account(1), regions, sigv4::V2::Off, sealer);
        Self { auth, hall: Hall::new(catalog, store, clock, random, settings) }
    }

    /// One request, behind its proof of who asks; the answer with all of its body.
    pub async fn call<O: Guarded>(
        &self,
        caller: &Caller,
        input: O::Input,
        body: Bytes,
    ) -> Result<(O::Output, Bytes), S3Error>
    where
        Hall: Handle<O>,
    {
        self.call_with::<O>(caller, input, Body::once(body)).await
    }

    pub async fn call_with<O: Guarded>(
        &self,
        caller: &Caller,
        input: O::Input,
        body: Body,
    ) -> Result<(O::Output, Bytes), S3Error>
    where
        Hall: Handle<O>,
    {
        let _passage = self.hall.store().passage();
        let request = self.auth.authorize::<O>(caller, input, &self.hall)?;
        let (output, answer) = self.hall.handle(request, body).await?;
        let mut bytes = Vec::new();
        if let Some(mut answer) = answer {
            while let Some(piece) = answer.source.next().await? {
                bytes.extend_from_slice(&piece);
            }
            assert_eq!(answer.length, Some(bytes.len() as u64), "a body is as long as it says");
        }
        Ok((output, Bytes::from(bytes)))
    }

    /// Buckets are made for accounts that there are.
    pub async fn make_account(&self, number: u64) -> Result<(), Fault> {
        let row = account_row(number, BEGINNING);
        let writes = vec![Write::put(space::account(row.id), row.encode())];
        self.hall.catalog().write(Group::new("account"), writes).await
    }

    pub async fn make_bucket(&self, caller: &Caller, name: &str) -> Result<(), S3Error> {
        let input = inputs::create_bucket(name.to_owned(), false, &TagSet::default());
        self.call::<s3::CreateBucket>(caller, input, Bytes::new()).await.map(drop)
    }
}
