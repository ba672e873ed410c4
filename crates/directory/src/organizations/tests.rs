use castellan_db::testing::on_each_engine;
use castellan_kernel::Result;
use castellan_proto::zitadel::{admin::v1 as admin, management::v1 as management, org::v2};
use castellan_rpc::Context;

use super::*;
use crate::users::testing::{World, events, id};

async fn commit<T>(mut ctx: Context, answer: impl AsyncFnOnce(&mut Context) -> Result<T>) -> T {
    let answer = answer(&mut ctx).await.unwrap();
    ctx.commit().await.unwrap();
    answer
}

fn add(name: &str) -> v2::AddOrganizationRequest {
    v2::AddOrganizationRequest { name: name.into(), ..v2::AddOrganizationRequest::default() }
}

async fn added(world: &World, name: &str) -> String {
    commit(world.iam("IAM_OWNER"), async |ctx| api_v2::add(ctx, add(name)).await).await.organization_id
}

fn update(org: &str, name: &str) -> v2::UpdateOrganizationRequest {
    v2::UpdateOrganizationRequest { organization_id: org.into(), name: name.into() }
}

#[tokio::test]
async fn a_new_organization_has_a_verified_primary_domain_made_of_its_name() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let org = added(&world, " Acme Söhne ").await;
        let recorded = events(&mut world.internal(), "org", &org).await;
        let domain = serde_json::json!({"domain": "acme-söhne.localhost"});
        assert_eq!(
            recorded,
            [
                ("org.added".to_owned(), serde_json::json!({"name": "Acme Söhne"})),
                ("org.domain.added".to_owned(), domain.clone()),
                ("org.domain.verified".to_owned(), domain.clone()),
                ("org.domain.primary.set".to_owned(), domain),
            ]
        );
        let request = admin::GetOrgByIdRequest { id: org.clone() };
        let stored = api_v1::get_by_id(&mut world.iam("IAM_OWNER"), request).await.unwrap().org.unwrap();
        assert_eq!((stored.name.as_str(), stored.state), ("Acme Söhne", 1));
        assert_eq!(stored.primary_domain, "acme-söhne.localhost");
        assert_eq!(stored.details.unwrap().sequence, 4);
    })
    .await;
}

#[tokio::test]
async fn the_domain_of_an_organization_lies_below_the_domain_that_the_caller_used() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let at_another_host = || {
            let mut ctx = world.iam("IAM_OWNER");
            ctx.origin = "https://ID.Example.com:8443".into();
            ctx
        };
        let org = commit(at_another_host(), async |ctx| api_v2::add(ctx, add("Acme")).await).await.organization_id;
        let primary_domain = async || find(&mut world.internal().look(), &org).await.unwrap().unwrap().primary_domain;
        assert_eq!(primary_domain().await, "acme.id.example.com");
        commit(at_another_host(), async |ctx| api_v2::update(ctx, update(&org, "Zenith")).await).await;
        assert_eq!(primary_domain().await, "zenith.id.example.com");
        // Under another host it is not the generated domain, so it stays.
        commit(world.iam("IAM_OWNER"), async |ctx| api_v2::update(ctx, update(&org, "Nadir")).await).await;
        assert_eq!(primary_domain().await, "zenith.id.example.com");
    })
    .await;
}

#[tokio::test]
async fn names_are_unique_whatever_their_case_and_may_not_be_empty() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let org = added(&world, "Acme").await;
        assert_eq!(id(api_v2::add(&mut world.iam("IAM_OWNER"), add("ACME")).await), "V3-DKcYh");
        assert_eq!(id(api_v2::add(&mut world.iam("IAM_OWNER"), add("  ")).await), "ORG-mruNY");
        assert_eq!(id(api_v2::add(&mut world.iam("IAM_OWNER"), add("!!")).await), "ORG-RrfXY");
        #[allow(deprecated, reason = "callers of earlier versions send it")]
        let with_id = |organization_id: &str| v2::AddOrganizationRequest {
            organization_id: Some(organization_id.into()),
            org_id: Some("other".into()),
            ..add("Other")
        };
        assert_eq!(id(api_v2::add(&mut world.iam("IAM_OWNER"), with_id(&org)).await), "ORG-laho2n");
        assert_eq!(id(api_v2::add(&mut world.iam("IAM_OWNER"), with_id(" ")).await), "ORG-4ABd3");
        let own = commit(world.iam("IAM_OWNER"), async |ctx| api_v2::add(ctx, with_id("my-org")).await).await;
        assert_eq!(own.organization_id, "my-org");
        // Another instance has names of its own.
        commit(world.other_instance(), async |ctx| api_v2::add(ctx, add("Acme")).await).await;
    })
    .await;
}

