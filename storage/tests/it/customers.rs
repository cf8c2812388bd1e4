//! Customers, what became of plugins' answers, and the outbox.

use crate::shop::{now, shop};
use std::collections::BTreeSet;
use stoa_domain::marketing::{Action, Consent, Customer};
use stoa_domain::plugin::Version;
use stoa_domain::promotion::Amounts;
use stoa_domain::{CustomerId, Locale, PluginId};
use stoa_storage::testing::{cny, promotion_code};
use stoa_storage::*;

pub fn customer(id: &str) -> Customer {
    Customer {
        id: CustomerId::new(id).unwrap(),
        email: "lin.mei@example.com".to_owned(),
        name: "Lin Mei".to_owned(),
        locale: Locale::new("zh-CN").unwrap(),
        orders: 2,
        spent: Amounts::new([cny(4_500)]),
        first_order_at: Some(now()),
        last_order_at: Some(now()),
        birthday: None,
        consent: Some(Consent { at: now(), by: "order S-4F7K-2M9Q".to_owned() }),
        segments: ["tea".to_owned()].into(),
        points: 0,
        follow_ups: vec![],
        messaged_at: vec![],
    }
}

/// A hundred points, with a coupon and a message, in answer to `event`.
pub fn application(read: &Versioned<Customer>, event: &str, code: &str, message: &str) -> Application {
    let (plugin, version) = (PluginId::new("birthday-greeting").unwrap(), Version::new("1.0.0").unwrap());
    let customer = Customer { points: read.value.points + 100, ..read.value.clone() };
    Application {
        expected: read.unchanged(),
        answer: MarketingAnswer {
            customer: customer.id.clone(),
            plugin: plugin.clone(),
            version: version.clone(),
            event: event.to_owned(),
            at: now(),
            done: vec![Action::GrantPoints { points: 100, reason: "a present".to_owned() }],
            refused: vec![],
            coupon: Some(code.to_owned()),
            message: Some(message.to_owned()),
        },
        code: Some(promotion_code(code, "win-back")),
        message: Some(OutboxMessage::new(
            message.to_owned(),
            customer.id.clone(),
            MessageContent::Offer {
                plugin,
                version,
                subject: "生日快乐".to_owned(),
                body: "{{name}}，{{coupon}}".to_owned(),
                coupon: Some(MessageCoupon { code: code.to_owned(), last_day: "2026-12-08".parse().unwrap() }),
            },
            customer.locale.clone(),
            now(),
        )),
        customer,
    }
}

#[tokio::test]
async fn an_answer_is_dealt_with_once_however_many_do_it_at_once() {
    let servers = shop().await;
    let customers = servers.store.customers();
    customers.put(&customer("cus_a"), Expected::Absent).await.unwrap();
    let id = CustomerId::new("cus_a").unwrap();
    let tries = (0..8).map(|n| {
        let (store, id) = (servers.store.clone(), id.clone());
        tokio::spawn(async move {
            loop {
                let read = store.customers().get(&id).await.unwrap().unwrap();
                let one = application(&read, "day#2026-11-24", &format!("CODE{n}"), &format!("msg_{n}"));
                match store.customers().apply(&one).await {
                    Err(StoreError::RevisionConflict { .. }) => {}
                    done => return done.unwrap(),
                }
            }
        })
    });
    let done = futures_all(tries).await;
    assert_eq!(done.iter().filter(|once| **once == Once::Now).count(), 1, "{done:?}");
    assert_eq!(customers.get(&id).await.unwrap().unwrap().value.points, 100);
    assert_eq!(customers.answers(&id).await.unwrap().len(), 1);
    let waiting = servers.store.messages().list(MessageState::Waiting, None, 100).await.unwrap();
    assert_eq!(waiting.items.len(), 1, "one message");
    let codes = servers.store.promotions();
    let mut made = 0;
    for n in 0..8 {
        made += usize::from(codes.code(&format!("CODE{n}")).await.unwrap().is_some());
    }
    assert_eq!(made, 1, "one coupon");
}

async fn futures_all<T: Send + 'static>(tasks: impl Iterator<Item = tokio::task::JoinHandle<T>>) -> Vec<T> {
    let tasks: Vec<_> = tasks.collect();
    let mut done = Vec::new();
    for task in tasks {
        done.push(task.await.unwrap());
    }
    done
}

#[tokio::test]
async fn what_was_decided_on_an_older_customer_is_not_written() {
    let servers = shop().await;
    let customers = servers.store.customers();
    customers.put(&customer("cus_a"), Expected::Absent).await.unwrap();
    let read = customers.get(&CustomerId::new("cus_a").unwrap()).await.unwrap().unwrap();
    let old = application(&read, "day#2026-11-24", "ONE", "msg_1");
    let changed = Customer { consent: None, ..read.value.clone() };
    customers.put(&changed, read.unchanged()).await.unwrap();
    assert!(matches!(customers.apply(&old).await, Err(StoreError::RevisionConflict { what: "customer" })));
    let read = customers.get(&changed.id).await.unwrap().unwrap();
    servers.store.promotions().add_codes(&[promotion_code("taken", "other")]).await.unwrap();
    let taken = customers.apply(&application(&read, "day#2026-11-24", "TAKEN", "msg_1")).await;
    assert!(matches!(taken, Err(StoreError::CodeTaken { code }) if code == "TAKEN"));
    assert!(customers.answers(&changed.id).await.unwrap().is_empty(), "nothing of it was written");
}

#[tokio::test]
async fn every_customer_is_on_one_page() {
    let servers = shop().await;
    let customers = servers.store.customers();
    let ids: BTreeSet<String> = (0..130_u32).map(|n| format!("cus_{:032x}", n.wrapping_mul(2_654_435_761))).collect();
    for id in &ids {
        customers.put(&customer(id), Expected::Absent).await.unwrap();
    }
    for limit in [7, 100] {
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = customers.page(cursor.as_ref(), limit).await.unwrap();
            assert!(page.items.len() <= limit as usize);
            seen.extend(page.items.into_iter().map(|read| read.value.id.to_string()));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!((seen.len(), seen.into_iter().collect::<BTreeSet<_>>()), (130, ids.clone()));
    }
    for cursor in ["x", "16:cus_1", "-1:"] {
        let refused = customers.page(Some(&Cursor::new(cursor).unwrap()), 10).await;
        assert!(matches!(refused, Err(StoreError::InvalidCursor)), "{cursor}");
    }
}
