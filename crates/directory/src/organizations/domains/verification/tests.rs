use castellan_db::testing::on_each_engine;
use castellan_db::{Db, statement};
use castellan_kernel::Result;
use castellan_outbound::testing::{Known, NameServer, WebServer, client};
use castellan_outbound::{Client, Options};
use castellan_proto::zitadel::{management::v1, org::v2, org::v2beta};
use castellan_rpc::Context;

use super::super::{api_v1, api_v2};
use crate::users::testing::{World, events, id};

/// A world in which `o1` has the domain `acme.example`, not yet verified, with the servers that answer for the domain.
struct Net {
    world: World,
    names: NameServer,
    web: WebServer,
}

impl Net {
    async fn new(db: Db) -> Self {
        let (names, web) = (NameServer::start().await, WebServer::start().await);
        let hosts = vec![("acme.example".to_owned(), web.address)];
        let options = Options { name_servers: vec![names.address], hosts, ..Options::default() };
        let world = World::reaching(db, client(options)).await;
        world.settings("o1", "domain_policy", r#"{"validateOrgDomains":true}"#).await;
        let net = Self { world, names, web };
        net.add("acme.example").await;
        net
    }

    async fn add(&self, domain: &str) {
        let request = v2::AddOrganizationDomainRequest { organization_id: "o1".into(), domain: domain.into() };
        commit(owner(&self.world), async |ctx| api_v2::add(ctx, request).await).await.unwrap();
    }

    /// Asks for a proof; returns the code.
    async fn generate(&self, domain: &str, kind: i32) -> String {
        let request = v2::GenerateOrganizationDomainValidationRequest {
            organization_id: "o1".into(),
            domain: domain.into(),
            r#type: kind,
        };
        let ctx = owner(&self.world);
        commit(ctx, async |ctx| api_v2::generate_validation(ctx, request).await).await.unwrap().token
    }

    async fn verify(&self, domain: &str) -> Result<v2::VerifyOrganizationDomainResponse> {
        commit(owner(&self.world), async |ctx| api_v2::verify(ctx, verify("o1", domain)).await).await
    }

    async fn last_event(&self) -> String {
        events(&mut self.world.internal(), "org", "o1").await.pop().unwrap().0
    }

    fn publish(&self, ending: &str, status: u16, code: &str, body: &str) {
        self.web.set(&format!("/.well-known/zitadel-challenge/{code}{ending}"), status, body);
    }
}

fn owner(world: &World) -> Context {
    world.org("o1", "ORG_OWNER")
}

fn verify(org: &str, domain: &str) -> v2::VerifyOrganizationDomainRequest {
    v2::VerifyOrganizationDomainRequest { organization_id: org.into(), domain: domain.into() }
}

async fn commit<T>(mut ctx: Context, answer: impl AsyncFnOnce(&mut Context) -> Result<T>) -> Result<T> {
    let answer = answer(&mut ctx).await?;
    ctx.commit().await?;
    Ok(answer)
}

const HTTP: i32 = 1;
const DNS: i32 = 2;
const RECORD: &str = "_zitadel-challenge.acme.example";

#[tokio::test]
async fn a_text_record_with_the_code_proves_a_domain() {
    on_each_engine(|db| async {
        let net = Net::new(db).await;
        let code = net.generate("acme.example", DNS).await;
        assert_eq!(id(net.verify("acme.example").await), "ORG-G241f");
        assert_eq!(net.last_event().await, "org.domain.verification.failed");
        net.names.set(RECORD, Known::Text("something else".into()));
        assert_eq!(id(net.verify("acme.example").await), "ORG-G28if");
        net.names.set(RECORD, Known::Broken);
        assert_eq!(id(net.verify("acme.example").await), "HTTP-Hwsw2");
        net.names.set(RECORD, Known::Text(code));
        net.verify(" ACME.example ").await.unwrap();
        assert_eq!(net.last_event().await, "org.domain.verified");
        assert_eq!(id(net.verify("acme.example").await), "ORG-HGw21");
        let ctx = &mut owner(&net.world);
        let primary = v1::SetPrimaryOrgDomainRequest { domain: "acme.example".into() };
        api_v1::set_primary(ctx, primary).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_file_with_the_code_proves_a_domain_with_or_without_an_ending() {
    for ending in [".txt", ""] {
        on_each_engine(|db| async {
            let net = Net::new(db).await;
            let code = net.generate("acme.example", HTTP).await;
            assert_eq!(id(net.verify("acme.example").await), "ORG-F4zhw");
            net.publish(ending, 200, &code, "something else");
            assert_eq!(id(net.verify("acme.example").await), "ORG-GH422");
            net.publish(ending, 503, &code, "");
            assert_eq!(id(net.verify("acme.example").await), "HTTP-G2zsw");
            net.publish(ending, 302, &code, &net.web.url("/elsewhere"));
            net.web.set("/elsewhere", 200, &code);
            assert_eq!(id(net.verify("acme.example").await), "HTTP-G2zsw");
            assert_eq!(net.last_event().await, "org.domain.verification.failed");
            net.publish(ending, 200, &code, &format!("{code}\n"));
            let request = v1::ValidateOrgDomainRequest { domain: "acme.example".into() };
            commit(owner(&net.world), async |ctx| api_v1::validate(ctx, request).await).await.unwrap();
            assert_eq!(net.last_event().await, "org.domain.verified");
        })
        .await;
    }
}

#[tokio::test]
async fn a_domain_that_cannot_be_reached_is_no_proof_and_is_recorded() {
    on_each_engine(|db| async {
        let net = Net::new(db).await;
        net.add("gone.example").await;
        net.add("acme.example:22").await;
        for domain in ["gone.example", "acme.example:22"] {
            net.generate(domain, HTTP).await;
            assert_eq!(id(net.verify(domain).await), "HTTP-BH42h");
            assert_eq!(net.last_event().await, "org.domain.verification.failed");
        }
        assert!(net.web.requests().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_denied_address_is_never_connected_to() {
    on_each_engine(|db| async {
        let net = Net::new(db).await;
        let code = net.generate("acme.example", HTTP).await;
        net.publish("", 200, &code, &code);
        let hosts = vec![("acme.example".to_owned(), net.web.address)];
        let guarded = Client::new(&Options { hosts, ..Options::default() }).unwrap();
        let found = super::proof::look_for(&guarded, super::ValidationType::Http, "acme.example", &code).await;
        assert_eq!(found.unwrap_err().id, "HTTP-BH42h");
        assert!(net.web.requests().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_domain_is_verified_only_while_a_proof_is_asked_for() {
    on_each_engine(|db| async {
        let net = Net::new(db).await;
        assert_eq!(id(net.verify("acme.example").await), "ORG-SFBB3");
        assert_eq!(id(net.verify("x.example").await), "ORG-Sjdi3");
        assert_eq!(id(net.verify(" ").await), "ORG-R24hb");
        assert_eq!(id(net.verify("o1.localhost").await), "ORG-HGw21");
        let old = net.generate("acme.example", DNS).await;
        net.generate("acme.example", DNS).await;
        net.names.set(RECORD, Known::Text(old));
        assert_eq!(id(net.verify("acme.example").await), "ORG-G28if");
    })
    .await;
}

#[tokio::test]
async fn a_proof_takes_the_names_below_the_domain_from_other_organizations_and_tells_their_users() {
    on_each_engine(|db| async {
        let net = Net::new(db).await;
        let squatter = net.world.machine("o2", "boss@acme.example").await;
        let own = net.world.machine("o1", "robot@acme.example").await;
        let code = net.generate("acme.example", DNS).await;
        net.names.set(RECORD, Known::Text(code));
        net.verify("acme.example").await.unwrap();
        let (name, payload) = events(&mut net.world.internal(), "user", &squatter).await.pop().unwrap();
        assert_eq!(name, "user.domain.claimed");
        assert!(payload["userName"].as_str().unwrap().ends_with("@temporary.localhost"), "{payload}");
        assert_eq!(events(&mut net.world.internal(), "user", &own).await.len(), 1);
        let told = statement!("SELECT payload FROM outbox WHERE instance_id = $1 AND kind = 'user.domain.claimed'");
        let rows = net.world.internal().look().rows(told, &[]).await.unwrap();
        let payloads: Vec<serde_json::Value> = rows.iter().map(|row| row.json(0).unwrap()).collect();
        assert_eq!(payloads, [serde_json::json!({"userId": squatter, "origin": "http://localhost"})]);
    })
    .await;
}

#[tokio::test]
async fn a_verified_domain_of_another_organization_cannot_be_proven() {
    on_each_engine(|db| async {
        let net = Net::new(db).await;
        let code = net.generate("acme.example", DNS).await;
        let mut other = net.world.org("o2", "ORG_OWNER");
        let request = v2::AddOrganizationDomainRequest { organization_id: "o2".into(), domain: "Acme.example".into() };
        api_v2::add(&mut other, request).await.unwrap();
        other.commit().await.unwrap();
        net.names.set(RECORD, Known::Text(code));
        assert_eq!(id(net.verify("acme.example").await), "V3-DKcYh");
    })
    .await;
}

#[tokio::test]
async fn domains_of_other_organizations_and_instances_are_not_verified() {
    on_each_engine(|db| async {
        let net = Net::new(db).await;
        let code = net.generate("acme.example", DNS).await;
        net.names.set(RECORD, Known::Text(code));
        let stranger = || net.world.org("o2", "ORG_OWNER");
        assert_eq!(id(api_v2::verify(&mut stranger(), verify("o1", "acme.example")).await), "AUTHZ-cdgFk");
        assert_eq!(id(api_v2::verify(&mut stranger(), verify("o2", "acme.example")).await), "ORG-Sjdi3");
        let mut elsewhere = net.world.other_instance();
        assert_eq!(id(api_v2::verify(&mut elsewhere, verify("o1", "acme.example")).await), "ORG-Sjdi3");
        assert_eq!(
            id(api_v2::verify(&mut net.world.user("u", "o1"), verify("o1", "acme.example")).await),
            "AUTHZ-cdgFk"
        );
        let beta =
            v2beta::VerifyOrganizationDomainRequest { organization_id: "o1".into(), domain: "acme.example".into() };
        commit(owner(&net.world), async |ctx| api_v2::beta_verify(ctx, beta).await).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_command_that_has_to_run_again_does_not_ask_the_network_again() {
    on_each_engine(|db| async {
        let net = Net::new(db).await;
        net.generate("acme.example", HTTP).await;
        let mut ctx = owner(&net.world);
        assert_eq!(id(api_v2::verify(&mut ctx, verify("o1", "acme.example")).await), "ORG-F4zhw");
        let asked = net.web.requests().len();
        assert_eq!(id(api_v2::verify(&mut ctx, verify("o1", "acme.example")).await), "ORG-F4zhw");
        assert_eq!((asked > 0, net.web.requests().len()), (true, asked));
        net.generate("acme.example", HTTP).await;
        assert_eq!(id(api_v2::verify(&mut ctx, verify("o1", "acme.example")).await), "ORG-F4zhw");
        assert!(net.web.requests().len() > asked, "another code is another question");
    })
    .await;
}
