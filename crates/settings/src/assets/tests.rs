use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use castellan_db::Connection;
use castellan_db::testing::on_each_engine;
use castellan_kernel::{Caller, CallerKind, Error, Fault, Membership, Result, Scope};
use castellan_proto::methods::{admin_v1, management_v1, settings_v2};
use castellan_proto::zitadel::object::v2::{RequestContext, request_context::ResourceOwner};
use castellan_proto::zitadel::settings::v2;
use castellan_rpc::call::{Call, Framing, Invoke, RequestOrigin};
use castellan_rpc::descriptor::{Contract, NamedOrganization};
use castellan_rpc::hosts::RequestedHost;
use castellan_rpc::{Environment, Gate, Instance, Registry};
use http::{HeaderMap, Request, Response, StatusCode, header};
use prost::Message as _;
use tower::ServiceExt as _;

use super::{MAX_FILE, asset_routes};
use crate::testing::{World, events};
use crate::{InstanceDefaults, write_instance_defaults};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\npicture";
const OTHER: &[u8] = b"GIF89a another";
const UNAUTHENTICATED: Fault = Fault::unauthenticated("AUTH-test", "auth header missing");

/// Knows the instance by the host, and callers by the role that they present.
struct Roles;

type Answer<'a, T> = std::pin::Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

impl Gate for Roles {
    fn instance_by_host<'a>(
        &'a self,
        _: &'a Arc<Environment>,
        _: &'a mut Connection,
        host: &'a RequestedHost,
    ) -> Answer<'a, Arc<Instance>> {
        let id = host.instance_domain();
        let is_blocked = id == "blocked";
        Box::pin(async move { Ok(Arc::new(Instance { id: id.into(), is_blocked, ..Instance::default() })) })
    }

    fn instance_by_id<'a>(&'a self, _: &'a mut Connection, _: &'a str) -> Answer<'a, Option<Arc<Instance>>> {
        Box::pin(async { Ok(None) })
    }

    fn organization<'a>(&'a self, _: &'a mut Connection, _: NamedOrganization) -> Answer<'a, String> {
        Box::pin(async { Err(Error::internal("no RPC here names an organization")) })
    }

    fn authenticate<'a>(
        &'a self,
        env: &'a Arc<Environment>,
        _: &'a mut Connection,
        _: &'a Instance,
        _: &'a RequestedHost,
        headers: &'a HeaderMap,
    ) -> Answer<'a, Arc<Caller>> {
        let role = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        Box::pin(async move {
            let role = role.ok_or(UNAUTHENTICATED)?;
            let scope = if role.starts_with("IAM") { Scope::Instance } else { Scope::Org("o1".into()) };
            let permissions = env.roles.permissions([role]);
            Ok(Arc::new(Caller {
                kind: CallerKind::Machine,
                user_id: "u1".into(),
                own_org: "o1".into(),
                org: "o1".into(),
                language: None,
                memberships: vec![Membership { scope, roles: vec![role.into()], permissions }],
            }))
        })
    }
}

struct Server {
    world: World,
    routes: Router,
    apis: Arc<castellan_rpc::Router>,
}

impl Server {
    async fn new(db: castellan_db::Db) -> Self {
        let world = World::new(db).await;
        for instance in ["i1", "i2"] {
            let mut ctx = world.internal(instance);
            write_instance_defaults(&mut ctx, &InstanceDefaults::default()).await.unwrap();
            ctx.commit().await.unwrap();
        }
        let mut registry = Registry::default();
        crate::register(&mut registry);
        let apis = Arc::new(castellan_rpc::Router::new(registry, Roles, Arc::clone(&world.env)).unwrap());
        let routes = asset_routes(Arc::clone(&world.env), Arc::new(Roles));
        Self { world, routes, apis }
    }

    /// An RPC by the real router, as an instance owner.
    async fn call<M: castellan_proto::Method>(&self, request: &M::Request) -> M::Response {
        self.try_call::<M>(request).await.unwrap()
    }

