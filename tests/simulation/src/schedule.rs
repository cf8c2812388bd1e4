//! What waits for its turn. Nothing of a run goes on by itself: every request to the table, every pause before a retry and
//! every step of an actor is put down here, and the future that made it sleeps until [`crate::run`] lets it pass. One
//! thread polls them all, so the order in which turns are given is the whole of the schedule.

use futures::future::BoxFuture;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Wake;
use std::time::Duration;
use stoa_storage::embedded::memory::{Pause, Reply, Request, Wire};
use tokio::sync::oneshot;

/// A future that is driven turn by turn: an actor, or what the shop does for one.
pub(crate) struct Task {
    pub(crate) id: usize,
    pub(crate) name: String,
    pub(crate) future: BoxFuture<'static, ()>,
    pub(crate) woken: Arc<Woken>,
    /// The shop's work ends where its machine stops, and its caller may leave before; an actor does neither.
    pub(crate) caller: Option<oneshot::Sender<()>>,
    pub(crate) is_shop: bool,
}

/// Set by whatever a task waits for.
#[derive(Debug)]
pub(crate) struct Woken(AtomicBool);

impl Woken {
    pub(crate) fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// One turn to be given.
pub(crate) struct Waiting {
    pub(crate) task: usize,
    pub(crate) turn: Turn,
}

pub(crate) enum Turn {
    Request { request: Request, reply: oneshot::Sender<Reply> },
    Pause { what: &'static str, go_on: oneshot::Sender<()> },
}

impl Turn {
    /// Nobody waits for it any more: the future that made it was dropped.
    pub(crate) fn is_over(&self) -> bool {
        match self {
            Self::Request { reply, .. } => reply.is_closed(),
            Self::Pause { go_on, .. } => go_on.is_closed(),
        }
    }
}

/// Why a caller has no answer. In neither case do they know what became of their request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gone {
    /// The machine stopped between two steps.
    Crashed,
    /// The caller waited no longer; the shop works on.
    Left,
}

#[derive(Default)]
pub(crate) struct Shared {
    /// Whose turn it is.
    pub(crate) current: usize,
    pub(crate) names: Vec<String>,
    pub(crate) born: Vec<Task>,
    pub(crate) waiting: Vec<Waiting>,
    /// Nothing goes wrong.
    pub(crate) is_calm: bool,
}

/// Shared by everything in a run.
#[derive(Default)]
pub(crate) struct Schedule(Mutex<Shared>);

impl Schedule {
    pub(crate) fn shared(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.shared().is_calm
    }

    /// Adds an actor.
    pub(crate) fn actor(&self, name: impl Into<String>, future: impl Future<Output = ()> + Send + 'static) {
        self.add(name.into(), Box::pin(future), None);
    }

    /// Lets the shop do something for the actor whose turn it is: a task of its own, which may crash or be left alone.
    pub(crate) fn invoke<T: Send + 'static>(
        &self,
        what: &str,
        work: impl Future<Output = T> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, Gone>> {
        let (answer, answered) = oneshot::channel();
        let (leave, left) = oneshot::channel();
        let name = {
            let shared = self.shared();
            format!("{}: {what}", shared.names.get(shared.current).map_or("", String::as_str))
        };
        let work = async move {
            // Whoever left does not hear it.
            let _ = answer.send(work.await);
        };
        self.add(name, Box::pin(work), Some(leave));
        Box::pin(async move {
            tokio::select! {
                biased;
                answered = answered => answered.map_err(|_| Gone::Crashed),
                Ok(()) = left => Err(Gone::Left),
            }
        })
    }

    /// An actor lets others go first.
    pub(crate) fn pause(&self, what: &'static str) -> Pause {
        let (go_on, gone_on) = oneshot::channel();
        let mut shared = self.shared();
        let task = shared.current;
        shared.waiting.push(Waiting { task, turn: Turn::Pause { what, go_on } });
        Box::pin(async move {
            // Dropped only with the task that waits.
            let _ = gone_on.await;
        })
    }

    fn add(&self, name: String, future: BoxFuture<'static, ()>, caller: Option<oneshot::Sender<()>>) {
        let mut shared = self.shared();
        let id = shared.names.len();
        shared.names.push(name.clone());
        let woken = Arc::new(Woken(AtomicBool::new(true)));
        shared.born.push(Task { id, name, future, woken, is_shop: caller.is_some(), caller });
    }
}

impl Wire for Schedule {
    fn send(&self, request: Request) -> BoxFuture<'static, Reply> {
        let (reply, replied) = oneshot::channel();
        let mut shared = self.shared();
        let task = shared.current;
        shared.waiting.push(Waiting { task, turn: Turn::Request { request, reply } });
        Box::pin(async move { replied.await.unwrap_or(Reply::Lost) })
    }

    fn wait(&self, _: Duration) -> Pause {
        self.pause("waits before it tries again")
    }
}

impl std::fmt::Debug for Schedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Schedule")
    }
}
