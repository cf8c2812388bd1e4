//! What is published is what is read.
#![allow(clippy::unwrap_used)]

use jiff::Timestamp;
use proptest::prelude::*;
use rust_decimal::Decimal;
use stoa_domain::category::CategoryTree;
use stoa_domain::collection::{Condition, Rule};
use stoa_domain::product::*;
use stoa_domain::review::ProductReviews;
use stoa_domain::shop::Shop;
use stoa_domain::snapshot::{
    Availability, Card, CardShard, CardShardRef, FacetBase, FacetTable, FacetValue, FacetValueRef, MAX_CARD_FACETS,
    MoneyRef, ProductShard, ProductView, SnapshotError, decode, encode,
};
use stoa_domain::{CategoryId, CollectionId, Currency, Handle, Locale, Localized, Money, ProductId, Sku};

fn en(text: &str) -> Localized {
    Localized::new(Locale::new("en").unwrap(), text)
}

fn mug(n: u32, price: i64, weight: Decimal, second: i64) -> Product {
    let cny = Currency::new("CNY").unwrap();
    let glaze = |name| OptionValue { name: en(name), swatch: Some("#c2a27c".into()) };
    let variant = |i: u16| Variant {
        sku: Sku::new(format!("mug-{n}-{i}")).unwrap(),
        option_values: vec![i],
        price: Money::new(price, cny),
        compare_at: Some(Money::new(price + 500, cny)),
        cost: Some(Money::new(1, cny)),
        barcode: None,
        weight_grams: Some(320),
        image: None,
        requires_shipping: true,
        taxable: true,
        track_stock: true,
        backorder: false,
    };
    let at = Timestamp::from_second(second).unwrap();
    Product {
        id: ProductId::new(format!("prod_{n}")).unwrap(),
        handle: Handle::new(format!("mug-{n}")).unwrap(),
        status: ProductStatus::Active,
        title: en("Mug").with(Locale::new("zh-CN").unwrap(), "杯子"),
        description_html: en("<p>A mug.</p>"),
        brand: Some("Kiln".into()),
        product_type: None,
        category: None,
        tags: vec!["Tableware".into()],
        attributes: vec![
            Attribute {
                name: "weight".into(),
                label: en("Weight"),
                value: AttributeValue::Number { value: weight, unit: Some("kg".into()) },
            },
            Attribute { name: "microwave".into(), label: en("Microwave"), value: AttributeValue::Flag(true) },
        ],
        options: vec![ProductOption { name: en("Glaze"), values: vec![glaze("Sand"), glaze("Ink")] }],
        variants: vec![variant(0), variant(1)],
        images: vec![Image { source: Some("https://example.com/mug.jpg".into()), media: None, alt: en("A mug") }],
        seo_title: Localized::default(),
        seo_description: Localized::default(),
        created_at: at,
        updated_at: at,
    }
}

fn view(product: Product) -> ProductView {
    ProductView::of(
        product,
        vec![Availability::Low(3), Availability::SoldOut],
        ProductReviews::default(),
        vec![ProductId::new("prod_9").unwrap()],
    )
}

#[test]
fn a_view_hides_costs_and_foreign_addresses() {
    let view = view(mug(1, 6_800, Decimal::new(32, 2), 0));
    assert!(view.product.variants.iter().all(|v| v.cost.is_none()));
    assert!(view.product.images.iter().all(|i| i.source.is_none()));
}

#[test]
fn a_shard_refuses_twins_and_damaged_bytes() {
    let product = || view(mug(1, 6_800, Decimal::ONE, 0));
    assert!(matches!(ProductShard::build(&[product(), product()]), Err(SnapshotError::DuplicateHandle(_))));
    let mut bytes = ProductShard::build(&[product()]).unwrap().encode().unwrap();
    assert!(ProductShard::decode(&bytes[..bytes.len() - 1]).is_err());
    bytes.push(0);
    assert_eq!(ProductShard::decode(&bytes), Err(SnapshotError::TrailingBytes(1)));
}

