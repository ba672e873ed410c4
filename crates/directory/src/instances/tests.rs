use castellan_db::testing::on_each_engine;
use castellan_kernel::{Caller, CallerKind, Membership, Result, RoleTable, Scope};
use castellan_proto::zitadel::instance::{v1, v2, v2beta};
use castellan_proto::zitadel::{admin::v1 as admin, system::v1 as system};

use super::*;
use crate::users::testing::{World, events, id};

async fn commit<T>(mut ctx: Context, answer: impl AsyncFnOnce(&mut Context) -> Result<T>) -> T {
    let answer = answer(&mut ctx).await.unwrap();
    ctx.commit().await.unwrap();
    answer
}

/// A call of a system owner for this instance.
fn system(world: &World, instance: &str) -> Context {
    let roles = RoleTable::new([(
        "SYSTEM_OWNER".to_owned(),
        ["system.instance.read", "system.instance.write"].map(str::to_owned).to_vec(),
    )])
    .unwrap();
    let caller = Caller {
        kind: CallerKind::System,
        user_id: "superuser".into(),
        own_org: String::new(),
        org: String::new(),
        language: None,
        memberships: vec![Membership {
            scope: Scope::System,
            roles: vec!["SYSTEM_OWNER".into()],
            permissions: roles.permissions(["SYSTEM_OWNER"]),
        }],
    };
    world.context(instance, caller, true)
}

async fn with_domain(world: &World, instance: &str, domain: &str, generated: bool) {
    commit(system(world, instance), async |ctx| add_domain(ctx, domain, generated).await).await;
}

#[tokio::test]
async fn an_instance_is_found_by_each_of_its_domains_and_by_nothing_else() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        with_domain(&world, "i1", "Id.Acme.example", false).await;
        with_domain(&world, "i1", "i1-abc.localhost", true).await;
        let mut reads = world.env.db.single_reads(None);
        for host in ["id.acme.example", "ID.acme.EXAMPLE", "i1-abc.localhost"] {
            assert_eq!(by_host(&mut reads, host).await.unwrap().unwrap().id, "i1", "{host}");
        }
        for host in ["", "acme.example", "x.id.acme.example", "id.acme.example:8080"] {
            assert!(by_host(&mut reads, host).await.unwrap().is_none(), "{host}");
        }
        assert_eq!(by_id(&mut reads, "i2").await.unwrap().unwrap().name, "i2");
        assert!(by_id(&mut reads, "").await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_domain_belongs_to_one_instance_of_the_whole_system() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        with_domain(&world, "i1", "a.example", false).await;
        assert_eq!(id(add_domain(&mut system(&world, "i1"), "A.example", false).await), "INST-i2nl");
        assert_eq!(id(add_domain(&mut system(&world, "i2"), "A.example", false).await), "V3-DKcYh");
        assert_eq!(id(add_domain(&mut system(&world, "i2"), " ", false).await), "INST-28nlD");
        for domain in ["a_b.example", "a.example:80", "ä.example", "a/b"] {
            assert_eq!(id(add_domain(&mut system(&world, "i2"), domain, false).await), "INST-S3v3w", "{domain}");
        }
        let receipt = commit(system(&world, "i2"), async |ctx| add_domain(ctx, "b.example", false).await).await;
        assert_eq!(receipt.owner, "i2");
    })
    .await;
}

#[tokio::test]
async fn generated_domains_stay_and_missing_ones_are_no_error_in_v2() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        with_domain(&world, "i1", "i1-abc.localhost", true).await;
        with_domain(&world, "i1", "a.example", false).await;
        let remove = async |instance: &str, domain: &str| {
            let mut ctx = system(&world, instance);
            let removed = domains::remove(&mut ctx, domain).await;
            ctx.commit().await.unwrap();
            removed
        };
        assert_eq!(id(remove("i1", "i1-abc.localhost").await), "INSTANCE-9hn3n");
        assert!(remove("i2", "a.example").await.unwrap().is_none());
        assert!(remove("i1", "A.example").await.unwrap().is_some());
        assert!(remove("i1", "a.example").await.unwrap().is_none());
        assert_eq!(id(set_primary_domain(&mut system(&world, "i1"), "a.example").await), "INSTANCE-9nkWf");
    })
    .await;
}

