//! ARCHITECTURE.md's table "Who may depend on whom" and its invariants, held against what cargo builds.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use stoa_tests::{cargo_metadata, root};

/// crate → ours it may depend on. `*` is everything but the SDK.
const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("stoa-domain", &[]),
    ("stoa-plugin-sdk", &[]),
    ("stoa-storage", &["stoa-domain"]),
    ("stoa-search-index", &["stoa-domain"]),
    ("stoa-plugin-runtime", &["stoa-domain"]),
    ("stoa-endpoint", &["stoa-domain"]),
    ("stoa-payments", &["stoa-domain", "stoa-storage", "stoa-endpoint"]),
    ("stoa-checkout", &["stoa-domain", "stoa-storage", "stoa-endpoint", "stoa-plugin-runtime"]),
    ("stoa-merchant", &["stoa-domain", "stoa-storage", "stoa-endpoint", "stoa-plugin-runtime", "stoa-search-index"]),
    ("stoa-publish", &["stoa-domain", "stoa-storage", "stoa-search-index"]),
    ("stoa-crm", &["stoa-domain", "stoa-storage", "stoa-endpoint", "stoa-plugin-runtime"]),
    ("stoa-edge", &["stoa-domain", "stoa-search-index"]),
    ("stoa-simulation", &["stoa-domain", "stoa-storage", "stoa-endpoint", "stoa-checkout", "stoa-payments"]),
    ("stoa-cli", &["*"]),
    ("stoa-tests", &["*"]),
];

/// Whatever samples there are, each is what an author outside could have written.
const SAMPLES: (&str, &[&str]) = ("stoa-sample-", &["stoa-plugin-sdk"]);

/// heavy dependency → the only crate that may name it (bins of the functions for Lambda's).
const ONE_OWNER: &[(&str, &[&str])] = &[
    ("aws-sdk-dynamodb", &["stoa-storage"]),
    ("aws-sdk-s3", &["stoa-storage"]),
    ("async-smtp", &["stoa-crm"]),
    ("aws-config", &["stoa-storage"]),
    ("wasmtime", &["stoa-plugin-runtime"]),
    ("tantivy", &["stoa-search-index"]),
    ("worker", &["stoa-edge"]),
    ("lambda_http", &["stoa-checkout", "stoa-payments", "stoa-merchant"]),
    ("lambda_runtime", &["stoa-publish", "stoa-crm"]),
];

fn packages(metadata: &Value) -> Vec<&Value> {
    metadata["packages"].as_array().unwrap().iter().collect()
}

/// Direct dependencies that go into the product: not those of tests.
fn shipped_dependencies(package: &Value) -> BTreeSet<&str> {
    let dependencies = package["dependencies"].as_array().unwrap();
    dependencies.iter().filter(|d| d["kind"] != "dev").map(|d| d["name"].as_str().unwrap()).collect()
}

#[test]
fn crates_depend_only_on_what_the_table_allows() {
    let metadata = cargo_metadata(&["--no-deps"]);
    let table: BTreeMap<&str, &[&str]> = MAY_DEPEND_ON.iter().copied().collect();
    let mut wrong = Vec::new();
    for package in packages(&metadata) {
        let name = package["name"].as_str().unwrap();
        let sample = name.starts_with(SAMPLES.0).then_some(SAMPLES.1);
        let Some(allowed) = sample.or_else(|| table.get(name).copied()) else {
            wrong.push(format!("{name} is not in the table"));
            continue;
        };
        for dependency in shipped_dependencies(package).into_iter().filter(|d| d.starts_with("stoa-")) {
            let fits = allowed.contains(&dependency) || (allowed == ["*"] && dependency != "stoa-plugin-sdk");
            if !fits {
                wrong.push(format!("{name} may not depend on {dependency}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_heavy_dependency_has_one_owner() {
    let metadata = cargo_metadata(&["--no-deps"]);
    let mut wrong = Vec::new();
    for package in packages(&metadata) {
        let name = package["name"].as_str().unwrap();
        for (heavy, owners) in ONE_OWNER {
            if shipped_dependencies(package).contains(heavy) && !owners.contains(&name) {
                wrong.push(format!("{name} names {heavy}, which belongs to {owners:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Everything a crate links, by walking cargo's own resolution for it.
fn linked(package: &str, features: &[&str]) -> BTreeSet<String> {
    let mut command = std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args([
        "tree",
        "--locked",
        "-p",
        package,
        "-e",
        "normal,no-proc-macro",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    command.args(features).current_dir(root());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().filter_map(|l| l.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn domain_has_nothing_to_do_io_with() {
    let linked = linked("stoa-domain", &[]);
    for forbidden in ["tokio", "async-trait", "futures", "rand", "getrandom", "reqwest", "hyper", "worker", "chrono"] {
        assert!(!linked.contains(forbidden), "domain links {forbidden}");
    }
    for file in sources("domain/src") {
        let text = std::fs::read_to_string(&file).unwrap();
        let shipped = text.split("#[cfg(test)]").next().unwrap();
        for forbidden in [
            "std::fs",
            "std::net",
            "std::env",
            "SystemTime::now",
            "Instant::now",
            "Timestamp::now",
            "async fn",
            "f64",
            "f32",
        ] {
            assert!(!shipped.contains(forbidden), "{} uses {forbidden}", file.display());
        }
    }
}

#[test]
fn who_runs_plugins_holds_no_compiler() {
    for function in ["stoa-checkout", "stoa-crm"] {
        let linked = linked(function, &[]);
        assert!(linked.contains("wasmtime"));
        for compiler in ["cranelift-codegen", "wasmtime-internal-cranelift", "wit-component"] {
            assert!(!linked.contains(compiler), "{function} links {compiler}");
        }
    }
}

#[test]
fn edge_links_none_of_the_functions_world() {
    let linked = linked("stoa-edge", &["--target", "wasm32-unknown-unknown"]);
    assert!(linked.contains("tantivy") && linked.contains("worker"));
    for foreign in ["axum", "wasmtime", "aws-sdk-dynamodb", "aws-sdk-s3", "rusqlite"] {
        assert!(!linked.contains(foreign), "the edge links {foreign}");
    }
}

fn sources(folder: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found
}
