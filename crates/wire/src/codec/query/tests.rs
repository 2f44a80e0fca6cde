//! Forms and answers by hand.

use api::iam::{
    AttachUserPolicyInput, CreateUser, CreateUserInput, CreateUserOutput, DeleteUser, GetAccountSummary,
    GetAccountSummaryOutput, ListUsers, ListUsersOutput, SimulateCustomPolicy, Tag, UntagUser, User,
};
use api::sts::{AssumeRole, AssumeRoleInput, AssumeRoleOutput, Credentials};
use api::{ErrorCode, iam, s3control};
use http::HeaderMap;
use model::Timestamp;

use super::{Fields, FormCodec, decode, encode};
use crate::codec::{Codec as _, RequestView};

fn fields(pairs: &[(&str, &str)]) -> Fields {
    Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

fn read<O: FormCodec>(pairs: &[(&str, &str)]) -> Result<O::Input, (ErrorCode, String)> {
    decode::<O>(&fields(pairs)).map_err(|error| (error.code, error.message.into_owned()))
}

fn refused<O: FormCodec>(pairs: &[(&str, &str)]) -> String
where
    O::Input: std::fmt::Debug,
{
    let (code, message) = read::<O>(pairs).unwrap_err();
    assert_eq!(code, ErrorCode::ValidationError, "{message}");
    message
}

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: Some(key.to_owned()), value: Some(value.to_owned()) }
}

#[test]
fn members_and_lists_of_structures_are_read_in_the_order_of_their_numbers() {
    let input = read::<CreateUser>(&[
        ("UserName", "ann"),
        ("Path", "/a/"),
        ("Tags.member.10.Key", "last"),
        ("Tags.member.10.Value", ""),
        ("Tags.member.2.Key", "first"),
        ("Tags.member.2.Value", "v"),
        ("Tags.member.x.Key", "no number"),
        ("Unknown", "is ignored"),
    ]);
    let expected = CreateUserInput {
        path: Some("/a/".to_owned()),
        user_name: Some("ann".to_owned()),
        permissions_boundary: None,
        tags: vec![tag("first", "v"), tag("last", "")],
    };
    assert_eq!(input, Ok(expected));
}

#[test]
fn an_empty_list_is_there() {
    let input = read::<UntagUser>(&[("UserName", "ann"), ("TagKeys", "")]).unwrap();
    assert!(input.tag_keys.is_empty());
    let message = "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: \
                   Member must not be null";
    assert_eq!(refused::<UntagUser>(&[("UserName", "ann")]), message);
}

#[test]
fn nested_lists_are_read() {
    let input = read::<SimulateCustomPolicy>(&[
        ("PolicyInputList.member.1", "{}"),
        ("ActionNames.member.1", "s3:GetObject"),
        ("ContextEntries.member.1.ContextKeyName", "aws:SourceIp"),
        ("ContextEntries.member.1.ContextKeyType", "ip"),
        ("ContextEntries.member.1.ContextKeyValues.member.1", "10.0.0.1"),
        ("ContextEntries.member.1.ContextKeyValues.member.2", "10.0.0.2"),
        ("MaxItems", "7"),
    ])
    .unwrap();
    assert_eq!(input.max_items, Some(7));
    assert_eq!(input.context_entries[0].context_key_values, ["10.0.0.1", "10.0.0.2"]);
}

#[test]
fn what_is_missing_or_too_long_is_told_all_at_once() {
    let long = "x".repeat(129);
    let message = refused::<iam::AttachUserPolicy>(&[("UserName", &long)]);
    let expected = format!(
        "2 validation errors detected: Value '{long}' at 'userName' failed to satisfy constraint: Member must \
         have length less than or equal to 64; Value null at 'policyArn' failed to satisfy constraint: Member \
         must not be null"
    );
    assert_eq!(message, expected);
    let _: AttachUserPolicyInput =
        read::<iam::AttachUserPolicy>(&[("UserName", "ann"), ("PolicyArn", "arn:aws:iam::aws:policy/x")])
            .unwrap();
}

#[test]
fn a_name_below_a_single_value_is_not_the_value() {
    let message = refused::<DeleteUser>(&[("UserName.x", "ann")]);
    assert!(message.contains("Value null at 'userName'"), "{message}");
}

#[test]
fn places_in_lists_are_told() {
    let message = refused::<CreateUser>(&[("UserName", "a"), ("Tags.member.1.Key", "k")]);
    assert!(message.contains("Value null at 'tags.1.member.value' failed"), "{message}");
    let message = refused::<iam::CreateOpenIDConnectProvider>(&[
        ("Url", "https://a"),
        ("ThumbprintList.member.1", "b"),
    ]);
    let expected = "1 validation error detected: Value '[b]' at 'thumbprintList' failed to satisfy constraint: \
                    Member must satisfy constraint: [Member must have length less than or equal to 40, Member \
                    must have length greater than or equal to 40]";
    assert_eq!(message, expected);
}

#[test]
fn names_have_iams_own_words_and_sts_quotes_its_patterns() {
    let expected = "The specified value for userName is invalid. It must contain only alphanumeric characters \
                    and/or the following: +=,.@_-";
    assert_eq!(refused::<DeleteUser>(&[("UserName", "ann smith")]), expected);
    let arn = "arn:aws:iam::111122223333:role/r";
    let message = refused::<AssumeRole>(&[("RoleArn", arn), ("RoleSessionName", "Session1:2")]);
    let expected = "1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy \
                    constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*";
    assert_eq!(message, expected);
}

