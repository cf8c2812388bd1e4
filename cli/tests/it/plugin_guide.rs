//! docs/plugin-guide.md, done: every command of its `sh` blocks runs as it stands there, in order, in a folder of its own. Where
//! the guide says `<!-- shoppers -->`, some come and look at their carts.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use stoa_checkout::{Config as CheckoutConfig, State, router};
use stoa_domain::{PluginId, Sku};
use stoa_endpoint::config::PublicUrl;
use stoa_storage::embedded::{DynamoServer, ObjectServer};
use stoa_storage::{Config, Expected, Keys, Store, testing};
use tower::ServiceExt;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const SHOPPERS: usize = 5;

/// A step of the guide.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Command(String),
    Shoppers,
}

fn steps(guide: &str) -> Vec<Step> {
    let (mut steps, mut in_block) = (Vec::new(), false);
    for line in guide.lines() {
        match line.trim() {
            "```sh" => in_block = true,
            "```" => in_block = false,
            "<!-- shoppers -->" => steps.push(Step::Shoppers),
            "" => {}
            command if in_block => steps.push(Step::Command(command.to_owned())),
            _ => {}
        }
    }
    steps
}

/// A folder in which `./stoa` is this program over a data folder of its own.
pub struct Here {
    folder: tempfile::TempDir,
}

impl Here {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("stoa");
        let (program, data) = (env!("CARGO_BIN_EXE_stoa"), folder.path().join("data"));
        std::fs::write(&script, format!("#!/bin/sh\nexec {program} \"$@\" --data {}\n", data.display())).unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder }
    }
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
    /// What the command said, on both outputs.
    pub fn run(&self, command: &str) -> String {
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).current_dir(self.folder.path()).env("STOA_ROOT", ROOT).env_remove("STOA_TABLE");
        let output = shell.output().unwrap();
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        assert!(output.status.success(), "{command}\n{said}");
        said
    }
    pub fn json(&self, command: &str) -> Value {
        let said = self.run(command);
        serde_json::from_str(&said).unwrap_or_else(|e| panic!("{command}: {e}: {said}"))
    }
}

/// The servers over the data folder, as long as no command uses it.
pub struct Opened {
    pub store: Store,
    verify_key: Vec<u8>,
    dynamo: DynamoServer,
    objects: ObjectServer,
}

