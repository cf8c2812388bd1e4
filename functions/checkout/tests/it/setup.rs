//! What a quote reads, and that what a merchant changes counts from the next one on.

use crate::shop::{Shopper, shop};
use stoa_checkout::{Config, State};
use stoa_domain::shop::Shop;
use stoa_endpoint::config::PublicUrl;
use stoa_storage::testing::{cny, promotion};
use stoa_storage::{Expected, Store};

#[tokio::test]
async fn settings_and_promotions_are_read_once_and_count_from_the_next_quote_on_in_every_process() {
    let shop = shop().await;
    let (mut shoppers, mut meters) = (Vec::new(), Vec::new());
    for _ in 0..2 {
        let (store, meter) = Store::metered(shop.store.config()).await;
        let config = Config::for_testing(PublicUrl::new("https://shop.example").unwrap());
        let shopper = Shopper::of(State::new(store, config));
        shopper.add("mug", 2).await;
        shoppers.push(shopper);
        meters.push(meter);
    }
    let totals = async || {
        let mut totals = Vec::new();
        for shopper in &shoppers {
            totals.push(shopper.cart().await["total"]["minor"].as_i64().unwrap());
        }
        totals
    };
    let read = || meters.iter().map(|meter| meter.take()).map(|used| (used.requests, used.read)).collect::<Vec<_>>();
    read();
    assert_eq!(totals().await, [3_500, 3_500]);
    // The cart, and for half a unit each the number, one product and its stock.
    assert_eq!(read(), [(4, 2.5), (4, 2.5)]);

    let tenth = promotion("tenth", "");
    shop.store.promotions().put(&tenth, Expected::Absent).await.unwrap();
    assert_eq!(totals().await, [3_250, 3_250]);
    assert!(read().iter().all(|(requests, _)| *requests > 4), "all was read anew");
    assert_eq!(totals().await, [3_250, 3_250]);
    assert_eq!(read(), [(4, 2.5), (4, 2.5)]);

    let settings = shop.store.shop().settings().await.unwrap().unwrap();
    let mut methods = settings.value.shipping_methods.clone();
    methods[0].price = cny(2_000);
    let dearer = Shop { shipping_methods: methods, ..settings.value.clone() };
    shop.store.shop().put_settings(&dearer, settings.unchanged()).await.unwrap();
    assert_eq!(totals().await, [4_250, 4_250]);
    shop.store.promotions().delete(&tenth.id, Expected::Any).await.unwrap();
    assert_eq!(totals().await, [4_500, 4_500]);
}
