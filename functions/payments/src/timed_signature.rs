//! `t=…,v1=…` over `t.body`, as Stripe and the sandbox sign: the time is inside the signature, so a recorded callback
//! cannot be sent again later.

use crate::{CallbackRefusal, TOLERANCE_SECONDS};
use aws_lc_rs::hmac;

/// More than a change of secret needs; a header of thousands is an attack on our CPU.
const MAX_SIGNATURES: usize = 5;

pub(crate) fn sign(key: &hmac::Key, body: &[u8], seconds: i64) -> String {
    format!("t={seconds},v1={}", hex::encode(hmac::sign(key, &signed(seconds, body))))
}

pub(crate) fn verify(key: &hmac::Key, header: &str, body: &[u8], now: i64) -> Result<(), CallbackRefusal> {
    let mut seconds = None;
    let mut tags = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", value)) => seconds = value.parse::<i64>().ok(),
            Some(("v1", value)) if tags.len() < MAX_SIGNATURES => tags.extend(hex::decode(value)),
            _ => {}
        }
    }
    let seconds = seconds.ok_or(CallbackRefusal::SignatureInvalid)?;
    let message = signed(seconds, body);
    // `hmac::verify` compares in constant time.
    if !tags.iter().any(|tag| hmac::verify(key, &message, tag).is_ok()) {
        return Err(CallbackRefusal::SignatureInvalid);
    }
    // After the signature: a stranger learns nothing about our clock.
    if now.abs_diff(seconds) > TOLERANCE_SECONDS.unsigned_abs() {
        return Err(CallbackRefusal::SignatureExpired { tolerance_seconds: TOLERANCE_SECONDS });
    }
    Ok(())
}

fn signed(seconds: i64, body: &[u8]) -> Vec<u8> {
    let mut message = format!("{seconds}.").into_bytes();
    message.extend_from_slice(body);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000;

    fn key(byte: u8) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &[byte; 32])
    }

    #[test]
    fn a_callback_is_believed_within_five_minutes_either_way() {
        let header = sign(&key(1), b"{}", NOW);
        for (now, expected) in
            [(NOW, true), (NOW + 300, true), (NOW - 300, true), (NOW + 301, false), (NOW - 301, false)]
        {
            assert_eq!(verify(&key(1), &header, b"{}", now).is_ok(), expected, "{now}");
        }
    }

    #[test]
    fn another_body_secret_or_time_is_refused() {
        let header = sign(&key(1), b"{\"amount\":100}", NOW);
        let moved = header.replace(&NOW.to_string(), &(NOW + 1).to_string());
        let invalid = Err(CallbackRefusal::SignatureInvalid);
        assert_eq!(verify(&key(1), &header, b"{\"amount\":900}", NOW), invalid);
        assert_eq!(verify(&key(2), &header, b"{\"amount\":100}", NOW), invalid);
        assert_eq!(verify(&key(1), &moved, b"{\"amount\":100}", NOW), invalid);
        for header in ["", "t=", "v1=00", "t=1790000000", "t=1790000000,v1=", "t=1790000000,v0=00", "t=x,v1=zz"] {
            assert_eq!(verify(&key(1), header, b"{}", NOW), invalid, "{header}");
        }
        assert_eq!(verify(&key(1), &format!("t={},v1=00", i64::MIN), b"{}", NOW), invalid);
    }

    #[test]
    fn while_a_secret_is_changed_either_signature_is_enough() {
        let (old, new) = (sign(&key(1), b"{}", NOW), sign(&key(2), b"{}", NOW));
        let both = format!("{old},{}", new.split_once(',').map_or("", |(_, v1)| v1));
        assert!(verify(&key(1), &both, b"{}", NOW).is_ok());
        assert!(verify(&key(2), &both, b"{}", NOW).is_ok());
    }
}
