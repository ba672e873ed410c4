use castellan_db::testing::on_each_engine;
use castellan_proto::zitadel::user::v2::search_query::Query;
use castellan_proto::zitadel::{filter, management::v1, metadata, object, user, user::v2};
use castellan_rpc::Context;

use super::{api_v1, api_v2};
use crate::users::human::{self, AddHuman, NewAddress};
use crate::users::login_names;
use crate::users::machine::{AddMachine, create};
use crate::users::testing::{World, id};

fn query(query: Query) -> v2::SearchQuery {
    v2::SearchQuery { query: Some(query) }
}

fn user_name(value: &str, method: object::v2::TextQueryMethod) -> v2::SearchQuery {
    query(Query::UserNameQuery(v2::UserNameQuery { user_name: value.into(), method: method.into() }))
}

fn equals(value: &str) -> v2::SearchQuery {
    user_name(value, object::v2::TextQueryMethod::Equals)
}

fn not(inner: v2::SearchQuery) -> v2::SearchQuery {
    query(Query::NotQuery(Box::new(v2::NotQuery { query: Some(Box::new(inner)) })))
}

fn or(queries: Vec<v2::SearchQuery>) -> v2::SearchQuery {
    query(Query::OrQuery(v2::OrQuery { queries }))
}

/// User names of a list, sorted by user name ascending.
async fn names(ctx: &mut Context, queries: Vec<v2::SearchQuery>) -> Vec<String> {
    let request = v2::ListUsersRequest {
        query: Some(object::v2::ListQuery { asc: true, ..Default::default() }),
        sorting_column: v2::UserFieldName::UserName.into(),
        queries,
    };
    let answer = api_v2::list(ctx, request).await.unwrap();
    assert_eq!(answer.details.unwrap().total_result, answer.result.len() as u64);
    answer.result.into_iter().map(|user| user.username).collect()
}

async fn some_users(world: &World) -> Vec<String> {
    let mut ids = Vec::new();
    for (org, name) in [("o1", "Anna"), ("o1", "bob"), ("o2", "carl_x"), ("o2", "carlyx")] {
        ids.push(world.machine(org, name).await);
    }
    ids
}

#[tokio::test]
async fn a_service_user_reads_alike_in_both_generations() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let command = AddMachine {
            org_id: "o1".into(),
            user_name: Some("Robot".into()),
            name: "The robot".into(),
            description: "d".into(),
            ..Default::default()
        };
        let robot = create(&mut ctx, command).await.unwrap().user_id;
        let request = v1::GetUserByIdRequest { id: robot.clone() };
        let old = api_v1::get(&mut ctx, request).await.unwrap().user.unwrap();
        assert_eq!((old.state, old.login_names.as_slice()), (1, ["Robot".to_owned()].as_slice()));
        assert_eq!(old.preferred_login_name, "Robot");
        let Some(user::v1::user::Type::Machine(machine)) = old.r#type else { panic!("not a service user") };
        assert_eq!((machine.name.as_str(), machine.has_secret), ("The robot", false));

        let request = v2::GetUserByIdRequest { user_id: robot.clone() };
        let new = api_v2::get(&mut ctx, request).await.unwrap();
        assert_eq!(new.details.as_ref().unwrap().resource_owner, "o1");
        let new = new.user.unwrap();
        assert_eq!((new.username.as_str(), new.state), ("Robot", 1));
        let beta = castellan_proto::zitadel::user::v2beta::GetUserByIdRequest { user_id: robot };
        assert_eq!(api_v2::v2beta_get(&mut ctx, beta).await.unwrap().user.unwrap().username, "Robot");
    })
    .await;
}

