//! Trying a transaction again that lost against another one. An import's transaction may take longer than the patience of a
//! request, so its tries are counted instead.

use castellan_db::Retry;
use castellan_kernel::Error;
use castellan_rpc::Context;

const MOST: u32 = 5;

/// The tries of one transaction.
#[derive(Default)]
pub(super) struct Tries {
    losses: u32,
    /// Holds the turn of those who lost while it exists.
    turn: Option<Retry>,
}

impl Tries {
    /// Rolls back and says whether to try again.
    pub(super) async fn again(&mut self, ctx: &mut Context, error: &Error) -> bool {
        ctx.rollback();
        if !error.is_conflict() || self.losses == MOST {
            return false;
        }
        self.losses += 1;
        self.turn = None;
        let mut turn = Retry::new(&ctx.env().db);
        turn.again().await;
        self.turn = Some(turn);
        true
    }
}
