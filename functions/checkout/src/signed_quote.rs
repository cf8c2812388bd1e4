//! The quote that a shopper was shown, signed for their cart: `{what was shown, as hex of JSON}.{until}.{tag}`. It says
//! nothing that the page does not, so it may lie in the page; it is nobody else's, since the cart is part of what is signed.

use jiff::{SignedDuration, Timestamp};
use stoa_domain::CartId;
use stoa_domain::quote::{Quote, Shown};
use stoa_endpoint::{ApiError, LinkKey};

/// How long a quote may be ordered at. Prices are compared all the same: this bounds how long a token means anything.
const VALID: SignedDuration = SignedDuration::from_hours(1);
/// Of the longest cart, with room to spare.
const MAX_TOKEN_BYTES: usize = 65_536;

pub(crate) fn sign(key: &LinkKey, cart: &CartId, quote: &Quote) -> Result<String, ApiError> {
    let shown = serde_json::to_vec(&Shown::of(quote)).map_err(ApiError::internal)?;
    let until = Timestamp::now().saturating_add(VALID).map_err(ApiError::internal)?.as_second();
    let text = format!("{}.{until}", hex::encode(shown));
    let tag = key.quote_token(cart, &text);
    Ok(format!("{text}.{tag}"))
}

/// What was shown. 400 `quote_invalid` for a token that was not made here for this cart, 409 `quote_expired` for an old one.
pub(crate) fn read(key: &LinkKey, cart: &CartId, token: &str) -> Result<Shown, ApiError> {
    let invalid =
        || ApiError::bad_request("quote_invalid", "this quote was not made here for this cart; ask for a new one");
    if token.len() > MAX_TOKEN_BYTES {
        return Err(invalid());
    }
    let (text, tag) = token.rsplit_once('.').ok_or_else(invalid)?;
    if !key.verify_quote(cart, text, tag) {
        return Err(invalid());
    }
    let (shown, until) = text.split_once('.').ok_or_else(invalid)?;
    let until: i64 = until.parse().map_err(|_| invalid())?;
    if Timestamp::now().as_second() > until {
        return Err(ApiError::conflict(
            "quote_expired",
            "this quote is more than an hour old; please look at it again",
        ));
    }
    let shown = hex::decode(shown).map_err(|_| invalid())?;
    serde_json::from_slice(&shown).map_err(|_| invalid())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cart(id: &str) -> CartId {
        CartId::new(id).unwrap()
    }

    fn quote() -> Quote {
        let yuan = |minor: i64| serde_json::json!({ "minor": minor, "currency": "CNY" });
        serde_json::from_value(
            serde_json::json!({ "lines": [], "subtotal": yuan(0), "discount": yuan(0), "shipping": null,
            "total": yuan(1_000), "messages": [], "refused": [] }),
        )
        .unwrap()
    }

    #[test]
    fn a_quote_is_read_back_by_the_shop_that_made_it_for_the_same_cart() {
        let (key, other) = (LinkKey::new(&[1; 32]), LinkKey::new(&[2; 32]));
        let token = sign(&key, &cart("a"), &quote()).unwrap();
        assert_eq!(read(&key, &cart("a"), &token).unwrap(), Shown::of(&quote()));
        let code = |result: Result<Shown, ApiError>| result.unwrap_err().code;
        assert_eq!(code(read(&other, &cart("a"), &token)), "quote_invalid");
        assert_eq!(code(read(&key, &cart("b"), &token)), "quote_invalid");
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'1' { b'2' } else { b'1' };
            let forged = String::from_utf8(bytes).unwrap();
            assert_eq!(code(read(&key, &cart("a"), &forged)), "quote_invalid", "{forged}");
        }
        for wrong in ["", ".", "..", "7b7d.9999999999.", "\u{202e}", &"a.".repeat(40_000)] {
            assert_eq!(code(read(&key, &cart("a"), wrong)), "quote_invalid");
        }
    }

    #[test]
    fn an_old_quote_is_told_from_a_forged_one() {
        let key = LinkKey::new(&[1; 32]);
        let text = format!("{}.1000000000", hex::encode(serde_json::to_vec(&Shown::of(&quote())).unwrap()));
        let token = format!("{text}.{}", key.quote_token(&cart("a"), &text));
        assert_eq!(read(&key, &cart("a"), &token).unwrap_err().code, "quote_expired");
    }
}
