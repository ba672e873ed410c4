use std::path::Path;
use std::sync::Arc;

use castellan_kernel::{Caller, IdGenerator, PageLimits, Result, RoleTable};
use castellan_proto::zitadel::admin::v1::{self as wire, import_data_request as request};
use castellan_rpc::{Context, Environment};
use castellan_testkit::on_each_engine;

use super::*;
use crate::{TransferDirectory, api};

/// A context of the server itself, where requests may name files of this directory.
async fn context(app: &Application, instance: &TestInstance, directory: Option<&Path>, writes: bool) -> Context {
    let mut services = app.env.services.clone();
    if let Some(directory) = directory {
        services.insert(TransferDirectory(directory.to_owned()));
    }
    let env = Environment {
        db: app.env.db.clone(),
        clock: Arc::clone(&app.env.clock),
        ids: IdGenerator::new(&*app.env.rng),
        rng: Arc::clone(&app.env.rng),
        roles: RoleTable::default(),
        system_roles: RoleTable::default(),
        page_limits: PageLimits::default(),
        hosts: castellan_rpc::hosts::HostOptions::default(),
        services,
    };
    let instance = app.internal(&instance.id).await.instance;
    Context::new(Arc::new(env), instance, Arc::new(Caller::internal("TEST")), Arc::from(""), writes)
}

fn local(path: &str) -> wire::ImportDataRequest {
    let input = request::LocalInput { path: path.to_owned() };
    wire::ImportDataRequest { data: Some(request::Data::DataOrgsLocal(input)), timeout: String::new() }
}

fn output(path: &str) -> wire::ExportDataRequest {
    let local_output = Some(wire::export_data_request::LocalOutput { path: path.to_owned() });
    wire::ExportDataRequest { org_ids: vec!["acme".to_owned()], local_output, ..wire::ExportDataRequest::default() }
}

fn id<T>(result: Result<T>) -> String {
    result.err().map_or_else(|| "no error".to_owned(), |error| error.id().to_owned())
}

#[tokio::test]
async fn no_file_of_the_server_can_be_named_unless_the_operator_allows_a_directory() {
    on_each_engine(|app| async move {
        let instance = app.new_instance("a").await;
        let mut ctx = context(&app, &instance, None, true).await;
        for path in ["/etc/passwd", "all.json"] {
            assert_eq!(id(api::import_data(&mut ctx, local(path)).await), "ADMIN-Fi1lN");
        }
        let mut ctx = context(&app, &instance, None, false).await;
        assert_eq!(id(api::export_data(&mut ctx, output("all.json")).await), "ADMIN-Fi1lN");
    })
    .await;
}

#[tokio::test]
async fn only_files_inside_the_allowed_directory_are_read_and_written() {
    on_each_engine(|app| async move {
        let instance = app.new_instance("a").await;
        let root = tempfile::tempdir().unwrap();
        let allowed = root.path().join("allowed");
        std::fs::create_dir(&allowed).unwrap();
        let data = json!({"dataOrgs": {"orgs": [partner(), acme()]}});
        std::fs::write(root.path().join("outside.json"), data.to_string()).unwrap();
        std::fs::write(allowed.join("data.json"), data.to_string()).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(root.path().join("outside.json"), allowed.join("link.json")).unwrap();

        let mut ctx = context(&app, &instance, Some(&allowed), true).await;
        let outside = root.path().join("outside.json");
        for path in ["../outside.json", "link.json", outside.to_str().unwrap(), "", "./data.json"] {
            assert_eq!(id(api::import_data(&mut ctx, local(path)).await), "ADMIN-Fi2lO", "{path}");
        }
        assert_eq!(id(api::import_data(&mut ctx, local("gone.json")).await), "ADMIN-Fi3lF");
        let answer = api::import_data(&mut ctx, local("data.json")).await.unwrap();
        assert!(answer.errors.is_empty(), "{answer:?}");
        assert_eq!(answer.success.unwrap().orgs.len(), 2);

        let mut ctx = context(&app, &instance, Some(&allowed), false).await;
        for path in ["../new.json", "link.json/../x"] {
            assert_eq!(id(api::export_data(&mut ctx, output(path)).await), "ADMIN-Fi2lO", "{path}");
        }
        for path in ["link.json", "data.json"] {
            assert_eq!(id(api::export_data(&mut ctx, output(path)).await), "ADMIN-Fi4lE", "{path}");
        }
        let answer = api::export_data(&mut ctx, output("new.json")).await.unwrap();
        assert!(answer.orgs.is_empty(), "what goes into a file is not in the answer as well");
        let written: Value = serde_json::from_slice(&std::fs::read(allowed.join("new.json")).unwrap()).unwrap();
        assert_eq!(written["orgs"][0]["orgId"], "acme");
    })
    .await;
}

