//! One run of a seed: actors, storms, a quiet evening in which everything is delivered, and the check of the books.

use crate::bank::Bank;
use crate::fault::{self, Fault, Weather};
use crate::mutation::Mutation;
use crate::schedule::{Schedule, Task, Turn, Waiting};
use crate::shop::Shop;
use crate::table::Table;
use crate::told::Told;
use crate::trace::{Names, Step};
use crate::witness::Witness;
use crate::{actors, books, evening};
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use stoa_storage::Store;
use stoa_storage::embedded::EmbeddedError;
use stoa_storage::embedded::memory::{Reply, Request, Wire};

/// More turns than any run that ends takes.
const MAX_TURNS: usize = 20_000;

/// What is run.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// 2 to 8.
    pub actors: usize,
    pub mutation: Option<Mutation>,
}

impl Settings {
    pub const MAX_ACTORS: usize = 8;
}

impl Default for Settings {
    fn default() -> Self {
        Self { actors: Self::MAX_ACTORS, mutation: None }
    }
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Run {
    pub seed: u64,
    pub steps: Vec<Step>,
    /// Each invariant that does not hold, as a sentence. Empty: all is well.
    pub violations: Vec<String>,
    pub faults: BTreeMap<Fault, usize>,
    /// What happened at all: a simulation in which nothing does shows nothing.
    pub seen: BTreeSet<&'static str>,
    /// How often the mutation changed a request.
    pub mutated: usize,
}

/// Runs one seed in this thread. The same seed and settings give the same steps and the same verdict.
pub fn run(seed: u64, settings: Settings) -> Result<Run, EmbeddedError> {
    // Only for the timers that requests arm: nothing runs on it, and no timer ever fires.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(|e| EmbeddedError::Database { path: "timers".to_owned(), why: e.to_string() })?;
    let _entered = runtime.enter();
    let told = Told::default();
    tracing::subscriber::with_default(told.subscriber(), || {
        let mut rng = Rng::with_seed(seed);
        let schedule = Arc::new(Schedule::default());
        let any_amount = settings.mutation == Some(Mutation::AnyAmountPays);
        let bank = Arc::new(Bank::new(schedule.clone(), rng.fork(), any_amount));
        let store = Store::over(schedule.clone() as Arc<dyn Wire>);
        let shop = Arc::new(Shop::new(schedule.clone(), store, bank));
        let witness = Arc::new(Witness::default());
        let mut machine = Machine::new(seed, settings, schedule.clone(), rng.fork())?;

        let opening = shop.clone();
        let seen = witness.clone();
        schedule.actor("opening", async move { opening.open(&seen).await });
        machine.go(Weather::CALM);
        machine.run.steps.clear();

        actors::enter(&shop, &witness, settings.actors, &mut rng);
        machine.go(Weather::of(&mut rng));

        let (last, seen) = (shop.clone(), witness.clone());
        schedule.actor("evening", async move { evening::evening(&last, &seen).await });
        machine.go(Weather::CALM);

        let (closed, seen) = (shop.clone(), witness.clone());
        schedule.actor("books", async move { books::check(&closed, &seen, &told).await });
        let steps = machine.run.steps.len();
        machine.go(Weather::CALM);
        machine.run.steps.truncate(steps);

        let mut run = machine.run;
        run.violations.extend(witness.violations());
        run.seen = witness.seen();
        run.mutated += usize::from(any_amount);
        Ok(run)
    })
}

/// Gives the turns.
struct Machine {
    settings: Settings,
    schedule: Arc<Schedule>,
    table: Table,
    tasks: BTreeMap<usize, Task>,
    /// How ready each task is to be chosen: some are slow, and much happens while they wait.
    paces: BTreeMap<usize, u32>,
    names: Names,
    rng: Rng,
    run: Run,
}

impl Machine {
    fn new(seed: u64, settings: Settings, schedule: Arc<Schedule>, rng: Rng) -> Result<Self, EmbeddedError> {
        let run = Run {
            seed,
            steps: Vec::new(),
            violations: Vec::new(),
            faults: BTreeMap::new(),
            seen: BTreeSet::new(),
            mutated: 0,
        };
        let (tasks, paces) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { settings, schedule, table: Table::new()?, tasks, paces, names: Names::default(), rng, run })
    }

    /// Until nobody waits any more.
    fn go(&mut self, weather: Weather) {
        self.schedule.shared().is_calm = weather.is_calm();
        for _ in 0..MAX_TURNS {
            self.poll();
            let Some(waiting) = self.choose() else {
                if !self.tasks.is_empty() {
                    let stuck: Vec<&str> = self.tasks.values().map(|task| task.name.as_str()).collect();
                    self.run
                        .violations
                        .push(format!("nobody has a turn, and these are not done: {}", stuck.join(", ")));
                    self.tasks.clear();
                }
                return;
            };
            self.turn(waiting, weather);
        }
        self.run.violations.push(format!("the run did not end within {MAX_TURNS} turns"));
        self.tasks.clear();
        self.schedule.shared().waiting.clear();
    }

