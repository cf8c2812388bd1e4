//! Pages that are the same for everyone: made from the snapshot alone.

use super::{Edge, broken, html};
use crate::http::{HTML, Kind, Reply, Request, value};
use crate::listing::{Featured, ListQuery, list};
use crate::pages::list::{Heading, List};
use crate::pages::{collections, content, errors, home, list as list_page, product, sitemap, suggest as suggest_page};
use crate::platform::Platform;
use crate::route::Route;
use crate::suggest::{self, suggestions as suggest_for};
use crate::view::View;
use jiff::Timestamp;
use stoa_domain::search::Plan;
use stoa_search_index::steer;

/// The canonical form of what was asked, so that other spellings of it share a page. None: not worth keeping.
pub(super) fn cache_key(view: &View<'_>, route: &Route, request: &Request) -> Option<String> {
    let head = format!("{}\n{}\n{}", view.origin, view.locale, request.path);
    Some(match route {
        Route::Product(_) if request.query.is_empty() => head,
        Route::Product(_) => format!("{head}?{}", value(&request.query_pairs(), "variant").unwrap_or_default()),
        Route::Collection(_) | Route::Search => {
            format!("{head}{}", query_of(view, request).to_query(&view.snapshot.facets()))
        }
        Route::Suggest => format!("{head}?{}", value(&request.query_pairs(), "q").unwrap_or_default()),
        // Large, and read by robots once.
        Route::Sitemap(_) => return None,
        // As quick to make anew as to keep apart.
        Route::Results => return None,
        _ => head,
    })
}

fn query_of(view: &View<'_>, request: &Request) -> ListQuery {
    ListQuery::parse(&request.query_pairs(), view.snapshot)
}

impl Edge {
    pub(super) async fn catalogue<P: Platform>(
        &self,
        platform: &P,
        request: &Request,
        view: &View<'_>,
        route: &Route,
    ) -> Reply {
        let missing = || errors::render(view, 404, "missing");
        match route {
            Route::Home => html(home::render(view)),
            Route::Collections => html(collections::render(view)),
            Route::Collection(handle) => collection(platform, view, handle, request).unwrap_or_else(missing),
            Route::Product(handle) => self.product(platform, view, handle, request).await.unwrap_or_else(missing),
            Route::Search => search(platform, view, request),
            Route::Results => super::results::render(platform, view, &query_of(view, request), request),
            Route::Suggest => suggestions(platform, view, request),
            Route::Page(kind, handle) => {
                view.snapshot.page(*kind, handle).map_or_else(missing, |page| html(content::render(view, page)))
            }
            Route::Robots => sitemap::robots(view.snapshot, view.origin),
            Route::Sitemap(chunk) => sitemap::render(view.snapshot, view.origin, *chunk).unwrap_or_else(missing),
            _ => missing(),
        }
    }

    async fn product<P: Platform>(
        &self,
        platform: &P,
        view: &View<'_>,
        handle: &str,
        request: &Request,
    ) -> Option<Reply> {
        let card = view.snapshot.card(view.snapshot.find_handle(handle)?);
        let id = stoa_domain::ProductId::new(&*card.id).ok()?;
        let product = match self.product_view(platform, view.snapshot, &id).await {
            Ok(found) => found?,
            Err(error) => {
                platform.log(&format!("product {id}: {error}"));
                return Some(errors::render(view, 503, "unavailable").with("retry-after", "5"));
            }
        };
        let pairs = request.query_pairs();
        let sku = value(&pairs, "variant");
        // A variant that is gone, or never was: the product, under its one address.
        if sku.is_some_and(|sku| !product.product.variants.iter().any(|v| v.sku.as_str() == sku)) {
            return Some(Reply::redirect(302, view.to_product(handle)));
        }
        Some(html(product::render(view, &product, sku)))
    }
}

