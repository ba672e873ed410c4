//! How codes and secrets are made. RPCs: Admin List-, Get-, UpdateSecretGenerator(s). Documents `secret_generator:<type>`. Events
//! `instance.secret.generator.added`, `.changed`. Rules: spec api.md 4.11.

#[cfg(test)]
mod tests;

use castellan_kernel::{Fault, Receipt, Result};
use castellan_proto::methods::admin_v1;
use castellan_proto::zitadel::{admin::v1 as admin, settings::v1 as settings};
use castellan_rpc::{AuditEvent, Context, Registry, convert};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::defaults::add_generator;
use crate::documents::{GeneratorKind, SecretGenerator, put_generator, stored_generator};
use crate::policies::event;
use crate::span::Span;
use crate::store::Stored;

const TYPE_MISSING: Fault = Fault::invalid("COMMAND-33k9f", "Errors.SecretGenerator.TypeMissing");
const UNUSABLE: Fault = Fault::invalid("COMMAND-Gen01", "Errors.SecretGenerator.Unusable");
const UNCHANGED: Fault = Fault::precondition("COMMAND-m0o3f", "Errors.NoChangesFound");
const NOT_FOUND: Fault = Fault::not_found("QUERY-m9wff", "Errors.SecretGenerator.NotFound");
const QUERY_INVALID: Fault = Fault::invalid("ORG-fm9es", "List.Query.Invalid");

#[derive(Serialize)]
#[serde(transparent)]
struct GeneratorChanged(Map<String, Value>);

impl AuditEvent for GeneratorChanged {
    const TYPE: &'static str = "instance.secret.generator.changed";
}

pub(crate) fn register(registry: &mut Registry) {
    registry
        .room("settings/secret_generators")
        .query::<admin_v1::ListSecretGenerators>(list)
        .query::<admin_v1::GetSecretGenerator>(get)
        .command::<admin_v1::UpdateSecretGenerator>(update);
}

async fn list(
    ctx: &mut Context,
    request: admin::ListSecretGeneratorsRequest,
) -> Result<admin::ListSecretGeneratorsResponse> {
    use settings::secret_generator_query::Query;
    let mut asked: Vec<i32> = Vec::new();
    for query in request.queries {
        match query.query.ok_or(QUERY_INVALID)? {
            Query::TypeQuery(query) => asked.push(query.generator_type),
        }
    }
    let page = convert::page_v1(request.query.as_ref());
    let mut found = Vec::new();
    for kind in GeneratorKind::STORED {
        let Some(number) = kind.api_number() else { continue };
        // Several filters must all hold, as in every list.
        if asked.iter().all(|asked| *asked == number)
            && let Some(stored) = stored_generator(ctx.read().await?, kind).await?
        {
            found.push(wire(number, &stored, &ctx.instance.id));
        }
    }
    found.sort_by_key(|generator| generator.generator_type);
    if !page.ascending {
        found.reverse();
    }
    let (result, total) = convert::page_of(found, &page);
    Ok(admin::ListSecretGeneratorsResponse { details: convert::list_v1(total, ctx.now()), result })
}

async fn get(
    ctx: &mut Context,
    request: admin::GetSecretGeneratorRequest,
) -> Result<admin::GetSecretGeneratorResponse> {
    let kind = GeneratorKind::from_api_number(request.generator_type).ok_or(NOT_FOUND)?;
    let stored = stored_generator(ctx.read().await?, kind).await?.ok_or(NOT_FOUND)?;
    let secret_generator = Some(wire(request.generator_type, &stored, &ctx.instance.id));
    Ok(admin::GetSecretGeneratorResponse { secret_generator })
}

async fn update(
    ctx: &mut Context,
    request: admin::UpdateSecretGeneratorRequest,
) -> Result<admin::UpdateSecretGeneratorResponse> {
    let kind = GeneratorKind::from_api_number(request.generator_type).ok_or(TYPE_MISSING)?;
    let generator = SecretGenerator {
        length: request.length,
        expiry: Span::from_proto(request.expiry.as_ref()),
        include_lower_letters: request.include_lower_letters,
        include_upper_letters: request.include_upper_letters,
        include_digits: request.include_digits,
        include_symbols: request.include_symbols,
    };
    let receipt = change(ctx, kind, &generator).await?;
    Ok(admin::UpdateSecretGeneratorResponse { details: convert::changed(&receipt) })
}

/// Changes a generator, or stores it where there is none yet.
async fn change(ctx: &mut Context, kind: GeneratorKind, generator: &SecretGenerator) -> Result<Receipt> {
    if !generator.is_usable() {
        return Err(UNUSABLE.into());
    }
    let Some(stored) = stored_generator(ctx.tx().await?, kind).await? else {
        return add_generator(ctx, kind, generator).await;
    };
    if stored.value == *generator {
        return Err(UNCHANGED.into());
    }
    let mut payload = Map::from_iter([("generatorType".to_owned(), Value::from(kind.number()))]);
    payload.extend(event::difference(&event::fields(&stored.value)?, event::fields(generator)?));
    let instance = event::instance_aggregate(&ctx.instance.id);
    let receipt = ctx.record(&instance, &GeneratorChanged(payload)).await?;
    put_generator(ctx.tx().await?, kind, generator, &receipt).await?;
    Ok(receipt)
}

fn wire(number: i32, stored: &Stored<SecretGenerator>, instance_id: &str) -> settings::SecretGenerator {
    settings::SecretGenerator {
        generator_type: number,
        details: stored.details(instance_id),
        length: stored.value.length,
        expiry: Some(stored.value.expiry.to_proto()),
        include_lower_letters: stored.value.include_lower_letters,
        include_upper_letters: stored.value.include_upper_letters,
        include_digits: stored.value.include_digits,
        include_symbols: stored.value.include_symbols,
    }
}
