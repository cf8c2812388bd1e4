//! Settings of the payments function.

use crate::alipay::Alipay;
use crate::bank_transfer::BankTransfer;
use crate::carrier::Carriers;
use crate::http::Http;
use crate::keys::Secret;
use crate::provider::Provider;
use crate::stripe::Stripe;
use crate::wechat::WechatPay;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use stoa_endpoint::LinkKey;
use stoa_endpoint::config::{ConfigError, PublicUrl, hex_bytes, optional};

const PROVIDERS: &str = "STOA_PAYMENT_PROVIDERS";

/// `Debug` shows no key.
#[derive(Clone)]
pub struct Config {
    pub public_url: PublicUrl,
    pub link_key: LinkKey,
    /// Signs and verifies the sandbox's callbacks. None: the shop has no sandbox (production).
    pub sandbox_secret: Option<Vec<u8>>,
    pub providers: Providers,
    pub carriers: Carriers,
}

impl Config {
    /// Reads `STOA_PUBLIC_URL`, `STOA_LINK_KEY`, where there is a sandbox `STOA_SANDBOX_SECRET` (hex, 32 bytes up), and
    /// `STOA_PAYMENT_PROVIDERS`: a [`ProviderSettings`] as JSON, or the path of a file that holds one; and [`Carriers::from_env`].
    pub fn from_env() -> Result<Self, ConfigError> {
        let sandbox = "STOA_SANDBOX_SECRET";
        let public_url = PublicUrl::from_env()?;
        let settings = ProviderSettings::from_env()?.unwrap_or_default();
        Ok(Self {
            providers: Providers::new(&settings, &public_url)?,
            public_url,
            link_key: LinkKey::from_env()?,
            carriers: Carriers::from_env()?,
            sandbox_secret: optional(sandbox).map(|_| hex_bytes(sandbox, 32)).transpose()?,
        })
    }
    /// Fixed keys, and a shop at `public_url`. Never for a shop that takes money.
    pub fn for_testing(public_url: PublicUrl) -> Self {
        Self {
            public_url,
            link_key: LinkKey::new(&[1; 32]),
            sandbox_secret: Some(vec![2; 32]),
            providers: Providers::default(),
            carriers: Carriers::default(),
        }
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

/// One part for each provider that the shop has an account with. docs/payments.md says where the values are found.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderSettings {
    pub wechat: Option<WechatSettings>,
    pub alipay: Option<AlipaySettings>,
    pub stripe: Option<StripeSettings>,
    pub bank_transfer: Option<BankAccount>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WechatSettings {
    /// `wx` and 16 hex digits.
    pub app_id: String,
    pub merchant_id: String,
    /// The merchant's API certificate's serial, hex.
    pub merchant_serial: String,
    /// `apiclient_key.pem`.
    pub merchant_private_key: Secret,
    /// 32 bytes.
    pub api_v3_key: Secret,
    /// Public-key mode. None: certificates, which are fetched and renewed by themselves.
    #[serde(default)]
    pub public_key: Option<WechatKey>,
    #[serde(default = "wechat_url")]
    pub base_url: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WechatKey {
    /// `PUB_KEY_ID_` and digits.
    pub id: String,
    pub key: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlipaySettings {
    pub app_id: String,
    /// The account that is paid: 16 digits that begin with 2088.
    pub seller_id: String,
    pub app_private_key: Secret,
    /// Alipay's, not the app's own.
    pub alipay_public_key: String,
    #[serde(default)]
    pub mode: AlipayMode,
    #[serde(default = "alipay_url")]
    pub gateway_url: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlipayMode {
    /// Alipay's own page (`alipay.trade.page.pay`).
    #[default]
    Page,
    /// A code on our page (`alipay.trade.precreate`).
    Qr,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StripeSettings {
    /// `sk_live_…`, or better a restricted `rk_live_…`; `_test_` for Stripe's test mode.
    pub secret_key: Secret,
    /// `whsec_…` of the webhook endpoint; while it is rolled, both.
    pub webhook_secrets: Vec<Secret>,
    #[serde(default = "stripe_url")]
    pub base_url: String,
}

/// Where shoppers send their transfers. All of it is shown to them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankAccount {
    pub holder: String,
    /// An IBAN or an account's number.
    pub account: String,
    pub bank: String,
    /// BIC, 联行号 or sort code.
    #[serde(default)]
    pub bank_code: String,
}

fn wechat_url() -> String {
    "https://api.mch.weixin.qq.com".to_owned()
}
fn alipay_url() -> String {
    "https://openapi.alipay.com/gateway.do".to_owned()
}
fn stripe_url() -> String {
    "https://api.stripe.com".to_owned()
}

impl ProviderSettings {
    /// None where `STOA_PAYMENT_PROVIDERS` is not set.
    pub fn from_env() -> Result<Option<Self>, ConfigError> {
        optional(PROVIDERS).map(|text| readable(PROVIDERS, "docs/payments.md", &text)).transpose()
    }
}

/// A setting that is JSON, or the path of a file that holds it; `docs` shows what it looks like. Never quotes a value.
pub(crate) fn readable<T: DeserializeOwned>(
    setting: &'static str,
    docs: &'static str,
    text: &str,
) -> Result<T, ConfigError> {
    let wrong = |rule: String| ConfigError::new(setting, rule);
    let json = match text.trim_start().starts_with('{') {
        true => text.to_owned(),
        false => std::fs::read_to_string(text).map_err(|e| wrong(format!("JSON or a readable file: {e}")))?,
    };
    serde_json::from_str(&json).map_err(|e| {
        // serde's other messages quote what stands there: perhaps a key.
        let said = e.to_string();
        let harmless = said.starts_with("missing field") || said.starts_with("unknown field");
        let what = if harmless { said } else { format!("line {} column {}", e.line(), e.column()) };
        wrong(format!("JSON as {docs} shows it: {what}"))
    })
}

/// A setting that cannot be used: which one, and the rule. Never quotes it.
pub(crate) type Wrong = (&'static str, String);

/// The providers of a configuration, ready to be asked.
#[derive(Clone, Default)]
pub struct Providers(Vec<Arc<dyn Provider>>);

impl Providers {
    /// Reads every key: a wrong one stops the start, not a shopper.
    pub fn new(settings: &ProviderSettings, public_url: &PublicUrl) -> Result<Self, ConfigError> {
        let http = Http::default();
        let mut all: Vec<Arc<dyn Provider>> = Vec::new();
        let wrong = |(field, rule): Wrong| ConfigError::new(PROVIDERS, format!("usable: {field} {rule}"));
        if let Some(settings) = &settings.wechat {
            all.push(Arc::new(WechatPay::new(settings, public_url, http.clone()).map_err(wrong)?));
        }
        if let Some(settings) = &settings.alipay {
            all.push(Arc::new(Alipay::new(settings, public_url, http.clone()).map_err(wrong)?));
        }
        if let Some(settings) = &settings.stripe {
            all.push(Arc::new(Stripe::new(settings, public_url, http).map_err(wrong)?));
        }
        if let Some(account) = &settings.bank_transfer {
            all.push(Arc::new(BankTransfer::new(account.clone())));
        }
        Ok(Self(all))
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<dyn Provider>> {
        self.0.iter()
    }

    /// The provider of that name, if the shop has it.
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Provider>> {
        self.0.iter().find(|p| p.name() == name)
    }
}

/// Providers of the caller's own making.
impl FromIterator<Arc<dyn Provider>> for Providers {
    fn from_iter<I: IntoIterator<Item = Arc<dyn Provider>>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}

impl std::fmt::Debug for Providers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|p| p.name())).finish()
    }
}

/// An address that secrets may be sent to: https, or this very machine. Without the slash at its end.
pub(crate) fn base_url(text: &str, field: &'static str) -> Result<String, Wrong> {
    let url = url::Url::parse(text).ok();
    let local = |url: &url::Url| matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    let fits = url.is_some_and(|url| url.scheme() == "https" || (url.scheme() == "http" && local(&url)));
    if fits { Ok(text.trim_end_matches('/').to_owned()) } else { Err((field, "must be an https address".to_owned())) }
}
