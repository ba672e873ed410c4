use castellan_db::{statement, values};
use castellan_testkit::on_each_engine;

use super::*;

/// A change to the data of an organization.
type Change<'a> = &'a dyn Fn(&mut Value);

/// How many events an organization and everything in it has.
async fn events(app: &Application, instance: &TestInstance, org: &str) -> i64 {
    let statement = statement!("SELECT COUNT(*) FROM events WHERE instance_id = $1 AND owner = $2");
    let mut reads = app.env.db.snapshot(Some(&instance.id));
    reads.row(statement, &values![org]).await.unwrap().unwrap().int(0).unwrap()
}

#[tokio::test]
async fn an_organization_with_an_item_that_is_refused_is_not_imported_at_all_and_the_others_are() {
    on_each_engine(|app| async move {
        let instance = app.new_instance("a").await;
        let mut broken = acme();
        broken["appKeys"][0]["publicKey"] = "bm9uc2Vuc2U=".into();
        let answer = import(&app, &instance, &[broken, partner()]).await;
        let refused = [("app_key", "acme-api-key"), ("org", "acme"), ("user_grant", "acme-shop partner-paul")];
        assert_eq!(errors(&answer), refused.map(|(kind, id)| (kind.to_owned(), id.to_owned())));
        assert!(message(&answer, "org").contains("nothing of the organization was imported"));
        assert_eq!(events(&app, &instance, "acme").await, 0);
        assert!(events(&app, &instance, "partner").await > 0);
        assert_eq!(answer["success"]["orgs"].as_array().unwrap().len(), 1);

        // Put right, the same data goes on where it ended.
        let answer = import(&app, &instance, &[acme(), partner()]).await;
        assert_eq!(errors(&answer), [("org".to_owned(), "partner".to_owned())]);
        let exported = export(&app, &instance, &["acme", "partner"]).await;
        assert_eq!(exported[1]["userGrants"][0]["projectGrantId"], "acme-to-partner");
        assert_eq!(exported[0]["projectGrantMembers"][0]["userId"], "partner-paul");
    })
    .await;
}

#[tokio::test]
async fn what_is_unique_stays_unique_and_ids_are_never_taken_over() {
    on_each_engine(|app| async move {
        let instance = app.new_instance("a").await;
        import(&app, &instance, &[acme(), partner()]).await;
        let other = |change: Change<'_>| {
            let mut org = json!({"orgId": "other", "org": {"name": "Other"}, "humanUsers": [person("other-u", "u")]});
            change(&mut org);
            org
        };
        let cases: [(Change<'_>, &str, &str); 4] = [
            (&|org| org["org"]["name"] = "ACME".into(), "org", "V3-DKcYh"),
            (&|org| org["humanUsers"][0]["userId"] = "acme-grace".into(), "human_user", "COMMAND-k2unb"),
            (
                &|org| org["projects"] = json!([{"projectId": "acme-shop", "project": {"name": "Mine"}}]),
                "project",
                "COMMAND-opamwu",
            ),
            (&|org| org["domains"] = json!([{"domainName": "acme.example", "isVerified": true}]), "domain", "V3-DKcYh"),
        ];
        for (change, kind, id) in cases {
            let answer = import(&app, &instance, &[other(change)]).await;
            assert!(message(&answer, kind).contains(id), "{kind}: {answer}");
            assert_eq!(events(&app, &instance, "other").await, 0, "{kind}");
        }
        // An organization cannot grant or staff what belongs to another one.
        let foreign = json!({"orgId": "partner",
            "projectGrants": [{"projectGrant": {"projectId": "acme-shop", "grantedOrgId": "acme", "roleKeys": []}}],
            "projectMembers": [{"projectId": "acme-shop", "userId": "partner-paul", "roles": ["PROJECT_OWNER"]}]});
        let answer = import(&app, &instance, &[foreign]).await;
        let kinds: Vec<_> = errors(&answer).into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, ["project_grant", "project_member"]);
    })
    .await;
}

