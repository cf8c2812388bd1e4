//! Free shipping from a subtotal on that depends on the shopper's group. Of several groups the lowest threshold counts, and
//! nobody is worse off for being a member: the one for everyone holds for them, too.

use serde::Deserialize;
use std::collections::BTreeMap;
use stoa_plugin_sdk::{Answer, Context, Discount, Input, Operation, Value, money, promotion};

#[cfg(test)]
mod tests;

/// See `plugin.toml`. Amounts are minor units.
#[derive(Deserialize)]
struct Settings {
    /// For guests and for whoever is in none of the groups. Missing: they pay.
    everyone_from: Option<i64>,
    groups: Vec<Member>,
}

#[derive(Deserialize)]
struct Member {
    group: String,
    from: i64,
    /// By language; the group's own name where missing.
    #[serde(default)]
    name: BTreeMap<String, String>,
}

promotion!(free_shipping);

fn free_shipping(input: &Input, settings: &Settings) -> Answer {
    let (cart, context) = (&input.cart, &input.context);
    let Some((from, member)) = threshold(input, settings).filter(|_| !cart.lines.is_empty()) else {
        return Ok(Vec::new());
    };
    if cart.subtotal >= from {
        let reason = reason(from, member, &cart.currency, context);
        return Ok(vec![Operation::DiscountShipping(Discount { value: Value::percent(100), reason })]);
    }
    let missing = money(from.saturating_sub(cart.subtotal), &cart.currency);
    Ok(vec![Operation::Message(if context.in_chinese() {
        format!("再买 {missing} 免运费")
    } else {
        format!("Add {missing} more for free shipping")
    })])
}

/// The lowest that holds for the shopper, and the group it is of.
fn threshold<'a>(input: &Input, settings: &'a Settings) -> Option<(i64, Option<&'a Member>)> {
    let groups = input.shopper.as_ref().map_or(&[][..], |shopper| &shopper.groups);
    let members = settings.groups.iter().filter(|member| groups.contains(&member.group));
    let own = members.map(|member| (member.from, Some(member)));
    // Where both are the same it is for everyone.
    settings.everyone_from.map(|from| (from, None)).into_iter().chain(own).min_by_key(|(from, _)| *from)
}

fn reason(from: i64, member: Option<&Member>, currency: &str, context: &Context) -> String {
    let name = member.map(|member| member.name_in(&context.locale));
    let from = (from > 0).then(|| money(from, currency));
    match (context.in_chinese(), name, from) {
        (true, None, None) => "免运费".to_owned(),
        (true, None, Some(from)) => format!("满 {from} 免运费"),
        (true, Some(name), None) => format!("{name} 会员免运费"),
        (true, Some(name), Some(from)) => format!("{name} 会员满 {from} 免运费"),
        (false, None, None) => "Free shipping".to_owned(),
        (false, None, Some(from)) => format!("Free shipping from {from}"),
        (false, Some(name), None) => format!("Free shipping for {name} members"),
        (false, Some(name), Some(from)) => format!("Free shipping for {name} members from {from}"),
    }
}

impl Member {
    /// Of the locale, else of its language, else the group.
    fn name_in(&self, locale: &str) -> &str {
        let language = locale.split('-').next().unwrap_or_default();
        self.name.get(locale).or_else(|| self.name.get(language)).unwrap_or(&self.group)
    }
}
