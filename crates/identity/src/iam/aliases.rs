//! CreateAccountAlias, DeleteAccountAlias, ListAccountAliases: an account has one at most.

use api::S3Error;
use api::iam::{
    CreateAccountAliasInput, CreateAccountAliasOutput, DeleteAccountAliasInput, DeleteAccountAliasOutput,
    ListAccountAliasesInput, ListAccountAliasesOutput,
};
use catalog::table::space;
use catalog::{Fault, View, Write};

use crate::asker::Asker;
use crate::fault;
use crate::page::Paging;
use crate::registry::Registry;
use crate::rows::Rows;
use crate::{refuse, words};

impl<V: View> Rows<V> {
    fn alias(&self) -> Result<Option<String>, Fault> {
        let Some(row) = self.view().get(&space::alias(self.account))? else { return Ok(None) };
        let text = String::from_utf8(row.to_vec()).map_err(|_| Fault::corrupt("aliases", "no UTF-8"))?;
        Ok(Some(text))
    }
}

impl Registry {
    /// A new alias takes the old one's place.
    pub(super) async fn create_account_alias(
        &self,
        asker: &Asker,
        input: &CreateAccountAliasInput,
    ) -> Result<CreateAccountAliasOutput, S3Error> {
        let alias = read(input.account_alias.as_deref())?;
        let made = self.change(asker.account, move |draft| {
            let own = draft.account.to_string();
            let owner = draft.view().get(&space::alias_name(&alias))?;
            if owner.is_some_and(|owner| owner != own.as_bytes()) {
                return Err(refuse::exists(format!("The account alias {alias} already exists.")).into());
            }
            if let Some(old) = draft.alias()? {
                draft.erase(space::alias_name(&old));
            }
            draft.write(Write::put(space::alias(draft.account), alias.clone().into_bytes()));
            draft.write(Write::put(space::alias_name(&alias), own.into_bytes()));
            Ok(())
        });
        made.await?;
        Ok(CreateAccountAliasOutput {})
    }

    pub(super) async fn delete_account_alias(
        &self,
        asker: &Asker,
        input: &DeleteAccountAliasInput,
    ) -> Result<DeleteAccountAliasOutput, S3Error> {
        let alias = read(input.account_alias.as_deref())?;
        let removed = self.reduce(asker.account, move |draft| {
            if draft.alias()?.as_ref() != Some(&alias) {
                return Err(refuse::no_alias(&alias).into());
            }
            draft.erase(space::alias(draft.account));
            draft.erase(space::alias_name(&alias));
            Ok(())
        });
        removed.await?;
        Ok(DeleteAccountAliasOutput {})
    }

    pub(super) async fn list_account_aliases(
        &self,
        asker: &Asker,
        input: &ListAccountAliasesInput,
    ) -> Result<ListAccountAliasesOutput, S3Error> {
        let paging = Paging::read(input.marker.as_deref(), input.max_items)?;
        let alias = self.rows(asker.account).and_then(|rows| rows.alias()).map_err(fault::catalog)?;
        let items = alias.into_iter().map(|alias| (alias.clone(), alias)).collect();
        let page = paging.cut(items).map_err(fault::catalog)?;
        Ok(ListAccountAliasesOutput {
            account_aliases: page.items,
            is_truncated: Some(page.truncated),
            marker: page.marker,
        })
    }
}

fn read(alias: Option<&str>) -> Result<String, S3Error> {
    let alias = words::required(alias, "accountAlias")?;
    words::length(alias, "accountAlias", 3, 63)?;
    let plain = alias.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !plain || alias.starts_with('-') || alias.ends_with('-') || alias.contains("--") {
        let pattern = "^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$";
        return Err(refuse::constraint(
            "accountAlias",
            &format!("satisfy regular expression pattern: {pattern}"),
        ));
    }
    Ok(alias.to_owned())
}
