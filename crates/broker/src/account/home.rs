//! What the beginning of the account page says.

use super::Person;
use super::sign_in::has_factors;
use crate::broker::Broker;
use crate::failure::Fault;

/// Whether nothing protects the account but one way to sign in.
pub async fn lacks_factor(broker: &Broker, person: &Person) -> Result<bool, Fault> {
    Ok(!has_factors(broker, &person.user.id).await?)
}
