//! What is measured. A scenario is data: steps that are sent one after the other, and what each takes from its answer for the
//! next ones. Preparing it, through the public API only, is the other half (`prepare`).

mod name;
mod prepare;
mod size;

use std::sync::Arc;

pub use name::Name;
pub use prepare::fresh_word;
pub use size::{Size, WebKey};

use crate::client::{Connection, Prepared, Request, Target, Trouble};

/// One request of an iteration.
#[derive(Debug, Clone)]
pub struct Step {
    /// The request; of several, each iteration takes the next one.
    pub requests: Vec<Request>,
    /// Text fields of the answer that later steps need, with the number of the place that they fill (from 1 on).
    pub takes: Vec<(String, usize)>,
}

impl Step {
    /// A step that always sends the same.
    pub fn one(request: Request) -> Self {
        Self::of(vec![request])
    }

    /// A step that sends these in turn.
    pub fn of(requests: Vec<Request>) -> Self {
        Self { requests, takes: Vec::new() }
    }

    /// The same, which also takes a field of the answer.
    #[must_use]
    pub fn taking(mut self, field: &str, place: usize) -> Self {
        self.takes.push((field.to_owned(), place));
        self
    }
}

/// A scenario that is ready to run; a mix has several parts.
#[derive(Debug)]
pub struct Scenario {
    parts: Vec<Arc<Part>>,
    slots: usize,
}

/// What an iteration does.
#[derive(Debug)]
struct Part {
    steps: Vec<ReadyStep>,
    /// What unique names begin with; they fill place 0.
    prefix: Option<String>,
}

#[derive(Debug)]
struct ReadyStep {
    requests: Vec<Prepared>,
    takes: Vec<(String, usize)>,
}

/// Who runs iterations: a connection, and what answers left behind.
pub struct Actor {
    pub connection: Connection,
    /// Which run this is; a scenario may run more than once.
    run: u32,
    number: usize,
    /// What fills the places of requests: 0 is a unique name, the others come from answers.
    slots: Vec<String>,
}

impl Actor {
    /// A connection that has done nothing yet.
    pub fn new(connection: Connection, run: u32, number: usize, slots: usize) -> Self {
        Self { connection, run, number, slots: vec![String::new(); slots] }
    }
}

impl Scenario {
    /// Encodes the steps for a server. With a prefix, place 0 of each iteration is a name that begins so and is used once.
    pub fn new(steps: Vec<Step>, prefix: Option<String>, target: &Target) -> Self {
        let places = steps.iter().flat_map(|step| &step.takes).map(|(_, place)| *place);
        let slots = places.max().unwrap_or(0) + 1;
        let ready = |step: Step| ReadyStep {
            requests: step.requests.into_iter().map(|request| request.prepare(target)).collect(),
            takes: step.takes,
        };
        let part = Part { steps: steps.into_iter().map(ready).collect(), prefix };
        Self { parts: vec![Arc::new(part)], slots }
    }

    /// Several at once: each connection takes them in turn.
    pub fn mix(scenarios: impl Iterator<Item = Arc<Self>>) -> Self {
        let mut mix = Self { parts: Vec::new(), slots: 0 };
        for scenario in scenarios {
            mix.parts.extend(scenario.parts.iter().cloned());
            mix.slots = mix.slots.max(scenario.slots);
        }
        mix
    }

    /// How many places actors need.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// How many requests an iteration sends; of a mix, as many as the longest.
    pub fn requests(&self) -> usize {
        self.parts.iter().map(|part| part.steps.len()).max().unwrap_or(0)
    }

    /// One iteration.
    ///
    /// # Errors
    /// The first step that did not work ends it.
    pub async fn iterate(&self, actor: &mut Actor, number: u32) -> Result<(), Trouble> {
        let Actor { connection, run, number: worker, slots } = actor;
        let turn = |of: usize, stride: usize| (number as usize).wrapping_add(*worker * stride) % of.max(1);
        let Some(part) = self.parts.get(turn(self.parts.len(), 1)) else { return Ok(()) };
        if let (Some(prefix), Some(name)) = (&part.prefix, slots.first_mut()) {
            use std::fmt::Write as _;
            name.clear();
            // Writing to memory does not fail.
            let _ = write!(name, "{prefix}-{run}-{worker}-{number}");
        }
        for step in &part.steps {
            // Connections begin at different places, so that they do not all ask for the same at once.
            let Some(request) = step.requests.get(turn(step.requests.len(), 769)) else { continue };
            let answer = connection.send(request, slots).await?;
            answer.check()?;
            // The answer is in the connection's buffer, so it can fill the slots that the request was made of.
            for (field, place) in &step.takes {
                let value = answer.text(field).ok_or_else(|| Trouble::Refused(format!("no {field} in the answer")))?;
                if let Some(slot) = slots.get_mut(*place) {
                    slot.clear();
                    slot.push_str(value);
                }
            }
        }
        Ok(())
    }
}
