//! A small shop, published into a map: what the tests render from and load.

use crate::config::Config;
use crate::edge::Edge;
use crate::http::{Reply, Request};
use crate::platform::{CallError, Incoming, Outgoing, Platform};
use futures::executor::block_on;
use futures::future::LocalBoxFuture;
use sha2::{Digest, Sha256};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use stoa_domain::category::Category;
use stoa_domain::collection::{Collection, Members};
use stoa_domain::product::*;
use stoa_domain::review::ProductReviews;
use stoa_domain::search::SearchSettings;
use stoa_domain::shop::*;
use stoa_domain::snapshot::*;
use stoa_domain::*;
use stoa_search_index::build::IndexBuilder;
use stoa_search_index::{SCHEMA_VERSION, SearchDocument};

type Answerer = Box<dyn Fn(&Outgoing) -> Incoming>;

/// Canned answers by address, a clock that moves by hand, a log that can be read.
#[derive(Clone, Default)]
pub(crate) struct Fake(Rc<Inner>);

#[derive(Default)]
struct Inner {
    objects: RefCell<HashMap<String, Vec<u8>>>,
    functions: RefCell<Option<Answerer>>,
    now: Cell<u64>,
    keys: Cell<u64>,
    hangs: Cell<bool>,
    deferred: RefCell<Vec<LocalBoxFuture<'static, ()>>>,
    pub(crate) log: RefCell<Vec<String>>,
    pub(crate) asked: RefCell<Vec<String>>,
}

impl Fake {
    pub(crate) fn put(&self, key: &str, bytes: Vec<u8>) {
        self.0.objects.borrow_mut().insert(key.into(), bytes);
    }
    pub(crate) fn remove(&self, key: &str) {
        self.0.objects.borrow_mut().remove(key);
    }
    pub(crate) fn object(&self, bytes: Vec<u8>) -> ObjectRef {
        let object = ObjectRef { digest: hex::encode(Sha256::digest(&bytes)), bytes: bytes.len() as u64 };
        self.put(&format!("objects/{}", object.digest), bytes);
        object
    }
    /// Publishes the present version again with other bytes for its search settings.
    pub(crate) fn replace_search_settings(&self, version: u64, bytes: &[u8]) {
        let read = |key: &str| self.0.objects.borrow()[key].clone();
        let pointer: Pointer = serde_json::from_slice(&read(POINTER_KEY)).unwrap();
        let manifest = read(&format!("snapshots/{}.json", pointer.manifest));
        let mut manifest: Manifest = serde_json::from_slice(&manifest).unwrap();
        manifest.search = Some(self.object(bytes.to_vec()));
        self.point(version, &manifest);
    }
    fn point(&self, version: u64, manifest: &Manifest) {
        let bytes = serde_json::to_vec(manifest).unwrap();
        let digest = hex::encode(Sha256::digest(&bytes));
        self.put(&format!("snapshots/{digest}.json"), bytes);
        let pointer = Pointer { format: FORMAT, version, manifest: digest };
        self.put(POINTER_KEY, serde_json::to_vec(&pointer).unwrap());
    }
    /// What the checkout answers from now on; none: it is down.
    pub(crate) fn answer(&self, answer: impl Fn(&Outgoing) -> Incoming + 'static) {
        *self.0.functions.borrow_mut() = Some(Box::new(answer));
    }
    /// From now on the object store takes requests and never answers.
    pub(crate) fn hang(&self, hangs: bool) {
        self.0.hangs.set(hangs);
    }
    pub(crate) fn advance(&self, ms: u64) {
        self.0.now.set(self.0.now.get() + ms);
    }
    pub(crate) fn run_deferred(&self) {
        let work: Vec<_> = self.0.deferred.borrow_mut().drain(..).collect();
        work.into_iter().for_each(block_on);
    }
    pub(crate) fn log_lines(&self) -> Vec<String> {
        self.0.log.borrow().clone()
    }
    pub(crate) fn asked_for(&self, part: &str) -> usize {
        self.0.asked.borrow().iter().filter(|url| url.contains(part)).count()
    }
}

