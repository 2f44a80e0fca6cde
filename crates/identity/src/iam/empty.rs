//! What nobody has here: passwords, instance profiles, certificates and their kin. Tools that take an account apart
//! ask for them first, so that they are told that there is none.

use api::{ErrorCode, S3Error, iam};
use catalog::table::{RoleRow, UserRow};

use crate::asker::Asker;
use crate::registry::Registry;
use crate::{fault, words};

impl Registry {
    /// Refuses when the user who is named is not there.
    fn check_user(&self, asker: &Asker, name: Option<&str>) -> Result<String, S3Error> {
        let Some(name) = asker.subject(name)? else { return Ok(String::new()) };
        Ok(self.rows(asker.account).map_err(fault::catalog)?.get::<UserRow>(&name)?.name)
    }

    fn no_login_profile(&self, asker: &Asker, name: Option<&str>) -> S3Error {
        match self.check_user(asker, name) {
            Ok(name) => S3Error::with_message(
                ErrorCode::NoSuchEntity,
                format!("Login Profile for User {name} cannot be found."),
            ),
            Err(error) => error,
        }
    }

    pub(super) async fn get_login_profile(
        &self,
        asker: &Asker,
        input: &iam::GetLoginProfileInput,
    ) -> Result<iam::GetLoginProfileOutput, S3Error> {
        Err(self.no_login_profile(asker, input.user_name.as_deref()))
    }

    pub(super) async fn delete_login_profile(
        &self,
        asker: &Asker,
        input: &iam::DeleteLoginProfileInput,
    ) -> Result<iam::DeleteLoginProfileOutput, S3Error> {
        Err(self.no_login_profile(asker, input.user_name.as_deref()))
    }

    pub(super) async fn get_account_password_policy(
        &self,
        asker: &Asker,
        _input: &iam::GetAccountPasswordPolicyInput,
    ) -> Result<iam::GetAccountPasswordPolicyOutput, S3Error> {
        let message = format!("The Password Policy with domain name {} cannot be found.", asker.account);
        Err(S3Error::with_message(ErrorCode::NoSuchEntity, message))
    }

    pub(super) async fn list_instance_profiles_for_role(
        &self,
        asker: &Asker,
        input: &iam::ListInstanceProfilesForRoleInput,
    ) -> Result<iam::ListInstanceProfilesForRoleOutput, S3Error> {
        let name = words::required(input.role_name.as_deref(), "roleName")?;
        self.rows(asker.account).map_err(fault::catalog)?.get::<RoleRow>(name)?;
        Ok(iam::ListInstanceProfilesForRoleOutput { is_truncated: Some(false), ..Default::default() })
    }

    pub(super) async fn list_instance_profiles(
        &self,
        _asker: &Asker,
        _input: &iam::ListInstanceProfilesInput,
    ) -> Result<iam::ListInstanceProfilesOutput, S3Error> {
        Ok(iam::ListInstanceProfilesOutput { is_truncated: Some(false), ..Default::default() })
    }

    pub(super) async fn list_ssh_public_keys(
        &self,
        asker: &Asker,
        input: &iam::ListSSHPublicKeysInput,
    ) -> Result<iam::ListSSHPublicKeysOutput, S3Error> {
        self.check_user(asker, input.user_name.as_deref())?;
        Ok(iam::ListSSHPublicKeysOutput { is_truncated: Some(false), ..Default::default() })
    }

    pub(super) async fn list_signing_certificates(
        &self,
        asker: &Asker,
        input: &iam::ListSigningCertificatesInput,
    ) -> Result<iam::ListSigningCertificatesOutput, S3Error> {
        self.check_user(asker, input.user_name.as_deref())?;
        Ok(iam::ListSigningCertificatesOutput { is_truncated: Some(false), ..Default::default() })
    }

    pub(super) async fn list_service_specific_credentials(
        &self,
        asker: &Asker,
        input: &iam::ListServiceSpecificCredentialsInput,
    ) -> Result<iam::ListServiceSpecificCredentialsOutput, S3Error> {
        self.check_user(asker, input.user_name.as_deref())?;
        Ok(iam::ListServiceSpecificCredentialsOutput::default())
    }

    pub(super) async fn list_server_certificates(
        &self,
        _asker: &Asker,
        _input: &iam::ListServerCertificatesInput,
    ) -> Result<iam::ListServerCertificatesOutput, S3Error> {
        Ok(iam::ListServerCertificatesOutput { is_truncated: Some(false), ..Default::default() })
    }

    pub(super) async fn list_saml_providers(
        &self,
        _asker: &Asker,
        _input: &iam::ListSAMLProvidersInput,
    ) -> Result<iam::ListSAMLProvidersOutput, S3Error> {
        Ok(iam::ListSAMLProvidersOutput::default())
    }
}
