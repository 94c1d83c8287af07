//! Many sign-ins: a closed loop (so many people, each beginning again when done) or an open one (so many a second, whether
//! or not the last ones are through; time counts from when a person would have begun).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::browser;
use crate::fault::Fault;
use crate::person::{SignedIn, Target, Who};

/// In an open loop, people on their way after which the broker counts as overrun.
const OVERRUN: usize = 4000;

/// How people come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Load {
    /// So many at a time.
    People(u32),
    /// So many a second.
    Rate(u32),
}

impl std::fmt::Display for Load {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::People(1) => write!(f, "1 person"),
            Self::People(people) => write!(f, "{people} people"),
            Self::Rate(rate) => write!(f, "{rate}/s open"),
        }
    }
}

/// When a run ends.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    /// Nobody begins after this.
    Time(Duration),
    /// Nobody begins after so many.
    Count(u64),
}

/// Who comes next; by number, from 0.
pub type Queue = Arc<dyn Fn(u64) -> Who + Send + Sync>;

/// What came of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Time of each sign-in, sorted.
    pub times: Vec<Duration>,
    /// From the first to the last.
    pub took: Duration,
    /// Requests of all browsers; the application's own are not among them.
    pub requests: u64,
    /// Sign-ins in the order of their numbers, where somebody asked for them.
    pub done: Vec<(u64, SignedIn)>,
}

impl Outcome {
    /// The time that so many percent did not exceed, in milliseconds.
    pub fn percentile(&self, percent: usize) -> f64 {
        let at = (self.times.len() * percent).div_ceil(100).saturating_sub(1);
        self.times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    }

    /// Sign-ins per second.
    #[expect(clippy::cast_precision_loss, reason = "counts of a run fit")]
    pub fn per_second(&self) -> f64 {
        self.times.len() as f64 / self.took.as_secs_f64().max(f64::EPSILON)
    }

    fn add(&mut self, number: u64, time: Duration, done: SignedIn) {
        self.times.push(time);
        self.requests += u64::from(done.browser_requests);
        self.done.push((number, done));
    }
}

/// Runs people against a broker; the first that fails ends it.
pub async fn run(target: &Arc<Target>, queue: &Queue, load: Load, until: Until) -> Result<Outcome, Fault> {
    let began = Instant::now();
    let mut outcome = match load {
        Load::People(people) => closed(target, queue, people, until).await?,
        Load::Rate(rate) => open(target, queue, rate, until).await?,
    };
    outcome.took = began.elapsed();
    outcome.times.sort_unstable();
    outcome.done.sort_unstable_by_key(|(number, _)| *number);
    Ok(outcome)
}

fn is_over(until: Until, number: u64, began: Instant) -> bool {
    match until {
        Until::Time(time) => began.elapsed() >= time,
        Until::Count(count) => number >= count,
    }
}

async fn closed(target: &Arc<Target>, queue: &Queue, people: u32, until: Until) -> Result<Outcome, Fault> {
    let (next, began) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let mut running = JoinSet::new();
    for _ in 0..people {
        let (target, queue, next, client) =
            (Arc::clone(target), Arc::clone(queue), Arc::clone(&next), browser::client()?);
        running.spawn(async move {
            let mut own = Outcome::default();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if is_over(until, number, began) {
                    return Ok::<_, Fault>(own);
                }
                let start = Instant::now();
                let done = target.sign_in(&client, &queue(number)).await?;
                own.add(number, start.elapsed(), done);
            }
        });
    }
    let mut all = Outcome::default();
    while let Some(own) = running.join_next().await {
        let own = own.map_err(|fault| Fault::told(fault.to_string()))??;
        all.times.extend(own.times);
        all.requests += own.requests;
        all.done.extend(own.done);
    }
    Ok(all)
}

async fn open(target: &Arc<Target>, queue: &Queue, rate: u32, until: Until) -> Result<Outcome, Fault> {
    let (client, began) = (browser::client()?, Instant::now());
    let gap = Duration::from_secs(1) / rate.max(1);
    let (mut running, mut all, mut number) = (JoinSet::new(), Outcome::default(), 0_u32);
    while !is_over(until, u64::from(number), began) {
        let due = began + gap * number;
        tokio::time::sleep_until(due.into()).await;
        let (broker, who, client, own) =
            (Arc::clone(target), queue(u64::from(number)), client.clone(), u64::from(number));
        running.spawn(async move { broker.sign_in(&client, &who).await.map(|done| (own, due.elapsed(), done)) });
        while let Some(done) = running.try_join_next() {
            let (number, time, done) = done.map_err(|fault| Fault::told(fault.to_string()))??;
            all.add(number, time, done);
        }
        if running.len() > OVERRUN {
            return Err(Fault::told(format!("{} cannot keep up with {rate} a second", target.name())));
        }
        number += 1;
    }
    while let Some(done) = running.join_next().await {
        let (number, time, done) = done.map_err(|fault| Fault::told(fault.to_string()))??;
        all.add(number, time, done);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_the_nearest_rank() {
        let times = (1..=200).map(Duration::from_millis).collect();
        let outcome = Outcome { times, took: Duration::from_secs(2), ..Outcome::default() };
        let shown = [50, 95, 99].map(|percent| format!("{:.3}", outcome.percentile(percent)));
        assert_eq!(shown, ["100.000", "190.000", "198.000"]);
        assert!((outcome.per_second() - 100.0).abs() < 1e-9);
        assert!(Outcome::default().percentile(95).abs() < f64::EPSILON);
    }
}
