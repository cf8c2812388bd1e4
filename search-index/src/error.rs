/// Why an index could not be built, opened or searched. Never the shopper's fault: no query text is an error.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("the index was built with schema version {found}, this build reads {expected}: build it anew")]
    SchemaVersion { found: u32, expected: u32 },
    #[error("these bytes are not an index file: {0}")]
    Malformed(#[from] postcard::Error),
    #[error("the search engine failed: {0}")]
    Engine(#[from] tantivy::TantivyError),
}
