//! Where products are put: the category tree and hand-picked collections, found by name or made.

use super::record::Text;
use super::refusal::{Field, Problem};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};
use stoa_domain::category::{Category, MAX_DEPTH};
use stoa_domain::collection::{Collection, Members};
use stoa_domain::{CategoryId, CollectionId, Handle, Locale, Localized, ProductId};
use stoa_storage::{Expected, Store, StoreError, Versioned};

pub(super) struct Places {
    default: Locale,
    categories: Vec<Category>,
    collections: Vec<Versioned<Collection>>,
    taken: HashSet<Handle>,
    new_categories: Vec<Category>,
    new_collections: HashSet<CollectionId>,
    joined: BTreeMap<CollectionId, Vec<ProductId>>,
    pub(super) categories_created: u64,
}

impl Places {
    /// Of a shop that has none yet.
    pub(super) fn empty(default: Locale) -> Self {
        Self {
            default,
            categories: Vec::new(),
            collections: Vec::new(),
            taken: HashSet::new(),
            new_categories: Vec::new(),
            new_collections: HashSet::new(),
            joined: BTreeMap::new(),
            categories_created: 0,
        }
    }

    pub(super) fn into_categories(self) -> Vec<Category> {
        self.categories
    }

    pub(super) async fn load(store: &Store, default: Locale) -> Result<Self, StoreError> {
        let data = store.shop().all().await?;
        let categories: Vec<Category> = data.categories.into_iter().map(|c| c.value).collect();
        let taken = categories.iter().map(|c| c.handle.clone());
        let taken = taken.chain(data.collections.iter().map(|c| c.value.handle.clone())).collect();
        Ok(Self { categories, collections: data.collections, taken, ..Self::empty(default) })
    }

    /// The category at the end of a path from the root, made as far as it is missing. An empty path: none.
    pub(super) fn category(&mut self, path: &[Text]) -> Result<Option<CategoryId>, Problem> {
        let field = Field::product("category");
        if path.len() > MAX_DEPTH {
            let rule = format!("a category has at most {MAX_DEPTH} levels");
            return Err(field.problem("category_too_deep", rule, path.len()));
        }
        let mut parent: Option<CategoryId> = None;
        let mut slugs = String::new();
        for name in path {
            let name = name.over(&Localized::default(), &self.default);
            let text = name.get(&self.default, &self.default).to_owned();
            let Ok(slug) = Handle::from_text(&text) else {
                return Err(field.problem("invalid_category", "a category's name has a letter or a digit", text));
            };
            if text.chars().count() > super::build::MAX_TEXT_CHARS {
                return Err(field.problem("too_long", "a category's name is too long", text));
            }
            slugs = format!("{slugs}/{slug}");
            let id = category_id(&slugs);
            let same = |c: &&Category| {
                c.parent == parent
                    && (c.id == id || c.name.get(&self.default, &self.default) == text || c.handle == slug)
            };
            parent = Some(match self.categories.iter().find(same) {
                Some(category) => category.id.clone(),
                None => self.make_category(id, parent.as_ref(), slug, name),
            });
        }
        Ok(parent)
    }

    fn make_category(
        &mut self,
        id: CategoryId,
        parent: Option<&CategoryId>,
        slug: Handle,
        name: Localized,
    ) -> CategoryId {
        let above = parent.and_then(|p| self.categories.iter().find(|c| &c.id == p)).map(|c| c.handle.clone());
        let handle = self.free_handle(slug, above.as_ref(), id.as_str());
        let siblings = self.categories.iter().filter(|c| c.parent.as_ref() == parent).count();
        let category = Category {
            id: id.clone(),
            parent: parent.cloned(),
            handle,
            name,
            description_html: Localized::default(),
            position: u32::try_from(siblings).unwrap_or(u32::MAX),
        };
        self.categories.push(category.clone());
        self.new_categories.push(category);
        self.categories_created += 1;
        id
    }

    /// `slug`, else behind its parent's handle, else with the id: one namespace for categories and collections.
    fn free_handle(&mut self, slug: Handle, above: Option<&Handle>, id: &str) -> Handle {
        let longer = above.and_then(|above| Handle::from_text(&format!("{above}-{slug}")).ok());
        let with_id = Handle::from_text(&format!("{slug}-{id}")).ok();
        let candidates = [Some(slug.clone()), longer, with_id];
        let free = candidates.into_iter().flatten().find(|handle| !self.taken.contains(handle)).unwrap_or(slug);
        self.taken.insert(free.clone());
        free
    }

