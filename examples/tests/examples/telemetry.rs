//! The embedder with telemetry, with a collector that takes everything and with none.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Sender, channel};

fn run(endpoint: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_telemetry"))
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        .output()
        .expect("it runs");
    assert!(output.status.success());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Answers every request, and tells its path and body.
fn serve(stream: &TcpStream, seen: &Sender<(String, Vec<u8>)>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let length = head.lines().find_map(|line| {
            line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok()
        });
        let mut body = vec![0; length.expect("it has a length")];
        reader.read_exact(&mut body)?;
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let _ = seen.send((path, body));
        let mut stream = stream;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")?;
    }
}

#[test]
fn the_agent_does_the_same_with_and_without_a_collector() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let endpoint = format!("http://{}", listener.local_addr().expect("it is bound"));
    let (sender, seen) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let sender = sender.clone();
            std::thread::spawn(move || serve(&stream, &sender));
        }
    });
    let up = run(&endpoint);
    insta::assert_snapshot!(up, @r"
    allow: done
    allow: done
    review: done
    deny: not_done
    ask: not_done
    12 records delivered, 0 dropped
    ");
    let seen: Vec<(String, Vec<u8>)> = seen.try_iter().collect();
    let paths: Vec<&str> = seen.iter().map(|(path, _)| &**path).collect();
    assert_eq!(paths, ["/v1/logs", "/v1/metrics"]);
    for (_, body) in &seen {
        assert!(!String::from_utf8_lossy(body).contains("hunter2"), "a secret left");
    }

    // Nobody listens at a port that was free a moment ago.
    let free = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let nowhere = format!("http://{}", free.local_addr().expect("it is bound"));
    drop(free);
    let down = run(&nowhere);
    assert_eq!(
        down,
        up.replace("12 records delivered, 0 dropped", "0 records delivered, 12 dropped")
    );
}