#[tokio::test]
async fn only_roles_on_the_instance_create_organizations() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        assert_eq!(id(api_v2::add(&mut world.org("o1", "ORG_OWNER"), add("Acme")).await), "AUTHZ-cdgFk");
        assert_eq!(id(api_v2::add(&mut world.iam("IAM_OWNER_VIEWER"), add("Acme")).await), "AUTH-AWfge");
    })
    .await;
}

#[tokio::test]
async fn existing_users_can_be_made_administrators_of_a_new_organization() {
    on_each_engine(|db| async {
        use v2::add_organization_request::{Admin, admin::UserType};
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let with_admin = |user_type, roles: &[&str]| v2::AddOrganizationRequest {
            admins: vec![Admin { roles: roles.iter().map(|role| (*role).to_owned()).collect(), user_type }],
            ..add("Acme")
        };
        let user = |user_id: &str| Some(UserType::UserId(user_id.to_owned()));
        let nobody = with_admin(user("nobody"), &[]);
        assert_eq!(id(api_v2::add(&mut world.iam("IAM_OWNER"), nobody).await), "ORG-GoXOn");
        assert_eq!(id(api_v2::add(&mut world.iam("IAM_OWNER"), with_admin(None, &[])).await), "ORGv2-SD2r1");
        let request = with_admin(user(&robot), &[]);
        let org = commit(world.iam("IAM_OWNER"), async |ctx| api_v2::add(ctx, request).await).await.organization_id;
        let (name, payload) = events(&mut world.internal(), "org", &org).await.pop().unwrap();
        assert_eq!(name, "org.member.added");
        assert_eq!(payload["roles"], serde_json::json!(["ORG_OWNER"]));
    })
    .await;
}

#[tokio::test]
async fn people_can_be_created_as_administrators_of_a_new_organization() {
    on_each_engine(|db| async {
        use castellan_proto::zitadel::user::v2 as user;
        use v2::add_organization_request::{Admin, admin::UserType};
        let world = World::new(db).await;
        let boss = |name: &str, password: &str| user::AddHumanUserRequest {
            username: Some(name.into()),
            profile: Some(user::SetHumanProfile {
                given_name: "Ada".into(),
                family_name: "Lovelace".into(),
                ..Default::default()
            }),
            email: Some(user::SetHumanEmail {
                email: "ada@example.com".into(),
                verification: Some(user::set_human_email::Verification::ReturnCode(Default::default())),
            }),
            password_type: Some(user::add_human_user_request::PasswordType::Password(user::Password {
                password: password.into(),
                change_required: false,
            })),
            ..Default::default()
        };
        let with = |human| v2::AddOrganizationRequest {
            admins: vec![Admin { roles: Vec::new(), user_type: Some(UserType::Human(human)) }],
            ..add("Acme")
        };
        let weak = with(boss("ada", "short"));
        assert_eq!(id(api_v2::add(&mut world.iam("IAM_OWNER"), weak).await), "COMMA-HuJf6");
        let request = with(boss("ada", "Password1!"));
        let created = commit(world.iam("IAM_OWNER"), async |ctx| api_v2::add(ctx, request).await).await;
        let admin = &created.created_admins[0];
        assert!(admin.email_code.is_some());
        let (name, payload) = events(&mut world.internal(), "org", &created.organization_id).await.pop().unwrap();
        assert_eq!((name.as_str(), payload["userId"].as_str().unwrap()), ("org.member.added", admin.user_id.as_str()));
    })
    .await;
}

