//! A stand-in for the router: answers with a canned result and remembers what it was called with.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use prost::Message as _;

use crate::call::{BoxFuture, Call, Failure, Invoke, Reply};

type Answer = Box<dyn Fn(&Call) -> Result<Reply, Failure> + Send + Sync>;

/// Serves every RPC except those named in `missing`.
pub struct Stub {
    answer: Answer,
    missing: Vec<&'static str>,
    calls: Mutex<Vec<Call>>,
}

impl Stub {
    /// Answers every RPC with the same message.
    pub fn replying(message: &impl prost::Message) -> Arc<Self> {
        let body = Bytes::from(message.encode_to_vec());
        Self::answering(move |_| Ok(Reply { body: body.clone() }))
    }

    /// Fails every RPC.
    pub fn failing(failure: Failure) -> Arc<Self> {
        Self::answering(move |_| Err(failure.clone()))
    }

    /// Answers by a function.
    pub fn answering(answer: impl Fn(&Call) -> Result<Reply, Failure> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { answer: Box::new(answer), missing: Vec::new(), calls: Mutex::default() })
    }

    /// Answers every RPC with an empty message, but has no handler for the named one.
    pub fn without(path: &'static str) -> Arc<Self> {
        let answer: Answer = Box::new(|_| Ok(Reply::default()));
        Arc::new(Self { answer, missing: vec![path], calls: Mutex::default() })
    }

    /// The last call; there must have been one.
    pub fn last_call(&self) -> Call {
        self.calls.lock().unwrap().pop().expect("the RPC was not called")
    }

    /// The request message of the last call.
    pub fn last_request<M: prost::Message + Default>(&self) -> M {
        M::decode(self.last_call().body).unwrap()
    }

    /// How often any RPC was called.
    pub fn count(&self) -> usize {
        self.calls.lock().unwrap().len()
    }
}

impl Invoke for Stub {
    fn serves(&self, path: &str) -> bool {
        !self.missing.contains(&path)
    }

    fn invoke(self: Arc<Self>, call: Call) -> BoxFuture<Result<Reply, Failure>> {
        Box::pin(async move {
            let answer = (self.answer)(&call);
            self.calls.lock().unwrap().push(call);
            answer
        })
    }
}

/// The failure of `spec: oauth.md 5.4`.
pub fn invalid_token() -> Failure {
    let detail = castellan_proto::zitadel::v1::ErrorDetail {
        id: "AUTH-7fs1e".to_owned(),
        message: "Errors.Token.Invalid".to_owned(),
    };
    Failure {
        kind: castellan_kernel::Kind::Unauthenticated,
        message: "Errors.Token.Invalid (AUTH-7fs1e)".to_owned(),
        detail: Some(crate::call::FailureDetail {
            type_name: "zitadel.v1.ErrorDetail",
            value: Bytes::from(detail.encode_to_vec()),
        }),
    }
}
