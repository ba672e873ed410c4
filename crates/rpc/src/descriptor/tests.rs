use castellan_kernel::Permission;
use castellan_proto as proto;
use http::Method as Verb;
use prost::Message as _;

use super::names::{go_camel_case, is_go_spelling};
use super::*;

fn method(path: &str) -> &'static MethodInfo {
    Contract::get().method(path).unwrap()
}

fn routes(path: &str) -> Vec<String> {
    method(path).bindings().iter().map(|binding| format!("{} {}", binding.verb, binding.template)).collect()
}

#[test]
fn the_whole_contract_is_read() {
    let contract = Contract::from_descriptors(castellan_proto::DESCRIPTORS).unwrap();
    assert!(contract.methods().len() > 900);
    assert!(contract.services().any(|service| service == "zitadel.user.v2.UserService"));
    assert_eq!(contract.method("zitadel.user.v2.UserService/NoSuchThing").map(|method| method.path), None);
    let info = method("zitadel.user.v2.UserService/GetUserByID");
    assert_eq!(
        (info.service, info.name, info.package),
        ("zitadel.user.v2.UserService", "GetUserByID", "zitadel.user.v2")
    );
    assert_eq!(info.request().full_name, "zitadel.user.v2.GetUserByIDRequest");
    assert_eq!(info.response().full_name, "zitadel.user.v2.GetUserByIDResponse");
}

/// What is compiled on first use cannot fail while requests are served.
#[test]
fn everything_in_the_contract_can_be_compiled() {
    let contract = Contract::get();
    assert!(contract.messages().count() > 2000);
    assert_eq!(contract.methods().count(), contract.paths().len());
    assert!(
        contract.paths().all(|path| contract.has_method(path)) && !contract.has_method("zitadel.user.v2.UserService")
    );
    assert_eq!(contract.bindings().count(), contract.paths().len());
}

#[test]
fn only_health_and_the_public_oidc_information_need_no_caller() {
    let mut open: Vec<_> =
        Contract::get().methods().filter(|method| method.auth == Auth::None).map(|method| method.path).collect();
    open.sort_unstable();
    assert_eq!(
        open,
        [
            "zitadel.admin.v1.AdminService/Healthz",
            "zitadel.auth.v1.AuthService/Healthz",
            "zitadel.management.v1.ManagementService/GetOIDCInformation",
            "zitadel.management.v1.ManagementService/Healthz",
            "zitadel.system.v1.SystemService/Healthz",
        ]
    );
}

#[test]
fn permissions_and_fields_come_from_both_generations_of_options() {
    let first = method("zitadel.management.v1.ManagementService/UpdateProject");
    assert_eq!((first.auth, first.check_field), (Auth::Permission(Permission::ProjectWrite), Some("Id")));
    let second = method("zitadel.user.v2.UserService/AddHumanUser");
    assert_eq!((second.auth, second.org_field), (Auth::Permission(Permission::UserWrite), Some("organization")));
    assert_eq!(second.success_code, Some(200));
    assert_eq!(method("zitadel.session.v2.SessionService/CreateSession").success_code, Some(201));
    assert_eq!(method("zitadel.user.v2.UserService/CreateUser").auth, Auth::Authenticated);
    assert!(method("zitadel.settings.v2.SettingsService/GetLegalAndSupportSettings").deprecated);
    assert!(!first.deprecated && !second.deprecated);
}

