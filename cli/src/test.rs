//! `stoa test`: every test, or one part of them. The runners print their own closing lines.

use crate::checkout::{Checkout, run};
use crate::steps::step;
use crate::{edge, guests};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Real products, where they lie beside the checkout.
pub(crate) const SHARED_CATALOGUE: &str = "../shared/data/catalog/icecat-19406.jsonl.gz";
/// A shop for the tests draws its pictures and publishes first.
const SHOP_PATIENCE: Duration = Duration::from_secs(300);

/// Which tests: all of them, the browser's, the deployment's, or one crate's.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// `browser`, `deploy`, `payments` with its oracles, or a crate without its prefix: `domain`, `checkout`, `edge`, …
    part: Option<String>,
    /// Passed on to the crates' tests
    #[arg(last = true)]
    rest: Vec<String>,
}

pub(crate) fn test(checkout: &Checkout, arguments: &Arguments) -> Result<()> {
    // Asked for now: the crates' tests may build this program anew, and the system then says that it was deleted.
    let program = std::env::current_exe().context("finding this program")?;
    match arguments.part.as_deref() {
        None => all(checkout, &program, &arguments.rest),
        Some("browser") => build_wasm(checkout).and_then(|()| browser(checkout, &program)),
        Some("deploy") => build_wasm(checkout).and_then(|()| deploy(checkout, &program)),
        Some(part) => {
            // These run plugins or the worker.
            if ["plugin-runtime", "checkout", "crm", "merchant", "cli", "tests"].contains(&part) {
                build_wasm(checkout)?;
            }
            crates(checkout, &["--package", &format!("stoa-{part}")], &arguments.rest)
        }
    }
}

/// Every suite runs, also after one failed: one run tells all that is wrong.
fn all(checkout: &Checkout, program: &Path, rest: &[String]) -> Result<()> {
    build_wasm(checkout)?;
    let suites = [
        ("crates", crates(checkout, &["--workspace"], rest)),
        ("browser", browser(checkout, program)),
        ("deploy", deploy(checkout, program)),
    ];
    let failed: Vec<_> = suites.iter().filter_map(|(name, result)| Some((name, result.as_ref().err()?))).collect();
    for (name, error) in &failed {
        eprintln!("✗ {name}: {error:#}");
    }
    if failed.is_empty() { Ok(()) } else { bail!("{} of {} suites failed", failed.len(), suites.len()) }
}

/// What tests run but cargo does not build for them.
fn build_wasm(checkout: &Checkout) -> Result<()> {
    step("sample plugins for wasm32", || guests::build(checkout, true))?;
    step("edge for wasm32", || edge::build::build(checkout, true))?;
    Ok(())
}

fn crates(checkout: &Checkout, what: &[&str], rest: &[String]) -> Result<()> {
    let mut command = checkout.cargo(["test", "--release", "--locked", "--no-fail-fast"]);
    run(command.args(what).arg("--").args(rest))
}

/// Node's own runner over the browser tests, against a shop of its own that begins anew.
fn browser(checkout: &Checkout, program: &Path) -> Result<()> {
    let folder = checkout.root.join("tests/browser");
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".test.mjs") {
            files.push(path);
        }
    }
    ensure!(!files.is_empty(), "{} holds no tests", folder.display());
    files.sort();
    // One file at a time: each drives a browser, and there may be two cores.
    let node = |url: &str| {
        let mut node = Command::new("node");
        node.args(["--test", "--test-concurrency=1", "--test-reporter=spec"]).current_dir(&folder).env("STOA_URL", url);
        node.env("STOA_MAIL", checkout.target.join("test-shop").join(crate::shop::MAIL));
        node
    };
    let shop = step("a shop for the browser", || TestShop::open(checkout, program, None))?;
    let demo = run(node(&shop.url).args(&files));
    drop(shop);
    let catalogue = checkout.root.join(SHARED_CATALOGUE);
    if !catalogue.is_file() {
        eprintln!("  left out: the purchase from 19,406 products, {SHARED_CATALOGUE} is not here");
        return demo;
    }
    let shop = step("a shop with 19,406 products", || TestShop::open(checkout, program, Some(&catalogue)))?;
    let mut purchase = node(&shop.url);
    // Little of each: all four shoppers find the same product, of which the mapping puts 25 on the shelf.
    purchase.arg("purchase.test.mjs").env("STOA_QUERY", "laser printer").env("STOA_QUANTITY", "3");
    demo.and(run(&mut purchase))
}

/// The stack on ministack, from the real template with the release bootstraps.
fn deploy(checkout: &Checkout, program: &Path) -> Result<()> {
    let python = std::env::var_os("STOA_PYTHON").context("STOA_PYTHON is not set: run ./stoa test deploy")?;
    step("the functions' bootstraps", || crate::deploy::bootstraps(checkout))?;
    let mut pytest = Command::new(python);
    pytest.args(["-m", "pytest", "--quiet", "-rs", "infra"]).current_dir(&checkout.root);
    run(pytest.env("CARGO_TARGET_DIR", &checkout.target).env("STOA_PROGRAM", program))
}

/// `stoa dev` as a child, over a folder of its own. Killed when dropped, and its worker with it.
struct TestShop {
    url: String,
    process: Child,
}

impl TestShop {
    fn open(checkout: &Checkout, program: &Path, catalogue: Option<&Path>) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let data = checkout.target.join("test-shop");
        let log = checkout.target.join("test-shop.log");
        let output = fs::File::create(&log).with_context(|| format!("writing {}", log.display()))?;
        let mut command = Command::new(program);
        command.args(["dev", "--fresh", "--port", &port.to_string(), "--data"]).arg(&data);
        if let Some(file) = catalogue {
            command.arg("--catalog").arg(file);
        }
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let process = command.spawn().context("starting the shop")?;
        let mut shop = Self { url: format!("http://127.0.0.1:{port}"), process };
        shop.wait_until_open(&data.join("run.json"), &log)?;
        Ok(shop)
    }

    /// The shop writes `run.json` once it answers, and removes an older one first.
    fn wait_until_open(&mut self, mark: &PathBuf, log: &PathBuf) -> Result<()> {
        let started = Instant::now();
        loop {
            if fs::read_to_string(mark).is_ok_and(|text| text.contains(&self.url)) {
                return Ok(());
            }
            let ended = self.process.try_wait()?;
            if ended.is_some() || started.elapsed() > SHOP_PATIENCE {
                bail!("it did not open: {}", fs::read_to_string(log).unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for TestShop {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to do.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
