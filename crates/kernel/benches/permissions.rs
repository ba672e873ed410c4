//! What a permission check costs, for callers with few and with many memberships.
#![allow(clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]

use castellan_kernel::{Caller, CallerKind, Membership, Permission, RoleTable, Scope};
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

/// A machine that manages so many organizations; the last one is asked about.
fn manager(organizations: usize) -> Caller {
    let table =
        RoleTable::new([("ORG_OWNER".to_owned(), vec!["user.read".to_owned(), "user.write".to_owned()])]).unwrap();
    let membership = |number: usize| Membership {
        scope: Scope::Org(format!("34123456789012{number:04}")),
        roles: vec!["ORG_OWNER".to_owned()],
        permissions: table.permissions(["ORG_OWNER"]),
    };
    let memberships: Vec<Membership> = (0..organizations).map(membership).collect();
    let org = format!("34123456789012{:04}", organizations - 1);
    Caller { kind: CallerKind::Machine, org, memberships, ..Caller::anonymous() }
}

#[divan::bench(args = [1, 10, 100])]
fn check_a_permission(bencher: Bencher<'_, '_>, organizations: usize) {
    let caller = manager(organizations);
    bencher.bench(|| caller.require(black_box(Permission::UserWrite), &caller.org, None).unwrap());
}

#[divan::bench(args = [1, 10, 100])]
fn list_what_is_visible(bencher: Bencher<'_, '_>, organizations: usize) {
    let caller = manager(organizations);
    bencher.bench(|| caller.visibility(black_box(Permission::UserRead)));
}
