//! Random messages of any type, the same ones for the same seed.

use std::collections::HashMap;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};

/// SplitMix64: small, and good enough to vary tests.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }

    /// Small, extreme or any number.
    fn bits(&mut self) -> u64 {
        match self.below(5) {
            0 => 0,
            1 => self.below(200),
            2 => u64::MAX,
            3 => 1 << self.below(64),
            _ => self.next(),
        }
    }

    fn text(&mut self) -> String {
        const PIECES: [&str; 12] =
            ["", "a", "Zürich", "\"", "\\", "\n\t\r", "\u{1}\u{8}\u{c}", "😀", "</x>", "1", "\u{7f}\u{2028}", "x y"];
        (0..self.below(6)).map(|_| PIECES[self.below(12) as usize]).collect()
    }
}

pub(super) fn message(descriptor: &MessageDescriptor, dice: &mut Dice, depth: u32) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    let mut set = |name: &str, value: Value| message.set_field_by_name(name, value);
    match descriptor.full_name() {
        "google.protobuf.Timestamp" => {
            set("seconds", Value::I64((dice.below(315_537_897_600) as i64) - 62_135_596_800));
            set("nanos", Value::I32(nanos(dice)));
        }
        "google.protobuf.Duration" => {
            let (seconds, nanos) = ((dice.below(315_576_000_000) as i64), nanos(dice));
            let sign = if dice.one_in(2) { -1 } else { 1 };
            set("seconds", Value::I64(seconds * i64::from(sign)));
            set("nanos", Value::I32(nanos * sign));
        }
        "google.protobuf.FieldMask" => {
            let paths = ["a", "user_name", "user.first_name"].map(|path| Value::String(path.to_owned()));
            set("paths", Value::List(paths.into_iter().take(dice.below(4) as usize).collect()));
        }
        "google.protobuf.Value" => match dice.below(if depth > 4 { 4 } else { 6 }) {
            0 => set("null_value", Value::EnumNumber(0)),
            1 => set("number_value", Value::F64(eighths(dice, 40))),
            2 => set("string_value", Value::String(dice.text())),
            3 => set("bool_value", Value::Bool(dice.one_in(2))),
            4 => set("struct_value", nested(descriptor, "struct_value", dice, depth)),
            _ => set("list_value", nested(descriptor, "list_value", dice, depth)),
        },
        "google.protobuf.Any" => {
            let names = ["google.protobuf.Duration", "castellan.kinds.Scalars", "google.protobuf.Empty"];
            let name = names[dice.below(3) as usize];
            if let Some(inner) = descriptor.parent_pool().get_message_by_name(name) {
                let inner = self::message(&inner, dice, depth + 1);
                set("type_url", Value::String(format!("type.googleapis.com/{name}")));
                set("value", Value::Bytes(prost::Message::encode_to_vec(&inner).into()));
            }
        }
        _ => {
            for field in descriptor.fields() {
                let chances = if depth > 3 { 8 } else { 2 };
                if dice.one_in(chances)
                    && let Some(value) = field_value(&field, dice, depth)
                {
                    message.set_field(&field, value);
                }
            }
        }
    }
    message
}

fn nanos(dice: &mut Dice) -> i32 {
    let unit = [1_000_000_000, 1_000_000, 1_000, 1][dice.below(4) as usize];
    (dice.below(1_000_000_000) / unit * unit) as i32
}

fn nested(descriptor: &MessageDescriptor, name: &str, dice: &mut Dice, depth: u32) -> Value {
    field_value(&descriptor.get_field_by_name(name).unwrap(), dice, depth).unwrap()
}

fn field_value(field: &FieldDescriptor, dice: &mut Dice, depth: u32) -> Option<Value> {
    if depth > 6 && matches!(field.kind(), Kind::Message(_)) {
        return None;
    }
    if field.is_map() {
        let Kind::Message(entry) = field.kind() else { return None };
        let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
        let entries: HashMap<MapKey, Value> = (0..dice.below(4))
            .filter_map(|_| Some((single(&key, dice, depth).into_map_key()?, single(&value, dice, depth))))
            .collect();
        return Some(Value::Map(entries));
    }
    if field.is_list() {
        return Some(Value::List((0..dice.below(4)).map(|_| single(field, dice, depth)).collect()));
    }
    Some(single(field, dice, depth))
}

fn single(field: &FieldDescriptor, dice: &mut Dice, depth: u32) -> Value {
    let bits = dice.bits();
    match field.kind() {
        Kind::Double => Value::F64(eighths(dice, 40)),
        Kind::Float => Value::F32(eighths(dice, 20) as f32),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(bits as i32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(bits as i64),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(bits as u32),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(bits),
        Kind::Bool => Value::Bool(bits & 1 == 1),
        Kind::String => Value::String(dice.text()),
        Kind::Bytes => Value::Bytes(dice.text().into_bytes().into()),
        Kind::Enum(descriptor) => {
            let count = descriptor.values().len() as u64;
            let named = descriptor.values().nth(dice.below(count) as usize).unwrap().number();
            // The null value reads and writes as null, whatever its number.
            let unnamed = descriptor.full_name() != "google.protobuf.NullValue" && dice.one_in(10);
            Value::EnumNumber(if unnamed { 77 } else { named })
        }
        Kind::Message(descriptor) => Value::Message(message(&descriptor, dice, depth + 1)),
    }
}

/// A number that every reader of JSON reads exactly.
fn eighths(dice: &mut Dice, bits: u32) -> f64 {
    let value = dice.below(1 << bits) as f64 / 8.0;
    if dice.one_in(2) { -value } else { value }
}
