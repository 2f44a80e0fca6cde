//! Forms of IAM and STS as bytes, through the generated codecs.
//!
//! The input's first byte chooses the operation; then the form.

use std::fmt::Debug;

use api::{iam, sts};
use wire::codec::query::{Fields, FormCodec, decode};
use wire::fuzzing::read_query;

use crate::input::Input;

/// A form reads alike in any order of its fields, and a user that was read and written again is the same.
pub fn query(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let choice = input.u8();
    let Ok(pairs) = read_query(input.rest()) else { return };
    match choice % 8 {
        0 => user(&pairs),
        1 => alike::<iam::SimulateCustomPolicy>(&pairs),
        2 => alike::<iam::AcquireRole>(&pairs),
        3 => alike::<iam::UpdateAccountPasswordPolicy>(&pairs),
        4 => alike::<iam::CreateOpenIDConnectProvider>(&pairs),
        5 => alike::<iam::PutAccountProperties>(&pairs),
        6 => alike::<sts::AssumeRole>(&pairs),
        _ => alike::<sts::AssumeRoleWithWebIdentity>(&pairs),
    }
}

type Pairs = [(String, String)];

fn read<O: FormCodec>(pairs: &Pairs) -> Result<O::Input, (api::ErrorCode, String)> {
    let fields = Fields::new(pairs.iter().cloned());
    decode::<O>(&fields).map_err(|error| (error.code, error.message.into_owned()))
}

fn alike<O: FormCodec>(pairs: &Pairs)
where
    O::Input: Debug + PartialEq,
{
    let told = read::<O>(pairs);
    // Of a name that comes again the first value stands, so only forms without such names may be turned around.
    let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    if names.windows(2).all(|two| two[0] != two[1]) {
        let mut turned = pairs.to_vec();
        turned.reverse();
        assert_eq!(read::<O>(&turned), told);
    }
}

fn user(pairs: &Pairs) {
    alike::<iam::CreateUser>(pairs);
    let Ok(user) = read::<iam::CreateUser>(pairs) else { return };
    let mut written = Vec::new();
    let mut write = |name: String, value: &Option<String>| {
        written.extend(value.iter().map(|value| (name.clone(), value.clone())));
    };
    write("UserName".to_owned(), &user.user_name);
    write("Path".to_owned(), &user.path);
    write("PermissionsBoundary".to_owned(), &user.permissions_boundary);
    for (at, tag) in user.tags.iter().enumerate() {
        write(format!("Tags.member.{}.Key", at + 1), &tag.key);
        write(format!("Tags.member.{}.Value", at + 1), &tag.value);
    }
    assert_eq!(read::<iam::CreateUser>(&written), Ok(user));
}
