//! The label policy (branding): what is published, and a preview that takes all changes until it is published.

use serde::{Deserialize, Serialize};

use crate::store::Document;

/// Colours and marks of the pages. An empty asset key means that there is no such picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LabelPolicy {
    /// Primary colour as `#rgb` or `#rrggbb`, or empty; so all colours.
    pub primary_color: String,
    /// Background.
    pub background_color: String,
    /// Warnings.
    pub warn_color: String,
    /// Text.
    pub font_color: String,
    /// Primary colour in the dark mode.
    pub primary_color_dark: String,
    /// Background in the dark mode.
    pub background_color_dark: String,
    /// Warnings in the dark mode.
    pub warn_color_dark: String,
    /// Text in the dark mode.
    pub font_color_dark: String,
    /// Whether the domain of a login name is hidden.
    pub hide_login_name_suffix: bool,
    /// Whether errors pop up; kept for its event, no page uses it.
    pub error_msg_popup: bool,
    /// Whether the mark of the product is hidden.
    pub disable_watermark: bool,
    /// Mode of the pages (`ThemeMode` of the contract).
    pub theme_mode: i32,
    /// Storage key of the logo.
    pub logo_key: String,
    /// Storage key of the icon.
    pub icon_key: String,
    /// Storage key of the logo of the dark mode.
    pub logo_key_dark: String,
    /// Storage key of the icon of the dark mode.
    pub icon_key_dark: String,
    /// Storage key of the font.
    pub font_key: String,
}

impl Document for LabelPolicy {
    const KIND: &'static str = "label_policy";
}

impl Default for LabelPolicy {
    fn default() -> Self {
        Self {
            primary_color: "#5469d4".to_owned(),
            background_color: "#fafafa".to_owned(),
            warn_color: "#cd3d56".to_owned(),
            font_color: "#000000".to_owned(),
            primary_color_dark: "#2073c4".to_owned(),
            background_color_dark: "#111827".to_owned(),
            warn_color_dark: "#ff3b5b".to_owned(),
            font_color_dark: "#ffffff".to_owned(),
            hide_login_name_suffix: false,
            error_msg_popup: false,
            disable_watermark: false,
            theme_mode: 0,
            logo_key: String::new(),
            icon_key: String::new(),
            logo_key_dark: String::new(),
            icon_key_dark: String::new(),
            font_key: String::new(),
        }
    }
}

/// The label policy as it will be once it is activated.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LabelPreview(pub LabelPolicy);

impl Document for LabelPreview {
    const KIND: &'static str = "label_policy_preview";
}
