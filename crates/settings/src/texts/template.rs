//! What texts are for, and which texts each of these has: read off the contract's messages.

use std::sync::OnceLock;

use castellan_kernel::{Error, Result};
use castellan_rpc::descriptor::{Contract, FieldKind, MessageTable};
use serde_json::{Map, Value};

use super::query::Values;

/// What a set of texts is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Template {
    /// The message with which a new person finishes the setup of the account.
    InitCode,
    /// The message with the code to set a new password.
    PasswordReset,
    /// The message with the code that proves an email address.
    VerifyEmail,
    /// The message with the code that proves a phone number.
    VerifyPhone,
    /// The message with a one-time code for the phone.
    VerifySmsOtp,
    /// The message with a one-time code for the mailbox.
    VerifyEmailOtp,
    /// The message that an organization claimed the domain of the user name.
    DomainClaimed,
    /// The message with the link to add a passkey.
    PasswordlessRegistration,
    /// The message that the password has changed.
    PasswordChange,
    /// The message that invites a person.
    InviteUser,
    /// The login pages.
    Login,
}

/// One text of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot {
    /// Its name in storage and events: `ButtonText`, and with the page in front `SelectAccount.Title`.
    pub key: String,
    /// The member of the JSON message that holds the page; none where the message itself holds the text.
    page: Option<&'static str>,
    /// The member that holds the text.
    member: &'static str,
}

impl Template {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::InitCode,
        Self::PasswordReset,
        Self::VerifyEmail,
        Self::VerifyPhone,
        Self::VerifySmsOtp,
        Self::VerifyEmailOtp,
        Self::DomainClaimed,
        Self::PasswordlessRegistration,
        Self::PasswordChange,
        Self::InviteUser,
        Self::Login,
    ];

    /// The name in storage and events.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InitCode => "InitCode",
            Self::PasswordReset => "PasswordReset",
            Self::VerifyEmail => "VerifyEmail",
            Self::VerifyPhone => "VerifyPhone",
            Self::VerifySmsOtp => "VerifySMSOTP",
            Self::VerifyEmailOtp => "VerifyEmailOTP",
            Self::DomainClaimed => "DomainClaimed",
            Self::PasswordlessRegistration => "PasswordlessRegistration",
            Self::PasswordChange => "PasswordChange",
            Self::InviteUser => "InviteUser",
            Self::Login => "Login",
        }
    }

    /// The contract's message that carries the texts.
    pub(super) fn table(self) -> Result<&'static MessageTable> {
        let name = match self {
            Self::Login => "zitadel.text.v1.LoginCustomText",
            _ => "zitadel.text.v1.MessageCustomText",
        };
        Contract::get().message(name).ok_or_else(|| Error::internal(format!("the contract has no message {name}")))
    }

    /// The texts that it has, in the order of the contract.
    pub(super) fn slots(self) -> Result<&'static [Slot]> {
        static MESSAGE: OnceLock<Vec<Slot>> = OnceLock::new();
        static LOGIN: OnceLock<Vec<Slot>> = OnceLock::new();
        let slots = if self == Self::Login { &LOGIN } else { &MESSAGE };
        if let Some(known) = slots.get() {
            return Ok(known);
        }
        let read = slots_of(self.table()?);
        Ok(slots.get_or_init(|| read))
    }

    /// The texts of a message in JSON form; empty ones are none.
    pub(super) fn read(self, message: &Map<String, Value>) -> Result<Values> {
        let text = |slot: &Slot| {
            let page = match slot.page {
                Some(page) => message.get(page)?.as_object()?,
                None => message,
            };
            page.get(slot.member)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
        };
        Ok(self.slots()?.iter().filter_map(|slot| Some((slot.key.clone(), text(slot)?))).collect())
    }

    /// The JSON form of the message with these texts.
    pub(super) fn write(self, texts: &Values) -> Result<Map<String, Value>> {
        let mut message = Map::new();
        for slot in self.slots()? {
            let Some(text) = texts.get(&slot.key) else { continue };
            let page = match slot.page {
                Some(page) => message.entry(page).or_insert_with(|| Value::Object(Map::new())).as_object_mut(),
                None => Some(&mut message),
            };
            if let Some(page) = page {
                page.insert(slot.member.to_owned(), text.as_str().into());
            }
        }
        Ok(message)
    }
}

fn slots_of(table: &'static MessageTable) -> Vec<Slot> {
    let mut slots = Vec::new();
    for field in &table.fields {
        match field.kind {
            FieldKind::String => {
                let key = if field.json_name == "footerText" { "Footer".to_owned() } else { capital(field.json_name) };
                slots.push(Slot { key, page: None, member: field.json_name });
            }
            FieldKind::Message(_) if field.proto_name != "details" => {
                let name = capital(field.json_name.strip_suffix("Text").unwrap_or(field.json_name));
                for text in field.kind.message().into_iter().flat_map(|page| &page.fields) {
                    let key = format!("{name}.{}", capital(text.json_name));
                    slots.push(Slot { key, page: Some(field.json_name), member: text.json_name });
                }
            }
            _ => {}
        }
    }
    slots
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}
