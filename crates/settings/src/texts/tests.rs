use std::collections::BTreeMap;

use castellan_db::testing::on_each_engine;
use castellan_kernel::{Owner, Timestamp};
use castellan_proto::methods::{admin_v1, management_v1};
use castellan_proto::zitadel::text::v1::{LoginScreenText, PasswordScreenText};
use castellan_proto::zitadel::{admin::v1 as admin, management::v1 as management};

use super::*;
use crate::testing::{World, events};

fn org() -> Owner {
    Owner::Org("o1".to_owned())
}

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect()
}

/// The organization's own subject of invitations, in English.
async fn say(world: &World, owner: &Owner, subject: &str) {
    let mut ctx = world.admin("i1");
    set(&mut ctx, owner, Template::InviteUser, "en", texts(&[("Subject", subject)])).await.unwrap();
    ctx.commit().await.unwrap();
}

async fn heard(world: &World, instance: &str, owner: &Owner, language: &str) -> Texts {
    of_owner(&mut world.admin(instance).look(), owner, Template::InviteUser, language).await.unwrap()
}

#[test]
fn every_text_of_the_contract_has_an_english_default_and_nothing_else_has() {
    for template in Template::ALL {
        for language in ["en", "de", "fr"] {
            let known = built_in(template, language).unwrap();
            let slots = template.slots().unwrap();
            for key in known.keys() {
                assert!(slots.iter().any(|slot| slot.key == *key), "{} {language}: {key} is no text", template.name());
            }
            let missing: Vec<&str> =
                slots.iter().map(|slot| slot.key.as_str()).filter(|key| !known.contains_key(*key)).collect();
            match template {
                Template::Login => assert!(missing.is_empty(), "{missing:?}"),
                Template::VerifySmsOtp => assert!(known.contains_key("Text")),
                _ => assert_eq!(missing, ["Footer"], "{} {language}", template.name()),
            }
        }
        let (english, german) = (built_in(template, "en").unwrap(), built_in(template, "de").unwrap());
        assert_eq!(english.keys().collect::<Vec<_>>(), german.keys().collect::<Vec<_>>());
        assert_eq!(template == Template::Login, english == german);
    }
}

#[test]
fn a_translation_uses_the_same_placeholders() {
    let placeholders = |text: &str| {
        let mut found: Vec<String> =
            text.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap().to_owned()).collect();
        found.sort();
        found
    };
    for template in Template::ALL {
        let german = built_in(template, "de-CH").unwrap();
        for (key, english) in built_in(template, "en").unwrap() {
            assert_eq!(placeholders(english), placeholders(&german[key]), "{} {key}", template.name());
        }
    }
}

#[tokio::test]
async fn an_organization_says_it_otherwise_than_the_instance_and_the_instance_otherwise_than_the_server() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let built_in = heard(&world, "i1", &org(), "en").await;
        assert!(!built_in.is_own && built_in.stored.is_default() && built_in.stored.changed_at == Timestamp::default());

        say(&world, &Owner::Instance, "From the instance").await;
        let inherited = heard(&world, "i1", &org(), "en").await;
        assert_eq!(inherited.stored.value["Subject"], "From the instance");
        assert!(!inherited.is_own && heard(&world, "i1", &Owner::Instance, "en").await.is_own);

        say(&world, &org(), "From Acme").await;
        let own = heard(&world, "i1", &org(), "en").await;
        assert_eq!(own.stored.value["Subject"], "From Acme");
        assert_eq!(own.stored.value["Title"], built_in.stored.value["Title"]);
        assert!(own.is_own && own.stored.org_id == "o1");

        for (instance, owner, language) in
            [("i2", org(), "en"), ("i1", org(), "de"), ("i1", Owner::Org("o2".into()), "en")]
        {
            let other = heard(&world, instance, &owner, language).await;
            assert!(!other.is_own && other.stored.value["Subject"] != "From Acme", "{instance} {owner:?} {language}");
        }
    })
    .await;
}

#[tokio::test]
async fn each_text_that_changes_has_its_event_and_the_same_again_has_none() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.admin("i1");
        let both = texts(&[("Subject", "S"), ("ButtonText", "B"), ("Footer", "F")]);
        let first = set(&mut ctx, &org(), Template::InitCode, "de", both.clone()).await.unwrap();
        let again = set(&mut ctx, &org(), Template::InitCode, "de", both).await.unwrap();
        assert_eq!((first.sequence, first.owner.as_str()), (again.sequence, "o1"));
        set(&mut ctx, &org(), Template::InitCode, "de", texts(&[("Subject", "T"), ("Footer", "F")])).await.unwrap();
        set(&mut ctx, &org(), Template::InitCode, "de", texts(&[])).await.unwrap();
        let event = |kind: &str, key: &str, text: Option<&str>| {
            let mut payload = serde_json::json!({"template": "InitCode", "key": key, "language": "de"});
            if let Some(text) = text {
                payload["text"] = text.into();
            }
            (format!("org.customtext.{kind}"), payload)
        };
        let expected = vec![
            event("set", "Subject", Some("S")),
            event("set", "ButtonText", Some("B")),
            event("set", "Footer", Some("F")),
            event("set", "Subject", Some("T")),
            event("removed", "ButtonText", None),
            event("removed", "Subject", None),
            event("removed", "Footer", None),
        ];
        assert_eq!(events(&mut ctx, "org").await, expected);
        let gone = reset(&mut ctx, &org(), Template::InitCode, "de").await.unwrap_err();
        assert_eq!(gone.id(), "Org-3b8Jf");
    })
    .await;
}

