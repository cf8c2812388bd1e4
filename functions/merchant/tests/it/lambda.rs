//! The function's own bootstrap, run as Lambda runs it.

use crate::caller::caller;
use serde_json::{Value, json};
use stoa_storage::embedded::lambda::{EventBody, FrontDoor, Lambda, http_event};

/// A PNG of one pixel.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

#[tokio::test]
async fn the_bootstrap_answers_both_of_lambdas_front_doors() {
    let caller = caller(&["all"]).await;
    let mut lambda = Lambda::start(env!("CARGO_BIN_EXE_stoa-merchant"), caller.shop.local.environment()).await.unwrap();
    let token = format!("Bearer {}", caller.token);
    let product = json!({ "handle": "mug", "title": "Mug", "variants": [{ "price": "1" }] }).to_string();
    for (door, method, path, body, status) in [
        (FrontDoor::HttpApi, "GET", "/admin/api/catalog/products?limit=5", EventBody::None, 200),
        (FrontDoor::FunctionUrl, "GET", "/admin/api/catalog/products?limit=5", EventBody::None, 200),
        (FrontDoor::HttpApi, "GET", "/admin/api/catalog/products?limit=many", EventBody::None, 400),
        (FrontDoor::HttpApi, "POST", "/admin/api/catalog/products", EventBody::Text(&product), 201),
        (FrontDoor::FunctionUrl, "POST", "/admin/api/catalog/products", EventBody::Text(&product), 409),
        (FrontDoor::HttpApi, "PUT", "/admin/api/media", EventBody::Base64(PIXEL), 200),
        (FrontDoor::HttpApi, "GET", "/admin/api/nothing", EventBody::None, 404),
    ] {
        let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
        let answer = lambda.request(http_event(door, method, path, &headers, body)).await.unwrap();
        assert_eq!(answer["statusCode"], status, "{door:?} {method} {path}: {answer}");
        assert_eq!(
            (&answer["headers"]["content-type"], &answer["isBase64Encoded"]),
            (&json!("application/json"), &json!(false))
        );
        assert!(answer["headers"]["x-request-id"].is_string(), "{answer}");
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!(body.get("error").is_some(), status >= 400, "{body}");
    }
    let stranger = http_event(FrontDoor::HttpApi, "GET", "/admin/api/shop", &[], EventBody::None);
    assert_eq!(lambda.request(stranger).await.unwrap()["statusCode"], 401);
    let reference = http_event(FrontDoor::HttpApi, "GET", "/admin", &[("accept-language", "zh-CN")], EventBody::None);
    assert!(lambda.request(reference).await.unwrap()["body"].as_str().unwrap().contains("商家接口"));
}

#[tokio::test]
async fn a_wrong_setting_ends_the_bootstrap_before_it_asks_for_events() {
    let environment = [("STOA_PLUGIN_SIGNING_KEY", "short")];
    let mut lambda = Lambda::start(env!("CARGO_BIN_EXE_stoa-merchant"), environment).await.unwrap();
    assert!(lambda.invoke("{}").await.unwrap_err().contains("the bootstrap ended"));
}