#[tokio::test]
async fn an_organization_is_set_up_with_its_domain_and_the_person_who_owns_it() {
    on_each_engine(|db| async {
        use admin::set_up_org_request::{Human, Org, User, human};
        let world = World::new(db).await;
        let request = admin::SetUpOrgRequest {
            org: Some(Org { name: "Acme".into(), domain: "acme.example".into() }),
            user: Some(User::Human(Human {
                user_name: "ada".into(),
                profile: Some(human::Profile {
                    first_name: "Ada".into(),
                    last_name: "Lovelace".into(),
                    ..Default::default()
                }),
                email: Some(human::Email { email: "ada@example.com".into(), is_email_verified: true }),
                password: "Password1!".into(),
                ..Default::default()
            })),
            roles: vec!["ORG_USER_MANAGER".into()],
        };
        let created = commit(world.iam("IAM_OWNER"), async |ctx| api_v1::set_up(ctx, request).await).await;
        let recorded = events(&mut world.internal(), "org", &created.org_id).await;
        let member = recorded.iter().find(|(name, _)| name == "org.member.added").unwrap();
        assert_eq!(member.1["userId"], created.user_id);
        assert_eq!(member.1["roles"], serde_json::json!(["ORG_USER_MANAGER"]));
        let mut look = world.internal().look();
        let found = find_by_verified_domain(&mut look, "acme.example").await.unwrap().unwrap();
        assert_eq!(found.id, created.org_id);
    })
    .await;
}

#[tokio::test]
async fn v1_makes_the_creator_the_owner() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let empty = management::AddOrgRequest { name: " ".into() };
        assert_eq!(id(api_v1::add(&mut world.user(&robot, "o1"), empty).await), "EVENT-Mf9sd");
        let request = management::AddOrgRequest { name: "Acme".into() };
        let org = commit(world.user(&robot, "o1"), async |ctx| api_v1::add(ctx, request).await).await.id;
        let (_, payload) = events(&mut world.internal(), "org", &org).await.pop().unwrap();
        assert_eq!(payload["userId"], robot);
    })
    .await;
}

#[tokio::test]
async fn a_renamed_organization_gets_the_domain_of_its_new_name() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let org = added(&world, "Acme").await;
        commit(world.iam("IAM_OWNER"), async |ctx| api_v2::update(ctx, update(&org, "Zenith")).await).await;
        let recorded = events(&mut world.internal(), "org", &org).await;
        let names: Vec<_> = recorded.iter().skip(4).map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["org.changed", "org.domain.added", "org.domain.verified", "org.domain.primary.set", "org.domain.removed"]
        );
        let mut look = world.internal().look();
        let stored = find(&mut look, &org).await.unwrap().unwrap();
        assert_eq!((stored.name.as_str(), stored.primary_domain.as_str()), ("Zenith", "zenith.localhost"));
        assert_eq!(stored.sequence, 9);
        assert_eq!(id(api_v2::update(&mut world.iam("IAM_OWNER"), update(&org, "Zenith")).await), "ORG-4VSdf");
        assert_eq!(id(api_v2::update(&mut world.iam("IAM_OWNER"), update(&org, " ")).await), "EVENT-Mf9sd");
        assert_eq!(id(api_v2::update(&mut world.iam("IAM_OWNER"), update("gone", "X")).await), "ORG-1MRds");
        assert_eq!(id(api_v2::update(&mut world.org("o1", "ORG_OWNER"), update(&org, "X")).await), "AUTHZ-cdgFk");
        assert_eq!(id(api_v2::update(&mut world.other_instance(), update(&org, "X")).await), "ORG-1MRds");
    })
    .await;
}

#[tokio::test]
async fn an_organization_is_deactivated_and_activated_once() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let org = added(&world, "Acme").await;
        let off = |org: &str| v2::DeactivateOrganizationRequest { organization_id: org.into() };
        let on = |org: &str| v2::ActivateOrganizationRequest { organization_id: org.into() };
        assert_eq!(id(api_v2::activate(&mut world.iam("IAM_OWNER"), on(&org)).await), "EVENT-bfnrh");
        commit(world.iam("IAM_OWNER"), async |ctx| api_v2::deactivate(ctx, off(&org)).await).await;
        assert_eq!(id(api_v2::deactivate(&mut world.iam("IAM_OWNER"), off(&org)).await), "EVENT-Dbs2g");
        commit(world.iam("IAM_OWNER"), async |ctx| api_v2::activate(ctx, on(&org)).await).await;
        assert_eq!(id(api_v2::deactivate(&mut world.iam("IAM_OWNER"), off("gone")).await), "ORG-oL9nT");
        assert_eq!(id(api_v2::activate(&mut world.iam("IAM_OWNER"), on("gone")).await), "ORG-Dgf3g");
        assert_eq!(id(api_v2::deactivate(&mut world.other_instance(), off(&org)).await), "ORG-oL9nT");
    })
    .await;
}

