//! Importing into a real table: what lands, what is refused and why, and that nothing is done twice.

use crate::shop::shop;
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use stoa_domain::collection::{Collection, Condition, Members, Rule};
use stoa_domain::{CollectionId, Handle, Locale, Localized};
use stoa_merchant::catalog::{Mapping, Options};
use stoa_storage::Expected;
use stoa_storage::testing::en;

const OLDER: &str = "\
Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams,\
Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At Price,\
Variant Requires Shipping,Variant Taxable,Image Src,Image Position,Image Alt Text,Variant Image
mug,Mug,<p onclick=x>Stone<script>alert(1)</script></p>,Clay & Co,Cups,\"kitchen, blue\",true,Colour,Sand,MUG-S,300,shopify,4,deny,12.50,15,true,true,https://a.example/1.jpg,2,A mug,
mug,,,,,,,,Ink,MUG-I,300,shopify,-2,continue,12.50,,true,true,https://a.example/2.jpg,1,,https://a.example/1.jpg
mug,,,,,,,,,,,,,,,,,,https://a.example/3.jpg,3,,
tee,Tee,,,,,false,Title,Default Title,,0,,1,deny,20,,true,true,,,,
";

#[tokio::test]
async fn the_older_dialect_becomes_products_with_variants_images_and_stock() {
    let shop = shop().await;
    let (summary, heard) = shop.import(OLDER.as_bytes()).await;
    assert_eq!(heard.rules(), Vec::<String>::new());
    assert_eq!((summary.created, summary.stock_set, summary.format.as_str()), (2, 3, "Shopify CSV, older"));
    let mug = shop.product("mug").await;
    assert_eq!(mug.description_html.exact(&en()), Some("<p>Stone</p>"));
    assert_eq!(mug.tags, ["kitchen", "blue"]);
    let sources: Vec<_> = mug.images.iter().map(|i| i.source.as_deref().unwrap()).collect();
    assert_eq!(sources, ["https://a.example/2.jpg", "https://a.example/1.jpg", "https://a.example/3.jpg"]);
    assert_eq!((mug.variants[0].price.minor, mug.variants[0].compare_at.unwrap().minor), (1_250, 1_500));
    assert_eq!((mug.variants[1].image, mug.variants[1].backorder), (Some(1), true));
    assert_eq!((shop.on_hand("MUG-S").await, shop.on_hand("MUG-I").await), (Some(4), Some(0)));
    let tee = shop.product("tee").await;
    assert!(tee.options.is_empty() && tee.variants[0].sku.as_str() == "tee" && !tee.variants[0].track_stock);
    assert_eq!(tee.status, stoa_domain::product::ProductStatus::Draft);
}

#[tokio::test]
async fn the_current_dialect_needs_only_a_title_and_a_price() {
    let shop = shop().await;
    let (summary, _) = shop.import("\u{feff}Title,Price,Product category\n青花 杯,88,Home > Table\n".as_bytes()).await;
    assert_eq!((summary.created, summary.categories_created), (1, 2));
    let cup = shop.product("青花-杯").await;
    let categories = shop.store.shop().categories().await.unwrap();
    let table = categories.iter().find(|c| Some(&c.value.id) == cup.category.as_ref()).unwrap();
    assert_eq!(table.value.handle.as_str(), "table");
    let (again, _) = shop.import("Title,Price,Product category\n青花 杯,88,Home > Table\n".as_bytes()).await;
    assert_eq!((again.created, again.updated, again.unchanged, again.categories_created), (0, 0, 1, 0));
}

