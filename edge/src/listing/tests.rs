//! Lists held against a recount of the products themselves, and addresses against their one form.

use super::*;
use crate::testing::{Browser, products};
use std::collections::BTreeMap;
use stoa_domain::product::AttributeValue;
use stoa_domain::snapshot::{FacetSource, ProductView};

/// Selections as an address says them; each dimension is a set of conditions of which one must hold.
const CHOICES: [(&str, &str); 16] = [
    ("filter.brand", "Aule"),
    ("filter.brand", "Pottery & Co"),
    ("filter.category", "mugs"),
    ("filter.category", "espresso"),
    ("filter.category", "garden"),
    ("filter.f.material", "Stoneware"),
    ("filter.f.material", "瓷"),
    ("filter.f.glaze", "Matt"),
    ("filter.f.glaze", "亮光"),
    ("filter.o.colour", "Sand"),
    ("filter.f.dishwasher", "1"),
    ("filter.f.height.gte", "12"),
    ("filter.f.height.lte", "25"),
    ("filter.price.gte", "55"),
    ("filter.price.lte", "75"),
    ("filter.available", "1"),
];

/// Which dimensions a product misses, told from the product and the address alone.
fn missed(product: &ProductView, number: usize, pairs: &[(String, String)]) -> Vec<String> {
    let p = &product.product;
    let text = |name: &str| {
        p.attributes.iter().find(|a| a.name == name).and_then(|a| match &a.value {
            AttributeValue::Text(text) => Some(text.clone()),
            _ => None,
        })
    };
    let height = 5 + number as i64;
    let mut holds: BTreeMap<String, bool> = BTreeMap::new();
    for (name, value) in pairs {
        let (from, to) = (p.variants[0].price.minor, p.variants[1].price.minor);
        let (dimension, one) = match name.as_str() {
            "filter.brand" => ("brand", p.brand.as_deref() == Some(value)),
            "filter.category" => {
                let own = p.category.as_ref().unwrap().as_str();
                ("category", own == value || value == "mugs" && own == "espresso")
            }
            "filter.available" => ("available", number != 5),
            "filter.price.gte" => ("price", to >= value.parse::<i64>().unwrap() * 100),
            "filter.price.lte" => ("price", from <= value.parse::<i64>().unwrap() * 100),
            "filter.f.dishwasher" => ("dishwasher", number.is_multiple_of(4)),
            "filter.f.height.gte" => ("height", height >= value.parse().unwrap()),
            "filter.f.height.lte" => ("height", height <= value.parse().unwrap()),
            "filter.o.colour" => ("colour", true),
            other => {
                let name = other.strip_prefix("filter.f.").unwrap();
                (name, text(name).unwrap().iter().any(|(_, t)| t == value))
            }
        };
        // Ends of a range must both hold, of other values one.
        let known = holds.get(dimension).copied();
        let both = matches!(dimension, "price" | "height");
        let now = if both { known.unwrap_or(true) && one } else { known.unwrap_or(false) || one };
        holds.insert(dimension.to_owned(), now);
    }
    holds.into_iter().filter(|(_, holds)| !holds).map(|(dimension, _)| dimension).collect()
}

