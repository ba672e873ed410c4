use castellan_crypto::password::Scheme;
use castellan_db::testing::on_each_engine;
use castellan_db::{statement, values};
use castellan_kernel::Detail;
use castellan_proto::zitadel::management::v1::import_human_user_request::RecoveryCode;
use castellan_proto::zitadel::management::v1::import_human_user_request::recovery_code::CodeType;
use castellan_proto::zitadel::{auth::v1 as auth_v1, management::v1, user, user::v2};
use castellan_rpc::Context;
use castellan_settings::assets;
use serde_json::json;

use super::{AddHuman, NewAddress, NewPassword, Verification, add, api_v1, api_v2, avatar, check_password, invitation};
use crate::users::head::{Reach, UserState};
use crate::users::read::{Human, Profile, user_by_id};
use crate::users::recovery_codes;
use crate::users::testing::{World, events, id};

const PASSWORD: &str = "Secret-Word-1";

fn anna() -> AddHuman {
    AddHuman {
        org_id: "o1".into(),
        user_name: Some("anna".into()),
        first_name: "Anna".into(),
        last_name: "Muster".into(),
        email: NewAddress { address: "anna@example.com".into(), verification: Verification::Verified },
        password: Some(NewPassword::Plain(PASSWORD.into())),
        ..AddHuman::default()
    }
}

/// Anna in `o1`; returns the id.
async fn make(world: &World, command: AddHuman) -> String {
    let mut ctx = world.org("o1", "ORG_OWNER");
    let added = add(&mut ctx, command).await.unwrap();
    ctx.commit().await.unwrap();
    added.user_id
}

async fn read(ctx: &mut Context, user_id: &str) -> (UserState, Human) {
    let user = user_by_id(ctx.tx().await.unwrap(), &Reach::Instance, user_id).await.unwrap().unwrap();
    let Profile::Human(human) = user.profile else { panic!("not a person") };
    (user.state, *human)
}

async fn types(ctx: &mut Context, user_id: &str) -> Vec<String> {
    events(ctx, "user", user_id).await.into_iter().map(|(name, _)| name).collect()
}

fn v1_add() -> v1::AddHumanUserRequest {
    v1::AddHumanUserRequest {
        user_name: "anna".into(),
        profile: Some(v1::add_human_user_request::Profile {
            first_name: "Anna".into(),
            last_name: "Muster".into(),
            ..Default::default()
        }),
        email: Some(v1::add_human_user_request::Email { email: "anna@example.com".into(), is_email_verified: true }),
        phone: None,
        initial_password: PASSWORD.into(),
    }
}

#[tokio::test]
async fn a_person_with_proven_email_and_password_is_active_and_keeps_no_secret_in_events() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let user = make(&world, anna()).await;
        let mut ctx = world.iam("IAM_OWNER");
        let (state, human) = read(&mut ctx, &user).await;
        assert_eq!(state, UserState::Active);
        assert_eq!((human.display_name.as_str(), human.email_verified), ("Anna Muster", true));
        assert!(human.password_changed_at.is_some() && !human.password_change_required);
        let recorded = events(&mut ctx, "user", &user).await;
        assert_eq!(
            recorded[0],
            (
                "user.human.added".to_owned(),
                json!({"userName": "anna", "firstName": "Anna", "lastName": "Muster", "displayName": "Anna Muster",
                    "preferredLanguage": "und", "email": "anna@example.com"})
            )
        );
        assert_eq!(recorded[1].0, "user.human.email.verified");
        check_password(&mut ctx, &user, PASSWORD).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn v1_people_without_proven_email_or_password_are_initial() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let usable = api_v1::add(&mut ctx, v1_add()).await.unwrap().user_id;
        let (state, human) = read(&mut ctx, &usable).await;
        assert_eq!((state, human.password_change_required), (UserState::Active, true));
        let other = v1::AddHumanUserRequest { user_name: "b".into(), initial_password: String::new(), ..v1_add() };
        let initial = api_v1::add(&mut ctx, other).await.unwrap().user_id;
        assert_eq!(read(&mut ctx, &initial).await.0, UserState::Initial);
        assert_eq!(types(&mut ctx, &initial).await[2], "user.human.initialization.code.added");
        let email = v1::UpdateHumanEmailRequest { user_id: initial, email: "x@y.z".into(), is_email_verified: false };
        assert_eq!(id(api_v1::update_email(&mut ctx, email).await), "COMMAND-J8dsk");
    })
    .await;
}