    async fn try_call<M: castellan_proto::Method>(&self, request: &M::Request) -> Result<M::Response, String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, "IAM_OWNER".parse().unwrap());
        let call = Call {
            method: Contract::get().method(M::PATH).unwrap(),
            headers,
            origin: RequestOrigin { authority: Some("i1".into()), ..RequestOrigin::default() },
            body: request.encode_to_vec().into(),
            framing: Framing::Grpc,
        };
        let reply = Arc::clone(&self.apis).invoke(call).await.map_err(|failure| failure.message)?;
        Ok(M::Response::decode(reply.body).unwrap())
    }

    async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.routes.clone().oneshot(request).await.unwrap()
    }

    async fn get(&self, host: &str, role: &str, path: &str) -> Response<Body> {
        let mut request = Request::get(path).header(header::HOST, host);
        if !role.is_empty() {
            request = request.header(header::AUTHORIZATION, role);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn upload(&self, role: &str, path: &str, file: &[u8]) -> (StatusCode, String) {
        let head =
            b"--xx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\nContent-Type: image/png\r\n\r\n";
        let body = [head, file, b"\r\n--xx--\r\n"].concat();
        let mut request = Request::post(path)
            .header(header::HOST, "i1")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=xx");
        if !role.is_empty() {
            request = request.header(header::AUTHORIZATION, role);
        }
        let response = self.send(request.body(Body::from(body)).unwrap()).await;
        (response.status(), String::from_utf8_lossy(&bytes(response).await).into_owned())
    }

    async fn stored(&self) -> i64 {
        let count = castellan_db::statement!("SELECT COUNT(*) FROM assets WHERE instance_id = $1");
        self.world.admin("i1").look().row(count, &[]).await.unwrap().unwrap().int(0).unwrap()
    }

    /// The address of the logo that the published branding of the instance shows.
    async fn logo_url(&self) -> String {
        let ctx = Some(RequestContext { resource_owner: Some(ResourceOwner::Instance(true)) });
        let answer = self.call::<settings_v2::GetBrandingSettings>(&v2::GetBrandingSettingsRequest { ctx }).await;
        answer.settings.unwrap().light_theme.unwrap().logo_url
    }
}

async fn bytes(response: Response<Body>) -> Vec<u8> {
    axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()
}

const LOGO: &str = "/assets/v1/instance/policy/label/logo";

#[tokio::test]
async fn a_logo_is_previewed_first_and_shown_to_everybody_once_it_is_published() {
    on_each_engine(|db| async {
        let server = Server::new(db).await;
        assert_eq!(server.upload("IAM_OWNER", LOGO, PNG).await, (StatusCode::OK, String::new()));
        assert_eq!(server.get("i1", "IAM_OWNER", LOGO).await.status(), StatusCode::NOT_FOUND);
        let preview = server.get("i1", "IAM_OWNER", &format!("{LOGO}/_preview")).await;
        assert_eq!(preview.headers()[header::CACHE_CONTROL], "no-store");
        assert_eq!(bytes(preview).await, PNG);
        assert_eq!(server.logo_url().await, "");

        server.call::<admin_v1::ActivateLabelPolicy>(&Default::default()).await;
        assert_eq!(bytes(server.get("i1", "IAM_OWNER", LOGO).await).await, PNG);
        let url = server.logo_url().await;
        let path = url.strip_prefix("http://i1").unwrap();
        assert!(path.starts_with("/assets/v1/i1/policy/label/logo-"), "{path}");
        let shown = server.get("i1", "", path).await;
        assert_eq!(shown.headers()[header::CONTENT_TYPE], "image/png");
        assert!(shown.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().ends_with("sandbox"));
        assert_eq!(shown.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(bytes(shown).await, PNG);
        assert_eq!(server.get("i2", "", path).await.status(), StatusCode::NOT_FOUND);

        let name = path.strip_prefix("/assets/v1/i1/").unwrap();
        let recorded = events(&mut server.world.admin("i1"), "instance").await;
        let added = ("instance.policy.label.logo.added".to_owned(), serde_json::json!({"storeKey": name}));
        assert!(recorded.contains(&added));
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_shown_nowhere_is_removed() {
    on_each_engine(|db| async {
        let server = Server::new(db).await;
        server.upload("IAM_OWNER", LOGO, PNG).await;
        server.upload("IAM_OWNER", LOGO, OTHER).await;
        assert_eq!(server.stored().await, 1, "only the preview's");
        server.call::<admin_v1::ActivateLabelPolicy>(&Default::default()).await;
        server.upload("IAM_OWNER", LOGO, PNG).await;
        assert_eq!(server.stored().await, 2, "the published one stays");
        server.call::<admin_v1::RemoveLabelPolicyLogo>(&Default::default()).await;
        assert_eq!(server.stored().await, 1);
        assert_eq!(bytes(server.get("i1", "IAM_OWNER", LOGO).await).await, OTHER);
        server.call::<admin_v1::RemoveLabelPolicyLogo>(&Default::default()).await;
        server.call::<admin_v1::ActivateLabelPolicy>(&Default::default()).await;
        assert_eq!(server.stored().await, 0);
        let recorded = events(&mut server.world.admin("i1"), "instance").await;
        let removed = recorded.iter().filter(|(name, _)| name == "instance.policy.label.logo.removed").count();
        assert_eq!(removed, 1, "the second removal found nothing to remove");
    })
    .await;
}

#[tokio::test]
async fn an_organization_has_files_of_its_own_once_it_has_branding() {
    on_each_engine(|db| async {
        let server = Server::new(db).await;
        for (asset, id) in
            [("logo", "ORG-23BMs"), ("logo/dark", "ORG-QSqcd"), ("icon", "ORG-4nq2f"), ("icon/dark", "ORG-4Nf8s")]
        {
            let path = format!("/assets/v1/org/policy/label/{asset}");
            let (status, text) = server.upload("ORG_OWNER", &path, PNG).await;
            assert!(status == StatusCode::NOT_FOUND && text.ends_with(&format!("({id})")), "{status} {text}");
        }
        macro_rules! missing {
            ($($method:ident => $id:literal),+) => {$(
                let refused = server.try_call::<management_v1::$method>(&Default::default()).await.unwrap_err();
                assert!(refused.ends_with(concat!("(", $id, ")")), "{refused}");
            )+};
        }
        missing! {
            RemoveCustomLabelPolicyLogo => "ORG-4MVsf",
            RemoveCustomLabelPolicyLogoDark => "ORG-0peQw",
            RemoveCustomLabelPolicyIcon => "ORG-1nd9f",
            RemoveCustomLabelPolicyIconDark => "ORG-3NFos",
            RemoveCustomLabelPolicyFont => "ORG-4n9SD"
        }
        server.call::<management_v1::AddCustomLabelPolicy>(&Default::default()).await;
        let font = "/assets/v1/org/policy/label/font";
        for file in [&b"wOF2 font"[..], b"\xfe\xff\0 unknown"] {
            assert_eq!(server.upload("ORG_OWNER", font, file).await.0, StatusCode::OK);
        }
        assert_eq!(server.upload("ORG_OWNER", "/assets/v1/org/policy/label/icon/dark", PNG).await.0, StatusCode::OK);
        server.call::<management_v1::ActivateCustomLabelPolicy>(&Default::default()).await;
        let policy = server.call::<management_v1::GetLabelPolicy>(&Default::default()).await.policy.unwrap();
        assert!(policy.font_url.contains("/assets/v1/o1/policy/label/font-"), "{}", policy.font_url);
        assert!(policy.icon_url_dark.contains("/o1/policy/label/icon-dark-") && policy.icon_url.is_empty());
        server.call::<management_v1::RemoveCustomLabelPolicyFont>(&Default::default()).await;
        server.call::<management_v1::ResetLabelPolicyToDefault>(&Default::default()).await;
        assert_eq!(server.stored().await, 0, "the files go with the branding");
    })
    .await;
}

#[tokio::test]
async fn files_are_uploaded_by_those_who_may_change_branding_and_read_by_those_who_may_read_it() {
    on_each_engine(|db| async {
        let server = Server::new(db).await;
        let org = "/assets/v1/org/policy/label/logo";
        for (role, path) in
            [("", LOGO), ("ORG_OWNER", LOGO), ("IAM_OWNER_VIEWER", LOGO), ("", org), ("ORG_OWNER_VIEWER", org)]
        {
            let (status, text) = server.upload(role, path, PNG).await;
            assert!(status == StatusCode::UNAUTHORIZED && !text.is_empty(), "{role} {path}: {status}");
        }
        let preview = format!("{LOGO}/_preview");
        for (role, status) in [("", 401), ("ORG_OWNER", 401), ("IAM_OWNER_VIEWER", 404), ("IAM_OWNER", 404)] {
            assert_eq!(server.get("i1", role, &preview).await.status().as_u16(), status, "{role}");
        }
        assert_eq!(server.get("blocked", "", "/assets/v1/i1/x").await.status(), StatusCode::TOO_MANY_REQUESTS);
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_too_large_or_of_another_kind_is_refused() {
    on_each_engine(|db| async {
        let server = Server::new(db).await;
        let font = "/assets/v1/instance/policy/label/font";
        let mut largest = PNG.to_vec();
        largest.resize(MAX_FILE, 0);
        assert_eq!(server.upload("IAM_OWNER", LOGO, &largest).await.0, StatusCode::OK);
        largest.push(0);
        let much = vec![0; 2 * MAX_FILE];
        let html = &b"<html><script>alert(1)</script>"[..];
        for (path, file) in
            [(LOGO, &largest[..]), (LOGO, &much), (LOGO, html), (LOGO, b"wOFF"), (font, PNG), (font, html)]
        {
            let (status, text) = server.upload("IAM_OWNER", path, file).await;
            assert!(status == StatusCode::BAD_REQUEST && !text.is_empty(), "{path}: {status} {text}");
        }
        let bare = Request::post(LOGO).header(header::HOST, "i1").header(header::AUTHORIZATION, "IAM_OWNER");
        assert_eq!(server.send(bare.body(Body::from(PNG)).unwrap()).await.status(), StatusCode::BAD_REQUEST);
    })
    .await;
}

#[tokio::test]
async fn the_files_of_an_organization_go_with_it() {
    on_each_engine(|db| async {
        let server = Server::new(db).await;
        server.call::<management_v1::AddCustomLabelPolicy>(&Default::default()).await;
        server.upload("ORG_OWNER", "/assets/v1/org/policy/label/logo", PNG).await;
        server.upload("IAM_OWNER", LOGO, PNG).await;
        assert_eq!(server.stored().await, 2);
        let mut ctx = server.world.admin("i1");
        let delete = castellan_db::statement!("DELETE FROM organizations WHERE instance_id = $1 AND id = 'o1'");
        ctx.tx().await.unwrap().execute(delete, &[]).await.unwrap();
        ctx.commit().await.unwrap();
        assert_eq!(server.stored().await, 1);
    })
    .await;
}
