//! Managed policies by their ARNs: the account's own, and those that every account finds ready.

use auth::{AwsManaged, aws_managed};
use catalog::View;
use catalog::table::PolicyRow;
use catalog::table::space::{self, Holder};
use model::arn::{self, Entity as Arn};

use crate::fault::Stop;
use crate::refuse;
use crate::rows::Rows;

pub(crate) enum Managed {
    Own(Box<PolicyRow>),
    Aws(&'static AwsManaged),
}

/// How often a policy is in use.
pub(crate) struct Usage {
    pub(crate) attachments: i32,
    pub(crate) boundaries: i32,
}

impl<V: View> Rows<V> {
    /// `None` when there is no such policy; refused when the text is no ARN.
    pub(crate) fn find_managed(&self, arn: &str) -> Result<Option<Managed>, Stop> {
        let named = Arn::parse(arn).filter(|named| named.kind == "policy");
        let named = named.ok_or_else(|| refuse::invalid(format!("ARN {arn} is not valid.")))?;
        if named.account.is_none() {
            return Ok(aws_managed(arn).map(Managed::Aws));
        }
        if named.account != Some(self.account) {
            return Ok(None);
        }
        let row = self.find::<PolicyRow>(named.name)?;
        // The path and the case of the name are part of the ARN.
        let row = row.filter(|row| arn::policy(self.account, &row.path, &row.name) == arn);
        Ok(row.map(|row| Managed::Own(Box::new(row))))
    }

    pub(crate) fn managed(&self, arn: &str) -> Result<Managed, Stop> {
        self.find_managed(arn)?.ok_or_else(|| refuse::no_policy(arn).into())
    }

    /// For what changes it: nobody changes AWS's.
    pub(crate) fn own_managed(&self, arn: &str) -> Result<PolicyRow, Stop> {
        match self.managed(arn)? {
            Managed::Own(row) => Ok(*row),
            Managed::Aws(known) => Err(refuse::denied(format!("{} cannot be changed.", known.arn())).into()),
        }
    }

    /// For what is to be attached, or a boundary.
    pub(crate) fn attachable(&self, arn: &str) -> Result<(), Stop> {
        match self.find_managed(arn)? {
            Some(_) => Ok(()),
            None => Err(refuse::no_attachable_policy(arn).into()),
        }
    }

    pub(crate) fn usage(&self, arn: &str) -> Result<Usage, Stop> {
        let mut usage = Usage { attachments: 0, boundaries: 0 };
        for holder in Holder::ALL {
            let mut count = 0;
            for name in self.names(space::attachments(self.account, arn, holder), "") {
                name?;
                count += 1;
            }
            match holder {
                Holder::User | Holder::Group | Holder::Role => usage.attachments += count,
                Holder::BoundedUser | Holder::BoundedRole => usage.boundaries += count,
            }
        }
        Ok(usage)
    }
}
