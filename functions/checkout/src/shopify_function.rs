//! A Shopify Function in the checkout: one more kind of plugin.

use crate::promotions::RunPromotion;
use stoa_plugin_runtime::shopify::Function;
use stoa_plugin_runtime::{Promotion, PromotionInput, Run};

impl RunPromotion for Function {
    fn propose(
        &self,
        promotion: Promotion<'_>,
        input: &PromotionInput,
    ) -> Result<Run, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.run(promotion, input)?)
    }
}