    /// The hand-picked collections of these titles, made where missing.
    pub(super) fn collections(&mut self, titles: &[String]) -> Result<Vec<CollectionId>, Problem> {
        let field = Field::product("collections");
        let mut ids = Vec::with_capacity(titles.len());
        for title in titles.iter().map(|t| t.trim()).filter(|t| !t.is_empty()) {
            let Ok(slug) = Handle::from_text(title) else {
                return Err(field.problem("invalid_collection", "a collection's title has a letter or a digit", title));
            };
            match meant(self.collections.iter().map(|c| &c.value), &slug, title, &self.default) {
                Some(Collection { members: Members::Rule(_), .. }) => {
                    let rule = "the collection's members follow from a rule: nothing joins it by hand";
                    return Err(field.problem("collection_is_a_rule", rule, title));
                }
                Some(collection) => ids.push(collection.id.clone()),
                None => ids.push(self.make_collection(slug, title)),
            }
        }
        Ok(ids)
    }

    fn make_collection(&mut self, slug: Handle, title: &str) -> CollectionId {
        let id = collection_id(&slug);
        let handle = self.free_handle(slug, None, id.as_str());
        let value = Collection {
            id: id.clone(),
            handle,
            title: Localized::new(self.default.clone(), title),
            description_html: Localized::default(),
            members: Members::Manual(Vec::new()),
            position: u32::try_from(self.collections.len()).unwrap_or(u32::MAX),
        };
        self.collections.push(Versioned { value, revision: stoa_storage::Revision::from_u64(0) });
        self.new_collections.insert(id.clone());
        id
    }

    pub(super) fn join(&mut self, collection: CollectionId, product: ProductId) {
        self.joined.entry(collection).or_default().push(product);
    }

    /// Writes the categories made since the last time: products may name them from then on.
    pub(super) async fn flush_categories(&mut self, store: &Store) -> Result<(), StoreError> {
        for category in std::mem::take(&mut self.new_categories) {
            match store.shop().put_category(&category, Expected::Absent).await {
                // Another import made it in the meantime: ids follow from names, so it is the same one.
                Ok(_) | Err(StoreError::RevisionConflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Members that joined, written; how many collections changed (or, on a dry run, would).
    pub(super) async fn flush_collections(&mut self, store: &Store, dry_run: bool) -> Result<u64, StoreError> {
        let mut changed = 0;
        for (id, products) in std::mem::take(&mut self.joined) {
            let Some(read) = self.collections.iter_mut().find(|c| c.value.id == id) else { continue };
            let Members::Manual(members) = &mut read.value.members else { continue };
            let before = members.len();
            let known: HashSet<ProductId> = members.iter().cloned().collect();
            members.extend(products.into_iter().filter(|p| !known.contains(p)));
            if members.len() == before {
                continue;
            }
            changed += 1;
            if !dry_run {
                let new = self.new_collections.remove(&id);
                let expected = if new { Expected::Absent } else { read.unchanged() };
                read.revision = store.shop().put_collection(&read.value, expected).await?;
            }
        }
        Ok(changed)
    }
}

/// The collection that a title in a file means: the first whose handle the title makes, or whose title it is.
pub(super) fn meant<'a>(
    mut collections: impl Iterator<Item = &'a Collection>,
    slug: &Handle,
    title: &str,
    default: &Locale,
) -> Option<&'a Collection> {
    collections.find(|c| c.handle == *slug || c.title.get(default, default) == title)
}

/// Ids of what imports make follow from the names, so that two runs make the same.
fn category_id(slugs: &str) -> CategoryId {
    CategoryId::new(format!("cat_{}", &hex::encode(Sha256::digest(slugs))[..24])).unwrap_or_else(|_| unreachable!())
}
fn collection_id(slug: &Handle) -> CollectionId {
    CollectionId::new(format!("col_{}", &hex::encode(Sha256::digest(slug.as_str()))[..24]))
        .unwrap_or_else(|_| unreachable!())
}

/// The category at the end of a path, made as far as it is missing: for one product outside of an import.
pub(crate) async fn find_category(
    store: &Store,
    default: &Locale,
    path: &[Text],
) -> Result<Result<Option<CategoryId>, Problem>, StoreError> {
    let mut places = Places::load(store, default.clone()).await?;
    let found = places.category(path);
    if found.is_ok() {
        places.flush_categories(store).await?;
    }
    Ok(found)
}