#[test]
fn first_generation_routes_carry_the_prefix_of_their_service() {
    assert_eq!(routes("zitadel.management.v1.ManagementService/AddMachineUser"), ["POST /management/v1/users/machine"]);
    assert_eq!(method("zitadel.management.v1.ManagementService/AddMachineUser").bindings()[0].body, BodyRule::Whole);
    assert_eq!(routes("zitadel.auth.v1.AuthService/GetMyUser"), ["GET /auth/v1/users/me"]);
    assert_eq!(method("zitadel.auth.v1.AuthService/GetMyUser").bindings()[0].body, BodyRule::None);
    assert_eq!(routes("zitadel.user.v2.UserService/GetUserByID"), ["GET /v2/users/{user_id}"]);
    assert_eq!(
        routes("zitadel.admin.v1.AdminService/GetDefaultPasswordResetMessageText"),
        [
            "GET /admin/v1/text/deafult/message/passwordreset/{language}",
            "GET /admin/v1/text/default/message/passwordreset/{language}",
        ]
    );
}

#[test]
fn second_generation_methods_without_a_route_get_the_one_of_their_beta() {
    for (path, route) in [
        ("zitadel.project.v2.ProjectService/GetProject", "GET /v2/projects/{project_id}"),
        ("zitadel.project.v2.ProjectService/ListProjectRoles", "POST /v2/projects/{project_id}/roles/search"),
        ("zitadel.application.v2.ApplicationService/UpdateApplication", "PATCH /v2/applications/{application_id}"),
        (
            "zitadel.application.v2.ApplicationService/GenerateClientSecret",
            "POST /v2/applications/{application_id}/generate_client_secret",
        ),
        ("zitadel.application.v2.ApplicationService/GetApplicationKey", "GET /v2/application_keys/{key_id}"),
        (
            "zitadel.authorization.v2.AuthorizationService/ActivateAuthorization",
            "POST /v2/authorizations/{id}/activate",
        ),
        (
            "zitadel.internal_permission.v2.InternalPermissionService/DeleteAdministrator",
            "DELETE /v2/administrators/{user_id}",
        ),
        (
            "zitadel.instance.v2.InstanceService/RemoveCustomDomain",
            "DELETE /v2/instances/{instance_id}/custom-domains/{custom_domain}",
        ),
    ] {
        assert_eq!(routes(path), [route]);
    }
    let list = method("zitadel.project.v2.ProjectService/ListProjectRoles");
    assert_eq!((&list.bindings()[0].verb, &list.bindings()[0].body), (&Verb::POST, &BodyRule::Whole));
    assert!(routes("zitadel.group.v2.GroupService/GetGroup").is_empty(), "groups had no beta");
}

#[test]
fn no_two_routes_shadow_each_other() {
    let (mut seen, mut shadowed) = (std::collections::HashMap::new(), Vec::new());
    for method in Contract::get().methods() {
        for binding in method.bindings() {
            let shape: Vec<_> =
                binding.template.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect();
            if let Some(other) = seen.insert((binding.verb.clone(), shape.join("/")), method.path) {
                shadowed.push(format!("{} and {other} share {}", method.path, binding.template));
            }
        }
    }
    assert_eq!(shadowed, Vec::<String>::new());
}

#[test]
fn an_unknown_permission_is_refused_with_its_method() {
    let error = Contract::from_descriptors(kinds::compile("unknown_permission.proto")).unwrap_err();
    assert_eq!(error.to_string(), "castellan.broken.Service/Call demands the unknown permission \"cake.eat\"");
    assert!(Contract::from_descriptors(b"\xff").is_err());
}

