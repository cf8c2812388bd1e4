//! Which version of a plugin a shopper has, when a release reaches some of them only: by a keyed hash of the cart's random
//! id, so the answer is the same in every process and at every request, says nothing about the person, and is another for
//! another plugin. A bucket never changes, so raising a share from 10 to 30 keeps the first 10 in.

use aws_lc_rs::hmac;
use stoa_domain::PluginId;
use stoa_domain::plugin::BUCKETS;

/// Below [`BUCKETS`].
pub(super) fn bucket(plugin: &PluginId, cart: &str) -> u8 {
    let key = hmac::Key::new(hmac::HMAC_SHA256, plugin.as_str().as_bytes());
    let tag = hmac::sign(&key, cart.as_bytes());
    let hash = tag.as_ref().iter().take(8).fold(0_u64, |hash, byte| (hash << 8) | u64::from(*byte));
    u8::try_from(hash % u64::from(BUCKETS)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn buckets_are_stable_even_and_independent_between_plugins() {
        let (one, other) = (PluginId::new("one").unwrap(), PluginId::new("other").unwrap());
        let carts: Vec<String> = (0..10_000).map(|n| format!("cart_{n:032x}")).collect();
        assert_eq!(bucket(&one, "cart_1"), bucket(&one, "cart_1"));
        // What was assigned yesterday must be assigned today: this figure never changes.
        assert_eq!((bucket(&one, "cart_1"), bucket(&other, "cart_1")), (27, 96));
        let in_ten = |plugin: &PluginId, cart: &str| bucket(plugin, cart) < 10;
        let first = carts.iter().filter(|cart| in_ten(&one, cart)).count();
        assert!((850..1_150).contains(&first), "{first} of 10000 are in at 10 %");
        let both = carts.iter().filter(|cart| in_ten(&one, cart) && in_ten(&other, cart)).count();
        assert!((50..150).contains(&both), "{both} of 10000 are in at 10 % of both");
    }
}
