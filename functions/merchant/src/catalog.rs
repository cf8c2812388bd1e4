//! The catalogue as files: import from Shopify's CSV (both dialects) and JSON lines, export to the current CSV.

mod attributes;
mod batch;
mod build;
mod csv_columns;
mod csv_file;
mod csv_product;
mod export;
pub mod html;
mod import;
mod json_lines;
mod mapping;
mod pictures;
mod pictures_elsewhere;
mod places;
mod read;
pub mod record;
mod refusal;
mod report;
mod source;
mod to_record;
mod variants;

pub(crate) use batch::new_product_id;
pub use build::{Built, Context, Known, build};
pub use export::{Export, ExportError, export};
pub use import::{Options, import};
pub use mapping::Mapping;
pub use pictures_elsewhere::{FetchedPictures, PictureError, PicturesObserver, fetch_pictures};
pub(crate) use places::find_category;
pub use read::{Catalogue, read};
pub use record::ProductRecord;
pub use refusal::{ErrorFile, Field, ImportError, Problem, RowError, guard_formula};
pub use report::{ChangeKind, Observer, ProductChange, Summary};
pub use source::read_all;
pub use to_record::{CategoryPaths, to_record};
