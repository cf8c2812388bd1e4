//! What a function's output comes to here: its discounts as the operations of a proposal. Anything that this shop has no
//! price for, or that is not as Shopify's schema says, refuses the whole output by its path: half of a promotion is not
//! what its merchant made.

mod read;
mod value;

use super::failure::Failure;
use super::ids;
use super::json::Json;
use super::target::Target;
use crate::{InputLine, PromotionInput};
use read::{Place, unsupported};
use stoa_domain::promotion::{DiscountValue, MAX_CODE_CHARS, MAX_OPERATIONS, Operation, Pieces};
use value::Value;

/// Discounts that one selection is made from.
const MAX_CANDIDATES: usize = 500;

/// The operations of a whole output. `title` is the reason where the function gives none.
pub(super) fn operations(
    output: &Json,
    target: Target,
    input: &PromotionInput,
    title: &str,
) -> Result<Vec<Operation>, Failure> {
    let output = Place::root(output);
    let pricing = Pricing { input, title };
    let mut operations = Vec::new();
    if target.is_current() {
        output.only(&["operations"])?;
        for operation in output.list("operations", MAX_OPERATIONS)? {
            pricing.operation(target, &operation, &mut operations)?;
        }
    } else {
        output.only(&["discounts", "discountApplicationStrategy"])?;
        let class = match target {
            Target::ProductDiscount => Class::Product,
            Target::OrderDiscount => Class::Order,
            _ => Class::Shipping,
        };
        let strategy = output.text("discountApplicationStrategy")?;
        pricing.select(class, &output.list("discounts", MAX_CANDIDATES)?, strategy, &mut operations)?;
    }
    if operations.len() > MAX_OPERATIONS {
        return Err(unsupported("operations", format!("at most {MAX_OPERATIONS} discounts, got {}", operations.len())));
    }
    Ok(operations)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Product,
    Order,
    Shipping,
}

struct Pricing<'a> {
    input: &'a PromotionInput,
    title: &'a str,
}

/// A discount that can be chosen, and what it takes off the cart as it stands.
struct Candidate {
    operations: Vec<Operation>,
    worth: i64,
}

