//! SAML applications (service providers): their configuration and the rules for it. What identifies one is the entity id in its
//! metadata, which is sent along or fetched from an address when it is written.

use castellan_kernel::{Error, Fault, Result};
use castellan_outbound::Client;
use castellan_rpc::Context;
use serde::{Deserialize, Serialize};

use super::LoginVersion;

const MISSING: Fault = Fault::invalid("SAML-wmqlo1", "Errors.Project.App.SAMLMetadataMissing");
const FORMAT: Fault = Fault::invalid("SAML-bquso", "Errors.Project.App.SAMLMetadataFormat");
const UPDATE_MISSING: Fault = Fault::invalid("SAML-J3kg3", "Errors.Project.App.SAMLMetadataMissing");
const UPDATE_FORMAT: Fault = Fault::invalid("SAML-3fk2b", "Errors.Project.App.SAMLMetadataFormat");

/// The XML namespace of SAML 2.0 metadata (saml-metadata-2.0-os, section 2).
const NAMESPACE: &str = "urn:oasis:names:tc:SAML:2.0:metadata";

/// The configuration of a SAML application, as stored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SamlConfig {
    /// By what identity providers know the application; unique within the instance whatever its case.
    pub entity_id: String,
    /// The metadata of the service provider, XML.
    pub metadata: String,
    /// Which login pages the users see.
    pub login_version: LoginVersion,
    /// Where login pages of version 2 are; empty for the instance's.
    pub login_base_uri: String,
}

/// The most bytes of metadata that is fetched, as many as may be sent along.
const MAX_METADATA: usize = 500_000;

/// Where a request has the metadata.
#[derive(Debug, Clone)]
pub(super) enum Metadata {
    Xml(Vec<u8>),
    /// It has to be fetched, before the transaction.
    Url(String),
    None,
}

/// Metadata as it was fetched.
struct Fetched(Vec<u8>);

/// Whether metadata is for a new application or for one that exists; the faults differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    Create,
    Update,
}

/// What a request says about the configuration.
#[derive(Debug)]
pub(super) struct SamlSettings {
    pub metadata: Metadata,
    /// `None` leaves the login pages as they are.
    pub login: Option<(LoginVersion, String)>,
}

impl For {
    fn faults(self) -> (Fault, Fault) {
        match self {
            Self::Create => (MISSING, FORMAT),
            Self::Update => (UPDATE_MISSING, UPDATE_FORMAT),
        }
    }
}

impl SamlSettings {
    /// Whether the metadata has to be fetched.
    pub fn is_elsewhere(&self) -> bool {
        matches!(self.metadata, Metadata::Url(_))
    }

    /// Fetches metadata that is elsewhere, before the transaction; a command that runs again does not fetch again.
    ///
    /// # Errors
    /// The fault for missing metadata, when there is none at the address or it cannot be reached.
    pub async fn fetch(&mut self, ctx: &mut Context, purpose: For) -> Result<()> {
        let Metadata::Url(address) = &self.metadata else { return Ok(()) };
        if let Some(Fetched(xml)) = ctx.kept() {
            self.metadata = Metadata::Xml(xml.clone());
            return Ok(());
        }
        let client = ctx.service::<Client>()?;
        let missing = || Error::from(purpose.faults().0);
        let answer = client.get(address.trim(), MAX_METADATA).await.map_err(|cause| missing().because(cause))?;
        if !answer.is_success() {
            return Err(missing().because(format!("{address} answered {}", answer.status)));
        }
        ctx.keep(Fetched(answer.body.to_vec()));
        self.metadata = Metadata::Xml(answer.body.into());
        Ok(())
    }

    /// The configuration that the request asks for, on top of the old one.
    ///
    /// # Errors
    /// Metadata that is missing, or that is not the SAML metadata of one entity.
    pub fn apply(self, old: &SamlConfig, purpose: For) -> Result<SamlConfig> {
        let (missing, format) = purpose.faults();
        let xml = match self.metadata {
            Metadata::Xml(xml) if !xml.is_empty() => xml,
            Metadata::Xml(_) | Metadata::Url(_) | Metadata::None => return Err(missing.into()),
        };
        let metadata = String::from_utf8(xml).map_err(|_| format)?;
        let entity_id = entity_id(&metadata).ok_or(format)?;
        let (login_version, login_base_uri) =
            self.login.unwrap_or_else(|| (old.login_version, old.login_base_uri.clone()));
        Ok(SamlConfig { entity_id, metadata, login_version, login_base_uri })
    }
}

/// The entity id of metadata that describes one entity. Document types, and with them entities that expand, are refused.
fn entity_id(metadata: &str) -> Option<String> {
    let document = roxmltree::Document::parse(metadata).ok()?;
    let root = document.root_element();
    if !root.has_tag_name((NAMESPACE, "EntityDescriptor")) {
        return None;
    }
    root.attribute("entityID").map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entity_id_is_that_of_the_root_in_the_namespace_of_metadata() {
        let metadata = r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID=" https://sp.example/ "/>"#;
        assert_eq!(entity_id(metadata).as_deref(), Some("https://sp.example/"));
        assert_eq!(entity_id(r#"<EntityDescriptor entityID="https://sp.example/"/>"#), None);
        assert_eq!(entity_id(r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"/>"#), None);
        assert_eq!(entity_id("no XML"), None);
    }

    #[test]
    fn metadata_with_a_document_type_is_refused() {
        let metadata = r#"<!DOCTYPE e [<!ENTITY x "y">]><EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="&x;"/>"#;
        assert_eq!(entity_id(metadata), None);
    }
}