impl Opened {
    pub async fn open(data: &Path) -> Self {
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        let secrets: Value = serde_json::from_slice(&std::fs::read(data.join("secrets.json")).unwrap()).unwrap();
        let text = |name: &str| secrets[name].as_str().unwrap().to_owned();
        let keys = Keys { access_key: text("object_store_access_key"), secret_key: text("object_store_secret_key") };
        let dynamo = DynamoServer::start(Some(&data.join("dynamodb.sqlite")), any).await.unwrap();
        let objects = ObjectServer::start(&data.join("objects"), any, "stoa-public", &keys).await.unwrap();
        let store = Store::open(&Config::local(dynamo.url(), objects.url(), keys)).await;
        Self { store, verify_key: hex::decode(text("plugin_verify_key")).unwrap(), dynamo, objects }
    }
    pub async fn close(self) {
        self.dynamo.stop().await;
        self.objects.stop().await;
    }
    pub async fn stock_up(&self) {
        self.store.shop().put_settings(&testing::settings(), Expected::Absent).await.unwrap();
        self.store.products().put(&testing::product("bowl", 8_000), Expected::Absent).await.unwrap();
        self.store.stock().set(&Sku::new("bowl").unwrap(), 100).await.unwrap();
    }
    /// Each with some bowls more than the one before. Answers the totals they saw.
    pub async fn shoppers(&self) -> Vec<i64> {
        let url = PublicUrl::new("http://127.0.0.1:8787").unwrap();
        let config =
            CheckoutConfig { plugin_verify_key: Some(self.verify_key.clone()), ..CheckoutConfig::for_testing(url) };
        let router = router(State::new(self.store.clone(), config));
        let mut totals = Vec::new();
        for shopper in 1..=SHOPPERS {
            let body = json!({ "sku": "bowl", "quantity": shopper }).to_string();
            let request = Request::post("/api/cart/lines").header(header::CONTENT_TYPE, "application/json");
            let response = router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
            let cart = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
            let cart: Value = serde_json::from_slice(&cart).unwrap();
            totals.push(cart["total"]["minor"].as_i64().unwrap_or_else(|| panic!("{cart}")));
        }
        let id = PluginId::new("tenth-off").unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        // Recorded behind the answers.
        while self.store.plugins().runs(&id, jiff::Timestamp::now()).await.unwrap().len() < SHOPPERS {
            assert!(Instant::now() < deadline, "the runs were not recorded");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        totals
    }
}

#[tokio::test]
async fn every_command_of_the_plugin_guide_runs() {
    let guide = std::fs::read_to_string(Path::new(ROOT).join("docs/plugin-guide.md")).unwrap();
    let steps = steps(&guide);
    assert!(steps.contains(&Step::Shoppers), "the guide lets shoppers come");
    let here = Here::new();
    here.run("./stoa plugin list");
    let shop = Opened::open(&here.data()).await;
    shop.stock_up().await;
    shop.close().await;
    let mut said = String::new();
    for step in steps {
        match step {
            Step::Command(command) => said += &format!("$ {command}\n{}", here.run(&command)),
            Step::Shoppers => {
                let shop = Opened::open(&here.data()).await;
                // A tenth off from ¥200.00 on, that is of three bowls and more.
                assert_eq!(shop.shoppers().await, [8_000, 16_000, 21_600, 28_800, 36_000]);
                shop.close().await;
            }
        }
    }
    for told in ["passed  reached", "discount_order", "160.00 → 144.00 CNY (-16.00)", "rollback", "stock-taking"] {
        assert!(said.contains(told), "{told:?} is not in\n{said}");
    }
    // As the guide leaves it.
    let listed = here.json("./stoa plugin list --json");
    let plugin = &listed[0]["value"];
    assert_eq!(plugin["release"], json!({ "version": "0.1.0", "percent": 100, "rest": null }), "{plugin}");
    assert_eq!((&plugin["status"], &plugin["settings"]["percent"]), (&json!("active"), &json!(20)));
}

/// Two of them are built anew, from this program alone; all five run from their folder in the runtime's own tests.
#[test]
fn a_project_that_begins_as_a_sample_builds_and_passes_its_fixtures() {
    let here = Here::new();
    for sample in ["volume-discount", "bundle-price"] {
        here.run(&format!("./stoa plugin new --sample {sample} my-{sample}"));
        let tested = here.json(&format!("./stoa plugin test my-{sample} --json"));
        let tested = tested.as_array().unwrap();
        assert!(tested.len() >= 5 && tested.iter().all(|one| one["passed"] == true), "{tested:?}");
        let cart = format!("my-{sample}/build/my-{sample}.wasm --input my-{sample}/cart.json");
        assert!(here.run(&format!("./stoa plugin run {cart}")).contains("operation(s)"));
    }
    let unknown = here.run("! ./stoa plugin new --sample nothing mine");
    assert!(unknown.contains("the samples are bundle-price, buy-two-get-one"), "{unknown}");
    assert!(!here.run("ls").contains("mine"), "nothing was made");
}

#[test]
fn a_plugin_that_is_not_for_a_cart_says_so_and_is_not_run() {
    let here = Here::new();
    here.run("./stoa plugin new mugs");
    here.run("echo '[for]\nwhen = { contains = { tag = [\"mug\"] } }' > for.toml && cat for.toml >> mugs/plugin.toml");
    let said = here.run("! ./stoa plugin test mugs");
    assert!(said.contains("FAILED  reached") && said.contains("not for this cart: the cart holds nothing"), "{said}");
    let said = here.run("./stoa plugin run mugs/build/mugs.wasm --input mugs/cart.json");
    assert!(said.contains("(items_missing)"), "{said}");
    here.run("echo '[for]\nwhen = { quantity = { from = 9, to = 3 } }' > for.toml && sed -i '/^.for.$/,$d' mugs/plugin.toml && cat for.toml >> mugs/plugin.toml");
    let said = here.run("! ./stoa plugin build mugs");
    assert!(said.contains("for.when.quantity.to: must be at least 9, got 3"), "{said}");
}

#[test]
fn a_project_that_breaks_a_rule_is_told_which() {
    let here = Here::new();
    here.run("./stoa plugin new --lang rust rules");
    let refused = |change: &str, command: &str, rule: &str| {
        let said = here.run(&format!("{change} && ! {command}"));
        assert!(said.contains(rule), "{rule:?} is not in\n{said}");
    };
    refused("true", "./stoa plugin new rules", "is there already");
    refused("true", "./stoa plugin new Rules", "lower-case letters");
    refused(
        "sed -i 's/^percent = 10/percent = 95/' rules/plugin.toml",
        "./stoa plugin test rules",
        "/percent 95 is greater than the maximum of 90 (/properties/percent/maximum)",
    );
    refused(
        "sed -i 's/^percent = 95/percent = 10/; s/^from = 20000/from = 4000/' rules/plugin.toml",
        "./stoa plugin test rules",
        "FAILED  not-reached",
    );
    let cart = "--input rules/cart.json";
    refused(
        "echo '{}' > empty.json",
        &format!("./stoa plugin run rules/build/rules.wasm {cart} --settings empty.json"),
        "required",
    );
    let run = here.json(&format!("./stoa plugin run rules/build/rules.wasm {cart} --json"));
    assert!(run["fuel"].as_u64().unwrap() > 0 && run["memory_bytes"].as_u64().unwrap() > 0, "{run}");
}
