//! What an input query can ask for: the part of Shopify's schema that Stoa can answer truthfully. A field is answered with
//! null or with nothing only where a Stoa shop has no such thing (metafields, attributes, a signed-in buyer); what a shop
//! has and a function is not told (stock, addresses, the clock) is missing here, and so refused by name.

use super::target::Target;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Input,
    Attribute,
    BuyerIdentity,
    Cart,
    CartCost,
    CartDeliveryGroup,
    CartLine,
    CartLineCost,
    CollectionMembership,
    CustomProduct,
    Customer,
    Discount,
    DiscountNode,
    HasTagResponse,
    Language,
    Localization,
    Merchandise,
    Metafield,
    MoneyV2,
    Product,
    ProductVariant,
    Shop,
}

/// A field and, unless it is a leaf, the type of what is below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) of: Option<Type>,
    pub(super) arguments: &'static [Parameter],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) takes: Takes,
    pub(super) required: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Text,
    Texts,
}

const METAFIELD: Field = Field {
    name: "metafield",
    of: Some(Type::Metafield),
    arguments: &[
        Parameter { name: "namespace", takes: Takes::Text, required: false },
        Parameter { name: "key", takes: Takes::Text, required: true },
    ],
};
const ATTRIBUTE: Field = Field {
    name: "attribute",
    of: Some(Type::Attribute),
    arguments: &[Parameter { name: "key", takes: Takes::Text, required: false }],
};
const TAGS: &[Parameter] = &[Parameter { name: "tags", takes: Takes::Texts, required: false }];
const IDS: &[Parameter] = &[Parameter { name: "ids", takes: Takes::Texts, required: false }];

const fn leaf(name: &'static str) -> Field {
    Field { name, of: None, arguments: &[] }
}

const fn of(name: &'static str, of: Type) -> Field {
    Field { name, of: Some(of), arguments: &[] }
}

const fn asked(name: &'static str, of: Option<Type>, arguments: &'static [Parameter]) -> Field {
    Field { name, of, arguments }
}

impl Type {
    /// As `__typename` answers.
    pub(super) fn name(self) -> &'static str {
        match self {
            Type::Input => "Input",
            Type::Attribute => "Attribute",
            Type::BuyerIdentity => "BuyerIdentity",
            Type::Cart => "Cart",
            Type::CartCost => "CartCost",
            Type::CartDeliveryGroup => "CartDeliveryGroup",
            Type::CartLine => "CartLine",
            Type::CartLineCost => "CartLineCost",
            Type::CollectionMembership => "CollectionMembership",
            Type::CustomProduct => "CustomProduct",
            Type::Customer => "Customer",
            Type::Discount => "Discount",
            Type::DiscountNode => "DiscountNode",
            Type::HasTagResponse => "HasTagResponse",
            Type::Language => "Language",
            Type::Localization => "Localization",
            Type::Merchandise => "Merchandise",
            Type::Metafield => "Metafield",
            Type::MoneyV2 => "MoneyV2",
            Type::Product => "Product",
            Type::ProductVariant => "ProductVariant",
            Type::Shop => "Shop",
        }
    }

    /// Whether something of this type can be one of the named type. None: there is no such type here.
    pub(super) fn condition(self, name: &str) -> Option<Type> {
        let possible: &[Type] = match self {
            Type::Merchandise => &[Type::ProductVariant, Type::CustomProduct, Type::Merchandise],
            _ => &[],
        };
        possible.iter().chain([&self]).find(|ty| ty.name() == name).copied()
    }

    pub(super) fn field(self, name: &str, target: Target) -> Option<Field> {
        let field = self.fields().iter().find(|field| field.name == name)?;
        let for_current = match (self, name) {
            (Type::Input, "discount" | "triggeringDiscountCode") => true,
            (Type::Input, "discountNode") => false,
            _ => return Some(*field),
        };
        (for_current == target.is_current()).then_some(*field)
    }

    pub(super) fn fields(self) -> &'static [Field] {
        match self {
            Type::Input => {
                const {
                    &[
                        of("cart", Type::Cart),
                        of("discount", Type::Discount),
                        of("discountNode", Type::DiscountNode),
                        of("localization", Type::Localization),
                        of("shop", Type::Shop),
                        leaf("presentmentCurrencyRate"),
                        leaf("triggeringDiscountCode"),
                    ]
                }
            }
            Type::Cart => {
                const {
                    &[
                        of("lines", Type::CartLine),
                        of("cost", Type::CartCost),
                        of("deliveryGroups", Type::CartDeliveryGroup),
                        of("buyerIdentity", Type::BuyerIdentity),
                        ATTRIBUTE,
                        METAFIELD,
                    ]
                }
            }
            Type::CartCost => {
                const {
                    &[
                        of("subtotalAmount", Type::MoneyV2),
                        of("totalAmount", Type::MoneyV2),
                        of("totalDutyAmount", Type::MoneyV2),
                        of("totalTaxAmount", Type::MoneyV2),
                    ]
                }
            }
            Type::CartLine => {
                const {
                    &[
                        leaf("id"),
                        leaf("quantity"),
                        of("cost", Type::CartLineCost),
                        of("merchandise", Type::Merchandise),
                        ATTRIBUTE,
                    ]
                }
            }
            Type::CartLineCost => {
                const {
                    &[
                        of("amountPerQuantity", Type::MoneyV2),
                        of("compareAtAmountPerQuantity", Type::MoneyV2),
                        of("subtotalAmount", Type::MoneyV2),
                        of("totalAmount", Type::MoneyV2),
                    ]
                }
            }
            Type::CartDeliveryGroup => const { &[leaf("id"), of("cartLines", Type::CartLine)] },
            Type::ProductVariant => const { &[leaf("id"), leaf("sku"), of("product", Type::Product), METAFIELD] },
            Type::CustomProduct => const { &[leaf("title"), leaf("isGiftCard"), leaf("requiresShipping")] },
            Type::Product => {
                const {
                    &[
                        leaf("id"),
                        leaf("handle"),
                        leaf("title"),
                        leaf("vendor"),
                        leaf("productType"),
                        leaf("isGiftCard"),
                        asked("hasAnyTag", None, TAGS),
                        asked("hasTags", Some(Type::HasTagResponse), TAGS),
                        asked("inAnyCollection", None, IDS),
                        asked("inCollections", Some(Type::CollectionMembership), IDS),
                        METAFIELD,
                    ]
                }
            }
            Type::HasTagResponse => const { &[leaf("tag"), leaf("hasTag")] },
            Type::CollectionMembership => const { &[leaf("collectionId"), leaf("isMember")] },
            Type::MoneyV2 => const { &[leaf("amount"), leaf("currencyCode")] },
            Type::Discount => const { &[leaf("discountClasses"), METAFIELD] },
            Type::DiscountNode | Type::Shop => const { &[METAFIELD] },
            Type::Metafield => const { &[leaf("value"), leaf("type"), leaf("jsonValue")] },
            Type::Attribute => const { &[leaf("key"), leaf("value")] },
            Type::Localization => const { &[of("language", Type::Language)] },
            Type::Language => const { &[leaf("isoCode")] },
            Type::BuyerIdentity => const { &[leaf("isAuthenticated"), of("customer", Type::Customer)] },
            Type::Customer => {
                const {
                    &[
                        leaf("id"),
                        leaf("numberOfOrders"),
                        of("amountSpent", Type::MoneyV2),
                        asked("hasAnyTag", None, TAGS),
                        asked("hasTags", Some(Type::HasTagResponse), TAGS),
                        METAFIELD,
                    ]
                }
            }
            Type::Merchandise => &[],
        }
    }
}
