//! CreateOpenIDConnectProvider and its kin: identity providers whose tokens the account trusts.

use api::S3Error;
use api::iam::{
    AddClientIDToOpenIDConnectProviderInput, AddClientIDToOpenIDConnectProviderOutput,
    CreateOpenIDConnectProviderInput, CreateOpenIDConnectProviderOutput, DeleteOpenIDConnectProviderInput,
    DeleteOpenIDConnectProviderOutput, GetOpenIDConnectProviderInput, GetOpenIDConnectProviderOutput,
    ListOpenIDConnectProvidersInput, ListOpenIDConnectProvidersOutput, OpenIDConnectProviderListEntry,
    RemoveClientIDFromOpenIDConnectProviderInput, RemoveClientIDFromOpenIDConnectProviderOutput,
    UpdateOpenIDConnectProviderThumbprintInput, UpdateOpenIDConnectProviderThumbprintOutput,
};
use catalog::View;
use catalog::table::ProviderRow;
use model::arn;

use crate::asker::Asker;
use crate::fault::{self, Stop};
use crate::limits::{CLIENT_IDS_MAX, PROVIDERS_MAX, THUMBPRINTS_MAX};
use crate::registry::Registry;
use crate::rows::Rows;
use crate::tags::{self, Case};
use crate::{refuse, words};

const URL_CHARS_MAX: usize = 255;
const CLIENT_ID_CHARS_MAX: usize = 255;
const THUMBPRINT_CHARS: usize = 40;

impl<V: View> Rows<V> {
    /// By its ARN, in which case counts: policies are judged by it as it was sent.
    pub(super) fn provider(&self, arn: &str) -> Result<ProviderRow, Stop> {
        let url = arn.strip_prefix(&arn::provider(self.account, ""));
        let row = url.map(|url| self.find::<ProviderRow>(url)).transpose()?.flatten();
        let row = row.filter(|row| arn::provider(self.account, &row.url) == arn);
        row.ok_or_else(|| refuse::no_provider(arn).into())
    }
}

impl Registry {
    pub(super) async fn create_open_id_connect_provider(
        &self,
        asker: &Asker,
        input: &CreateOpenIDConnectProviderInput,
    ) -> Result<CreateOpenIDConnectProviderOutput, S3Error> {
        let given = words::required(input.url.as_deref(), "url")?.to_owned();
        let (url, secure) = read_url(&given)?;
        let tags = tags::read(&input.tags, Case::Sensitive)?;
        let client_ids = read_client_ids(&input.client_id_list)?;
        let thumbprints = read_thumbprints(&input.thumbprint_list)?;
        let shown = tags::shown(&tags);
        let made = self.change(asker.account, move |draft| {
            if draft.find::<ProviderRow>(&url)?.is_some() {
                return Err(refuse::exists(format!("Provider with url {given} already exists.")).into());
            }
            if draft.counts.providers >= PROVIDERS_MAX {
                return Err(refuse::quota("OpenIdConnectProvidersPerAccount", PROVIDERS_MAX).into());
            }
            let row = ProviderRow {
                url: url.clone(),
                secure,
                client_ids: client_ids.clone(),
                thumbprints: thumbprints.clone(),
                created: draft.now,
                tags: tags.clone(),
            };
            draft.put(&row);
            draft.counts.providers += 1;
            Ok(arn::provider(draft.account, &row.url))
        });
        Ok(CreateOpenIDConnectProviderOutput { open_id_connect_provider_arn: Some(made.await?), tags: shown })
    }

    pub(super) async fn get_open_id_connect_provider(
        &self,
        asker: &Asker,
        input: &GetOpenIDConnectProviderInput,
    ) -> Result<GetOpenIDConnectProviderOutput, S3Error> {
        let arn = read_arn(input.open_id_connect_provider_arn.as_deref())?;
        let row = self.rows(asker.account).map_err(fault::catalog)?.provider(&arn)?;
        // As AWS shows it, without the scheme that all of AWS's have.
        let url = if row.secure { row.url } else { format!("http://{}", row.url) };
        Ok(GetOpenIDConnectProviderOutput {
            url: Some(url),
            client_id_list: row.client_ids,
            thumbprint_list: row.thumbprints,
            create_date: Some(row.created),
            tags: tags::shown(&row.tags),
        })
    }

    pub(super) async fn list_open_id_connect_providers(
        &self,
        asker: &Asker,
        _input: &ListOpenIDConnectProvidersInput,
    ) -> Result<ListOpenIDConnectProvidersOutput, S3Error> {
        let rows = self.rows(asker.account).map_err(fault::catalog)?;
        let mut list = Vec::new();
        for item in rows.walk::<ProviderRow>("") {
            let (_, row) = item.map_err(fault::catalog)?;
            let arn = arn::provider(asker.account, &row.url);
            list.push(OpenIDConnectProviderListEntry { arn: Some(arn) });
        }
        Ok(ListOpenIDConnectProvidersOutput { open_id_connect_provider_list: list })
    }

    pub(super) async fn delete_open_id_connect_provider(
        &self,
        asker: &Asker,
        input: &DeleteOpenIDConnectProviderInput,
    ) -> Result<DeleteOpenIDConnectProviderOutput, S3Error> {
        let arn = read_arn(input.open_id_connect_provider_arn.as_deref())?;
        let removed = self.reduce(asker.account, move |draft| {
            let row = draft.provider(&arn)?;
            draft.remove::<ProviderRow>(&row.url);
            draft.counts.providers = draft.counts.providers.saturating_sub(1);
            Ok(())
        });
        removed.await?;
        Ok(DeleteOpenIDConnectProviderOutput {})
    }

