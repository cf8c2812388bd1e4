//! Whether everything that is linked may be: the licence expression of each crate against `licenses.allow` in deny.toml.

use crate::check::Outcome;
use crate::checkout::Checkout;
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use spdx::{Expression, ParseMode};

#[derive(Deserialize)]
struct Deny {
    licenses: Licenses,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
}

pub(crate) fn check(checkout: &Checkout) -> Result<Outcome> {
    let deny = std::fs::read_to_string(checkout.root.join("deny.toml")).context("reading deny.toml")?;
    let deny: Deny = toml::from_str(&deny).context("reading deny.toml")?;
    let output = checkout.cargo(["metadata", "--format-version", "1", "--locked"]).output();
    let output = output.context("asking cargo for the packages")?;
    if !output.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    }
    let metadata: Metadata = serde_json::from_slice(&output.stdout)?;
    let refused: Vec<String> = metadata.packages.iter().filter_map(|p| refusal(p, &deny.licenses.allow)).collect();
    if refused.is_empty() {
        Ok(Outcome::Passed(format!("of {} crates ", metadata.packages.len())))
    } else {
        bail!("{}", refused.join("; "))
    }
}

fn refusal(Package { name, version, license }: &Package, allow: &[String]) -> Option<String> {
    match license {
        Some(expression) if satisfied(expression, allow) => None,
        Some(expression) => Some(format!("{name} {version} is under {expression}")),
        None => Some(format!("{name} {version} names no licence")),
    }
}

/// Lax: a slash is the old way to write OR, and crates still do.
fn satisfied(expression: &str, allow: &[String]) -> bool {
    let parsed = Expression::parse_mode(expression, ParseMode::LAX);
    parsed.is_ok_and(|parsed| parsed.evaluate(|requirement| allow.contains(&requirement.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_allowed_side_of_an_or_is_enough_and_every_side_of_an_and_is_needed() {
        let allow = ["MIT", "Apache-2.0", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
        for fine in [
            "MIT OR GPL-3.0-only",
            "MIT/Apache-2.0",
            "(MIT OR GPL-2.0-only) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0-only",
        ] {
            assert!(satisfied(fine, &allow), "{fine}");
        }
        for refused in ["MIT AND GPL-3.0-only", "GPL-3.0-only", "", "(MIT", "made up"] {
            assert!(!satisfied(refused, &allow), "{refused}");
        }
    }
}
