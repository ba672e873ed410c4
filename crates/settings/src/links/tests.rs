use castellan_db::testing::on_each_engine;
use castellan_proto::zitadel::object::v2::{RequestContext, request_context::ResourceOwner};
use castellan_proto::zitadel::settings::v2;

use super::api;
use crate::testing::{World, events};

fn of_org(id: &str) -> Option<RequestContext> {
    Some(RequestContext { resource_owner: Some(ResourceOwner::OrgId(id.to_owned())) })
}

fn of_instance() -> Option<RequestContext> {
    Some(RequestContext { resource_owner: Some(ResourceOwner::Instance(true)) })
}

fn help(url: &str) -> Vec<v2::Link> {
    let (kind, target) = (v2::LinkType::Help as i32, v2::LinkTarget::Blank as i32);
    vec![v2::Link { r#type: kind, url: url.to_owned(), translation_key: "help".to_owned(), target }]
}

async fn set(world: &World, ctx: Option<RequestContext>, url: &str) {
    let mut context = world.admin("i1");
    let answer = api::set(&mut context, v2::SetLinkSettingsRequest { ctx, links: help(url) }).await.unwrap();
    assert_eq!(answer.settings.unwrap().links, help(url));
    context.commit().await.unwrap();
}

async fn get(world: &World, instance: &str, ctx: Option<RequestContext>) -> (Vec<v2::Link>, v2::Source) {
    let answer = api::get(&mut world.admin(instance), v2::GetLinkSettingsRequest { ctx }).await.unwrap();
    (answer.settings.clone().unwrap().links, answer.source())
}

async fn effective(world: &World, request: v2::GetEffectiveSettingsRequest) -> Option<Vec<v2::Link>> {
    api::effective(&mut world.admin("i1"), request).await.unwrap().links.map(|links| links.links)
}

#[tokio::test]
async fn an_organization_s_links_replace_the_instance_s_until_they_are_removed() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        assert_eq!(get(&world, "i1", None).await, (vec![], v2::Source::System));
        set(&world, of_instance(), "https://i.example").await;
        assert_eq!(get(&world, "i1", of_org("o1")).await, (help("https://i.example"), v2::Source::Instance));
        set(&world, None, "https://o.example").await;
        assert_eq!(get(&world, "i1", of_org("o1")).await, (help("https://o.example"), v2::Source::Organization));
        assert_eq!(get(&world, "i1", of_instance()).await, (help("https://i.example"), v2::Source::Instance));
        assert_eq!(get(&world, "i2", of_org("o1")).await, (vec![], v2::Source::System));

        let mut ctx = world.admin("i1");
        for is_first in [true, false] {
            let answer = api::reset(&mut ctx, v2::ResetLinkSettingsRequest { ctx: of_org("o1") }).await.unwrap();
            assert_eq!(answer.change_date.is_some(), is_first);
            assert_eq!(answer.settings.unwrap().links, help("https://i.example"));
        }
        let names: Vec<String> = events(&mut ctx, "org").await.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["org.settings.links.set", "org.settings.links.removed"]);
    })
    .await;
}

#[tokio::test]
async fn the_same_links_again_record_nothing() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        set(&world, of_instance(), "https://i.example").await;
        set(&world, of_instance(), "https://i.example").await;
        let recorded = events(&mut world.admin("i1"), "instance").await;
        let link = serde_json::json!({
            "kind": 3, "url": "https://i.example", "translationKey": "help", "target": 2
        });
        assert_eq!(recorded, [("instance.settings.links.set".to_owned(), serde_json::json!({"links": [link]}))]);
    })
    .await;
}

#[tokio::test]
async fn an_organization_that_is_not_there_has_no_links() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.admin("i1");
        let set = api::set(&mut ctx, v2::SetLinkSettingsRequest { ctx: of_org("o9"), links: vec![] }).await;
        assert_eq!(set.unwrap_err().id(), "SETTINGS-Org1n");
        let get = api::get(&mut ctx, v2::GetLinkSettingsRequest { ctx: of_org("o9") }).await;
        assert_eq!(get.unwrap_err().id(), "SETTINGS-Org1n");
        let reset = api::reset(&mut ctx, v2::ResetLinkSettingsRequest { ctx: of_org("o9") }).await;
        assert_eq!(reset.unwrap_err().id(), "SETTINGS-Org1n");
    })
    .await;
}

#[tokio::test]
async fn the_effective_settings_are_those_of_the_organization_that_is_named_or_owns_the_project() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        set(&world, of_instance(), "https://i.example").await;
        set(&world, of_org("o1"), "https://o.example").await;
        let mut ctx = world.admin("i1");
        let org = castellan_db::statement!(
            "INSERT INTO organizations (instance_id, id, name, name_lower, state, primary_domain, created_at, changed_at,
             sequence) VALUES ($1, 'o2', 'Other', 'other', 1, 'other.localhost', 0, 0, 1)"
        );
        ctx.tx().await.unwrap().execute(org, &[]).await.unwrap();
        ctx.commit().await.unwrap();
        let asked = |org: &str| v2::GetEffectiveSettingsRequest {
            organization_id: Some(org.to_owned()),
            ..v2::GetEffectiveSettingsRequest::default()
        };
        assert_eq!(effective(&world, asked("o1")).await, Some(help("https://o.example")));
        assert_eq!(effective(&world, asked("o2")).await, Some(help("https://i.example")));
        assert_eq!(effective(&world, v2::GetEffectiveSettingsRequest::default()).await, Some(help("https://o.example")));
        let mut other = asked("o1");
        other.types = vec![v2::SettingsType::Unspecified as i32];
        assert_eq!(effective(&world, other).await, None);
        let unknown = v2::GetEffectiveSettingsRequest { project_id: Some("p9".into()), ..Default::default() };
        assert_eq!(api::effective(&mut world.admin("i1"), unknown).await.unwrap_err().id(), "SETTINGS-Prj1n");
        let unknown = v2::GetEffectiveSettingsRequest { application_id: Some("a9".into()), ..Default::default() };
        assert_eq!(api::effective(&mut world.admin("i1"), unknown).await.unwrap_err().id(), "SETTINGS-App1n");
    })
    .await;
}
