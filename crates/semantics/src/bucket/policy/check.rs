//! What makes a well-formed policy wrong for its bucket or access point, and every fault in S3's words.

use api::{ErrorCode, S3Error};
use policy::limits::BUCKET_POLICY_BYTES_MAX;
use policy::{ActionPattern, AwsName, Fault, Policy, Principals, ResourcePattern, Scope, Statement};

use super::actions::{on_bucket, on_objects};

/// Which principals there are: for whoever keeps them to say.
pub(crate) trait Directory {
    fn knows(&self, name: &AwsName) -> Result<bool, S3Error>;
    fn knows_canonical(&self, id: &model::CanonicalId) -> Result<bool, S3Error>;
}

/// Whose policy it is.
#[derive(Clone, Copy)]
pub(crate) enum Of<'a> {
    /// By its name.
    Bucket(&'a str),
    /// By its ARN.
    AccessPoint(&'a str),
}

impl Of<'_> {
    /// A policy speaks of its own and of nothing else.
    fn has(self, resource: &ResourcePattern) -> bool {
        match self {
            Self::Bucket(name) => resource.may_be_in_bucket(name),
            Self::AccessPoint(_) => self.may_be_itself(resource) || self.may_be_object(resource),
        }
    }

    /// A bucket's name holds no slash.
    fn may_be_itself(self, resource: &ResourcePattern) -> bool {
        match self {
            Self::Bucket(own) => {
                let name = name_of(resource);
                !name.contains('/') && (name == own || name.contains(['*', '?', '$']))
            }
            Self::AccessPoint(arn) => resource.as_str() == arn,
        }
    }

    /// A star may reach over the slash, and what a variable stands for is not known yet.
    fn may_be_object(self, resource: &ResourcePattern) -> bool {
        match self {
            Self::Bucket(_) => {
                let name = name_of(resource);
                name.contains(['/', '*']) || name.contains("${")
            }
            Self::AccessPoint(arn) => {
                resource.as_str().strip_prefix(arn).is_some_and(|rest| rest.starts_with("/object/"))
            }
        }
    }
}

/// Each element that can be wrong, and what S3 says of it.
const WORDS: [(&str, &str); 5] = [
    ("Principal", "Invalid principal in policy"),
    ("NotPrincipal", "Invalid principal in policy"),
    ("Action", "Policy has invalid action"),
    ("Resource", "Policy has invalid resource"),
    ("Version", "The policy must contain a valid version string"),
];

/// A fault of the document itself. S3's words where it has some for this; the place stands beside.
pub(crate) fn malformed(fault: &Fault) -> S3Error {
    let (place, what) = (fault.place.as_str(), fault.what.as_str());
    if place == "policy" && (what.starts_with("must be JSON") || what.starts_with("is no JSON")) {
        return ErrorCode::MalformedPolicy.into();
    }
    if place == "policy" && what.starts_with("is longer") {
        return refusal(format!("Policies must not be longer than {BUCKET_POLICY_BYTES_MAX} bytes"));
    }
    for (words, field) in [
        ("is missing", "Statement"),
        ("has no Effect", "Effect"),
        ("has no Principal", "Principal"),
        ("has neither Action", "Action"),
        ("has neither Resource", "Resource"),
    ] {
        if what.starts_with(words) {
            return refusal(format!("Missing required field {field}")).element("Detail", place);
        }
    }
    let last = place.rsplit('.').next().unwrap_or_default().split('[').next().unwrap_or_default();
    if what == "is no element of this place" {
        return refusal(format!("Unknown field {last}")).element("Detail", place);
    }
    // A list of principals lies one step deeper: `Statement[0].Principal.AWS[1]`.
    let element = place.split('.').nth(1).unwrap_or(last).split('[').next().unwrap_or_default();
    match WORDS.iter().find(|(name, _)| *name == element) {
        Some((_, words)) if !what.starts_with("may only deny") => {
            refusal(*words).element("Detail", fault.to_string())
        }
        _ => refusal(fault.to_string()),
    }
}

fn refusal(message: impl Into<std::borrow::Cow<'static, str>>) -> S3Error {
    S3Error::with_message(ErrorCode::MalformedPolicy, message)
}

