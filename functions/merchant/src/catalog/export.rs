//! The catalogue as a CSV in Shopify's current dialect. What its columns cannot hold is in a metafield column, so
//! importing an export changes nothing.

use super::csv_columns::{Column, NAMES};
use super::csv_product::Extra;
use super::places::meant;
use super::record::{ProductRecord, Text, VariantRecord};
use super::to_record::{CategoryPaths, to_record};
use std::collections::HashMap;
use std::io::{self, Write};
use stoa_domain::collection::{Collection, Members};
use stoa_domain::product::{Product, ProductStatus};
use stoa_domain::{Handle, Locale, ProductId, Sku};
use stoa_storage::{Cursor, Store, StoreError};

/// Products read at once.
const PAGE: u32 = 250;

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("the shop has no settings yet")]
    NoShop,
    #[error("the file cannot be written: {0}")]
    Write(#[from] io::Error),
    #[error("the file cannot be written: {0}")]
    Csv(#[from] csv::Error),
    #[error("a product cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
}

/// Writes every product; `progress` hears how many so far. Answers how many there were.
pub async fn export(store: &Store, out: impl Write, mut progress: impl FnMut(u64)) -> Result<u64, ExportError> {
    let mut file = Export::open(store, out).await?;
    let mut cursor = None;
    let mut written = 0;
    loop {
        let (products, next) = file.page(store, cursor.as_ref(), PAGE).await?;
        written += products;
        progress(written);
        match next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    file.finish()?;
    Ok(written)
}

/// A CSV under way.
pub struct Export<W: Write> {
    writer: csv::Writer<W>,
    categories: CategoryPaths,
    /// By product: the hand-picked collections it is in, as import finds them.
    collections: HashMap<ProductId, Vec<String>>,
    default: Locale,
}

impl<W: Write> Export<W> {
    /// Writes the header.
    pub async fn open(store: &Store, out: W) -> Result<Self, ExportError> {
        let data = store.shop().all().await?;
        let default = data.settings.ok_or(ExportError::NoShop)?.value.default_locale;
        let categories = CategoryPaths::new(data.categories.into_iter().map(|c| c.value));
        let collections: Vec<Collection> = data.collections.into_iter().map(|c| c.value).collect();
        let collections = memberships(&collections, &default);
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(columns().map(|(_, name)| name))?;
        Ok(Self { writer, categories, collections, default })
    }

    /// Writes one page of products; how many, and where the next begins.
    pub async fn page(
        &mut self,
        store: &Store,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<(u64, Option<Cursor>), ExportError> {
        let page = store.products().page(cursor, limit).await?;
        let skus: Vec<Sku> = page.items.iter().flat_map(|p| p.value.variants.iter().map(|v| v.sku.clone())).collect();
        let stock = store.stock().get_many(&skus).await?.into_iter().map(|(sku, level)| (sku, level.on_hand)).collect();
        for product in &page.items {
            self.product(&product.value, &stock)?;
        }
        Ok((page.items.len() as u64, page.next))
    }

    pub fn finish(mut self) -> io::Result<()> {
        self.writer.flush()
    }

    fn product(&mut self, product: &Product, stock: &HashMap<Sku, u32>) -> Result<(), ExportError> {
        let record = to_record(product, &self.categories, &self.default);
        let rows = product.variants.len().max(product.images.len());
        for i in 0..rows {
            let mut row = Vec::with_capacity(NAMES.len());
            for (column, _) in columns() {
                row.push(self.cell(column, product, &record, i, stock)?);
            }
            self.writer.write_record(&row)?;
        }
        Ok(())
    }

    fn cell(
        &self,
        column: Column,
        product: &Product,
        record: &ProductRecord,
        row: usize,
        stock: &HashMap<Sku, u32>,
    ) -> Result<String, ExportError> {
        if column == Column::Handle {
            return Ok(product.handle.to_string());
        }
        let first = || (row == 0).then_some(());
        let plain = |text: &Option<Text>| text.as_ref().map(|t| self.plain(t)).unwrap_or_default();
        let variant = record.variants.as_ref().and_then(|variants| variants.get(row));
        let image = record.images.as_ref().and_then(|images| images.get(row));
        Ok(match column {
            Column::Title => first().map(|()| plain(&record.title)),
            Column::Description => first().map(|()| plain(&record.description_html)),
            Column::Vendor => first().and_then(|()| record.brand.clone()),
            Column::Category => first().map(|()| {
                let path = record.category.as_deref().unwrap_or_default();
                path.iter().map(|name| self.plain(name)).collect::<Vec<_>>().join(" > ")
            }),
            Column::ProductType => first().and_then(|()| record.product_type.clone()),
            Column::Tags => first().map(|()| product.tags.join(", ")),
            Column::Published => first().map(|()| flag(product.status == ProductStatus::Active)),
            Column::Status => first().map(|()| status(product.status).to_owned()),
            Column::SeoTitle => first().map(|()| plain(&record.seo_title)),
            Column::SeoDescription => first().map(|()| plain(&record.seo_description)),
            Column::Record => first().map(|()| self.extra(product, record)).transpose()?,
            Column::OptionName(i) => first().and_then(|()| match record.options.as_deref() {
                None | Some([]) => (i == 0).then(|| "Title".to_owned()),
                Some(options) => options.get(i).map(|option| self.plain(&option.name)),
            }),
            Column::OptionValue(i) => variant.and_then(|v| match v.options.as_slice() {
                [] => (i == 0).then(|| "Default Title".to_owned()),
                values => values.get(i).cloned(),
            }),
            Column::ImageSource => image.and_then(|image| image.source.clone()),
            Column::ImagePosition => image.map(|_| (row + 1).to_string()),
            Column::ImageAlt => image.map(|image| plain(&image.alt)),
            column => variant.and_then(|v| variant_cell(column, v, product, row, stock)),
        }
        .unwrap_or_default())
    }

    fn plain(&self, text: &Text) -> String {
        match text {
            Text::Plain(text) => text.clone(),
            // Only this language: another's text in its place would become its text on import.
            Text::Translated(texts) => texts.get(&self.default).cloned().unwrap_or_default(),
        }
    }

    /// What the columns do not say, without what they do.
    fn extra(&self, product: &Product, record: &ProductRecord) -> Result<String, serde_json::Error> {
        let others = |text: &Option<Text>| {
            let mut text = text.clone();
            if let Some(Text::Translated(texts)) = &mut text {
                texts.remove(&self.default);
            }
            text
        };
        let images = record.images.as_ref().map(|images| {
            images
                .iter()
                .cloned()
                .map(|mut image| {
                    image.alt = others(&image.alt);
                    image
                })
                .collect()
        });
        let product = ProductRecord {
            collections: self.collections.get(&product.id).cloned(),
            id: record.id.clone(),
            created_at: record.created_at.clone(),
            title: others(&record.title),
            description_html: others(&record.description_html),
            seo_title: others(&record.seo_title),
            seo_description: others(&record.seo_description),
            attributes: record.attributes.clone(),
            options: record.options.clone(),
            tags: record.tags.clone().filter(|tags| tags.iter().any(|tag| tag.contains(','))),
            images,
            ..Default::default()
        };
        serde_json::to_string(&Extra { language: Some(self.default.clone()), product })
    }
}

/// A collection goes by its title where an import of that title leads back to it, else by its handle.
fn memberships(collections: &[Collection], default: &Locale) -> HashMap<ProductId, Vec<String>> {
    let mut names: HashMap<ProductId, Vec<String>> = HashMap::new();
    for collection in collections {
        let Members::Manual(members) = &collection.members else { continue };
        let leads_back = |name: &&str| {
            let slug = Handle::from_text(name).ok();
            let found = slug.and_then(|slug| meant(collections.iter(), &slug, name, default));
            found.is_some_and(|found| found.id == collection.id)
        };
        let own = [collection.title.get(default, default).trim(), collection.handle.as_str()];
        let Some(name) = own.into_iter().find(leads_back) else { continue };
        for product in members {
            names.entry(product.clone()).or_default().push(name.to_owned());
        }
    }
    names
}

fn columns() -> impl Iterator<Item = (Column, &'static str)> {
    let exported = NAMES.iter().filter(|(column, ..)| *column != Column::Collection);
    exported.map(|(column, _, current)| (*column, *current))
}

fn variant_cell(
    column: Column,
    v: &VariantRecord,
    product: &Product,
    row: usize,
    stock: &HashMap<Sku, u32>,
) -> Option<String> {
    let amount = |amount: &Option<super::record::Amount>| amount.as_ref().map(ToString::to_string);
    match column {
        Column::Sku => v.sku.clone(),
        Column::Barcode => v.barcode.clone(),
        Column::Price => amount(&v.price),
        Column::CompareAt => amount(&v.compare_at),
        Column::Cost => amount(&v.cost),
        Column::Taxable => v.taxable.map(flag),
        Column::Tracker => v.track_stock.map(|tracked| if tracked { "shopify".to_owned() } else { String::new() }),
        Column::Quantity => stock.get(&product.variants.get(row)?.sku).map(ToString::to_string),
        Column::Backorder => v.backorder.map(flag),
        Column::Grams => v.weight_grams.map(|grams| if grams == 0 { String::new() } else { grams.to_string() }),
        Column::RequiresShipping => v.requires_shipping.map(flag),
        Column::VariantImage => v.image.clone(),
        _ => None,
    }
}

fn flag(flag: bool) -> String {
    if flag { "TRUE" } else { "FALSE" }.to_owned()
}

fn status(status: ProductStatus) -> &'static str {
    match status {
        ProductStatus::Active => "Active",
        ProductStatus::Draft => "Draft",
        ProductStatus::Archived => "Archived",
    }
}
