//! Measures what each access pattern costs and holds docs/access-patterns.md against it.
//! `STOA_WRITE_DOCS=1` writes the measured table into the document.

use crate::customers::{application, customer};
use crate::plugins::{plugin_run, plugin_version};
use crate::shop::{now, order, product, product_id, shop, sku};
use jiff::ToSpan;
use stoa_domain::cart::Cart;
use stoa_domain::checkout::CheckoutSettings;
use stoa_domain::insight::{Counts, Day, Entry, NAMED_FROM, Words};
use stoa_domain::order::{
    Act, Decision, InvoiceKind, InvoiceRequest, InvoiceState, Order, OrderState, Parcel, RefundId, RefundRequest,
    RefundState, TrackingEvent, TrackingState,
};
use stoa_domain::payment::PaymentState;
use stoa_domain::plugin::{Action, Event, Tally};
use stoa_domain::review::{Review, ReviewState, ReviewText, Stars};
use stoa_domain::search::SearchSettings;
use stoa_domain::{CartId, Locale, PromotionId};
use stoa_storage::testing::{promotion, promotion_code};
use stoa_storage::*;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/access-patterns.md");
const BEGIN: &str = "<!-- measured: begin -->\n";
const END: &str = "<!-- measured: end -->";

struct Table {
    meter: meter::Meter,
    rows: Vec<String>,
}

impl Table {
    /// Adds the units used since the last row.
    fn row(&mut self, pattern: &str, key: &str, index: &str, consistency: &str) {
        let units = self.meter.take();
        self.rows.push(format!(
            "| {pattern} | {key} | {index} | {consistency} | {} | {} | {} |",
            units.requests, units.read, units.write
        ));
    }
    fn skip(&self) {
        self.meter.take();
    }
}

#[tokio::test]
async fn the_documents_figures_are_the_measured_ones() {
    let servers = shop().await;
    let (store, meter) = Store::metered(servers.store.config()).await;
    let mut table = Table { meter, rows: Vec::new() };
    products(&store, &mut table).await;
    carts_and_orders(&store, &mut table).await;
    promotions(&store, &mut table).await;
    staff(&store, &mut table).await;
    crm(&store, &mut table).await;
    insight(&store, &mut table).await;
    accounts(&store, &mut table).await;
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    let (head, rest) = document.split_once(BEGIN).unwrap();
    let (written, tail) = rest.split_once(END).unwrap();
    let measured = format!(
        "| pattern | key | index | consistency | requests | read units | write units |\n\
         | --- | --- | --- | --- | --: | --: | --: |\n{}\n",
        table.rows.join("\n")
    );
    if std::env::var_os("STOA_WRITE_DOCS").is_some() {
        std::fs::write(DOCUMENT, format!("{head}{BEGIN}{measured}{END}{tail}")).unwrap();
        return;
    }
    assert_eq!(written, measured, "run the test with STOA_WRITE_DOCS=1 and read the difference");
}