/// Whether this policy may be theirs.
pub(crate) fn check(policy: &Policy, of: Of<'_>, directory: &dyn Directory) -> Result<(), S3Error> {
    for (at, statement) in policy.statements().iter().enumerate() {
        let place = |element: &str| format!("Statement[{at}].{element}");
        check_principals(statement, directory)?;
        check_resources(statement, of, &place("Resource"))?;
        check_actions(statement, of, &place("Action"))?;
    }
    Ok(())
}

/// Whom a policy names must be there.
fn check_principals(statement: &Statement, directory: &dyn Directory) -> Result<(), S3Error> {
    let Some(Scope::Of(named) | Scope::AllBut(named)) = &statement.principals else { return Ok(()) };
    let Principals::Named { aws, canonical, service, .. } = named else { return Ok(()) };
    let unknown = |kind: &str, name: &str| {
        refusal("Invalid principal in policy").element("Detail", format!("\"{kind}\" : \"{name}\""))
    };
    for name in aws {
        if !directory.knows(name)? {
            return Err(unknown("AWS", name.as_str()));
        }
    }
    for id in canonical {
        if !directory.knows_canonical(id)? {
            return Err(unknown("CanonicalUser", id.as_str()));
        }
    }
    match service.iter().find(|name| !name.ends_with(".amazonaws.com")) {
        Some(name) => Err(unknown("Service", name)),
        None => Ok(()),
    }
}

fn check_resources(statement: &Statement, of: Of<'_>, place: &str) -> Result<(), S3Error> {
    let Some(Scope::Of(resources) | Scope::AllBut(resources)) = &statement.resources else { return Ok(()) };
    match resources.iter().find(|resource| !of.has(resource)) {
        Some(resource) => Err(refusal("Policy has invalid resource")
            .element("Detail", format!("{place}: \"{}\"", resource.as_str()))),
        None => Ok(()),
    }
}

fn check_actions(statement: &Statement, of: Of<'_>, place: &str) -> Result<(), S3Error> {
    let (Scope::Of(actions) | Scope::AllBut(actions)) = &statement.actions;
    let known = |action: &ActionPattern| on_bucket(action) || on_objects(action);
    if let Some(action) = actions.iter().find(|action| !known(action)) {
        return Err(refusal("Policy has invalid action")
            .element("Detail", format!("{place}: \"{}\"", action.as_str())));
    }
    let (Scope::Of(actions), Some(Scope::Of(resources))) = (&statement.actions, &statement.resources) else {
        return Ok(());
    };
    let (of_bucket, of_objects) = (
        resources.iter().any(|resource| of.may_be_itself(resource)),
        resources.iter().any(|resource| of.may_be_object(resource)),
    );
    let applies = |action: &ActionPattern| of_bucket && on_bucket(action) || of_objects && on_objects(action);
    match actions.iter().find(|action| !applies(action)) {
        Some(action) => Err(refusal("Action does not apply to any resource(s) in statement")
            .element("Detail", format!("{place}: \"{}\"", action.as_str()))),
        None => Ok(()),
    }
}

