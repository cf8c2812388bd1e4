//! Load from outside: wrk pinned to one core, the server's own accounts read from /proc.

use crate::checkout::Checkout;
use crate::edge::workerd::{self, Bindings};
use anyhow::{Context, Result, bail};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const LISTENS_WITHIN: Duration = Duration::from_secs(20);
/// A peer reads its whole index first, on a machine that may be busy.
pub(crate) const ANSWERS_WITHIN_S: u64 = 300;

/// One run of wrk against one server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) requests_per_s: f64,
    pub(crate) latency_p50_us: f64,
    pub(crate) latency_p99_us: f64,
    /// Server's user and system time for each request.
    pub(crate) cpu_us: f64,
}

/// Closed loop with 16 connections over these paths in turn; `//name/path` asks the same server under another name. Any
/// answer but 2xx or 3xx is an error: a fast refusal is no result.
pub(crate) fn load(pid: u32, address: &str, paths: &[String], seconds: u32, folder: &Path) -> Result<Run> {
    let script = folder.join("paths.lua");
    let entry = |path: &String| match path.strip_prefix("//").and_then(|rest| rest.split_once('/')) {
        Some((host, path)) => format!("{{\"/{path}\", {{Host = {host:?}}}}}"),
        None => format!("{{{path:?}}}"),
    };
    let list: Vec<String> = paths.iter().map(entry).collect();
    let text = format!(
        "local paths = {{{}}}\nlocal at = 0\nrequest = function()\n  at = at % #paths + 1\n  return wrk.format(\"GET\", paths[at][1], paths[at][2])\nend\n",
        list.join(",")
    );
    std::fs::write(&script, text).with_context(|| format!("writing {}", script.display()))?;
    let cpu_before = cpu_seconds(pid)?;
    let output = Command::new("taskset")
        .args(["-c", "1", "wrk", "-t1", "-c16", "--latency", "--timeout", "60s", "-d"])
        .arg(format!("{seconds}s"))
        .arg("-s")
        .arg(&script)
        .arg(format!("http://{address}/"))
        .output()
        .context("starting wrk")?;
    let cpu = cpu_seconds(pid)? - cpu_before;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() || text.contains("Non-2xx") || text.contains("Socket errors") {
        bail!("the load of {address} went wrong:\n{text}{}", String::from_utf8_lossy(&output.stderr));
    }
    let requests: f64 = word_before(&text, "requests in").and_then(|w| w.parse().ok()).context("wrk told no count")?;
    let after = |label: &str| text.lines().find_map(|l| l.trim().strip_prefix(label)).map(str::trim);
    Ok(Run {
        requests_per_s: after("Requests/sec:").and_then(|w| w.parse().ok()).context("wrk told no rate")?,
        latency_p50_us: after("50%").and_then(microseconds).context("wrk told no median")?,
        latency_p99_us: after("99%").and_then(microseconds).context("wrk told no 99th percentile")?,
        cpu_us: cpu / requests * 1e6,
    })
}

fn word_before<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    text.split_once(label)?.0.split_whitespace().next_back()
}

/// `812.00us`, `1.53ms`, `2.01s`.
fn microseconds(text: &str) -> Option<f64> {
    let (number, scale) = if let Some(n) = text.strip_suffix("us") {
        (n, 1.0)
    } else if let Some(n) = text.strip_suffix("ms") {
        (n, 1e3)
    } else {
        (text.strip_suffix('s')?, 1e6)
    };
    number.parse::<f64>().ok().map(|n| n * scale)
}

/// User and system time of a process so far (Linux counts in hundredths).
pub(crate) fn cpu_seconds(pid: u32) -> Result<f64> {
    let stat =
        std::fs::read_to_string(format!("/proc/{pid}/stat")).with_context(|| format!("process {pid} is gone"))?;
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok());
    Ok((ticks(11).context("no utime")? + ticks(12).context("no stime")?) / 100.0)
}

/// An address of this machine that nobody listens on.
pub(crate) fn free_address() -> Result<String> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.to_string())
}

/// Resident bytes of a process now.
pub(crate) fn resident_bytes(pid: u32) -> Result<f64> {
    let status =
        std::fs::read_to_string(format!("/proc/{pid}/status")).with_context(|| format!("process {pid} is gone"))?;
    let kib = status
        .lines()
        .find_map(|l| l.strip_prefix("VmRSS:"))
        .and_then(|l| l.split_whitespace().next()?.parse::<f64>().ok());
    Ok(kib.context("no VmRSS")? * 1024.0)
}

/// Polls an address until it answers 200; how long that took.
pub(crate) fn until_ready(address: &str, path: &str, seconds: u64) -> Result<Duration> {
    use std::io::{Read, Write};
    let started = Instant::now();
    while started.elapsed().as_secs() < seconds {
        if let Ok(mut stream) = std::net::TcpStream::connect(address) {
            stream.set_read_timeout(Some(Duration::from_secs(seconds)))?;
            let mut answer = [0_u8; 12];
            let asked = write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
            if asked.is_ok() && stream.read_exact(&mut answer).is_ok() && &answer[9..12] == b"200" {
                return Ok(started.elapsed());
            }
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    bail!("http://{address}{path} did not answer 200 within {seconds} s")
}

/// What a shopper waits who comes first, and the worker's processor time for it in seconds: a worker that listens and has
/// loaded nothing is asked for `path`.
pub(crate) fn first_answer(
    checkout: &Checkout,
    build: &Path,
    folder: &Path,
    bindings: &Bindings,
    path: &str,
) -> Result<(Duration, f64)> {
    let address = free_address()?;
    let worker = workerd::start(checkout, build, folder, &address, bindings, None, &folder.with_extension("log"))?;
    let begun = Instant::now();
    while std::net::TcpStream::connect(&address).is_err() {
        if begun.elapsed() > LISTENS_WITHIN {
            bail!("the worker at {address} did not listen within {LISTENS_WITHIN:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    // What the runtime itself still has to do is not the worker's.
    std::thread::sleep(Duration::from_millis(300));
    let pid = worker.id().context("a worker ended early")?;
    let cpu = cpu_seconds(pid)?;
    let answered = until_ready(&address, path, ANSWERS_WITHIN_S)?;
    Ok((answered, cpu_seconds(pid)? - cpu))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrk_durations_are_microseconds() {
        assert_eq!(microseconds("812.00us"), Some(812.0));
        assert_eq!(microseconds("1.50ms"), Some(1_500.0));
        assert_eq!(microseconds("2.00s"), Some(2e6));
        assert_eq!(microseconds("fast"), None);
    }

    #[test]
    fn own_process_has_memory_and_time() -> Result<()> {
        assert!(resident_bytes(std::process::id())? > 1e5);
        assert!(cpu_seconds(std::process::id())? >= 0.0);
        Ok(())
    }
}
