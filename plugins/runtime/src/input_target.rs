//! A recorded cart, or one that somebody wrote, held against a [`Target`]: decided by the code that decides in the
//! checkout, from what an input says and what is recorded beside it.

use crate::{InputLine, PromotionInput};
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use stoa_domain::category::CategoryTree;
use stoa_domain::product::Product;
use stoa_domain::promotion::{Code, Context, Customer, Line, LineFacts, ReasonCode, Target, TargetedCart};
use stoa_domain::quote::PricedLine;
use stoa_domain::{CategoryId, CollectionId, CustomerId};

/// An input names no customer; a condition asks for none by name.
const SOMEBODY: &str = "guest";

/// What selectors look at in a line beside what a plugin is told of it: ids where it is told handles, and attributes in the
/// shop's other languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SelectorFacts {
    /// The product's category and all above it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<CategoryId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub collections: Vec<CollectionId>,
    /// (name, value)
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<(String, String)>,
}

impl SelectorFacts {
    /// `collections` are those that `product` is a member of; `told` is what a plugin hears of it.
    pub fn of(product: &Product, categories: &CategoryTree, collections: Vec<CollectionId>, told: &InputLine) -> Self {
        let facts = LineFacts::of(product, categories, collections);
        let texts = facts.attributes.into_iter();
        let each = texts.flat_map(|(name, texts)| texts.into_iter().map(move |text| (name.clone(), text)));
        let attributes = each.filter(|attribute| !told.attributes.contains(attribute)).collect();
        Self { categories: facts.categories, collections: facts.collections, attributes }
    }
}

impl PromotionInput {
    /// Whether the target means this cart; if not, why. `local_times`: what the clocks of the target's zone show at the
    /// cart's moment.
    pub fn is_target_of(&self, target: &Target, local_times: BTreeMap<String, DateTime>) -> Result<(), ReasonCode> {
        let lines: Vec<Line> = self.lines.iter().map(|line| self.line(line)).collect();
        let told = &self.context;
        let mut context = Context::new(self.currency, told.now, self.locale.clone(), self.locale.clone());
        context.local_times = local_times;
        context.country = told.country.clone();
        context.channel = told.channel.clone();
        context.codes = told.codes.iter().map(|code| Code { code: code.clone(), coupon: None }).collect();
        context.customer = told.shopper.as_ref().and_then(|shopper| {
            let id = CustomerId::new(SOMEBODY).ok()?;
            Some(Customer { id, groups: shopper.groups.clone(), orders: shopper.orders })
        });
        // A cart without a sum has no price either.
        let cart = TargetedCart::new(&lines, &context, told.shipping_method.as_deref());
        cart.map_err(|_| ReasonCode::ConditionsNotMet)?.is_target_of(target)
    }

    fn line(&self, line: &InputLine) -> Line {
        let beside = self.beside.get(&line.sku).cloned().unwrap_or_default();
        let mut attributes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in line.attributes.iter().cloned().chain(beside.attributes) {
            attributes.entry(name).or_default().push(value);
        }
        Line {
            priced: PricedLine {
                sku: line.sku.clone(),
                quantity: line.quantity,
                unit_price: line.unit_price,
                compare_at: line.compare_at,
            },
            facts: LineFacts {
                product: Some(line.product.clone()),
                categories: beside.categories,
                collections: beside.collections,
                tags: line.tags.clone(),
                brand: line.brand.clone(),
                product_type: line.product_type.clone(),
                attributes,
                tax_millionths: 0,
            },
        }
    }
}
