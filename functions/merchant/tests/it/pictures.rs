//! Pictures on the web, from a server of the test's own.

use crate::shop::{Shop, shop};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use stoa_domain::Handle;
use stoa_merchant::catalog::{FetchedPictures, PictureError, PicturesObserver, fetch_pictures};
use stoa_merchant::fetch::Fetcher;

/// Answers at `/{n}.png` with a picture, and counts who asks; the other paths misbehave.
async fn server() -> (String, Arc<AtomicU32>) {
    let asked = Arc::new(AtomicU32::new(0));
    let counter = asked.clone();
    let picture = move || async move {
        counter.fetch_add(1, Ordering::Relaxed);
        let mut png = Vec::new();
        let picture = image::DynamicImage::new_rgb8(400, 300);
        picture.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
        ([(header::CONTENT_TYPE, "image/png")], png)
    };
    let to =
        |target: &'static str| get(async move || (StatusCode::FOUND, [(header::LOCATION, target)]).into_response());
    let routes = Router::new()
        .route("/{name}", get(picture))
        .route("/moved", to("/a.png"))
        .route("/ring", to("/ring"))
        .route("/away", to("ftp://example.com/a.png"))
        .route("/page", get(async || "<svg/>"))
        .route("/gone", get(async || StatusCode::GONE))
        .route("/huge", get(async || vec![0_u8; 21 << 20]));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (url, asked)
}

#[derive(Default)]
struct Heard(Vec<String>);

impl PicturesObserver for Heard {
    fn refused(&mut self, product: &Handle, source: &str, why: &PictureError) {
        let path = source.rsplit('/').next().unwrap();
        self.0.push(format!("{product} {path}: {why}"));
    }
}

/// A shop whose products have these pictures.
async fn with_pictures(products: &[(&str, &[&str])], url: &str) -> Shop {
    let shop = shop().await;
    let lines: String = products
        .iter()
        .map(|(handle, paths)| {
            let images: Vec<_> = paths.iter().map(|path| serde_json::json!({ "source": format!("{url}/{path}") })).collect();
            let line = serde_json::json!({ "handle": handle, "title": handle, "variants": [{ "price": 1 }], "images": images });
            format!("{line}\n")
        })
        .collect();
    let (summary, _) = shop.import(lines.as_bytes()).await;
    assert_eq!(summary.created as usize, products.len());
    shop
}

#[tokio::test]
async fn pictures_elsewhere_become_our_own_and_are_fetched_once() {
    let (url, asked) = server().await;
    let shop = with_pictures(&[("mug", &["a.png", "moved"]), ("bowl", &["gone", "b.png"])], &url).await;
    let fetcher = Fetcher::new(true).unwrap();
    let mut heard = Heard::default();
    let done = fetch_pictures(&shop.store, &fetcher, &mut heard).await.unwrap();
    assert_eq!(done, FetchedPictures { products: 2, stored: 3, refused: 1 });
    assert_eq!(heard.0, ["bowl gone: 127.0.0.1 answered 410 Gone"]);
    let mug = shop.product("mug").await;
    let media = mug.images[0].media.clone().unwrap();
    assert_eq!((media.widths.as_slice(), mug.images[1].media.as_ref()), (&[320, 400][..], Some(&media)));
    assert!(shop.store.objects().exists(&format!("media/{}-320.webp", media.digest)).await.unwrap());
    assert_eq!(mug.images[0].source.as_deref(), Some(format!("{url}/a.png").as_str()), "the file still finds it");

    let before = asked.load(Ordering::Relaxed);
    let again = fetch_pictures(&shop.store, &fetcher, &mut ()).await.unwrap();
    assert_eq!((again.stored, again.refused, asked.load(Ordering::Relaxed)), (0, 1, before));
    // The file that named them changes nothing of it.
    let export = shop.export().await;
    assert_eq!(shop.import(&export).await.0.unchanged, 2);
}

#[tokio::test]
async fn an_address_without_a_picture_keeps_its_placeholder_and_says_why() {
    let (url, _) = server().await;
    let shop = with_pictures(&[("mug", &["ring", "away", "page", "huge"])], &url).await;
    let mut heard = Heard::default();
    let done = fetch_pictures(&shop.store, &Fetcher::new(true).unwrap(), &mut heard).await.unwrap();
    assert_eq!(done, FetchedPictures { products: 1, stored: 0, refused: 4 });
    for (said, why) in
        heard.0.iter().zip(["more than 3 redirects", "http or https", "PNG, JPEG or WebP", "at most 20971520"])
    {
        assert!(said.contains(why), "{said}");
    }
    assert!(shop.product("mug").await.images.iter().all(|image| image.media.is_none()));
}

#[tokio::test]
async fn a_host_that_does_not_answer_is_left_alone_and_this_machine_is_not_asked_unbidden() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let shop = with_pictures(&[("mug", &["1.png", "2.png", "3.png", "4.png"])], &url).await;
    let mut heard = Heard::default();
    fetch_pictures(&shop.store, &Fetcher::new(true).unwrap(), &mut heard).await.unwrap();
    assert!(heard.0[..3].iter().all(|said| said.contains("cannot be reached")), "{heard:?}", heard = heard.0);
    assert!(heard.0[3].contains("it did not answer 3 times before"), "{}", heard.0[3]);
    let mut heard = Heard::default();
    fetch_pictures(&shop.store, &Fetcher::new(false).unwrap(), &mut heard).await.unwrap();
    assert!(heard.0.iter().all(|said| said.ends_with("127.0.0.1 is not on the public internet")), "{:?}", heard.0);
}