#[test]
fn a_shard_says_the_same_where_its_texts_stay_in_the_bytes() {
    let mut table = FacetTable::default();
    let card = |n, facets: &mut FacetTable| {
        let mut product = mug(n, 6_800, Decimal::new(325, 3), 7);
        product.category = Some(CategoryId::new("mugs").unwrap());
        product.images[0].media =
            Some(Media { digest: "d".repeat(64), widths: vec![320, 640], width: 640, height: 480 });
        product.variants.truncate(n as usize % 2 + 1);
        let collections = vec![CollectionId::new("new").unwrap()];
        let left = vec![Availability::InStock; product.variants.len()];
        Card::of(&product, &left, collections, &shop(&[]), facets).unwrap().with_sold(40)
    };
    let cards = (0..4).map(|n| card(n, &mut table)).collect();
    let bytes = table.pack(cards).unwrap();
    let (owned, borrowed): (CardShard, CardShardRef<'_>) = (decode(&bytes).unwrap(), decode(&bytes).unwrap());
    let same = |texts: &[(&str, &str)], text: &Localized| {
        texts.iter().copied().eq(text.iter().map(|(locale, text)| (locale.as_str(), text)))
    };
    let money = |read: MoneyRef<'_>| read.with(Currency::new("USD").unwrap());
    assert_eq!((borrowed.facets.len(), borrowed.values.len()), (owned.facets.len(), owned.values.len()));
    for (borrowed, owned) in borrowed.facets.iter().zip(&owned.facets) {
        assert_eq!((borrowed.source, borrowed.name, &borrowed.kind), (owned.source, owned.name.as_str(), &owned.kind));
        assert!(same(&borrowed.label, &owned.label));
    }
    for ((facet, borrowed), (of, owned)) in borrowed.values.iter().zip(&owned.values) {
        assert_eq!(facet, of);
        match (borrowed, owned) {
            (FacetValueRef::Text { text, swatch }, FacetValue::Text { text: owned, swatch: dot }) => {
                assert!(same(text, owned));
                assert_eq!(*swatch, dot.as_deref());
            }
            (FacetValueRef::Number(text), FacetValue::Number(number)) => assert_eq!(text.parse(), Ok(*number)),
            (FacetValueRef::Flag, FacetValue::Flag) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((borrowed.cards.len(), owned.cards.len()), (4, 4));
    assert!(owned.cards.iter().any(|card| card.single_sku.is_some()) && !owned.cards[0].facets.is_empty());
    for (borrowed, owned) in borrowed.cards.iter().zip(&owned.cards) {
        assert_eq!((borrowed.id, borrowed.handle), (owned.id.as_str(), owned.handle.as_str()));
        assert!(same(&borrowed.title, &owned.title));
        assert_eq!(borrowed.brand, owned.brand.as_deref());
        assert_eq!(borrowed.category, owned.category.as_ref().map(CategoryId::as_str));
        assert!(borrowed.collections.iter().copied().eq(owned.collections.iter().map(CollectionId::as_str)));
        assert_eq!(money(borrowed.price_from), Some(owned.price_from));
        assert_eq!(money(borrowed.price_to), Some(owned.price_to));
        assert_eq!(borrowed.compare_at.and_then(money), owned.compare_at);
        let (image, media) = (borrowed.image.as_ref().unwrap(), &owned.image.as_ref().unwrap().media);
        assert_eq!((image.digest, &image.widths), (media.digest.as_str(), &media.widths));
        assert_eq!((image.width, image.height), (media.width, media.height));
        assert!(same(&image.alt, &owned.image.as_ref().unwrap().alt));
        assert_eq!(
            (borrowed.available, borrowed.created_at, borrowed.sold),
            (owned.available, owned.created_at, owned.sold)
        );
        assert_eq!((borrowed.score, &borrowed.facets), (owned.score, &owned.facets));
        assert!(borrowed.swatches.iter().copied().eq(owned.swatches.iter().map(String::as_str)));
        assert_eq!(borrowed.single_sku, owned.single_sku.as_ref().map(Sku::as_str));
    }
    assert!(decode::<CardShardRef<'_>>(&bytes[..bytes.len() - 1]).is_err());
}

#[test]
fn a_product_that_breaks_rules_names_each_of_them() {
    let mut product = mug(1, 6_800, Decimal::ONE, 0);
    assert_eq!(product.validate(), []);
    product.title = Localized::default();
    product.variants[1].sku = product.variants[0].sku.clone();
    product.variants[1].option_values = vec![0];
    product.variants[1].image = Some(7);
    product.variants[1].price = Money::new(-1, product.variants[0].price.currency);
    product.variants[1].cost = Some(Money::new(1, Currency::new("USD").unwrap()));
    product.variants[0].option_values = vec![0];
    product.options[0].values[0].swatch = Some("red".into());
    let attribute = product.attributes[0].clone();
    product.attributes.push(attribute);
    let codes: Vec<_> = product.validate().into_iter().map(|e| e.code).collect();
    let wanted = [
        "required",
        "duplicate_attribute",
        "invalid_swatch",
        "duplicate_sku",
        "duplicate_combination",
        "unknown_image",
        "price_out_of_range",
        "mixed_currencies",
    ];
    assert_eq!(codes, wanted);
    product.variants[0].option_values = vec![2];
    product.variants[1].option_values = vec![0, 0];
    let codes: Vec<_> = product.validate().into_iter().map(|e| e.code).collect();
    assert!(codes.contains(&"unknown_option_value") && codes.contains(&"option_values_mismatch"));
    product.variants.clear();
    assert!(product.validate().iter().any(|e| e.field == "variants" && e.code == "required"));
}

#[test]
fn rules_pick_products() {
    let product = mug(1, 6_800, Decimal::new(50, 2), 0);
    let tree = CategoryTree::default();
    let holds = |all, conditions| {
        Rule { all, conditions }.holds(&product, &[Availability::Low(1), Availability::SoldOut], &tree)
    };
    let price = |minor| Money::new(minor, Currency::new("CNY").unwrap());
    let attribute = |name: &str, value: &str| Condition::AttributeIs { name: name.into(), value: value.into() };
    let yes = vec![
        Condition::Tag("tableware".into()),
        Condition::Brand("KILN".into()),
        Condition::PriceBelow(price(6_801)),
        Condition::PriceAtLeast(price(6_800)),
        Condition::OnSale,
        attribute("weight", "0.5"),
        attribute("microwave", "true"),
        Condition::TitleContains("杯".into()),
        Condition::InStock,
    ];
    assert!(holds(true, yes.clone()));
    let mut one_wrong = yes;
    one_wrong.push(Condition::Tag("garden".into()));
    assert!(!holds(true, one_wrong.clone()) && holds(false, one_wrong));
    assert!(!holds(true, vec![]) && !holds(false, vec![]));
}

#[test]
fn variants_are_named_in_the_readers_language() {
    let (product, en) = (mug(1, 6_800, Decimal::ONE, 0), Locale::new("en").unwrap());
    assert_eq!(product.variant_title(&product.variants[1], &en, &en), "Ink");
}

proptest! {
    #[test]
    fn shards_round_trip(
        ids in prop::collection::btree_set(0..1_000_u32, 0..20),
        price: i64,
        mantissa: i64,
        scale in 0..=28_u32,
        second in -60_000_000_000_i64..60_000_000_000,
    ) {
        let price = price / 2;
        let views: Vec<_> = ids.iter().map(|n| view(mug(*n, price, Decimal::new(mantissa, scale), second))).collect();
        let shard = ProductShard::decode(&ProductShard::build(&views).unwrap().encode().unwrap()).unwrap();
        for view in &views {
            let entry = shard.find(&view.product.handle).unwrap();
            prop_assert_eq!(&entry.decode().unwrap(), view);
        }
        prop_assert!(shard.find(&Handle::new("gone").unwrap()).is_none());
    }

    #[test]
    fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(view) = decode::<ProductView>(&bytes) {
            prop_assert!(encode(&view).is_ok());
        }
    }
}

fn shop(facets: &[&str]) -> Shop {
    let none = Localized::default;
    Shop {
        name: none(),
        tagline: none(),
        announcement: none(),
        description: none(),
        email: String::new(),
        currency: Currency::new("CNY").unwrap(),
        default_locale: Locale::new("en").unwrap(),
        locales: vec![Locale::new("en").unwrap()],
        main_menu: vec![],
        footer_menu: vec![],
        shipping_methods: vec![],
        notices: vec![],
        facets: facets.iter().map(|name| (*name).to_owned()).collect(),
    }
}

/// `name: value` of everything the cards of a shard can be filtered by, card by card.
fn filtered_by(bytes: &[u8]) -> Vec<Vec<String>> {
    let CardShard { facets, values, cards } = decode(bytes).unwrap();
    let said = |at: &u32| {
        let (facet, value) = &values[*at as usize];
        let value = match value {
            FacetValue::Text { text, .. } => {
                text.get(&Locale::new("en").unwrap(), &Locale::new("en").unwrap()).to_owned()
            }
            FacetValue::Number(number) => number.to_string(),
            FacetValue::Flag => "yes".to_owned(),
        };
        format!("{}: {value}", facets[usize::from(*facet)].name)
    };
    cards.iter().map(|card| card.facets.iter().map(said).collect()).collect()
}

#[test]
fn cards_can_be_filtered_by_marked_attributes_then_options_then_whatever_is_a_choice() {
    let mut product = mug(1, 100, Decimal::new(250, 2), 0);
    let text = |name: &str, value: &str| Attribute {
        name: name.into(),
        label: en(name),
        value: AttributeValue::Text(en(value)),
    };
    product.attributes.push(text("care", &"by hand ".repeat(9)));
    product.attributes.push(text("origin", "Jingdezhen"));
    product.attributes.push(Attribute { name: "lid".into(), label: en("Lid"), value: AttributeValue::Flag(false) });
    let pack = |product: &Product, marked: &[&str]| {
        let mut table = FacetTable::default();
        let card = Card::of(product, &[], vec![], &shop(marked), &mut table).unwrap();
        filtered_by(&table.pack(vec![card]).unwrap()).remove(0)
    };
    let options = ["glaze: Sand", "glaze: Ink"];
    let others = ["weight: 2.5", "microwave: yes"];
    assert_eq!(pack(&product, &["origin"]), [&["origin: Jingdezhen"], &options[..], &others].concat());
    assert!(pack(&product, &["care"])[0].starts_with("care: by hand"), "a marked one may be long");
    product.variants.pop();
    assert_eq!(pack(&product, &[])[0..2], ["glaze: Sand", "weight: 2.5"], "only what a variant has");
    product.attributes = (0..200).map(|n| text(&format!("a{n}"), "x")).collect();
    let facets = pack(&product, &["a199"]);
    assert_eq!((facets.len(), facets[0].as_str()), (MAX_CARD_FACETS, "a199: x"));
}

#[test]
fn a_shard_read_into_another_table_packs_to_the_same_bytes() {
    let mut table = FacetTable::default();
    let mut cards: Vec<Card> = Vec::new();
    for n in 0..20 {
        let product = mug(n, 100, Decimal::from(n % 3), 0);
        cards.push(Card::of(&product, &[], vec![], &shop(&["weight"]), &mut table).unwrap().with_sold(n));
    }
    let bytes = table.pack(cards).unwrap();
    let mut other = FacetTable::default();
    let first = mug(99, 1, Decimal::from(7), 0);
    Card::of(&first, &[], vec![], &shop(&[]), &mut other).unwrap();
    let read = other.unpack(&bytes).unwrap();
    assert_eq!(read.iter().map(|card| card.sold).sum::<u32>(), 190);
    assert_eq!(other.pack(read).unwrap(), bytes);
    assert_eq!(decode::<CardShard>(&bytes).unwrap().values.len(), 6, "three weights, one flag, two glazes");
}

#[test]
fn what_the_base_has_no_shard_writes_again() {
    let card = |n: u32, weight: i64, table: &mut FacetTable| {
        Card::of(&mug(n, 100, Decimal::from(weight), 0), &[], vec![], &shop(&["weight"]), table).unwrap()
    };
    let mut table = FacetTable::default();
    let cards: Vec<Card> = (0..4).map(|n| card(n, i64::from(n), &mut table)).collect();
    let base = table.settle().unwrap();
    let bytes = table.pack(cards).unwrap();
    let shard: CardShard = decode(&bytes).unwrap();
    assert_eq!((shard.facets.len(), shard.values.len(), shard.cards.len()), (0, 0, 4));

    // A publisher that comes later goes on after the base: a new value is the shard's, the others stay the base's.
    let mut later = FacetTable::after(decode(&base).unwrap());
    let mut cards = later.unpack(&bytes).unwrap();
    cards[0] = card(0, 7, &mut later);
    let mut flagged = mug(1, 100, Decimal::from(1), 0);
    flagged.attributes[1].name = "dishwasher".into();
    cards[1] = Card::of(&flagged, &[], vec![], &shop(&["weight"]), &mut later).unwrap();
    let wanted: Vec<Vec<u32>> = cards.iter().map(|card| card.facets.clone()).collect();
    let grown = later.pack(cards).unwrap();
    let shard: CardShard = decode(&grown).unwrap();
    let names: Vec<&str> = shard.facets.iter().map(|facet| facet.name.as_str()).collect();
    assert_eq!((names, shard.values.len()), (vec!["dishwasher"], 2), "seven kilograms, and a flag");
    let again: FacetBase = decode(&base).unwrap();
    assert_eq!(shard.values[0], (again.values[0].0, FacetValue::Number(Decimal::from(7))));
    assert_eq!(usize::from(shard.values[1].0), again.facets.len(), "the first facet after the base's");

    let read = later.unpack(&grown).unwrap();
    assert_eq!(read.iter().map(|card| card.facets.clone()).collect::<Vec<_>>(), wanted);
    assert_eq!(FacetTable::after(again).unpack(&grown).unwrap().len(), 4);
}
