//! Enums that are stored and recorded by their number.

/// Declares an enum whose numbers are those of v1 and of events; unknown stored numbers read as the first variant.
macro_rules! numbered {
    ($(#[$meta:meta])* $name:ident { $first:ident = $first_number:literal, $($variant:ident = $number:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
        #[serde(into = "i32", from = "i32")]
        #[allow(missing_docs)]
        pub enum $name {
            #[default]
            $first = $first_number,
            $($variant = $number,)*
        }

        impl $name {
            /// The number that storage, events and v1 use.
            pub fn number(self) -> i32 {
                self as i32
            }

            /// From that number; `None` for an undefined one.
            pub fn from_number(number: i32) -> Option<Self> {
                match number {
                    $first_number => Some(Self::$first),
                    $($number => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        impl From<$name> for i32 {
            fn from(value: $name) -> Self {
                value.number()
            }
        }

        impl From<i32> for $name {
            fn from(number: i32) -> Self {
                Self::from_number(number).unwrap_or_default()
            }
        }
    };
}

pub(super) use numbered;