#[tokio::test]
async fn each_wrong_part_of_a_new_person_has_its_own_error() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.iam("IAM_OWNER");
        let email = |address: &str| NewAddress { address: address.into(), verification: Verification::Verified };
        let plain = |password: &str| Some(NewPassword::Plain(password.into()));
        let hash = |hash: &str| Some(NewPassword::Hashed(hash.into()));
        for (command, error) in [
            (AddHuman { email: email(""), ..anna() }, "EMAIL-spblu"),
            (AddHuman { email: email("anna"), ..anna() }, "EMAIL-599BI"),
            (AddHuman { user_name: Some(" ".into()), ..anna() }, "V2-zzad3"),
            (AddHuman { first_name: " ".into(), ..anna() }, "USER-UCej2"),
            (AddHuman { last_name: String::new(), ..anna() }, "USER-4hB7d"),
            (AddHuman { phone: Some(email("x")), ..anna() }, "PHONE-so0wa"),
            (AddHuman { metadata: vec![(String::new(), vec![1])], ..anna() }, "USER-Drght"),
            (AddHuman { metadata: vec![("k".into(), vec![])], ..anna() }, "USER-Dbgth"),
            (AddHuman { org_id: "o9".into(), ..anna() }, "COMMAND-QXPGs"),
            (AddHuman { user_name: Some("anna@o2.localhost".into()), ..anna() }, "COMMAND-SFd21"),
            (AddHuman { password: plain("Aa1!"), ..anna() }, "COMMA-HuJf6"),
            (AddHuman { password: plain("SECRET-1"), ..anna() }, "COMMA-co3Xw"),
            (AddHuman { password: hash("$nonsense$"), ..anna() }, "CRYPT-2xK7d"),
            (
                AddHuman { password: hash("$2a$04$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"), ..anna() },
                "CRYPT-5uV9n",
            ),
        ] {
            assert_eq!(id(add(&mut ctx, command).await), error);
            ctx.rollback();
        }
        assert_eq!(id(add(&mut world.org("o2", "ORG_OWNER"), anna()).await), "AUTHZ-cdgFk");
    })
    .await;
}

#[tokio::test]
async fn an_imported_hash_signs_in_and_is_replaced_by_todays_scheme() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let hash = Scheme::Bcrypt { cost: 10 }.hash("of another system", &*world.env.rng).unwrap();
        let user = make(&world, AddHuman { password: Some(NewPassword::Hashed(hash.clone())), ..anna() }).await;
        let mut ctx = world.iam("IAM_OWNER");
        let wrong = check_password(&mut ctx, &user, "not this").await.unwrap_err();
        assert_eq!((wrong.id(), wrong.detail()), ("COMMAND-3M0fs", &Detail::CredentialsCheck(1)));
        check_password(&mut ctx, &user, "of another system").await.unwrap();
        let stored = super::sql::password(ctx.tx().await.unwrap(), &user).await.unwrap();
        assert_eq!(stored.failures, 0);
        assert_ne!(stored.hash.unwrap(), hash);
        ctx.rollback();
        check_password(&mut ctx, &user, "of another system").await.unwrap();
    })
    .await;
}

fn v1_import(codes: Vec<CodeType>) -> v1::ImportHumanUserRequest {
    v1::ImportHumanUserRequest {
        user_name: "anna".into(),
        profile: Some(v1::import_human_user_request::Profile {
            first_name: "Anna".into(),
            last_name: "Muster".into(),
            ..Default::default()
        }),
        email: Some(v1::import_human_user_request::Email { email: "anna@example.com".into(), is_email_verified: true }),
        password: PASSWORD.into(),
        recovery_codes: codes.into_iter().map(|code| RecoveryCode { code_type: Some(code) }).collect(),
        ..Default::default()
    }
}

