//! What each of STS's operations needs.
//!
//! Source: AWS "Actions, resources, and condition keys for AWS Security Token Service".

use api::sts;
use api::sts::Tag;
use model::arn;

use crate::authz::{Assumer, Facts, Guarded, Needs, On, Target};

impl Guarded for sts::AssumeRole {
    fn target(input: &Self::Input) -> Target<'_> {
        Target::Role { arn: input.role_arn.as_deref().unwrap_or_default(), assumer: Assumer::Caller }
    }

    fn needs(input: &Self::Input, needs: &mut Needs<'_>) {
        let tags = !input.tags.is_empty() || !input.transitive_tag_keys.is_empty();
        needs.add_if(tags, "sts:TagSession", || On::Role);
        needs.add_if(input.source_identity.is_some(), "sts:SetSourceIdentity", || On::Role);
    }

    fn facts(input: &Self::Input, facts: &mut Facts) {
        facts.text("sts:ExternalId", input.external_id.as_deref());
        facts.text("sts:RoleSessionName", input.role_session_name.as_deref());
        facts.text("sts:SourceIdentity", input.source_identity.as_deref());
        facts.number("sts:DurationSeconds", input.duration_seconds);
        facts.set_many("sts:TransitiveTagKeys", input.transitive_tag_keys.clone());
        tags(&input.tags, facts);
    }

    fn code(input: &Self::Input) -> Option<(&str, &str)> {
        code(&input.serial_number, &input.token_code)
    }
}

impl Guarded for sts::AssumeRoleWithWebIdentity {
    fn target(input: &Self::Input) -> Target<'_> {
        let assumer = Assumer::Token(input.web_identity_token.as_deref().unwrap_or_default());
        Target::Role { arn: input.role_arn.as_deref().unwrap_or_default(), assumer }
    }

    fn needs(_input: &Self::Input, _needs: &mut Needs<'_>) {}

    fn facts(input: &Self::Input, facts: &mut Facts) {
        facts.text("sts:RoleSessionName", input.role_session_name.as_deref());
        facts.number("sts:DurationSeconds", input.duration_seconds);
    }
}

impl Guarded for sts::GetSessionToken {
    fn target(_input: &Self::Input) -> Target<'_> {
        Target::Service
    }

    /// AWS asks for no permission: a policy cannot even deny it.
    fn needs(_input: &Self::Input, _needs: &mut Needs<'_>) {}

    fn code(input: &Self::Input) -> Option<(&str, &str)> {
        code(&input.serial_number, &input.token_code)
    }
}

impl Guarded for sts::GetCallerIdentity {
    fn target(_input: &Self::Input) -> Target<'_> {
        Target::Service
    }

    /// As for GetSessionToken: everybody may know who they are.
    fn needs(_input: &Self::Input, _needs: &mut Needs<'_>) {}
}

impl Guarded for sts::GetFederationToken {
    fn target(_input: &Self::Input) -> Target<'_> {
        Target::Service
    }

    fn needs(input: &Self::Input, needs: &mut Needs<'_>) {
        let Some(account) = needs.account() else { return needs.add("sts:GetFederationToken", On::Service) };
        let name = input.name.as_deref().unwrap_or_default();
        let arn = arn::federated_user(account, name);
        needs.add_if(!input.tags.is_empty(), "sts:TagSession", || On::Arn(arn.clone()));
        needs.add("sts:GetFederationToken", On::Arn(arn));
    }

    fn facts(input: &Self::Input, facts: &mut Facts) {
        facts.number("sts:DurationSeconds", input.duration_seconds);
        tags(&input.tags, facts);
    }
}

impl Guarded for sts::GetAccessKeyInfo {
    fn target(_input: &Self::Input) -> Target<'_> {
        Target::Service
    }

    fn needs(_input: &Self::Input, needs: &mut Needs<'_>) {
        needs.add("sts:GetAccessKeyInfo", On::Service);
    }
}

fn code<'a>(serial: &'a Option<String>, code: &'a Option<String>) -> Option<(&'a str, &'a str)> {
    let given = serial.is_some() || code.is_some();
    given.then(|| (serial.as_deref().unwrap_or_default(), code.as_deref().unwrap_or_default()))
}

fn tags(tags: &[Tag], facts: &mut Facts) {
    for tag in tags {
        facts.set(
            &format!("aws:RequestTag/{}", tag.key.as_deref().unwrap_or_default()),
            tag.value.as_deref().unwrap_or_default(),
        );
    }
    let keys = tags.iter().filter_map(|tag| tag.key.clone()).collect();
    facts.set_many("aws:TagKeys", keys);
}
