//! One handler per kind of RPC, for every template and both APIs: conversion only, by the contract's tables.

use castellan_kernel::{Error, Owner, Receipt, Result};
use castellan_rpc::descriptor::{Contract, MethodInfo};
use castellan_rpc::{Context, convert, json};
use prost::Message;
use serde_json::{Map, Value};

use super::methods::{Level, TextMethod};
use super::query::{self, Texts};
use super::{command, template::Template};

/// The first field of an answer: `custom_text` of reads, `details` of writes; and `details` of the texts.
#[derive(Clone, PartialEq, Message)]
struct First {
    #[prost(bytes = "vec", tag = "1")]
    message: Vec<u8>,
}

pub(super) async fn get_default<M: TextMethod>(ctx: &mut Context, request: M::Request) -> Result<M::Response> {
    let (language, _) = read::<M>(&request)?;
    let texts = match M::LEVEL {
        Level::Instance => query::built_in_texts(M::TEMPLATE, &language)?,
        Level::Organization => {
            let texts = query::of_owner(ctx.read().await?, &Owner::Instance, M::TEMPLATE, &language).await?;
            Texts { is_own: false, ..texts }
        }
    };
    answer::<M>(ctx, &texts)
}

pub(super) async fn get_custom<M: TextMethod>(ctx: &mut Context, request: M::Request) -> Result<M::Response> {
    let (language, _) = read::<M>(&request)?;
    let owner = owner::<M>(ctx);
    let texts = query::of_owner(ctx.read().await?, &owner, M::TEMPLATE, &language).await?;
    answer::<M>(ctx, &texts)
}

pub(super) async fn set<M: TextMethod>(ctx: &mut Context, request: M::Request) -> Result<M::Response> {
    let (language, message) = read::<M>(&request)?;
    let texts = M::TEMPLATE.read(&message)?;
    let receipt = command::set(ctx, &owner::<M>(ctx), M::TEMPLATE, &language, texts).await?;
    changed::<M>(&receipt)
}

pub(super) async fn reset<M: TextMethod>(ctx: &mut Context, request: M::Request) -> Result<M::Response> {
    let (language, _) = read::<M>(&request)?;
    let receipt = command::reset(ctx, &owner::<M>(ctx), M::TEMPLATE, &language).await?;
    changed::<M>(&receipt)
}

fn owner<M: TextMethod>(ctx: &Context) -> Owner {
    match M::LEVEL {
        Level::Instance => Owner::Instance,
        Level::Organization => Owner::Org(ctx.caller.org.clone()),
    }
}

/// The language of a request, and the request in JSON form.
fn read<M: TextMethod>(request: &M::Request) -> Result<(String, Map<String, Value>)> {
    let mut text = Vec::new();
    json::encode(method::<M>()?.request(), &request.encode_to_vec(), &mut text).map_err(Error::internal)?;
    let message: Map<String, Value> = serde_json::from_slice(&text).map_err(Error::internal)?;
    let language = message.get("language").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok((language, message))
}

fn answer<M: TextMethod>(ctx: &Context, texts: &Texts) -> Result<M::Response> {
    let mut message = message(M::TEMPLATE, texts)?;
    let details = texts.stored.details(&ctx.instance.id).unwrap_or_default().encode_to_vec();
    message.extend(First { message: details }.encode_to_vec());
    M::Response::decode(First { message }.encode_to_vec().as_slice()).map_err(Error::internal)
}

/// The texts as the contract's message, without details.
fn message(template: Template, texts: &Texts) -> Result<Vec<u8>> {
    let mut message = template.write(&texts.stored.value)?;
    message.insert("isDefault".to_owned(), (!texts.is_own).into());
    let text = serde_json::to_vec(&message).map_err(Error::internal)?;
    json::decode(template.table()?, &text).map_err(Error::internal)
}

fn changed<M: TextMethod>(receipt: &Receipt) -> Result<M::Response> {
    let message = convert::changed(receipt).unwrap_or_default().encode_to_vec();
    M::Response::decode(First { message }.encode_to_vec().as_slice()).map_err(Error::internal)
}

fn method<M: TextMethod>() -> Result<&'static MethodInfo> {
    Contract::get().method(M::PATH).ok_or_else(|| Error::internal(format!("{} is not in the contract", M::PATH)))
}
