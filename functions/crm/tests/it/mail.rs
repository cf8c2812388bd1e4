//! The outbox over real SMTP, to a mail server that only keeps what it gets.

use crate::shop::{Shop, noon, shop_with, wang_li};
use jiff::{SignedDuration, Timestamp};
use mail_parser::MessageParser;
use serde_json::json;
use std::time::Duration;
use stoa_crm::mail::catcher::{Catcher, Caught};
use stoa_crm::{Config, Crm, MAX_ATTEMPTS, MailConfig, Sending, SmtpSettings, Tls, send};
use stoa_domain::marketing::Settings;
use stoa_domain::order::OrderState;
use stoa_domain::plugin::World;
use stoa_domain::{CustomerId, Locale};
use stoa_endpoint::LinkKey;
use stoa_endpoint::config::PublicUrl;
use stoa_storage::{Expected, MessageContent, MessageState, Once, OutboxMessage, SIGN_IN_TIME, SignIn, customer_key};
use tracing_subscriber::EnvFilter;

const PATIENCE: Duration = Duration::from_secs(30);

fn mail(port: u16) -> MailConfig {
    MailConfig {
        smtp: SmtpSettings {
            host: "127.0.0.1".into(),
            port,
            user: String::new(),
            password: String::new(),
            tls: Tls::None,
        },
        public_url: PublicUrl::new("https://shop.example").unwrap(),
        link_key: LinkKey::new(&[1; 32]),
    }
}

async fn shop_and_catcher() -> (Shop, Catcher) {
    let catcher = Catcher::start(None).await.unwrap();
    let shop = shop_with(Some(mail(catcher.port))).await;
    let settings = Settings { sender: Some("shop@mail.example.com".into()), ..Settings::default() };
    shop.store().crm().put_settings(&settings, Expected::Absent).await.unwrap();
    (shop, catcher)
}

/// The letter as its reader sees it, by another's parser: headers, text and HTML.
fn plain(caught: &Caught) -> String {
    let letter = MessageParser::default().parse(caught.letter.as_bytes()).unwrap();
    let headers = caught.letter.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ");
    let (text, html) = (letter.body_text(0).unwrap(), letter.body_html(0).unwrap());
    assert_eq!((letter.text_body_count(), letter.html_body_count()), (1, 1));
    format!("{headers}\n\n{text}\n\n{html}").replace('\u{a0}', " ")
}

fn subject(caught: &Caught) -> String {
    MessageParser::default().parse(caught.letter.as_bytes()).unwrap().subject().unwrap().to_owned()
}

/// With an offer of the birthday plugin to Wang Li that waits.
async fn greeted(shop: &Shop) {
    shop.install("birthday-greeting", World::Marketing, json!({})).await;
    shop.customer(true).await;
    shop.born(&noon(1).to_zoned(jiff::tz::TimeZone::UTC).strftime("%m-%d").to_string()).await;
    shop.sweep_in(1).await;
}

async fn in_state(shop: &Shop, state: MessageState) -> Vec<OutboxMessage> {
    shop.store().messages().list(state, None, 100).await.unwrap().items
}