#[tokio::test]
async fn one_domain_is_primary() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        for domain in ["a.example", "b.example"] {
            with_domain(&world, "i1", domain, false).await;
            commit(system(&world, "i1"), async |ctx| set_primary_domain(ctx, domain).await).await;
        }
        let mine = api_v1::get_my(&mut world.iam("IAM_OWNER"), admin::GetMyInstanceRequest {}).await.unwrap();
        let instance = mine.instance.unwrap();
        let primary: Vec<_> = instance.domains.iter().filter(|domain| domain.primary).collect();
        assert_eq!(primary.len(), 1);
        assert_eq!(primary[0].domain, "b.example");
        assert_eq!((instance.state, instance.name.as_str()), (2, "i1"));
        let recorded = events(&mut world.internal(), "instance", "i1").await;
        assert_eq!(recorded[0].1, serde_json::json!({"domain": "a.example"}));
        assert_eq!(recorded[1].0, "instance.domain.primary.set");
    })
    .await;
}

#[tokio::test]
async fn instances_are_listed_by_id_domain_and_name() {
    on_each_engine(|db| async {
        use v2::filter::Filter;
        let world = World::new(db).await;
        with_domain(&world, "i2", "b.example", false).await;
        let list = async |filters: Vec<Filter>| {
            let request = v2::ListInstancesRequest {
                sorting_column: v2::FieldName::Name as i32,
                filters: filters.into_iter().map(|filter| v2::Filter { filter: Some(filter) }).collect(),
                ..Default::default()
            };
            let answer = api_v2::list(&mut system(&world, ""), request).await?;
            Ok::<_, castellan_kernel::Error>(
                answer
                    .instances
                    .into_iter()
                    .map(|instance| (instance.id, instance.custom_domains.len()))
                    .collect::<Vec<_>>(),
            )
        };
        let of = |id: &str, domains| (id.to_owned(), domains);
        assert_eq!(list(vec![]).await.unwrap(), [of("i2", 1), of("i1", 0)]);
        let domains = |domains: &[&str]| {
            let domains = domains.iter().map(|domain| (*domain).to_owned()).collect();
            Filter::CustomDomainsFilter(v2::CustomDomainsFilter { domains })
        };
        assert_eq!(list(vec![domains(&["B.example", "x.example"])]).await.unwrap(), [of("i2", 1)]);
        assert_eq!(id(list(vec![domains(&[])]).await), "INST-3m0se");
        let ids = Filter::InIdsFilter(castellan_proto::zitadel::filter::v2::InIDsFilter { ids: vec!["i1".into()] });
        assert_eq!(list(vec![ids]).await.unwrap(), [of("i1", 0)]);

        let query = v1::query::Query::IdQuery(v1::IdsQuery { ids: vec!["i2".into()] });
        let request =
            system::ListInstancesRequest { queries: vec![v1::Query { query: Some(query) }], ..Default::default() };
        let answer = api_v1::list(&mut system(&world, ""), request).await.unwrap();
        assert_eq!((answer.result[0].id.as_str(), answer.details.unwrap().total_result), ("i2", 1));
        let empty = system::ListInstancesRequest { queries: vec![v1::Query { query: None }], ..Default::default() };
        assert_eq!(id(api_v1::list(&mut system(&world, ""), empty).await), "INST-3m0se");

        let query = v2beta::query::Query::IdQuery(v2beta::IdsQuery { ids: vec!["i2".into()] });
        let request =
            v2beta::ListInstancesRequest { queries: vec![v2beta::Query { query: Some(query) }], ..Default::default() };
        let answer = api_v2beta::list(&mut system(&world, ""), request).await.unwrap();
        assert_eq!((answer.instances[0].id.as_str(), answer.instances[0].domains.len()), ("i2", 1));
    })
    .await;
}

#[tokio::test]
async fn an_instance_is_renamed_by_its_owner_or_the_system() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let update = |name: &str| v2::UpdateInstanceRequest { instance_id: "i1".into(), instance_name: name.into() };
        assert_eq!(id(api_v2::update(&mut world.org("o1", "ORG_OWNER"), update("x")).await), "AUTHZ-cdgFk");
        assert_eq!(id(api_v2::update(&mut world.iam("IAM_OWNER"), update(" ")).await), "INST-092mid");
        for _ in 0..2 {
            commit(world.iam("IAM_OWNER"), async |ctx| api_v2::update(ctx, update(" Acme ")).await).await;
        }
        commit(system(&world, "i1"), async |ctx| api_v2::update(ctx, update("Zenith")).await).await;
        let recorded = events(&mut world.internal(), "instance", "i1").await;
        assert_eq!(recorded.len(), 2);
        assert_eq!(recorded[0], ("instance.changed".to_owned(), serde_json::json!({"name": "Acme"})));
        let get = v2::GetInstanceRequest { instance_id: String::new() };
        let answer = api_v2::get(&mut world.iam("IAM_OWNER_VIEWER"), get.clone()).await.unwrap();
        assert_eq!(answer.instance.unwrap().name, "Zenith");
        assert_eq!(id(api_v2::get(&mut world.org("o1", "ORG_OWNER"), get).await), "AUTHZ-cdgFk");
    })
    .await;
}