#[tokio::test]
async fn a_removed_organization_takes_everything_with_it_and_is_gone_without_error_in_v2() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let org = added(&world, "Acme").await;
        let robot = world.machine(&org, "robot").await;
        world.settings(&org, "lockout_policy", "{}").await;
        let delete = |org: &str| v2::DeleteOrganizationRequest { organization_id: org.into() };
        let other = commit(world.other_instance(), async |ctx| api_v2::delete(ctx, delete(&org)).await).await;
        assert!(other.deletion_date.is_none());
        assert_eq!(id(api_v2::delete(&mut world.iam("IAM_OWNER"), delete("o1")).await), "COMMA-wG9p1");
        assert_eq!(id(api_v2::delete(&mut world.org("o1", "ORG_OWNER"), delete(&org)).await), "AUTHZ-cdgFk");

        let gone = commit(world.iam("IAM_OWNER"), async |ctx| api_v2::delete(ctx, delete(&org)).await).await;
        assert!(gone.deletion_date.is_some());
        let mut look = world.internal().look();
        assert!(!exists(&mut look, &org).await.unwrap());
        let left = castellan_db::statement!(
            "SELECT (SELECT COUNT(*) FROM users WHERE instance_id = $1 AND id = $2)
             + (SELECT COUNT(*) FROM settings WHERE instance_id = $1 AND org_id = $3)"
        );
        let row = look.row(left, &castellan_db::values![robot, &org]).await.unwrap().unwrap();
        assert_eq!(row.int(0).unwrap(), 0);
        let again = api_v2::delete(&mut world.iam("IAM_OWNER"), delete(&org)).await.unwrap();
        assert!(again.deletion_date.is_none());
        let v1 = admin::RemoveOrgRequest { org_id: org };
        assert_eq!(id(api_v1::remove(&mut world.iam("IAM_OWNER"), v1).await), "COMMA-aps2n");
        // The name is free again.
        added(&world, "Acme").await;
    })
    .await;
}

#[tokio::test]
async fn the_default_organization_is_an_active_one() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let org = added(&world, "Acme").await;
        let set = |org: &str| admin::SetDefaultOrgRequest { org_id: org.into() };
        assert_eq!(id(api_v1::set_default(&mut world.iam("IAM_OWNER"), set("o1")).await), "INST-SDfw2");
        assert_eq!(id(api_v1::set_default(&mut world.iam("IAM_OWNER"), set("gone")).await), "INSTA-Wfe21");
        assert_eq!(id(api_v1::set_default(&mut world.iam("IAM_OWNER"), set("")).await), "INST-SWffe");
        commit(world.iam("IAM_OWNER"), async |ctx| api_v1::set_default(ctx, set(&org)).await).await;
        let now = api_v1::get_default(&mut world.iam("IAM_OWNER"), admin::GetDefaultOrgRequest {}).await.unwrap();
        assert_eq!(now.org.unwrap().id, org);
        let off = v2::DeactivateOrganizationRequest { organization_id: "o2".into() };
        commit(world.iam("IAM_OWNER"), async |ctx| api_v2::deactivate(ctx, off).await).await;
        assert_eq!(id(api_v1::set_default(&mut world.iam("IAM_OWNER"), set("o2")).await), "INSTA-Wfe21");
    })
    .await;
}

async fn listed(ctx: &mut Context, queries: Vec<v2::search_query::Query>) -> Vec<String> {
    let queries = queries.into_iter().map(|query| v2::SearchQuery { query: Some(query) }).collect();
    let request = v2::ListOrganizationsRequest {
        queries,
        sorting_column: v2::OrganizationFieldName::Name as i32,
        query: Some(castellan_proto::zitadel::object::v2::ListQuery { asc: true, ..Default::default() }),
    };
    let answer = api_v2::list(ctx, request).await.unwrap();
    assert_eq!(answer.details.unwrap().total_result, answer.result.len() as u64);
    answer.result.into_iter().map(|org| org.name).collect()
}

