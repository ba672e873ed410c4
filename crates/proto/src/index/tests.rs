use std::collections::BTreeSet;

use prost::Message as _;
use prost_types::{DescriptorProto, FileDescriptorSet};

use super::Index;

fn index() -> Index {
    Index::new(crate::DESCRIPTORS, crate::INDEX)
}

fn names(prefix: &str, messages: &[DescriptorProto], all: &mut BTreeSet<String>) {
    for message in messages {
        let name = format!("{prefix}.{}", message.name());
        names(&name, &message.nested_type, all);
        all.insert(name);
    }
}

#[test]
fn every_message_is_found_under_its_name_with_its_own_declaration() {
    let set = FileDescriptorSet::decode(crate::DESCRIPTORS).unwrap();
    let mut expected = BTreeSet::new();
    for file in &set.file {
        names(file.package(), &file.message_type, &mut expected);
    }
    assert_eq!(index().messages(), expected.len());
    for name in expected {
        let number = index().find_message(&name).unwrap();
        let found = index().message(number).unwrap();
        let declared = DescriptorProto::decode(found.wire).unwrap();
        assert_eq!(found.full_name, name);
        assert!(name.starts_with(found.package) && name.ends_with(declared.name()));
        let is_map_entry = declared.options.as_ref().is_some_and(prost_types::MessageOptions::map_entry);
        assert_eq!((found.is_map_entry, index().is_map_entry(number)), (is_map_entry, is_map_entry), "{name}");
    }
}

#[test]
fn every_rpc_is_found_under_its_path_with_its_messages() {
    let set = FileDescriptorSet::decode(crate::DESCRIPTORS).unwrap();
    let mut count = 0;
    for file in &set.file {
        for (service, method) in
            file.service.iter().flat_map(|service| service.method.iter().map(move |rpc| (service, rpc)))
        {
            let path = format!("{}.{}/{}", file.package(), service.name(), method.name());
            let found = index().method(index().find_method(&path).unwrap()).unwrap();
            let name = |number: Option<usize>| format!(".{}", index().message(number.unwrap()).unwrap().full_name);
            assert_eq!((found.path, found.package), (path.as_str(), file.package()));
            assert_eq!(
                (name(found.input).as_str(), name(found.output).as_str()),
                (method.input_type(), method.output_type())
            );
            count += 1;
        }
    }
    assert_eq!(index().methods(), count);
}

#[test]
fn what_is_not_declared_is_not_found() {
    let empty = Index::new(b"", b"");
    for index in [index(), empty] {
        assert_eq!(index.find_message("zitadel.user.v2.NoSuchThing"), None);
        assert_eq!(index.find_enum(""), None);
        assert!(index.message(index.messages()).is_none() && index.extension("no.such").is_none());
        assert!(index.method(index.methods()).is_none());
    }
    assert!(super::build(b"\x0a\x05a").is_err() && super::build(b"\xff").is_err());
}