#[tokio::test]
async fn an_imported_person_brings_recovery_codes_along() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let hash = Scheme::Bcrypt { cost: 10 }.hash("bbbbb-22222", &*world.env.rng).unwrap();
        let request = v1_import(vec![CodeType::Raw("aaaaa-11111".into()), CodeType::Hash(hash)]);
        let user = api_v1::import(&mut ctx, request).await.unwrap().user_id;
        let (name, payload) = events(&mut ctx, "user", &user).await.pop().unwrap();
        assert_eq!((name.as_str(), payload), ("user.human.mfa.recoverycode.added", serde_json::Value::Null));
        assert_eq!(read(&mut ctx, &user).await.0, UserState::Active);
        for code in ["aaaaa-11111", "bbbbb-22222"] {
            assert!(!recovery_codes::redeem(&mut ctx, &user, "wrong-codes").await.unwrap());
            assert!(recovery_codes::redeem(&mut ctx, &user, code).await.unwrap(), "{code}");
            assert!(!recovery_codes::redeem(&mut ctx, &user, code).await.unwrap(), "{code}");
        }
    })
    .await;
}

#[tokio::test]
async fn recovery_codes_that_cannot_be_used_keep_a_person_out() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let raw = |code: &str| CodeType::Raw(code.into());
        let hash = |hash: &str| CodeType::Hash(hash.into());
        let many = (0..11).map(|number| raw(&number.to_string())).collect();
        for (codes, error) in [
            (many, "COMMAND-53cjw"),
            (vec![raw("")], "COMMAND-vee93"),
            (vec![raw("a"), hash("")], "COMMAND-vee93"),
            (vec![hash("$nonsense$")], "DOMAIN-JDk4t"),
            (vec![hash("$castellan-sha256$short")], "DOMAIN-JDk4t"),
            (vec![hash("$2a$04$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy")], "DOMAIN-JDk4t"),
        ] {
            let mut ctx = world.org("o1", "ORG_OWNER");
            assert_eq!(id(api_v1::import(&mut ctx, v1_import(codes)).await), error);
        }
        let mut unset = v1_import(vec![]);
        unset.recovery_codes.push(RecoveryCode { code_type: None });
        assert_eq!(id(api_v1::import(&mut world.org("o1", "ORG_OWNER"), unset).await), "COMMAND-vee93");
    })
    .await;
}

#[tokio::test]
async fn codes_are_returned_on_request_and_prove_the_address_once() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let returned = |address: &str| NewAddress { address: address.into(), verification: Verification::Return };
        let command =
            AddHuman { email: returned("anna@example.com"), phone: Some(returned("071 000 00 00")), ..anna() };
        let added = add(&mut ctx, command).await.unwrap();
        ctx.commit().await.unwrap();
        let (email_code, phone_code) = (added.email_code.unwrap(), added.phone_code.unwrap());
        assert_eq!((email_code.len(), phone_code.len()), (6, 6));
        let user = added.user_id;
        assert!(events(&mut ctx, "user", &user).await.iter().all(|(_, payload)| payload.get("code").is_none()));

        let verify = |code: &str| v2::VerifyEmailRequest { user_id: user.clone(), verification_code: code.into() };
        assert_eq!(id(api_v2::verify_email(&mut ctx, verify("WRONG1")).await), "COMMAND-eis9R");
        assert_eq!(types(&mut ctx, &user).await.pop().unwrap(), "user.human.email.verification.failed");
        api_v2::verify_email(&mut ctx, verify(&email_code)).await.unwrap();
        assert_eq!(id(api_v2::verify_email(&mut ctx, verify(&email_code)).await), "COMMAND-eis9R");
        let request = v2::VerifyPhoneRequest { user_id: user.clone(), verification_code: phone_code };
        api_v2::verify_phone(&mut ctx, request).await.unwrap();
        let (_, human) = read(&mut ctx, &user).await;
        assert!(human.email_verified && human.phone_verified);
        assert_eq!(human.phone, "+41710000000");
    })
    .await;
}

