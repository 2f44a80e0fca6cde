//! Grants as clients write them, in headers or in a document, and what becomes of them.

use model::limits::ACL_GRANTS_MAX;
use model::{Acl, CanonicalId, Grant, Grantee, GranteeGroup, Permission};

/// A grantee by a name that was not looked up yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    Id(String),
    Uri(String),
    /// AWS takes no more of them since October 2025.
    Email(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub name: Name,
    pub permission: Permission,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No account has this canonical id.
    Id(String),
    /// There is no such group.
    Uri(String),
    Email,
    TooMany,
}

/// A grant header (`id="…", uri="…"`). On an error, the piece that is not understood.
pub fn read_header(header: &str, permission: Permission) -> Result<Vec<Written>, String> {
    header.split(',').map(|piece| read_piece(piece.trim(), permission)).collect()
}

fn read_piece(piece: &str, permission: Permission) -> Result<Written, String> {
    let fault = || piece.to_owned();
    let (kind, value) = piece.split_once('=').ok_or_else(fault)?;
    let value = value.trim();
    let bare =
        value.strip_prefix('"').map_or(Some(value), |rest| rest.strip_suffix('"')).ok_or_else(fault)?;
    let name = match kind.trim().to_ascii_lowercase().as_str() {
        "id" => Name::Id(bare.to_owned()),
        "uri" => Name::Uri(bare.to_owned()),
        "emailaddress" => Name::Email(bare.to_owned()),
        _ => return Err(fault()),
    };
    Ok(Written { name, permission })
}

/// The ACL that was written. `known` says whether an account has this canonical id.
pub fn settle<E>(
    written: Vec<Written>,
    mut known: impl FnMut(&CanonicalId) -> Result<bool, E>,
) -> Result<Result<Acl, Refusal>, E> {
    if written.len() > ACL_GRANTS_MAX {
        return Ok(Err(Refusal::TooMany));
    }
    let mut grants: Vec<Grant> = Vec::with_capacity(written.len());
    for Written { name, permission } in written {
        let grantee = match name {
            Name::Id(text) => match CanonicalId::parse(&text) {
                Some(id) if known(&id)? => Grantee::Account(id),
                _ => return Ok(Err(Refusal::Id(text))),
            },
            Name::Uri(text) => match GranteeGroup::parse(&text) {
                Some(group) => Grantee::Group(group),
                None => return Ok(Err(Refusal::Uri(text))),
            },
            Name::Email(_) => return Ok(Err(Refusal::Email)),
        };
        let grant = Grant { grantee, permission };
        if !grants.contains(&grant) {
            grants.push(grant);
        }
    }
    Ok(Ok(Acl { grants }))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    const ID: &str = "0101010101010101010101010101010101010101010101010101010101010101";

    fn read(header: &str) -> Result<Vec<Name>, String> {
        let read = read_header(header, Permission::Read)?;
        Ok(read.into_iter().map(|written| written.name).collect())
    }

    fn settled(names: &[Name]) -> Result<Acl, Refusal> {
        let written = names.iter().map(|name| Written { name: name.clone(), permission: Permission::Read });
        let known = |id: &CanonicalId| Ok::<_, Infallible>(id.as_str() == ID);
        settle(written.collect(), known).unwrap()
    }

    #[test]
    fn headers_name_grantees_with_quotes_or_without() {
        let id = |text: &str| Name::Id(text.to_owned());
        assert_eq!(read("id=\"a\", id=b"), Ok(vec![id("a"), id("b")]));
        assert_eq!(read("uri=\"u=v\""), Ok(vec![Name::Uri("u=v".to_owned())]));
        assert_eq!(read("emailAddress=\"x@y\""), Ok(vec![Name::Email("x@y".to_owned())]));
        for (header, piece) in
            [("fakekey=\"1\"", "fakekey=\"1\""), ("id=\"a\", b", "b"), ("id=\"a", "id=\"a"), ("", "")]
        {
            assert_eq!(read(header), Err(piece.to_owned()), "{header}");
        }
    }

    #[test]
    fn grantees_are_looked_up() {
        let group = Name::Uri(GranteeGroup::AllUsers.uri().to_owned());
        let acl = settled(&[Name::Id(ID.to_owned()), group.clone(), group]).unwrap();
        assert_eq!(acl.grants.len(), 2, "the same grant twice is one");
        assert_eq!(settled(&[Name::Id("_foo".to_owned())]), Err(Refusal::Id("_foo".to_owned())));
        let stranger = ID.replace('1', "2");
        assert_eq!(settled(&[Name::Id(stranger.clone())]), Err(Refusal::Id(stranger)));
        assert_eq!(settled(&[Name::Uri("u".to_owned())]), Err(Refusal::Uri("u".to_owned())));
        assert_eq!(settled(&[Name::Email("e".to_owned())]), Err(Refusal::Email));
        assert_eq!(settled(&vec![Name::Id(ID.to_owned()); 101]), Err(Refusal::TooMany));
    }
}
