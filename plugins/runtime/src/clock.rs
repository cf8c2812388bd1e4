//! The belt beside the fuel: a run that takes far longer than its fuel should last is stopped by the clock. Fuel counts
//! what is done and nothing of how long it takes; were it miscounted once, nobody waits for ever.
//!
//! A thread turns the engine's epoch while plugins run and sleeps while none does. Deadlines count its turns, not the
//! time of day: a process that is frozen between two requests, as Lambda does, finds no deadline passed when it wakes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread::{self, JoinHandle};
use std::time::Duration;

const TURN: Duration = Duration::from_millis(10);
/// How long one run may take. Its fuel lasts a fiftieth of this on a core of its own; a small function has less of one, and
/// a machine that is short of memory may hold an honest run up for half a second.
pub(crate) const DEADLINE_TURNS: u64 = 200;
pub(crate) const DEADLINE_MILLIS: u64 = DEADLINE_TURNS * TURN.as_millis() as u64;

/// Ends its thread when dropped.
pub(crate) struct Clock {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    running: AtomicUsize,
    asleep: AtomicBool,
    ended: AtomicBool,
}

/// The clock turns while this lives.
pub(crate) struct Running<'a>(&'a Shared);

impl Clock {
    pub(crate) fn new(engine: &wasmtime::Engine) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (engine, turning) = (engine.weak(), shared.clone());
        let turn = move || {
            while !turning.ended.load(SeqCst) {
                if turning.running.load(SeqCst) == 0 {
                    turning.sleep();
                    continue;
                }
                thread::sleep(TURN);
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
            }
        };
        Ok(Self { thread: thread::Builder::new().name("plugin-clock".into()).spawn(turn)?, shared })
    }

    /// Wakes the thread only if it sleeps: runs in quick succession cost two atomic additions each.
    pub(crate) fn start(&self) -> Running<'_> {
        self.shared.running.fetch_add(1, SeqCst);
        if self.shared.asleep.swap(false, SeqCst) {
            self.thread.thread().unpark();
        }
        Running(&self.shared)
    }
}

impl Shared {
    /// Until somebody runs. One of the two sees the other: `start` counts before it looks who sleeps, this says that it
    /// sleeps before it looks at the count, each time anew: a run may have come and gone.
    fn sleep(&self) {
        loop {
            self.asleep.store(true, SeqCst);
            if self.running.load(SeqCst) > 0 || self.ended.load(SeqCst) {
                self.asleep.store(false, SeqCst);
                return;
            }
            thread::park();
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, SeqCst);
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.shared.ended.store(true, SeqCst);
        self.thread.thread().unpark();
    }
}