#[tokio::test]
async fn a_code_is_void_after_five_wrong_attempts_and_after_its_time() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let returned = NewAddress { address: "anna@example.com".into(), verification: Verification::Return };
        let added = add(&mut ctx, AddHuman { email: returned, ..anna() }).await.unwrap();
        ctx.commit().await.unwrap();
        let user = added.user_id;
        let verify = |code: &str| v2::VerifyEmailRequest { user_id: user.clone(), verification_code: code.into() };
        for _ in 0..5 {
            assert_eq!(id(api_v2::verify_email(&mut ctx, verify("WRONG1")).await), "COMMAND-eis9R");
        }
        assert_eq!(id(api_v2::verify_email(&mut ctx, verify(&added.email_code.unwrap())).await), "COMMAND-eis9R");
        let resend = || v2::ResendEmailCodeRequest {
            user_id: user.clone(),
            verification: Some(v2::resend_email_code_request::Verification::ReturnCode(Default::default())),
        };
        assert_eq!(id(api_v2::resend_email(&mut ctx, resend()).await), "EMAIL-5w5ilin4yt");
        let send = v2::SendEmailCodeRequest {
            user_id: user.clone(),
            verification: Some(v2::send_email_code_request::Verification::ReturnCode(Default::default())),
        };
        let code = api_v2::send_email(&mut ctx, send).await.unwrap().verification_code.unwrap();
        ctx.commit().await.unwrap();
        world.clock.advance_seconds(3_600);
        assert_eq!(id(api_v2::verify_email(&mut ctx, verify(&code)).await), "COMMAND-eis9R");
    })
    .await;
}

#[tokio::test]
async fn a_user_may_change_its_own_address_but_not_declare_it_proven_or_learn_the_code() {
    on_each_engine(|db| async {
        use v2::set_email_request::Verification as Wire;
        let world = World::new(db).await;
        let user = make(&world, anna()).await;
        let set =
            |verification| v2::SetEmailRequest { user_id: user.clone(), email: "new@example.com".into(), verification };
        let mut own = world.user(&user, "o1");
        assert_eq!(id(api_v2::set_email(&mut own, set(Some(Wire::IsVerified(true)))).await), "AUTHZ-cdgFk");
        let returned = Some(Wire::ReturnCode(Default::default()));
        assert_eq!(id(api_v2::set_email(&mut own, set(returned)).await), "AUTHZ-cdgFk");
        api_v2::set_email(&mut own, set(None)).await.unwrap();
        assert_eq!(id(api_v2::set_email(&mut own, set(None)).await), "COMMAND-Uch5e");
        let (_, human) = read(&mut own, &user).await;
        assert_eq!((human.email.as_str(), human.email_verified), ("new@example.com", false));
    })
    .await;
}

#[tokio::test]
async fn a_password_is_changed_with_the_old_one_or_a_code_or_by_who_may() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let user = make(&world, anna()).await;
        let change = |old: &str, new: &str| auth_v1::UpdateMyPasswordRequest {
            old_password: old.into(),
            new_password: new.into(),
        };
        let mut own = world.user(&user, "o1");
        let wrong = api_v1::update_my_password(&mut own, change("nope", "Other-Word-2")).await.unwrap_err();
        assert_eq!((wrong.id(), wrong.detail()), ("COMMAND-3M0fs", &Detail::CredentialsCheck(1)));
        own.rollback();
        let same = api_v1::update_my_password(&mut own, change(PASSWORD, PASSWORD)).await;
        assert_eq!(id(same), "COMMAND-Aesh5");
        api_v1::update_my_password(&mut own, change(PASSWORD, "Other-Word-2")).await.unwrap();
        own.commit().await.unwrap();
        check_password(&mut own, &user, "Other-Word-2").await.unwrap();

        let set = |verification| v2::SetPasswordRequest {
            user_id: user.clone(),
            new_password: Some(v2::Password { password: "Third-Word-3".into(), change_required: true }),
            verification,
        };
        assert_eq!(id(api_v2::set_password(&mut own, set(None)).await), "AUTHZ-cdgFk");
        own.rollback();
        let mut ctx = world.org("o1", "ORG_OWNER");
        let reset = v2::PasswordResetRequest {
            user_id: user.clone(),
            medium: Some(v2::password_reset_request::Medium::ReturnCode(Default::default())),
        };
        let code = api_v2::reset_password(&mut ctx, reset).await.unwrap().verification_code.unwrap();
        ctx.commit().await.unwrap();
        let with = |code: &str| set(Some(v2::set_password_request::Verification::VerificationCode(code.to_owned())));
        assert_eq!(id(api_v2::set_password(&mut own, with("WRONG1")).await), "CODE-woT0xc");
        own.rollback();
        api_v2::set_password(&mut own, with(&code)).await.unwrap();
        own.commit().await.unwrap();
        assert_eq!(id(api_v2::set_password(&mut own, with(&code)).await), "COMMAND-2M9fs");
        own.rollback();
        api_v2::set_password(&mut ctx, set(None)).await.unwrap();
        let (_, human) = read(&mut ctx, &user).await;
        assert!(human.password_change_required);
        ctx.commit().await.unwrap();
        let mut foreign = world.org("o2", "ORG_OWNER");
        assert_eq!(id(api_v2::set_password(&mut foreign, set(None)).await), "AUTHZ-cdgFk");
        let v1 =
            v1::SetHumanPasswordRequest { user_id: user.clone(), password: PASSWORD.into(), no_change_required: true };
        assert_eq!(id(api_v1::set_password(&mut foreign, v1).await), "COMMAND-G8dh3");
    })
    .await;
}