impl Pricing<'_> {
    fn operation(&self, target: Target, operation: &Place<'_>, into: &mut Vec<Operation>) -> Result<(), Failure> {
        let (name, body) = operation.one_of()?;
        let class = match (target, name) {
            (Target::CartLines, "productDiscountsAdd") => Class::Product,
            (Target::CartLines, "orderDiscountsAdd") => Class::Order,
            (Target::DeliveryOptions, "deliveryDiscountsAdd") => Class::Shipping,
            (_, "enteredDiscountCodesAccept") => {
                body.only(&["codes"])?;
                for code in body.list("codes", MAX_OPERATIONS)? {
                    code.only(&["code"])?;
                    let text = code.text("code")?;
                    if text.chars().count() > MAX_CODE_CHARS {
                        let rule = format!("{}.code has at most {MAX_CODE_CHARS} characters", code.path);
                        return Err(Failure::BadOutput(rule));
                    }
                    into.push(Operation::AcceptCode { code: text.to_owned() });
                }
                return Ok(());
            }
            _ => return Err(unsupported(&body.path, format!("{} has no such operation", target.name()))),
        };
        body.only(&["candidates", "selectionStrategy"])?;
        let candidates = body.list("candidates", MAX_CANDIDATES)?;
        self.select(class, &candidates, body.text("selectionStrategy")?, into)
    }

    fn select(
        &self,
        class: Class,
        candidates: &[Place<'_>],
        strategy: &str,
        into: &mut Vec<Operation>,
    ) -> Result<(), Failure> {
        let mut eligible = Vec::new();
        for candidate in candidates {
            // All are read, whichever is chosen: a bad one is the author's to know.
            eligible.extend(self.candidate(class, candidate)?);
        }
        let chosen: Vec<Candidate> = match strategy {
            "FIRST" => eligible.into_iter().take(1).collect(),
            "MAXIMUM" => greatest(class, eligible)?.into_iter().collect(),
            "ALL" if class != Class::Order => eligible,
            other => {
                let rule = format!("{other} is no strategy for this kind of discount");
                return Err(Failure::BadOutput(rule));
            }
        };
        into.extend(chosen.into_iter().flat_map(|candidate| candidate.operations));
        Ok(())
    }

    /// None: its conditions do not hold, or it takes nothing off.
    fn candidate(&self, class: Class, candidate: &Place<'_>) -> Result<Option<Candidate>, Failure> {
        candidate.only(&["message", "targets", "value", "conditions", "associatedDiscountCode"])?;
        if candidate.get("associatedDiscountCode").is_some() {
            let path = format!("{}.associatedDiscountCode", candidate.path);
            return Err(unsupported(&path, "discounts of a function belong to no code here".to_owned()));
        }
        let value = Value::read(&candidate.member("value")?, class == Class::Product, self.input.currency)?;
        let targets = candidate.list("targets", MAX_CANDIDATES)?;
        let reason = read::reason(candidate.get("message"), self.title)?;
        let found = match class {
            Class::Product => self.product(&targets, value, reason)?,
            Class::Order => self.order(&targets, value, reason)?,
            Class::Shipping => self.shipping(&targets, value, reason)?,
        };
        let holds = match candidate.get("conditions") {
            Some(_) if class == Class::Shipping => {
                let path = format!("{}.conditions", candidate.path);
                return Err(unsupported(&path, "a discount of delivery has no conditions".to_owned()));
            }
            Some(_) => self.conditions(&candidate.list("conditions", 100)?)?,
            None => true,
        };
        Ok((holds && !targets.is_empty() && !value.is_nothing()).then_some(found))
    }

    fn product(&self, targets: &[Place<'_>], value: Value, reason: String) -> Result<Candidate, Failure> {
        let mut pieces: Vec<(&InputLine, u32)> = Vec::new();
        for target in targets {
            let (name, body) = target.one_of()?;
            if name != "cartLine" && name != "productVariant" {
                return Err(unsupported(&body.path, "a product's discount is for lines or variants".to_owned()));
            }
            body.only(&["id", "quantity"])?;
            let line = self.line(&body)?;
            let wanted = body.count("quantity")?.map_or(line.quantity, |wanted| wanted.min(line.quantity));
            match pieces.iter_mut().find(|(known, _)| known.sku == line.sku) {
                Some((_, pieces)) => *pieces = pieces.saturating_add(wanted).min(line.quantity),
                None => pieces.push((line, wanted)),
            }
        }
        let whole: i128 = pieces.iter().map(|(line, n)| i128::from(line.unit_price.minor) * i128::from(*n)).sum();
        let each: i128 =
            pieces.iter().map(|(line, n)| i128::from(value.off_each(line.unit_price.minor)) * i128::from(*n)).sum();
        let worth = value.worth(whole, each);
        let named = |(line, quantity): (&InputLine, u32)| Pieces { sku: line.sku.clone(), quantity };
        let pieces: Vec<Pieces> = pieces.into_iter().map(named).collect();
        let operations = vec![Operation::DiscountPieces { pieces, value: value.of_pieces(), reason }];
        Ok(Candidate { operations, worth })
    }

    fn order(&self, targets: &[Place<'_>], value: Value, reason: String) -> Result<Candidate, Failure> {
        for target in targets {
            let (name, body) = target.one_of()?;
            if name != "orderSubtotal" {
                return Err(unsupported(&body.path, "an order's discount is for the order's subtotal".to_owned()));
            }
            for ids in ["excludedCartLineIds", "excludedVariantIds"] {
                body.only(&["excludedCartLineIds", "excludedVariantIds"])?;
                if body.get(ids).is_some() && !self.ids(&body, ids)?.is_empty() {
                    let path = format!("{}.{ids}", body.path);
                    return Err(unsupported(&path, "an order is discounted as a whole".to_owned()));
                }
            }
        }
        let worth = value.worth(i128::from(self.input.subtotal.minor), 0);
        let operations = vec![Operation::DiscountOrder { value: value.of_whole(), reason }];
        Ok(Candidate { operations, worth })
    }

    fn shipping(&self, targets: &[Place<'_>], value: Value, reason: String) -> Result<Candidate, Failure> {
        for target in targets {
            let (name, body) = target.one_of()?;
            if name != "deliveryGroup" {
                let rule = "a discount of delivery is for the group, for whichever option is chosen".to_owned();
                return Err(unsupported(&body.path, rule));
            }
            body.only(&["id"])?;
            let id = body.text("id")?;
            if id != ids::DELIVERY_GROUP {
                return Err(Failure::BadOutput(format!(
                    "{}: no delivery group has the id {}",
                    body.path,
                    read::short(id)
                )));
            }
        }
        let operations = vec![Operation::DiscountShipping { value: value.of_whole(), reason }];
        Ok(Candidate { operations, worth: value.rank() })
    }

    /// Whether all hold for the cart before any discount.
    fn conditions(&self, conditions: &[Place<'_>]) -> Result<bool, Failure> {
        let mut holds = true;
        for condition in conditions {
            let (name, body) = condition.one_of()?;
            holds &= match name {
                "orderMinimumSubtotal" => {
                    body.only(&["excludedCartLineIds", "excludedVariantIds", "minimumAmount", "targetType"])?;
                    let mut excluded = Vec::new();
                    for ids in ["excludedCartLineIds", "excludedVariantIds"] {
                        if body.get(ids).is_some() {
                            excluded.extend(self.ids(&body, ids)?);
                        }
                    }
                    let counts = |line: &&InputLine| excluded.iter().all(|excluded| excluded.sku != line.sku);
                    sum(self.input.lines.iter().filter(counts)) >= self.amount(&body)?
                }
                "cartLineMinimumSubtotal" | "productMinimumSubtotal" => {
                    body.only(&["ids", "minimumAmount", "targetType"])?;
                    sum(self.ids(&body, "ids")?.into_iter()) >= self.amount(&body)?
                }
                "cartLineMinimumQuantity" | "productMinimumQuantity" => {
                    body.only(&["ids", "minimumQuantity", "targetType"])?;
                    let pieces: u64 = self.ids(&body, "ids")?.iter().map(|line| u64::from(line.quantity)).sum();
                    pieces >= body.count("minimumQuantity")?.map_or(0, u64::from)
                }
                _ => return Err(unsupported(&body.path, "no such condition".to_owned())),
            };
        }
        Ok(holds)
    }

    fn amount(&self, condition: &Place<'_>) -> Result<i128, Failure> {
        value::minor(&condition.member("minimumAmount")?, self.input.currency).map(i128::from)
    }

    fn line(&self, target: &Place<'_>) -> Result<&InputLine, Failure> {
        let id = target.text("id")?;
        ids::line_of(id, self.input)
            .ok_or_else(|| Failure::BadOutput(format!("{}: no line has the id {}", target.path, read::short(id))))
    }

    /// The lines that a list of ids names, each once.
    fn ids(&self, place: &Place<'_>, name: &str) -> Result<Vec<&InputLine>, Failure> {
        let mut lines: Vec<&InputLine> = Vec::new();
        for id in place.list(name, MAX_CANDIDATES)? {
            let Json::Text(text) = id.value else {
                return Err(Failure::BadOutput(format!("{} must be a string", id.path)));
            };
            let Some(line) = ids::line_of(text, self.input) else {
                return Err(Failure::BadOutput(format!("{}: no line has the id {}", id.path, read::short(text))));
            };
            if lines.iter().all(|known| known.sku != line.sku) {
                lines.push(line);
            }
        }
        Ok(lines)
    }
}

/// Of equals the first.
fn greatest(class: Class, eligible: Vec<Candidate>) -> Result<Option<Candidate>, Failure> {
    // What delivery costs is not known yet: percentages compare with percentages, amounts with amounts.
    let percent = |candidate: &Candidate| {
        let of = |operation: &Operation| {
            matches!(operation, Operation::DiscountShipping { value: DiscountValue::BasisPoints(_), .. })
        };
        candidate.operations.iter().any(of)
    };
    let whole = eligible.iter().any(|candidate| candidate.worth == i64::MAX);
    let percents = eligible.iter().filter(|candidate| percent(candidate)).count();
    if class == Class::Shipping && !whole && percents > 0 && percents < eligible.len() {
        let rule = "the greatest of percentages and amounts of delivery is not known before its price".to_owned();
        return Err(unsupported("candidates", rule));
    }
    Ok(eligible.into_iter().reduce(|best, next| if next.worth > best.worth { next } else { best }))
}

fn sum<'a>(lines: impl Iterator<Item = &'a InputLine>) -> i128 {
    lines.map(|line| i128::from(line.unit_price.minor) * i128::from(line.quantity)).sum()
}
