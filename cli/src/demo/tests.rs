#![allow(clippy::unwrap_used)]

use super::{catalogue, drawings, paint::Colour, promotions, reviews, scene, seed, shop};
use resvg::usvg;
use std::collections::{HashMap, HashSet};
use std::io::Cursor;
use stoa_domain::product::AttributeValue;
use stoa_domain::promotion::PromotionSet;
use stoa_domain::{CategoryId, Localized};
use stoa_merchant::catalog::{Observer, Options, ProductChange, RowError, import};

fn spoken_in_both(text: &Localized) -> bool {
    let [en, zh] = catalogue::locales().unwrap();
    let han = |t: &str| t.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c) || c.is_ascii_digit());
    text.exact(&en).is_some_and(|t| !t.trim().is_empty()) && text.exact(&zh).is_some_and(han)
}

#[test]
fn every_product_is_whole_and_speaks_both_languages() {
    let catalogue = catalogue::load().unwrap();
    let (mut handles, mut skus) = (HashSet::new(), HashSet::new());
    assert!(catalogue.products.len() >= 115, "{} products", catalogue.products.len());
    for p in &catalogue.products {
        let at = p.handle.as_str();
        assert!(handles.insert(p.handle.clone()), "{at} twice");
        assert!(p.options.len() <= 3 && !p.variants.is_empty() && !p.images.is_empty(), "{at}");
        for text in
            [&p.title, &p.description_html, &p.seo_description].into_iter().chain(p.images.iter().map(|i| &i.alt))
        {
            assert!(spoken_in_both(text), "{at}: {text:?}");
        }
        for attribute in &p.attributes {
            assert!(spoken_in_both(&attribute.label), "{at}: {}", attribute.name);
            if let AttributeValue::Text(text) = &attribute.value {
                assert!(spoken_in_both(text), "{at}: {text:?}");
            }
        }
        for v in &p.variants {
            assert!(skus.insert(v.sku.clone()), "{} twice", v.sku);
            assert!(v.price.minor > 0 && v.cost.unwrap().minor < v.price.minor, "{at}");
            assert!(v.compare_at.is_none_or(|was| was.minor > v.price.minor), "{at}");
            assert_eq!(v.option_values.len(), p.options.len(), "{at}");
            assert!(v.option_values.iter().zip(&p.options).all(|(i, o)| usize::from(*i) < o.values.len()), "{at}");
            assert!(usize::from(v.image.unwrap()) < p.images.len(), "{at}");
        }
    }
    assert_eq!(skus.len(), catalogue.stock.len());
}

#[test]
fn promotions_are_valid_speak_both_languages_and_are_about_what_the_shop_sells() {
    let file = promotions::load().unwrap();
    let (catalogue, furnishing) = (catalogue::load().unwrap(), shop::load().unwrap());
    let now = jiff::Timestamp::now();
    for promotion in &file.promotions {
        stoa_merchant::promotions::check(promotion).unwrap();
        assert!(spoken_in_both(&promotion.title) && spoken_in_both(&promotion.reason), "{}", promotion.id);
    }
    assert!(file.codes.iter().all(|code| file.promotions.iter().any(|promotion| promotion.id == code.promotion)));
    let text = serde_json::to_string(&file.promotions).unwrap();
    let (set, faults) = PromotionSet::of_stored(file.promotions);
    assert!(faults.is_empty());
    let needs = set.needs(now);
    assert!(
        needs.gifts.len() == 2 && needs.gifts.iter().all(|sku| catalogue.stock.iter().any(|(s, n)| s == sku && *n > 0))
    );
    assert!(text.contains("cat_bath"));
    assert!(furnishing.categories.iter().any(|category| category.id.as_str() == "cat_bath"));
}

#[test]
fn the_tree_has_three_levels_and_every_leaf_sells_something() {
    let furnishing = shop::load().unwrap();
    let parents: HashMap<_, _> = furnishing.categories.iter().map(|c| (&c.id, c.parent.as_ref())).collect();
    let depth = |id: &CategoryId| std::iter::successors(Some(id), |id| parents[id]).count();
    let used: HashSet<_> = catalogue::load().unwrap().products.into_iter().filter_map(|p| p.category).collect();
    let inner: HashSet<_> = parents.values().flatten().copied().collect();
    assert!(used.iter().all(|id| parents.contains_key(id) && depth(id) == 3), "products hang on leaves");
    let bare: Vec<_> = parents.keys().filter(|id| !inner.contains(**id) && !used.contains(**id)).collect();
    assert!(bare.is_empty(), "{bare:?}");
    let spoken = furnishing.categories.iter().map(|c| &c.name).chain(furnishing.pages.iter().map(|p| &p.body_html));
    assert!(spoken.chain(furnishing.collections.iter().map(|c| &c.title)).all(spoken_in_both));
}

