//! Documents that are read, and documents that are refused with the place of their fault.

mod words;

use policy::{Kind, Policy, limits};

const GOOD: &str = "'Effect':'Allow','Action':'s3:*','Resource':'*'";

fn read(text: &str, kind: Kind) -> Result<Policy, String> {
    Policy::parse(&text.replace('\'', "\""), kind).map_err(|fault| fault.place)
}

fn place_in(statement: &str, kind: Kind) -> Result<(), String> {
    let other = match kind {
        Kind::Bucket => format!("{{{GOOD},'Principal':'*'}}"),
        Kind::Trust => "{'Effect':'Allow','Action':'sts:AssumeRole','Principal':'*'}".to_owned(),
        _ => format!("{{{GOOD}}}"),
    };
    read(&format!("{{'Version':'2012-10-17','Statement':[{other},{{{statement}}}]}}"), kind).map(|_| ())
}

#[test]
fn what_is_read_is_written_canonically_and_reads_the_same() {
    let text = "{'Statement':{'Condition':{'StringLike':{'s3:prefix':['a*',7]},'Null':{'aws:userid':false}},
        'NotAction':['s3:Put*'],'NotResource':['arn:aws:s3:::b','arn:aws:s3:::b/*'],'Effect':'Deny','Sid':'Not this',
        'NotPrincipal':{'CanonicalUser':'79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be',
        'AWS':['111122223333','*']}},'Id':'an id','Version':'2008-10-17'}";
    let policy = read(text, Kind::Bucket).unwrap();
    let canonical = "{'Version':'2008-10-17','Id':'an id','Statement':[{'Sid':'Not this','Effect':'Deny',\
        'NotPrincipal':{'AWS':['111122223333','*'],'CanonicalUser':\
        '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be'},'NotAction':'s3:Put*',\
        'NotResource':['arn:aws:s3:::b','arn:aws:s3:::b/*'],\
        'Condition':{'StringLike':{'s3:prefix':['a*','7']},'Null':{'aws:userid':'false'}}}]}";
    assert_eq!(policy.to_json(), canonical.replace('\'', "\""));
    assert_eq!(read(canonical, Kind::Bucket), Ok(policy));
}

#[test]
fn a_document_is_an_object_with_known_elements_once() {
    for (text, place) in [
        ("", "policy"),
        (" {}", "policy"),
        ("[]", "policy"),
        ("{'Statement':[", "policy"),
        ("{} {}", "policy"),
        ("{}", "Statement"),
        ("{'Statement':[]}", "Statement"),
        ("{'Statement':'x'}", "Statement"),
        ("{'Statement':[{}, []]}", "Statement[0]"),
        ("{'statement':[]}", "statement"),
        ("{'Version':'2012-10-17','Version':'2012-10-17'}", "Version"),
        ("{'Version':'2013-01-01','Statement':[]}", "Version"),
        ("{'Version':2012,'Statement':[]}", "Version"),
        ("{'Id':'x','Statement':[]}", "Id"),
    ] {
        assert_eq!(read(text, Kind::Managed), Err(place.to_owned()), "{text}");
    }
}

#[test]
fn a_statement_of_an_identity_policy_has_its_elements_and_no_others() {
    assert_eq!(place_in(GOOD, Kind::Managed), Ok(()));
    for (statement, place) in [
        ("'Effect':'allow','Action':'s3:*','Resource':'*'", "Statement[1].Effect"),
        ("'Action':'s3:*','Resource':'*'", "Statement[1]"),
        ("'Effect':'Allow','Resource':'*'", "Statement[1]"),
        ("'Effect':'Allow','Action':'s3:*'", "Statement[1]"),
        ("'Effect':'Allow','Action':'*','NotAction':'*','Resource':'*'", "Statement[1]"),
        ("'Effect':'Allow','Action':'*','NotResource':'*','Resource':'*'", "Statement[1]"),
        ("'Effect':'Allow','Action':'*','Resource':'*','Principal':'*'", "Statement[1]"),
        ("'Effect':'Allow','Action':'*','Resource':'*','Extra':'*'", "Statement[1].Extra"),
        ("'Effect':'Allow','Effect':'Allow','Action':'*','Resource':'*'", "Statement[1].Effect"),
        ("'Effect':'Allow','Action':[],'Resource':'*'", "Statement[1].Action"),
        ("'Effect':'Allow','Action':['s3:*',7],'Resource':'*'", "Statement[1].Action[1]"),
        ("'Effect':'Allow','Action':'GetObject','Resource':'*'", "Statement[1].Action"),
        ("'Effect':'Allow','Action':'*','Resource':['*','b/*']", "Statement[1].Resource[1]"),
        ("'Effect':'Allow','Action':'*','Resource':'arn:aws:s3:::${x'", "Statement[1].Resource"),
        ("'Sid':'no spaces','Effect':'Allow','Action':'*','Resource':'*'", "Statement[1].Sid"),
    ] {
        assert_eq!(place_in(statement, Kind::Managed), Err(place.to_owned()), "{statement}");
    }
}