#[tokio::test]
async fn users_out_of_reach_read_as_absent_or_denied_and_oneself_always_reads() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let old = || v1::GetUserByIdRequest { id: robot.clone() };
        let new = || v2::GetUserByIdRequest { user_id: robot.clone() };
        for mut ctx in [world.org("o2", "ORG_OWNER"), world.other_instance()] {
            assert_eq!(id(api_v1::get(&mut ctx, old()).await), "QUERY-Dfbg2");
        }
        assert_eq!(id(api_v2::get(&mut world.other_instance(), new()).await), "QUERY-Dfbg2");
        assert_eq!(id(api_v2::get(&mut world.org("o2", "ORG_OWNER"), new()).await), "AUTHZ-cdgFk");
        assert!(api_v2::get(&mut world.user(&robot, "o1"), new()).await.is_ok());
        let mine = castellan_proto::zitadel::auth::v1::GetMyUserRequest {};
        let me = api_v1::get_my(&mut world.user(&robot, "o1"), mine).await.unwrap().user.unwrap();
        assert_eq!(me.id, robot);
        let mine = castellan_proto::zitadel::auth::v1::GetMyProfileRequest {};
        assert_eq!(id(api_v1::get_my_profile(&mut world.user(&robot, "o1"), mine).await), "QUERY-WLTce");
    })
    .await;
}

#[tokio::test]
async fn lists_hold_what_the_caller_may_see() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let ids = some_users(&world).await;
        assert_eq!(names(&mut world.iam("IAM_OWNER"), vec![]).await, ["Anna", "bob", "carl_x", "carlyx"]);
        assert_eq!(names(&mut world.org("o1", "ORG_OWNER"), vec![]).await, ["Anna", "bob"]);
        assert_eq!(names(&mut world.user(&ids[2], "o2"), vec![]).await, ["carl_x"]);
        assert!(names(&mut world.other_instance(), vec![]).await.is_empty());
        let answer = api_v1::list(&mut world.org("o2", "ORG_OWNER"), v1::ListUsersRequest::default()).await.unwrap();
        assert_eq!((answer.result.len(), answer.details.unwrap().total_result), (2, 2));
    })
    .await;
}

