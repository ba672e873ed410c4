use castellan_db::testing::on_each_engine;
use castellan_kernel::Result;
use castellan_proto::zitadel::{management::v1, org::v2};
use castellan_rpc::Context;

use super::*;
use crate::users::testing::{World, events, id};

async fn commit<T>(mut ctx: Context, answer: impl AsyncFnOnce(&mut Context) -> Result<T>) -> T {
    let answer = answer(&mut ctx).await.unwrap();
    ctx.commit().await.unwrap();
    answer
}

fn owner(world: &World) -> Context {
    world.org("o1", "ORG_OWNER")
}

fn add(org: &str, domain: &str) -> v2::AddOrganizationDomainRequest {
    v2::AddOrganizationDomainRequest { organization_id: org.into(), domain: domain.into() }
}

fn delete(org: &str, domain: &str) -> v2::DeleteOrganizationDomainRequest {
    v2::DeleteOrganizationDomainRequest { organization_id: org.into(), domain: domain.into() }
}

fn primary(domain: &str) -> v1::SetPrimaryOrgDomainRequest {
    v1::SetPrimaryOrgDomainRequest { domain: domain.into() }
}

async fn domains(world: &World) -> Vec<(String, bool, bool)> {
    let request = v2::ListOrganizationDomainsRequest { organization_id: "o1".into(), ..Default::default() };
    let list = api_v2::list(&mut owner(world), request).await.unwrap();
    let mut domains: Vec<_> =
        list.domains.into_iter().map(|domain| (domain.domain, domain.is_verified, domain.is_primary)).collect();
    domains.sort();
    domains
}

#[tokio::test]
async fn a_domain_needs_no_proof_unless_the_policy_asks_for_it() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        commit(owner(&world), async |ctx| api_v2::add(ctx, add("o1", "acme.example")).await).await;
        world.settings("o1", "domain_policy", r#"{"validateOrgDomains":true}"#).await;
        commit(owner(&world), async |ctx| api_v2::add(ctx, add("o1", "other.example")).await).await;
        let expected = [("acme.example", true, false), ("o1.localhost", true, true), ("other.example", false, false)];
        let found = domains(&world).await;
        assert_eq!(found, expected.map(|(domain, verified, primary)| (domain.to_owned(), verified, primary)));
        assert_eq!(id(api_v2::add(&mut owner(&world), add("o1", "ACME.example")).await), "V2-e1wse");
        assert_eq!(id(api_v2::add(&mut owner(&world), add("o1", " ")).await), "ORG-r3h4J");
        assert_eq!(id(api_v2::add(&mut world.iam("IAM_OWNER"), add("gone", "a.example")).await), "COMMAND-QXPGs");
    })
    .await;
}

#[tokio::test]
async fn a_verified_domain_belongs_to_one_organization_of_the_instance() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        commit(owner(&world), async |ctx| api_v2::add(ctx, add("o1", "acme.example")).await).await;
        assert_eq!(id(api_v2::add(&mut world.iam("IAM_OWNER"), add("o2", "Acme.example")).await), "V3-DKcYh");
        commit(world.other_instance(), async |ctx| api_v2::add(ctx, add("o2", "acme.example")).await).await;
    })
    .await;
}

#[tokio::test]
async fn the_primary_domain_must_be_verified_and_cannot_be_removed() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        commit(owner(&world), async |ctx| api_v2::add(ctx, add("o1", "acme.example")).await).await;
        world.settings("o1", "domain_policy", r#"{"validateOrgDomains":true}"#).await;
        commit(owner(&world), async |ctx| api_v2::add(ctx, add("o1", "other.example")).await).await;
        assert_eq!(id(api_v1::set_primary(&mut owner(&world), primary("other.example")).await), "ORG-Ggd32");
        assert_eq!(id(api_v1::set_primary(&mut owner(&world), primary("x.example")).await), "ORG-GDfA3");
        commit(owner(&world), async |ctx| api_v1::set_primary(ctx, primary("acme.example")).await).await;
        assert_eq!(id(api_v2::delete(&mut owner(&world), delete("o1", "acme.example")).await), "ORG-Sjdi3");
        commit(owner(&world), async |ctx| api_v2::delete(ctx, delete("o1", "o1.localhost")).await).await;
        assert_eq!(id(api_v2::delete(&mut owner(&world), delete("o1", "o1.localhost")).await), "ORG-GDfA3");
        let org = crate::organizations::find(&mut world.internal().look(), "o1").await.unwrap().unwrap();
        assert_eq!(org.primary_domain, "acme.example");
    })
    .await;
}

