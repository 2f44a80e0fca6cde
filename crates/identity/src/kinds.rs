//! What users, groups and roles have in common: policies inline and attached, boundaries, tags.

use catalog::table::space::Holder;
use catalog::table::{DeviceRow, GroupRow, PolicyRow, ProviderRow, RoleRow, UserRow};
use policy::Kind;

use crate::rows::Entity;
use crate::tags::{Case, Tags};

/// What policies are put into and attached to.
pub(crate) trait Principal: Entity + Send + 'static {
    const NOUN: &'static str;
    const INLINE: Kind;
    const HOLDER: Holder;
    /// AWS's name of the bound on attached policies.
    const QUOTA: &'static str;
    fn inline(&mut self) -> &mut Vec<(String, String)>;
    fn attached(&mut self) -> &mut Vec<String>;
    fn path(&self) -> &str;
    fn id(&self) -> &str;
}

/// What may have a permissions boundary.
pub(crate) trait Bounded: Principal {
    const BOUNDED: Holder;
    fn boundary(&mut self) -> &mut Option<String>;
}

pub(crate) trait Tagged: Entity + Send + 'static {
    const CASE: Case;
    fn tags(&mut self) -> &mut Tags;
}

macro_rules! principals {
    ($($row:ident $noun:literal $inline:ident $holder:ident $quota:literal;)*) => {
        $(impl Principal for $row {
            const NOUN: &'static str = $noun;
            const INLINE: Kind = Kind::$inline;
            const HOLDER: Holder = Holder::$holder;
            const QUOTA: &'static str = $quota;

            fn inline(&mut self) -> &mut Vec<(String, String)> {
                &mut self.inline
            }

            fn attached(&mut self) -> &mut Vec<String> {
                &mut self.attached
            }

            fn path(&self) -> &str {
                &self.path
            }

            fn id(&self) -> &str {
                &self.id
            }
        })*
    };
}

macro_rules! bounded {
    ($($row:ident $bounded:ident;)*) => {
        $(impl Bounded for $row {
            const BOUNDED: Holder = Holder::$bounded;

            fn boundary(&mut self) -> &mut Option<String> {
                &mut self.boundary
            }
        })*
    };
}

macro_rules! tagged {
    ($($row:ident $case:ident;)*) => {
        $(impl Tagged for $row {
            const CASE: Case = Case::$case;

            fn tags(&mut self) -> &mut Tags {
                &mut self.tags
            }
        })*
    };
}

principals! {
    UserRow "user" UserInline User "PoliciesPerUser";
    GroupRow "group" GroupInline Group "PoliciesPerGroup";
    RoleRow "role" RoleInline Role "PoliciesPerRole";
}

bounded! {
    UserRow BoundedUser;
    RoleRow BoundedRole;
}

tagged! {
    UserRow Insensitive;
    RoleRow Insensitive;
    PolicyRow Sensitive;
    ProviderRow Sensitive;
    DeviceRow Sensitive;
}
