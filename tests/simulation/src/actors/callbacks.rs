//! The provider's callbacks: in no order, again and again until they are taken and sometimes after, and now and then one
//! that is forged.

use super::Stage;
use crate::bank;
use crate::schedule::Gone;
use crate::shop::Answer;
use axum::body::Body;
use axum::http::Request;
use fastrand::Rng;
use stoa_payments::sandbox::{Callback, SIGNATURE_HEADER, Sandbox};

const ARRIVALS: usize = 14;
/// In percent.
const FORGED: u8 = 8;
const AGAIN: u8 = 30;

pub(super) async fn arrive(stage: Stage, mut rng: Rng) {
    let bank = stage.shop.bank.clone();
    for _ in 0..ARRIVALS {
        stage.shop.schedule.pause("the mail comes").await;
        let Some(mail) = bank.take_mail(&mut rng) else { continue };
        if rng.u8(..100) < FORGED {
            forged(&stage, &mail.callback).await;
            bank.put_back(mail);
            continue;
        }
        let taken = deliver(&stage, &mail.callback).await;
        if !taken || rng.u8(..100) < AGAIN {
            bank.put_back(mail);
        }
    }
}

/// Whether the shop took it: a provider sends what was not taken again.
pub(crate) async fn deliver(stage: &Stage, callback: &Callback) -> bool {
    let body = serde_json::to_vec(callback).unwrap_or_default();
    let signature = stage.shop.bank.sign(&body);
    match send(stage, "callback", signature, body).await {
        Ok(answer) if answer.status == 200 => {
            let answer = answer.json();
            stage.witness.callback(&callback.id, answer["result"].as_str().unwrap_or("nothing"));
            true
        }
        Ok(Answer { status: 503 | 504, .. }) | Err(_) => false,
        Ok(answer) => {
            stage.witness.violation(format!("a genuine callback is refused with {}", answer.status));
            false
        }
    }
}

/// Signed with a key that nobody gave out, and about more money.
async fn forged(stage: &Stage, callback: &Callback) {
    let mut callback = callback.clone();
    callback.id = format!("{}_forged", callback.id);
    let body = serde_json::to_vec(&callback).unwrap_or_default();
    let signature = Sandbox::new(&[9; 32]).sign(&body, jiff::Timestamp::now());
    match send(stage, "forged callback", signature, body).await {
        Ok(answer) if answer.status < 400 => stage.witness.violation("a forged callback was believed"),
        Ok(answer) if answer.status < 500 => stage.witness.happened("forgery refused"),
        _ => {}
    }
}

async fn send(stage: &Stage, what: &str, signature: String, body: Vec<u8>) -> Result<Answer, Gone> {
    let request = Request::post(format!("/payments/callbacks/{}", bank::NAME)).header(SIGNATURE_HEADER, signature);
    match request.body(Body::from(body)) {
        Ok(request) => stage.shop.tell(what, request).await,
        // Signatures are ASCII.
        Err(_) => Err(Gone::Crashed),
    }
}