#[tokio::test]
async fn an_offer_goes_out_once_with_a_way_to_end_offers() {
    let (shop, catcher) = shop_and_catcher().await;
    greeted(&shop).await;
    let now = noon(1);
    let (one, other) = tokio::join!(send(&shop.crm, now, PATIENCE), send(&shop.crm, now, PATIENCE));
    let sent = one.unwrap().unwrap().sent + other.unwrap().unwrap().sent;
    // The order's confirmation and the greeting.
    assert_eq!((sent, catcher.caught().len()), (2, 2), "two who send at once send each message once");
    assert_eq!(send(&shop.crm, now, PATIENCE).await.unwrap(), Some(Sending::default()));

    let all = catcher.caught();
    let offer = all.iter().find(|caught| caught.letter.contains("List-Unsubscribe")).unwrap();
    assert_eq!(
        (offer.from.as_str(), offer.to.as_slice()),
        ("shop@mail.example.com", ["wang.li@example.com".to_owned()].as_slice())
    );
    let text = plain(offer);
    let path =
        LinkKey::new(&[1; 32]).unsubscribe_path(&wang_li(), &Locale::new("en").unwrap(), &Locale::new("en").unwrap());
    assert!(text.contains(&format!("List-Unsubscribe: <https://shop.example{path}>")), "{text}");
    assert!(text.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{text}");
    assert!(text.contains("Message-ID: <msg_") && text.contains("@mail.example.com>"), "{text}");
    assert!(text.contains("Wang Li") && !text.contains("{{"), "{text}");

    let confirmation = all.iter().find(|caught| !caught.letter.contains("List-Unsubscribe")).unwrap();
    assert_eq!(subject(confirmation), "Your order S-TEST-first is confirmed");
    let text = plain(confirmation);
    assert!(text.contains("25.00 CNY") && text.contains("https://shop.example/orders/ord_first?token="), "{text}");
    let sent = in_state(&shop, MessageState::Sent).await;
    assert!(sent.iter().all(|message| message.attempts == 1 && message.sent_at.is_some()));
}

#[tokio::test]
async fn consent_is_asked_for_again_when_an_offer_is_sent_and_an_orders_mail_needs_none() {
    let (shop, catcher) = shop_and_catcher().await;
    greeted(&shop).await;
    let read = shop.store().customers().get(&wang_li()).await.unwrap().unwrap();
    let mut changed = read.value.clone();
    changed.consent = None;
    shop.store().customers().put(&changed, read.unchanged()).await.unwrap();
    let done = send(&shop.crm, noon(1), PATIENCE).await.unwrap().unwrap();
    assert_eq!((done.sent, done.failed, catcher.caught().len()), (1, 1, 1));
    let failed = in_state(&shop, MessageState::Failed).await;
    assert_eq!(failed[0].failure.as_deref(), Some("no_consent"));
    assert!(matches!(failed[0].content, MessageContent::Offer { .. }));
}

#[tokio::test]
async fn what_the_stream_tells_of_goes_out_at_once_and_in_the_shoppers_language() {
    let (shop, catcher) = shop_and_catcher().await;
    let sign_in = sign_in(&shop, "li.na@example.com", "zh-CN").await;
    shop.hear_of(&[&format!("msg_{sign_in}")]).await;
    let caught = catcher.caught();
    let code = LinkKey::new(&[1; 32]).sign_in_code(&sign_in, &customer_key("li.na@example.com").unwrap());
    let letter = plain(&caught[0]);
    assert!(letter.contains(&code) && letter.contains("<html lang=\"zh-CN\">"), "{letter}");
    assert_eq!(subject(&caught[0]), "Stoa 的登录验证码");
    assert!(!caught[0].letter.contains("List-Unsubscribe"));
    let stored = format!("{:?}", in_state(&shop, MessageState::Sent).await);
    assert!(!stored.contains(&code) && !stored.contains("li.na"), "the table has neither code nor address: {stored}");
    shop.hear_of(&[&format!("msg_{sign_in}")]).await;
    assert_eq!(catcher.caught().len(), 1, "the stream repeats itself");
}

#[tokio::test]
async fn a_refusal_for_good_is_final_and_one_for_now_is_tried_again_ever_later() {
    let (shop, catcher) = shop_and_catcher().await;
    for (id, address) in
        [("bad", "refuse-550@example.com"), ("busy", "later-451@example.com"), ("good", "ok@example.com")]
    {
        plant(&shop, id, address, Timestamp::now() + SignedDuration::from_hours(240)).await;
    }
    let start = Timestamp::now();
    let done = send(&shop.crm, start, PATIENCE).await.unwrap().unwrap();
    assert_eq!(done, Sending { sent: 1, failed: 1, later: 1, over_bound: 0 }, "one of them holds up no other");
    let failed = in_state(&shop, MessageState::Failed).await;
    assert_eq!(failed[0].failure.as_deref(), Some("refused: 550"), "the server's words name an address");
    let status = shop.store().crm().mail_status().await.unwrap().unwrap();
    assert_eq!((status.configured, status.problem), (true, None));

    assert_eq!(send(&shop.crm, start, PATIENCE).await.unwrap().unwrap(), Sending::default(), "not yet");
    let mut now = start;
    for _ in 1..MAX_ATTEMPTS {
        now += SignedDuration::from_hours(12);
        send(&shop.crm, now, PATIENCE).await.unwrap();
    }
    let failed = in_state(&shop, MessageState::Failed).await;
    let busy = failed.iter().find(|message| message.id == "msg_busy").unwrap();
    assert_eq!((busy.attempts, busy.failure.as_deref()), (MAX_ATTEMPTS, Some("put off: 451")));
    assert!(in_state(&shop, MessageState::Waiting).await.is_empty());
    assert_eq!(catcher.caught().len(), 1);
}

#[tokio::test]
async fn who_dies_while_sending_leaves_a_message_that_is_sent_again_under_the_same_name() {
    let (shop, catcher) = shop_and_catcher().await;
    let now = Timestamp::now();
    plant(&shop, "one", "ok@example.com", now + SignedDuration::from_hours(1)).await;
    let messages = shop.store().messages();
    let read = messages.get("msg_one").await.unwrap().unwrap();
    let taken = messages.claim(read.clone(), now).await.unwrap();
    assert!(taken.is_some() && messages.claim(read, now).await.unwrap().is_none(), "one takes it");
    // The process ends here, perhaps after the server took the letter.
    assert_eq!(send(&shop.crm, now, PATIENCE).await.unwrap().unwrap().sent, 0);
    let later = now + SignedDuration::from_mins(11);
    assert_eq!(send(&shop.crm, later, PATIENCE).await.unwrap().unwrap().sent, 1);
    assert!(catcher.caught()[0].letter.contains("<msg_one@mail.example.com>"));
}

#[tokio::test]
async fn a_server_that_is_away_stops_the_run_and_the_shop_says_so() {
    let (shop, catcher) = shop_and_catcher().await;
    drop(catcher);
    for id in ["a", "b", "c"] {
        plant(&shop, id, "ok@example.com", Timestamp::now() + SignedDuration::from_hours(1)).await;
    }
    let done = send(&shop.crm, Timestamp::now(), PATIENCE).await.unwrap().unwrap();
    assert_eq!(done, Sending { later: 1, ..Sending::default() }, "one attempt is enough to know");
    let status = shop.store().crm().mail_status().await.unwrap().unwrap();
    assert!(status.problem.unwrap().starts_with("the mail server cannot be reached"));

    // Without a mail server messages wait.
    let silent = Crm::new(shop.store().clone(), Config::default());
    assert_eq!(send(&silent, Timestamp::now(), PATIENCE).await.unwrap(), None);
    assert!(!shop.store().crm().mail_status().await.unwrap().unwrap().configured);
    assert_eq!(in_state(&shop, MessageState::Waiting).await.len(), 3);
}

#[tokio::test]
async fn a_day_has_its_bound_and_what_is_of_no_use_any_more_is_not_sent() {
    let (shop, catcher) = shop_and_catcher().await;
    let now = Timestamp::now();
    let settings = Settings { sender: Some("shop@mail.example.com".into()), mail_per_day: 2, ..Settings::default() };
    shop.store().crm().put_settings(&settings, Expected::Any).await.unwrap();
    for id in ["a", "b", "c"] {
        plant(&shop, id, "ok@example.com", now + SignedDuration::from_hours(48)).await;
    }
    plant(&shop, "late", "ok@example.com", now - SignedDuration::from_mins(1)).await;
    let now = Timestamp::now();
    let done = send(&shop.crm, now, PATIENCE).await.unwrap().unwrap();
    assert_eq!(done, Sending { sent: 2, failed: 1, later: 0, over_bound: 1 });
    assert_eq!(in_state(&shop, MessageState::Failed).await[0].failure.as_deref(), Some("expired"));
    let tomorrow = now + SignedDuration::from_hours(25);
    assert_eq!(send(&shop.crm, tomorrow, PATIENCE).await.unwrap().unwrap().sent, 1);
    assert_eq!(catcher.caught().len(), 3);
}

#[tokio::test]
async fn an_orders_buyer_hears_once_that_it_is_paid() {
    let (shop, catcher) = shop_and_catcher().await;
    let order = shop.order("1", false).await;
    shop.hear(&[&order]).await;
    assert!(in_state(&shop, MessageState::Waiting).await.is_empty(), "an order that nobody paid is not confirmed");
    shop.turn(&order, OrderState::Paid).await;
    shop.hear(&[&order]).await;
    shop.hear(&[&order, &order]).await;
    send(&shop.crm, Timestamp::now(), PATIENCE).await.unwrap();
    shop.hear(&[&order]).await;
    send(&shop.crm, Timestamp::now(), PATIENCE).await.unwrap();
    assert_eq!(catcher.caught().len(), 1);
}

#[tokio::test]
async fn texts_that_customers_and_merchants_write_stay_texts() {
    let (shop, catcher) = shop_and_catcher().await;
    greeted(&shop).await;
    let read = shop.store().customers().get(&wang_li()).await.unwrap().unwrap();
    let mut changed = read.value.clone();
    changed.name = "<script>alert(1)</script>\r\nBcc: all@example.com\r\n.\r\nQUIT".into();
    shop.store().customers().put(&changed, read.unchanged()).await.unwrap();
    send(&shop.crm, noon(1), PATIENCE).await.unwrap();
    let all = catcher.caught();
    let offer = all.iter().find(|caught| caught.letter.contains("List-Unsubscribe")).unwrap();
    let head = offer.letter.split("\r\n\r\n").next().unwrap();
    assert!(!head.contains("Bcc"), "{head}");
    assert_eq!(offer.to, ["wang.li@example.com"]);
    let letter = MessageParser::default().parse(offer.letter.as_bytes()).unwrap();
    let (text, html) = (letter.body_text(0).unwrap(), letter.body_html(0).unwrap());
    assert!(text.contains("Bcc: all@example.com"), "it is a name, and stays one: {text}");
    assert!(!html.contains("<script>") && html.contains("&lt;script&gt;"), "{html}");
}

/// Somebody asked for a code.
async fn sign_in(shop: &Shop, email: &str, locale: &str) -> String {
    let now = Timestamp::now();
    let id = "0123456789abcdef0123456789abcdef";
    let customer = customer_key(email).unwrap();
    let locale = Locale::new(locale).unwrap();
    let sign_in = SignIn {
        id: id.into(),
        customer: customer.clone(),
        email: email.into(),
        locale: locale.clone(),
        expires_at: now + SIGN_IN_TIME,
    };
    let content = MessageContent::SignIn { sign_in: id.into() };
    let message = OutboxMessage::new(format!("msg_{id}"), customer, content, locale, now);
    shop.store().accounts().begin(&sign_in, &message).await.unwrap();
    id.to_owned()
}

/// A message about an order that was placed with this address.
async fn plant(shop: &Shop, id: &str, email: &str, useless_at: Timestamp) {
    let order = shop.order(id, false).await;
    let read = shop.store().orders().get(&order).await.unwrap().unwrap();
    let mut changed = read.value;
    changed.email = email.to_owned();
    let update = stoa_storage::UpdateOrder {
        order: changed,
        revision: read.revision,
        stock: stoa_storage::StockEffect::Keep,
        payment: None,
    };
    shop.store().orders().update(update).await.unwrap();
    let customer = CustomerId::new("cus_1").unwrap();
    let content = MessageContent::Order { order, news: stoa_storage::OrderNews::Confirmed };
    let message =
        OutboxMessage::new(format!("msg_{id}"), customer, content, Locale::new("en").unwrap(), Timestamp::now());
    let message = OutboxMessage { useless_at: Some(useless_at), ..message };
    assert_eq!(shop.store().messages().add(&message).await.unwrap(), Once::Now);
    assert_eq!(shop.store().messages().add(&message).await.unwrap(), Once::Already);
}

#[derive(Clone, Default)]
struct Log(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_line_of_the_log_says_whom_anything_was_sent_to() {
    // For the whole program: what other tests do meanwhile is held against the same rule.
    let log = Log::default();
    let kept = log.clone();
    let filter = EnvFilter::new("info,stoa_crm=trace,stoa_endpoint=trace,stoa_storage=trace");
    let writing = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(move || kept.clone()).finish();
    tracing::subscriber::set_global_default(writing).unwrap();
    let (shop, catcher) = shop_and_catcher().await;
    greeted(&shop).await;
    plant(&shop, "bad", "refuse-550@example.com", noon(2)).await;
    plant(&shop, "busy", "later-451@example.com", noon(2)).await;
    send(&shop.crm, noon(1), PATIENCE).await.unwrap();
    assert_eq!(catcher.caught().len(), 2);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("a message was given up"), "{log}");
    for secret in ["wang.li", "Wang Li", "refuse-550@", "later-451@"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}
