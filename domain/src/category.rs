//! The category tree. A category's page is `/collections/{handle}`, in one namespace with collections.

use crate::{CategoryId, Handle, Localized};
use serde::{Deserialize, Serialize};

pub const MAX_DEPTH: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    pub id: CategoryId,
    pub parent: Option<CategoryId>,
    pub handle: Handle,
    pub name: Localized,
    pub description_html: Localized,
    /// Order among siblings, then by id.
    pub position: u32,
}
