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

#[cfg(test)]
mod tests {
    use http::Method;
    use serde_json::json;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// Answers everything with an id, and tells what it was asked.
    async fn server() -> (Target, tokio::sync::mpsc::UnboundedReceiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = Target::parse(&format!("http://{}", listener.local_addr().unwrap()), false).unwrap();
        let (asked, was_asked) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4_096];
                while let Ok(length @ 1..) = stream.read(&mut request).await {
                    asked.send(String::from_utf8_lossy(&request[..length]).into_owned()).unwrap();
                    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"id\":\"7\"}";
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            }
        });
        (target, was_asked)
    }

    fn create() -> Step {
        Step::one(Request::json(Method::POST, "/users", &json!({"name": "*0*"}))).taking("id", 1)
    }

    #[tokio::test]
    async fn a_name_is_used_once_whoever_runs_it_and_how_often() {
        let (target, mut was_asked) = server().await;
        let scenario = Scenario::new(vec![create()], Some("bench".to_owned()), &target);
        let mut names = std::collections::BTreeSet::new();
        for (run, worker, number) in [(0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0), (1, 1, 1)] {
            let mut actor = Actor::new(target.connect().await.unwrap(), run, worker, scenario.slots());
            scenario.iterate(&mut actor, number).await.unwrap();
            names.insert(was_asked.recv().await.unwrap());
        }
        assert_eq!(names.len(), 5, "{names:?}");
    }

    #[tokio::test]
    async fn what_a_step_takes_from_its_answer_fills_the_next() {
        let (target, mut was_asked) = server().await;
        let read = Step::one(Request::get("/users/*1*"));
        let scenario = Scenario::new(vec![create(), read], Some("bench".to_owned()), &target);
        let mut actor = Actor::new(target.connect().await.unwrap(), 0, 0, scenario.slots());
        scenario.iterate(&mut actor, 0).await.unwrap();
        assert!(was_asked.recv().await.unwrap().contains(r#"{"name":"bench-0-0-0"}"#));
        assert!(was_asked.recv().await.unwrap().starts_with("GET /users/7 "));
    }

    #[tokio::test]
    async fn an_answer_without_what_is_to_be_taken_is_an_error() {
        let (target, _was_asked) = server().await;
        let step = Step::one(Request::get("/users")).taking("userId", 1);
        let scenario = Scenario::new(vec![step], None, &target);
        let mut actor = Actor::new(target.connect().await.unwrap(), 0, 0, scenario.slots());
        let error = scenario.iterate(&mut actor, 0).await.unwrap_err();
        assert_eq!(error, Trouble::Refused("no userId in the answer".to_owned()));
    }

    #[tokio::test]
    async fn connections_take_the_parts_of_a_mix_in_turn() {
        let (target, mut was_asked) = server().await;
        let one = |path: &str| Arc::new(Scenario::new(vec![Step::one(Request::get(path))], None, &target));
        let mix = Scenario::mix([one("/a"), one("/b")].into_iter());
        let mut actor = Actor::new(target.connect().await.unwrap(), 0, 1, mix.slots());
        for (number, path) in [(0, "/b"), (1, "/a"), (2, "/b")] {
            mix.iterate(&mut actor, number).await.unwrap();
            assert!(was_asked.recv().await.unwrap().starts_with(&format!("GET {path} ")));
        }
    }
}