impl Platform for Fake {
    fn now_ms(&self) -> u64 {
        1_000_000 + self.0.now.get()
    }
    async fn call(&self, outgoing: Outgoing) -> Result<Incoming, CallError> {
        self.0.asked.borrow_mut().push(outgoing.url.clone());
        if let Some(key) = outgoing.url.strip_prefix("http://objects.test/") {
            if self.0.hangs.get() {
                return futures::future::pending().await;
            }
            return match self.0.objects.borrow().get(key) {
                Some(body) if body.len() > outgoing.max_bytes => {
                    Err(CallError::TooLarge { url: outgoing.url.clone(), max_bytes: outgoing.max_bytes })
                }
                Some(body) => Ok(Incoming { status: 200, body: body.clone(), ..Incoming::default() }),
                None => Ok(Incoming { status: 404, ..Incoming::default() }),
            };
        }
        match &*self.0.functions.borrow() {
            Some(answer) => Ok(answer(&outgoing)),
            None => Err(CallError::Unreachable { url: outgoing.url, why: "connection refused".into() }),
        }
    }
    async fn sha256(&self, bytes: &[u8]) -> Option<[u8; 32]> {
        Some(Sha256::digest(bytes).into())
    }
    async fn sleep(&self, ms: u32) {
        self.advance(u64::from(ms));
    }
    fn defer(&self, work: LocalBoxFuture<'static, ()>) {
        self.0.deferred.borrow_mut().push(work);
    }
    fn random_key(&self) -> String {
        self.0.keys.set(self.0.keys.get() + 1);
        format!("key-0123456789abcdef-{}", self.0.keys.get())
    }
    fn log(&self, line: &str) {
        self.0.log.borrow_mut().push(line.into());
    }
}

fn en() -> Locale {
    Locale::new("en").unwrap()
}
fn zh() -> Locale {
    Locale::new("zh-CN").unwrap()
}
fn text(english: &str, chinese: &str) -> Localized {
    Localized::new(en(), english).with(zh(), chinese)
}
pub(crate) fn yuan(minor: i64) -> Money {
    Money::new(minor, Currency::new("CNY").unwrap())
}

pub(crate) fn shop() -> Shop {
    let link = |label: Localized, path: &str| MenuLink { label, path: path.into() };
    Shop {
        name: text("Stoa & Sons", "柱廊"),
        tagline: text("Things for a calm house", "安静家居"),
        announcement: text("Free shipping from ¥300", "满 ¥300 包邮"),
        description: text("Home goods in stone, clay and linen.", "石、陶与麻的家居。"),
        email: "hello@shop.example".into(),
        currency: Currency::new("CNY").unwrap(),
        default_locale: en(),
        locales: vec![en(), zh()],
        main_menu: vec![link(text("Table", "餐桌"), "/collections/table")],
        footer_menu: vec![link(text("About", "关于"), "/pages/about")],
        shipping_methods: vec![ShippingMethod {
            id: "standard".into(),
            name: text("Standard", "标准"),
            price: yuan(1_200),
            free_from: Some(yuan(30_000)),
            promise: text("In three days", "三日达"),
        }],
        notices: vec![text("ICP 0000", "备案 0000")],
        facets: vec!["material".into()],
    }
}

fn attribute(name: &str, label: Localized, value: AttributeValue) -> Attribute {
    Attribute { name: name.into(), label, value }
}

