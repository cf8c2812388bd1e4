//! `stoa dev`: the whole shop on this machine. Real parts throughout: DynamoDB's and S3's own APIs over files, the
//! functions' routers, the table's stream, the edge in workerd.

mod crm;
mod functions;
pub(crate) mod http;
mod payments;
mod ports;
pub(crate) mod publishing;
pub(crate) mod ready;
pub(crate) mod stock_up;
pub(crate) mod stream;

use crate::checkout::Checkout;
use crate::edge::{self, workerd};
use crate::guests;
use crate::plugin;
use crate::shop::{self, DataFolder, Running, Secrets, Servers};
use crate::steps::{step, step_async};
use anyhow::{Context, Result, bail};
use functions::Functions;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::time::Duration;
use stoa_crm::Crm;
use stoa_crm::mail::catcher::Catcher;
use stoa_storage::Store;
use stream::Stream;
use tokio::signal::unix::{SignalKind, signal};

/// The demo shop's pictures, table and index, twice over.
const FIRST_START_MIB: u64 = 300;
const MIN_FREE_MIB: u64 = 50;
const FULL_MIB: u64 = 4;
const RECOMPILE_EVERY: Duration = Duration::from_secs(60);

/// How the shop is started.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Where the shop is to answer; everything else takes free ports
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// A catalogue to import at the first start, instead of the demo shop's
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
    /// Where the shop's data is kept
    #[arg(long, value_name = "DIR", default_value_os_t = shop::default_data())]
    data: PathBuf,
    /// Begin anew: removes the shop's data first
    #[arg(long)]
    fresh: bool,
}

/// Runs the shop until Ctrl-C, SIGTERM, or the end of one of its parts.
pub(crate) async fn dev(checkout: &Checkout, arguments: &Arguments) -> Result<()> {
    let address = ports::free(arguments.port)?;
    let Some(folder) = DataFolder::lock(&arguments.data)? else {
        bail!("a shop already runs on {}: stop it, or choose another folder with --data", arguments.data.display());
    };
    if let Some(file) = &arguments.catalog {
        std::fs::File::open(file).with_context(|| format!("the catalogue {} cannot be read", file.display()))?;
    }
    if arguments.fresh {
        step("removing the old data", || folder.clear())?;
    }
    folder.need_mib(if stock_up::is_done(&folder) { MIN_FREE_MIB } else { FIRST_START_MIB })?;
    let build = step("edge for wasm32", || edge::build::build(checkout, true))?;
    let guest = step("the demo shop's plugin for wasm32", || guests::build_demo(checkout, true))?;
    start_log(&folder)?;

    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let url = format!("http://{address}");
    let run = serve(checkout, arguments, &folder, &build, &guest, &url);
    // Dropping `run` ends every server, task and child that it started.
    let ended = tokio::select! {
        ended = run => ended,
        _ = interrupted.recv() => Ok(()),
        _ = terminated.recv() => Ok(()),
    };
    Running::remove(&folder);
    // Whatever part it was that could not write: this is why.
    let full = folder.free_mib().is_some_and(|free| free < FULL_MIB);
    let ended =
        if full { ended.with_context(|| format!("the disk of {} is full", folder.path().display())) } else { ended };
    if ended.is_ok() {
        eprintln!("\n  stopped; the data stays in {}", folder.path().display());
    }
    ended
}

