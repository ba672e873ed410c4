//! The pictures and the font of branding: what differs by kind (place in the document, route, events, errors).

use castellan_kernel::{Fault, Owner, Receipt, Result};
use castellan_rpc::{AuditEvent, Context};
use serde::Serialize;

use crate::documents::LabelPolicy;
use crate::policies::event::aggregate;

/// A file that branding shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asset {
    Logo,
    LogoDark,
    Icon,
    IconDark,
    Font,
}

/// What happens to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Added,
    Removed,
}

impl Asset {
    pub(crate) const ALL: [Self; 5] = [Self::Logo, Self::LogoDark, Self::Icon, Self::IconDark, Self::Font];

    /// The last part of its route.
    pub(crate) const fn route(self) -> &'static str {
        match self {
            Self::Logo => "logo",
            Self::LogoDark => "logo/dark",
            Self::Icon => "icon",
            Self::IconDark => "icon/dark",
            Self::Font => "font",
        }
    }

    /// What its names in storage begin with.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Logo => "policy/label/logo",
            Self::LogoDark => "policy/label/logo-dark",
            Self::Icon => "policy/label/icon",
            Self::IconDark => "policy/label/icon-dark",
            Self::Font => "policy/label/font",
        }
    }

    /// Whether a file of that media type can be it.
    pub(crate) fn takes(self, content_type: &str) -> bool {
        match self {
            Self::Font => content_type.starts_with("font/") || content_type == "application/octet-stream",
            _ => content_type.starts_with("image/"),
        }
    }

    /// The name of the file in a policy; empty when there is none.
    pub(crate) fn key(self, policy: &LabelPolicy) -> &str {
        match self {
            Self::Logo => &policy.logo_key,
            Self::LogoDark => &policy.logo_key_dark,
            Self::Icon => &policy.icon_key,
            Self::IconDark => &policy.icon_key_dark,
            Self::Font => &policy.font_key,
        }
    }

    pub(super) fn key_mut(self, policy: &mut LabelPolicy) -> &mut String {
        match self {
            Self::Logo => &mut policy.logo_key,
            Self::LogoDark => &mut policy.logo_key_dark,
            Self::Icon => &mut policy.icon_key,
            Self::IconDark => &mut policy.icon_key_dark,
            Self::Font => &mut policy.font_key,
        }
    }

    /// The error when the owner has no policy of its own.
    pub(super) const fn missing(self, owner: &Owner, change: Change) -> Fault {
        use Change::{Added, Removed};
        let id = match (owner, self, change) {
            (Owner::Org(_), Self::Logo, Added) => "ORG-23BMs",
            (Owner::Org(_), Self::LogoDark, Added) => "ORG-QSqcd",
            (Owner::Org(_), Self::Icon, Added) => "ORG-4nq2f",
            (Owner::Org(_), Self::IconDark, Added) => "ORG-4Nf8s",
            (Owner::Org(_), Self::Font, Added) => "ORG-2M9fs",
            (Owner::Org(_), Self::Logo, Removed) => "ORG-4MVsf",
            (Owner::Org(_), Self::LogoDark, Removed) => "ORG-0peQw",
            (Owner::Org(_), Self::Icon, Removed) => "ORG-1nd9f",
            (Owner::Org(_), Self::IconDark, Removed) => "ORG-3NFos",
            (Owner::Org(_), Self::Font, Removed) => "ORG-4n9SD",
            (Owner::Instance, Self::Logo, Added) => "INSTANCE-Qw0pd",
            (Owner::Instance, Self::LogoDark, Added) => "INSTANCE-ZR9fs",
            (Owner::Instance, Self::Icon, Added) => "INSTANCE-1yMx0",
            (Owner::Instance, Self::IconDark, Added) => "INSTANCE-vMsf9",
            (Owner::Instance, Self::Font, Added) => "INSTANCE-1N8fE",
            (Owner::Instance, Self::Logo, Removed) => "INSTANCE-Xc8Kf",
            (Owner::Instance, Self::LogoDark, Removed) => "INSTANCE-3FGds",
            (Owner::Instance, Self::Icon, Removed) => "INSTANCE-4M0qw",
            (Owner::Instance, Self::IconDark, Removed) => "INSTANCE-2nc7F",
            (Owner::Instance, Self::Font, Removed) => "INSTANCE-Tk0gw",
        };
        let key = match owner {
            Owner::Org(_) => "Errors.Org.LabelPolicy.NotFound",
            Owner::Instance => "Errors.Instance.LabelPolicy.NotFound",
        };
        Fault::not_found(id, key)
    }
}

macro_rules! events {
    ($($asset:ident: $name:literal;)+) => {
        /// Records that a file came or went.
        pub(super) async fn record(
            ctx: &mut Context,
            owner: &Owner,
            asset: Asset,
            change: Change,
            store_key: &str,
        ) -> Result<Receipt> {
            let aggregate = aggregate(ctx, owner);
            match (owner, asset, change) {
                $(
                    (Owner::Instance, Asset::$asset, Change::Added) => {
                        events!(@record ctx, aggregate, store_key, concat!("instance.policy.label.", $name, ".added"))
                    }
                    (Owner::Instance, Asset::$asset, Change::Removed) => {
                        events!(@record ctx, aggregate, store_key, concat!("instance.policy.label.", $name, ".removed"))
                    }
                    (Owner::Org(_), Asset::$asset, Change::Added) => {
                        events!(@record ctx, aggregate, store_key, concat!("org.policy.label.", $name, ".added"))
                    }
                    (Owner::Org(_), Asset::$asset, Change::Removed) => {
                        events!(@record ctx, aggregate, store_key, concat!("org.policy.label.", $name, ".removed"))
                    }
                )+
            }
        }
    };
    (@record $ctx:ident, $aggregate:ident, $key:ident, $type:expr) => {{
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Changed<'a> {
            store_key: &'a str,
        }
        impl AuditEvent for Changed<'_> {
            const TYPE: &'static str = $type;
        }
        $ctx.record(&$aggregate, &Changed { store_key: $key }).await
    }};
}

events! {
    Logo: "logo";
    LogoDark: "logo.dark";
    Icon: "icon";
    IconDark: "icon.dark";
    Font: "font";
}