#[test]
fn tables_know_names_presence_and_oneofs() {
    let table = kinds::table("Scalars");
    let (index, field) = table.field_named("aString").unwrap();
    assert_eq!(
        (field.proto_name, field.go_name().as_str(), field.presence),
        ("a_string", "AString", Presence::Implicit)
    );
    assert_eq!(table.index_of(14), Some(index));
    assert_eq!(table.field_named("a_string").unwrap().0, index);
    assert_eq!(table.field_named("otherName").unwrap().1.number, 24);
    assert_eq!(table.index_of(100_000).map(|index| table.fields[index].json_name), Some("colourFarAway"));
    assert_eq!(table.index_of(99), None);
    let (_, maybe) = table.field_named("maybeInt32").unwrap();
    assert_eq!((maybe.presence, maybe.oneof, maybe.optional), (Presence::Explicit, None, true));
    assert_eq!(table.oneofs.len(), 1);
    assert_eq!(table.oneofs[0].fields.len(), 4);
    assert!(std::ptr::eq(table.field_named("chosenMessage").unwrap().1.kind.message().unwrap(), table));
    assert_eq!(kinds::table("Ruled.Inner").go_name(), "Ruled_Inner");
    let many = kinds::table("Many");
    assert_eq!(many.field_named("byBool").unwrap().1.cardinality, Cardinality::Map);
    assert!(many.field_named("int32s").unwrap().1.packed && !many.field_named("sint64s").unwrap().1.packed);
    let FieldKind::Enum(colour) = table.field_named("aColour").unwrap().1.kind else { panic!("an enum") };
    assert_eq!((colour.name(1), colour.number("COLOUR_CRIMSON"), colour.name(7)), (Some("COLOUR_RED"), Some(1), None));
}

#[test]
fn go_names_join_words_in_capitals() {
    for (name, go) in [
        ("user_id", "UserId"),
        ("id", "Id"),
        ("saml_2fa", "Saml_2Fa"),
        ("a1b", "A1B"),
        ("_x", "XX"),
        ("userID", "UserID"),
        ("Outer.Inner", "Outer_Inner"),
        ("Outer.inner", "OuterInner"),
    ] {
        assert_eq!(go_camel_case(name), go);
        assert!(is_go_spelling(name, go) && !is_go_spelling(name, &go[1..]) && !is_go_spelling(name, ""));
    }
}

#[test]
fn the_check_field_is_read_from_wire_bytes() {
    let info = method("zitadel.management.v1.ManagementService/UpdateProjectRole");
    assert_eq!(info.check_field, Some("ProjectId"));
    let request = proto::zitadel::management::v1::UpdateProjectRoleRequest {
        project_id: "p1".into(),
        role_key: "reader".into(),
        ..Default::default()
    };
    let mut wire = request.encode_to_vec();
    assert_eq!(info.check_value(&wire).as_deref(), Some("p1"));
    for name in ["ProjectId", "projectId", "project_id"] {
        assert_eq!(field_value(info.request(), &wire, name).as_deref(), Some("p1"));
    }
    wire::put_bytes(1, b"p2", &mut wire);
    assert_eq!(info.check_value(&wire).as_deref(), Some("p2"), "decoders take the last value, so the check must too");
    assert_eq!(info.check_value(b"").as_deref(), Some(""), "an omitted id must not lift the check");
    assert_eq!(info.check_value(b"\x0a\x05p").as_deref(), Some(""));
    assert_eq!(field_value(info.request(), &wire, "NoSuchField"), None);
}

#[test]
fn nested_fields_are_read_by_a_dotted_path() {
    let info = method("zitadel.user.v2.UserService/AddHumanUser");
    let mut organization = Vec::new();
    wire::put_bytes(1, b"o1", &mut organization);
    let (_, field) = info.request().field_named("organization").unwrap();
    let mut wire = Vec::new();
    wire::put_bytes(field.number, &organization, &mut wire);
    assert_eq!(field_value(info.request(), &wire, "organization.org_id").as_deref(), Some("o1"));
}

#[test]
fn the_instance_id_is_known_where_a_request_has_one() {
    let info = method("zitadel.system.v1.SystemService/GetInstance");
    assert!(info.takes_instance_id());
    let mut wire = Vec::new();
    wire::put_bytes(1, b"i1", &mut wire);
    assert_eq!(info.instance_id(&wire).as_deref(), Some("i1"));
    assert_eq!(info.instance_id(b""), None);
    assert!(!method("zitadel.system.v1.SystemService/Healthz").takes_instance_id());
}

