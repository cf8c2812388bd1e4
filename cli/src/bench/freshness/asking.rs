//! A steady load of searches while versions change: so many a second, whatever the worker does meanwhile.

use crate::dev::http::Http;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

const TASKS: u32 = 4;
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

pub(crate) struct Asking {
    ends: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<Asked>>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// How long each answer took, ms.
    pub(crate) took_ms: Vec<f64>,
    /// What went wrong, in words.
    pub(crate) failed: Vec<String>,
}

impl Asking {
    pub(crate) fn start(address: &str, paths: &[String], per_s: u32) -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let (http, urls): (Http, Arc<Vec<String>>) =
            (Http::new(), Arc::new(paths.iter().map(|path| format!("http://{address}{path}")).collect()));
        let every = Duration::from_secs(1) * TASKS / per_s.max(1);
        let task = |no: u32| {
            let (http, urls, ends) = (http.clone(), urls.clone(), ends.clone());
            tokio::spawn(async move {
                let mut asked = Asked::default();
                let mut due = tokio::time::interval(every);
                due.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
                for url in urls.iter().cycle().skip(no as usize) {
                    if ends.load(Ordering::Relaxed) {
                        break;
                    }
                    due.tick().await;
                    let started = Instant::now();
                    match http.get(url, ANSWER_WITHIN).await {
                        Ok((status, _)) if status.is_success() => {
                            asked.took_ms.push(started.elapsed().as_secs_f64() * 1e3);
                        }
                        Ok((status, _)) => asked.failed.push(format!("{url} answered {status}")),
                        Err(error) => asked.failed.push(format!("{error:#}")),
                    }
                }
                asked
            })
        };
        let tasks = (0..TASKS).map(task).collect();
        Self { ends, tasks }
    }

    pub(crate) async fn stop(self) -> Asked {
        self.ends.store(true, Ordering::Relaxed);
        let mut all = Asked::default();
        for task in self.tasks {
            match task.await {
                Ok(asked) => {
                    all.took_ms.extend(asked.took_ms);
                    all.failed.extend(asked.failed);
                }
                Err(error) => all.failed.push(error.to_string()),
            }
        }
        all.took_ms.sort_by(f64::total_cmp);
        all
    }
}

impl Asked {
    /// 50 is the median.
    pub(crate) fn percentile_ms(&self, percent: usize) -> Option<f64> {
        let last = self.took_ms.len().checked_sub(1)?;
        self.took_ms.get(last * percent / 100).copied()
    }
}
