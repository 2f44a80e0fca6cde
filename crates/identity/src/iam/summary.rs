//! GetAccountSummary: what there is, and how much there may be.

use api::S3Error;
use api::iam::{GetAccountSummaryInput, GetAccountSummaryOutput};
use policy::limits as sizes;

use crate::asker::Asker;
use crate::registry::Registry;
use crate::{fault, limits};

impl Registry {
    pub(super) async fn get_account_summary(
        &self,
        asker: &Asker,
        _input: &GetAccountSummaryInput,
    ) -> Result<GetAccountSummaryOutput, S3Error> {
        let rows = self.rows(asker.account).map_err(fault::catalog)?;
        let counts = rows.stamp().map_err(fault::catalog)?.counts;
        let root_keys = rows.account_row().map_err(fault::catalog)?.access_keys.len() as u64;
        let summary = [
            ("Users", counts.users),
            ("UsersQuota", limits::USERS_MAX),
            ("Groups", counts.groups),
            ("GroupsQuota", limits::GROUPS_MAX),
            ("Roles", counts.roles),
            ("RolesQuota", limits::ROLES_MAX),
            ("Policies", counts.policies),
            ("PoliciesQuota", limits::POLICIES_MAX),
            ("PolicyVersionsInUse", counts.policy_versions),
            ("PolicyVersionsInUseQuota", 10_000),
            ("Providers", counts.providers),
            ("MFADevices", counts.devices),
            ("MFADevicesInUse", counts.devices_in_use),
            ("AccountMFAEnabled", 0),
            ("AccountAccessKeysPresent", root_keys.min(1)),
            ("AccountPasswordPresent", 0),
            ("AccountSigningCertificatesPresent", 0),
            ("InstanceProfiles", 0),
            ("InstanceProfilesQuota", 0),
            ("ServerCertificates", 0),
            ("ServerCertificatesQuota", 0),
            ("SigningCertificatesPerUserQuota", 0),
            ("AccessKeysPerUserQuota", limits::ACCESS_KEYS_PER_USER_MAX as u64),
            ("GroupsPerUserQuota", limits::GROUPS_PER_USER_MAX as u64),
            ("AttachedPoliciesPerUserQuota", limits::ATTACHED_MAX as u64),
            ("AttachedPoliciesPerGroupQuota", limits::ATTACHED_MAX as u64),
            ("AttachedPoliciesPerRoleQuota", limits::ATTACHED_MAX as u64),
            ("VersionsPerPolicyQuota", limits::POLICY_VERSIONS_MAX as u64),
            ("PolicySizeQuota", sizes::MANAGED_POLICY_CHARS_MAX as u64),
            ("UserPolicySizeQuota", sizes::USER_INLINE_CHARS_MAX as u64),
            ("GroupPolicySizeQuota", sizes::GROUP_INLINE_CHARS_MAX as u64),
            ("RolePolicySizeQuota", sizes::ROLE_INLINE_CHARS_MAX as u64),
            ("AssumeRolePolicySizeQuota", sizes::TRUST_POLICY_CHARS_MAX as u64),
            ("GlobalEndpointTokenVersion", 1),
        ];
        let shown = |(name, count): (&str, u64)| (name.to_owned(), i32::try_from(count).unwrap_or(i32::MAX));
        Ok(GetAccountSummaryOutput { summary_map: summary.into_iter().map(shown).collect() })
    }
}