#[tokio::test]
async fn text_filters_take_their_value_literally_and_mind_the_case_as_told() {
    on_each_engine(|db| async {
        use object::v2::TextQueryMethod as Method;
        let world = World::new(db).await;
        some_users(&world).await;
        let mut ctx = world.iam("IAM_OWNER");
        assert!(names(&mut ctx, vec![equals("anna")]).await.is_empty());
        assert_eq!(names(&mut ctx, vec![equals("Anna")]).await, ["Anna"]);
        assert_eq!(names(&mut ctx, vec![user_name("ANNA", Method::EqualsIgnoreCase)]).await, ["Anna"]);
        assert_eq!(names(&mut ctx, vec![user_name("l_", Method::Contains)]).await, ["carl_x"]);
        assert_eq!(names(&mut ctx, vec![user_name("X", Method::EndsWithIgnoreCase)]).await, ["carl_x", "carlyx"]);
        assert!(names(&mut ctx, vec![user_name("B", Method::StartsWith)]).await.is_empty());
        let login = |value: &str, method: Method| {
            query(Query::LoginNameQuery(v2::LoginNameQuery { login_name: value.into(), method: method.into() }))
        };
        assert_eq!(names(&mut ctx, vec![login("BOB", Method::EqualsIgnoreCase)]).await, ["bob"]);
        assert_eq!(names(&mut ctx, vec![login("l_", Method::Contains)]).await, ["carl_x"]);
        assert!(names(&mut ctx, vec![login("BOB", Method::Equals)]).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn filters_nest_with_and_or_and_not() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let ids = some_users(&world).await;
        let mut ctx = world.iam("IAM_OWNER");
        assert_eq!(names(&mut ctx, vec![or(vec![equals("Anna"), equals("bob")])]).await, ["Anna", "bob"]);
        assert_eq!(names(&mut ctx, vec![not(or(vec![equals("Anna"), equals("bob")]))]).await, ["carl_x", "carlyx"]);
        let in_org = query(Query::OrganizationIdQuery(v2::OrganizationIdQuery { organization_id: "o2".into() }));
        let both = query(Query::AndQuery(v2::AndQuery { queries: vec![in_org.clone(), not(equals("carl_x"))] }));
        assert_eq!(names(&mut ctx, vec![both]).await, ["carlyx"]);
        let by_id = query(Query::InUserIdsQuery(v2::InUserIdQuery { user_ids: vec![ids[0].clone(), "x".into()] }));
        assert_eq!(names(&mut ctx, vec![by_id, not(in_org)]).await, ["Anna"]);
        let people = query(Query::TypeQuery(v2::TypeQuery { r#type: v2::Type::Human.into() }));
        assert!(names(&mut ctx, vec![people]).await.is_empty());
        let initial = query(Query::StateQuery(v2::StateQuery { state: v2::UserState::Initial.into() }));
        assert!(names(&mut ctx, vec![initial]).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn filters_may_nest_twenty_levels_deep_and_must_not_be_empty() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        some_users(&world).await;
        let mut ctx = world.iam("IAM_OWNER");
        let nested = |levels: usize| (0..levels).fold(equals("Anna"), |inner, _| not(inner));
        assert_eq!(names(&mut ctx, vec![nested(20)]).await, ["Anna"]);
        let deep = v2::ListUsersRequest { queries: vec![nested(21)], ..Default::default() };
        assert_eq!(id(api_v2::list(&mut ctx, deep).await), "USER-zsQ97");
        let empty = v2::ListUsersRequest { queries: vec![or(vec![])], ..Default::default() };
        assert_eq!(id(api_v2::list(&mut ctx, empty).await), "USER-Fil01");
    })
    .await;
}

#[tokio::test]
async fn a_metadata_key_and_value_side_by_side_mean_one_pair() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.iam("IAM_OWNER");
        for (name, pairs) in [("one", [("a", "1"), ("b", "2")]), ("two", [("a", "2"), ("b", "1")])] {
            let command = AddMachine {
                org_id: "o1".into(),
                user_name: Some(name.into()),
                name: name.into(),
                metadata: pairs.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect(),
                ..Default::default()
            };
            create(&mut ctx, command).await.unwrap();
        }
        let key =
            |key: &str| query(Query::MetadataKeyFilter(metadata::v2::MetadataKeyFilter { key: key.into(), method: 0 }));
        let value = |value: &str, method: filter::v2::ByteFilterMethod| {
            query(Query::MetadataValueFilter(metadata::v2::MetadataValueFilter {
                value: value.into(),
                method: method.into(),
            }))
        };
        use filter::v2::ByteFilterMethod::{Equals, NotEquals};
        assert_eq!(names(&mut ctx, vec![key("a"), value("1", Equals)]).await, ["one"]);
        assert_eq!(names(&mut ctx, vec![key("a"), value("1", NotEquals)]).await, ["two"]);
        assert_eq!(names(&mut ctx, vec![value("1", Equals)]).await, ["one", "two"]);
        assert!(names(&mut ctx, vec![key("A")]).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn login_names_follow_the_domain_policy_and_the_domains() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "Robot").await;
        world.settings("o1", "domain_policy", r#"{"userLoginMustBeDomain":true}"#).await;
        let mut ctx = world.iam("IAM_OWNER");
        login_names::refresh_org(ctx.tx().await.unwrap(), "o1").await.unwrap();
        let get = || v2::GetUserByIdRequest { user_id: robot.clone() };
        let user = api_v2::get(&mut ctx, get()).await.unwrap().user.unwrap();
        assert_eq!(user.login_names, ["Robot@o1.localhost"]);
        assert_eq!(user.preferred_login_name, "Robot@o1.localhost");
        let request = v1::GetUserByLoginNameGlobalRequest { login_name: "robot@O1.localhost".into() };
        assert_eq!(api_v1::get_by_login_name(&mut ctx, request).await.unwrap().user.unwrap().id, robot);
        let request = v1::GetUserByLoginNameGlobalRequest { login_name: "robot".into() };
        assert_eq!(id(api_v1::get_by_login_name(&mut ctx, request).await), "QUERY-Dfbg2");
        ctx.commit().await.unwrap();
        // The name is free for the rest of the instance now, so it cannot come back unscoped.
        world.machine("o2", "robot").await;
        let reset = castellan_db::statement!("DELETE FROM settings WHERE instance_id = $1");
        ctx.tx().await.unwrap().execute(reset, &[]).await.unwrap();
        assert_eq!(id(login_names::refresh_org(ctx.tx().await.unwrap(), "o1").await), "V3-DKcYh");
    })
    .await;
}

#[tokio::test]
async fn names_that_are_unique_in_their_organization_are_found_as_names() {
    use object::v2::TextQueryMethod as Method;
    on_each_engine(|db| async {
        let world = World::new(db).await;
        world.settings("o1", "organization_settings", r#"{"organizationScopedUsernames":true}"#).await;
        world.settings("o2", "organization_settings", r#"{"organizationScopedUsernames":true}"#).await;
        for (org, name) in [("o1", "anna"), ("o2", "Anna"), ("o1", "anna b"), ("o2", "annabel"), ("o1", "ann")] {
            world.machine(org, name).await;
        }
        let mut ctx = world.iam("IAM_OWNER");
        assert_eq!(names(&mut ctx, vec![]).await, ["ann", "anna", "Anna", "anna b", "annabel"]);
        assert_eq!(names(&mut ctx, vec![user_name("ANNA", Method::EqualsIgnoreCase)]).await, ["anna", "Anna"]);
        assert_eq!(names(&mut ctx, vec![equals("Anna")]).await, ["Anna"]);
        let starting = |value: &str, method: Method| vec![user_name(value, method)];
        let found = names(&mut ctx, starting("ANNA", Method::StartsWithIgnoreCase)).await;
        assert_eq!(found, ["anna", "Anna", "anna b", "annabel"]);
        assert_eq!(names(&mut ctx, starting("Ann", Method::StartsWith)).await, ["Anna"]);
        assert!(names(&mut ctx, starting("anna\u{1f}", Method::StartsWithIgnoreCase)).await.is_empty());
        assert!(names(&mut ctx, starting("o2", Method::EndsWith)).await.is_empty(), "the key ends in the organization");
        let login = v2::LoginNameQuery { login_name: "anna".into(), method: Method::EqualsIgnoreCase.into() };
        assert_eq!(names(&mut ctx, vec![query(Query::LoginNameQuery(login))]).await, ["anna", "Anna"]);
    })
    .await;
}

#[tokio::test]
async fn users_are_in_the_order_of_names_that_service_users_do_not_have() {
    use v2::UserFieldName as By;
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ids = vec![world.machine("o1", "robot").await, world.machine("o2", "crawler").await];
        for (org, first, last) in [("o1", "Zoe", "Adams"), ("o2", "adam", "Young"), ("o1", "Adam", "Baker")] {
            let command = AddHuman {
                org_id: org.into(),
                user_name: Some(format!("{first}.{last}")),
                first_name: first.into(),
                last_name: last.into(),
                email: NewAddress { address: format!("{last}@example.com"), ..NewAddress::default() },
                ..AddHuman::default()
            };
            let mut ctx = world.internal();
            ids.push(human::add(&mut ctx, command).await.unwrap().user_id);
            ctx.commit().await.unwrap();
        }
        let (robots, zoe, young, baker) = (&ids[..2], &ids[2], &ids[3], &ids[4]);
        for (column, people) in [
            (By::FirstName, [young, baker, zoe]),
            (By::LastName, [zoe, baker, young]),
            (By::DisplayName, [baker, young, zoe]),
        ] {
            let expected: Vec<&String> = robots.iter().chain(people).collect();
            for (asc, offset, limit) in [(true, 0, 10), (false, 0, 10), (true, 1, 2), (false, 1, 3), (true, 3, 1)] {
                let request = v2::ListUsersRequest {
                    query: Some(object::v2::ListQuery { asc, offset, limit }),
                    sorting_column: column.into(),
                    queries: vec![],
                };
                let answer = api_v2::list(&mut world.iam("IAM_OWNER"), request).await.unwrap();
                assert_eq!(answer.details.unwrap().total_result, 5);
                let mut in_order = expected.clone();
                if !asc {
                    in_order.reverse();
                }
                let page: Vec<&String> = in_order.into_iter().skip(offset as usize).take(limit as usize).collect();
                let found: Vec<&String> = answer.result.iter().map(|user| &user.user_id).collect();
                assert_eq!(found, page, "{column:?}, {asc}, {offset}");
            }
        }
    })
    .await;
}
