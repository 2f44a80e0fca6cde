//! CreatePolicyVersion, GetPolicyVersion, ListPolicyVersions, DeletePolicyVersion, SetDefaultPolicyVersion.

use api::S3Error;
use api::iam::{
    CreatePolicyVersionInput, CreatePolicyVersionOutput, DeletePolicyVersionInput, DeletePolicyVersionOutput,
    GetPolicyVersionInput, GetPolicyVersionOutput, ListPolicyVersionsInput, ListPolicyVersionsOutput,
    PolicyVersion as Shown, SetDefaultPolicyVersionInput, SetDefaultPolicyVersionOutput,
};
use catalog::table::{PolicyRow, PolicyVersion};
use policy::Kind;

use super::policies::AWS_MANAGED_CREATED;
use crate::asker::Asker;
use crate::fault::{self, Stop};
use crate::limits::POLICY_VERSIONS_MAX;
use crate::managed::Managed;
use crate::page::Paging;
use crate::registry::Registry;
use crate::{documents, refuse, words};

impl Registry {
    pub(super) async fn create_policy_version(
        &self,
        asker: &Asker,
        input: &CreatePolicyVersionInput,
    ) -> Result<CreatePolicyVersionOutput, S3Error> {
        let arn = words::required(input.policy_arn.as_deref(), "policyArn")?.to_owned();
        let (text, _) = documents::read(input.policy_document.as_deref(), "policyDocument", Kind::Managed)?;
        let (text, as_default) = (text.to_owned(), input.set_as_default == Some(true));
        let made = self.change(asker.account, move |draft| {
            let mut row = draft.own_managed(&arn)?;
            if row.versions.len() >= POLICY_VERSIONS_MAX {
                let message =
                    "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.";
                return Err(refuse::limit(message).into());
            }
            let version = PolicyVersion { number: row.next, text: text.clone(), created: draft.now };
            row.versions.push(version.clone());
            if as_default {
                row.default = row.next;
            }
            (row.next, row.updated) = (row.next + 1, draft.now);
            draft.put(&row);
            draft.counts.policy_versions += 1;
            Ok((version, row.default))
        });
        let (version, default) = made.await?;
        let shown = Shown { document: None, ..shown(&version, default) };
        Ok(CreatePolicyVersionOutput { policy_version: Some(shown) })
    }

    pub(super) async fn get_policy_version(
        &self,
        asker: &Asker,
        input: &GetPolicyVersionInput,
    ) -> Result<GetPolicyVersionOutput, S3Error> {
        let arn = words::required(input.policy_arn.as_deref(), "policyArn")?;
        let number = number(input.version_id.as_deref())?;
        let rows = self.rows(asker.account).map_err(fault::catalog)?;
        let found = match rows.find_managed(arn)? {
            Some(Managed::Own(row)) => row.version(number).map(|version| shown(version, row.default)),
            Some(Managed::Aws(known)) if number == 1 => Some(ready_made(known.document)),
            _ => None,
        };
        let shown = found.ok_or_else(|| refuse::no_policy_version(arn, &format!("v{number}")))?;
        Ok(GetPolicyVersionOutput { policy_version: Some(shown) })
    }

    /// The newest first.
    pub(super) async fn list_policy_versions(
        &self,
        asker: &Asker,
        input: &ListPolicyVersionsInput,
    ) -> Result<ListPolicyVersionsOutput, S3Error> {
        let arn = words::required(input.policy_arn.as_deref(), "policyArn")?;
        let paging = Paging::read(input.marker.as_deref(), input.max_items)?;
        let rows = self.rows(asker.account).map_err(fault::catalog)?;
        let versions = match rows.managed(arn)? {
            Managed::Own(row) => {
                let keyed = |version: &PolicyVersion| {
                    (format!("{:020}", u64::MAX - version.number), shown(version, row.default))
                };
                row.versions.iter().map(keyed).collect()
            }
            Managed::Aws(known) => vec![("v1".to_owned(), ready_made(known.document))],
        };
        let page = paging.cut(versions).map_err(fault::catalog)?;
        // Documents are told by GetPolicyVersion only.
        let brief = |version: Shown| Shown { document: None, ..version };
        Ok(ListPolicyVersionsOutput {
            versions: page.items.into_iter().map(brief).collect(),
            is_truncated: Some(page.truncated),
            marker: page.marker,
        })
    }

