//! A Shopify Function in the checkout: one more kind of plugin.

use crate::promotions::RunPromotion;
use stoa_domain::promotion::Proposal;
use stoa_plugin_runtime::shopify::Function;
use stoa_plugin_runtime::{Promotion, PromotionInput};

impl RunPromotion for Function {
    fn propose(
        &self,
        promotion: Promotion<'_>,
        input: &PromotionInput,
    ) -> Result<Proposal, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.run(promotion, input)?.proposal)
    }
}