async fn serve(
    checkout: &Checkout,
    arguments: &Arguments,
    folder: &DataFolder,
    build: &Path,
    guest: &guests::Guest,
    url: &str,
) -> Result<()> {
    let secrets = Secrets::of(folder.path())?;
    let servers = step_async("table and object store", Servers::start(folder, &secrets)).await?;
    let store = shop::store(&servers.dynamodb_url(), &servers.objects_url(), &secrets).await;
    store.create().await.context("preparing the table")?;
    let functions =
        step_async("functions and simulated payment providers", Functions::start(&store, &secrets, url)).await?;

    let mut stream = Stream::open(servers.dynamodb_url(), store.table_name(), folder.path().join(shop::STREAM)).await?;
    // Each reads the stream for itself, as two functions do.
    let mut orders =
        Stream::open(servers.dynamodb_url(), store.table_name(), folder.path().join(shop::CRM_STREAM)).await?;
    if !stock_up::is_done(folder) {
        stock_up::stock_up(&store, folder, arguments.catalog.as_deref()).await?;
        let key = secrets.signing_key()?;
        step_async("sample plugin", plugin::install(&store, &key, &guest.module, &guest.manifest)).await?;
        publishing::rebuild(&store).await?;
        stream.skip_to_end().await?;
        orders.skip_to_end().await?;
        stock_up::mark_done(folder)?;
    }

    let bindings =
        workerd::Bindings { objects_url: servers.public_url(), functions_url: functions.url.clone(), limited: true };
    let edge_folder = folder.path().join("edge");
    let log = folder.path().join("log/edge.log");
    let authority = url.trim_start_matches("http://");
    let mut edge = workerd::start(checkout, build, &edge_folder, authority, &bindings, None, &log)?;
    let health = step_async("edge worker", ready::wait(url, &mut edge, &log)).await?;
    let running = Running {
        pid: std::process::id(),
        url: url.to_owned(),
        dynamodb_url: servers.dynamodb_url(),
        objects_url: servers.objects_url(),
        functions_url: functions.url.clone(),
        simulators_url: Some(functions.payments.url.clone()),
    };
    running.write(folder)?;
    greet(url, health.products, folder.path());

    let catcher = Catcher::start(Some(folder.path().join(shop::MAIL))).await.context("no port for the mail server")?;
    let crm = &Crm::new(store.clone(), crm::config(&secrets, url, &catcher)?);
    let publish = stream.follow(|batch| publishing::handle(&store, batch));
    let customers = orders.follow(|batch| crm::handle(crm, batch));
    let sweep = crm::sweep_for_ever(crm);
    let send = crm::send_for_ever(crm);
    let payments = functions.payments.reconcile_and_sweep_for_ever(&store);
    let refund = functions.refund_for_ever();
    let track = functions.track_for_ever();
    let recompile = recompile_for_ever(&store, secrets.signing_key()?);
    tokio::select! {
        never = publish => match never {},
        never = customers => match never {},
        never = sweep => match never {},
        never = send => match never {},
        never = payments => match never {},
        never = refund => match never {},
        never = track => match never {},
        never = recompile => match never {},
        status = edge.wait() => bail!("the edge ended by itself with {}; see {}", status?, log.display()),
    }
}

/// What a schedule does in production; first at once, for this may be another engine than the one that ran here last.
async fn recompile_for_ever(store: &Store, signing_key: Vec<u8>) -> Infallible {
    loop {
        match stoa_merchant::plugins::recompile(store, &signing_key).await {
            Ok(done) if done.compiled + done.failed == 0 => {}
            Ok(done) => tracing::info!(?done, "plugins compiled for this engine"),
            Err(error) => tracing::error!(%error, "plugins could not be compiled again"),
        }
        tokio::time::sleep(RECOMPILE_EVERY).await;
    }
}

fn greet(url: &str, products: u64, data: &Path) {
    println!(
        "
  The shop is open: {products} products

    shop           {url}
    中文           {url}/zh
    merchant       {url}/admin
    API reference  {url}/admin/api/openapi.json

  a token for the merchant's API   ./stoa token create --scope all
  data and logs                    {}
  letters that it would send       ./stoa mail list
  what a payment provider says     ./stoa pay trigger --help
  stop                             Ctrl-C
",
        data.display()
    );
}

/// The functions log to a file: on the terminal they would bury what a person wants to read.
fn start_log(folder: &DataFolder) -> Result<()> {
    let logs = folder.path().join("log");
    std::fs::create_dir_all(&logs).with_context(|| format!("making {}", logs.display()))?;
    let file = std::fs::File::create(logs.join("functions.log")).context("making the log")?;
    let filter = tracing_subscriber::EnvFilter::try_from_env("STOA_LOG").unwrap_or_else(|_| "info".into());
    let filter = stoa_endpoint::quiet().into_iter().fold(filter, tracing_subscriber::EnvFilter::add_directive);
    tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter).with_writer(file).init();
    Ok(())
}
