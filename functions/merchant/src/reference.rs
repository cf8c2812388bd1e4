//! `/admin`: the way into the console, and the API's reference, written from the OpenAPI document itself.

use axum::extract::RawQuery;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;
use std::sync::Arc;
use utoipa::openapi::OpenApi;

const CSS: &str = include_str!("reference.css");

/// Both languages' pages, rendered once.
#[derive(Clone)]
pub(crate) struct Reference {
    en: Arc<str>,
    zh: Arc<str>,
}

struct Words {
    lang: &'static str,
    title: &'static str,
    lead: &'static str,
    console: &'static str,
    token: &'static str,
    document: &'static str,
    operations: &'static str,
    scope: &'static str,
    body: &'static str,
    parameters: &'static str,
    other: (&'static str, &'static str),
}

const EN: Words = Words {
    lang: "en",
    title: "Merchant API",
    lead: "Plugins have pages of their own. The rest of the shop is run through this API and the stoa command.",
    console: "Open the console",
    token: "Make a token, then send it with every request:",
    document: "OpenAPI 3.1 document",
    operations: "Operations",
    scope: "scope",
    body: "Body",
    parameters: "Parameters",
    other: ("?lang=zh", "中文"),
};

const ZH: Words = Words {
    lang: "zh-CN",
    title: "商家接口",
    lead: "插件已有管理页面；店铺的其他部分通过这套接口和 stoa 命令管理。",
    console: "打开管理后台",
    token: "先创建令牌，再在每个请求中带上它：",
    document: "OpenAPI 3.1 文档",
    operations: "操作",
    scope: "权限",
    body: "请求体",
    parameters: "参数",
    other: ("?lang=en", "English"),
};

impl Reference {
    pub(crate) fn new(document: &OpenApi) -> Self {
        // A document that its own crate wrote is JSON; if ever not, the page is there without operations.
        let document = serde_json::to_value(document).unwrap_or(Value::Null);
        let render = |words| page(words, &document).into_string().into();
        Self { en: render(&EN), zh: render(&ZH) }
    }

    /// `?lang=` first, else what the browser prefers.
    pub(crate) fn answer(&self, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let zh = match query.as_deref() {
            Some(query) if query.contains("lang=zh") => true,
            Some(query) if query.contains("lang=en") => false,
            _ => accepted.trim_start().to_ascii_lowercase().starts_with("zh"),
        };
        let mut response = Html(if zh { self.zh.to_string() } else { self.en.to_string() }).into_response();
        let headers = response.headers_mut();
        let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        response
    }
}

fn page(words: &Words, document: &Value) -> Markup {
    let paths = document["paths"].as_object().into_iter().flatten();
    html! {
        (DOCTYPE)
        html lang=(words.lang) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                meta name="color-scheme" content="light dark";
                title { (words.title) " · Stoa" }
                style { (PreEscaped(CSS)) }
            }
            body {
                header {
                    p.brand { "Stoa" }
                    a href=(words.other.0) hreflang=(if words.lang == "en" { "zh-CN" } else { "en" }) { (words.other.1) }
                }
                main {
                    h1 { (words.title) }
                    p.lead { (words.lead) }
                    p { a href="/admin/plugins" { (words.console) } }
                    p { (words.token) }
                    pre tabindex="0" { code { "stoa token create --name console --scope all --expires 30d\n"
                        "curl -H 'Authorization: Bearer stoa_…' …/admin/api/catalog/products" } }
                    p { a href="/admin/api/openapi.json" { (words.document) } }
                    h2 { (words.operations) }
                    @for (path, operations) in paths {
                        @for (method, operation) in operations.as_object().into_iter().flatten() {
                            (self::operation(words, path, method, operation))
                        }
                    }
                }
            }
        }
    }
}

fn operation(words: &Words, path: &str, method: &str, operation: &Value) -> Markup {
    let text = |name: &str| operation[name].as_str().unwrap_or_default();
    let said = [text("summary"), text("description")].into_iter().filter(|t| !t.is_empty());
    let said = said.collect::<Vec<_>>().join(" ");
    let (said, scope) = said.split_once("Scope: ").map_or((said.as_str(), None), |(said, scope)| (said, Some(scope)));
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let content = operation["requestBody"]["content"].as_object();
    html! {
        section {
            h3 { span.method.(method) { (method.to_uppercase()) } " " code { (path) } }
            @if !said.trim().is_empty() { p { (said.trim()) } }
            dl {
                @if let Some(scope) = scope { dt { (words.scope) } dd { code { (scope.trim()) } } }
                @if !parameters.is_empty() {
                    dt { (words.parameters) }
                    dd { @for parameter in parameters {
                        code { (parameter["name"].as_str().unwrap_or_default()) } " "
                        span.where { (parameter["in"].as_str().unwrap_or_default()) } " "
                    } }
                }
                @if let Some(content) = content {
                    dt { (words.body) }
                    dd { @for (media, schema) in content { code { (media) } " " (name(&schema["schema"])) } }
                }
            }
        }
    }
}

/// `ProductRecord` of `#/components/schemas/ProductRecord`.
fn name(schema: &Value) -> &str {
    schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()).unwrap_or_default()
}