fn product(number: usize, title: Localized, brand: &str, minor: i64, material: Localized) -> ProductView {
    let option = ProductOption {
        name: text("Colour", "颜色"),
        values: [("Sand", "沙", "#c2a27c"), ("Ink", "墨", "#22211f")]
            .map(|(e, z, swatch)| OptionValue { name: text(e, z), swatch: Some(swatch.into()) })
            .to_vec(),
    };
    let variant = |at: u16| Variant {
        sku: Sku::new(format!("SKU-{number}-{at}")).unwrap(),
        option_values: vec![at],
        price: yuan(minor + i64::from(at) * 500),
        compare_at: (at == 1).then(|| yuan(minor + 5_000)),
        cost: None,
        barcode: None,
        weight_grams: None,
        image: None,
        requires_shipping: true,
        taxable: true,
        track_stock: true,
        backorder: false,
    };
    let product = Product {
        id: ProductId::new(format!("prod_{number}")).unwrap(),
        handle: Handle::from_text(title.exact(&en()).unwrap()).unwrap(),
        status: ProductStatus::Active,
        title,
        description_html: text("<p>Made by <b>hand</b>.</p>", "<p>手工<b>制作</b>。</p>"),
        brand: Some(brand.into()),
        product_type: None,
        category: Some(CategoryId::new(if number % 5 == 4 { "espresso" } else { "mugs" }).unwrap()),
        tags: vec![],
        attributes: vec![
            attribute(
                "height",
                text("Height", "高"),
                AttributeValue::Number { value: (5 + number as i64).into(), unit: Some("cm".into()) },
            ),
            attribute("dishwasher", text("Dishwasher safe", "可机洗"), AttributeValue::Flag(number.is_multiple_of(4))),
            attribute(
                "glaze",
                text("Glaze", "釉"),
                AttributeValue::Text(text(["Matt", "Gloss", "Raw"][number % 3], ["哑光", "亮光", "素"][number % 3])),
            ),
            attribute("material", text("Material", "材质"), AttributeValue::Text(material)),
        ],
        options: vec![option],
        variants: vec![variant(0), variant(1)],
        images: vec![],
        seo_title: Localized::default(),
        seo_description: Localized::default(),
        created_at: "2026-01-02T03:04:05Z".parse().unwrap(),
        updated_at: "2026-01-02T03:04:05Z".parse().unwrap(),
    };
    let related = vec![ProductId::new(format!("prod_{}", (number + 1) % 30)).unwrap()];
    let reviews = ProductReviews::default();
    ProductView { product, availability: vec![Availability::InStock, Availability::Low(2)], reviews, related }
}

/// Thirty mugs of two makers in two materials; the first has a name that must be escaped.
pub(crate) fn products() -> Vec<ProductView> {
    (0..30)
        .map(|n| {
            let title = if n == 0 {
                text("Salt <script> & Sea mug", "盐与海杯")
            } else {
                text(&format!("Mug No {n}"), &format!("{n} 号杯"))
            };
            let material = if n % 3 == 0 { text("Stoneware", "粗陶") } else { text("Porcelain", "瓷") };
            product(n, title, if n % 2 == 0 { "Aule" } else { "Pottery & Co" }, 5_000 + 100 * n as i64, material)
        })
        .collect()
}

/// The fifth is sold out; the higher the number, the newer.
fn card(view: &ProductView, n: usize, facets: &mut FacetTable) -> Card {
    let left = if n == 5 { Availability::SoldOut } else { Availability::InStock };
    let card = Card::of(&view.product, &[left, left], vec![], &shop(), facets).unwrap();
    let card = card.with_sold(n as u32 % 7).with_score(view.reviews.rating.score());
    Card { created_at: n as i64, compare_at: None, ..card }
}

/// Publishes the shop as version `version`.
pub(crate) fn publish(fake: &Fake, version: u64, products: &[ProductView]) {
    publish_with(fake, version, products, None);
}