#[tokio::test]
async fn a_user_is_locked_after_the_allowed_number_of_wrong_passwords() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        world.settings("", "lockout_policy", r#"{"maxPasswordAttempts":2}"#).await;
        let user = make(&world, anna()).await;
        let mut ctx = world.iam("IAM_OWNER");
        assert_eq!(id(check_password(&mut ctx, &user, "x").await), "COMMAND-3M0fs");
        check_password(&mut ctx, &user, PASSWORD).await.unwrap();
        assert_eq!(id(check_password(&mut ctx, &user, "x").await), "COMMAND-3M0fs");
        assert_eq!(id(check_password(&mut ctx, &user, "x").await), "COMMAND-3M0fs");
        assert_eq!(read(&mut ctx, &user).await.0, UserState::Locked);
        assert_eq!(id(check_password(&mut ctx, &user, PASSWORD).await), "COMMAND-JLK35");
        assert_eq!(types(&mut ctx, &user).await.pop().unwrap(), "user.locked");
    })
    .await;
}

#[tokio::test]
async fn v1_changes_refuse_what_is_the_same_and_what_is_out_of_reach() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let user = make(&world, anna()).await;
        let profile = |nick: &str| v1::UpdateHumanProfileRequest {
            user_id: user.clone(),
            first_name: "Anna".into(),
            last_name: "Muster".into(),
            nick_name: nick.into(),
            display_name: "Anna Muster".into(),
            preferred_language: "de".into(),
            gender: user::v1::Gender::Female.into(),
        };
        let mut ctx = world.org("o1", "ORG_OWNER");
        api_v1::update_profile(&mut ctx, profile("An")).await.unwrap();
        let recorded = events(&mut ctx, "user", &user).await.pop().unwrap();
        assert_eq!(recorded.1, json!({"nickName": "An", "preferredLanguage": "de", "gender": 1}));
        assert_eq!(id(api_v1::update_profile(&mut ctx, profile("An")).await), "COMMAND-2M0fs");
        let phone = |phone: &str| v1::UpdateHumanPhoneRequest {
            user_id: user.clone(),
            phone: phone.into(),
            is_phone_verified: true,
        };
        api_v1::update_phone(&mut ctx, phone("+41710000000")).await.unwrap();
        assert_eq!(id(api_v1::update_phone(&mut ctx, phone("071 000 00 00")).await), "COMMAND-wF94r");
        let remove = || v1::RemoveHumanPhoneRequest { user_id: user.clone() };
        api_v1::remove_phone(&mut ctx, remove()).await.unwrap();
        assert_eq!(id(api_v1::remove_phone(&mut ctx, remove()).await), "COMMAND-p6rsc");
        ctx.commit().await.unwrap();
        for mut ctx in [world.org("o2", "ORG_OWNER"), world.other_instance()] {
            assert_eq!(id(api_v1::update_profile(&mut ctx, profile("B")).await), "COMMAND-3M9sd");
            assert_eq!(id(api_v1::update_phone(&mut ctx, phone("+41710000001")).await), "COMMAND-3M0fs");
            assert_eq!(id(api_v1::remove_phone(&mut ctx, remove()).await), "COMMAND-3M9fs");
        }
    })
    .await;
}