#[test]
fn values_outside_of_a_set_and_numbers_out_of_bounds_are_refused() {
    let message =
        refused::<iam::UpdateAccessKey>(&[("AccessKeyId", "AKIA0123456789ABCDEF"), ("Status", "active")]);
    assert!(message.contains("Member must satisfy enum value set: [Active, Inactive"), "{message}");
    let message = refused::<ListUsers>(&[("MaxItems", "1001")]);
    assert!(message.ends_with(
        "'1001' at 'maxItems' failed to satisfy constraint: Member must have value less than or equal to 1000"
    ));
    let (code, _) = read::<ListUsers>(&[("MaxItems", "many")]).unwrap_err();
    assert_eq!(code, ErrorCode::MalformedInput);
    assert_eq!(read::<ListUsers>(&[("MaxItems", "")]).unwrap().max_items, None);
}

#[test]
fn a_secret_is_not_repeated() {
    let message = refused::<iam::CreateLoginProfile>(&[("UserName", "ann"), ("Password", &"p".repeat(200))]);
    assert!(message.contains("Value at 'password' failed"), "{message}");
    assert!(!message.contains("ppp"));
}

#[test]
fn numbers_and_patterns_of_sts_are_read() {
    let input: AssumeRoleInput = read::<AssumeRole>(&[
        ("RoleArn", "arn:aws:iam::111122223333:role/r"),
        ("RoleSessionName", "s1"),
        ("DurationSeconds", "900"),
        ("TransitiveTagKeys.member.1", "team"),
    ])
    .unwrap();
    assert_eq!((input.duration_seconds, input.transitive_tag_keys), (Some(900), vec!["team".to_owned()]));
}

#[test]
fn an_answer_has_its_result_and_the_requests_id() {
    let user = User {
        path: Some("/".to_owned()),
        user_name: Some("a&b".to_owned()),
        create_date: Some(Timestamp::parse_iso8601("2026-11-22T06:24:30.123Z").unwrap()),
        ..User::default()
    };
    let text = encode::<CreateUser>(&CreateUserOutput { user: Some(user) }, "urn:x", "ID");
    let expected = "<CreateUserResponse xmlns=\"urn:x\">\n<CreateUserResult><User><Path>/</Path>\
                    <UserName>a&amp;b</UserName><CreateDate>2026-11-22T06:24:30Z</CreateDate></User>\
                    </CreateUserResult>\n<ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata>\n\
                    </CreateUserResponse>\n";
    assert_eq!(text, expected);
}

#[test]
fn an_answer_of_nothing_has_only_the_requests_id() {
    let text = encode::<DeleteUser>(&iam::DeleteUserOutput {}, "urn:x", "ID");
    let expected = "<DeleteUserResponse xmlns=\"urn:x\">\n\n<ResponseMetadata><RequestId>ID</RequestId>\
                    </ResponseMetadata>\n</DeleteUserResponse>\n";
    assert_eq!(text, expected);
}

#[test]
fn empty_lists_are_empty_elements_and_maps_have_entries() {
    let text = encode::<ListUsers>(&ListUsersOutput::default(), "urn:x", "ID");
    assert!(text.contains("<ListUsersResult><Users></Users></ListUsersResult>"), "{text}");
    let summary = GetAccountSummaryOutput { summary_map: vec![("Users".to_owned(), 3)] };
    let text = encode::<GetAccountSummary>(&summary, "urn:x", "ID");
    assert!(
        text.contains("<SummaryMap><entry><key>Users</key><value>3</value></entry></SummaryMap>"),
        "{text}"
    );
}

#[test]
fn what_sts_gives_is_written() {
    let credentials = Credentials { session_token: Some("t".to_owned()), ..Credentials::default() };
    let output = AssumeRoleOutput { credentials: Some(credentials), ..AssumeRoleOutput::default() };
    let text = encode::<AssumeRole>(&output, "urn:x", "ID");
    assert!(text.contains("<Credentials><SessionToken>t</SessionToken></Credentials>"), "{text}");
}

#[test]
fn every_pattern_compiles() {
    let patterns: Vec<_> = crate::generated::iam::RULES.iter().chain(crate::generated::sts::RULES).collect();
    assert!(patterns.len() > 100);
    for rule in patterns {
        assert!(rule.pattern.as_ref().is_none_or(super::Pattern::compiles), "{rule:?}");
    }
}

#[test]
fn control_reads_labels_and_headers_and_writes_under_its_namespace() {
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-account-id", http::HeaderValue::from_static("111122223333"));
    let labels = [("name", "ap".to_owned())];
    let body = b"<PutAccessPointPolicyRequest><Policy>{}</Policy></PutAccessPointPolicyRequest>";
    let view = RequestView { bucket: None, key: None, labels: &labels, query: &[], headers: &headers, body };
    let input = s3control::PutAccessPointPolicy::decode(&view).unwrap();
    assert_eq!((input.name.as_str(), input.policy.as_deref()), ("ap", Some("{}")));
    assert_eq!(input.account_id.as_deref(), Some("111122223333"));
    let output = s3control::ListAccessPointsOutput::default();
    let draft = s3control::ListAccessPoints::encode(&output).unwrap();
    let text = String::from_utf8(draft.body).unwrap();
    assert!(
        text.ends_with(
            "<ListAccessPointsResult xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\">\
             <AccessPointList></AccessPointList></ListAccessPointsResult>"
        ),
        "{text}"
    );
}
