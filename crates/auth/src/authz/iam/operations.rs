//! The operations, grouped by what they act on.

use api::iam;

use super::named::{pairs, provider_url};
use crate::authz::{Facts, Guarded, Needs, Target};

macro_rules! action {
    ($operation:ident) => {
        concat!("iam:", stringify!($operation))
    };
}

/// Operations whose resource is found by one member of their input.
macro_rules! on {
    ($find:ident by $member:ident: $($operation:ident $(with $facts:ident)?,)*) => {
        $(impl Guarded for iam::$operation {
            fn target(_input: &Self::Input) -> Target<'_> {
                Target::Service
            }

            fn needs(input: &Self::Input, needs: &mut Needs<'_>) {
                needs.$find(action!($operation), input.$member.as_deref());
            }

            $(fn facts(input: &Self::Input, facts: &mut Facts) {
                facts!($facts input facts);
            })?
        })*
    };
}

/// The condition keys that an input sets.
macro_rules! facts {
    (tags $input:ident $facts:ident) => {
        $facts.resource_tags(pairs(&$input.tags));
    };
    (tag_keys $input:ident $facts:ident) => {
        $facts.set_many("aws:TagKeys", $input.tag_keys.clone());
    };
    (policy_arn $input:ident $facts:ident) => {
        $facts.text("iam:PolicyARN", $input.policy_arn.as_deref());
    };
    (boundary $input:ident $facts:ident) => {
        $facts.text("iam:PermissionsBoundary", $input.permissions_boundary.as_deref());
    };
    (tags_and_boundary $input:ident $facts:ident) => {
        $facts.resource_tags(pairs(&$input.tags));
        $facts.text("iam:PermissionsBoundary", $input.permissions_boundary.as_deref());
    };
}

/// What is made: its path stands in the input. Whoever tags it at once needs the leave to tag, too.
macro_rules! makes {
    ($($operation:ident $kind:literal $member:ident $(with $facts:ident and $tag:literal)?,)*) => {
        $(impl Guarded for iam::$operation {
            fn target(_input: &Self::Input) -> Target<'_> {
                Target::Service
            }

            fn needs(input: &Self::Input, needs: &mut Needs<'_>) {
                let (path, name) = (input.path.as_deref(), input.$member.as_deref());
                needs.on_path(action!($operation), $kind, path, name);
                $(if !input.tags.is_empty() {
                    needs.on_path($tag, $kind, path, name);
                })?
            }

            $(fn facts(input: &Self::Input, facts: &mut Facts) {
                facts!($facts input facts);
            })?
        })*
    };
}

/// Listings below a path.
macro_rules! lists {
    ($($operation:ident $kind:literal,)*) => {
        $(impl Guarded for iam::$operation {
            fn target(_input: &Self::Input) -> Target<'_> {
                Target::Service
            }

            fn needs(input: &Self::Input, needs: &mut Needs<'_>) {
                needs.on_path(action!($operation), $kind, input.path_prefix.as_deref(), None);
            }
        })*
    };
}

macro_rules! on_anything {
    ($($operation:ident,)*) => {
        $(impl Guarded for iam::$operation {
            fn target(_input: &Self::Input) -> Target<'_> {
                Target::Service
            }

            fn needs(_input: &Self::Input, needs: &mut Needs<'_>) {
                needs.on_anything(action!($operation));
            }
        })*
    };
}

/// A new name or path is asked for too: it must not be a way into what the caller may not touch.
macro_rules! renames {
    ($($operation:ident $find:ident $kind:literal $member:ident $new:ident,)*) => {
        $(impl Guarded for iam::$operation {
            fn target(_input: &Self::Input) -> Target<'_> {
                Target::Service
            }

            fn needs(input: &Self::Input, needs: &mut Needs<'_>) {
                let name = input.$member.as_deref();
                needs.$find(action!($operation), name);
                match input.new_path.as_deref() {
                    Some(path) => {
                        let name = input.$new.as_deref().or(name);
                        needs.on_path(action!($operation), $kind, Some(path), name);
                    }
                    None => needs.renamed(action!($operation), input.$new.as_deref()),
                }
            }
        })*
    };
}

makes! {
    CreateUser "user" user_name with tags_and_boundary and "iam:TagUser",
    CreateGroup "group" group_name,
    CreateRole "role" role_name with tags_and_boundary and "iam:TagRole",
    CreatePolicy "policy" policy_name with tags and "iam:TagPolicy",
    CreateVirtualMFADevice "mfa" virtual_mfa_device_name with tags and "iam:TagMFADevice",
}

lists! {
    ListUsers "user",
    ListGroups "group",
    ListRoles "role",
    ListPolicies "policy",
}