#[tokio::test]
async fn lists_show_what_the_caller_may_read_and_filter_by_name_domain_state_id_and_default() {
    on_each_engine(|db| async {
        use v2::search_query::Query;
        let world = World::new(db).await;
        added(&world, "Acme").await;
        added(&world, "100% pure").await;
        assert_eq!(listed(&mut world.iam("IAM_OWNER"), vec![]).await, ["100% pure", "Acme", "o1", "o2"]);
        assert_eq!(listed(&mut world.org("o2", "ORG_OWNER"), vec![]).await, ["o2"]);
        assert_eq!(listed(&mut world.other_instance(), vec![]).await, ["o1", "o2"]);

        let by = async |query| listed(&mut world.iam("IAM_OWNER"), vec![query]).await;
        let name = |name: &str, method| Query::NameQuery(v2::OrganizationNameQuery { name: name.into(), method });
        assert_eq!(by(name("ACM", 3)).await, ["Acme"]);
        assert_eq!(by(name("%", 4)).await, ["100% pure"]);
        let domain =
            |domain: &str, method| Query::DomainQuery(v2::OrganizationDomainQuery { domain: domain.into(), method });
        assert_eq!(by(domain("acme.localhost", 0)).await, ["Acme"]);
        assert_eq!(by(domain("O1.LOCAL", 3)).await, ["o1"]);
        assert!(by(domain("_1.localhost", 0)).await.is_empty());
        assert_eq!(by(Query::IdQuery(v2::OrganizationIdQuery { id: "o2".into() })).await, ["o2"]);
        assert_eq!(by(Query::DefaultQuery(v2::DefaultOrganizationQuery {})).await, ["o1"]);
        assert!(by(Query::StateQuery(v2::OrganizationStateQuery { state: 2 })).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn whether_a_name_or_domain_is_taken_can_be_asked() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let ask = async |name: &str, domain: &str| {
            let request = admin::IsOrgUniqueRequest { name: name.into(), domain: domain.into() };
            api_v1::is_unique(&mut world.iam("IAM_OWNER"), request).await
        };
        assert!(!ask("O1", "").await.unwrap().is_unique);
        assert!(!ask("new", "o1.LOCALHOST").await.unwrap().is_unique);
        assert!(ask("new", "new.example").await.unwrap().is_unique);
        assert_eq!(id(ask("", " ").await), "QUERY-DGqfd");
    })
    .await;
}

#[tokio::test]
async fn the_organization_in_context_and_the_one_of_a_domain_can_be_read() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mine = api_v1::get_my(&mut world.org("o2", "ORG_OWNER"), management::GetMyOrgRequest {}).await.unwrap();
        assert_eq!(mine.org.unwrap().id, "o2");
        let by = |domain: &str| management::GetOrgByDomainGlobalRequest { domain: domain.into() };
        let found = api_v1::get_by_domain(&mut world.org("o2", "ORG_OWNER"), by("O1.localhost")).await.unwrap();
        assert_eq!(found.org.unwrap().id, "o1");
        assert_eq!(id(api_v1::get_by_domain(&mut world.org("o2", "ORG_OWNER"), by("x")).await), "QUERY-iTTGJ");
    })
    .await;
}

#[tokio::test]
async fn the_beta_speaks_of_the_same_organizations() {
    on_each_engine(|db| async {
        use castellan_proto::zitadel::org::v2beta;
        let world = World::new(db).await;
        let request = v2beta::CreateOrganizationRequest { name: "Acme".into(), ..Default::default() };
        let created = commit(world.iam("IAM_OWNER"), async |ctx| api_v2beta::create(ctx, request).await).await;
        let filter =
            v2beta::organization_search_filter::Filter::IdFilter(v2beta::OrgIdFilter { id: created.id.clone() });
        let request = v2beta::ListOrganizationsRequest {
            filter: vec![v2beta::OrganizationSearchFilter { filter: Some(filter) }],
            ..Default::default()
        };
        let list = api_v2beta::list(&mut world.iam("IAM_OWNER"), request).await.unwrap();
        assert_eq!(list.organizations[0].name, "Acme");
        assert_eq!(list.pagination.unwrap().applied_limit, 100);
        let delete = v2beta::DeleteOrganizationRequest { id: created.id };
        let gone = commit(world.iam("IAM_OWNER"), async |ctx| api_v2beta::delete(ctx, delete).await).await;
        assert!(gone.deletion_date.is_some());
    })
    .await;
}
