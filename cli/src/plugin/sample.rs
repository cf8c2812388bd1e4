//! The samples that a project can begin as: the files of `plugins/samples` themselves, as they were when this program was
//! built.

use anyhow::{Context, Result};
use serde_json::Value;

/// One of them, by its folder's name. Paths are within the project.
pub(super) struct Sample {
    pub(super) name: &'static str,
    pub(super) files: &'static [(&'static str, &'static str)],
}

macro_rules! samples {
    ($($name:literal: $($path:literal)*;)*) => {
        &[$(Sample {
            name: $name,
            files: &[$(($path, include_str!(concat!("../../../plugins/samples/", $name, "/", $path))),)*],
        },)*]
    };
}

pub(super) const SAMPLES: &[Sample] = samples! {
    "bundle-price":
        "plugin.toml" "build.rs" "README.md" "src/lib.rs" "src/fit.rs" "src/tests.rs"
        "fixtures/once.json" "fixtures/repeats-to-the-limit.json" "fixtures/one-missing.json" "fixtures/no-cheaper.json"
        "fixtures/by-sku.json" "fixtures/one-piece.json";
    "buy-two-get-one":
        "plugin.toml" "build.rs" "README.md" "src/lib.rs" "src/tests.rs"
        "fixtures/cheapest-free.json" "fixtures/repeats.json" "fixtures/up-to-the-limit.json"
        "fixtures/another-set-at-half-price.json" "fixtures/one-missing.json" "fixtures/one-piece.json";
    "free-shipping-for-members":
        "plugin.toml" "build.rs" "README.md" "src/lib.rs" "src/tests.rs"
        "fixtures/guest.json" "fixtures/guest-below.json" "fixtures/silver.json" "fixtures/silver-below.json"
        "fixtures/gold.json" "fixtures/guests-pay.json" "fixtures/other-currency.json";
    "full-reduction":
        "plugin.toml" "build.rs" "README.md" "src/lib.rs" "src/tests.rs"
        "fixtures/every-full-300.json" "fixtures/below.json" "fixtures/up-to-the-cap.json"
        "fixtures/the-better-level-alone.json" "fixtures/levels-add-up.json" "fixtures/only-festival-goods.json"
        "fixtures/other-currency.json";
    "volume-discount":
        "plugin.toml" "build.rs" "README.md" "src/lib.rs" "src/tests.rs"
        "fixtures/second-step.json" "fixtures/cheapest-first.json" "fixtures/by-product.json" "fixtures/not-yet.json"
        "fixtures/one-piece.json" "fixtures/other-currency.json";
};

/// A sample by its name.
pub(super) fn find(name: &str) -> Result<&'static Sample> {
    let known = || SAMPLES.iter().map(|sample| sample.name).collect::<Vec<_>>().join(", ");
    SAMPLES.iter().find(|sample| sample.name == name).with_context(|| format!("the samples are {}", known()))
}

impl Sample {
    /// The files of a project called `name`, a cart for `stoa plugin run` among them.
    pub(super) fn files_for(&self, name: &str) -> Result<Vec<(&'static str, String)>> {
        let own_id = format!("id = \"{}\"", self.name);
        let file = |(path, text): &(&'static str, &str)| match *path {
            "plugin.toml" => (*path, text.replacen(&own_id, &format!("id = \"{name}\""), 1)),
            _ => (*path, (*text).to_owned()),
        };
        let mut files: Vec<_> = self.files.iter().map(file).collect();
        let fixture = self.files.iter().find(|(path, _)| path.starts_with("fixtures/"));
        let fixture: Value = serde_json::from_str(fixture.context("a sample has a fixture")?.1)?;
        files.push(("cart.json", serde_json::to_string_pretty(&fixture["input"])? + "\n"));
        Ok(files)
    }
}

#[cfg(test)]
mod tests {
    use super::SAMPLES;
    use std::collections::BTreeSet;
    use std::path::Path;
    use stoa_merchant::plugins::Manifest;

    #[test]
    fn a_sample_is_all_that_lies_in_its_folder() {
        for sample in SAMPLES {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/samples").join(sample.name);
            let mut found = BTreeSet::new();
            for inner in ["", "src", "fixtures"] {
                for entry in std::fs::read_dir(folder.join(inner)).unwrap() {
                    let path = entry.unwrap().path();
                    if path.is_file() && !path.ends_with("Cargo.toml") {
                        found.insert(path.strip_prefix(&folder).unwrap().to_string_lossy().into_owned());
                    }
                }
            }
            let embedded: BTreeSet<String> = sample.files.iter().map(|(path, _)| (*path).to_owned()).collect();
            assert_eq!(found, embedded, "{}", sample.name);
            let files = sample.files_for("mine").unwrap();
            let text = |path: &str| &files.iter().find(|(name, _)| *name == path).unwrap().1;
            let manifest = Manifest::from_files(text("plugin.toml"), None).unwrap();
            assert_eq!(manifest.id.as_str(), "mine");
            assert!(manifest.target.is_some() && manifest.settings_schema.is_some(), "{}", sample.name);
        }
    }
}
