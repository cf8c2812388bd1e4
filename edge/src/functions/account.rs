//! What the edge says to the checkout about a shopper's account.

use super::{Answer, ApiFailure, Checkout};
use crate::platform::Platform;
use crate::view::segment;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use stoa_domain::Money;
use stoa_domain::order::{Address, OrderState};

#[derive(Debug, Clone, Deserialize)]
pub struct AccountView {
    pub email: String,
    #[serde(default)]
    pub offers: bool,
    #[serde(default)]
    pub addresses: Vec<Address>,
    #[serde(default)]
    pub orders: Vec<OrderSummary>,
    #[serde(default)]
    pub sessions: Vec<Session>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct OrderSummary {
    pub number: String,
    pub state: OrderState,
    pub placed_at: Timestamp,
    pub pieces: u32,
    pub total: Money,
    pub url: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Session {
    pub id: String,
    #[serde(default)]
    pub browser: String,
    pub seen_at: Timestamp,
    #[serde(default)]
    pub current: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub struct CodeAsked {
    pub sign_in: String,
}

impl<P: Platform> Checkout<'_, P> {
    /// Whether the browser shows a session; what it is worth the checkout says.
    pub fn may_be_signed_in(&self) -> bool {
        self.request.header("cookie").is_some_and(|cookies| cookies.contains("stoa_session="))
    }
    /// A code is sent there.
    pub async fn ask_code(&self, email: &str) -> Result<Answer<CodeAsked>, ApiFailure> {
        let body = json!({"email": email, "locale": self.locale});
        self.call("POST", "/api/account/codes", Some(body), None).await
    }
    pub async fn show_code(&self, sign_in: &str, code: &str) -> Result<Answer<Value>, ApiFailure> {
        let body = json!({"sign_in": sign_in, "code": code});
        self.call("POST", "/api/account/sessions", Some(body), None).await
    }
    pub async fn account(&self) -> Result<Answer<AccountView>, ApiFailure> {
        self.call("GET", "/api/account", None, None).await
    }
    /// Without orders and sessions.
    pub async fn account_in_brief(&self) -> Result<Answer<AccountView>, ApiFailure> {
        self.call("GET", "/api/account?brief=true", None, None).await
    }
    pub async fn want_offers(&self, offers: bool) -> Result<Answer<Value>, ApiFailure> {
        self.call("PATCH", "/api/account", Some(json!({"offers": offers})), None).await
    }
    pub async fn forget_address(&self, at: u8) -> Result<Answer<Value>, ApiFailure> {
        self.call("DELETE", &format!("/api/account/addresses/{at}"), None, None).await
    }
    /// `current`: this one.
    pub async fn end_session(&self, id: &str) -> Result<Answer<Value>, ApiFailure> {
        self.call("DELETE", &format!("/api/account/sessions/{}", segment(id)), None, None).await
    }
    /// Everything the shop knows of them.
    pub async fn account_data(&self) -> Result<Answer<Value>, ApiFailure> {
        self.call("GET", "/api/account/data", None, None).await
    }
    pub async fn delete_account(&self) -> Result<Answer<Value>, ApiFailure> {
        self.call("DELETE", "/api/account", None, None).await
    }
}
