//! The demo shop's promotions and the code that shoppers can try (`cli/demo/promotions.json`, as docs/promotions.md has
//! promotions).

use anyhow::Result;
use jiff::Timestamp;
use serde::Deserialize;
use stoa_domain::PromotionId;
use stoa_domain::promotion::{Promotion, read};
use stoa_merchant::promotions::{self, NewCodes};
use stoa_storage::{Expected, Store};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) promotions: Vec<Promotion>,
    pub(super) codes: Vec<Code>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Code {
    pub(super) code: String,
    pub(super) promotion: PromotionId,
}

pub(super) fn load() -> Result<File> {
    let mut json = serde_json::Deserializer::from_str(include_str!("../../demo/promotions.json"));
    Ok(read(&mut json)?)
}

/// Writes those that are not there.
pub(super) async fn seed(store: &Store) -> Result<()> {
    let File { promotions, codes } = load()?;
    for promotion in &promotions {
        if store.promotions().get(&promotion.id).await?.is_none() {
            promotions::put(store, promotion, Expected::Absent).await?;
        }
    }
    for Code { code, promotion } in codes {
        if store.promotions().code(&code).await?.is_none() {
            let new = NewCodes { code: Some(code), ..NewCodes::default() };
            new.make(store, &promotion, Timestamp::now()).await?;
        }
    }
    Ok(())
}
