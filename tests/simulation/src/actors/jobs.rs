//! The jobs that run by themselves, several times in a run.

use super::Stage;

const RUNS: usize = 3;

pub(super) async fn sweeps(stage: Stage) {
    for _ in 0..RUNS {
        stage.shop.schedule.pause("it is time to sweep").await;
        if let Ok(Ok(done)) = stage.shop.sweep().await
            && done.cancelled > 0
        {
            stage.witness.happened("swept");
        }
    }
}

pub(super) async fn reconciles(stage: Stage) {
    for _ in 0..RUNS {
        stage.shop.schedule.pause("it is time to reconcile").await;
        if let Ok(Ok(done)) = stage.shop.reconcile().await
            && done.repaired > 0
        {
            stage.witness.happened("reconcile repaired");
        }
    }
}