#[tokio::test]
async fn login_names_follow_the_verified_domains() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        world.settings("", "domain_policy", r#"{"userLoginMustBeDomain":true}"#).await;
        let robot = world.machine("o1", "robot").await;
        commit(owner(&world), async |ctx| api_v2::add(ctx, add("o1", "acme.example")).await).await;
        commit(owner(&world), async |ctx| api_v1::set_primary(ctx, primary("acme.example")).await).await;
        let preferred = crate::users::login_names::preferred(&mut world.internal().look(), &robot).await.unwrap();
        assert_eq!(preferred.as_deref(), Some("robot@acme.example"));
        commit(owner(&world), async |ctx| api_v2::delete(ctx, delete("o1", "o1.localhost")).await).await;
        let count =
            castellan_db::statement!("SELECT COUNT(*) FROM domain_login_names WHERE instance_id = $1 AND user_id = $2");
        let row = world.internal().look().row(count, &castellan_db::values![robot]).await.unwrap().unwrap();
        assert_eq!(row.int(0).unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn users_of_other_organizations_lose_names_below_a_claimed_domain() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let squatter = world.machine("o2", "boss@Acme.example").await;
        let neighbour = world.machine("o2", "boss@notacme.example").await;
        commit(owner(&world), async |ctx| api_v2::add(ctx, add("o1", "acme.example")).await).await;
        let (name, payload) = events(&mut world.internal(), "user", &squatter).await.pop().unwrap();
        assert_eq!(name, "user.domain.claimed");
        let new_name = payload["userName"].as_str().unwrap().to_owned();
        assert!(new_name.ends_with("@temporary.localhost"));
        let preferred = crate::users::login_names::preferred(&mut world.internal().look(), &squatter).await.unwrap();
        assert_eq!(preferred, Some(new_name));
        assert_eq!(events(&mut world.internal(), "user", &neighbour).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_proof_is_asked_for_domains_that_are_not_verified() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        world.settings("o1", "domain_policy", r#"{"validateOrgDomains":true}"#).await;
        commit(owner(&world), async |ctx| api_v2::add(ctx, add("o1", "acme.example")).await).await;
        let ask = |domain: &str, kind: i32| v2::GenerateOrganizationDomainValidationRequest {
            organization_id: "o1".into(),
            domain: domain.into(),
            r#type: kind,
        };
        let ctx = || owner(&world);
        assert_eq!(id(api_v2::generate_validation(&mut ctx(), ask("acme.example", 0)).await), "ORG-Gsw31");
        assert_eq!(id(api_v2::generate_validation(&mut ctx(), ask("x.example", 1)).await), "ORG-AGD31");
        assert_eq!(id(api_v2::generate_validation(&mut ctx(), ask("o1.localhost", 1)).await), "ORG-HGw21");
        let dns = commit(ctx(), async |ctx| api_v2::generate_validation(ctx, ask("acme.example", 2)).await).await;
        assert_eq!((dns.token.len(), dns.url.as_str()), (32, "_zitadel-challenge.acme.example"));
        let http = commit(ctx(), async |ctx| api_v2::generate_validation(ctx, ask("acme.example", 1)).await).await;
        assert_eq!(http.url, format!("https://acme.example/.well-known/zitadel-challenge/{}", http.token));
        let recorded = events(&mut world.internal(), "org", "o1").await;
        assert!(!serde_json::to_string(&recorded).unwrap().contains(&http.token));
    })
    .await;
}

#[tokio::test]
async fn domains_of_other_organizations_and_instances_are_out_of_reach() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        assert_eq!(id(api_v2::add(&mut owner(&world), add("o2", "a.example")).await), "AUTHZ-cdgFk");
        assert_eq!(id(api_v2::delete(&mut owner(&world), delete("o2", "o2.localhost")).await), "AUTHZ-cdgFk");
        let request = v2::ListOrganizationDomainsRequest { organization_id: "o2".into(), ..Default::default() };
        assert!(api_v2::list(&mut owner(&world), request).await.unwrap().domains.is_empty());
        commit(owner(&world), async |ctx| api_v2::add(ctx, add("o1", "acme.example")).await).await;
        assert_eq!(id(api_v2::delete(&mut world.other_instance(), delete("o1", "acme.example")).await), "ORG-GDfA3");
    })
    .await;
}

#[tokio::test]
async fn a_domain_from_elsewhere_needs_no_proof_but_an_owner_of_the_instance() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        world.settings("o1", "domain_policy", r#"{"validateOrgDomains":true}"#).await;
        let iam = || world.iam("IAM_OWNER");
        assert_eq!(id(take_over(&mut owner(&world), "o1", "acme.example", true, true).await), "AUTHZ-cdgFk");
        assert_eq!(id(take_over(&mut iam(), "o1", " ", true, false).await), "ORG-r3h4J");
        assert_eq!(id(take_over(&mut iam(), "gone", "acme.example", true, false).await), "COMMAND-QXPGs");
        assert_eq!(id(take_over(&mut iam(), "o1", "O1.localhost", true, false).await), "V2-e1wse");
        assert_eq!(id(take_over(&mut iam(), "o1", "o2.localhost", true, false).await), "V3-DKcYh");
        assert_eq!(id(take_over(&mut iam(), "o1", "acme.example", false, true).await), "ORG-Ggd32");
        commit(iam(), async |ctx| take_over(ctx, "o1", "acme.example", true, true).await).await;
        commit(iam(), async |ctx| take_over(ctx, "o1", "open.example", false, false).await).await;
        let expected = [("acme.example", true, true), ("o1.localhost", true, false), ("open.example", false, false)];
        let found = domains(&world).await;
        assert_eq!(found, expected.map(|(domain, verified, primary)| (domain.to_owned(), verified, primary)));
    })
    .await;
}