#[tokio::test]
async fn texts_go_back_to_the_default_once() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.admin("i1");
        let cases = [
            (org(), Template::InviteUser, "Org-3b8Jf", "Org-j59f", "org"),
            (org(), Template::Login, "Org-9ru44", "Org-5ZZmo", "org"),
            (Owner::Instance, Template::InviteUser, "INSTANCE-fju90", "INSTANCE-fjw9b", "instance"),
            (Owner::Instance, Template::Login, "INST-fru44", "INST-Gfbg3", "instance"),
        ];
        for (owner, template, not_found, invalid, kind) in cases {
            assert_eq!(reset(&mut ctx, &owner, template, "").await.unwrap_err().id(), invalid);
            assert_eq!(reset(&mut ctx, &owner, template, "en").await.unwrap_err().id(), not_found);
            let key = if template == Template::Login { "Login.Title" } else { "Title" };
            set(&mut ctx, &owner, template, "en", texts(&[(key, "T")])).await.unwrap();
            reset(&mut ctx, &owner, template, "en").await.unwrap();
            let last = events(&mut ctx, kind).await.pop().unwrap();
            assert_eq!(last.0, format!("{kind}.customtext.template.removed"));
            assert_eq!(last.1, serde_json::json!({"template": template.name(), "language": "en"}));
            assert_eq!(reset(&mut ctx, &owner, template, "en").await.unwrap_err().id(), not_found);
        }
    })
    .await;
}

#[tokio::test]
async fn texts_are_stored_in_supported_languages_only() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.admin("i1");
        for (language, id) in [("", "LANG-3M9f2"), ("und", "LANG-3M9f2"), ("e n", "LANG-3M9f2"), ("xx", "LANG-lg4DP")] {
            let refused = set(&mut ctx, &org(), Template::Login, language, texts(&[])).await.unwrap_err();
            assert_eq!(refused.id(), id, "{language}");
        }
    })
    .await;
}

#[tokio::test]
async fn both_apis_show_the_texts_in_the_messages_of_the_contract() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.admin("i1");
        let request =
            admin::SetDefaultVerifySmsotpMessageTextRequest { language: "en".into(), text: "{{.OTP}}!".into() };
        let set = api::set::<admin_v1::SetDefaultVerifySMSOTPMessageText>(&mut ctx, request).await.unwrap();
        assert_eq!(set.details.unwrap().resource_owner, "i1");
        let language = || "en".to_owned();

        let request = admin::GetDefaultVerifySmsotpMessageTextRequest { language: language() };
        let built_in =
            api::get_default::<admin_v1::GetDefaultVerifySMSOTPMessageText>(&mut ctx, request).await.unwrap();
        let built_in = built_in.custom_text.unwrap();
        assert!(built_in.is_default && built_in.text.contains("{{.OTP}} is"));
        let request = management::GetDefaultVerifySmsotpMessageTextRequest { language: language() };
        let text =
            api::get_default::<management_v1::GetDefaultVerifySMSOTPMessageText>(&mut ctx, request).await.unwrap();
        let text = text.custom_text.unwrap();
        assert_eq!((text.is_default, text.text.as_str()), (true, "{{.OTP}}!"));
        let request = admin::GetCustomVerifySmsotpMessageTextRequest { language: language() };
        let text = api::get_custom::<admin_v1::GetCustomVerifySMSOTPMessageText>(&mut ctx, request).await.unwrap();
        let text = text.custom_text.unwrap();
        assert_eq!((text.is_default, text.text.as_str()), (false, "{{.OTP}}!"));
        assert!(text.details.unwrap().sequence > 0);

        let request = management::SetCustomLoginTextsRequest {
            language: language(),
            login_text: Some(LoginScreenText { title: "Hi".into(), ..LoginScreenText::default() }),
            password_text: Some(PasswordScreenText { has_symbol: "A symbol".into(), ..PasswordScreenText::default() }),
            ..management::SetCustomLoginTextsRequest::default()
        };
        api::set::<management_v1::SetCustomLoginText>(&mut ctx, request).await.unwrap();
        let keys: Vec<_> =
            events(&mut ctx, "org").await.into_iter().map(|(_, payload)| payload["key"].clone()).collect();
        assert_eq!(keys, ["Login.Title", "Password.HasSymbol"]);
        let request = management::GetCustomLoginTextsRequest { language: language() };
        let pages = api::get_custom::<management_v1::GetCustomLoginTexts>(&mut ctx, request).await.unwrap();
        let pages = pages.custom_text.unwrap();
        let password = pages.password_text.unwrap();
        assert_eq!((pages.login_text.unwrap().title.as_str(), password.has_symbol.as_str()), ("Hi", "A symbol"));
        assert!(!pages.is_default && !password.title.is_empty());
        assert_eq!(pages.details.unwrap().resource_owner, "o1");

        let request = management::ResetCustomLoginTextsToDefaultRequest { language: language() };
        api::reset::<management_v1::ResetCustomLoginTextToDefault>(&mut ctx, request).await.unwrap();
        let request = admin::GetCustomLoginTextsRequest { language: language() };
        let pages = api::get_custom::<admin_v1::GetCustomLoginTexts>(&mut ctx, request).await.unwrap();
        assert!(pages.custom_text.unwrap().is_default);
    })
    .await;
}