#[tokio::test]
async fn a_v2_person_is_added_to_the_named_organization() {
    on_each_engine(|db| async {
        use castellan_proto::zitadel::object::v2::{Organization, organization::Org};
        let world = World::new(db).await;
        let request = |org: Org| v2::AddHumanUserRequest {
            organization: Some(Organization { org: Some(org) }),
            profile: Some(v2::SetHumanProfile {
                given_name: "Anna".into(),
                family_name: "Muster".into(),
                ..Default::default()
            }),
            email: Some(v2::SetHumanEmail { email: "anna@example.com".into(), verification: None }),
            ..Default::default()
        };
        let mut ctx = world.iam("IAM_OWNER");
        let added = api_v2::add(&mut ctx, request(Org::OrgDomain("O2.localhost".into()))).await.unwrap();
        assert_eq!(added.details.unwrap().resource_owner, "o2");
        let (state, human) = read(&mut ctx, &added.user_id).await;
        assert_eq!((state, human.email_verified), (UserState::Active, false));
        assert_eq!(types(&mut ctx, &added.user_id).await, ["user.human.added", "user.human.email.code.added"]);
        ctx.commit().await.unwrap();
        assert_eq!(id(api_v2::add(&mut ctx, request(Org::OrgId("o9".into()))).await), "AUTH-Bs7Ds");
        ctx.rollback();
        let beta: castellan_proto::zitadel::user::v2beta::AddHumanUserRequest =
            crate::users::twin::twin(&request(Org::OrgId("o1".into()))).unwrap();
        assert_eq!(id(api_v2::beta::add(&mut ctx, beta).await), "V3-DKcYh");
    })
    .await;
}

#[tokio::test]
async fn an_invitation_proves_the_address_and_is_for_people_without_a_password() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let unproven = NewAddress { address: "anna@example.com".into(), verification: Verification::Unverified };
        let user = make(&world, AddHuman { email: unproven, password: None, ..anna() }).await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let resend = || v2::ResendInviteCodeRequest { user_id: user.clone() };
        assert_eq!(id(invitation::v2_resend(&mut ctx, resend()).await), "COMMAND-Wr3gq");
        let send = v2::CreateInviteCodeRequest {
            user_id: user.clone(),
            verification: Some(v2::create_invite_code_request::Verification::SendCode(v2::SendInviteCode {
                url_template: Some("https://example.com/{{.Code}}".into()),
                application_name: None,
            })),
        };
        assert_eq!(invitation::v2_create(&mut ctx, send).await.unwrap().invite_code, None);
        invitation::v2_resend(&mut ctx, resend()).await.unwrap();
        let resent = events(&mut ctx, "user", &user).await.pop().unwrap();
        assert_eq!(
            resent.1,
            json!({"expiry": 259_200_000_000_000_i64, "urlTemplate": "https://example.com/{{.Code}}"})
        );
        let returned = || v2::CreateInviteCodeRequest {
            user_id: user.clone(),
            verification: Some(v2::create_invite_code_request::Verification::ReturnCode(Default::default())),
        };
        let code = invitation::v2_create(&mut ctx, returned()).await.unwrap().invite_code.unwrap();
        assert_eq!(id(invitation::v2_resend(&mut ctx, resend()).await), "COMMAND-Wr3gq");
        ctx.commit().await.unwrap();
        let verify = |code: &str| v2::VerifyInviteCodeRequest { user_id: user.clone(), verification_code: code.into() };
        assert_eq!(id(invitation::v2_verify(&mut ctx, verify("WRONG1")).await), "COMMAND-Wgn4q");
        invitation::v2_verify(&mut ctx, verify(&code)).await.unwrap();
        assert!(read(&mut ctx, &user).await.1.email_verified);
        ctx.commit().await.unwrap();
        let methods = || v2::ListAuthenticationMethodTypesRequest { user_id: user.clone(), domain_query: None };
        assert!(invitation::v2_list_methods(&mut ctx, methods()).await.unwrap().auth_method_types.is_empty());
        ctx.rollback();
        let set = v2::SetPasswordRequest {
            user_id: user.clone(),
            new_password: Some(v2::Password { password: PASSWORD.into(), change_required: false }),
            verification: None,
        };
        api_v2::set_password(&mut ctx, set).await.unwrap();
        assert_eq!(invitation::v2_list_methods(&mut ctx, methods()).await.unwrap().auth_method_types, [1]);
        assert_eq!(id(invitation::v2_create(&mut ctx, returned()).await), "COMMAND-EF34g");
        ctx.commit().await.unwrap();
        assert_eq!(id(invitation::v2_create(&mut world.user(&user, "o1"), returned()).await), "AUTHZ-cdgFk");
        assert_eq!(id(invitation::v2_create(&mut world.other_instance(), returned()).await), "COMMAND-Wgvn4");
    })
    .await;
}