#[test]
fn malformed_records_are_told_apart() {
    use wire::{Raw, Reader, WireError};
    let read = |bytes: &'static [u8]| {
        let mut reader = Reader::new(bytes);
        loop {
            match reader.record() {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    };
    assert_eq!(read(b"\x0a\x05ab"), Err(WireError::Truncated));
    assert_eq!(read(b"\x08\x80"), Err(WireError::Truncated));
    assert_eq!(read(b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), Err(WireError::VarintTooLong));
    assert_eq!(read(b"\x00\x01"), Err(WireError::FieldNumber));
    assert_eq!(read(b"\x0e"), Err(WireError::WireType(6)));
    assert_eq!(read(b"\x0c"), Err(WireError::UnbalancedGroup));
    assert_eq!(read(b"\x0b\x14"), Err(WireError::UnbalancedGroup));
    assert_eq!(read(b"\x0b\x10\x01\x0c"), Ok(()));
    assert_eq!(read(&[0x0b; 200]), Err(WireError::TooDeep));
    assert_eq!(Reader::new(b"\x0b\x0c").record(), Ok(Some((1, Raw::Group))));
    for value in [0, 1, -1, i64::MAX, i64::MIN] {
        assert_eq!(wire::unzigzag(wire::zigzag(value)), value);
    }
}

/// What the tables say of every message and field is what a general reflection library reads from the same descriptors.
#[test]
fn the_tables_are_as_prost_reflect_has_them() {
    for (contract, pool) in [(Contract::get(), kinds::pool_of_contract()), (kinds::contract(), kinds::pool())] {
        let set_names: Vec<_> = pool.services().map(|service| service.full_name().to_owned()).collect();
        assert_eq!(contract.services().collect::<Vec<_>>(), set_names);
        let mut fields = 0;
        for message in pool.all_messages() {
            let table = contract.message(message.full_name()).unwrap();
            let real: Vec<_> = message.oneofs().filter(|oneof| !oneof.is_synthetic()).collect();
            let oneofs: Vec<_> = table.oneofs.iter().map(|oneof| oneof.proto_name).collect();
            assert_eq!(oneofs, real.iter().map(prost_reflect::OneofDescriptor::name).collect::<Vec<_>>());
            assert_eq!(table.fields.len(), message.fields().len(), "{}", table.full_name);
            for field in message.fields() {
                let ours = &table.fields[table.index_of(field.number()).unwrap()];
                let cardinality = match (field.is_map(), field.is_list()) {
                    (true, _) => Cardinality::Map,
                    (_, true) => Cardinality::Repeated,
                    _ => Cardinality::Singular,
                };
                let oneof = field.containing_oneof().and_then(|own| real.iter().position(|oneof| *oneof == own));
                assert_eq!((ours.proto_name, ours.json_name), (field.name(), field.json_name()), "{field:?}");
                assert_eq!(
                    (ours.cardinality, ours.packed, ours.oneof),
                    (cardinality, field.is_packed(), oneof),
                    "{field:?}"
                );
                assert_eq!(ours.presence == Presence::Explicit, field.supports_presence(), "{field:?}");
                assert_eq!(ours.optional, field.field_descriptor_proto().proto3_optional(), "{field:?}");
                match field.kind() {
                    prost_reflect::Kind::Message(nested) => {
                        assert_eq!(ours.kind.message().unwrap().full_name, nested.full_name(), "{field:?}");
                    }
                    prost_reflect::Kind::Enum(nested) => {
                        let FieldKind::Enum(known) = ours.kind else { panic!("{field:?}") };
                        assert_eq!(known.full_name, nested.full_name());
                        assert!(nested.values().all(|value| known.number(value.name()) == Some(value.number())));
                    }
                    scalar => {
                        assert_eq!(format!("{:?}", ours.kind).to_lowercase(), format!("{scalar:?}").to_lowercase());
                    }
                }
                fields += 1;
            }
        }
        assert!(fields > 20);
    }
}
