//! A message of the outbox as a letter: to whom, in their language, as text and as simple HTML of the same words. Made when it is
//! sent, of what is known then: who takes their consent back, or is forgotten, is so in one place.

use super::Mail;
use super::words::{filled, words};
use jiff::Timestamp;
use mail_builder::MessageBuilder;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::url::URL;
use maud::{DOCTYPE, html};
use stoa_domain::marketing::{Filled, fill};
use stoa_domain::order::{Order, RefundState};
use stoa_domain::shop::Shop;
use stoa_domain::{Locale, Money};
use stoa_storage::{MessageContent, OrderNews, OutboxMessage, Store, StoreError};

/// What becomes of a message that cannot be a letter.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unwritable {
    /// Not now, and not later either; a stable code.
    #[error("{0}")]
    Never(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A letter before it is bytes.
pub(crate) struct Letter {
    pub(crate) to: String,
    subject: String,
    parts: Vec<Part>,
    /// The whole address where the reader ends offers; none for what concerns their own order or sign-in.
    unsubscribe: Option<String>,
    locale: Locale,
}

enum Part {
    Text(String),
    /// Large, to be read off.
    Code(String),
    Rows(Vec<(String, String)>),
    Link {
        label: String,
        url: String,
    },
    /// Below a rule.
    Small(String),
}

/// Who writes.
pub(crate) struct Sender<'a> {
    pub(crate) shop: &'a Shop,
    pub(crate) address: &'a str,
}

impl Letter {
    pub(crate) async fn of(
        mail: &Mail,
        store: &Store,
        shop: &Shop,
        message: &OutboxMessage,
        now: Timestamp,
    ) -> Result<Self, Unwritable> {
        match &message.content {
            MessageContent::Offer { subject, body, coupon, .. } => {
                let customer =
                    store.customers().get(&message.customer).await?.ok_or(Unwritable::Never("no_customer"))?;
                // It was asked when the message was written, and is asked again.
                let customer = Some(customer.value).filter(|customer| customer.consent.is_some());
                let customer = customer.ok_or(Unwritable::Never("no_consent"))?;
                let (words, name) = (words(&message.locale), shop.name.get(&message.locale, &shop.default_locale));
                let ends = coupon.as_ref().map(|coupon| coupon.last_day.to_string()).unwrap_or_default();
                let filled_in = Filled {
                    name: &customer.name,
                    shop: name,
                    coupon: coupon.as_ref().map_or("", |coupon| coupon.code.as_str()),
                    coupon_ends: &ends,
                };
                let path = mail.link_key.unsubscribe_path(&customer.id, &message.locale, &shop.default_locale);
                let url = mail.public_url.join(&path);
                let parts = vec![
                    Part::Text(fill(body, filled_in)),
                    Part::Small(filled(words.why_offer, "", name)),
                    Part::Link { label: words.unsubscribe.to_owned(), url: url.clone() },
                ];
                Ok(Self {
                    to: customer.email,
                    subject: fill(subject, filled_in),
                    parts,
                    unsubscribe: Some(url),
                    locale: message.locale.clone(),
                })
            }
            MessageContent::SignIn { sign_in } => {
                let found = store.accounts().sign_in(sign_in, now).await?.ok_or(Unwritable::Never("expired"))?;
                let (words, name) = (words(&message.locale), shop.name.get(&message.locale, &shop.default_locale));
                let code = mail.link_key.sign_in_code(&found.id, &found.customer);
                let parts =
                    vec![Part::Text(words.code.1.to_owned()), Part::Code(code), Part::Text(words.code_use.to_owned())];
                let subject = filled(words.code.0, "", name);
                Ok(Self { to: found.email, subject, parts, unsubscribe: None, locale: message.locale.clone() })
            }
            MessageContent::Order { order, news } => {
                let order = store.orders().get(order).await?.ok_or(Unwritable::Never("no_order"))?.value;
                // An order that was made anonymous is nobody's to be told of.
                if stoa_domain::email::validate(&order.email).is_err() {
                    return Err(Unwritable::Never("no_address"));
                }
                Self::of_order(mail, shop, &order, news)
            }
        }
    }

    fn of_order(mail: &Mail, shop: &Shop, order: &Order, news: &OrderNews) -> Result<Self, Unwritable> {
        let (words, name) = (words(&order.locale), shop.name.get(&order.locale, &shop.default_locale));
        let ((subject, lead), rows) = match news {
            OrderNews::Confirmed => (words.confirmed, bought(order)),
            OrderNews::Shipped(number) => {
                let parcel = order.shipments.iter().find(|parcel| parcel.number == *number);
                let parcel = parcel.ok_or(Unwritable::Never("no_shipment"))?;
                let lines = parcel.lines.iter().filter_map(|pieces| {
                    let line = order.lines.get(usize::try_from(pieces.line).ok()?)?;
                    Some((title(&line.title, &line.variant_title), format!("× {}", pieces.quantity)))
                });
                let tracking = format!("{} {}", parcel.carrier, parcel.tracking_number);
                let tracking = (words.tracking.to_owned(), tracking.trim().to_owned());
                (words.shipped, lines.chain(Some(tracking).filter(|(_, text)| !text.is_empty())).collect())
            }
            OrderNews::Refunded(id) => {
                let refund = order.refunds.iter().find(|refund| refund.id == *id);
                let refund = refund.filter(|refund| refund.state == RefundState::Succeeded);
                let refund = refund.ok_or(Unwritable::Never("no_refund"))?;
                (words.refunded, vec![(words.amount.to_owned(), money(refund.amount))])
            }
        };
        let path = mail.link_key.order_path(&order.id, &order.locale, &shop.default_locale);
        let parts = vec![
            Part::Text(filled(lead, &order.number, name)),
            Part::Rows(rows),
            Part::Link { label: words.see_order.to_owned(), url: mail.public_url.join(&path) },
        ];
        let subject = filled(subject, &order.number, name);
        Ok(Self { to: order.email.clone(), subject, parts, unsubscribe: None, locale: order.locale.clone() })
    }

