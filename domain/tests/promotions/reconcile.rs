//! Every sum of a quote, recomputed the slow way.

use stoa_domain::quote::{Quote, REFUSAL_CODES};

pub(crate) fn reconciles(quote: &Quote) {
    let sum = |amounts: Vec<i64>| amounts.iter().map(|a| i128::from(*a)).sum::<i128>();
    for line in &quote.lines {
        let off = sum(line.allocations.iter().map(|a| a.amount.minor).collect());
        assert!(line.total.minor >= 0 && line.allocations.iter().all(|a| a.amount.minor > 0));
        assert!(line.allocations.iter().all(|a| a.pieces.is_none_or(|pieces| (1..=line.quantity).contains(&pieces))));
        assert_eq!(i128::from(line.subtotal.minor) - off, i128::from(line.total.minor));
        assert_eq!(line.unit_price.times(line.quantity), Ok(line.subtotal));
    }
    assert_eq!(sum(quote.lines.iter().map(|l| l.subtotal.minor).collect()), i128::from(quote.subtotal.minor));
    let goods = sum(quote.lines.iter().map(|l| l.total.minor).collect());
    assert_eq!(goods, i128::from(quote.subtotal.minor) - i128::from(quote.discount.minor));
    let shipping = quote.shipping.as_ref().map_or(0, |s| {
        let off = sum(s.allocations.iter().map(|a| a.amount.minor).collect());
        assert!(s.total.minor >= 0 && s.allocations.iter().all(|a| a.amount.minor > 0));
        assert_eq!(i128::from(s.price.minor) - off, i128::from(s.total.minor));
        i128::from(s.total.minor)
    });
    let added = quote.tax.as_ref().map_or(0, |tax| {
        let paid = quote.lines.iter().map(|l| l.total).chain(quote.shipping.iter().map(|s| s.total));
        let taxed: Vec<_> = tax.lines.iter().chain(&tax.shipping).collect();
        assert_eq!(taxed.len(), quote.lines.len() + usize::from(quote.shipping.is_some()));
        for (paid, taxed) in paid.zip(&taxed) {
            assert!(taxed.net.minor >= 0 && taxed.tax.minor >= 0);
            let gross = i128::from(taxed.net.minor) + if tax.included { i128::from(taxed.tax.minor) } else { 0 };
            assert_eq!(i128::from(paid.minor), gross);
        }
        assert_eq!(sum(taxed.iter().map(|t| t.tax.minor).collect()), i128::from(tax.total.minor));
        if tax.included { 0 } else { i128::from(tax.total.minor) }
    });
    assert_eq!(goods + shipping + added, i128::from(quote.total.minor));
    assert!(quote.gifts.iter().all(|gift| gift.quantity > 0 && gift.value.minor >= 0));
    assert!(quote.refused.iter().all(|r| REFUSAL_CODES.contains(&r.code.as_str())));
}