fn collection(platform: &impl Platform, view: &View<'_>, handle: &str, request: &Request) -> Option<Reply> {
    let snapshot = view.snapshot;
    let query = ListQuery { q: String::new(), exact: false, ..query_of(view, request) };
    let path = format!("/collections/{}", crate::view::segment(handle));
    if let Some(category) = snapshot.category(handle) {
        let mut members = snapshot.cards_in_category(category.id.as_str());
        let plan = snapshot.steering.for_category(&category.id, now(platform));
        steer::category(snapshot, &plan, &mut members);
        let featured = Featured::Steered(plan.clone());
        let listing = list(snapshot, &view.locale, &query, &members, &featured);
        let mut crumbs = snapshot.path_to(category.id.as_str());
        crumbs.pop();
        let heading = Heading {
            title: view.text(&category.name),
            description_html: view.text(&category.description_html),
            crumbs,
            children: snapshot.children(Some(category.id.as_str())),
        };
        let list = List { query: &query, listing: &listing, path, is_category: true, plan: &plan };
        return Some(html(list_page::collection(view, &heading, &list)));
    }
    let collection = snapshot.collection(handle)?;
    let members = snapshot.cards_in_collection(collection);
    let by_hand = matches!(collection.members, stoa_domain::collection::Members::Manual(_));
    let featured = if by_hand { Featured::AsItIs } else { Featured::InStockFirst };
    let listing = list(snapshot, &view.locale, &query, &members, &featured);
    let heading = Heading {
        title: view.text(&collection.title),
        description_html: view.text(&collection.description_html),
        crumbs: Vec::new(),
        children: Vec::new(),
    };
    let list = List { query: &query, listing: &listing, path, is_category: false, plan: &Plan::default() };
    Some(html(list_page::collection(view, &heading, &list)))
}

fn search(platform: &impl Platform, view: &View<'_>, request: &Request) -> Reply {
    let query = query_of(view, request);
    let Some(steered) = view.snapshot.steered() else { return errors::render(view, 503, "unavailable") };
    let plan = steered.steering.for_query(&query.q, &view.locale, now(platform));
    // Who asks for just these words, or filters, is on the list already and stays there.
    if let Some(link) = plan.redirect().filter(|_| !query.exact && query.page == 1 && query.narrowed_by() == 0) {
        let to = if link.leaves_the_shop() { link.as_str().to_owned() } else { view.to(link.as_str()) };
        return Reply { location: Some(to), ..Reply::new(302, Kind::Catalogue, HTML, "") };
    }
    match steered.search(&query.q, &view.locale, query.exact, &plan, None) {
        Ok(found) => {
            let featured = Featured::Steered(plan.clone());
            let listing = list(view.snapshot, &view.locale, &query, &found.items, &featured);
            let list =
                List { query: &query, listing: &listing, path: "/search".into(), is_category: false, plan: &plan };
            html(list_page::search(view, &list, &found))
        }
        Err(error) => {
            platform.log(&format!("search failed: {error}"));
            broken(view)
        }
    }
}

fn suggestions(platform: &impl Platform, view: &View<'_>, request: &Request) -> Reply {
    let query = query_of(view, request);
    let typed = value(&request.query_pairs(), "q").is_some_and(|q| q.ends_with(' '));
    let text = if typed { format!("{} ", query.q) } else { query.q.clone() };
    let found = match view.snapshot.steered() {
        Some(steered) if !query.q.is_empty() => {
            let plan = steered.steering.for_query(&query.q, &view.locale, now(platform));
            steered.suggest(&text, &view.locale, &plan, suggest::LOOKED_AT)
        }
        _ => Ok(Vec::new()),
    };
    let cards = found.unwrap_or_else(|error| {
        platform.log(&format!("suggest failed: {error}"));
        Vec::new()
    });
    html(suggest_page::render(view, &suggest_for(view.snapshot, &view.locale, &query.q, &cards)))
}

/// For the rules that begin and end.
pub(super) fn now(platform: &impl Platform) -> Timestamp {
    Timestamp::from_millisecond(i64::try_from(platform.now_ms()).unwrap_or(i64::MAX)).unwrap_or(Timestamp::MAX)
}
