//! The operations, a file for each noun, and their handlers.

mod access_keys;
mod aliases;
mod attachments;
mod boundaries;
mod details;
mod devices;
mod empty;
mod entities;
mod groups;
mod inline;
mod memberships;
mod policies;
mod policy_versions;
mod providers;
mod report;
mod roles;
mod simulation;
mod summary;
mod tagging;
mod trust;
mod users;

use api::{S3Error, iam};
use auth::Authorized;

use crate::asker::Asker;
use crate::handle::Handle;
use crate::registry::Registry;

macro_rules! handles {
    ($($operation:ident by $method:ident,)*) => {
        $(impl Handle<iam::$operation> for Registry {
            async fn handle(
                &self,
                request: Authorized<iam::$operation>,
            ) -> Result<<iam::$operation as api::Operation>::Output, S3Error> {
                let asker = Asker::of(request.identity()?);
                self.$method(&asker, request.input()).await
            }
        })*
    };
}

handles! {
    CreateUser by create_user,
    GetUser by get_user,
    ListUsers by list_users,
    UpdateUser by update_user,
    DeleteUser by delete_user,
    CreateAccessKey by create_access_key,
    ListAccessKeys by list_access_keys,
    UpdateAccessKey by update_access_key,
    DeleteAccessKey by delete_access_key,
    GetAccessKeyLastUsed by get_access_key_last_used,
    CreateGroup by create_group,
    GetGroup by get_group,
    ListGroups by list_groups,
    UpdateGroup by update_group,
    DeleteGroup by delete_group,
    AddUserToGroup by add_user_to_group,
    RemoveUserFromGroup by remove_user_from_group,
    ListGroupsForUser by list_groups_for_user,
    PutUserPolicy by put_user_policy,
    GetUserPolicy by get_user_policy,
    DeleteUserPolicy by delete_user_policy,
    ListUserPolicies by list_user_policies,
    PutGroupPolicy by put_group_policy,
    GetGroupPolicy by get_group_policy,
    DeleteGroupPolicy by delete_group_policy,
    ListGroupPolicies by list_group_policies,
    PutRolePolicy by put_role_policy,
    GetRolePolicy by get_role_policy,
    DeleteRolePolicy by delete_role_policy,
    ListRolePolicies by list_role_policies,
    CreatePolicy by create_policy,
    GetPolicy by get_policy,
    ListPolicies by list_policies,
    DeletePolicy by delete_policy,
    CreatePolicyVersion by create_policy_version,
    GetPolicyVersion by get_policy_version,
    ListPolicyVersions by list_policy_versions,
    DeletePolicyVersion by delete_policy_version,
    SetDefaultPolicyVersion by set_default_policy_version,
    AttachUserPolicy by attach_user_policy,
    DetachUserPolicy by detach_user_policy,
    ListAttachedUserPolicies by list_attached_user_policies,
    AttachGroupPolicy by attach_group_policy,
    DetachGroupPolicy by detach_group_policy,
    ListAttachedGroupPolicies by list_attached_group_policies,
    AttachRolePolicy by attach_role_policy,
    DetachRolePolicy by detach_role_policy,
    ListAttachedRolePolicies by list_attached_role_policies,
    ListEntitiesForPolicy by list_entities_for_policy,
    CreateRole by create_role,
    GetRole by get_role,
    ListRoles by list_roles,
    UpdateRole by update_role,
    UpdateRoleDescription by update_role_description,
    UpdateAssumeRolePolicy by update_assume_role_policy,
    DeleteRole by delete_role,
    PutUserPermissionsBoundary by put_user_permissions_boundary,
    DeleteUserPermissionsBoundary by delete_user_permissions_boundary,
    PutRolePermissionsBoundary by put_role_permissions_boundary,
    DeleteRolePermissionsBoundary by delete_role_permissions_boundary,
    CreateOpenIDConnectProvider by create_open_id_connect_provider,
    GetOpenIDConnectProvider by get_open_id_connect_provider,
    ListOpenIDConnectProviders by list_open_id_connect_providers,
    DeleteOpenIDConnectProvider by delete_open_id_connect_provider,
    UpdateOpenIDConnectProviderThumbprint by update_open_id_connect_provider_thumbprint,
    AddClientIDToOpenIDConnectProvider by add_client_id_to_open_id_connect_provider,
    RemoveClientIDFromOpenIDConnectProvider by remove_client_id_from_open_id_connect_provider,
    TagUser by tag_user,
    UntagUser by untag_user,
    ListUserTags by list_user_tags,
    TagRole by tag_role,
    UntagRole by untag_role,
    ListRoleTags by list_role_tags,
    TagPolicy by tag_policy,
    UntagPolicy by untag_policy,
    ListPolicyTags by list_policy_tags,
    TagOpenIDConnectProvider by tag_open_id_connect_provider,
    UntagOpenIDConnectProvider by untag_open_id_connect_provider,
    ListOpenIDConnectProviderTags by list_open_id_connect_provider_tags,
    TagMFADevice by tag_mfa_device,
    UntagMFADevice by untag_mfa_device,
    ListMFADeviceTags by list_mfa_device_tags,
    CreateAccountAlias by create_account_alias,
    DeleteAccountAlias by delete_account_alias,
    ListAccountAliases by list_account_aliases,
    GetAccountSummary by get_account_summary,
    GetAccountAuthorizationDetails by get_account_authorization_details,
    SimulateCustomPolicy by simulate_custom_policy,
    SimulatePrincipalPolicy by simulate_principal_policy,
    GetContextKeysForCustomPolicy by get_context_keys_for_custom_policy,
    GetContextKeysForPrincipalPolicy by get_context_keys_for_principal_policy,
    GenerateCredentialReport by generate_credential_report,
    GetCredentialReport by get_credential_report,
    CreateVirtualMFADevice by create_virtual_mfa_device,
    EnableMFADevice by enable_mfa_device,
    DeactivateMFADevice by deactivate_mfa_device,
    ResyncMFADevice by resync_mfa_device,
    ListMFADevices by list_mfa_devices,
    ListVirtualMFADevices by list_virtual_mfa_devices,
    GetMFADevice by get_mfa_device,
    DeleteVirtualMFADevice by delete_virtual_mfa_device,
    GetAccountPasswordPolicy by get_account_password_policy,
    GetLoginProfile by get_login_profile,
    DeleteLoginProfile by delete_login_profile,
    ListInstanceProfiles by list_instance_profiles,
    ListInstanceProfilesForRole by list_instance_profiles_for_role,
    ListSSHPublicKeys by list_ssh_public_keys,
    ListSigningCertificates by list_signing_certificates,
    ListServiceSpecificCredentials by list_service_specific_credentials,
    ListServerCertificates by list_server_certificates,
    ListSAMLProviders by list_saml_providers,
}
