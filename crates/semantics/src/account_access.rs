//! PutPublicAccessBlock, GetPublicAccessBlock, DeletePublicAccessBlock of S3 Control: an account's, over all of its
//! buckets.

use api::s3control::{
    DeletePublicAccessBlock, DeletePublicAccessBlockOutput, GetPublicAccessBlock, GetPublicAccessBlockOutput,
    PublicAccessBlockConfiguration, PutPublicAccessBlock, PutPublicAccessBlockOutput,
};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;
use catalog::table::{AccountAccessRow, space};
use catalog::{Decision, Group, Write};
use model::{AccountId, PublicAccessBlock};

use crate::bucket::read_block;
use crate::fault;
use crate::hall::Hall;
use crate::handle::Handle;

impl Handle<PutPublicAccessBlock> for Hall {
    async fn handle(
        &self,
        request: Authorized<PutPublicAccessBlock>,
        _body: Body,
    ) -> Result<(PutPublicAccessBlockOutput, Option<Body>), S3Error> {
        let asked =
            request.input().public_access_block_configuration.as_ref().ok_or(ErrorCode::MalformedXML)?;
        self.set_account_block(request.identity()?.account, Some(read(asked)?)).await?;
        Ok((PutPublicAccessBlockOutput::default(), None))
    }
}

impl Handle<GetPublicAccessBlock> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetPublicAccessBlock>,
        _body: Body,
    ) -> Result<(GetPublicAccessBlockOutput, Option<Body>), S3Error> {
        let account = request.identity()?.account;
        let row = self.catalog().get(&space::account_access(account)).map_err(fault::catalog)?;
        let row =
            row.map(AccountAccessRow::decode).transpose().map_err(fault::row).map_err(fault::catalog)?;
        let block = row.and_then(|row| row.public_access_block).ok_or_else(|| {
            S3Error::from(ErrorCode::NoSuchPublicAccessBlockConfiguration)
                .element("AccountId", account.to_string())
        })?;
        let shown = Some(shown(block));
        Ok((GetPublicAccessBlockOutput { public_access_block_configuration: shown }, None))
    }
}

impl Handle<DeletePublicAccessBlock> for Hall {
    async fn handle(
        &self,
        request: Authorized<DeletePublicAccessBlock>,
        _body: Body,
    ) -> Result<(DeletePublicAccessBlockOutput, Option<Body>), S3Error> {
        self.set_account_block(request.identity()?.account, None).await?;
        Ok((DeletePublicAccessBlockOutput::default(), None))
    }
}

/// As S3 Control writes one, an account's or an access point's.
pub(crate) fn read(asked: &PublicAccessBlockConfiguration) -> Result<PublicAccessBlock, S3Error> {
    read_block([
        asked.block_public_acls,
        asked.ignore_public_acls,
        asked.block_public_policy,
        asked.restrict_public_buckets,
    ])
}

pub(crate) fn shown(block: PublicAccessBlock) -> PublicAccessBlockConfiguration {
    PublicAccessBlockConfiguration {
        block_public_acls: Some(block.block_public_acls),
        ignore_public_acls: Some(block.ignore_public_acls),
        block_public_policy: Some(block.block_public_policy),
        restrict_public_buckets: Some(block.restrict_public_buckets),
    }
}

impl Hall {
    async fn set_account_block(
        &self,
        account: AccountId,
        block: Option<PublicAccessBlock>,
    ) -> Result<(), S3Error> {
        let key = space::account_access(account);
        let group = Group::new(key.clone());
        let write = match block {
            Some(_) => Write::put(key, AccountAccessRow { public_access_block: block }.encode()),
            None => Write::delete(key),
        };
        self.catalog()
            .commit(group, move |_, _| Ok(Decision::<_, S3Error>::Write(vec![write.clone()], ())))
            .await
            .map_err(fault::catalog)?
    }
}
