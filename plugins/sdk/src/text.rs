//! What shoppers read.

use crate::Context;

/// `¥600`, `¥12.50`; other currencies than CNY by code: `USD 5`.
pub fn money(minor: i64, currency: &str) -> String {
    let digits = match currency {
        "JPY" | "KRW" | "VND" | "CLP" | "ISK" | "UGX" | "XAF" | "XOF" => 0_usize,
        "BHD" | "KWD" | "OMR" | "JOD" | "TND" | "IQD" | "LYD" => 3,
        _ => 2,
    };
    let unit = [1_u64, 10, 100, 1_000][digits];
    let (whole, part) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
    let sign = if minor < 0 { "-" } else { "" };
    let symbol = if currency == "CNY" { "¥".to_owned() } else { format!("{currency} ") };
    if part == 0 { format!("{sign}{symbol}{whole}") } else { format!("{sign}{symbol}{whole}.{part:0digits$}") }
}

impl Context {
    /// Whether the shopper reads Chinese, in whatever region.
    pub fn in_chinese(&self) -> bool {
        self.locale.split('-').next() == Some("zh")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_written_with_its_currencys_digits() {
        for (minor, currency, text) in [
            (60_000, "CNY", "¥600"),
            (1_250, "CNY", "¥12.50"),
            (-5, "CNY", "-¥0.05"),
            (500, "JPY", "JPY 500"),
            (1_005, "KWD", "KWD 1.005"),
            (i64::MIN, "USD", "-USD 92233720368547758.08"),
        ] {
            assert_eq!(money(minor, currency), text);
        }
    }
}
