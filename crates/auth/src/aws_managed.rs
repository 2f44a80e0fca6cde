//! The policies that every account finds ready: AWS's own names and ARNs, for what there is here.
//!
//! Source: AWS "AWS Managed Policy Reference". The documents are ours, and allow what AWS's do as far as it exists here.

pub struct AwsManaged {
    pub name: &'static str,
    /// The unique id.
    pub id: &'static str,
    pub description: &'static str,
    pub document: &'static str,
}

/// All of them, in the order of their names.
pub const AWS_MANAGED: [AwsManaged; 6] = [
    AwsManaged {
        name: "AdministratorAccess",
        id: "ANPAIWMBCKSKIEE64ZLYK",
        description: "Everything, on everything.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    },
    AwsManaged {
        name: "AmazonS3FullAccess",
        id: "ANPAIFIR6V6BVTRAHWINE",
        description: "All of S3, in every bucket of the account.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","s3-object-lambda:*"],"Resource":"*"}]}"#,
    },
    AwsManaged {
        name: "AmazonS3ReadOnlyAccess",
        id: "ANPAIZTJ4DXE7G6AGAE6M",
        description: "Reading and listing in every bucket of the account.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:Describe*"],"Resource":"*"}]}"#,
    },
    AwsManaged {
        name: "IAMFullAccess",
        id: "ANPAI7XKCFMBPM3QQRRVQ",
        description: "All of IAM.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"}]}"#,
    },
    AwsManaged {
        name: "IAMReadOnlyAccess",
        id: "ANPAJKSO7NDY4T57MWDSQ",
        description: "Reading all of IAM, and simulating policies.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GenerateCredentialReport","iam:Get*","iam:List*","iam:Simulate*"],"Resource":"*"}]}"#,
    },
    AwsManaged {
        name: "ReadOnlyAccess",
        id: "ANPAILL3HVNFSB6DCOWYQ",
        description: "Reading everything.",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:Describe*","iam:GenerateCredentialReport","iam:Get*","iam:List*","iam:Simulate*","sts:GetAccessKeyInfo","sts:GetCallerIdentity"],"Resource":"*"}]}"#,
    },
];

impl AwsManaged {
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::aws:policy/{}", self.name)
    }
}

pub fn aws_managed(arn: &str) -> Option<&'static AwsManaged> {
    let name = arn.strip_prefix("arn:aws:iam::aws:policy/")?;
    AWS_MANAGED.iter().find(|known| known.name == name)
}

#[cfg(test)]
mod tests {
    use policy::{Kind, Policy};

    use super::*;

    #[test]
    fn each_is_a_legal_managed_policy() {
        for known in &AWS_MANAGED {
            assert!(Policy::parse(known.document, Kind::Managed).is_ok(), "{}", known.name);
            assert_eq!(aws_managed(&known.arn()).map(|found| found.id), Some(known.id));
        }
        assert!(aws_managed("arn:aws:iam::111122223333:policy/AdministratorAccess").is_none());
    }
}