async fn products(store: &Store, table: &mut Table) {
    let products = store.products();
    let mug = product("mug", &["MUG-S", "MUG-L"]);
    let revision = products.put(&mug, Expected::Absent).await.unwrap();
    table.row("create a product of 2 variants", "product, handle, 2 SKU claims", "", "transaction");
    products.put(&mug, Expected::Revision(revision)).await.unwrap();
    table.row("change its price or text", "`PRODUCTS#{n}`, id", "", "transaction, conditional");
    products.get(&mug.id).await.unwrap().unwrap();
    table.row("a product by id", "`PRODUCTS#{n}`, id", "", "strong");
    products.by_handle(&mug.handle).await.unwrap().unwrap();
    table.row("a product by handle", "`HANDLE#{handle}`, then the product", "", "eventual");
    let put = |n: usize| PutProduct {
        product: product(&format!("p{n}"), &[&format!("SKU-{n}")]),
        expected: Expected::Absent,
    };
    assert!(products.put_many((0..100).map(put).collect()).await.iter().all(Result::is_ok));
    table.row("import 100 new products", "product, handle, SKU claim, each", "", "transactions of up to 100 writes");
    let skus: Vec<_> = (0..3).map(|n| sku(&format!("SKU-{n}"))).collect();
    assert_eq!(products.by_skus(&skus).await.unwrap().len(), 3);
    table.row("the products of a cart's 3 SKUs", "`SKU#{sku}`, then the products", "", "eventual");
    assert_eq!(products.page(None, 1_000).await.unwrap().items.len(), 101);
    table.row("list 101 products (export, rebuild)", "the 16 `PRODUCTS#{n}` partitions", "", "strong");
    let ids: Vec<_> = (0..100).map(|n| product_id(&format!("p{n}"))).collect();
    products.get_many(&ids).await.unwrap();
    table.row("100 products by id (publish)", "`PRODUCTS#{n}`, id", "", "strong");
    products.delete(&mug.id, Expected::Any).await.unwrap();
    table.row("delete a product of 2 variants", "product, handle, 2 SKU claims", "", "read, then transaction");
    store.stock().set(&skus[0], 50).await.unwrap();
    table.row("set stock of a SKU", "`SKU#{sku}`, `STOCK`", "", "one update");
    store.stock().adjust(&skus[0], -1).await.unwrap();
    table.row("adjust stock of a SKU", "`SKU#{sku}`, `STOCK`", "", "transaction, then read");
    store.stock().set_many(&(0..100).map(|n| (sku(&format!("SKU-{n}")), 50)).collect::<Vec<_>>()).await.unwrap();
    table.row("set stock of 100 SKUs", "`SKU#{sku}`, `STOCK`", "", "transaction");
    store.eventual().stock().get_many(&skus).await.unwrap();
    table.row("stock of a cart's 3 SKUs", "`SKU#{sku}`, `STOCK`", "", "eventual");
    store.eventual().products().get_many(&[product_id("p0"), product_id("p1"), product_id("p2")]).await.unwrap();
    table.row("the products of a cart's 3 lines", "`PRODUCTS#{n}`, id", "", "eventual");
}

async fn insight(store: &Store, table: &mut Table) {
    let (insights, today) = (store.insights(), jiff::civil::date(2026, 11, 24));
    let entry = |n: usize, searches| Entry {
        locale: Locale::new("en").unwrap(),
        words: Some(Words::new(&format!("a longer search {n}")).unwrap()),
        counts: Counts { searches, ..Counts::default() },
    };
    let mark = |_: &Locale, words: &Words| hash_of(words.as_str());
    let mut day = Day::default();
    day.add([entry(0, 1)], mark);
    let read = insights.get(today).await.unwrap();
    assert!(read.is_none());
    insights.put(today, &day, Expected::Absent).await.unwrap();
    table.row("count a batch of searches", "`INSIGHT#{year}`, day", "", "strong, then one write, conditional");
    for batch in 0..10 {
        day.add((0..60).map(|n| entry(batch * 60 + n, if n < 20 { NAMED_FROM } else { 1 })), mark);
    }
    insights.put(today, &day, Expected::Revision(Revision::from_u64(1))).await.unwrap();
    table.row("the same with all the words that a day keeps", "`INSIGHT#{year}`, day", "", "one write, conditional");
    let week = insights.between(jiff::civil::date(2026, 11, 18), today).await.unwrap();
    assert_eq!(week, [(today, day)]);
    table.row("a week's searches, of which one day has all", "`INSIGHT#{year}`, day", "", "eventual");
}

