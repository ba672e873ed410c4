//! Reads that are announced before they are made, so that several of them take one trip to the server.

use castellan_kernel::Result;

use crate::connection::{Session, scoped};
use crate::{Connection, Row, Statement, Text, Value};

/// A fixed statement with its values, to be read soon.
#[derive(Debug, Clone)]
pub struct Question {
    pub(crate) statement: &'static Statement,
    pub(crate) values: Vec<Value>,
}

impl Question {
    /// The statement with the values that [`Connection::rows`] will be called with.
    pub fn new(statement: &'static Statement, values: impl Into<Vec<Value>>) -> Self {
        Self { statement, values: values.into() }
    }
}

impl Connection {
    /// All rows of a question; whether it was announced or not makes no difference to them.
    ///
    /// # Errors
    /// As [`Connection::rows`].
    pub async fn ask(&mut self, question: &Question) -> Result<Vec<Row>> {
        self.rows(question.statement, &question.values).await
    }

    /// The first row of a question.
    ///
    /// # Errors
    /// As [`Connection::rows`].
    pub async fn ask_one(&mut self, question: &Question) -> Result<Option<Row>> {
        self.row(question.statement, &question.values).await
    }

    /// Announces reads that will follow, in any order and perhaps not all of them. It changes nothing but the time they take: on
    /// PostgreSQL they are sent together with the next statement, and each finds its answer there. A write forgets them. What is
    /// remembered is never asked for, so where everything is, nothing is sent. The embedded engine has no trips to save and does
    /// not ask what would follow.
    pub fn announce<Q: IntoIterator<Item = Question>>(&mut self, questions: impl FnOnce() -> Q) {
        if let Session::Postgres(session) = &mut self.session {
            for question in questions() {
                // A statement without the instance that it needs fails when it is run, not here.
                if let Ok(instance) = scoped(self.instance.as_deref(), question.statement.scope) {
                    session.announce(question, instance.map(Text::from));
                }
            }
        }
    }
}
