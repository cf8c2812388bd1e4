//! `stoa mail`: the letters that a shop on this machine would have sent. `stoa dev` hands them to a mail server that only keeps
//! them, each as a file.

use crate::shop::{MAIL, Which};
use anyhow::{Context, Result, bail};
use mail_parser::{Message, MessageParser};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    which: Which,
    /// Answer as one JSON value
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// The newest last
    List,
    /// One letter, as its reader sees it
    Show {
        /// As `list` shows it; the newest without one
        number: Option<u32>,
    },
}

pub(crate) fn mail(arguments: &Arguments) -> Result<()> {
    let folder = arguments.which.data().join(MAIL);
    match arguments.command {
        Command::List => list(&folder, arguments.json),
        Command::Show { number } => show(&folder, number, arguments.json),
    }
}

fn list(folder: &Path, as_json: bool) -> Result<()> {
    let letters = letters(folder)?;
    let mut all = Vec::new();
    for (number, file) in &letters {
        let bytes = read(file)?;
        let letter = parse(&bytes, file)?;
        let (to, subject) = (to(&letter), letter.subject().unwrap_or_default().to_owned());
        if !as_json {
            println!("{number:>5}  {to:<32}  {subject}");
        }
        all.push(json!({ "number": number, "to": to, "subject": subject }));
    }
    if as_json {
        println!("{}", Value::from(all));
    } else if letters.is_empty() {
        println!("no letters yet");
    }
    Ok(())
}

fn show(folder: &Path, number: Option<u32>, as_json: bool) -> Result<()> {
    let letters = letters(folder)?;
    let chosen = match number {
        Some(number) => letters.iter().find(|(known, _)| *known == number),
        None => letters.last(),
    };
    let Some((number, file)) = chosen else { bail!("there is no such letter: `stoa mail list` has them") };
    let bytes = read(file)?;
    let letter = parse(&bytes, file)?;
    let header = |name: &str| letter.header_raw(name).unwrap_or_default().trim().to_owned();
    let text = letter.body_text(0).unwrap_or_default().into_owned();
    let (subject, unsubscribe) = (letter.subject().unwrap_or_default(), header("List-Unsubscribe"));
    if as_json {
        let letter = json!({ "number": number, "from": header("From"), "to": to(&letter), "subject": subject,
            "message_id": header("Message-ID"), "list_unsubscribe": unsubscribe, "text": text, "file": file });
        println!("{letter}");
        return Ok(());
    }
    println!("from     {}\nto       {}\nsubject  {subject}", header("From"), to(&letter));
    if !unsubscribe.is_empty() {
        println!("unsubscribe  {unsubscribe}");
    }
    println!("file     {}\n\n{text}", file.display());
    Ok(())
}

/// By number.
fn letters(folder: &Path) -> Result<Vec<(u32, PathBuf)>> {
    let mut letters = Vec::new();
    let files = match std::fs::read_dir(folder) {
        Ok(files) => files,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(letters),
        Err(error) => return Err(error).with_context(|| format!("reading {}", folder.display())),
    };
    for file in files {
        let path = file?.path();
        let number = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
        letters.extend(number.filter(|_| path.extension().is_some_and(|kind| kind == "eml")).map(|n| (n, path)));
    }
    letters.sort();
    Ok(letters)
}

fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("reading {}", file.display()))
}

fn parse<'a>(bytes: &'a [u8], file: &Path) -> Result<Message<'a>> {
    MessageParser::default().parse(bytes).with_context(|| format!("{} is no letter", file.display()))
}

fn to(letter: &Message<'_>) -> String {
    let first = letter.to().and_then(|to| to.first());
    first.and_then(|to| to.address()).unwrap_or_default().to_owned()
}
