//! Shoppers' accounts. Whoever proves an address to be theirs, with a code that was sent there, is signed in: there is no password,
//! and no account that has to be opened first. docs/accounts.md.
//!
//! | route | file |
//! | --- | --- |
//! | `POST /api/account/codes` | [`ask_code`] |
//! | `POST /api/account/sessions` | [`sign_in`] |
//! | `DELETE /api/account/sessions/{id}` | [`end_session`] |
//! | `GET /api/account` | [`get_account`] |
//! | `PATCH /api/account`, `DELETE /api/account/addresses/{at}` | [`change_account`] |
//! | `GET /api/account/data`, `DELETE /api/account` | [`own_data`] |
//! | a cart becomes the account's | [`own_cart`] |

pub(crate) mod ask_code;
pub(crate) mod change_account;
pub(crate) mod end_session;
pub(crate) mod get_account;
pub(crate) mod own_cart;
pub(crate) mod own_data;
pub(crate) mod sign_in;

pub use get_account::AccountView;

use crate::State;
use axum::Router;
use axum::routing::{delete, get, post};

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route(
            "/api/account",
            get(get_account::get_account).patch(change_account::change_account).delete(own_data::delete),
        )
        .route("/api/account/data", get(own_data::data))
        .route("/api/account/codes", post(ask_code::ask_code))
        .route("/api/account/sessions", post(sign_in::sign_in))
        .route("/api/account/sessions/{id}", delete(end_session::end_session))
        .route("/api/account/addresses/{at}", delete(change_account::remove_address))
}
