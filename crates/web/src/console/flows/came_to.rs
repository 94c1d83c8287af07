//! What a sign-in came to, in words: of a recording, and of a page that a try shows.

use usher_domain::{Authenticator, ConnectionId};
use usher_login_flow::replay::{CameTo, End, Stop};

use super::super::words;
use super::view::Words;

impl Words<'_> {
    /// A sign-in in one line: `Step 1: Username and password → Step 2: TOTP → Signed in`.
    pub fn came_to(&self, came_to: &CameTo) -> String {
        let stops = came_to.path.iter().map(|stop| self.stop(stop));
        stops.chain(std::iter::once(self.end(&came_to.end))).collect::<Vec<_>>().join(" → ")
    }

    fn stop(&self, stop: &Stop) -> String {
        let by = self.by(&stop.by);
        if stop.step == 0 { by } else { format!("Step {}: {by}", stop.step) }
    }

    /// How a step was passed, or what is asked.
    fn by(&self, text: &str) -> String {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        match kind {
            "connection" => self.connection(rest),
            "factor" => {
                let all: Vec<Authenticator> = rest.split(',').filter_map(Authenticator::from_text).collect();
                self.factors(&all)
            }
            "page" => format!("page “{rest}”"),
            "failed" => format!("failed ({rest})"),
            "aborted" => "given up".to_owned(),
            "session" => "existing session".to_owned(),
            "passed" => "passed".to_owned(),
            "sign_in" => "the sign-in page".to_owned(),
            local => Authenticator::from_text(local).map_or_else(|| text.to_owned(), |local| self.factor(local)),
        }
    }

    fn connection(&self, id: &str) -> String {
        match ConnectionId::parse(id) {
            Ok(id) => words::connection_name(self.ui, self.snapshot, &id),
            Err(_) => id.to_owned(),
        }
    }

    fn end(&self, end: &End) -> String {
        match end {
            End::SignedIn { acr: None } => "Signed in".to_owned(),
            End::SignedIn { acr: Some(acr) } => format!("Signed in ({acr})"),
            End::Refused { code } => format!("Refused ({})", code.as_str()),
            End::Ended { how } => format!("Ended by the script ({how})"),
            End::Asks { step: 0, what } => format!("Asks: {}", self.by(what)),
            End::Asks { step, what } => format!("Step {step} asks: {}", self.by(what)),
        }
    }
}
