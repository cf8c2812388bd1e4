//! The quiet phase: every callback that will come arrives, the jobs run once, and every shopper asks one last time.

use crate::actors::{Stage, deliver, order_request};
use crate::shop::Shop;
use crate::witness::Witness;
use std::sync::Arc;

pub(crate) async fn evening(shop: &Arc<Shop>, witness: &Arc<Witness>) {
    let stage = Stage { shop: shop.clone(), witness: witness.clone() };
    for callback in shop.bank.last_mail() {
        if !deliver(&stage, &callback).await {
            witness.violation(format!("the callback {} is not taken though all is well", callback.id));
        }
    }
    match shop.reconcile().await {
        Ok(Ok(done)) if done.failed > 0 => {
            witness.violation(format!("{} payments could not be asked about", done.failed))
        }
        Ok(Ok(done)) if done.repaired > 0 => witness.happened("reconcile repaired"),
        Ok(Ok(_)) => {}
        other => witness.violation(format!("reconciling failed though all is well: {other:?}")),
    }
    match shop.sweep().await {
        Ok(Ok(done)) if done.failed == 0 => {}
        other => witness.violation(format!("the sweep failed though all is well: {other:?}")),
    }
    // What everybody has heard already changes nothing.
    for callback in shop.bank.sent() {
        deliver(&stage, &callback).await;
    }
    for asked in witness.orders() {
        let Some(request) = order_request(&asked.key, &asked.cookie, &asked.body) else { continue };
        match shop.ask("last word", request).await {
            Ok(answer) => witness.answered(&asked.key, answer.status, &answer.body),
            Err(_) => witness.violation(format!("{} is not answered though all is well", asked.key)),
        }
    }
}