#[test]
fn collections_and_menus_lead_somewhere() {
    let furnishing = shop::load().unwrap();
    let products: HashSet<_> = catalogue::load().unwrap().products.into_iter().map(|p| p.id).collect();
    for collection in &furnishing.collections {
        if let stoa_domain::collection::Members::Manual(ids) = &collection.members {
            let missing: Vec<_> = ids.iter().filter(|id| !products.contains(id)).collect();
            assert!(missing.is_empty(), "{}: {missing:?}", collection.handle);
        }
    }
    let mut paths: HashSet<String> = HashSet::from(["/collections".to_owned()]);
    paths.extend(furnishing.categories.iter().map(|c| format!("/collections/{}", c.handle)));
    paths.extend(furnishing.collections.iter().map(|c| format!("/collections/{}", c.handle)));
    paths.extend(furnishing.pages.iter().map(|p| match p.kind {
        stoa_domain::shop::PageKind::Page => format!("/pages/{}", p.handle),
        stoa_domain::shop::PageKind::Policy => format!("/policies/{}", p.handle),
    }));
    for link in furnishing.shop.main_menu.iter().chain(&furnishing.shop.footer_menu) {
        assert!(paths.contains(&link.path), "{}", link.path);
    }
}

#[test]
fn every_drawing_parses_and_covers_its_picture() {
    for kind in drawings::KINDS {
        for view in [scene::View::Mat, scene::View::Niche, scene::View::Detail] {
            let look = drawings::Look {
                colour: Colour(160, 90, 70),
                accent: Colour(230, 220, 200),
                wood: Colour(178, 132, 88),
                metal: Colour(176, 146, 92),
                pattern: drawings::Pattern::Stripe,
                tall: 1.0,
                wide: 1.0,
                seed: 3,
            };
            let svg = scene::picture(kind, &look, view);
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{}", kind.name);
            let tree = usvg::Tree::from_str(&svg, &usvg::Options::default()).unwrap();
            assert!(tree.root().children().len() > 3, "{}", kind.name);
        }
    }
    let used: HashSet<_> = catalogue::load().unwrap().pictures.iter().map(|p| p.kind.name).collect();
    let idle: Vec<_> = drawings::KINDS.iter().map(|k| k.name).filter(|name| !used.contains(name)).collect();
    assert!(idle.is_empty(), "drawn for nothing: {idle:?}");
}

#[test]
fn a_picture_becomes_a_png_of_its_size() {
    let catalogue = catalogue::load().unwrap();
    let p = &catalogue.pictures[0];
    let png = seed::png(&scene::picture(p.kind, &p.look, p.view)).unwrap();
    assert_eq!(image::load_from_memory(&png).map(|i| (i.width(), i.height())).unwrap(), (960, 1200));
}

#[tokio::test]
async fn its_reviews_are_of_what_it_sells_and_a_parcel_is_on_its_way() {
    let shop = stoa_storage::testing::LocalStore::start().await;
    let mut catalogue = catalogue::load().unwrap();
    catalogue.pictures.clear();
    seed::fill(&shop.store, catalogue).await.unwrap();
    for _ in 0..2 {
        reviews::seed(&shop.store).await.unwrap();
        let written = reviews::load().unwrap().review;
        let counts = shop.store.reviews().counts(100).await.unwrap();
        assert_eq!((counts[0] + counts[1]) as usize, written.len());
        let rated = shop.store.reviews().of_all().await.unwrap();
        let mug = &rated[&stoa_domain::ProductId::new("prod_harbour-mug").unwrap()];
        assert_eq!(mug.rating.stars, [0, 0, 1, 1, 2]);
        assert_eq!(shop.store.orders().parcels_to_ask(jiff::Timestamp::now(), 10).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn its_export_changes_nothing_when_it_is_imported_again() {
    let shop = stoa_storage::testing::LocalStore::start().await;
    let mut catalogue = catalogue::load().unwrap();
    for picture in std::mem::take(&mut catalogue.pictures) {
        let svg = scene::picture(picture.kind, &picture.look, picture.view);
        catalogue.products[picture.product].images[picture.image].media = Some(seed::named(&svg).unwrap());
    }
    let products = u64::try_from(catalogue.products.len()).unwrap();
    seed::fill(&shop.store, catalogue).await.unwrap();
    let mut csv = Vec::new();
    stoa_merchant::catalog::export(&shop.store, &mut csv, |_| {}).await.unwrap();
    let mut heard = Heard::default();
    let summary = import(&shop.store, Cursor::new(csv), Options::default(), &mut heard).await.unwrap();
    assert_eq!(heard.0, Vec::<String>::new());
    assert_eq!((summary.unchanged, summary.stock_set, summary.collections_changed), (products, 0, 0));
}

/// What an import changed or refused.
#[derive(Default)]
struct Heard(Vec<String>);

impl Observer for Heard {
    fn change(&mut self, change: &ProductChange) {
        self.0.push(format!("{}: {:?}", change.handle, change.fields));
    }
    fn refused(&mut self, error: &RowError) {
        self.0.push(format!("{error:?}"));
    }
}
