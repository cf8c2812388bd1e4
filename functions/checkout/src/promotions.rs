use crate::Config;
use crate::price_cart::Item;
use stoa_domain::Locale;
use stoa_domain::promotion::Proposal;
use stoa_domain::shop::Shop;
use stoa_storage::Store;

#[derive(Clone)]
pub(crate) struct Promotions {}
impl Promotions {
    pub(crate) fn new(_store: Store, _config: &Config) -> Self {
        Self {}
    }
    pub(crate) async fn propose(&self, _items: &[Item], _shop: &Shop, _locale: &Locale) -> Vec<Proposal> {
        Vec::new()
    }
}
