//! The declaration of keys. A `section!` states once, for each key, its name, type, default and help; the typed struct,
//! the parser's table, `config show` and the documentation are made from that one statement.

use serde_json::Value;

use super::problem::Problem;
use super::values::Values;

/// Other defaults for the keys of a section that is used in several places.
pub(super) type Defaults = &'static [(&'static str, &'static str)];

/// One key of the configuration.
#[derive(Debug, Clone)]
pub struct Key {
    /// The name with its sections, such as `TLS.KeyPath`.
    pub path: String,
    /// What values look like, such as `duration`.
    pub kind: &'static str,
    /// The default in the form in which one would write it.
    pub default: &'static str,
    /// What the key does.
    pub help: &'static str,
    /// Whether the value must not be shown.
    pub secret: bool,
    /// Reads a value and gives it back as one would show it (masked if secret).
    pub check: fn(&Value) -> Result<String, String>,
}

impl Key {
    /// The name in the environment without its prefix: upper case, `_` between the parts.
    pub fn environment_name(&self) -> String {
        environment_name(&self.path)
    }
}

/// The environment form of a key: upper case, `.` replaced by `_`.
pub(super) fn environment_name(path: &str) -> String {
    path.to_uppercase().replace('.', "_")
}

/// A group of keys under one prefix.
pub(super) trait Section: Sized {
    /// Adds the section's keys to the table.
    fn declare(prefix: &str, defaults: Defaults, keys: &mut Vec<Key>);
    /// Reads the section from the given values.
    fn read(prefix: &str, defaults: Defaults, values: &Values) -> Result<Self, Problem>;
}

/// `prefix.key`, or `key` at the top.
pub(super) fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

/// The default of a key, unless the place of use states another.
pub(super) fn default_of(defaults: Defaults, key: &str, built_in: &'static str) -> &'static str {
    defaults.iter().find(|(name, _)| *name == key).map_or(built_in, |(_, other)| other)
}

/// Declares a struct of settings: `"Key" => field: Type = "default";` for a value, `"Key" => field: Section;` for a
/// nested section and `"Key" => field: Section ["Inner" = "default"];` to give the nested keys other defaults.
/// Fields under `derived` are no keys: `load` fills them from the others.
macro_rules! section {
    (
        $(#[$meta:meta])*
        $name:ident {
            $(
                $(#[doc = $help:literal])*
                $key:literal => $field:ident : $type:ty $(= $default:literal)? $([$($inner:literal = $other:literal),+])? ;
            )*
        }
        $(derived { $( $(#[$derived_meta:meta])* $derived:ident : $derived_type:ty ),* $(,)? })?
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        pub struct $name { $( $(#[doc = $help])* #[doc = concat!(" (`", $key, "`)")] pub $field: $type, )*
            $($( $(#[$derived_meta])* pub $derived: $derived_type, )*)?
        }

        impl $crate::config::key::Section for $name {
            #[allow(unused_variables, reason = "a section of sections needs no defaults")]
            fn declare(
                prefix: &str,
                defaults: $crate::config::key::Defaults,
                keys: &mut Vec<$crate::config::key::Key>,
            ) {
                $( $crate::config::key::section!(
                    @declare prefix, defaults, keys, $key, concat!($($help),*), $type,
                    [$($default)?] [$($(($inner, $other)),+)?]
                ); )*
            }

            #[allow(unused_variables, reason = "a section of sections needs no defaults")]
            fn read(
                prefix: &str,
                defaults: $crate::config::key::Defaults,
                values: &$crate::config::values::Values,
            ) -> Result<Self, $crate::config::Problem> {
                Ok(Self { $( $field: $crate::config::key::section!(
                    @read prefix, defaults, values, $key, $type, [$($default)?] [$($(($inner, $other)),+)?]
                ), )* $($( $derived: Default::default(), )*)? })
            }
        }
    };
    (@declare $prefix:ident, $defaults:ident, $keys:ident, $key:literal, $help:expr, $type:ty, [$default:literal] []) => {
        $keys.push($crate::config::key::Key {
            path: $crate::config::key::join($prefix, $key),
            kind: <$type as $crate::config::value::Setting>::KIND,
            default: $crate::config::key::default_of($defaults, $key, $default),
            help: $help,
            secret: <$type as $crate::config::value::Setting>::SECRET,
            check: $crate::config::value::check::<$type>,
        });
    };
    (@declare $prefix:ident, $defaults:ident, $keys:ident, $key:literal, $help:expr, $type:ty, [] []) => {
        <$type as $crate::config::key::Section>::declare(&$crate::config::key::join($prefix, $key), $defaults, $keys);
    };
    (@declare $prefix:ident, $defaults:ident, $keys:ident, $key:literal, $help:expr, $type:ty, [] [$($other:expr),+]) => {
        <$type as $crate::config::key::Section>::declare(
            &$crate::config::key::join($prefix, $key), &[$($other),+], $keys,
        );
    };
    (@read $prefix:ident, $defaults:ident, $values:ident, $key:literal, $type:ty, [$default:literal] []) => {
        $values.read::<$type>(
            &$crate::config::key::join($prefix, $key),
            $crate::config::key::default_of($defaults, $key, $default),
        )?
    };
    (@read $prefix:ident, $defaults:ident, $values:ident, $key:literal, $type:ty, [] []) => {
        <$type as $crate::config::key::Section>::read(&$crate::config::key::join($prefix, $key), $defaults, $values)?
    };
    (@read $prefix:ident, $defaults:ident, $values:ident, $key:literal, $type:ty, [] [$($other:expr),+]) => {
        <$type as $crate::config::key::Section>::read(
            &$crate::config::key::join($prefix, $key), &[$($other),+], $values,
        )?
    };
}
pub(super) use section;
