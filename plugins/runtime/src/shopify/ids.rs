//! What a function calls the things of a cart, and what it means when it says those names back.

use crate::{InputLine, PromotionInput};

const LINE: &str = "gid://shopify/CartLine/";
const VARIANT: &str = "gid://shopify/ProductVariant/";
const PRODUCT: &str = "gid://shopify/Product/";
const COLLECTION: &str = "gid://shopify/Collection/";
/// A cart goes out as one parcel.
pub(super) const DELIVERY_GROUP: &str = "gid://shopify/CartDeliveryGroup/0";

pub(super) fn line(place: usize) -> String {
    format!("{LINE}{place}")
}

pub(super) fn variant(line: &InputLine) -> String {
    format!("{VARIANT}{}", line.sku)
}

pub(super) fn product(line: &InputLine) -> String {
    format!("{PRODUCT}{}", line.product)
}

/// The line that a line's or a variant's id means.
pub(super) fn line_of<'a>(id: &str, input: &'a PromotionInput) -> Option<&'a InputLine> {
    if let Some(place) = id.strip_prefix(LINE) {
        return place.parse().ok().and_then(|place: usize| input.lines.get(place));
    }
    let sku = id.strip_prefix(VARIANT)?;
    input.lines.iter().find(|line| line.sku.as_str() == sku)
}

/// The collections and the categories of a shop are what a function knows as collections: `gid://shopify/Collection/tableware`.
pub(super) fn in_collection(line: &InputLine, id: &str) -> bool {
    let handle = id.strip_prefix(COLLECTION).unwrap_or(id);
    line.collections.iter().chain(&line.categories).any(|known| known.as_str() == handle)
}
