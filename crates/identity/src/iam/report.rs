//! GenerateCredentialReport and GetCredentialReport: a table of all users and their credentials.
//!
//! It is drawn up when it is fetched, so generating it has nothing to do.

use std::fmt::Write as _;

use api::S3Error;
use api::iam::{
    GenerateCredentialReportInput, GenerateCredentialReportOutput, GetCredentialReportInput,
    GetCredentialReportOutput,
};
use bytes::Bytes;
use catalog::View;
use catalog::table::UserRow;
use model::{Timestamp, arn};

use crate::asker::Asker;
use crate::fault::{self, Stop};
use crate::registry::Registry;
use crate::rows::Rows;

const HEAD: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

impl Registry {
    pub(super) async fn generate_credential_report(
        &self,
        _asker: &Asker,
        _input: &GenerateCredentialReportInput,
    ) -> Result<GenerateCredentialReportOutput, S3Error> {
        Ok(GenerateCredentialReportOutput { state: Some("COMPLETE".to_owned()), description: None })
    }

    pub(super) async fn get_credential_report(
        &self,
        asker: &Asker,
        _input: &GetCredentialReportInput,
    ) -> Result<GetCredentialReportOutput, S3Error> {
        let rows = self.rows(asker.account).map_err(fault::catalog)?;
        Ok(GetCredentialReportOutput {
            content: Some(Bytes::from(draw_up(&rows)?)),
            report_format: Some("text/csv".to_owned()),
            generated_time: Some(self.clock().now().truncated_to_seconds()),
        })
    }
}

fn draw_up<V: View>(rows: &Rows<V>) -> Result<String, Stop> {
    let mut report = String::from(HEAD);
    let root = rows.account_row()?;
    let about = ["<root_account>".to_owned(), arn::root(rows.account), root.created.to_iso8601()];
    line(&mut report, rows, &about, false, &root.access_keys)?;
    for item in rows.walk::<UserRow>("") {
        let (_, row) = item?;
        let arn = arn::user(rows.account, &row.path, &row.name);
        let about = [row.name.clone(), arn, row.created.to_iso8601()];
        line(&mut report, rows, &about, !row.devices.is_empty(), &row.access_keys)?;
    }
    Ok(report)
}

fn line<V: View>(
    report: &mut String,
    rows: &Rows<V>,
    about: &[String; 3],
    has_device: bool,
    keys: &[String],
) -> Result<(), Stop> {
    // Nobody has a password.
    let _ = write!(report, "\n{},false,N/A,N/A,N/A,{has_device}", about.join(","));
    for at in 0..2 {
        let Some(id) = keys.get(at) else {
            report.push_str(",false,N/A,N/A,N/A,N/A");
            continue;
        };
        let (key, used) = (rows.access_key(id)?, rows.used(id)?);
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "N/A".to_owned());
        let _ = write!(
            report,
            ",{},{},{},{},{}",
            key.active,
            key.created.to_iso8601(),
            or_none(used.as_ref().map(|used| Timestamp::to_iso8601(used.at))),
            or_none(used.as_ref().map(|used| used.region.clone())),
            or_none(used.map(|used| used.service)),
        );
    }
    report.push_str(",false,N/A,false,N/A");
    Ok(())
}
