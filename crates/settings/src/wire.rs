//! API versions whose messages are the same on the wire: a v2beta handler runs its v2 twin and copies nothing by hand.

use castellan_kernel::{Error, Result};
use prost::Message;

/// The twin of a message: another type with the same fields under the same numbers.
///
/// # Errors
/// Internal, if the bytes of one are none of the other; the equality test over the descriptors keeps that from happening.
pub fn twin<A: Message, B: Message + Default>(message: &A) -> Result<B> {
    B::decode(message.encode_to_vec().as_slice()).map_err(Error::internal)
}

/// The twin of an answer.
///
/// # Errors
/// The error of the answer, or as [`twin`].
pub fn via<A: Message, B: Message + Default>(answer: Result<A>) -> Result<B> {
    twin(&answer?)
}