#[tokio::test]
async fn a_bad_row_refuses_its_product_and_says_where_and_why() {
    for (csv, expected) in [
        ("Handle,Title,Variant Price\na,A,x\n", "2 Variant Price not_an_amount"),
        ("Handle,Title,Variant Price\na,A,-1\n", "2 Variant Price negative_amount"),
        ("Handle,Title,Variant Price\na,A,\n", "2 Variant Price price_required"),
        ("Handle,Title,Variant Price\na,A,1.234\n", "2 Variant Price not_an_amount"),
        ("Handle,Title,Variant Price\nA b,A,1\n", "2 Handle invalid_handle"),
        ("Handle,Title,Variant Price\na,,1\n", "2 Title title_required"),
        ("Handle,Title,Variant Price\n,,1\n", "2 Title title_or_handle_required"),
        ("Handle,Title,Variant Price\na,A\n", "2 Variant Price wrong_cell_count"),
        ("URL handle,Title,Price,Inventory quantity\na,A,1,many\n", "2 Inventory quantity not_a_whole_number"),
        ("URL handle,Title,Price,Status\na,A,1,gone\n", "2 Status invalid_status"),
        ("URL handle,Title,Price,Charge tax\na,A,1,maybe\n", "2 Charge tax not_a_flag"),
        ("URL handle,Title,Price,SKU\na,A,1,S\nb,B,1,S\n", "3 SKU duplicate_sku"),
        (
            "Handle,Title,Option1 Name,Option1 Value,Variant Price\na,A,Size,S,1\na,,,S,1\n",
            "3 Option1 Value repeated_variant",
        ),
        ("Handle,Title,Option1 Name,Option1 Value,Variant Price\na,A,,S,1\n", "2 Option1 Name option_name_required"),
        ("Handle,Title,Variant Price\na,A,1\nb,B,1\na,A,1\n", "4 Handle repeated_product"),
        ("Handle,Title,Variant Price\na,A\u{0}B,1\n", "2 Title control_character"),
    ] {
        let shop = shop().await;
        let (summary, heard) = shop.import(csv.as_bytes()).await;
        assert_eq!(heard.rules(), [expected], "{csv}");
        assert_eq!(summary.refused, 1, "{csv}");
    }
}