    /// Lets every task go on as far as it can.
    fn poll(&mut self) {
        loop {
            let born = std::mem::take(&mut self.schedule.shared().born);
            for task in born {
                self.paces.insert(task.id, [1, 4, 4, 16][self.rng.usize(..4)]);
                self.tasks.insert(task.id, task);
            }
            let Some(id) = self.tasks.values().find(|task| task.woken.take()).map(|task| task.id) else { return };
            self.schedule.shared().current = id;
            let Some(task) = self.tasks.get_mut(&id) else { continue };
            let waker = Waker::from(task.woken.clone());
            if let Poll::Ready(()) = task.future.as_mut().poll(&mut Context::from_waker(&waker)) {
                self.tasks.remove(&id);
            }
        }
    }

    fn choose(&mut self) -> Option<Waiting> {
        let mut shared = self.schedule.shared();
        shared.waiting.retain(|waiting| !waiting.turn.is_over());
        let pace = |waiting: &Waiting| self.paces.get(&waiting.task).copied().unwrap_or(1);
        let all: u32 = shared.waiting.iter().map(pace).sum();
        if all == 0 {
            return None;
        }
        let mut chosen = self.rng.u32(..all);
        let at = shared.waiting.iter().position(|waiting| {
            let pace = pace(waiting);
            let here = chosen < pace;
            chosen = chosen.saturating_sub(pace);
            here
        })?;
        Some(shared.waiting.remove(at))
    }

    fn turn(&mut self, waiting: Waiting, weather: Weather) {
        let id = waiting.task;
        let is_shop = self.tasks.get(&id).is_some_and(|task| task.is_shop);
        if is_shop && weather.caller_leaves(&mut self.rng) {
            let caller = self.tasks.get_mut(&id).and_then(|task| task.caller.take());
            if caller.is_some_and(|caller| caller.send(()).is_ok()) {
                self.note(id, "its caller waits no longer".to_owned(), Some(Fault::CallerLeft), String::new());
            }
        }
        match waiting.turn {
            Turn::Pause { what, go_on } => {
                self.note(id, what.to_owned(), None, String::new());
                // It waits, or its task is gone.
                let _ = go_on.send(());
            }
            Turn::Request { request, reply } => {
                let text = self.names.request(&request);
                let fault = weather.strikes(&request, is_shop, &mut self.rng);
                let mutated = self.settings.mutation.and_then(|mutation| mutation.rewrite(&request));
                let (request, rest) = self.mutated(request, mutated);
                let answer = fault::answer(&mut self.table, &request, fault, &mut self.names, &mut self.rng);
                self.note(id, text, fault, outcome(&answer));
                if matches!(fault, Some(Fault::CrashBefore | Fault::CrashAfter)) {
                    self.crash(id);
                    return;
                }
                match rest.filter(|_| matches!(answer, Reply::Answer(200, _))) {
                    Some(rest) => self
                        .schedule
                        .shared()
                        .waiting
                        .push(Waiting { task: id, turn: Turn::Request { request: rest, reply } }),
                    // It waits, or its task is gone.
                    None => drop(reply.send(answer)),
                }
            }
        }
    }

    /// The request to be made now, and one that follows it.
    fn mutated(&mut self, request: Request, mutated: Option<Vec<Request>>) -> (Request, Option<Request>) {
        let Some(mutated) = mutated else { return (request, None) };
        self.run.mutated += 1;
        let mut requests = mutated.into_iter();
        (requests.next().unwrap_or(request), requests.next())
    }

    fn crash(&mut self, id: usize) {
        self.tasks.remove(&id);
        self.schedule.shared().waiting.retain(|waiting| waiting.task != id);
    }

    fn note(&mut self, id: usize, operation: String, fault: Option<Fault>, result: String) {
        if let Some(fault) = fault {
            *self.run.faults.entry(fault).or_default() += 1;
        }
        let actor = self.schedule.shared().names.get(id).cloned().unwrap_or_default();
        let number = self.run.steps.len() + 1;
        self.run.steps.push(Step { number, actor, operation, fault: fault.map(Fault::text), result });
    }
}

/// An answer in few words.
fn outcome(reply: &Reply) -> String {
    let Reply::Answer(status, body) = reply else { return "nothing".to_owned() };
    if *status == 200 {
        return "ok".to_owned();
    }
    let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let name = body["__type"].as_str().and_then(|name| name.rsplit('#').next()).unwrap_or("error").to_owned();
    let reasons = body["CancellationReasons"].as_array().into_iter().flatten().enumerate();
    let reasons = reasons.filter_map(|(at, reason)| {
        let code = reason["Code"].as_str().filter(|code| *code != "None")?;
        Some(format!("{code} at write {}", at + 1))
    });
    let reasons: Vec<String> = reasons.collect();
    if reasons.is_empty() { name } else { format!("{name}: {}", reasons.join(", ")) }
}
