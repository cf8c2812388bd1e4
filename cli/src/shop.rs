//! A shop on this machine: its data folder, its secrets, and the two servers that hold its data.

mod folder;
mod secrets;

pub(crate) use folder::{CRM_STREAM, DataFolder, MAIL, Running, STREAM};
pub(crate) use secrets::Secrets;

use anyhow::{Context, Result};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use stoa_storage::embedded::{DynamoServer, ObjectServer};
use stoa_storage::{Config, Store};

/// Any free port of this machine only.
pub(crate) const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const PUBLIC_BUCKET: &str = "stoa-public";

/// The servers over one data folder. They end when this is dropped.
#[derive(Debug)]
pub(crate) struct Servers {
    dynamodb: DynamoServer,
    objects: ObjectServer,
}

impl Servers {
    pub(crate) async fn start(folder: &DataFolder, secrets: &Secrets) -> Result<Self> {
        let dynamodb = DynamoServer::start(Some(&folder.path().join("dynamodb.sqlite")), ANY_PORT).await?;
        let objects =
            ObjectServer::start(&folder.path().join("objects"), ANY_PORT, PUBLIC_BUCKET, &secrets.object_keys())
                .await?;
        Ok(Self { dynamodb, objects })
    }

    pub(crate) fn dynamodb_url(&self) -> String {
        self.dynamodb.url()
    }
    pub(crate) fn objects_url(&self) -> String {
        self.objects.url()
    }
    /// Where everyone may read what is published.
    pub(crate) fn public_url(&self) -> String {
        format!("{}/{PUBLIC_BUCKET}", self.objects.url())
    }

    /// Lets what is being written finish.
    pub(crate) async fn stop(self) {
        self.dynamodb.stop().await;
        self.objects.stop().await;
    }
}

/// Which shop a command is about.
#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    /// The shop's data folder. Where STOA_TABLE is set, the deployed shop that the environment names is meant instead
    #[arg(long, global = true, value_name = "DIR", default_value_os_t = default_data())]
    data: PathBuf,
}

/// `.stoa` in the checkout, wherever the command was given.
pub(crate) fn default_data() -> PathBuf {
    std::env::var_os("STOA_ROOT").map_or_else(|| PathBuf::from(".stoa"), |root| Path::new(&root).join(".stoa"))
}

impl Which {
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// The shop that runs over the data folder now, if one does.
    pub(crate) fn running(&self) -> Result<Option<Running>> {
        if std::env::var_os("STOA_TABLE").is_some() || !self.data.exists() {
            return Ok(None);
        }
        match DataFolder::lock(&self.data)? {
            Some(_nobody) => Ok(None),
            None => Running::read(&self.data).map(Some),
        }
    }

    pub(crate) async fn open(&self) -> Result<Shop> {
        if std::env::var_os("STOA_TABLE").is_some() {
            let store = Store::open(&Config::from_env()?).await;
            return Ok(Shop { store, held: None });
        }
        open(&self.data).await
    }

    /// Signs what this shop's checkout may load. A deployed shop's key is its merchant function's own.
    pub(crate) fn signing_key(&self) -> Result<Vec<u8>> {
        match std::env::var("STOA_PLUGIN_SIGNING_KEY") {
            Ok(key) => hex::decode(key).context("STOA_PLUGIN_SIGNING_KEY must be hex"),
            Err(_) => Secrets::of(&self.data)?.signing_key(),
        }
    }
}

/// A shop's store, for one command.
#[derive(Debug)]
pub(crate) struct Shop {
    pub(crate) store: Store,
    /// Ours, when no shop runs over the folder.
    held: Option<(Servers, DataFolder)>,
}

/// The shop in `path`: through the running shop's servers, or through our own over the same folder.
async fn open(path: &Path) -> Result<Shop> {
    let Some(folder) = DataFolder::lock(path)? else {
        let running = Running::read(path)?;
        let secrets = Secrets::of(path)?;
        let store = store(&running.dynamodb_url, &running.objects_url, &secrets).await;
        return Ok(Shop { store, held: None });
    };
    let secrets = Secrets::of(folder.path())?;
    let servers = Servers::start(&folder, &secrets).await?;
    let store = store(&servers.dynamodb_url(), &servers.objects_url(), &secrets).await;
    store.create().await.context("preparing the table")?;
    Ok(Shop { store, held: Some((servers, folder)) })
}

impl Shop {
    /// Lets our servers finish what they are writing. What changed is published when a shop next runs here.
    pub(crate) async fn close(self) {
        if let Some((servers, _folder)) = self.held {
            servers.stop().await;
        }
    }
}

/// The store behind these servers.
pub(crate) async fn store(dynamodb_url: &str, objects_url: &str, secrets: &Secrets) -> Store {
    Store::open(&Config::local(dynamodb_url, objects_url, secrets.object_keys())).await
}
