//! The goals: what part of its bare prototype the server shall reach, and what it does reach, measured in turn.

use serde_json::{Value, json};

use crate::command_line::Goals;
use crate::failure::{Failure, Result};
use crate::measure::Ready;
use crate::prototype::{Kind, Running};
use crate::report::{Report, median};
use crate::scenario::{Name, Size, WebKey};

/// A scenario, the prototype beside it and the part of it that the server shall reach.
#[derive(Debug, Clone, Copy)]
struct Goal {
    name: Name,
    web_key: Option<WebKey>,
    prototype: Kind,
    part: f64,
}

/// All goals. Parts leave room for what prototypes lack: permissions, many instances, audit, limits, metrics.
const GOALS: [Goal; 10] = [
    goal(Name::UserInfo, None, Kind::Userinfo, 0.6),
    goal(Name::MachinePatLogin, None, Kind::Userinfo, 0.6),
    goal(Name::OrgsMeRest, None, Kind::Userinfo, 0.6),
    goal(Name::OrgsMeGrpc, None, Kind::Grpc, 0.6),
    goal(Name::Introspect, None, Kind::Introspect, 0.5),
    goal(Name::MachineJwtProfileGrant, Some(WebKey::Rs256), Kind::JwtProfileRs256, 0.85),
    goal(Name::MachineJwtProfileGrant, Some(WebKey::Es256), Kind::JwtProfileEs256, 0.64),
    goal(Name::MachineClientCredentialsLogin, Some(WebKey::Rs256), Kind::ClientCredentialsRs256, 0.8),
    goal(Name::MachineClientCredentialsLogin, Some(WebKey::Es256), Kind::ClientCredentialsEs256, 0.6),
    goal(Name::CreateMachineUser, None, Kind::CreateUser, 0.5),
];

const fn goal(name: Name, web_key: Option<WebKey>, prototype: Kind, part: f64) -> Goal {
    Goal { name, web_key, prototype, part }
}

/// What was reached.
struct Reached {
    goal: Goal,
    server: Vec<Report>,
    prototype: Vec<Report>,
}

/// Measures and prints.
///
/// # Errors
/// When the server or a prototype does not run.
pub async fn run(goals: &Goals) -> Result<()> {
    let is_wanted = |goal: &&Goal| {
        let is_named = goals.scenarios.is_empty() || goals.scenarios.contains(&goal.name);
        is_named && goals.size.web_key.is_none_or(|wanted| goal.web_key.is_none_or(|own| own == wanted))
    };
    let wanted: Vec<&Goal> = GOALS.iter().filter(is_wanted).collect();
    if let Some(name) = goals.scenarios.iter().find(|name| !wanted.iter().any(|goal| goal.name == **name)) {
        return Err(Failure::new(format!("there is no prototype to compare {name} with")));
    }
    let mut all = Vec::new();
    for goal in wanted {
        let reached = measure(*goal, goals).await?;
        if goals.load.json {
            all.push(reached.json());
        } else {
            print!("{}", reached.table());
        }
    }
    if goals.load.json {
        println!("{}", json!(all));
    }
    Ok(())
}

async fn measure(goal: Goal, goals: &Goals) -> Result<Reached> {
    let size = Size { web_key: goal.web_key, ..goals.size.clone() };
    let server = Ready::prepare(goal.name, &goals.server, &size, &goals.load).await?;
    let prototype = Running::start(goal.prototype, &goals.directory, goal.name.needs_http2()).await?;
    let mut reached = Reached { goal, server: Vec::new(), prototype: Vec::new() };
    // In turn: what changes on the machine between two runs hits both alike.
    let plan = goals.load.plan();
    for _ in 0..goals.rounds.max(1) {
        reached.server.push(server.measure(&plan)?);
        reached.prototype.push(prototype.measure(&plan)?);
    }
    server.finish().await?;
    Ok(reached)
}

fn middle(reports: &[Report], value: impl Fn(&Report) -> f64) -> f64 {
    median(&reports.iter().map(value).collect::<Vec<_>>())
}

impl Reached {
    fn part(&self) -> f64 {
        let (server, prototype) = self.rates();
        if prototype > 0.0 { server / prototype } else { 0.0 }
    }

    fn rates(&self) -> (f64, f64) {
        (middle(&self.server, |report| report.per_second), middle(&self.prototype, |report| report.per_second))
    }

    fn label(&self) -> String {
        match self.goal.web_key {
            Some(WebKey::Rs256) => format!("{} rs256", self.goal.name),
            Some(WebKey::Es256) => format!("{} es256", self.goal.name),
            None => self.goal.name.to_string(),
        }
    }

    fn json(&self) -> Value {
        let (server, prototype) = self.rates();
        json!({
            "scenario": self.label(), "serverPerSecond": server, "prototypePerSecond": prototype,
            "part": self.part(), "goal": self.goal.part, "isReached": self.part() >= self.goal.part,
            "serverRuns": self.server.iter().map(Report::json).collect::<Vec<_>>(),
            "prototypeRuns": self.prototype.iter().map(Report::json).collect::<Vec<_>>(),
        })
    }

    fn table(&self) -> String {
        let (server, prototype) = self.rates();
        let cpu = |reports: &[Report]| 1_000.0 * middle(reports, Report::cpu_per_thousand);
        let is_reached = if self.part() >= self.goal.part { "reached" } else { "missed" };
        let mut text = format!(
            "{:<38} {server:>9.0}/s of {prototype:>9.0}/s: {:>4.0} %, goal {:>3.0} % {is_reached}   CPU {:.0} µs and {:.0} µs\n",
            self.label(),
            100.0 * self.part(),
            100.0 * self.goal.part,
            cpu(&self.server),
            cpu(&self.prototype),
        );
        for (whose, reports) in [("server", &self.server), ("prototype", &self.prototype)] {
            for (error, count) in reports.iter().flat_map(|report| &report.errors) {
                text.push_str(&format!("    {whose}: {count} × {error}\n"));
            }
        }
        // Of several runs on the same machine the last says what the others would.
        for warning in self.server.last().into_iter().flat_map(|report| &report.warnings) {
            text.push_str(&format!("    note: {warning}\n"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Costs;

    fn report(per_second: f64) -> Report {
        Report {
            scenario: String::new(),
            per_second,
            latencies: [0.0; 4],
            iterations: 1,
            requests: 1,
            errors: Vec::new(),
            unsent: 0,
            costs: Costs::default(),
            warnings: Vec::new(),
        }
    }

    #[test]
    fn the_part_is_that_of_the_medians() {
        let server = vec![report(50.0), report(10.0), report(60.0)];
        let reached = Reached { goal: GOALS[0], server, prototype: vec![report(100.0)] };
        assert!((reached.part() - 0.5).abs() < f64::EPSILON);
        assert!(reached.table().contains("50 %, goal  60 % missed"), "{}", reached.table());
        assert_eq!(reached.json()["isReached"], false);
    }

    #[test]
    fn a_prototype_that_does_nothing_makes_no_part() {
        let reached = Reached { goal: GOALS[7], server: vec![report(1.0)], prototype: vec![report(0.0)] };
        assert!(reached.part().abs() < f64::EPSILON);
    }
}
