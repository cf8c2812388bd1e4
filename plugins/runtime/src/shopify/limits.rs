//! What one run of a function may use: Shopify's own limits.

use super::json::Json;

const INSTRUCTIONS: u64 = 11_000_000;
const INPUT_BYTES: usize = 128_000;
const OUTPUT_BYTES: usize = 20_000;
/// Of what a function logs, the newest are kept.
pub const LOG_BYTES: usize = 1_000;
/// Each line of the cart is worth this many thousandths of the limits, once they are more than the whole.
const THOUSANDTHS_A_LINE: usize = 5;
const MOST_TIMES: usize = 10;

/// Instructions are wasmtime's fuel, which is what Shopify counts; a call into the host costs
/// [`super::host::CALL_COST`] and one for each byte it copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub instructions: u64,
    /// In MessagePack, as [`Json::packed_len`] counts them.
    pub input_bytes: usize,
    pub output_bytes: usize,
}

impl Limits {
    /// For a cart of so many lines: up to 200 have the plain limits, 2 000 and more ten times as much.
    pub fn for_lines(lines: usize) -> Self {
        let thousandths = lines.saturating_mul(THOUSANDTHS_A_LINE).clamp(1_000, MOST_TIMES * 1_000);
        let scaled = |limit: usize| limit * thousandths / 1_000;
        Self {
            instructions: INSTRUCTIONS * thousandths as u64 / 1_000,
            input_bytes: scaled(INPUT_BYTES),
            output_bytes: scaled(OUTPUT_BYTES),
        }
    }

    /// For an input as a function reads it, by the lines it has at `cart.lines`.
    pub fn for_input(input: &Json) -> Self {
        let lines = match input.get("cart").and_then(|cart| cart.get("lines")) {
            Some(Json::Array(lines)) => lines.len(),
            _ => 0,
        };
        Self::for_lines(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_grow_with_the_cart() {
        let plain = Limits { instructions: 11_000_000, input_bytes: 128_000, output_bytes: 20_000 };
        assert_eq!(Limits::for_lines(0), plain);
        assert_eq!(Limits::for_lines(200), plain);
        let half_more = Limits { instructions: 16_500_000, input_bytes: 192_000, output_bytes: 30_000 };
        assert_eq!(Limits::for_lines(300), half_more);
        assert_eq!(Limits::for_lines(2_000), Limits::for_lines(usize::MAX));
        assert_eq!(Limits::for_lines(2_000).instructions, 110_000_000);
    }
}