    /// As it goes over the wire. The same message has the same Message-ID however often it is sent: who receives two of it can
    /// drop one.
    pub(crate) fn bytes(&self, id: &str, from: &Sender<'_>, now: Timestamp) -> std::io::Result<Vec<u8>> {
        let shop = from.shop.name.get(&self.locale, &from.shop.default_locale);
        let domain = from.address.rsplit('@').next().unwrap_or("localhost");
        let mut letter = MessageBuilder::new()
            .message_id(format!("{id}@{domain}"))
            .date(now.as_second())
            .from((shop, from.address))
            .to(self.to.as_str())
            .subject(self.subject.as_str())
            .header("Auto-Submitted", Raw::new("auto-generated"))
            .text_body(self.text(shop))
            .html_body(self.html(shop));
        if from.shop.email != from.address && stoa_domain::email::validate(&from.shop.email).is_ok() {
            letter = letter.reply_to(from.shop.email.as_str());
        }
        if let Some(url) = &self.unsubscribe {
            // RFC 8058: the reader's mail program unsubscribes with one POST, without a page and without signing in.
            letter = letter.header("List-Unsubscribe", URL::new(url.as_str()));
            letter = letter.header("List-Unsubscribe-Post", Raw::new("List-Unsubscribe=One-Click"));
        }
        letter.write_to_vec()
    }

    fn text(&self, shop: &str) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Code(code) => format!("    {code}"),
            Part::Rows(rows) => {
                rows.iter().map(|(label, value)| format!("{label}  {value}")).collect::<Vec<_>>().join("\n")
            }
            Part::Link { label, url } => format!("{label}: {url}"),
            Part::Small(text) => format!("--\n{text}"),
        };
        let parts: Vec<String> = self.parts.iter().map(part).collect();
        format!("{}\n\n{shop}\n", parts.join("\n\n"))
    }

    /// Without pictures, scripts and anything that is fetched: opening it tells nobody.
    fn html(&self, shop: &str) -> String {
        html! {
            (DOCTYPE)
            html lang=(self.locale) {
                head { meta charset="utf-8"; title { (self.subject) } }
                body style="margin:0;padding:24px;font:16px/1.6 system-ui,sans-serif;color:#26221b;background:#faf6ee" {
                    div style="max-width:560px;margin:0 auto" {
                        p style="font:20px Georgia,serif" { (shop) }
                        @for part in &self.parts {
                            @match part {
                                Part::Text(text) => p style="white-space:pre-line" { (text) },
                                Part::Code(code) => p style="font:32px monospace;letter-spacing:4px" { (code) },
                                Part::Rows(rows) => table style="width:100%;border-collapse:collapse" {
                                    @for (label, value) in rows {
                                        tr { td style="padding:4px 0" { (label) } td style="text-align:right" { (value) } }
                                    }
                                },
                                Part::Link { label, url } => p { a href=(url) style="color:#1f5f8b" { (label) } },
                                Part::Small(text) => p style="border-top:1px solid #d8cfbf;padding-top:12px;font-size:14px" { (text) },
                            }
                        }
                    }
                }
            }
        }
        .into_string()
    }
}

/// What was bought, and what it comes to.
fn bought(order: &Order) -> Vec<(String, String)> {
    let (words, quote) = (words(&order.locale), &order.quote);
    let line = |line: &stoa_domain::order::OrderLine| {
        let label = format!("{} × {}", title(&line.title, &line.variant_title), line.quantity);
        (label, if line.gift.is_some() { words.gift.to_owned() } else { money(line.total) })
    };
    let mut rows: Vec<(String, String)> = order.lines.iter().map(line).collect();
    rows.extend(quote.shipping.as_ref().map(|shipping| (words.shipping.to_owned(), money(shipping.total))));
    let added = quote.tax.as_ref().filter(|tax| !tax.included);
    rows.extend(added.map(|tax| (words.tax.to_owned(), money(tax.total))));
    rows.push((words.total.to_owned(), money(quote.total)));
    rows
}

fn title(title: &str, variant: &str) -> String {
    if variant.is_empty() { title.to_owned() } else { format!("{title}, {variant}") }
}

fn money(amount: Money) -> String {
    format!("{}\u{a0}{}", amount.to_decimal(), amount.currency)
}
