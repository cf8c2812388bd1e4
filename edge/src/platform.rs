//! The narrow waist between the shop's pages and the runtime they run in: one outgoing call, a clock, a timer, work
//! after the response, randomness. `runtime.rs` is the worker's side, the tests have a map of canned answers.

use futures::future::LocalBoxFuture;

/// One HTTP call to the object store or to a function.
#[derive(Debug, Clone, Default)]
pub struct Outgoing {
    pub method: &'static str,
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<Vec<u8>>,
    /// The answer's body is cut off (as an error) beyond this.
    pub max_bytes: usize,
    pub timeout_ms: u32,
}

#[derive(Debug, Clone, Default)]
pub struct Incoming {
    pub status: u16,
    /// Names in lower case; `set-cookie` may come more than once.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Incoming {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    #[error("no answer from {url}: {why}")]
    Unreachable { url: String, why: String },
    #[error("the answer from {url} is larger than {max_bytes} bytes")]
    TooLarge { url: String, max_bytes: usize },
}

pub trait Platform: Clone + 'static {
    /// Milliseconds since 1970. In a worker it moves only when something was awaited.
    fn now_ms(&self) -> u64;
    fn call(&self, outgoing: Outgoing) -> impl Future<Output = Result<Incoming, CallError>>;
    /// None where the runtime has no such function: then nothing can be held against its name.
    fn sha256(&self, bytes: &[u8]) -> impl Future<Output = Option<[u8; 32]>>;
    fn sleep(&self, ms: u32) -> impl Future<Output = ()>;
    /// Runs on after the response was sent.
    fn defer(&self, work: LocalBoxFuture<'static, ()>);
    /// 128 random bits or more, as visible ASCII.
    fn random_key(&self) -> String;
    /// One line in the worker's log.
    fn log(&self, line: &str);
}
