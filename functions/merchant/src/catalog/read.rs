//! A catalogue file as products, without a shop and its table: what an import into an empty shop would leave there.

use super::build::{Context, Known, build};
use super::mapping::Mapping;
use super::places::Places;
use super::refusal::{Field, ImportError, RowError};
use super::source::{Item, Source, Sourced};
use std::io::Read;
use stoa_domain::ProductId;
use stoa_domain::category::Category;
use stoa_domain::product::Product;

#[derive(Debug, Default)]
pub struct Catalogue {
    /// In the file's order.
    pub products: Vec<Product>,
    pub categories: Vec<Category>,
    pub refused: Vec<RowError>,
}

/// Reads all products of a file into memory. Bad rows are refused as an import refuses them. A product without an id
/// goes by its handle, so that a list beside the file can name it.
pub fn read(
    file: impl Read + Send + 'static,
    mapping: Option<Mapping>,
    context: &Context,
) -> Result<Catalogue, ImportError> {
    let mut source = Source::open(file, mapping)?;
    let mut places = Places::empty(context.default_locale.clone());
    let mut read = Catalogue::default();
    while let Some(item) = source.next_item()? {
        match item {
            Item::Refused(errors) => read.refused.extend(errors),
            Item::Record(sourced) => match product(sourced, &mut places, context) {
                Ok(product) => read.products.push(product),
                Err(errors) => read.refused.extend(errors),
            },
        }
    }
    read.categories = places.into_categories();
    Ok(read)
}

fn product(sourced: Sourced, places: &mut Places, context: &Context) -> Result<Product, Vec<RowError>> {
    let Sourced { record, place } = sourced;
    let located = |problem| vec![place.locate(problem)];
    let named = record.id.as_deref().or(record.handle.as_deref()).filter(|id| !id.is_empty());
    let id = named.map_or_else(|| format!("row-{}", place.row()), str::to_owned);
    let id = ProductId::new(id.as_str())
        .map_err(|e| located(Field::product("id").problem("invalid_id", e.to_string(), &id)))?;
    let category = record.category.as_ref().map(|path| places.category(path)).transpose().map_err(located)?;
    let built = build(&record, Known { id, existing: None, category }, context);
    built.map(|built| built.product).map_err(|problems| problems.into_iter().map(|p| place.locate(p)).collect())
}
