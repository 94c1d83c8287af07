//! The second factor: people set an authenticator app up on their first sign-in and use it in the next ones. A code counts
//! once, and codes of the step before and after the present one count too: each person comes three times, the first
//! time to set up, which is not measured.

use std::sync::Arc;

use crate::browser::{self, App};
use crate::clock;
use crate::fault::Fault;
use crate::figures::Figures;
use crate::jose::Algorithm;
use crate::load::{self, Load, Queue, Until};
use crate::measure;
use crate::person::{Target, Who};
use crate::scene::Scene;
use crate::usher::Mode;

/// How long a code is the present one, in seconds.
const STEP: i64 = 30;

/// The line of sign-ins with an authenticator app.
pub async fn measure(scene: &Scene<'_>, people: u64) -> Result<Figures, Fault> {
    let algorithm = Algorithm::Es256;
    // So few at a time that nobody's third visit can overtake their second.
    let load = Load::People(u32::try_from(people / 5).unwrap_or(8).clamp(1, 8));
    let plan = scene.plan(Mode::Totp.name(), algorithm, load, Until::Count(people * 2));
    let process = scene.installation.start().await?;
    let profile = scene.installation.profile(Mode::Totp, algorithm)?;
    let target = Arc::new(Target::new(&browser::client()?, profile, scene.upstream.origin()).await?);

    let names = scene.queue(Mode::Totp, algorithm);
    let first: Queue = {
        let names = Arc::clone(&names);
        Arc::new(move |number| with_app(names(number).subject, None, -1))
    };
    let set_up = load::run(&target, &first, Load::People(4), Until::Count(people)).await?;
    let keys: Vec<Option<String>> = set_up.done.into_iter().map(|(_, done)| done.app.key).collect();
    if keys.iter().any(Option::is_none) {
        return Err(Fault::told("somebody was not asked to set an authenticator app up"));
    }
    let second: Queue = Arc::new(move |number| {
        let (at, round) = (number % people.max(1), i64::from(number >= people));
        let key = usize::try_from(at).ok().and_then(|at| keys.get(at).cloned()).flatten();
        with_app(names(at).subject, key, round)
    });
    let weighed = measure::weigh(&process, &target, &second, &plan).await?;
    let figures = measure::figures(target.name(), &plan, &weighed, process.ready_after);
    process.stop().await?;
    Ok(figures)
}

/// Somebody whose app is so many steps ahead.
fn with_app(subject: String, key: Option<String>, ahead: i64) -> Who {
    Who { subject, app: App { key, step: clock::now() / STEP + ahead } }
}