/// Stands in for the checkout's keyed number: as many bits, as evenly spread.
fn hash_of(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

async fn promotions(store: &Store, table: &mut Table) {
    let promotions = store.promotions();
    promotions.readable().await.unwrap();
    table.row("the promotions, after one of them changed, where there are none", "`PROMOTIONS`", "", "strong");
    for n in 0..10 {
        promotions.put(&promotion(&format!("p{n}"), ""), Expected::Absent).await.unwrap();
    }
    table.skip();
    promotions.put(&promotion("p0", r#""limits": { "uses": 5 }"#), Expected::Any).await.unwrap();
    table.row("write a promotion", "`PROMOTIONS`, id; `EDITION`", "", "transaction, conditional");
    promotions.readable().await.unwrap();
    table.row("the promotions, after one of them changed, 10", "`PROMOTIONS`", "", "strong");
    promotions.add_codes(&[promotion_code("HELLO", "p0")]).await.unwrap();
    table.row("add a code", "`CODE#{code}`", "`by_state`", "transaction");
    let batch: Vec<_> = (0..100).map(|n| promotion_code(&format!("C{n:02}"), "p1")).collect();
    promotions.add_codes(&batch).await.unwrap();
    table.row("add 100 codes", "`CODE#{code}`, each", "`by_state`", "transaction");
    let limited = PromotionId::new("p0").unwrap();
    promotions.codes(&batch[0].promotion, None, 100).await.unwrap();
    table.row("a page of 100 codes", "`CODES#{promotion}`, then the codes", "`by_state`", "eventual, then strong");
    let customer = customer_key("lin.mei@example.com").unwrap();
    let use_it = Uses {
        promotions: vec![PromotionUse { promotion: limited.clone(), max_uses: Some(5), spent: None }],
        codes: vec![CodeUse { code: "HELLO".to_owned(), max_uses: 5 }],
        customer: Some(CustomerUse { customer: customer.clone(), orders: Some(0), promotions: vec![] }),
    };
    let place = order(store, "promoted", &[], 1).await;
    table.skip();
    store.orders().place(PlaceOrder { uses: use_it, ..place }).await.unwrap();
    table.row(
        "place an order without stock, with a limited promotion and its limited code",
        "order with its payment, cart (deleted), customer, uses of the promotion and the code",
        "`by_state`",
        "one transaction",
    );
    promotions.standing(std::slice::from_ref(&limited), &["HELLO".to_owned()], Some(&customer)).await.unwrap();
    table.row("a limited promotion, a code and a customer as they stand", "the code and 3 `USAGE`", "", "strong");
}

async fn carts_and_orders(store: &Store, table: &mut Table) {
    let mut cart = Cart::new(CartId::new("cart_of_three").unwrap(), Locale::new("en").unwrap(), now());
    for n in 0..3 {
        cart.add(sku(&format!("SKU-{n}")), product_id(&format!("p{n}")), 1, now()).unwrap();
    }
    store.carts().put(&cart, Expected::Absent).await.unwrap();
    table.row("write a cart of 3 lines", "`CART#{id}`", "", "conditional put");
    store.carts().get(&cart.id).await.unwrap().unwrap();
    table.row("read a cart", "`CART#{id}`", "", "strong");
    let place = order(store, "measured", &["SKU-0", "SKU-1", "SKU-2"], 1).await;
    table.skip();
    let key = IdempotencyKey::new("merchant", "measured").unwrap();
    store.idempotency().find(&key, &place.request_hash).await.unwrap();
    table.row("look up an idempotency key", "`IDEMPOTENCY#{scope}#{key}`", "", "strong");
    let customer = customer_key("wang.li@example.com").unwrap();
    let ordered = CustomerUse { customer, orders: None, promotions: vec![] };
    let place = PlaceOrder { uses: Uses { customer: Some(ordered), ..Uses::default() }, ..place };
    store.orders().place(place.clone()).await.unwrap();
    table.row(
        "place an order of 3 lines",
        "order with its payment, cart (deleted), customer, 3 stock",
        "`by_state`",
        "one transaction",
    );
    let mut changed = store.orders().with_payment(&place.order.id).await.unwrap().unwrap();
    table.row("an order with its payment", "`ORDER#{id}`", "", "strong");
    store.payments().glance(&place.payment.id).await.unwrap().unwrap();
    changed.payment.state = PaymentState::Succeeded;
    changed.order.state = OrderState::Paid;
    let callback = RecordCallback { event_id: "evt_1".to_owned(), changed };
    store.payments().record_callback(callback).await.unwrap();
    table.row("record a payment callback", "order with its payment", "`by_state`", "eventual, then conditional put");
    let read = store.orders().get(&place.order.id).await.unwrap().unwrap();
    table.skip();
    let (order, revision) = (read.value, read.revision);
    store.orders().update(UpdateOrder { order, revision, payment: None, stock: StockEffect::Consume }).await.unwrap();
    table.row("ship an order of 3 lines", "order, 3 stock", "`by_state`", "read, then transaction");
    store.orders().overdue(now(), None, 25).await.unwrap();
    table.row("orders past their time, where there are none", "`ORDERS#payment_pending`", "`by_state`", "eventual");
    store.orders().list(Some(OrderState::Paid), None, 20).await.unwrap();
    table.row("orders of one state, a page with 1", "`ORDERS#{state}`, then the orders", "`by_state`", "eventual");
    store.orders().list(None, None, 20).await.unwrap();
    table.row("orders of all states, a page with 1", "9 × `ORDERS#{state}`, then the orders", "`by_state`", "eventual");
    refunds(store, table, &place.order.id).await;
    after_sales(store, table).await;
}

/// A parcel, what its carrier says, an invoice, a review.
async fn after_sales(store: &Store, table: &mut Table) {
    let act = Act { at: now(), by: "tests", why: "" };
    let place = order(store, "2", &["a"], 1).await;
    let id = place.order.id.clone();
    store.stock().set(&sku("a"), 5).await.unwrap();
    store.orders().place(place).await.unwrap();
    let changed = async |change: &dyn Fn(&mut Order)| {
        let read = store.orders().get(&id).await.unwrap().unwrap();
        let (mut order, revision) = (read.value, read.revision);
        change(&mut order);
        let update = UpdateOrder { order: order.clone(), revision, payment: None, stock: StockEffect::Keep };
        store.orders().update(update).await.unwrap();
        order
    };
    changed(&|order| drop(order.transition(OrderState::Paid, act.at, act.by, act.why).unwrap())).await;
    table.skip();
    let parcel = Parcel { lines: None, carrier: "dhl".to_owned(), tracking_number: "JD1".to_owned() };
    changed(&|order| drop(order.ship(&parcel, act).unwrap())).await;
    let key = "order, `PARCEL#{carrier}#{number}`";
    table.row("ship with a tracking number, stock not counted", key, "`by_state`", "read twice, then transaction");
    store.orders().parcels("dhl", "jd1").await.unwrap();
    table.row("whose parcel it is", "`PARCEL#{carrier}#{number}`", "", "strong");
    let event =
        TrackingEvent { at: now(), state: TrackingState::InTransit, place: "Suzhou".into(), said: "arrived".into() };
    changed(&|order| assert!(order.track(1, std::slice::from_ref(&event), act).unwrap())).await;
    table.row("write down what a carrier says", "order", "`by_state`", "read twice, then transaction");
    let due = store.orders().parcels_to_ask(now() + 1.hour(), 100).await.unwrap();
    table.row(
        "parcels whose carrier is to be asked, 1",
        "`PARCELS`, then the parcels",
        "`by_state`",
        "eventual, then strong",
    );
    store.orders().asked_about(&due[0], Some(now() + 2.hours())).await.unwrap();
    table.row("note that it was asked", "`PARCEL#{carrier}#{number}`", "`by_state`", "conditional put");
    let kind = InvoiceKind::Personal;
    let asked =
        InvoiceRequest { kind, title: "Wang Li".into(), tax_number: String::new(), email: "w@example.com".into() };
    changed(&|order| assert!(order.ask_for_invoice(&asked, act).unwrap())).await;
    table.row("ask for an invoice", "order, `INVOICE#{order id}`", "`by_state`", "read twice, then transaction");
    store.orders().with_open_invoice(InvoiceState::Requested, None, 50).await.unwrap();
    table.row(
        "invoices that wait, a page with 1",
        "`INVOICES#{state}`, then the orders",
        "`by_state`",
        "eventual, then strong",
    );
    let order = changed(&|order| assert!(order.deliver_shipment(1, act).unwrap())).await;
    let text =
        ReviewText { stars: Stars::new(5).unwrap(), title: String::new(), text: "Good".into(), name: "Lin".into() };
    let review = Review::write(&order, 0, None, &text, now()).unwrap().unwrap();
    table.skip();
    store.reviews().add(&review).await.unwrap();
    table.row("write a review", "`REVIEW#{id}`", "`by_state`", "transaction, conditional");
    store.reviews().list(ReviewState::Waiting, None, 20).await.unwrap();
    table.row(
        "reviews that wait, a page with 1",
        "`REVIEWS#{state}`, then the reviews",
        "`by_state`",
        "eventual, then strong",
    );
    let read = store.reviews().get(&review.id).await.unwrap().unwrap();
    let mut published = read.value.clone();
    published.decide(ReviewState::Published, act).unwrap();
    table.skip();
    store.reviews().update(&read, &published).await.unwrap();
    let key = "review, `RATINGS#{n}`, `PRODUCT_REVIEWS#{product}`";
    table.row("publish it", key, "`by_state`", "read, then transaction, conditional");
    store.reviews().of_products(std::slice::from_ref(&review.product)).await.unwrap();
    table.row("what is published of a product's reviews", "`RATINGS#{n}`, id", "", "strong");
    store.reviews().of_all().await.unwrap();
    table.row("the same of all products, where one has any", "the 16 `RATINGS#{n}` partitions", "", "strong");
}

async fn refunds(store: &Store, table: &mut Table, id: &stoa_domain::OrderId) {
    let act = Act { at: now(), by: "tests", why: "" };
    let refund = RefundId::new("r1").unwrap();
    let asked = RefundRequest { everything: true, ..RefundRequest::default() };
    let changed = async |change: &dyn Fn(&mut Order)| {
        let read = store.orders().get(id).await.unwrap().unwrap();
        let (mut order, revision) = (read.value, read.revision);
        change(&mut order);
        let update = UpdateOrder { order, revision, payment: None, stock: StockEffect::Keep };
        store.orders().update(update).await.unwrap();
    };
    table.skip();
    changed(&|order| {
        order.refund(&refund, &asked, act).unwrap();
    })
    .await;
    table.row("ask for a refund", "order, `REFUND#{id}`", "`by_state`", "read twice, then transaction");
    store.orders().open_refunds(RefundState::Pending, None, 100).await.unwrap();
    table.row("refunds that wait, a page with 1", "`REFUNDS#{state}`", "`by_state`", "eventual");
    let succeeded = Decision::Succeeded { reference: "re_1".to_owned() };
    changed(&|order| {
        order.decide_refund(&refund, &succeeded, act).unwrap();
    })
    .await;
    table.row("record what became of it", "order, `REFUND#{id}`", "`by_state`", "read twice, then transaction");
    store.orders().counts(100).await.unwrap();
    table.row("how many orders are in each state, up to 100", "9 × `ORDERS#{state}`", "`by_state`", "eventual");
}

async fn staff(store: &Store, table: &mut Table) {
    let token = TokenRecord {
        hash: "a".repeat(64),
        name: "script".to_owned(),
        scopes: vec!["catalog:write".to_owned()],
        created_at: now(),
        expires_at: now() + 24.hours(),
        revoked_at: None,
    };
    store.tokens().put(&token, Expected::Absent).await.unwrap();
    table.row("make or revoke a token", "`TOKENS`, hash", "", "conditional put");
    store.tokens().get(&token.hash).await.unwrap().unwrap();
    table.row("check a token", "`TOKENS`, hash", "", "strong");
    plugins(store, table).await;
    store.shop().all().await.unwrap();
    table.row("settings, categories, collections, pages", "`SHOP`", "", "strong");
    store.shop().put_checkout(&CheckoutSettings::default(), Expected::Absent).await.unwrap();
    table.row("change the checkout's settings", "`SHOP`, `CHECKOUT`; `EDITION`", "", "transaction, conditional");
    let (version, manifest) = (1, "c".repeat(64));
    let head = PublishHead { version, manifest, pinned: false, history: vec![], sweeping_until: None };
    store.publish_head().put(head, Expected::Absent).await.unwrap();
    table.row("move the published head", "`PUBLISH`, `HEAD`", "", "conditional put");
    store.publish_head().get().await.unwrap();
    table.row("the published head", "`PUBLISH`, `HEAD`", "", "strong");
    let search = SearchSettings::default();
    store.search().put_draft(&search, Expected::Absent).await.unwrap();
    table.row("keep a draft of the search settings", "`SEARCH_SETTINGS`, `DRAFT`", "", "conditional put");
    let next = LiveSearch { settings: search, since: now(), by: "tests".to_owned() };
    store.search().make_live(&next, &None).await.unwrap();
    table.row("make it live", "`SEARCH_SETTINGS`, `LIVE`, `FORMER`", "", "transaction, conditional");
    store.search().undo(now(), "tests", None).await.unwrap();
    table.row("make live again what was", "the same", "", "two reads, then transaction, conditional");
    store.search().live().await.unwrap();
    table.row("what is live, when a change of the shop is published", "`SEARCH_SETTINGS`, `LIVE`", "", "strong");
    let progress = ImportProgress {
        digest: "d".repeat(64),
        rows_done: 500,
        rows_total: Some(1_000),
        created: 500,
        changed: 0,
        unchanged: 0,
        refused: 0,
        finished: false,
        started_at: now(),
        updated_at: now(),
    };
    store.imports().put(&progress, Expected::Absent).await.unwrap();
    table.row("note an import's progress", "`IMPORT#{digest}`", "", "conditional put");
}

async fn plugins(store: &Store, table: &mut Table) {
    let plugins = store.plugins();
    let version = plugin_version("spend-and-save", "1.0.0");
    plugins.add_version(&version).await.unwrap();
    table.row("keep a version of a plugin", "`PLUGIN#{id}`, `VERSION#{version}`", "", "conditional put");
    let mut plugin = PluginRecord::new(version.plugin.clone(), "Spend and save".to_owned(), "{}".to_owned(), 0, now());
    let revision = plugins.put(&plugin, Expected::Absent).await.unwrap();
    table.row("install a plugin, change its settings", "`PLUGINS`, id; `EDITION`", "", "transaction, conditional");
    plugin.life.release(version.build.clone(), 10).unwrap();
    let event = Event::of(&plugin.id, &plugin.life, Action::Release, now(), "tests");
    plugins.put_event(&plugin, Expected::Revision(revision), &event).await.unwrap();
    table.row(
        "release, roll back, pause a plugin",
        "`PLUGINS`, id; `PLUGIN#{id}`, `EVENT#{n}`; `EDITION`",
        "",
        "transaction, conditional",
    );
    store.eventual().edition().await.unwrap();
    table.row("whether a quote knows the newest setup of the shop", "`EDITION`", "", "eventual");
    plugins.list().await.unwrap();
    table.row("the plugins, after one of them changed", "`PLUGINS`", "", "strong");
    let (id, change, digest) = (&plugin.id, plugin.life.changes, version.build.digest.as_str());
    plugins.add_tally(id, change, digest, Tally { runs: 50, failures: 0 }, now()).await.unwrap();
    table.row("count 50 runs of a version", "`PLUGIN#{id}`, `TALLY#…#{minute}`", "", "one update");
    assert_eq!(plugins.tally(id, change, digest, 10, now()).await.unwrap().runs, 50);
    table.row("how often a version failed in 10 minutes", "`PLUGIN#{id}`, `TALLY#…`", "", "strong");
    plugins.put_run(&plugin_run(&version, "run_1"), 1).await.unwrap();
    table.row("record a run", "`PLUGIN_RUNS#{id}`, slot", "", "one put");
    plugins.runs(id, now()).await.unwrap();
    table.row("the recorded runs of a plugin", "`PLUGIN_RUNS#{id}`", "", "strong");
    plugins.versions(id).await.unwrap();
    table.row("the versions of a plugin", "`PLUGIN#{id}`, `VERSION#`", "", "strong");
    plugins.events(id).await.unwrap();
    table.row("what was done to a plugin", "`PLUGIN#{id}`, `EVENT#`", "", "strong");
    let failures = PluginFailures {
        plugin: plugin.id.clone(),
        digest: digest.to_owned(),
        version: "1.0.0".to_owned(),
        count: 3,
        first_at: now(),
        last_at: now(),
        stage: "run".to_owned(),
        error: "out of fuel".to_owned(),
    };
    plugins.note_failures(&failures).await.unwrap();
    table.row("note failures of a plugin", "`PLUGIN_FAILURES`, id", "", "read, then conditional put");
    plugins.failures().await.unwrap();
    table.row("failures of all plugins", "`PLUGIN_FAILURES`", "", "strong");
}

async fn crm(store: &Store, table: &mut Table) {
    let customers = store.customers();
    let lin_mei = customer("cus_0a");
    let order = stoa_domain::OrderId::new("ord_9").unwrap();
    let (read, seen) = tokio::try_join!(customers.get(&lin_mei.id), customers.counted(&lin_mei.id, &order)).unwrap();
    assert!(read.is_none() && seen.is_none());
    customers.count(&lin_mei, Expected::Absent, &order, Counted { counts: true }, Expected::Absent).await.unwrap();
    table.row(
        "count an order for its customer",
        "`CUSTOMERS#{n}`, id; `CUSTOMER#{id}`, `ORDER#{id}`",
        "",
        "two reads, then transaction, conditional",
    );
    let read = customers.get(&lin_mei.id).await.unwrap().unwrap();
    table.row("a customer by id", "`CUSTOMERS#{n}`, id", "", "strong");
    assert_eq!(customers.apply(&application(&read, "ord_9#paid", "BACK", "msg_1")).await.unwrap(), Once::Now);
    table.row(
        "deal with a plugin's answer: points, a coupon, a message",
        "customer; `CUSTOMER#{id}`, `MARKETING#…`; code; message",
        "`by_state`",
        "transaction, conditional",
    );
    customers.answers(&lin_mei.id).await.unwrap();
    table.row("what plugins proposed for a customer", "`CUSTOMER#{id}`, `MARKETING#`", "", "strong");
    for n in 0..99 {
        customers.put(&customer(&format!("cus_{n:02}a")), Expected::Absent).await.unwrap();
    }
    table.skip();
    assert_eq!(customers.page_of(10, None, 100).await.unwrap().len(), 100);
    table.row("100 customers of a sweep", "`CUSTOMERS#{n}`", "", "strong");
    store.crm().put_sweep(&SweepProgress::beginning("2026-11-24".parse().unwrap()), Expected::Absent).await.unwrap();
    table.row("note how far a sweep has come", "`CRM`, `SWEEP`", "", "conditional put");
    assert_eq!(store.messages().list(MessageState::Waiting, None, 100).await.unwrap().items.len(), 1);
    table.row("messages that wait", "`MESSAGES#{state}`, then the messages", "`by_state`", "eventual, then strong");
    store.messages().mark_sent("msg_1", now()).await.unwrap();
    table.row("mark a message as sent", "`MESSAGE#{id}`", "`by_state`", "read, then conditional put");
    let news = MessageContent::Order { order, news: OrderNews::Confirmed };
    let message = OutboxMessage::new("msg_2".to_owned(), lin_mei.id.clone(), news, lin_mei.locale.clone(), now());
    store.messages().add(&message).await.unwrap();
    table.row("write a message, once", "`MESSAGE#{id}`", "`by_state`", "conditional put");
    let due = store.messages().due(now(), 50).await.unwrap().remove(0);
    table.row("messages that are due", "`MESSAGES#waiting`, then the messages", "`by_state`", "eventual, then strong");
    assert!(store.messages().count("2026-11-24".parse().unwrap(), 10).await.unwrap());
    let taken = store.messages().claim(due, now()).await.unwrap().unwrap();
    let sent = OutboxMessage { state: MessageState::Sent, sent_at: Some(now()), ..taken.value.clone() };
    store.messages().put(sent, taken.unchanged()).await.unwrap();
    table.row(
        "send a message: count it, take it, note it",
        "`CRM`, `MESSAGES#{day}`; `MESSAGE#{id}`",
        "`by_state`",
        "conditional update and puts",
    );
}

async fn accounts(store: &Store, table: &mut Table) {
    let (accounts, now) = (store.accounts(), jiff::Timestamp::now());
    let customer = customer_key("lin.mei@example.com").unwrap();
    let email = "lin.mei@example.com".to_owned();
    assert!(accounts.allow("codes-1", 20, SIGN_IN_TIME, now).await.unwrap());
    table.row("how often something was asked for", "`RATE#{what}`, turn", "", "conditional update");
    let locale = Locale::new("zh-CN").unwrap();
    let expires_at = now + SIGN_IN_TIME;
    let sign_in = SignIn { id: "a".repeat(32), customer: customer.clone(), email: email.clone(), locale, expires_at };
    let content = MessageContent::SignIn { sign_in: sign_in.id.clone() };
    let message = OutboxMessage::new("msg_3".to_owned(), customer.clone(), content, sign_in.locale.clone(), now);
    accounts.begin(&sign_in, &message).await.unwrap();
    table.row("ask for a code", "`SIGN_IN#{id}`; `MESSAGE#{id}`", "`by_state`", "transaction, conditional");
    assert!(
        accounts.try_code(&sign_in.id, now).await.unwrap().is_some() && accounts.finish(&sign_in.id).await.unwrap()
    );
    table.row(
        "show a code: count the try, take the sign-in",
        "`SIGN_IN#{id}`",
        "",
        "conditional update, read, conditional delete",
    );
    let account = stoa_domain::account::Account::new(customer.clone(), email, sign_in.locale, now);
    let read = Versioned { revision: accounts.put(&account, Expected::Absent).await.unwrap(), value: account };
    let hash = "0".repeat(64);
    let session = Session {
        customer: customer.clone(),
        hash: hash.clone(),
        browser: "Browser".to_owned(),
        created_at: now,
        seen_at: now,
        expires_at: now + SESSION_TIME,
    };
    accounts.put_session(&session, Expected::Absent).await.unwrap();
    table.row("open an account and a session", "`CUSTOMER#{id}`, `ACCOUNT`, `SESSION#{hash}`", "", "conditional puts");
    assert!(accounts.of_session(&customer, &hash, now).await.unwrap().is_some());
    table.row("who is signed in", "`CUSTOMER#{id}`, `SESSION#{hash}`, `ACCOUNT`", "", "strong");
    accounts.sessions(&customer, now).await.unwrap();
    table.row("the sessions of an account", "`CUSTOMER#{id}`, `SESSION#`", "", "strong");
    let cart = |id: &str| Cart::new(CartId::new(id).unwrap(), Locale::new("en").unwrap(), now);
    let (own, other) = (cart("own"), cart("other"));
    let revision = store.carts().put(&other, Expected::Absent).await.unwrap();
    table.skip();
    let mut pointing = read.value.clone();
    pointing.cart = Some(own.id.clone());
    let pointing = (pointing, read.unchanged());
    let from = (&other.id, Expected::Revision(revision));
    store.carts().absorb(&own, Expected::Absent, from, Some(&pointing)).await.unwrap();
    table.row(
        "a cart becomes an account's",
        "`CART#{id}` twice; `CUSTOMER#{id}`, `ACCOUNT`",
        "",
        "transaction, conditional",
    );
}
