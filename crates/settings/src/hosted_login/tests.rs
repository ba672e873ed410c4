use castellan_db::testing::on_each_engine;
use castellan_proto::zitadel::settings::v2;
use prost_types::{Struct, value::Kind};
use v2::get_hosted_login_translation_request::Level as Asked;
use v2::set_hosted_login_translation_request::Level as Named;

use super::{api, tree};
use crate::testing::{World, events};

fn org() -> String {
    "o1".to_owned()
}

fn translation(json: &serde_json::Value) -> Struct {
    tree::to_struct(json.as_object().unwrap().clone())
}

async fn say(world: &World, level: Named, locale: &str, json: serde_json::Value) -> String {
    let mut ctx = world.admin("i1");
    let request = v2::SetHostedLoginTranslationRequest {
        level: Some(level),
        locale: locale.into(),
        translations: Some(translation(&json)),
    };
    let answer = api::set(&mut ctx, request).await.unwrap();
    ctx.commit().await.unwrap();
    answer.etag
}

async fn hear(world: &World, instance: &str, level: Asked, locale: &str, alone: bool) -> (String, serde_json::Value) {
    let request =
        v2::GetHostedLoginTranslationRequest { level: Some(level), locale: locale.into(), ignore_inheritance: alone };
    let answer = api::get(&mut world.admin(instance), request).await.unwrap();
    (answer.etag, tree::from_struct(answer.translations.unwrap()).into())
}

#[tokio::test]
async fn an_organization_is_laid_over_the_instance_and_that_over_the_system() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let (_, system) = hear(&world, "i1", Asked::System(true), "de", false).await;
        assert!(system["login"]["title"].is_string());
        say(&world, Named::Instance(true), "de", serde_json::json!({"login": {"title": "I", "own": "x"}})).await;
        say(&world, Named::OrganizationId(org()), "de", serde_json::json!({"login": {"title": "O"}})).await;
        say(&world, Named::OrganizationId(org()), "de-CH", serde_json::json!({"n": [1, true, null]})).await;

        let (_, merged) = hear(&world, "i1", Asked::OrganizationId(org()), "de-CH", false).await;
        assert_eq!(merged["login"]["title"], "O");
        assert_eq!(merged["login"]["own"], "x");
        assert_eq!(merged["login"]["description"], system["login"]["description"]);
        assert_eq!(merged["n"], serde_json::json!([1.0, true, null]));
        let (_, instance) = hear(&world, "i1", Asked::Instance(true), "de", false).await;
        assert_eq!(instance["login"]["title"], "I");
        assert_eq!(hear(&world, "i1", Asked::OrganizationId(org()), "fr", false).await.1, system);
        assert_eq!(hear(&world, "i2", Asked::OrganizationId(org()), "de", false).await.1, system);
    })
    .await;
}

#[tokio::test]
async fn the_etag_of_a_level_alone_is_the_one_it_was_stored_with() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let stored = serde_json::json!({"b": {"z": "1", "a": "2"}, "a": "x"});
        let etag = say(&world, Named::OrganizationId(org()), "en", stored.clone()).await;
        assert_eq!(etag.len(), 32);
        assert_eq!(hear(&world, "i1", Asked::OrganizationId(org()), "en", true).await, (etag.clone(), stored.clone()));
        assert_ne!(hear(&world, "i1", Asked::OrganizationId(org()), "en", false).await.0, etag);
        say(&world, Named::OrganizationId(org()), "en", stored.clone()).await;
        let recorded = events(&mut world.admin("i1"), "org").await;
        let payload = serde_json::json!({"translation": stored, "language": "en", "level": "org"});
        assert_eq!(recorded, [("org.hosted_login_translation.set".to_owned(), payload)]);
        say(&world, Named::OrganizationId(org()), "en", serde_json::json!({})).await;
        assert_eq!(hear(&world, "i1", Asked::OrganizationId(org()), "en", true).await.1, serde_json::json!({}));
    })
    .await;
}

#[tokio::test]
async fn a_translation_needs_a_level_a_locale_and_an_organization_that_exists() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.admin("i1");
        let cases = [
            (None, "en", "COMMA-YB6Sri"),
            (Some(Named::OrganizationId(String::new())), "en", "COMMA-YB6Sri"),
            (Some(Named::Instance(true)), "e_n", "COMMA-xmjATA"),
            (Some(Named::OrganizationId("o9".into())), "en", "SETTINGS-Org1n"),
        ];
        for (level, locale, id) in cases {
            let request = v2::SetHostedLoginTranslationRequest { level, locale: locale.into(), translations: None };
            assert_eq!(api::set(&mut ctx, request).await.unwrap_err().id(), id);
        }
        let cases = [
            (None, "en", "QUERY-YB6Sri"),
            (Some(Asked::System(true)), "!!", "QUERY-rZLAGi"),
            (Some(Asked::OrganizationId("o9".into())), "en", "SETTINGS-Org1n"),
        ];
        for (level, locale, id) in cases {
            let request = v2::GetHostedLoginTranslationRequest { level, locale: locale.into(), ..Default::default() };
            assert_eq!(api::get(&mut ctx, request).await.unwrap_err().id(), id);
        }
    })
    .await;
}

#[test]
fn a_number_that_json_cannot_hold_is_none() {
    let fields = [("n".to_owned(), prost_types::Value { kind: Some(Kind::NumberValue(f64::NAN)) })];
    assert!(tree::from_struct(Struct { fields: fields.into() })["n"].is_null());
}