#[tokio::test]
async fn a_removed_instance_takes_everything_with_it() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        with_domain(&world, "i1", "a.example", false).await;
        world.machine("o1", "robot").await;
        let delete = |id: &str| v2::DeleteInstanceRequest { instance_id: id.into() };
        assert_eq!(id(api_v2::delete(&mut system(&world, "i1"), delete(" ")).await), "COMMA-VeS2zI");
        let unknown = api_v2::delete(&mut system(&world, ""), delete("gone")).await.unwrap();
        assert!(unknown.deletion_date.is_none());
        let gone = commit(system(&world, "i1"), async |ctx| api_v2::delete(ctx, delete("i1")).await).await;
        assert!(gone.deletion_date.is_some());
        let mut reads = world.env.db.single_reads(None);
        assert!(by_host(&mut reads, "a.example").await.unwrap().is_none());
        let left = castellan_db::global_statement!(
            "SELECT (SELECT COUNT(*) FROM users WHERE instance_id = 'i1')
             + (SELECT COUNT(*) FROM organizations WHERE instance_id = 'i1')"
        );
        assert_eq!(reads.row(left, &[]).await.unwrap().unwrap().int(0).unwrap(), 0);
        assert!(by_id(&mut reads, "i2").await.unwrap().is_some());
        // The host is free again.
        with_domain(&world, "i2", "a.example", false).await;
    })
    .await;
}

#[tokio::test]
async fn trusted_domains_are_added_once_and_belong_to_their_instance() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        for domain in ["", "a b", "ä.example"] {
            assert!(add_trusted_domain(&mut world.iam("IAM_OWNER"), domain).await.is_err(), "{domain}");
        }
        let long = "a".repeat(254);
        assert_eq!(id(add_trusted_domain(&mut world.iam("IAM_OWNER"), &long).await), "COMMA-Stk21");
        commit(world.iam("IAM_OWNER"), async |ctx| add_trusted_domain(ctx, "Login.Acme.example").await).await;
        assert_eq!(id(add_trusted_domain(&mut world.iam("IAM_OWNER"), "login.acme.example").await), "COMMA-hg42a");
        assert!(trusts(&mut world.internal().look(), "LOGIN.acme.example").await.unwrap());
        assert!(!trusts(&mut world.other_instance().look(), "login.acme.example").await.unwrap());
        commit(world.other_instance(), async |ctx| add_trusted_domain(ctx, "login.acme.example").await).await;
    })
    .await;
}

#[tokio::test]
async fn the_default_language_is_one_that_the_instance_allows() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let set = async |language: &str| {
            let mut ctx = world.iam("IAM_OWNER");
            let answer = languages::set_default(&mut ctx, language).await;
            ctx.commit().await.unwrap();
            id(answer)
        };
        assert_eq!(set("").await, "LANG-3M9f2");
        assert_eq!(set("xx").await, "LANG-2M9fs");
        assert_eq!(set("en").await, "INST-DS3rq");
        assert_eq!(set("de").await, "no error");
        world.settings("", "restrictions", r#"{"allowedLanguages":["de","fr"]}"#).await;
        assert_eq!(set("en").await, "LANG-2M9fs");
        assert_eq!(languages::allowed(&mut world.internal().look()).await.unwrap(), ["de", "fr"]);
        let stored = by_id(&mut world.env.db.single_reads(None), "i1").await.unwrap().unwrap();
        assert_eq!(stored.default_language, "de");
    })
    .await;
}

#[tokio::test]
async fn a_new_instance_records_its_name_and_language() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let instance =
            Instance { id: "i3".into(), name: "Three".into(), default_language: "de".into(), ..Instance::default() };
        let mut ctx = world.context("i3", Caller::internal("SETUP"), true);
        insert(&mut ctx, &instance, "app").await.unwrap();
        ctx.commit().await.unwrap();
        let mut ctx = world.context("i3", Caller::internal("SETUP"), true);
        let recorded = events(&mut ctx, "instance", "i3").await;
        assert_eq!(
            recorded,
            [
                ("instance.added".to_owned(), serde_json::json!({"name": "Three"})),
                ("instance.default.language.set".to_owned(), serde_json::json!({"language": "de"})),
            ]
        );
    })
    .await;
}
