//! What a session will send with its next statement.

use super::pipeline::Request;
use crate::call::Call;
use crate::deferred::Deferred;
use crate::row::{Origin, Row};
use crate::{Question, Statement, Text};

/// A read that will follow, and its rows once they are there.
pub(super) struct Announced {
    pub question: Question,
    pub instance: Option<Text>,
    pub rows: Option<Vec<Row>>,
}

impl Announced {
    /// Whether it is this one.
    pub(super) fn is(&self, call: &Call<'_>) -> bool {
        let asked = |statement| std::ptr::eq::<Statement>(self.question.statement, statement);
        matches!(call.origin, Origin::Statement(statement) if asked(statement))
            && self.instance.as_deref() == call.instance
            && self.question.values == call.values
    }
}

impl<'a> Request<'a> {
    pub(super) fn of_deferred(deferred: &'a Deferred) -> Self {
        let call = deferred.as_call();
        let request = Self::new(call.sql, call.instance, call.values, call.origin);
        Self { for_rows: false, refusals: deferred.refusals, ..request }
    }

    pub(super) fn of_announced(announced: &'a Announced) -> Self {
        let Question { statement, values } = &announced.question;
        Self::new(statement.sql, announced.instance.as_deref(), values, Origin::Statement(statement))
    }
}