#[tokio::test]
async fn a_password_that_the_policy_refuses_keeps_its_organization_out() {
    on_each_engine(|app| async move {
        let instance = app.new_instance("a").await;
        let mut org = acme();
        org["humanUsers"][0]["user"]["password"] = "short1".into();
        let answer = import(&app, &instance, &[org]).await;
        assert!(message(&answer, "human_user").contains("COMMA-HuJf6"), "{answer}");
        let mut org = acme();
        org["humanUsers"][0]["user"]["hashedPassword"]["value"] = "$unknown$".into();
        let answer = import(&app, &instance, &[org]).await;
        assert!(message(&answer, "human_user").contains("CRYPT-"), "{answer}");
        assert_eq!(events(&app, &instance, "acme").await, 0);
    })
    .await;
}

#[tokio::test]
async fn what_castellan_has_no_room_for_is_reported_and_leaves_the_rest_in_place() {
    on_each_engine(|app| async move {
        let instance = app.new_instance("a").await;
        let mut org = acme();
        org["oidcIdps"] = json!([{"idpId": "idp1"}]);
        org["jwtIdps"] = json!([{"idpId": "idp2"}]);
        org["loginPolicy"]["idps"] = json!([{"idpId": "idp1", "ownerType": "IDP_OWNER_TYPE_ORG"}]);
        org["userLinks"] = json!([{"userId": "acme-grace", "idpId": "idp1"}]);
        org["actions"] = json!([{"actionId": "action1"}]);
        org["triggerActions"] = json!([{"flowType": "1", "triggerType": "1", "actionIds": ["action1"]}]);
        org["humanUsers"][0]["user"]["otpCode"] = "secret".into();
        org["humanUsers"][0]["user"]["requestPasswordlessRegistration"] = true.into();
        org["machineKeys"][0]["expirationDate"] = "2020-01-01T00:00:00Z".into();
        let answer = import(&app, &instance, &[org, partner()]).await;
        let kinds: Vec<_> = errors(&answer).into_iter().map(|(kind, _)| kind).collect();
        let expected = [
            "oidc_idp",
            "jwt_idp",
            "login_policy_idp",
            "user_link",
            "human_user_otp",
            "human_user_passwordless_registration",
            "action",
            "trigger_action",
            "machine_key",
        ];
        assert_eq!(kinds, expected);
        assert!(message(&answer, "machine_key").contains("expired"));
        assert!(!answer.to_string().contains("secret"), "no secret comes back");
        assert_eq!(export(&app, &instance, &["acme"]).await[0]["humanUsers"].as_array().unwrap().len(), 4);
    })
    .await;
}

#[tokio::test]
async fn an_organization_that_is_neither_there_nor_described_is_an_error() {
    on_each_engine(|app| async move {
        let instance = app.new_instance("a").await;
        let answer = import(&app, &instance, &[json!({"orgId": "gone", "orgMembers": []})]).await;
        assert!(message(&answer, "org").contains("ADMIN-Im5pN"), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn a_state_given_for_a_person_sends_no_codes_and_no_state_is_an_ordinary_import() {
    on_each_engine(|app| async move {
        let instance = app.new_instance("a").await;
        let mut org = acme();
        org["humanUsers"][1]["state"] = "USER_STATE_ACTIVE".into();
        org["humanUsers"][2].as_object_mut().unwrap().remove("state");
        let answer = import(&app, &instance, &[org, partner()]).await;
        assert!(errors(&answer).is_empty(), "{answer}");
        let statement = statement!("SELECT user_id FROM user_codes WHERE instance_id = $1 ORDER BY user_id");
        let mut reads = app.env.db.snapshot(Some(&instance.id));
        let rows = reads.rows(statement, &[]).await.unwrap();
        let coded: Vec<_> = rows.iter().map(|row| row.text(0).unwrap()).collect();
        assert_eq!(coded, ["acme-initial", "acme-locked"]);
    })
    .await;
}

#[tokio::test]
async fn many_people_with_hashes_are_imported_without_hashing_anything() {
    on_each_engine(|app| async move {
        let instance = app.new_instance("a").await;
        let people: Vec<_> = (0..500).map(|n| person(&format!("crowd-{n}"), &format!("user{n}"))).collect();
        let org = json!({"orgId": "crowd", "org": {"name": "Crowd"}, "humanUsers": people});
        let answer = import(&app, &instance, &[org]).await;
        assert!(errors(&answer).is_empty(), "{answer}");
        assert_eq!(export(&app, &instance, &["crowd"]).await[0]["humanUsers"].as_array().unwrap().len(), 500);
    })
    .await;
}