    pub(super) async fn delete_policy_version(
        &self,
        asker: &Asker,
        input: &DeletePolicyVersionInput,
    ) -> Result<DeletePolicyVersionOutput, S3Error> {
        let arn = words::required(input.policy_arn.as_deref(), "policyArn")?.to_owned();
        let number = number(input.version_id.as_deref())?;
        let removed = self.reduce(asker.account, move |draft| {
            let mut row = versioned(draft.own_managed(&arn), &arn, number)?;
            if row.default == number {
                return Err(refuse::in_use("Cannot delete the default version of a policy.").into());
            }
            row.versions.retain(|version| version.number != number);
            row.updated = draft.now;
            draft.put(&row);
            draft.counts.policy_versions = draft.counts.policy_versions.saturating_sub(1);
            Ok(())
        });
        removed.await?;
        Ok(DeletePolicyVersionOutput {})
    }

    pub(super) async fn set_default_policy_version(
        &self,
        asker: &Asker,
        input: &SetDefaultPolicyVersionInput,
    ) -> Result<SetDefaultPolicyVersionOutput, S3Error> {
        let arn = words::required(input.policy_arn.as_deref(), "policyArn")?.to_owned();
        let number = number(input.version_id.as_deref())?;
        let set = self.change(asker.account, move |draft| {
            let mut row = versioned(draft.own_managed(&arn), &arn, number)?;
            (row.default, row.updated) = (number, draft.now);
            draft.put(&row);
            Ok(())
        });
        set.await?;
        Ok(SetDefaultPolicyVersionOutput {})
    }
}

/// The policy, if it has this version; without the policy there is no version either.
fn versioned(row: Result<PolicyRow, Stop>, arn: &str, number: u64) -> Result<PolicyRow, Stop> {
    let absent = || refuse::no_policy_version(arn, &format!("v{number}"));
    match row {
        Ok(row) if row.version(number).is_some() => Ok(row),
        Ok(_) => Err(absent().into()),
        Err(Stop::Refused(error)) if error.code == api::ErrorCode::NoSuchEntity => Err(absent().into()),
        Err(stop) => Err(stop),
    }
}

/// `v7`.
fn number(id: Option<&str>) -> Result<u64, S3Error> {
    let id = words::required(id, "versionId")?;
    let digits = id.strip_prefix('v').filter(|digits| !digits.starts_with(['0', '+']));
    digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| {
        let pattern = r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?";
        refuse::constraint("versionId", &format!("satisfy regular expression pattern: {pattern}"))
    })
}

pub(super) fn shown(version: &PolicyVersion, default: u64) -> Shown {
    Shown {
        document: Some(documents::shown(&version.text)),
        version_id: Some(format!("v{}", version.number)),
        is_default_version: Some(version.number == default),
        create_date: Some(version.created),
    }
}

pub(super) fn ready_made(document: &str) -> Shown {
    Shown {
        document: Some(documents::shown(document)),
        version_id: Some("v1".to_owned()),
        is_default_version: Some(true),
        create_date: Some(AWS_MANAGED_CREATED),
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn versions_are_named_by_a_v_and_a_number() {
        assert_eq!(number(Some("v12")), Ok(12));
        for text in [None, Some(""), Some("1"), Some("v0"), Some("v01"), Some("v-1"), Some("v+1"), Some("vv")]
        {
            assert!(number(text).is_err(), "{text:?}");
        }
    }
}
