//! A mail server that delivers nothing: it takes letters over SMTP as any server does and keeps them, for `stoa dev` and for the
//! tests. What an address begins with makes it refuse: `refuse-550@…` for good with that answer, `later-451@…` for now.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// RFC 5321, §4.5.3.1.6, with room for a program's own habits.
const MAX_LINE_BYTES: u64 = 4_096;
const MAX_LETTER_BYTES: usize = 10 << 20;
/// Kept in memory; files stay.
const MAX_KEPT: usize = 1_000;

/// One letter as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caught {
    pub from: String,
    pub to: Vec<String>,
    /// With its headers.
    pub letter: String,
}

/// Serves until dropped.
#[derive(Debug)]
pub struct Catcher {
    pub port: u16,
    kept: Arc<Mutex<Vec<Caught>>>,
    task: JoinHandle<()>,
}

impl Drop for Catcher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Catcher {
    /// On a free port of this machine. `folder`: where each letter becomes a file, `{number}.eml`, the first free number on.
    pub async fn start(folder: Option<PathBuf>) -> std::io::Result<Self> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        if let Some(folder) = &folder {
            tokio::fs::create_dir_all(folder).await?;
        }
        let kept: Arc<Mutex<Vec<Caught>>> = Arc::default();
        let (keeping, folder) = (kept.clone(), Arc::new(folder));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (keeping, folder) = (keeping.clone(), folder.clone());
                tokio::spawn(async move {
                    if let Err(error) = converse(BufStream::new(stream), &keeping, folder.as_ref().as_ref()).await {
                        tracing::warn!(%error, "the mail catcher broke off");
                    }
                });
            }
        });
        Ok(Self { port, kept, task })
    }

    /// The oldest first.
    pub fn caught(&self) -> Vec<Caught> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn converse(
    mut wire: BufStream<TcpStream>,
    keeping: &Mutex<Vec<Caught>>,
    folder: Option<&PathBuf>,
) -> std::io::Result<()> {
    say(&mut wire, "220 catcher ready").await?;
    let (mut from, mut to) = (String::new(), Vec::new());
    while let Some(line) = line(&mut wire).await? {
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => say(&mut wire, "250-catcher\r\n250-8BITMIME\r\n250 SIZE 10485760").await?,
            "HELO" | "NOOP" => say(&mut wire, "250 ok").await?,
            "MAIL" => {
                from = address(&line);
                say(&mut wire, "250 ok").await?;
            }
            "RCPT" => match refusal(&address(&line)) {
                Some(code) => say(&mut wire, &format!("{code} not {} here", address(&line))).await?,
                None => {
                    to.push(address(&line));
                    say(&mut wire, "250 ok").await?;
                }
            },
            "DATA" if to.is_empty() => say(&mut wire, "503 to whom?").await?,
            "DATA" => {
                say(&mut wire, "354 go on").await?;
                let letter = data(&mut wire).await?;
                keep(keeping, folder, Caught { from: std::mem::take(&mut from), to: std::mem::take(&mut to), letter })
                    .await?;
                say(&mut wire, "250 taken").await?;
            }
            "RSET" => {
                (from, to) = (String::new(), Vec::new());
                say(&mut wire, "250 ok").await?;
            }
            "QUIT" => return say(&mut wire, "221 bye").await,
            _ => say(&mut wire, "502 no").await?,
        }
    }
    Ok(())
}

async fn say(wire: &mut BufStream<TcpStream>, text: &str) -> std::io::Result<()> {
    wire.write_all(format!("{text}\r\n").as_bytes()).await?;
    wire.flush().await
}

/// None: the other side is gone.
async fn line(wire: &mut BufStream<TcpStream>) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    wire.take(MAX_LINE_BYTES).read_until(b'\n', &mut line).await?;
    match line.last() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(line)),
        Some(_) => Err(std::io::Error::other("a line is too long, or broke off")),
    }
}

/// Up to the line with the dot; a line's first dot of two is taken away (RFC 5321, §4.5.2).
async fn data(wire: &mut BufStream<TcpStream>) -> std::io::Result<String> {
    let mut letter = Vec::new();
    while let Some(line) = line(wire).await? {
        match line.as_slice() {
            b".\r\n" => return Ok(String::from_utf8_lossy(&letter).into_owned()),
            line => letter.extend_from_slice(line.strip_prefix(b".").unwrap_or(line)),
        }
        if letter.len() > MAX_LETTER_BYTES {
            break;
        }
    }
    Err(std::io::Error::other("a letter is too long, or broke off"))
}

/// What stands between the angle brackets.
fn address(line: &str) -> String {
    let inner = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map(|(address, _)| address.to_owned()).unwrap_or_default()
}

/// `refuse-550@…`, `later-451@…`
fn refusal(address: &str) -> Option<u16> {
    let local = address.split('@').next()?;
    let code = local.strip_prefix("refuse-").or_else(|| local.strip_prefix("later-"))?;
    code.parse().ok().filter(|code| (400..600).contains(code))
}

async fn keep(keeping: &Mutex<Vec<Caught>>, folder: Option<&PathBuf>, caught: Caught) -> std::io::Result<()> {
    if let Some(folder) = folder {
        for number in 1_u32.. {
            let name = folder.join(format!("{number:05}.eml"));
            match tokio::fs::OpenOptions::new().write(true).create_new(true).open(name).await {
                Ok(mut file) => {
                    file.write_all(caught.letter.as_bytes()).await?;
                    file.flush().await?;
                    break;
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }
    let mut kept = keeping.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.len() >= MAX_KEPT {
        kept.remove(0);
    }
    kept.push(caught);
    Ok(())
}
