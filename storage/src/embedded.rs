//! The servers that stand in for AWS on one machine, speaking its real protocols: DynamoDB by dynoxide, S3 by s3s over a
//! folder, and Lambda's runtime API for one bootstrap at a time ([`lambda`]). `stoa dev` and the tests use them; no
//! function is built with them. [`memory`] is the table without a server, for the simulation.

pub mod lambda;
pub mod memory;

use crate::Keys;
use dynoxide::Database;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3Result, s3_error};
use s3s_fs::FileSystem;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    #[error("cannot listen on {addr}: {source}")]
    Listen { addr: SocketAddr, source: std::io::Error },
    #[error("cannot open the database {path}: {why}")]
    Database { path: String, why: String },
    #[error("cannot keep objects in {path}: {why}")]
    Folder { path: PathBuf, why: String },
}

/// A running server; [`Running::stop`] ends it, dropping ends it at once.
#[derive(Debug)]
struct Running {
    addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Running {
    /// Lets requests that are being answered finish, for at most two seconds.
    async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let _ = tokio::time::timeout(Duration::from_secs(2), &mut self.task).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(addr: SocketAddr) -> Result<(TcpListener, SocketAddr), EmbeddedError> {
    let listener = TcpListener::bind(addr).await.map_err(|source| EmbeddedError::Listen { addr, source })?;
    let addr = listener.local_addr().map_err(|source| EmbeddedError::Listen { addr, source })?;
    Ok((listener, addr))
}

/// The emulator finds a stream's next number by the highest of all records, and has no index for it: without this one
/// an import of 19,406 products takes minutes, each write longer than the one before.
fn index_the_stream(path: &Path) -> rusqlite::Result<()> {
    let index = "CREATE INDEX IF NOT EXISTS stoa_stream_order ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";
    rusqlite::Connection::open(path)?.execute_batch(index)
}

/// DynamoDB's HTTP API over SQLite.
#[derive(Debug)]
pub struct DynamoServer {
    running: Running,
}

impl DynamoServer {
    /// In memory without a path. Port 0 takes a free one. Any keys are accepted, so listen on 127.0.0.1 only.
    pub async fn start(path: Option<&Path>, addr: SocketAddr) -> Result<Self, EmbeddedError> {
        let name = path.map_or_else(|| ":memory:".to_owned(), |p| p.display().to_string());
        let opened = if path.is_some() { Database::new(&name) } else { Database::memory() };
        let database = opened.map_err(|e| EmbeddedError::Database { path: name.clone(), why: e.to_string() })?;
        if let Some(path) = path {
            index_the_stream(path).map_err(|e| EmbeddedError::Database { path: name.clone(), why: e.to_string() })?;
        }
        // SQLite need not wait for the disk: a killed process loses nothing, only a power cut may.
        database.enable_bulk_loading().map_err(|e| EmbeddedError::Database { path: name, why: e.to_string() })?;
        let (listener, addr) = listen(addr).await?;
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let served = dynoxide::server::serve_with_shutdown(listener, database, async {
                let _ = stopped.await;
            });
            if let Err(why) = served.await {
                tracing::error!(why, "the embedded DynamoDB stopped");
            }
        });
        Ok(Self { running: Running { addr, stop: Some(stop), task } })
    }
    pub fn addr(&self) -> SocketAddr {
        self.running.addr
    }
    /// `http://127.0.0.1:…`
    pub fn url(&self) -> String {
        format!("http://{}", self.running.addr)
    }
    pub async fn stop(self) {
        self.running.stop().await;
    }
}

/// S3's HTTP API over a folder. Everyone may GET and HEAD objects of the public bucket; all else must be signed.
#[derive(Debug)]
pub struct ObjectServer {
    running: Running,
}

impl ObjectServer {
    /// The folder is made where it is missing; a folder in it is a bucket. Port 0 takes a free one.
    pub async fn start(
        folder: &Path,
        addr: SocketAddr,
        public_bucket: &str,
        keys: &Keys,
    ) -> Result<Self, EmbeddedError> {
        let refused = |why: String| EmbeddedError::Folder { path: folder.to_owned(), why };
        std::fs::create_dir_all(folder).map_err(|e| refused(e.to_string()))?;
        let files = FileSystem::new(folder).map_err(|e| refused(format!("{e:?}")))?;
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(keys.access_key.clone(), keys.secret_key.clone()));
        service.set_access(PublicReads { bucket: public_bucket.to_owned() });
        let (listener, addr) = listen(addr).await?;
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(serve(listener, service.build(), stopped));
        Ok(Self { running: Running { addr, stop: Some(stop), task } })
    }
    pub fn addr(&self) -> SocketAddr {
        self.running.addr
    }
    /// `http://127.0.0.1:…`; an object's address is `{url}/{bucket}/{key}`.
    pub fn url(&self) -> String {
        format!("http://{}", self.running.addr)
    }
    pub async fn stop(self) {
        self.running.stop().await;
    }
}

struct PublicReads {
    bucket: String,
}

#[async_trait::async_trait]
impl S3Access for PublicReads {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let reads = matches!(cx.s3_op().name(), "GetObject" | "HeadObject");
        let public = cx.s3_path().as_object().is_some_and(|(bucket, _)| bucket == self.bucket);
        if cx.credentials().is_some() || (reads && public) {
            Ok(())
        } else {
            Err(s3_error!(AccessDenied, "Signature is required"))
        }
    }
}

async fn serve(listener: TcpListener, service: S3Service, mut stopped: oneshot::Receiver<()>) {
    let http = Builder::new(TokioExecutor::new());
    let graceful = GracefulShutdown::new();
    loop {
        let socket = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut stopped => break,
        };
        let Ok((socket, _)) = socket else { continue };
        let _ = socket.set_nodelay(true);
        let connection = http.serve_connection(TokioIo::new(socket), service.clone());
        let connection = graceful.watch(connection.into_owned());
        tokio::spawn(async move {
            if let Err(why) = connection.await {
                tracing::debug!(why, "a connection to the object store broke");
            }
        });
    }
    graceful.shutdown().await;
}
