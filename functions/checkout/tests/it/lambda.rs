//! The function's own bootstrap, run as Lambda runs it.

use serde_json::{Value, json};
use stoa_storage::Expected;
use stoa_storage::embedded::lambda::{EventBody, FrontDoor, Lambda, http_event};
use stoa_storage::testing::{LocalStore, product};

#[tokio::test]
async fn the_bootstrap_keeps_a_cart_through_both_of_lambdas_front_doors() {
    let shop = LocalStore::with_settings().await;
    shop.store.products().put(&product("mug", 1_250), Expected::Absent).await.unwrap();
    shop.store.stock().set(&stoa_domain::Sku::new("mug").unwrap(), 5).await.unwrap();
    let settings = [("STOA_PUBLIC_URL", "https://shop.example".to_owned()), ("STOA_LINK_KEY", "01".repeat(32))];
    let environment = shop.environment().into_iter().chain(settings);
    let mut lambda = Lambda::start(env!("CARGO_BIN_EXE_stoa-checkout"), environment).await.unwrap();

    let line = json!({ "sku": "mug", "quantity": 2 }).to_string();
    let json_body = [("content-type", "application/json")];
    let add = http_event(FrontDoor::HttpApi, "POST", "/api/cart/lines", &json_body, EventBody::Text(&line));
    let added = lambda.request(add).await.unwrap();
    assert_eq!(added["statusCode"], 200, "{added}");
    // Format 2.0 has a list of its own for cookies, both ways.
    let cookie = added["cookies"][0].as_str().unwrap().split(';').next().unwrap().to_owned();
    let path = "/api/cart?locale=zh-CN";
    let cookies = format!("theme=dark; {cookie}");
    let read = http_event(FrontDoor::FunctionUrl, "GET", path, &[("cookie", &cookies)], EventBody::None);
    let read = lambda.request(read).await.unwrap();
    let cart: Value = serde_json::from_str(read["body"].as_str().unwrap()).unwrap();
    assert_eq!((&cart["item_count"], &cart["total"]["minor"]), (&json!(2), &json!(2_500)), "{cart}");
    assert_eq!(read["headers"]["cache-control"], "private, no-store");

    let broken = http_event(FrontDoor::HttpApi, "POST", "/api/cart/lines", &json_body, EventBody::Text("{"));
    let refused = lambda.request(broken).await.unwrap();
    assert_eq!(refused["statusCode"], 400, "{refused}");
    assert!(refused["body"].as_str().unwrap().contains("invalid_json"));
}