#[tokio::test]
async fn object_stores_and_wrong_requests_are_refused_with_what_to_do_instead() {
    on_each_engine(|app| async move {
        let instance = app.new_instance("a").await;
        for source in ["dataOrgsS3", "dataOrgsv1S3", "dataOrgsGcs", "dataOrgsv1Gcs"] {
            let answer = app.rest(&instance.owner, "POST", "/admin/v1/import", json!({source: {}})).await;
            assert_eq!((answer.status.as_u16(), answer.error_id().as_str()), (400, "ADMIN-Im3pO"), "{source}");
            assert!(answer.text().contains("castellan import"), "{}", answer.text());
        }
        let answer = app.rest(&instance.owner, "POST", "/admin/v1/export", json!({"s3Output": {}})).await;
        assert_eq!(answer.error_id(), "ADMIN-Im3pO");
        let answer = app.rest(&instance.owner, "POST", "/admin/v1/import", json!({})).await;
        assert_eq!(answer.error_id(), "ADMIN-Im1pS");
        for wrong in ["10", "-1s", "0s", "soon"] {
            let request = json!({"dataOrgs": {"orgs": []}, "timeout": wrong});
            let answer = app.rest(&instance.owner, "POST", "/admin/v1/import", request).await;
            assert_eq!(answer.error_id(), "ADMIN-Im2pT", "{wrong}");
            let answer = app.rest(&instance.owner, "POST", "/admin/v1/export", json!({"timeout": wrong})).await;
            assert_eq!(answer.error_id(), "ADMIN-Im2pT", "{wrong}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_file_tells_unknown_members_and_broken_rules_and_reads_the_older_form() {
    on_each_engine(|app| async move {
        let instance = app.new_instance("a").await;
        let allowed = tempfile::tempdir().unwrap();
        let older = json!({"orgId": "older", "org": {"name": "Older"},
            "iamPolicy": {"orgId": "older", "userLoginMustBeDomain": true}, "human_user": [],
            "secondFactors": [{"type": "SECOND_FACTOR_TYPE_OTP"}]});
        let broken = json!({"orgId": "broken", "org": {"name": ""}});
        let data = json!({"dataOrgsv1": {"orgs": [older, broken]}});
        std::fs::write(allowed.path().join("data.json"), data.to_string()).unwrap();
        std::fs::write(allowed.path().join("half.json"), r#"{"orgs":[{"orgId":"half""#).unwrap();
        let mut ctx = context(&app, &instance, Some(allowed.path()), true).await;
        let answer = api::import_data(&mut ctx, local("data.json")).await.unwrap();
        let told: Vec<_> = answer.errors.iter().map(|error| (error.id.as_str(), error.message.as_str())).collect();
        assert!(told[0].0 == "older" && told[0].1.contains("human_user"), "{told:?}");
        assert!(told[1].0 == "broken" && told[1].1.contains("Name"), "{told:?}");
        let exported = export(&app, &instance, &["older"]).await;
        assert_eq!(exported[0]["domainPolicy"]["userLoginMustBeDomain"], true);
        assert_eq!(exported[0]["loginPolicy"]["secondFactors"], json!(["SECOND_FACTOR_TYPE_OTP"]));
        let half = api::import_data(&mut ctx, local("half.json")).await.unwrap_err();
        assert!(half.key().contains("cut off"), "{half}");
    })
    .await;
}