#[test]
fn a_resource_policy_names_its_principals() {
    let with = |principal: &str| place_in(&format!("{GOOD},{principal}"), Kind::Bucket);
    assert_eq!(with("'Principal':{'Service':['a.amazonaws.com'],'Federated':'graph.facebook.com'}"), Ok(()));
    assert_eq!(place_in(GOOD, Kind::Bucket), Err("Statement[1]".to_owned()));
    for (principal, place) in [
        ("'Principal':'111122223333'", "Statement[1].Principal"),
        ("'Principal':{}", "Statement[1].Principal"),
        ("'Principal':['*']", "Statement[1].Principal"),
        ("'Principal':{'Aws':'*'}", "Statement[1].Principal.Aws"),
        ("'Principal':{'AWS':[]}", "Statement[1].Principal.AWS"),
        ("'Principal':{'AWS':['*','arn:aws:iam::111122223333:user/*']}", "Statement[1].Principal.AWS[1]"),
        ("'Principal':{'CanonicalUser':'79a5'}", "Statement[1].Principal.CanonicalUser"),
        ("'Principal':{'Service':'*'}", "Statement[1].Principal.Service"),
        ("'NotPrincipal':{'AWS':'111122223333'}", "Statement[1].NotPrincipal"),
        ("'Principal':'*','NotPrincipal':'*'", "Statement[1]"),
    ] {
        assert_eq!(with(principal), Err(place.to_owned()), "{principal}");
    }
}

#[test]
fn a_trust_policy_names_no_resource() {
    let good = "'Effect':'Allow','Principal':{'AWS':'111122223333'},'Action':'sts:AssumeRole','Condition':{}";
    assert_eq!(place_in(good, Kind::Trust), Ok(()));
    assert_eq!(place_in(&format!("{good},'Resource':'*'"), Kind::Trust), Err("Statement[1]".to_owned()));
    let but = "'Effect':'Deny','NotPrincipal':{'AWS':'111122223333'},'Action':'sts:AssumeRole'";
    assert_eq!(place_in(but, Kind::Trust), Err("Statement[1].NotPrincipal".to_owned()));
    let canonical = "{'CanonicalUser':'79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be'}";
    let by_canonical = good.replace("{'AWS':'111122223333'}", canonical);
    assert_eq!(place_in(&by_canonical, Kind::Trust), Err("Statement[1].Principal.CanonicalUser".to_owned()));
}

#[test]
fn a_faulty_condition_is_found_by_operator_key_and_value() {
    for (conditions, place) in [
        ("[]", ""),
        ("{'StringEqual':{'a:b':'c'}}", ".StringEqual"),
        ("{'StringEquals':{}}", ".StringEquals"),
        ("{'StringEquals':'x'}", ".StringEquals"),
        ("{'StringEquals':{'a:b':'c'},'StringEquals':{'a:b':'c'}}", ".StringEquals"),
        ("{'StringEquals':{'a:b':'c','a:b':'c'}}", ".StringEquals.a:b"),
        ("{'StringEquals':{'ab':'c'}}", ".StringEquals.ab"),
        ("{'StringEquals':{'a:b':[]}}", ".StringEquals.a:b"),
        ("{'StringEquals':{'a:b':['x',null]}}", ".StringEquals.a:b[1]"),
        ("{'StringEquals':{'a:b':'${x}'}}", ".StringEquals.a:b"),
        ("{'NumericEquals':{'a:b':['1','one']}}", ".NumericEquals.a:b[1]"),
        ("{'DateLessThan':{'a:b':'soon'}}", ".DateLessThan.a:b"),
        ("{'Bool':{'a:b':'yes'}}", ".Bool.a:b"),
        ("{'Null':{'a:b':'${aws:userid}'}}", ".Null.a:b"),
        ("{'NullIfExists':{'a:b':'true'}}", ".NullIfExists"),
        ("{'IpAddress':{'aws:SourceIp':'10.0.0.0/64'}}", ".IpAddress.aws:SourceIp"),
        ("{'ArnLike':{'aws:SourceArn':'topic'}}", ".ArnLike.aws:SourceArn"),
        ("{'BinaryEquals':{'a:b':'!'}}", ".BinaryEquals.a:b"),
    ] {
        let told = place_in(&format!("{GOOD},'Condition':{conditions}"), Kind::Managed);
        assert_eq!(told, Err(format!("Statement[1].Condition{place}")), "{conditions}");
    }
}

#[test]
fn iam_wants_its_statement_ids_unique_and_s3_does_not() {
    let twice = |principal: &str| {
        let statement = format!("{{'Sid':'a',{GOOD}{principal}}}");
        format!("{{'Statement':[{statement},{statement}]}}")
    };
    assert_eq!(read(&twice(""), Kind::Managed), Err("Statement[1].Sid".to_owned()));
    assert!(read(&twice(",'Principal':'*'"), Kind::Bucket).is_ok());
}

#[test]
fn a_document_is_neither_too_long_nor_too_deep() {
    let spaces = |count: usize| format!("{{'Statement':{{{}{GOOD}}}}}", " ".repeat(count));
    assert!(read(&spaces(limits::MANAGED_POLICY_CHARS_MAX), Kind::Managed).is_ok());
    let bucket = |count: usize| spaces(count).replace(GOOD, &format!("{GOOD},'Principal':'*'"));
    assert!(read(&bucket(limits::BUCKET_POLICY_BYTES_MAX - 100), Kind::Bucket).is_ok());
    assert_eq!(read(&bucket(limits::BUCKET_POLICY_BYTES_MAX), Kind::Bucket), Err("policy".to_owned()));
    let long = format!("{{'Statement':{{'Sid':'{}',{GOOD}}}}}", "a".repeat(limits::USER_INLINE_CHARS_MAX));
    assert_eq!(read(&long, Kind::UserInline), Err("policy".to_owned()));
    assert_eq!(read(&spaces(limits::TEXT_BYTES_MAX), Kind::Managed), Err("policy".to_owned()));
    let deep = format!("{{'Statement':{}{}}}", "[".repeat(100), "]".repeat(100));
    assert_eq!(read(&deep, Kind::Managed), Err("policy".to_owned()));
}

#[test]
fn variables_are_text_in_the_older_version() {
    assert!(
        read(&format!("{{'Statement':{{{}}}}}", GOOD.replace("'*'", "'arn:aws:s3:::${'")), Kind::Managed)
            .is_ok()
    );
}
