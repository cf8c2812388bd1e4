//! The input of a function: what its query asks, answered from a cart and the merchant's settings.

use super::failure::Failure;
use super::ids;
use super::json::Json;
use super::query::{Argument, Query, Selection, Variable, What};
use super::schema::Type;
use super::target::Target;
use crate::PromotionInput;
use stoa_domain::Money;

/// Strings that one variable may hold.
const MAX_TEXTS: usize = 1_000;

/// Answers a query. `settings` is JSON: the value of the discount's metafield, and what the query's variables are read
/// from.
pub(super) fn answer(query: &Query, target: Target, input: &PromotionInput, settings: &str) -> Result<Json, Failure> {
    let settings_json: Json = serde_json::from_str(settings).unwrap_or(Json::Null);
    let variables = query.variables.iter().map(|v| read_variable(v, &settings_json)).collect::<Result<_, _>>()?;
    let answering = Answering { target, input, settings, settings_json, variables };
    Ok(answering.object(&query.selections, Source::Input))
}

struct Answering<'a> {
    target: Target,
    input: &'a PromotionInput,
    settings: &'a str,
    settings_json: Json,
    /// By the variables' places; None is null.
    variables: Vec<Option<Vec<String>>>,
}

/// Something that fields are asked of.
#[derive(Debug, Clone)]
enum Source {
    Input,
    Cart,
    CartCost,
    DeliveryGroup,
    Line(usize),
    LineCost(usize),
    Variant(usize),
    Product(usize),
    Money(Money),
    HasTag { tag: String, has: bool },
    Membership { collection: String, member: bool },
    Discount,
    Shop,
    Settings,
    Localization,
    Language,
}

enum Answer {
    Leaf(Json),
    One(Source),
    Many(Vec<Source>),
}

/// The arguments of one field.
struct Given<'a> {
    arguments: &'a [(&'static str, Argument)],
    variables: &'a [Option<Vec<String>>],
}

impl Given<'_> {
    fn texts(&self, name: &str) -> Vec<String> {
        match self.arguments.iter().find(|(given, _)| *given == name).map(|(_, argument)| argument) {
            Some(Argument::Text(text)) => vec![text.clone()],
            Some(Argument::Texts(texts)) => texts.clone(),
            Some(Argument::Variable(place)) => self.variables.get(*place).cloned().flatten().unwrap_or_default(),
            None => Vec::new(),
        }
    }
}

