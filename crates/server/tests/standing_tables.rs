//! The tables that stand as text files in `tables/`, so that a change of what the API offers, demands or lacks shows up in a
//! diff. `UPDATE_SNAPSHOTS=1` writes them anew.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use castellan_kernel::RoleTable;
use castellan_rpc::descriptor::{Auth, Contract, MethodInfo};
use castellan_server::wiring::registry;

use common::table::{check, lines, update_wanted};

#[test]
fn the_methods_of_the_contract_are_those_of_the_table() {
    let rooms: BTreeMap<&str, &str> = registry().methods().map(|(path, room, _)| (path, room)).collect();
    let mut methods: Vec<&MethodInfo> = Contract::get().methods().collect();
    methods.sort_by_key(|method| method.path);
    let mut text = String::from(
        "# Every RPC of the contract: path | REST routes | permission (and the field that limits it) | room, - if not served.\n",
    );
    for method in methods {
        let mut routes: Vec<String> =
            method.bindings().iter().map(|binding| format!("{} {}", binding.verb, binding.template)).collect();
        routes.sort();
        let routes = if routes.is_empty() { "-".to_owned() } else { routes.join(", ") };
        let permission = match method.auth {
            Auth::None => "public",
            Auth::Authenticated => "authenticated",
            Auth::Permission(permission) => permission.name(),
        };
        let limited = method.check_field.map(|field| format!(" on {field}")).unwrap_or_default();
        let room = rooms.get(method.path).copied().unwrap_or("-");
        let _ = writeln!(text, "{} | {routes} | {permission}{limited} | {room}", method.path);
    }
    check("methods.snap", &text);
}

#[test]
fn the_roles_give_the_permissions_of_the_table() {
    let table = RoleTable::default();
    let mut text = String::from("# Every role with its permissions; `:self` holds for the user's own things only.\n");
    for role in table.names() {
        let given = table.permissions([role]);
        let _ = writeln!(text, "\n{role}");
        let mut names: Vec<String> = given.full.iter().map(|permission| permission.name().to_owned()).collect();
        names.extend(given.on_self.iter().map(|permission| format!("{}:self", permission.name())));
        names.sort();
        for name in names {
            let _ = writeln!(text, "  {name}");
        }
    }
    check("roles.snap", &text);
}

#[test]
fn the_list_of_methods_that_are_not_served_only_shrinks() {
    let registry = registry();
    let served: BTreeSet<&str> = registry.methods().map(|(path, _, _)| path).collect();
    let missing: BTreeSet<String> = Contract::get()
        .methods()
        .map(|method| method.path)
        .filter(|path| !served.contains(path))
        .map(str::to_owned)
        .collect();
    let listed: BTreeSet<String> = lines("unimplemented.txt").into_iter().collect();
    if !update_wanted() && !listed.is_empty() {
        let lost: Vec<&String> = missing.difference(&listed).collect();
        assert!(lost.is_empty(), "these methods were served before: {lost:#?}");
    }
    let mut text = String::from(
        "# Methods of the contract that are not served yet; they answer UNIMPLEMENTED. May only shrink.\n",
    );
    for path in &missing {
        let _ = writeln!(text, "{path}");
    }
    check("unimplemented.txt", &text);
}

#[test]
fn no_method_is_registered_twice_and_every_room_has_a_name() {
    let registry = registry();
    let mut seen = BTreeSet::new();
    for (path, room, _) in registry.methods() {
        assert!(seen.insert(path), "{path} is registered twice");
        assert!(!room.is_empty(), "{path} is registered without the name of its room");
        assert!(Contract::get().method(path).is_some(), "{path} is no method of the contract");
    }
}

#[test]
fn every_method_states_who_may_call_it_and_only_these_are_open_to_everybody() {
    let mut open: Vec<&str> =
        Contract::get().methods().filter(|method| method.auth == Auth::None).map(|method| method.path).collect();
    open.sort_unstable();
    check("public.snap", &format!("# Methods that need no credentials.\n{}\n", open.join("\n")));
}
