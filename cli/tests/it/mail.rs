//! `stoa mail`: letters that a shop on this machine would have sent, as their readers see them.

use crate::plugin_guide::Here;
use stoa_crm::mail::catcher::Catcher;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// As any program sends mail: a line that begins with a dot has it doubled.
async fn send(port: u16, to: &str, letter: &str) {
    let (read, mut write) = TcpStream::connect(("127.0.0.1", port)).await.unwrap().into_split();
    let mut answers = BufReader::new(read).lines();
    let mut says = String::new();
    let lines = [
        "HELO test",
        "MAIL FROM:<shop@example.com>",
        &format!("RCPT TO:<{to}>"),
        "DATA",
        &format!("{letter}\r\n."),
        "QUIT",
    ];
    for line in lines {
        says += &answers.next_line().await.unwrap().unwrap();
        write.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
    }
    assert!(says.contains("354"), "{says}");
    answers.next_line().await.unwrap();
}

#[tokio::test]
async fn letters_that_would_have_been_sent_are_listed_and_shown() {
    let here = Here::new();
    assert!(here.run("./stoa mail list").contains("no letters yet"));
    let catcher = Catcher::start(Some(here.data().join("mail"))).await.unwrap();
    for n in 1..=2 {
        let letter = format!(
            "From: Stoa <shop@example.com>\r\nTo: <li@example.com>\r\nSubject: =?utf-8?B?55m75b2V?= {n}\r\n\
             List-Unsubscribe: <https://shop.example/unsubscribe>\r\n\r\n..with a dot\r\nand {n}"
        );
        send(catcher.port, "li@example.com", &letter).await;
    }
    let all = here.json("./stoa mail list --json");
    assert_eq!((&all[0]["subject"], &all[1]["to"]), (&"登录 1".into(), &"li@example.com".into()), "{all}");
    let shown = here.run("./stoa mail show 1");
    for told in ["subject  登录 1", "unsubscribe  <https://shop.example/unsubscribe>", ".with a dot", "and 1"] {
        assert!(shown.contains(told), "{told:?} is not in\n{shown}");
    }
    assert_eq!(here.json("./stoa mail show --json")["number"], 2, "the newest");
}