impl Answering<'_> {
    fn object(&self, selections: &[Selection], source: Source) -> Json {
        let ty = source.ty();
        let mut members: Vec<(String, Json)> = Vec::with_capacity(selections.len());
        for Selection { key, only, what } in selections {
            if only.is_some_and(|only| only != ty) || members.iter().any(|(known, _)| known == key) {
                continue;
            }
            let value = match what {
                What::TypeName => ty.name().into(),
                What::Field { name, arguments, below } => {
                    let given = Given { arguments, variables: &self.variables };
                    match self.field(&source, name, &given) {
                        Answer::Leaf(value) => value,
                        Answer::One(source) => self.object(below, source),
                        Answer::Many(sources) => {
                            Json::Array(sources.into_iter().map(|source| self.object(below, source)).collect())
                        }
                    }
                }
            };
            members.push((key.clone(), value));
        }
        Json::Object(members)
    }

    /// Of a field that the schema has. Null is what this shop has not.
    fn field(&self, source: &Source, name: &str, given: &Given<'_>) -> Answer {
        match source {
            Source::Input => self.input_field(name),
            Source::Cart => self.cart_field(name),
            Source::CartCost if name == "subtotalAmount" || name == "totalAmount" => {
                Answer::One(Source::Money(self.input.subtotal))
            }
            Source::DeliveryGroup => match name {
                "id" => Answer::Leaf(ids::DELIVERY_GROUP.into()),
                "cartLines" => self.lines(),
                _ => Answer::Leaf(Json::Null),
            },
            Source::Line(place) => self.line_field(*place, name),
            Source::LineCost(place) => self.line_cost(*place, name),
            Source::Variant(place) => self.variant_field(*place, name),
            Source::Product(place) => self.product_field(*place, name, given),
            Source::Money(money) => match name {
                "amount" => Answer::Leaf(decimal(*money).into()),
                _ => Answer::Leaf(money.currency.code().into()),
            },
            Source::HasTag { tag, has } => match name {
                "tag" => Answer::Leaf(tag.as_str().into()),
                _ => Answer::Leaf((*has).into()),
            },
            Source::Membership { collection, member } => match name {
                "collectionId" => Answer::Leaf(collection.as_str().into()),
                _ => Answer::Leaf((*member).into()),
            },
            Source::Discount => match name {
                "metafield" => Answer::One(Source::Settings),
                _ => Answer::Leaf(self.discount_classes()),
            },
            Source::Settings => match name {
                "value" => Answer::Leaf(self.settings.into()),
                "type" => Answer::Leaf("json".into()),
                _ => Answer::Leaf(self.settings_json.clone()),
            },
            Source::Localization => Answer::One(Source::Language),
            Source::Language => {
                let language = self.input.locale.to_string();
                let first = language.split(['-', '_']).next().unwrap_or_default();
                Answer::Leaf(first.to_ascii_uppercase().into())
            }
            Source::CartCost | Source::Shop => Answer::Leaf(Json::Null),
        }
    }

    fn input_field(&self, name: &str) -> Answer {
        match name {
            "cart" => Answer::One(Source::Cart),
            "discount" | "discountNode" => Answer::One(Source::Discount),
            "localization" => Answer::One(Source::Localization),
            "shop" => Answer::One(Source::Shop),
            // A cart is in the shop's own currency.
            "presentmentCurrencyRate" => Answer::Leaf("1.0".into()),
            // A function runs for every cart, not for a code.
            _ => Answer::Leaf(Json::Null),
        }
    }

    fn cart_field(&self, name: &str) -> Answer {
        match name {
            "lines" => self.lines(),
            "cost" => Answer::One(Source::CartCost),
            // As at Shopify, the older runs for products and orders see none.
            "deliveryGroups" => match self.target {
                Target::ProductDiscount | Target::OrderDiscount => Answer::Many(Vec::new()),
                _ => Answer::Many(vec![Source::DeliveryGroup]),
            },
            _ => Answer::Leaf(Json::Null),
        }
    }

    fn lines(&self) -> Answer {
        Answer::Many((0..self.input.lines.len()).map(Source::Line).collect())
    }

    fn line_field(&self, place: usize, name: &str) -> Answer {
        match name {
            "id" => Answer::Leaf(ids::line(place).into()),
            "quantity" => Answer::Leaf(Json::Number(self.input.lines[place].quantity.into())),
            "cost" => Answer::One(Source::LineCost(place)),
            "merchandise" => Answer::One(Source::Variant(place)),
            _ => Answer::Leaf(Json::Null),
        }
    }

    fn line_cost(&self, place: usize, name: &str) -> Answer {
        let line = &self.input.lines[place];
        match name {
            "amountPerQuantity" => Answer::One(Source::Money(line.unit_price)),
            "compareAtAmountPerQuantity" => {
                line.compare_at.map_or(Answer::Leaf(Json::Null), |price| Answer::One(Source::Money(price)))
            }
            // The sum of all lines fits, so each does.
            _ => line
                .unit_price
                .times(line.quantity)
                .map_or(Answer::Leaf(Json::Null), |total| Answer::One(Source::Money(total))),
        }
    }

    fn variant_field(&self, place: usize, name: &str) -> Answer {
        let line = &self.input.lines[place];
        match name {
            "id" => Answer::Leaf(ids::variant(line).into()),
            "sku" => Answer::Leaf(line.sku.as_str().into()),
            "product" => Answer::One(Source::Product(place)),
            _ => Answer::Leaf(Json::Null),
        }
    }

    fn product_field(&self, place: usize, name: &str, given: &Given<'_>) -> Answer {
        let line = &self.input.lines[place];
        let tagged = |tag: &String| line.tags.iter().any(|known| known.eq_ignore_ascii_case(tag));
        match name {
            "id" => Answer::Leaf(ids::product(line).into()),
            "handle" => Answer::Leaf(line.handle.to_string().into()),
            "title" => Answer::Leaf(line.title.as_str().into()),
            "vendor" => Answer::Leaf(line.brand.as_deref().map_or(Json::Null, Json::from)),
            "productType" => Answer::Leaf(line.product_type.as_deref().map_or(Json::Null, Json::from)),
            "isGiftCard" => Answer::Leaf(false.into()),
            "hasAnyTag" => Answer::Leaf(given.texts("tags").iter().any(tagged).into()),
            "hasTags" => {
                let tags = given.texts("tags").into_iter();
                Answer::Many(tags.map(|tag| Source::HasTag { has: tagged(&tag), tag }).collect())
            }
            "inAnyCollection" => Answer::Leaf(given.texts("ids").iter().any(|id| ids::in_collection(line, id)).into()),
            "inCollections" => {
                let of = |id: String| Source::Membership { member: ids::in_collection(line, &id), collection: id };
                Answer::Many(given.texts("ids").into_iter().map(of).collect())
            }
            _ => Answer::Leaf(Json::Null),
        }
    }

    /// What the function may propose here: of each target the kinds it can give.
    fn discount_classes(&self) -> Json {
        let classes: &[&str] = match self.target {
            Target::DeliveryOptions | Target::ShippingDiscount => &["SHIPPING"],
            Target::ProductDiscount => &["PRODUCT"],
            Target::OrderDiscount => &["ORDER"],
            Target::CartLines => &["PRODUCT", "ORDER"],
        };
        Json::Array(classes.iter().map(|class| Json::from(*class)).collect())
    }
}

