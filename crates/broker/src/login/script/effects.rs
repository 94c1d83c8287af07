//! What a script wants done at the end.

use usher_storage::Tx;

use crate::login::commit::{FinishPlan, NotCommitted, Person};

/// Does it.
pub async fn land(_: &mut Tx, _: &mut FinishPlan, _: &Person, _: &str) -> Result<(), NotCommitted> {
    Ok(())
}
