//! One measurement: a fresh process on a database that is there, people who warm it up, people who are counted, and the
//! process stopped again so that it says what its store did.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::browser;
use crate::fault::Fault;
use crate::figures::{Figures, PerSignIn};
use crate::jose::Algorithm;
use crate::load::{self, Load, Outcome, Queue, Until};
use crate::person::{Target, Who};
use crate::process::{Process, Weight};
use crate::usher::{self, Counts};

/// Sign-ins before counting begins: keys fetched, pages compiled, statements prepared.
const WARM_UP: u64 = 60;
/// Numbers of those who warm up, away from those who are measured.
const WARM_UP_FROM: u64 = 1 << 40;

/// What is measured.
pub struct Plan<'a> {
    pub database: Option<&'a str>,
    pub mode: &'a str,
    pub algorithm: Algorithm,
    pub load: Load,
    pub connections: Option<u32>,
    pub users: Option<u32>,
    pub until: Until,
}

/// A process under load, from idle to the end.
pub struct Weighed {
    pub outcome: Outcome,
    pub idle: Weight,
    pub before: Weight,
    pub after: Weight,
    /// All sign-ins, those of the warm-up too.
    pub all: u64,
}

/// Warms up, then measures.
pub async fn weigh(process: &Process, target: &Arc<Target>, queue: &Queue, plan: &Plan<'_>) -> Result<Weighed, Fault> {
    let idle = process.weight();
    let later = Arc::clone(queue);
    let warming: Queue = Arc::new(move |number| later(WARM_UP_FROM + number));
    let warm = match plan.until {
        Until::Time(_) => load::run(target, &warming, Load::People(2), Until::Count(WARM_UP)).await?.times.len(),
        Until::Count(_) => 0,
    };
    let before = process.weight();
    let outcome = load::run(target, queue, plan.load, plan.until).await?;
    let after = process.weight();
    let all = u64::try_from(warm + outcome.times.len()).unwrap_or_default();
    Ok(Weighed { outcome, idle, before, after, all })
}

/// The line of the table for a process that was weighed.
#[expect(clippy::cast_precision_loss, reason = "counts of a run fit")]
pub fn figures(name: &str, plan: &Plan<'_>, weighed: &Weighed, ready_after: Duration) -> Figures {
    let outcome = &weighed.outcome;
    let sign_ins = outcome.times.len().max(1) as f64;
    Figures {
        broker: name.to_owned(),
        database: plan.database.map(str::to_owned),
        mode: plan.mode.to_owned(),
        algorithm: plan.algorithm,
        load: plan.load,
        connections: plan.connections,
        users: plan.users,
        sign_ins: u64::try_from(outcome.times.len()).unwrap_or_default(),
        per_second: outcome.per_second(),
        p50_ms: outcome.percentile(50),
        p95_ms: outcome.percentile(95),
        p99_ms: outcome.percentile(99),
        cpu_ms: (weighed.after.cpu_ms - weighed.before.cpu_ms) / sign_ins,
        idle_mb: weighed.idle.resident_mb,
        after_mb: weighed.after.resident_mb,
        requests: outcome.requests as f64 / sign_ins,
        store: None,
        ready_ms: ready_after.as_secs_f64() * 1000.0,
    }
}

/// What the store did for each sign-in, above what it does to start and stop.
#[expect(clippy::cast_precision_loss, reason = "counts of a run fit")]
pub fn per_sign_in(log: &str, rest: Counts, sign_ins: u64) -> Result<PerSignIn, Fault> {
    let counts = usher::counts(log)?;
    let per = |all: u64, rest: u64| all.saturating_sub(rest) as f64 / sign_ins.max(1) as f64;
    Ok(PerSignIn {
        commits: per(counts.commits, rest.commits),
        statements: per(counts.statements, rest.statements),
        in_progress_statements: per(counts.in_progress_statements, rest.in_progress_statements),
    })
}

/// The CPU that a sign-in page costs: one browser opens it, then loads it again and again.
pub async fn page(process: &Process, target: &Target, times: u32, plan: &Plan<'_>) -> Result<Figures, Fault> {
    let idle = process.weight();
    let client = browser::following()?;
    let first = client.get(target.start("s", "n", "v")?).send().await?;
    let (status, url) = (first.status().as_u16(), first.url().clone());
    if status != 200 {
        return Err(Fault::Stopped { at: url.to_string(), status, text: first.text().await? });
    }
    let (before, began) = (process.weight(), Instant::now());
    let mut outcome = Outcome::default();
    for _ in 0..times {
        let start = Instant::now();
        let answer = client.get(url.clone()).send().await?;
        let status = answer.status().as_u16();
        let text = answer.text().await?;
        if status != 200 || !text.contains("<form") {
            return Err(Fault::Stopped { at: url.to_string(), status, text });
        }
        outcome.times.push(start.elapsed());
    }
    outcome.took = began.elapsed();
    outcome.times.sort_unstable();
    outcome.requests = u64::from(times);
    let after = process.weight();
    let weighed = Weighed { outcome, idle, before, after, all: 0 };
    Ok(figures(target.name(), plan, &weighed, process.ready_after))
}

/// People without an authenticator app, by number.
pub fn queue(name: impl Fn(u64) -> String + Send + Sync + 'static) -> Queue {
    Arc::new(move |number| Who::named(name(number)))
}