/// What follows `arn:aws:s3:::`; all of `*`.
fn name_of(resource: &ResourcePattern) -> &str {
    resource.as_str().splitn(6, ':').last().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use policy::Kind;

    use super::*;

    struct Everybody;

    impl Directory for Everybody {
        fn knows(&self, name: &AwsName) -> Result<bool, S3Error> {
            Ok(name.as_str() != "999999999999")
        }

        fn knows_canonical(&self, _id: &model::CanonicalId) -> Result<bool, S3Error> {
            Ok(false)
        }
    }

    fn said(text: &str) -> String {
        let checked = match Policy::parse(text, Kind::Bucket) {
            Ok(policy) => check(&policy, Of::Bucket("logs"), &Everybody),
            Err(fault) => Err(malformed(&fault)),
        };
        checked.map_or_else(|error| error.message.into_owned(), |()| "fine".to_owned())
    }

    fn statement(principal: &str, action: &str, resource: &str) -> String {
        said(&format!(
            r#"{{"Statement":[{{"Effect":"Allow","Principal":{principal},"Action":{action},"Resource":{resource}}}]}}"#
        ))
    }

    #[test]
    fn actions_must_be_of_s3_and_fit_a_resource() {
        let of = |action: &str, resource: &str| statement("\"*\"", action, resource);
        for (action, resource) in [
            ("\"s3:GetObject\"", "\"arn:aws:s3:::logs/*\""),
            ("\"s3:*\"", "\"arn:aws:s3:::logs\""),
            ("\"*\"", "\"arn:aws:s3:::logs/a\""),
            ("[\"s3:listbucket\",\"s3:GetObject\"]", "[\"arn:aws:s3:::logs\",\"arn:aws:s3:::logs/*\"]"),
            ("[\"s3:ListBucket\",\"s3:GetObject\"]", "\"arn:aws:s3:::logs*\""),
        ] {
            assert_eq!(of(action, resource), "fine", "{action} {resource}");
        }
        let apart = "Action does not apply to any resource(s) in statement";
        assert_eq!(of("\"s3:GetObject\"", "\"arn:aws:s3:::logs\""), apart);
        assert_eq!(of("[\"s3:GetObject\",\"s3:ListBucket\"]", "\"arn:aws:s3:::logs/*\""), apart);
        for action in ["\"ec2:Run\"", "\"s3:GetObjects\"", "\"s3:ListAllMyBuckets\"", "\"GetObject\""] {
            assert_eq!(of(action, "\"*\""), "Policy has invalid action", "{action}");
        }
        assert_eq!(of("\"s3:GetObject\"", "\"arn:aws:s3:::other/*\""), "Policy has invalid resource");
    }

    #[test]
    fn a_policy_of_an_access_point_speaks_of_it_and_of_objects_behind_it() {
        let arn = "arn:aws:s3:eu-west-1:111111111111:accesspoint/ap";
        let of = |action: &str, resource: &str| {
            let text = format!(
                r#"{{"Statement":[{{"Effect":"Allow","Principal":"*","Action":"{action}","Resource":"{resource}"}}]}}"#
            );
            let policy = Policy::parse(&text, Kind::AccessPoint).unwrap();
            let checked = check(&policy, Of::AccessPoint(arn), &Everybody);
            checked.map_or_else(|error| error.message.into_owned(), |()| "fine".to_owned())
        };
        assert_eq!(of("s3:GetObject", &format!("{arn}/object/*")), "fine");
        assert_eq!(of("s3:ListBucket", arn), "fine");
        let apart = "Action does not apply to any resource(s) in statement";
        assert_eq!(of("s3:ListBucket", &format!("{arn}/object/*")), apart);
        assert_eq!(of("s3:GetObject", arn), apart);
        assert_eq!(of("s3:GetObjects", &format!("{arn}/object/*")), "Policy has invalid action");
        for resource in ["*", "arn:aws:s3:::logs/*", &format!("{arn}x/object/*"), &format!("{arn}/k")] {
            assert_eq!(of("s3:*", resource), "Policy has invalid resource", "{resource}");
        }
    }

    #[test]
    fn principals_must_be_somebody() {
        let of = |principal: &str| statement(principal, "\"s3:GetObject\"", "\"arn:aws:s3:::logs/*\"");
        assert_eq!(of("{\"AWS\":\"111111111111\"}"), "fine");
        assert_eq!(of("{\"Service\":\"logging.s3.amazonaws.com\"}"), "fine");
        for principal in [
            "{\"AWS\":[\"111111111111\",\"999999999999\"]}",
            "{\"AWS\":\"bob\"}",
            "{\"Service\":\"bob\"}",
            "{\"AWS\":\"arn:aws:iam::111111111111:user/*\"}",
        ] {
            assert_eq!(of(principal), "Invalid principal in policy", "{principal}");
        }
    }

    #[test]
    fn malformed_documents_are_told_as_s3_tells_them() {
        let json = "Policies must be valid JSON and the first byte must be '{'";
        assert_eq!(said(""), json);
        assert_eq!(said("[]"), json);
        assert_eq!(said("{"), json);
        assert_eq!(said("{}"), "Missing required field Statement");
        assert_eq!(said("{\"Statement\":[{}]}"), "Missing required field Effect");
        assert_eq!(said("{\"Statements\":[]}"), "Unknown field Statements");
        assert_eq!(said("{\"Version\":\"1\"}"), "The policy must contain a valid version string");
    }
}