#[tokio::test]
async fn the_first_sign_in_is_invited_again_while_it_has_not_happened() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let request = v1::AddHumanUserRequest { initial_password: String::new(), ..v1_add() };
        let initial = api_v1::add(&mut ctx, request).await.unwrap().user_id;
        let resend = |user: &str, email: &str| v1::ResendHumanInitializationRequest {
            user_id: user.into(),
            email: email.into(),
        };
        let again = invitation::v1_resend_initialization(&mut ctx, resend(&initial, "new@example.com")).await;
        assert!(again.is_ok());
        assert_eq!(read(&mut ctx, &initial).await.1.email, "new@example.com");
        assert_eq!(
            types(&mut ctx, &initial).await[3..],
            ["user.human.email.changed", "user.human.initialization.code.added"]
        );
        ctx.commit().await.unwrap();
        let active = make(&world, AddHuman { user_name: Some("b".into()), ..anna() }).await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let done = invitation::v1_resend_initialization(&mut ctx, resend(&active, "")).await;
        assert_eq!(id(done), "COMMAND-2M9sd");
    })
    .await;
}

#[tokio::test]
async fn a_picture_is_taken_away_once_and_by_who_may_write_the_person() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let anna = make(&world, anna()).await;
        let mut ctx = world.internal();
        let set = statement!("UPDATE users SET avatar_key = 'users/a/avatar' WHERE instance_id = $1 AND id = $2");
        ctx.tx().await.unwrap().execute(set, &values![anna.as_str()]).await.unwrap();
        let picture = assets::File { content_type: "image/png".into(), value: vec![1] };
        let (owner, now) = (castellan_kernel::Owner::Org("o1".into()), ctx.now());
        let tx = ctx.tx().await.unwrap();
        assets::insert(tx, &owner, "i1", "users/a/avatar", &picture, now).await.unwrap();
        ctx.commit().await.unwrap();
        let remove = |id: &str| v1::RemoveHumanAvatarRequest { user_id: id.into() };
        assert_eq!(id(avatar::v1_remove(&mut world.org("o2", "ORG_OWNER"), remove(&anna)).await), "USER-35N8f");
        assert_eq!(id(avatar::v1_remove(&mut world.other_instance(), remove(&anna)).await), "USER-35N8f");
        let mut ctx = world.org("o1", "ORG_OWNER");
        assert_eq!(id(avatar::v1_remove(&mut ctx, remove("")).await), "USER-1B8sd");
        avatar::v1_remove(&mut ctx, remove(&anna)).await.unwrap();
        let last = events(&mut ctx, "user", &anna).await.pop().unwrap();
        assert_eq!(last, ("user.human.avatar.removed".into(), json!({"storeKey": "users/a/avatar"})));
        let recorded = events(&mut ctx, "user", &anna).await.len();
        assert!(assets::find(ctx.tx().await.unwrap(), "o1", "users/a/avatar").await.unwrap().is_none());
        ctx.commit().await.unwrap();
        let mut ctx = world.user(&anna, "o1");
        avatar::remove_my(&mut ctx, auth_v1::RemoveMyAvatarRequest {}).await.unwrap();
        assert_eq!(events(&mut ctx, "user", &anna).await.len(), recorded, "nothing was left to take away");
        assert!(read(&mut ctx, &anna).await.1.avatar_key.is_empty());
    })
    .await;
}