fn pairs_of(choices: u32) -> Vec<(String, String)> {
    let on = CHOICES.iter().enumerate().filter(|(at, _)| choices & (1 << at) != 0);
    on.map(|(_, (name, value))| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn counts_are_what_a_recount_without_the_groups_own_selection_gives_whatever_is_chosen() {
    let shop = Browser::new();
    shop.get("/");
    let snapshot = shop.snapshot();
    let products = products();
    let locale = snapshot.default_locale();
    let all = snapshot.all();
    let mut seed = 0x9e37_79b9_u32;
    for round in 0..400 {
        // Few of the sixteen at a time, and now and then many.
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let choices = (seed >> 16) & if round % 8 == 0 { 0xffff } else { (seed >> 3) | (seed >> 9) };
        let pairs = pairs_of(choices & 0xffff);
        let query = ListQuery::parse(&pairs, snapshot);
        let listing = list(snapshot, locale, &query, all, &Featured::AsItIs);
        let fits = |but: &str, also: &dyn Fn(&ProductView, usize) -> bool| {
            let fits = |(n, p): &(usize, &ProductView)| missed(p, *n, &pairs).iter().all(|d| d == but) && also(p, *n);
            products.iter().enumerate().filter(fits).count()
        };
        assert_eq!(listing.total, fits("", &|_, _| true), "{pairs:?}");
        assert_eq!(listing.in_stock, fits("available", &|_, n| n != 5), "{pairs:?}");
        for brand in &listing.brands {
            let count = fits("brand", &|p, _| p.product.brand.as_deref() == Some(&brand.value));
            assert_eq!(brand.count, count, "{} {pairs:?}", brand.value);
        }
        for category in &listing.categories {
            let within = |p: &ProductView, _| {
                let own = p.product.category.as_ref().unwrap().as_str();
                own == category.handle || category.handle == "table" || category.handle == "mugs" && own == "espresso"
            };
            assert_eq!(category.count, fits("category", &within), "{} {pairs:?}", category.handle);
        }
        for bucket in listing.prices.iter().flat_map(|prices| &prices.buckets) {
            let within = |p: &ProductView, _| {
                let of = |at: usize| Decimal::from(p.product.variants[at].price.minor);
                bucket.range.from.is_none_or(|from| of(1) >= from) && bucket.range.to.is_none_or(|to| of(0) <= to)
            };
            assert_eq!(bucket.count, fits("price", &within), "{:?} {pairs:?}", bucket.range);
            assert!(bucket.count > 0 || bucket.chosen, "an empty range {:?} {pairs:?}", bucket.range);
        }
        let table = snapshot.facets();
        for group in &listing.facets {
            let name = &*table.facet(group.facet).unwrap().name;
            match &group.what {
                What::Flag { count, .. } => assert_eq!(*count, fits(name, &|_, n| n.is_multiple_of(4)), "{pairs:?}"),
                What::Numbers { buckets, .. } => {
                    for bucket in buckets {
                        let within = |_: &ProductView, n: usize| holds(bucket.range, Decimal::from(5 + n));
                        assert_eq!(bucket.count, fits(name, &within), "{name} {:?} {pairs:?}", bucket.range);
                    }
                }
                What::Choices(values) => {
                    for value in values {
                        let own = [("filter.f.".to_owned() + name, value.value.clone())];
                        let count = fits(name, &|p, n| name == "colour" || missed(p, n, &own).is_empty());
                        assert_eq!(value.count, count, "{name} {} {pairs:?}", value.value);
                    }
                }
            }
        }
    }
}

#[test]
fn one_state_has_one_address_in_whatever_order_and_language_it_is_written() {
    let shop = Browser::new();
    shop.get("/");
    let snapshot = shop.snapshot();
    let canonical = |pairs: &[(String, String)]| ListQuery::parse(pairs, snapshot).to_query(&snapshot.facets());
    let mut seed = 7_u32;
    for _ in 0..200 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let mut pairs = pairs_of(seed >> 16);
        let address = canonical(&pairs);
        pairs.reverse();
        pairs.push(("utm_source".into(), "x".into()));
        pairs.extend(pairs.clone());
        let once: Vec<(String, String)> =
            url::form_urlencoded::parse(address.trim_start_matches('?').as_bytes()).into_owned().collect();
        assert_eq!(canonical(&pairs), address);
        assert_eq!(canonical(&once), address);
    }
    let pair = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    assert_eq!(canonical(&pair("filter.f.material", "粗陶")), "?filter.f.material=Stoneware");
    assert_eq!(canonical(&pair("filter.f.height.gte", "12.50")), "?filter.f.height.gte=12.5");
    for nothing in
        ["filter.f.nothing", "filter.category", "filter.f.height.gte", "filter.f.dishwasher", "sort_by", "page"]
    {
        assert_eq!(canonical(&pair(nothing, "zero")), "", "{nothing}");
    }
}

#[test]
fn marked_attributes_come_first_then_options_then_what_splits_the_products_well() {
    let shop = Browser::new();
    shop.get("/");
    let snapshot = shop.snapshot();
    let listing = list(snapshot, snapshot.default_locale(), &ListQuery::nothing(), snapshot.all(), &Featured::AsItIs);
    let table = snapshot.facets();
    let names: Vec<(&str, FacetSource)> = listing
        .facets
        .iter()
        .map(|group| table.facet(group.facet).unwrap())
        .map(|facet| (&*facet.name, facet.source))
        .collect();
    assert_eq!(names[..2], [("material", FacetSource::Attribute), ("colour", FacetSource::Option)]);
    for found in ["glaze", "dishwasher", "height"] {
        assert!(names[2..].contains(&(found, FacetSource::Attribute)), "{found} in {names:?}");
    }
}

#[test]
fn a_thousand_choices_are_answered_with_the_first_few() {
    let shop = Browser::new();
    let mut address = "/collections/mugs?".to_owned();
    for n in 0..1_000 {
        address.push_str(&format!("filter.brand=B{n}&"));
    }
    assert_eq!(shop.get(&address).status, 414);
    let address = &address[..16_000];
    assert_eq!(shop.get(address).status, 200);
    let short = format!("/collections/mugs?{}", "filter.f.x=1&".repeat(1_000));
    assert!(shop.html(&short).contains("30 products"));
    let pairs: Vec<_> = (0..1_000).map(|n| ("filter.f.glaze".to_owned(), format!("Matt{n}"))).collect();
    assert_eq!(ListQuery::parse(&pairs, shop.snapshot()).facets.len(), 16);
}

#[test]
fn deep_pages_end_at_the_last_and_no_further_than_two_hundred() {
    let shop = Browser::new();
    shop.get("/");
    let snapshot = shop.snapshot();
    let many: Vec<CardNo> = snapshot.all().iter().copied().cycle().take(24 * 200 + 30).collect();
    let page = |page: &str| {
        let query = ListQuery::parse(&[("page".into(), page.into())], snapshot);
        list(snapshot, snapshot.default_locale(), &query, &many, &Featured::AsItIs)
    };
    let deep = page("4000000");
    assert_eq!((deep.page, deep.pages, deep.cards.len(), deep.beyond()), (200, 200, 24, 30));
    assert_eq!((page("-1").page, page("0").page, page("1e9").page), (1, 1, 1));
}

#[test]
fn best_selling_is_an_order_only_where_something_was_sold() {
    let shop = Browser::new();
    let page = shop.html("/collections/mugs?sort_by=best-selling");
    assert!(page.contains("value=\"best-selling\" selected"));
    let at = |title: &str| page.find(&format!(">{title}<")).unwrap();
    assert!(at("Mug No 27") < at("Mug No 20") && at("Mug No 6") < at("Mug No 26"));
}

#[test]
fn a_page_has_a_field_for_every_kind_of_facet_and_says_what_is_on() {
    let shop = Browser::new();
    let page = shop.html("/zh/collections/mugs?filter.f.material=粗陶&filter.f.height.lte=30&filter.f.dishwasher=1");
    for part in [
        "name=\"filter.f.material\" value=\"Stoneware\" checked",
        "name=\"filter.f.height.lte\"",
        "name=\"filter.f.dishwasher\" value=\"1\" checked",
        "name=\"filter.o.colour\" value=\"Sand\"",
        "fill=\"#c2a27c\"",
        "移除筛选：粗陶",
        "移除筛选：高 30 cm 及以下",
        "/zh/collections/espresso?filter.f.dishwasher=1",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    // A category below has its own page: that one stands for it.
    let page = shop.html("/collections/table?filter.category=espresso");
    assert!(page.contains("rel=\"canonical\" href=\"https://shop.example/collections/espresso\""));
    assert!(page.contains("6 products"));
}

#[test]
fn a_search_that_found_nothing_shows_a_way_on_and_a_correction_can_be_undone() {
    let shop = Browser::new();
    let near = shop.html("/search?q=gardenn&exact=1");
    assert!(
        near.contains("We found nothing")
            && near.contains("<li><a href=\"/collections/garden\">Garden</a></li></ul><p><a class=\"more\"")
    );
    let page = shop.html("/search?q=zzzzqqqq");
    assert!(page.contains("What others buy") && page.contains("/products/mug-no-6"));
    let corrected = shop.html("/search?q=potery");
    assert!(corrected.contains("href=\"/search?q=potery&amp;exact=1\""), "{corrected}");
    let exact = shop.html("/search?q=potery&exact=1");
    assert!(exact.contains("We found nothing") && exact.contains("href=\"/search?q=potery\""));
}

#[test]
fn suggestions_are_queries_categories_brands_and_products() {
    let shop = Browser::new();
    let list = shop.html("/search/suggest?q=m");
    assert!(list.contains("role=\"listbox\"") && list.contains("/search?q=mug"), "{list}");
    assert!(list.contains("href=\"/collections/mugs\"") && list.contains("aria-label=\"Products\""));
    assert!(shop.html("/search/suggest?q=aul").contains("filter.brand=Aule"));
    assert!(!shop.html("/search/suggest?q=zzzzqqqq").contains("role=\"option\""));
}
