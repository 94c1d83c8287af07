//! Hostile scripts at full offered load: an application whose script burns whatever it is given is visited by as many as
//! come, while people of another application sign in at a fixed rate. What counts is how long those take, with and
//! without.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::task::JoinSet;

use crate::browser;
use crate::fault::Fault;
use crate::figures::Figures;
use crate::jose::Algorithm;
use crate::load::{Load, Until};
use crate::measure;
use crate::person::{Target, Who};
use crate::scene::Scene;
use crate::usher::{self, Mode};

/// Both lines: without hostile scripts, and with so many people at the application that has them.
pub async fn measure(
    scene: &Scene<'_>,
    hostile: u32,
    rate: u32,
    until: Until,
) -> Result<([Figures; 2], String), Fault> {
    let algorithm = Algorithm::Es256;
    let process = scene.installation.start().await?;
    let client = browser::client()?;
    let profile = scene.installation.profile(Mode::Returning, algorithm)?;
    let target = Arc::new(Target::new(&client, profile, scene.upstream.origin()).await?);
    let profile = scene.installation.profile_of(usher::HOSTILE, &usher::crowd_connection(algorithm))?;
    let burning = Arc::new(Target::new(&client, profile, scene.upstream.origin()).await?);

    let names = [("returning, alone", 0), ("returning, beside hostile scripts", hostile)];
    let mut lines = Vec::new();
    let mut burnt = 0;
    for (name, people) in names {
        let plan = scene.plan(name, algorithm, Load::Rate(rate), until);
        let queue = scene.queue(Mode::Returning, algorithm);
        let crowd = Crowd::gather(&burning, people)?;
        let weighed = measure::weigh(&process, &target, &queue, &plan).await?;
        burnt = crowd.leave().await?;
        lines.push(measure::figures(target.name(), &plan, &weighed, process.ready_after));
    }
    process.stop().await?;
    let Ok([alone, beside]) = <[Figures; 2]>::try_from(lines) else { return Err(Fault::told("two lines")) };
    let note = format!(
        "hostile scripts: {burnt} sign-ins of {hostile} people were ended by the limits of the engine, while others took \
         {:.1} ms (p95) instead of {:.1} ms at {rate} a second; CPU of the broker includes what the scripts burnt",
        beside.p95_ms, alone.p95_ms
    );
    Ok(([alone, beside], note))
}

/// People at the application with the hostile script, until they are sent home.
struct Crowd {
    stop: Arc<AtomicBool>,
    count: Arc<AtomicU64>,
    running: JoinSet<Result<(), Fault>>,
}

impl Crowd {
    fn gather(target: &Arc<Target>, people: u32) -> Result<Self, Fault> {
        let (stop, count, mut running) =
            (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)), JoinSet::new());
        for number in 0..people {
            let (target, stop, count, client) =
                (Arc::clone(target), Arc::clone(&stop), Arc::clone(&count), browser::client()?);
            running.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    // The script must never let anybody in; anything but a refusal would be a hole.
                    match target.sign_in(&client, &Who::named(format!("hostile-{number}"))).await {
                        Ok(_) => return Err(Fault::told("an endless script let somebody in")),
                        Err(Fault::Stopped { .. } | Fault::Told(_)) => count.fetch_add(1, Ordering::Relaxed),
                        Err(fault) => return Err(fault),
                    };
                }
                Ok(())
            });
        }
        Ok(Self { stop, count, running })
    }

    async fn leave(mut self) -> Result<u64, Fault> {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(done) = self.running.join_next().await {
            done.map_err(|fault| Fault::told(fault.to_string()))??;
        }
        Ok(self.count.load(Ordering::Relaxed))
    }
}