renames! {
    UpdateUser on_user "user" user_name new_user_name,
    UpdateGroup on_group "group" group_name new_group_name,
}

on! { on_user by user_name:
    GetUser,
    DeleteUser,
    TagUser with tags,
    UntagUser with tag_keys,
    ListUserTags,
    CreateAccessKey,
    ListAccessKeys,
    UpdateAccessKey,
    DeleteAccessKey,
    ListGroupsForUser,
    PutUserPolicy,
    GetUserPolicy,
    DeleteUserPolicy,
    ListUserPolicies,
    AttachUserPolicy with policy_arn,
    DetachUserPolicy with policy_arn,
    ListAttachedUserPolicies,
    PutUserPermissionsBoundary with boundary,
    DeleteUserPermissionsBoundary,
    EnableMFADevice,
    DeactivateMFADevice,
    ResyncMFADevice,
    ListMFADevices,
    GetMFADevice,
    GetLoginProfile,
    DeleteLoginProfile,
    ListSSHPublicKeys,
    ListSigningCertificates,
    ListServiceSpecificCredentials,
}

on! { on_key_holder by access_key_id:
    GetAccessKeyLastUsed,
}

on! { on_group by group_name:
    GetGroup,
    DeleteGroup,
    AddUserToGroup,
    RemoveUserFromGroup,
    PutGroupPolicy,
    GetGroupPolicy,
    DeleteGroupPolicy,
    ListGroupPolicies,
    AttachGroupPolicy with policy_arn,
    DetachGroupPolicy with policy_arn,
    ListAttachedGroupPolicies,
}

on! { on_role by role_name:
    GetRole,
    UpdateRole,
    UpdateRoleDescription,
    UpdateAssumeRolePolicy,
    DeleteRole,
    TagRole with tags,
    UntagRole with tag_keys,
    ListRoleTags,
    PutRolePolicy,
    GetRolePolicy,
    DeleteRolePolicy,
    ListRolePolicies,
    AttachRolePolicy with policy_arn,
    DetachRolePolicy with policy_arn,
    ListAttachedRolePolicies,
    PutRolePermissionsBoundary with boundary,
    DeleteRolePermissionsBoundary,
    ListInstanceProfilesForRole,
}

on! { on_policy by policy_arn:
    GetPolicy,
    DeletePolicy,
    CreatePolicyVersion,
    GetPolicyVersion,
    ListPolicyVersions,
    DeletePolicyVersion,
    SetDefaultPolicyVersion,
    ListEntitiesForPolicy,
    TagPolicy with tags,
    UntagPolicy with tag_keys,
    ListPolicyTags,
}

on! { on_provider by open_id_connect_provider_arn:
    GetOpenIDConnectProvider,
    DeleteOpenIDConnectProvider,
    UpdateOpenIDConnectProviderThumbprint,
    AddClientIDToOpenIDConnectProvider,
    RemoveClientIDFromOpenIDConnectProvider,
    TagOpenIDConnectProvider with tags,
    UntagOpenIDConnectProvider with tag_keys,
    ListOpenIDConnectProviderTags,
}

on! { on_device by serial_number:
    DeleteVirtualMFADevice,
    TagMFADevice with tags,
    UntagMFADevice with tag_keys,
    ListMFADeviceTags,
}

on! { on_arn by policy_source_arn:
    SimulatePrincipalPolicy,
    GetContextKeysForPrincipalPolicy,
}

on_anything! {
    ListOpenIDConnectProviders,
    CreateAccountAlias,
    DeleteAccountAlias,
    ListAccountAliases,
    GetAccountSummary,
    GetAccountAuthorizationDetails,
    GetAccountPasswordPolicy,
    SimulateCustomPolicy,
    GetContextKeysForCustomPolicy,
    GenerateCredentialReport,
    GetCredentialReport,
    ListVirtualMFADevices,
    ListInstanceProfiles,
    ListServerCertificates,
    ListSAMLProviders,
}

impl Guarded for iam::CreateOpenIDConnectProvider {
    fn target(_input: &Self::Input) -> Target<'_> {
        Target::Service
    }

    fn needs(input: &Self::Input, needs: &mut Needs<'_>) {
        let url = provider_url(input.url.as_deref());
        needs.on_path(action!(CreateOpenIDConnectProvider), "oidc-provider", None, Some(url));
        if !input.tags.is_empty() {
            needs.on_path("iam:TagOpenIDConnectProvider", "oidc-provider", None, Some(url));
        }
    }

    fn facts(input: &Self::Input, facts: &mut Facts) {
        facts.resource_tags(pairs(&input.tags));
    }
}
