//! The door of the APIs: which instance a host names, and who a bearer token is (`spec: oauth.md 2.2, 2.4, 5.2`).

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use castellan_crypto::opaque::OpaqueKey;
use castellan_db::{Connection, Recalled, Remember};
use castellan_directory::users::head;
use castellan_directory::{administrators, instances};
use castellan_kernel::{Caller, CallerKind, Error, Fault, Kind, Result, Timestamp};
use castellan_rpc::descriptor::NamedOrganization;
use castellan_rpc::hosts::RequestedHost;
use castellan_rpc::{Environment, Gate, Instance};
use http::HeaderMap;

use crate::presented::{self, Presented, TokenKind};
use crate::system_user::SystemUsers;

const BAD_HEADER: Fault = Fault::unauthenticated("AUTH-toLo1", "invalid auth header");
const INVALID_TOKEN: Fault = Fault::unauthenticated("AUTH-7fs1e", "Errors.Token.Invalid");

/// The header that names the organization in context.
const ORG_HEADER: &str = "x-zitadel-orgid";

type LocalFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The gate that the router asks.
#[derive(Debug, Default)]
pub struct TokenGate;

impl Gate for TokenGate {
    fn instance_by_host<'a>(
        &'a self,
        env: &'a Arc<Environment>,
        connection: &'a mut Connection,
        host: &'a RequestedHost,
    ) -> LocalFuture<'a, Result<Arc<Instance>>> {
        Box::pin(instance_by_host(env, connection, host))
    }

    fn instance_by_id<'a>(
        &'a self,
        connection: &'a mut Connection,
        id: &'a str,
    ) -> LocalFuture<'a, Result<Option<Arc<Instance>>>> {
        Box::pin(async move { Ok(instances::by_id(connection, id).await?.map(Arc::new)) })
    }

    fn organization<'a>(
        &'a self,
        connection: &'a mut Connection,
        named: NamedOrganization,
    ) -> LocalFuture<'a, Result<String>> {
        Box::pin(async move {
            match named {
                NamedOrganization::Id(id) => head::named_org(connection, &id).await,
                NamedOrganization::Domain(domain) => head::org_of_domain(connection, &domain).await,
            }
        })
    }

    fn authenticate<'a>(
        &'a self,
        env: &'a Arc<Environment>,
        connection: &'a mut Connection,
        instance: &'a Instance,
        host: &'a RequestedHost,
        headers: &'a HeaderMap,
    ) -> LocalFuture<'a, Result<Arc<Caller>>> {
        Box::pin(authenticate(env, connection, instance, host, headers))
    }
}

/// The instance that a request's host names; its public host must be one of the instance's trusted domains.
///
/// # Errors
/// `NotFound` as a bare status that names the host that was seen.
pub async fn instance_by_host(
    env: &Environment,
    connection: &mut Connection,
    host: &RequestedHost,
) -> Result<Arc<Instance>> {
    let domain = host.instance_domain();
    if domain.is_empty() {
        return Err(Error::bare(Kind::NotFound, "no instanceHost specified"));
    }
    let found = instances::by_host(connection, &domain).await?;
    let trusted = match (&found, host.public_domain()) {
        (Some(instance), Some(public)) => {
            connection.scope(&instance.id);
            instances::trusts(connection, &public).await?
        }
        (found, _) => found.is_some(),
    };
    found.filter(|_| trusted).ok_or_else(|| {
        Error::bare(
            Kind::NotFound,
            format!(
                "unable to set instance using origin &{{{} {} {}}} (ExternalDomain is {}): ID=QUERY-1kIjX Message=No instance has this host; add it as a custom domain (or as a trusted domain, for a public host), or call the server by a host it knows",
                host.instance_host,
                host.public_host.as_deref().unwrap_or_default(),
                host.scheme,
                env.hosts.external_domain
            ),
        )
    })
}

/// A caller for as long as its token lives.
struct Admitted {
    caller: Arc<Caller>,
    until: Timestamp,
}

impl Remember for Admitted {
    const BUDGET: u64 = 2 << 20;