/// The same as a merchant steers it.
pub(crate) fn publish_with(fake: &Fake, version: u64, products: &[ProductView], search: Option<&SearchSettings>) {
    let category = |id: &str, parent: Option<&str>, name: Localized| Category {
        id: CategoryId::new(id).unwrap(),
        parent: parent.map(|p| CategoryId::new(p).unwrap()),
        handle: Handle::new(id).unwrap(),
        name,
        description_html: Localized::default(),
        position: 0,
    };
    let view = ShopView {
        shop: shop(),
        categories: vec![
            category("table", None, text("Table", "餐桌")),
            category("mugs", Some("table"), text("Mugs", "杯子")),
            category("espresso", Some("mugs"), text("Espresso cups", "浓缩咖啡杯")),
            category("garden", None, text("Garden", "花园")),
        ],
        collections: vec![Collection {
            id: CollectionId::new("picks").unwrap(),
            handle: Handle::new("picks").unwrap(),
            title: text("Our picks", "精选"),
            description_html: Localized::default(),
            members: Members::Manual(["prod_7", "prod_2", "prod_9"].map(|id| ProductId::new(id).unwrap()).to_vec()),
            position: 0,
        }],
        pages: vec![ContentPage {
            handle: Handle::new("returns").unwrap(),
            kind: PageKind::Policy,
            title: text("Returns", "退货"),
            body_html: text("<p>Thirty days.</p>", "<p>三十天。</p>"),
        }],
    };
    const SHARDS: usize = 4;
    let mut facets = FacetTable::default();
    let mut cards: Vec<Vec<Card>> = vec![Vec::new(); SHARDS];
    let mut shards: Vec<Vec<ProductEntry>> = vec![Vec::new(); SHARDS];
    for (n, view) in products.iter().enumerate() {
        let at = shard_of(&view.product.id, SHARDS);
        cards[at].push(card(view, n, &mut facets));
        shards[at].push(ProductEntry {
            id: view.product.id.clone(),
            handle: view.product.handle.clone(),
            view: postcard::to_stdvec(view).unwrap(),
        });
    }
    let mut index = IndexBuilder::open(None).unwrap();
    let documents: Vec<_> = products.iter().map(|p| SearchDocument::of(&p.product, &[], &en())).collect();
    index.apply(&documents, &[]).unwrap();
    let built = index.commit().unwrap().into_bytes();
    let manifest = Manifest {
        format: FORMAT,
        published_at: "2026-01-02T03:04:05Z".into(),
        products: products.len() as u32,
        tax_added: false,
        search: search.map(|settings| fake.object(serde_json::to_vec(settings).unwrap())),
        shop: fake.object(postcard::to_stdvec(&view).unwrap()),
        facets: Some(fake.object(facets.settle().unwrap())),
        card_shards: cards.into_iter().map(|c| Some(fake.object(facets.pack(c).unwrap()))).collect(),
        product_shards: shards
            .into_iter()
            .map(|entries| Some(fake.object(postcard::to_stdvec(&ProductShard { entries }).unwrap())))
            .collect(),
        index: IndexRef {
            schema_version: SCHEMA_VERSION,
            meta: fake.object(built.meta),
            segments: built.segments.into_iter().map(|s| fake.object(s)).collect(),
        },
    };
    fake.point(version, &manifest);
}

/// A published shop and a browser in front of it.
pub(crate) struct Browser {
    pub(crate) fake: Fake,
    pub(crate) edge: Rc<Edge>,
}

impl Browser {
    pub(crate) fn new() -> Self {
        let this = Self::before_publishing();
        publish(&this.fake, 1, &products());
        this
    }
    pub(crate) fn before_publishing() -> Self {
        Self { fake: Fake::default(), edge: Edge::new(Config::for_testing()) }
    }
    /// Whatever is ready without a look must be what the look would answer.
    pub(crate) fn send(&self, request: Request) -> Reply {
        let is_plain = request.method == "GET" && request.headers.is_empty();
        let ready = self.edge.ready(self.fake.now_ms(), &request.address()).filter(|_| is_plain);
        let reply = (*block_on(self.edge.handle(&self.fake, &request))).clone();
        assert!(ready.is_none_or(|ready| *ready == reply), "{} {}", request.method, request.address());
        reply
    }
    /// The version being served; it lives as long as the test.
    pub(crate) fn snapshot(&self) -> &'static crate::snapshot::Snapshot {
        self.get("/");
        Box::leak(Box::new(self.edge.served().unwrap()))
    }
    pub(crate) fn get(&self, address: &str) -> Reply {
        self.send(request("GET", address))
    }
    pub(crate) fn html(&self, address: &str) -> String {
        String::from_utf8(self.get(address).body).unwrap()
    }
    /// As the shop's own page sends a form.
    pub(crate) fn post(&self, address: &str, form: &[(&str, &str)]) -> Reply {
        let mut request = request("POST", address);
        request.headers.push(("sec-fetch-site".into(), "same-origin".into()));
        request.headers.push(("cookie".into(), "stoa_cart=c1".into()));
        request.body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish().into_bytes();
        self.send(request)
    }
}

pub(crate) fn request(method: &str, address: &str) -> Request {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    Request {
        method: method.into(),
        path: path.into(),
        query: query.into(),
        origin: "https://shop.example".into(),
        ..Request::default()
    }
}