impl Source {
    fn ty(&self) -> Type {
        match self {
            Source::Input => Type::Input,
            Source::Cart => Type::Cart,
            Source::CartCost => Type::CartCost,
            Source::DeliveryGroup => Type::CartDeliveryGroup,
            Source::Line(_) => Type::CartLine,
            Source::LineCost(_) => Type::CartLineCost,
            Source::Variant(_) => Type::ProductVariant,
            Source::Product(_) => Type::Product,
            Source::Money(_) => Type::MoneyV2,
            Source::HasTag { .. } => Type::HasTagResponse,
            Source::Membership { .. } => Type::CollectionMembership,
            Source::Discount => Type::Discount,
            Source::Shop => Type::Shop,
            Source::Settings => Type::Metafield,
            Source::Localization => Type::Localization,
            Source::Language => Type::Language,
        }
    }
}

/// `12.5`, `100.0`: one digit after the point at least, none that says nothing.
fn decimal(money: Money) -> String {
    let text = money.to_decimal();
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let rest = rest.trim_end_matches('0');
    format!("{whole}.{}", if rest.is_empty() { "0" } else { rest })
}

fn read_variable(variable: &Variable, settings: &Json) -> Result<Option<Vec<String>>, Failure> {
    let Variable { name, list, required, default } = variable;
    let bad = |rule: &str| Failure::BadVariable { variable: name.clone(), rule: rule.to_owned() };
    let one = |value: &Json| match value {
        Json::Text(text) => Ok(text.clone()),
        _ if *list => Err(bad("the settings must have a list of strings of this name")),
        _ => Err(bad("the settings must have a string of this name")),
    };
    match settings.get(name) {
        None if default.is_some() => Ok(default.clone()),
        None if *required => Err(bad("the settings have nothing of this name")),
        None => Ok(None),
        Some(Json::Array(items)) if *list && items.len() > MAX_TEXTS => {
            Err(bad(&format!("at most {MAX_TEXTS} strings, got {}", items.len())))
        }
        Some(Json::Array(items)) if *list => items.iter().map(one).collect::<Result<_, _>>().map(Some),
        Some(value) => Ok(Some(vec![one(value)?])),
    }
}