    fn weight(&self) -> u64 {
        let held = self.caller.memberships.iter().map(|held| held.roles.len() as u64 * 32 + 512).sum::<u64>();
        size_of::<Caller>() as u64 + 128 + held
    }
}

async fn authenticate(
    env: &Environment,
    connection: &mut Connection,
    instance: &Instance,
    host: &RequestedHost,
    headers: &HeaderMap,
) -> Result<Arc<Caller>> {
    let token = bearer(headers)?;
    let org_header = headers.get(ORG_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
    let now = env.clock.now();

    if !instance.id.is_empty() {
        let origin = host.origin();
        let key = presented::key(&instance.id, &origin, token, org_header);
        let recording = match connection.recall::<Admitted>(key).await? {
            Recalled::Known(admitted) if now < admitted.until => return Ok(Arc::clone(&admitted.caller)),
            Recalled::Known(_) => return Err(INVALID_TOKEN.into()),
            Recalled::Unknown(recording) => recording,
        };
        // Boxed, so that requests of callers who are remembered need no room for the reading.
        let admitted = Box::pin(admit(env, connection, instance, &origin, token, org_header, now)).await?;
        if let Some(admitted) = admitted {
            return Ok(Arc::clone(&connection.keep(recording, admitted).caller));
        }
    }
    let users = env.services.get::<SystemUsers>()?;
    let caller = users.authenticate(token, now, &instance.id, org_header, &env.system_roles).ok_or(INVALID_TOKEN)?;
    if !instance.id.is_empty() && !org_header.is_empty() {
        head::named_org(connection, org_header).await?;
    }
    Ok(Arc::new(caller))
}

/// Reads whom a token stands for; `None` when it is none of an instance's users, or not meant for the APIs.
async fn admit(
    env: &Environment,
    connection: &mut Connection,
    instance: &Instance,
    origin: &str,
    token: &str,
    org_header: &str,
    now: Timestamp,
) -> Result<Option<Admitted>> {
    let seal = env.services.get::<OpaqueKey>()?;
    connection.announce(|| {
        let asked = presented::question(&seal, token, now);
        asked.into_iter().flat_map(|(user_id, token)| [token, administrators::memberships_question(&user_id)])
    });
    let Ok(presented) = presented::read(connection, &seal, origin, token, now).await? else { return Ok(None) };
    if !may_call_apis(&presented, instance) {
        return Ok(None);
    }
    let until = presented.expires_at;
    let caller = Arc::new(caller(env, connection, presented, org_header).await?);
    Ok(Some(Admitted { caller, until }))
}

/// The token of the `Authorization` header: exactly one `Bearer ` prefix.
///
/// # Errors
/// `auth header missing` as a bare status, `AUTH-toLo1` for another form.
pub fn bearer(headers: &HeaderMap) -> Result<&str> {
    let missing = || Error::bare(Kind::Unauthenticated, "auth header missing");
    let header = headers.get(http::header::AUTHORIZATION).ok_or_else(missing)?.to_str().map_err(|_| BAD_HEADER)?;
    if header.is_empty() {
        return Err(missing());
    }
    header
        .strip_prefix("Bearer ")
        .filter(|token| !token.is_empty() && !token.contains("Bearer ") && !token.contains(' '))
        .ok_or_else(|| BAD_HEADER.into())
}

/// Access tokens must be meant for the APIs; personal access tokens are by nature.
fn may_call_apis(presented: &Presented, instance: &Instance) -> bool {
    match presented.kind {
        TokenKind::Personal => true,
        TokenKind::Access => presented.audience.contains(&instance.project_id),
    }
}

async fn caller(
    env: &Environment,
    connection: &mut Connection,
    presented: Presented,
    org_header: &str,
) -> Result<Caller> {
    let org = if org_header.is_empty() || org_header == presented.org_id {
        presented.org_id.to_string()
    } else {
        head::named_org(connection, org_header).await?
    };
    let memberships = administrators::memberships_of(connection, &env.roles, &presented.user_id).await?;
    Ok(Caller {
        kind: if presented.user_kind == 2 { CallerKind::Machine } else { CallerKind::Human },
        user_id: presented.user_id.into(),
        own_org: presented.org_id.into(),
        org,
        language: presented.language,
        memberships,
    })
}