    pub(super) async fn update_open_id_connect_provider_thumbprint(
        &self,
        asker: &Asker,
        input: &UpdateOpenIDConnectProviderThumbprintInput,
    ) -> Result<UpdateOpenIDConnectProviderThumbprintOutput, S3Error> {
        let thumbprints = read_thumbprints(&input.thumbprint_list)?;
        self.change_provider(asker, input.open_id_connect_provider_arn.as_deref(), move |row| {
            row.thumbprints.clone_from(&thumbprints);
            Ok(())
        })
        .await?;
        Ok(UpdateOpenIDConnectProviderThumbprintOutput {})
    }

    /// Adding it again changes nothing and is no error.
    pub(super) async fn add_client_id_to_open_id_connect_provider(
        &self,
        asker: &Asker,
        input: &AddClientIDToOpenIDConnectProviderInput,
    ) -> Result<AddClientIDToOpenIDConnectProviderOutput, S3Error> {
        let id = words::required(input.client_id.as_deref(), "clientID")?.to_owned();
        words::length(&id, "clientID", 1, CLIENT_ID_CHARS_MAX)?;
        self.change_provider(asker, input.open_id_connect_provider_arn.as_deref(), move |row| {
            if !row.client_ids.contains(&id) {
                row.client_ids.push(id.clone());
            }
            check_client_count(&row.client_ids)
        })
        .await?;
        Ok(AddClientIDToOpenIDConnectProviderOutput {})
    }

    /// Removing what is not there changes nothing and is no error.
    pub(super) async fn remove_client_id_from_open_id_connect_provider(
        &self,
        asker: &Asker,
        input: &RemoveClientIDFromOpenIDConnectProviderInput,
    ) -> Result<RemoveClientIDFromOpenIDConnectProviderOutput, S3Error> {
        let id = words::required(input.client_id.as_deref(), "clientID")?.to_owned();
        self.change_provider(asker, input.open_id_connect_provider_arn.as_deref(), move |row| {
            row.client_ids.retain(|other| *other != id);
            Ok(())
        })
        .await?;
        Ok(RemoveClientIDFromOpenIDConnectProviderOutput {})
    }

    async fn change_provider(
        &self,
        asker: &Asker,
        arn: Option<&str>,
        edit: impl Fn(&mut ProviderRow) -> Result<(), S3Error> + Send + 'static,
    ) -> Result<(), S3Error> {
        let arn = read_arn(arn)?;
        let changed = self.change(asker.account, move |draft| {
            let mut row = draft.provider(&arn)?;
            edit(&mut row)?;
            draft.put(&row);
            Ok(())
        });
        changed.await
    }
}

fn read_arn(arn: Option<&str>) -> Result<String, S3Error> {
    words::required(arn, "openIDConnectProviderArn").map(str::to_owned)
}

/// The URL without its scheme, and whether that is https. AWS takes https alone; http is for providers on one's own
/// machine.
fn read_url(url: &str) -> Result<(String, bool), S3Error> {
    words::length(url, "url", 1, URL_CHARS_MAX)?;
    let secure = url.strip_prefix("https://").map(|rest| (rest, true));
    let read = secure.or_else(|| url.strip_prefix("http://").map(|rest| (rest, false)));
    let legal = |rest: &str| {
        let host = rest.split('/').next().unwrap_or_default();
        !host.is_empty()
            && !rest.contains(['?', '#', '@'])
            && rest.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let read = read.filter(|(rest, _)| legal(rest));
    let (rest, secure) = read.ok_or_else(|| refuse::invalid("Invalid Open ID Connect Provider URL"))?;
    Ok((rest.to_owned(), secure))
}

fn read_client_ids(ids: &[String]) -> Result<Vec<String>, S3Error> {
    let mut read: Vec<String> = Vec::new();
    for id in ids {
        words::length(id, "clientIDList", 1, CLIENT_ID_CHARS_MAX)?;
        if !read.contains(id) {
            read.push(id.clone());
        }
    }
    check_client_count(&read)?;
    Ok(read)
}

fn check_client_count(ids: &[String]) -> Result<(), S3Error> {
    if ids.len() > CLIENT_IDS_MAX {
        return Err(refuse::quota("ClientIdsPerOpenIdConnectProvider", CLIENT_IDS_MAX as u64));
    }
    Ok(())
}

fn read_thumbprints(thumbprints: &[String]) -> Result<Vec<String>, S3Error> {
    for thumbprint in thumbprints {
        words::length(thumbprint, "thumbprintList", THUMBPRINT_CHARS, THUMBPRINT_CHARS)?;
    }
    if thumbprints.len() > THUMBPRINTS_MAX {
        return Err(refuse::input("Thumbprint list must contain fewer than 5 entries."));
    }
    Ok(thumbprints.to_vec())
}

#[cfg(test)]
mod tests {
    use super::read_url;

    #[test]
    fn a_provider_s_url_has_a_scheme_and_a_host() {
        assert_eq!(read_url("https://a.example.com/realm/x"), Ok(("a.example.com/realm/x".to_owned(), true)));
        assert_eq!(read_url("http://127.0.0.1:8080"), Ok(("127.0.0.1:8080".to_owned(), false)));
        for url in [
            "",
            "a.example.com",
            "https://",
            "https:///x",
            "https://a?b",
            "https://a#b",
            "ftp://a",
            "https://a b",
        ] {
            assert!(read_url(url).is_err(), "{url}");
        }
    }
}
