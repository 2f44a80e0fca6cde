//! A second evaluator, written naively from AWS's pages and from `docs/spec/policy.md`, must agree with the first on
//! 100,000 random requests. They share no code: this one reads plain JSON, matches by trying everything, and knows
//! dates and base64 from a table.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, wherever it stands")]

mod chance;
mod conditions;
mod documents;
mod judge;
mod peer;
mod requests;
mod text;

use chance::Chance;
use documents::Document;
use judge::{Case, Verdict};
use policy::{Attached, Decision, Denied, Keys, Kind, Policies, evaluate};
use requests::Asked;

const PAIRS: usize = 100_000;
const DOCUMENTS: usize = 4_000;

/// The policies of one request, by their places in the pools.
struct Drawn<'a> {
    identity: Vec<&'a Document>,
    resource: Option<&'a Document>,
    acl_allows: bool,
    boundary: Option<&'a Document>,
    session: Vec<&'a Document>,
    control: Vec<Vec<&'a Document>>,
}

#[test]
fn two_evaluators_agree_on_a_hundred_thousand_requests() {
    let mut chance = Chance::new(20_261_122);
    let managed: Vec<_> = (0..DOCUMENTS).map(|_| Document::draw(&mut chance, Kind::Managed)).collect();
    let buckets: Vec<_> = (0..DOCUMENTS).map(|_| Document::draw(&mut chance, Kind::Bucket)).collect();
    let trusts: Vec<_> = (0..DOCUMENTS / 4).map(|_| Document::draw(&mut chance, Kind::Trust)).collect();
    let mut seen = [0_usize; 3];
    for number in 0..PAIRS {
        let drawn = Drawn::draw(&mut chance, &managed, &buckets, &trusts);
        let asked = Asked::draw(&mut chance);
        let (first, second) = (drawn.by_the_crate(&asked), drawn.by_the_oracle(&asked));
        assert_eq!(first, second, "pair {number}: {asked:#?}\n{}", drawn.describe());
        seen[first as usize] += 1;
    }
    // Chance must reach all three, or it proves little.
    assert!(seen.iter().all(|count| *count > PAIRS / 20), "{seen:?}");
}

impl<'a> Drawn<'a> {
    fn draw(
        chance: &mut Chance,
        managed: &'a [Document],
        buckets: &'a [Document],
        trusts: &'a [Document],
    ) -> Self {
        let few = |chance: &mut Chance, most: usize| -> Vec<&'a Document> {
            (0..chance.below(most + 1)).map(|_| chance.one_of(managed)).collect()
        };
        let resource = match chance.below(8) {
            0..=2 => None,
            3 => Some(chance.one_of(trusts)),
            _ => Some(chance.one_of(buckets)),
        };
        let levels = if chance.one_in(6) { 1 + chance.below(2) } else { 0 };
        Self {
            identity: few(chance, 3),
            resource,
            acl_allows: chance.one_in(8),
            boundary: chance.one_in(5).then(|| chance.one_of(managed)),
            session: if chance.one_in(3) { few(chance, 3) } else { Vec::new() },
            control: (0..levels).map(|_| few(chance, 3)).collect(),
        }
    }

    fn by_the_crate(&self, asked: &Asked) -> Verdict {
        let attach = |documents: &[&'a Document]| -> Vec<Attached<'a>> {
            documents.iter().map(|document| attached(document)).collect()
        };
        let (identity, session) = (attach(&self.identity), attach(&self.session));
        let levels: Vec<_> = self.control.iter().map(|level| attach(level)).collect();
        let control: Vec<&[Attached<'_>]> = levels.iter().map(Vec::as_slice).collect();
        let policies = Policies {
            identity: &identity,
            resource: self.resource.map(attached),
            acl_allows: self.acl_allows,
            boundary: self.boundary.map(attached),
            session: &session,
            control: &control,
        };
        let own = identity.iter().chain(&session).chain(&policies.boundary).chain(levels.iter().flatten());
        let own = policy::Asked::by(own.map(|attached| attached.policy));
        let of_resource = policy::Asked::by(policies.resource.map(|attached| attached.policy));
        let sparing = asked.told(Keys::asked_by(own, of_resource));
        let decision = evaluate(&asked.to_request(), &policies);
        assert_eq!(evaluate(&sparing, &policies), decision, "what nobody asks for decides nothing");
        match decision {
            Decision::Allowed(_) => Verdict::Allowed,
            Decision::Denied(Denied::Explicitly(_)) => Verdict::DeniedExplicitly,
            Decision::Denied(Denied::Implicitly(_)) => Verdict::DeniedImplicitly,
        }
    }

    fn by_the_oracle(&self, asked: &Asked) -> Verdict {
        Case {
            asked,
            identity: self.identity.iter().map(|document| &document.json).collect(),
            resource: self.resource.map(|document| &document.json),
            is_trust: self.resource.is_some_and(|document| document.policy.kind() == Kind::Trust),
            acl_allows: self.acl_allows,
            boundary: self.boundary.map(|document| &document.json),
            session: self.session.iter().map(|document| &document.json).collect(),
            control: self.control.iter().map(|level| level.iter().map(|one| &one.json).collect()).collect(),
        }
        .verdict()
    }

    fn describe(&self) -> String {
        let all = |documents: &[&Document]| -> Vec<String> {
            documents.iter().map(|document| document.json.to_string()).collect()
        };
        format!(
            "identity {:#?}\nresource {:?}\nacl {}\nboundary {:?}\nsession {:#?}\ncontrol {:?}",
            all(&self.identity),
            self.resource.map(|one| one.json.to_string()),
            self.acl_allows,
            self.boundary.map(|one| one.json.to_string()),
            all(&self.session),
            self.control.iter().map(|level| all(level)).collect::<Vec<_>>(),
        )
    }
}

fn attached(document: &Document) -> Attached<'_> {
    Attached { name: "drawn", policy: &document.policy }
}
