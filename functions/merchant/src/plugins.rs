//! The life of a plugin on the merchant's side.
//!
//! | what | where |
//! | --- | --- |
//! | what an author says of a plugin, carried in its file | [`manifest`] |
//! | settings under the author's schema | [`settings`] |
//! | which carts it is for | [`target`] |
//! | an upload becomes a version that never changes | [`mod@upload`], for a script with `scripts` |
//! | another engine compiles what was uploaded again | [`mod@recompile`] |
//! | settings that a merchant changes | [`mod@change_settings`] |
//! | what runs for whom: release, rollback, pause, resume | [`mod@change`] |

pub mod change;
pub mod change_settings;
pub mod manifest;
pub mod recompile;
mod scripts;
pub mod settings;
mod shape;
pub mod target;
pub mod upload;

pub use change::{Change, ChangeError, change};
pub use change_settings::{SettingsChangeError, checked_settings};
pub use manifest::{Manifest, ManifestError};
pub use recompile::{RecompileError, Recompiled, ensure_compiled, recompile};
pub use scripts::ScriptError;
pub use upload::{Upload, UploadError, Uploaded, upload};

use stoa_storage::{PluginFailures, PluginRecord};

/// What went wrong with a version of it that is released; `failed` is of any plugins, in any version.
pub(crate) fn failures_of<'a>(plugin: &PluginRecord, failed: &'a [PluginFailures]) -> Option<&'a PluginFailures> {
    let release = plugin.life.release.as_ref()?;
    let runs = |f: &&PluginFailures| f.plugin == plugin.id && release.builds().any(|build| build.digest == f.digest);
    failed.iter().find(runs)
}

/// Of settings as JSON.
pub const MAX_SETTINGS_BYTES: usize = 16 * 1024;
const MAX_TITLE_CHARS: usize = 100;

/// What a shopper may read as a promotion's name, without outer white space.
pub fn checked_title(title: &str) -> Option<String> {
    let title = title.trim();
    let fits = (1..=MAX_TITLE_CHARS).contains(&title.chars().count()) && !title.chars().any(char::is_control);
    fits.then(|| title.to_owned())
}
