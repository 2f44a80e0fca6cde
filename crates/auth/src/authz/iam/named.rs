//! From names in requests to the ARNs of what they name, with the condition keys that follow from it.

use api::iam::Tag;
use bytes::Bytes;
use catalog::table::{
    AccessKeyRow, DeviceRow, GroupRow, PolicyRow, ProviderRow, RoleRow, RowError, UserRow, space,
};
use model::arn::{self, Entity as Arn};

use crate::authz::{Needs, On};
use crate::fault::internal;

/// For listings and other actions on nothing in particular.
pub(super) const ANYTHING: &str = "*";

/// A prefix of paths as part of an ARN.
pub(super) fn under(prefix: Option<&str>) -> &str {
    prefix.filter(|prefix| prefix.starts_with('/')).unwrap_or("/")
}

impl Needs<'_> {
    /// A row, if there is one. When it cannot be read, nobody is let in.
    fn row<T>(&mut self, key: &[u8], decode: impl FnOnce(Bytes) -> Result<T, RowError>) -> Option<T> {
        match self.catalog().get(key) {
            Ok(row) => match row.map(decode).transpose() {
                Ok(row) => row,
                Err(error) => self.fail(internal(error)),
            },
            Err(fault) => self.fail(internal(fault)),
        }
    }

    pub(super) fn on_anything(&mut self, action: &'static str) {
        self.add(action, On::Arn(ANYTHING.to_owned()));
    }

    /// `kind` and `path` as ARNs have them: for what is listed, and for what is to be made.
    pub(super) fn on_path(
        &mut self,
        action: &'static str,
        kind: &str,
        path: Option<&str>,
        name: Option<&str>,
    ) {
        let owner = self.account().map(|account| account.to_string()).unwrap_or_default();
        let resource = format!("{kind}{}{}", under(path), name.unwrap_or_default());
        self.add(action, On::Arn(format!("arn:aws:iam::{owner}:{resource}")));
    }

    /// Under the path of the last resource, by another name.
    pub(super) fn renamed(&mut self, action: &'static str, name: Option<&str>) {
        let Some(On::Arn(arn)) = self.list.last().map(|need| &need.on) else { return };
        if let (Some(name), Some((path, _))) = (name, arn.rsplit_once('/')) {
            let arn = format!("{path}/{name}");
            self.add(action, On::Arn(arn));
        }
    }

    /// A user; without a name the caller.
    pub(super) fn on_user(&mut self, action: &'static str, name: Option<&str>) {
        let Some(account) = self.account() else { return self.on_anything(action) };
        let own = match self.subject() {
            Some(policy::Caller::User(user)) if name.is_none() => Some(user.name.clone()),
            _ => None,
        };
        let Some(name) = name.map(str::to_owned).or(own) else {
            return self.add(action, On::Arn(arn::root(account)));
        };
        let arn = match self.row(&space::user(account, &name), UserRow::decode) {
            Some(row) => {
                self.describe(&row.tags, row.boundary.as_deref());
                arn::user(account, &row.path, &row.name)
            }
            None => arn::user(account, "/", &name),
        };
        self.add(action, On::Arn(arn));
    }

    pub(super) fn on_group(&mut self, action: &'static str, name: Option<&str>) {
        let Some(account) = self.account() else { return self.on_anything(action) };
        let name = name.unwrap_or_default();
        let arn = match self.row(&space::group(account, name), GroupRow::decode) {
            Some(row) => arn::group(account, &row.path, &row.name),
            None => arn::group(account, "/", name),
        };
        self.add(action, On::Arn(arn));
    }

    pub(super) fn on_role(&mut self, action: &'static str, name: Option<&str>) {
        let Some(account) = self.account() else { return self.on_anything(action) };
        let name = name.unwrap_or_default();
        let arn = match self.row(&space::role(account, name), RoleRow::decode) {
            Some(row) => {
                self.describe(&row.tags, row.boundary.as_deref());
                arn::role(account, &row.path, &row.name)
            }
            None => arn::role(account, "/", name),
        };
        self.add(action, On::Arn(arn));
    }

    /// Policies are named by their ARNs.
    pub(super) fn on_policy(&mut self, action: &'static str, arn: Option<&str>) {
        let arn = arn.unwrap_or_default();
        if let (Some(account), Some(named)) = (self.account(), Arn::parse(arn))
            && named.account == Some(account)
            && let Some(row) = self.row(&space::policy(account, named.name), PolicyRow::decode)
            && arn::policy(account, &row.path, &row.name) == arn
        {
            self.describe(&row.tags, None);
        }
        self.add(action, On::Arn(arn.to_owned()));
    }

    pub(super) fn on_provider(&mut self, action: &'static str, arn: Option<&str>) {
        let arn = arn.unwrap_or_default();
        if let Some(account) = self.account()
            && let Some(url) = arn.strip_prefix(&arn::provider(account, ""))
            && let Some(row) = self.row(&space::provider(account, url), ProviderRow::decode)
            && arn::provider(account, &row.url) == arn
        {
            self.describe(&row.tags, None);
        }
        self.add(action, On::Arn(arn.to_owned()));
    }

    /// A virtual MFA device by its serial number, which is its ARN.
    pub(super) fn on_device(&mut self, action: &'static str, serial: Option<&str>) {
        let serial = serial.unwrap_or_default();
        if let (Some(account), Some(named)) = (self.account(), Arn::parse(serial))
            && named.account == Some(account)
            && let Some(row) = self.row(&space::device(account, named.name), DeviceRow::decode)
            && arn::device(account, &row.path, &row.name) == serial
        {
            self.describe(&row.tags, None);
        }
        self.add(action, On::Arn(serial.to_owned()));
    }

    /// A user, group or role by its ARN, as simulations name them.
    pub(super) fn on_arn(&mut self, action: &'static str, arn: Option<&str>) {
        self.add(action, On::Arn(arn.unwrap_or_default().to_owned()));
    }

    /// The user who has the access key.
    pub(super) fn on_key_holder(&mut self, action: &'static str, id: Option<&str>) {
        let row = self.row(&space::access_key(id.unwrap_or_default()), AccessKeyRow::decode);
        match row.filter(|row| Some(row.account) == self.account()) {
            Some(AccessKeyRow { user: Some(name), .. }) => self.on_user(action, Some(&name)),
            _ => self.on_anything(action),
        }
    }

    fn describe(&mut self, tags: &[(String, String)], boundary: Option<&str>) {
        for (key, value) in tags {
            self.set(&format!("aws:ResourceTag/{key}"), value);
            self.set(&format!("iam:ResourceTag/{key}"), value);
        }
        if let Some(boundary) = boundary {
            self.set("iam:PermissionsBoundary", boundary);
        }
    }
}

/// As it stands in the ARN, without its scheme.
pub(super) fn provider_url(url: Option<&str>) -> &str {
    let url = url.unwrap_or_default();
    url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or(url)
}

pub(super) fn pairs(tags: &[Tag]) -> impl Iterator<Item = (String, String)> {
    tags.iter().map(|tag| (tag.key.clone().unwrap_or_default(), tag.value.clone().unwrap_or_default()))
}
