//! Tag…, Untag… and List…Tags, of users, roles, policies, identity providers and MFA devices.

use api::{S3Error, iam};
use catalog::View;
use catalog::table::{DeviceRow, PolicyRow, ProviderRow, RoleRow, UserRow};

use crate::asker::Asker;
use crate::fault::{self, Stop};
use crate::kinds::Tagged;
use crate::page::{Page, Paging};
use crate::registry::Registry;
use crate::rows::Rows;
use crate::{tags, words};

/// How the request names what it is about: by a name, an ARN or a serial number.
trait Sought: Tagged {
    fn seek<V: View>(rows: &Rows<V>, by: &str) -> Result<Self, Stop>;
}

macro_rules! sought {
    ($($row:ident by $seek:ident;)*) => {
        $(impl Sought for $row {
            fn seek<V: View>(rows: &Rows<V>, by: &str) -> Result<Self, Stop> {
                rows.$seek(by)
            }
        })*
    };
}

sought! {
    UserRow by get;
    RoleRow by get;
    PolicyRow by own_managed;
    ProviderRow by provider;
    DeviceRow by device;
}

impl Registry {
    async fn tag<T: Sought>(&self, asker: &Asker, by: &str, new: &[iam::Tag]) -> Result<(), S3Error> {
        let (by, new) = (by.to_owned(), tags::read(new, T::CASE)?);
        let tagged = self.change(asker.account, move |draft| {
            let mut row = T::seek(draft, &by)?;
            tags::merge(row.tags(), &new, T::CASE)?;
            draft.put(&row);
            Ok(())
        });
        tagged.await
    }

    async fn untag<T: Sought>(&self, asker: &Asker, by: &str, keys: &[String]) -> Result<(), S3Error> {
        tags::check_keys(keys)?;
        let (by, keys) = (by.to_owned(), keys.to_vec());
        let untagged = self.reduce(asker.account, move |draft| {
            let mut row = T::seek(draft, &by)?;
            tags::remove(row.tags(), &keys, T::CASE);
            draft.put(&row);
            Ok(())
        });
        untagged.await
    }

    fn list_tags<T: Sought>(
        &self,
        asker: &Asker,
        by: &str,
        paging: &Paging,
    ) -> Result<Page<iam::Tag>, S3Error> {
        let rows = self.rows(asker.account).map_err(fault::catalog)?;
        let mut row = T::seek(&rows, by)?;
        tags::page(paging, row.tags()).map_err(fault::catalog)
    }
}

macro_rules! tagging {
    ($($row:ident $member:ident $at:literal
        $tag:ident $tag_input:ident $tag_output:ident, $untag:ident $untag_input:ident $untag_output:ident,
        $list:ident $list_input:ident $list_output:ident;)*) => {
        $(impl Registry {
            pub(super) async fn $tag(&self, asker: &Asker, input: &iam::$tag_input) -> Result<iam::$tag_output, S3Error> {
                let by = words::required(input.$member.as_deref(), $at)?;
                self.tag::<$row>(asker, by, &input.tags).await?;
                Ok(iam::$tag_output {})
            }

            pub(super) async fn $untag(&self, asker: &Asker, input: &iam::$untag_input) -> Result<iam::$untag_output, S3Error> {
                let by = words::required(input.$member.as_deref(), $at)?;
                self.untag::<$row>(asker, by, &input.tag_keys).await?;
                Ok(iam::$untag_output {})
            }

            pub(super) async fn $list(&self, asker: &Asker, input: &iam::$list_input) -> Result<iam::$list_output, S3Error> {
                let by = words::required(input.$member.as_deref(), $at)?;
                let paging = Paging::read(input.marker.as_deref(), input.max_items)?;
                let page = self.list_tags::<$row>(asker, by, &paging)?;
                Ok(iam::$list_output { tags: page.items, is_truncated: Some(page.truncated), marker: page.marker })
            }
        })*
    };
}

tagging! {
    UserRow user_name "userName"
        tag_user TagUserInput TagUserOutput,
        untag_user UntagUserInput UntagUserOutput,
        list_user_tags ListUserTagsInput ListUserTagsOutput;
    RoleRow role_name "roleName"
        tag_role TagRoleInput TagRoleOutput,
        untag_role UntagRoleInput UntagRoleOutput,
        list_role_tags ListRoleTagsInput ListRoleTagsOutput;
    PolicyRow policy_arn "policyArn"
        tag_policy TagPolicyInput TagPolicyOutput,
        untag_policy UntagPolicyInput UntagPolicyOutput,
        list_policy_tags ListPolicyTagsInput ListPolicyTagsOutput;
    ProviderRow open_id_connect_provider_arn "openIDConnectProviderArn"
        tag_open_id_connect_provider TagOpenIDConnectProviderInput TagOpenIDConnectProviderOutput,
        untag_open_id_connect_provider UntagOpenIDConnectProviderInput UntagOpenIDConnectProviderOutput,
        list_open_id_connect_provider_tags ListOpenIDConnectProviderTagsInput ListOpenIDConnectProviderTagsOutput;
    DeviceRow serial_number "serialNumber"
        tag_mfa_device TagMFADeviceInput TagMFADeviceOutput,
        untag_mfa_device UntagMFADeviceInput UntagMFADeviceOutput,
        list_mfa_device_tags ListMFADeviceTagsInput ListMFADeviceTagsOutput;
}