#[tokio::test]
async fn good_products_land_beside_bad_ones_and_a_half_bad_product_does_not() {
    let shop = shop().await;
    let csv =
        "Handle,Title,Option1 Name,Option1 Value,Variant Price\ngood,Good,,,5\nhalf,Half,Size,S,5\nhalf,,,M,five\n";
    let (summary, heard) = shop.import(csv.as_bytes()).await;
    assert_eq!((summary.created, summary.refused), (1, 1));
    assert_eq!(heard.rules(), ["4 Variant Price not_an_amount"]);
    assert!(shop.store.products().by_handle(&stoa_domain::Handle::new("half").unwrap()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_blank_cell_clears_and_an_absent_column_keeps() {
    let shop = shop().await;
    shop.import(OLDER.as_bytes()).await;
    let before = shop.product("tee").await;
    let (summary, heard) = shop.import(b"Handle,Title,Vendor\nmug,Mug,\n").await;
    assert_eq!((summary.updated, heard.changes[0].fields.as_slice()), (1, &["brand"][..]));
    let mug = shop.product("mug").await;
    assert_eq!((mug.brand, mug.variants.len(), mug.tags.len()), (None, 2, 2));
    assert_eq!(shop.product("tee").await, before);
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_writes_nothing() {
    let shop = shop().await;
    let dry = || Options { dry_run: true, ..Default::default() };
    let (said, heard) = shop.try_import(OLDER.as_bytes(), dry()).await;
    let (done, _) = shop.import(OLDER.as_bytes()).await;
    let said = said.unwrap();
    assert_eq!((said.created, said.stock_set, heard.changes.len()), (done.created, done.stock_set, 2));
    let (again, heard) = shop.try_import(OLDER.as_bytes(), dry()).await;
    assert_eq!((again.unwrap().unchanged, heard.changes.len()), (2, 0));
}

#[tokio::test]
async fn running_twice_changes_nothing_and_importing_ones_own_export_is_a_no_op() {
    let shop = shop().await;
    shop.import(OLDER.as_bytes()).await;
    shop.import(RICH.as_bytes()).await;
    for file in [OLDER.as_bytes().to_vec(), RICH.as_bytes().to_vec(), shop.export().await] {
        let (summary, heard) = shop.import(&file).await;
        assert_eq!(heard.rules(), Vec::<String>::new());
        assert_eq!((summary.created, summary.updated, summary.stock_set), (0, 0, 0), "{:?}", heard.changes);
        assert_eq!(summary.collections_changed, 0);
    }
}

#[tokio::test]
async fn a_picture_that_a_product_names_twice_is_kept_once() {
    let shop = shop().await;
    let twice = r#"{"handle":"mug","title":"Mug","variants":[{"price":"9"}],
        "images":[{"source":"a.jpg","alt":"front"},{"source":"b.jpg"},{"source":"a.jpg","alt":"again"}]}"#;
    shop.import(twice.replace('\n', "").as_bytes()).await;
    let mug = shop.product("mug").await;
    let sources: Vec<_> = mug.images.iter().map(|i| (i.source.as_deref().unwrap(), i.alt.exact(&en()))).collect();
    assert_eq!(sources, [("a.jpg", Some("front")), ("b.jpg", None)]);
    let (summary, heard) = shop.import(&shop.export().await).await;
    assert_eq!((summary.unchanged, heard.changes.len()), (1, 0), "{:?}", heard.changes);
}

#[tokio::test]
async fn an_export_carries_everything_into_an_empty_shop() {
    let (from, to) = (shop().await, shop().await);
    from.import(RICH.as_bytes()).await;
    to.import(&from.export().await).await;
    let (a, b) = (from.product("lamp").await, to.product("lamp").await);
    assert_eq!((&a.title, &a.attributes, &a.options), (&b.title, &b.attributes, &b.options));
    assert_eq!((&a.variants, &a.images, &a.tags, &a.id), (&b.variants, &b.images, &b.tags, &b.id));
    assert_eq!(a.title.exact(&Locale::new("zh-CN").unwrap()), Some("台灯"));
    assert_eq!(to.on_hand("LAMP-S").await, Some(3));
    let collections = to.store.shop().collections().await.unwrap();
    let (title, members) = (&collections[0].value.title, &collections[0].value.members);
    assert_eq!((title.exact(&en()), members), (Some("Favourites"), &Members::Manual(vec![a.id])));
}

#[tokio::test]
async fn a_collection_whose_title_leads_elsewhere_is_exported_by_its_handle() {
    let shop = shop().await;
    shop.import(RICH.as_bytes()).await;
    let lamp = shop.product("lamp").await;
    let rule = Members::Rule(Rule { all: true, conditions: vec![Condition::InStock] });
    // One is called as the other's handle, one has a title without letters.
    for (id, handle, title, members) in [
        ("c1", "gifts", "Favourites", Members::Manual(vec![lamp.id.clone()])),
        ("c2", "stars", "★★★", Members::Manual(vec![lamp.id.clone()])),
        ("c3", "in-stock", "In stock", rule),
    ] {
        let collection = Collection {
            id: CollectionId::new(id).unwrap(),
            handle: Handle::new(handle).unwrap(),
            title: Localized::new(en(), title),
            description_html: Localized::default(),
            members,
            position: 0,
        };
        shop.store.shop().put_collection(&collection, Expected::Absent).await.unwrap();
    }
    let export = shop.export().await;
    let (summary, heard) = shop.import(&export).await;
    assert_eq!((heard.rules(), summary.unchanged, summary.collections_changed), (Vec::new(), 1, 0));
    assert_eq!(shop.store.shop().collections().await.unwrap().len(), 4, "nothing was made by the names");
}

const RICH: &str = r##"{"id":"p-lamp","handle":"lamp","title":{"en":"Lamp","zh-CN":"台灯"},"description_html":{"en":"<p>A lamp</p>","zh-CN":"<p>灯</p>"},"tags":["a, b","=c"],"category":[{"en":"Home","zh-CN":"家"},"Light"],"attributes":[{"name":"material","value":{"en":"Brass","zh-CN":"黄铜"}},{"name":"watts","value":7.5,"unit":"W"},{"name":"dimmable","value":true}],"options":[{"name":{"en":"Colour","zh-CN":"颜色"},"values":[{"name":{"en":"Sand","zh-CN":"沙色"},"swatch":"#c2a27c"},{"name":"Ink"}]}],"variants":[{"sku":"LAMP-S","options":["Sand"],"price":"199.00","compare_at":"250","stock":3,"image":"https://x.example/l.jpg"},{"sku":"LAMP-I","options":["Ink"],"price":199,"track_stock":false}],"images":[{"source":"https://x.example/l.jpg","alt":{"en":"Lamp","zh-CN":"灯"}}],"collections":["Favourites"]}
"##;

#[tokio::test]
async fn json_lines_carry_translations_attributes_and_collections() {
    let shop = shop().await;
    let (summary, heard) = shop.import(RICH.as_bytes()).await;
    assert_eq!((summary.created, summary.collections_changed, heard.rules().len()), (1, 1, 0));
    let collections = shop.store.shop().collections().await.unwrap();
    assert_eq!(collections[0].value.handle.as_str(), "favourites");
    let bad =
        "{\"title\":\"x\",\"prise\":1}\n[1]\n{\"title\":\"B\",\"variants\":[{\"price\":1,\"weight_grams\":-1}]}\n";
    let (_, heard) = shop.import(bad.as_bytes()).await;
    assert!(heard.errors.iter().all(|e| e.code == "invalid_record") && heard.errors.len() == 3, "{heard:?}");
}

#[tokio::test]
async fn a_killed_import_goes_on_where_it_was() {
    let shop = shop().await;
    let line = |i: usize| format!("{{\"id\":\"p{i}\",\"title\":\"Product {i}\",\"variants\":[{{\"price\":1}}]}}\n");
    let file: String = (0..3_000).map(line).collect();
    let options = || Options { digest: Some("d".repeat(64)), ..Default::default() };
    let store = shop.store.clone();
    let bytes = file.clone().into_bytes();
    let first = tokio::spawn(async move {
        stoa_merchant::catalog::import(&store, std::io::Cursor::new(bytes), options(), &mut ()).await
    });
    let deadline = Instant::now() + Duration::from_secs(60);
    while shop.store.imports().get(&"d".repeat(64)).await.unwrap().is_none() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    first.abort();
    let _ = first.await;
    // Unlike a killed process, an aborted task leaves the batches it had spawned running for a moment.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (summary, heard) = shop.try_import(file.as_bytes(), options()).await;
    let summary = summary.unwrap();
    assert!(summary.resumed_after >= 1_000, "{summary:?}");
    assert_eq!((summary.read, heard.errors.len()), (3_000, 0));
    let (again, _) = shop.import(file.as_bytes()).await;
    assert_eq!((again.unchanged, again.created, again.updated), (3_000, 0, 0));
}

#[tokio::test]
async fn products_of_one_title_get_handles_of_their_own() {
    let shop = shop().await;
    let line =
        |id: &str| format!("{{\"id\":\"{id}\",\"title\":\"Desk\",\"variants\":[{{\"sku\":\"{id}\",\"price\":1}}]}}\n");
    let (summary, heard) = shop.import((line("p1") + &line("p2")).as_bytes()).await;
    assert_eq!((summary.created, heard.rules().len()), (2, 0), "{heard:?}");
    assert_eq!(shop.product("desk-p2").await.id.as_str(), "p2");
    let (again, _) = shop.import((line("p1") + &line("p2")).as_bytes()).await;
    assert_eq!(again.unchanged, 2);
}

#[tokio::test]
async fn hostile_files_are_refused_in_bounded_time() {
    let shop = shop().await;
    let long_line = [b"Handle,Title,Variant Price\na,\"".to_vec(), vec![b'x'; 10 << 20]].concat();
    let wide = vec!["c"; 100_000].join(",").into_bytes();
    let utf16: Vec<u8> = "Handle,Title\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(b"Handle,Title\n\"").unwrap();
    std::io::copy(&mut std::io::repeat(b'a').take(64 << 20), &mut bomb).unwrap();
    for (name, file, code) in [
        ("a 10 MB cell", long_line, "row_too_long"),
        ("100,000 columns", wide, "too_many_columns"),
        ("UTF-16", utf16, "not_utf8"),
        ("a zip bomb", bomb.finish().unwrap(), "row_too_long"),
        ("nothing", vec![], "empty_file"),
        ("no columns we know", b"a,b\n1,2\n".to_vec(), "missing_columns"),
        ("a torn gzip", vec![0x1f, 0x8b, 8, 0, 1], "unreadable"),
    ] {
        let started = Instant::now();
        let (refused, _) = shop.try_import(&file, Options::default()).await;
        assert_eq!(refused.unwrap_err().code(), code, "{name}");
        assert!(started.elapsed() < Duration::from_secs(5), "{name} took {:?}", started.elapsed());
    }
    let (_, heard) = shop.import(b"Handle,Title,Variant Price\na,\xc4\xe3\xba\xc3,1\nb,Fine,1\n").await;
    assert_eq!(heard.rules(), ["2 Title not_utf8"]);
    let long = [
        b"{\"title\":\"".to_vec(),
        vec![b'x'; 10 << 20],
        b"\"}\n{\"title\":\"Ok\",\"variants\":[{\"price\":1}]}\n".to_vec(),
    ]
    .concat();
    let (summary, heard) = shop.import(&long).await;
    assert_eq!((summary.created, heard.errors[0].code.as_str()), (1, "row_too_long"));
}

/// The files that stand beside a checkout where they are; elsewhere the tests above are enough.
fn data(name: &str) -> Option<Vec<u8>> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/catalog").join(name)).ok()
}

#[tokio::test]
async fn real_exports_of_shops_come_in_and_go_out_unchanged() {
    for name in ["apparel", "home-and-garden", "jewelery"] {
        let Some(csv) = data(&format!("shopify-csv/{name}.csv")) else { return };
        let shop = shop().await;
        let (summary, heard) = shop.import(&csv).await;
        assert_eq!(heard.rules(), Vec::<String>::new(), "{name}");
        assert!(summary.created > 10, "{name}: {summary:?}");
        for file in [csv, shop.export().await] {
            let (again, heard) = shop.import(&file).await;
            assert_eq!((again.created, again.updated, again.stock_set), (0, 0, 0), "{name}: {:?}", heard.changes);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nineteen_thousand_products_land_and_a_second_run_changes_nothing() {
    let Some(file) = data("icecat-19406.jsonl.gz") else { return };
    let shop = shop().await;
    let options = || Options { mapping: Mapping::built_in("icecat"), ..Default::default() };
    let started = Instant::now();
    let (summary, heard) = shop.try_import(&file, options()).await;
    let took = started.elapsed();
    assert_eq!(heard.rules(), Vec::<String>::new());
    assert_eq!(summary.unwrap().created, 19_406);
    let started = Instant::now();
    let (again, _) = shop.try_import(&file, options()).await;
    eprintln!("19,406 products: first {took:?}, again {:?}", started.elapsed());
    assert_eq!(again.unwrap().unchanged, 19_406);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn no_bytes_panic(bytes: Vec<u8>, text in "(Handle|Title|Variant Price|,|\"|\n|a|1|\\PC){0,80}") {
        for file in [bytes, [b"Handle,Title,Variant Price,Option1 Name,Option1 Value\n", text.as_bytes()].concat(), [b"{", text.as_bytes()].concat()] {
            stoa_merchant::catalog::read_all(std::io::Cursor::new(file));
        }
    }
}
