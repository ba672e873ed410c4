//! How much of the contract this binary serves.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use castellan_rpc::descriptor::Contract;
use castellan_settings::features::LEVELS_WITHOUT_FLAGS;

use super::registry;
use crate::failure::Result;

/// Per service, how many of the contract's methods are served, and which are not.
///
/// # Errors
/// None today; the signature leaves room for a contract read from elsewhere.
pub fn api_coverage() -> Result<String> {
    let registry = registry();
    let served: std::collections::HashSet<&str> = registry.methods().map(|(path, _, _)| path).collect();
    let mut services: BTreeMap<&str, (usize, Vec<&str>)> = BTreeMap::new();
    for method in Contract::get().methods() {
        let (all, missing) = services.entry(method.service).or_default();
        *all += 1;
        if !served.contains(method.path) {
            missing.push(method.name);
        }
    }
    let mut text = String::new();
    let (mut total, mut total_served) = (0, 0);
    for (service, (all, missing)) in &services {
        let _ = writeln!(text, "{:>4} of {:>4}  {service}", all - missing.len(), all);
        total += all;
        total_served += all - missing.len();
    }
    let _ = writeln!(text, "{total_served:>4} of {total:>4}  in all");
    let refused = registry.methods().filter(|(_, room, _)| *room == LEVELS_WITHOUT_FLAGS).count();
    let _ = writeln!(
        text,
        "{refused:>4} of these: features of organizations and users, which answer UNIMPLEMENTED as the contract has it"
    );
    Ok(text)
}
