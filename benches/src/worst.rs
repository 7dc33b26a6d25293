//! What we are worst at: requests and policies that were searched for to cost much.
//!
//! A decision costs what its request is long, and what the rules that may match ask beside their
//! patterns. So each row is one way to make much of one of them, at 1,000 rules unless it says
//! otherwise; the first row is the mixed workload, for comparison.

use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

use policy_eval::{Action, Policy, Request};

use crate::workload::{ROOTS, SEED, Workload};

const RULES: usize = 1_000;
/// How long one row is measured.
const PATIENCE: Duration = Duration::from_millis(300);

/// One row.
struct Case {
    name: &'static str,
    why: &'static str,
    /// The rules; none: those of the workload.
    policy: Option<fn() -> String>,
    /// Makes the request and hands it on: it borrows from what is made there.
    request: fn(&mut Decide<'_>),
}

type Decide<'d> = dyn FnMut(&Request<'_>) + 'd;

const CASES: &[Case] = &[
    Case {
        name: "deep path",
        why: "4,095 bytes, 2,044 components; each is one step of the automata",
        policy: None,
        request: |decide| {
            let path = format!("/home/dev{}", "/a".repeat(2_043));
            decide(&Request { path: Some(&path), ..request(Action::Write) });
        },
    },
    Case {
        name: "path that is not canonical",
        why: "half of it is `..`, so it is written anew: this one allocates",
        policy: None,
        request: |decide| {
            let path = format!("/home/dev/app{}/x.rs", "/src/..".repeat(20));
            decide(&Request { path: Some(&path), ..request(Action::Write) });
        },
    },
    Case {
        name: "long host",
        why: "253 bytes, 127 labels",
        policy: None,
        request: |decide| {
            let host = format!("{}a", "a.".repeat(126));
            decide(&Request { host: Some(&host), port: Some(443), ..request(Action::Connect) });
        },
    },
    Case {
        name: "command of 1,000 words",
        why: "each word is looked up, and each may be the flag that a rule asks for",
        policy: None,
        request: |decide| {
            let mut words = vec!["git", "push"];
            words.resize(1_000, "--forc");
            decide(&Request { argv: Some(&words), ..request(Action::Run) });
        },
    },
    Case {
        name: "options before the subcommand",
        why: "`git -C a -c b=c push` is also judged as `git push`: each rule is asked twice",
        policy: None,
        request: |decide| {
            let words = ["git", "-C", "a", "-c", "b=c", "push", "origin", "main"];
            decide(&Request { argv: Some(&words), ..request(Action::Run) });
        },
    },
    Case {
        name: "shell line of 32 commands",
        why: "text is scanned, and each command is a part that is judged by itself",
        policy: None,
        request: |decide| {
            let line = vec!["git push origin main"; 32].join(" && ");
            decide(&Request { ..shell(&line) });
        },
    },
    Case {
        name: "64 KiB of shell",
        why: "16,384 commands in one request, which is also where a request gets a floor",
        policy: None,
        request: |decide| {
            let line = "a b;".repeat(1 << 14);
            decide(&Request { ..shell(&line) });
        },
    },
    Case {
        name: "64 KiB of redirections",
        why: "each is a file that is written, with a path of its own",
        policy: None,
        request: |decide| {
            let line = "> a ".repeat(1 << 14);
            decide(&Request { ..shell(&line) });
        },
    },
    Case {
        name: "1,000 conditions on one command",
        why: "all rules match, and each asks for another branch: no structure is shared",
        policy: Some(|| rules(RULES, |n| format!("run \"git push ...\" when branch == \"b{n}\""))),
        request: |decide| {
            let words = ["git", "push", "origin"];
            decide(&Request { argv: Some(&words), ..request(Action::Run) });
        },
    },
    Case {
        name: "1,000 conditions on two facts",
        why: "as before, with a number beside the branch",
        policy: Some(|| {
            rules(RULES, |n| {
                format!(
                    "run \"git push ...\" when branch == \"b{}\" and risk >= {}",
                    n / 30,
                    n % 97
                )
            })
        }),
        request: |decide| {
            let words = ["git", "push", "origin"];
            decide(&Request { argv: Some(&words), ..request(Action::Run) });
        },
    },
    Case {
        name: "1,000 folders anywhere",
        why: "`**/name/**` may start at every component, and all of them at once",
        policy: Some(|| rules(RULES, |n| format!("write \"**/part{n}/**\""))),
        request: |decide| {
            let path = "/home/dev/app/part1/part2/part3/part4/part5/part6/part7/part8/x.rs";
            decide(&Request { path: Some(path), ..request(Action::Write) });
        },
    },
    Case {
        name: "16 globs inside names",
        why: "`*a1b*` may match from every byte; six share an automaton, so this asks three",
        policy: Some(|| rules(16, |n| format!("write \"**/*a{n}b*\""))),
        request: |decide| {
            let path = "/home/dev/app/src/xa1bxa12bxa13bxa9bxa5bx.rs";
            decide(&Request { path: Some(path), ..request(Action::Write) });
        },
    },
    Case {
        name: "64 bindings of one root",
        why: "a request in several workspaces is decided once for each that contains it",
        policy: None,
        request: |decide| {
            let folders: Vec<String> =
                (0..64).map(|n| format!("/home/dev{}", "/a".repeat(n + 1))).collect();
            let roots: Vec<(&str, &str)> =
                folders.iter().map(|folder| ("workspace", folder.as_str())).collect();
            let path = format!("{}/x.rs", folders[63]);
            decide(&Request { roots: &roots, path: Some(&path), ..request(Action::Write) });
        },
    },
];

/// Prints one line a case, dearest first.
///
/// # Errors
/// When a policy does not compile, or nothing can be written.
pub fn print(out: &mut impl Write) -> anyhow::Result<()> {
    let workload = Workload::new(SEED, RULES);
    let mixed = crate::policy(&workload.text())?;
    let sent = workload.sent();
    let requests: Vec<Request<'_>> = sent.iter().map(|sent| sent.request()).collect();
    let bytes: usize = requests.iter().map(length).sum();
    let all = measured(|| {
        for request in &requests {
            black_box(mixed.decide(black_box(request)));
        }
    });
    let count = requests.len() as f64;
    let mut rows = vec![Row {
        name: "mixed workload",
        why: "",
        bytes: bytes as f64 / count,
        nanoseconds: all.0 / count,
        allocations: all.1 / count,
    }];
    for case in CASES {
        let own: Option<Policy> = case.policy.map(|text| crate::policy(&text())).transpose()?;
        let policy = own.as_ref().unwrap_or(&mixed);
        (case.request)(&mut |request| {
            let (nanoseconds, allocations) = measured(|| {
                black_box(policy.decide(black_box(request)));
            });
            let bytes = length(request) as f64;
            rows.push(Row { name: case.name, why: case.why, bytes, nanoseconds, allocations });
        });
    }
    rows[1..].sort_by(|one, other| other.of_byte().total_cmp(&one.of_byte()));
    writeln!(
        out,
        "{:<32} {:>7} {:>11} {:>9} {:>8}  why",
        "workload", "bytes", "ns", "ns a byte", "allocs"
    )?;
    for row in rows {
        writeln!(
            out,
            "{:<32} {:>7.0} {:>11.0} {:>9.1} {:>8.1}  {}",
            row.name,
            row.bytes,
            row.nanoseconds,
            row.of_byte(),
            row.allocations,
            row.why,
        )?;
    }
    Ok(())
}

struct Row {
    name: &'static str,
    why: &'static str,
    bytes: f64,
    nanoseconds: f64,
    allocations: f64,
}

impl Row {
    fn of_byte(&self) -> f64 {
        self.nanoseconds / self.bytes
    }
}

/// The nanoseconds that `work` takes, the fastest of many runs, and its allocations.
fn measured(work: impl Fn()) -> (f64, f64) {
    let allocations = allocation_counter::measure(&work).count_total as f64;
    let start = Instant::now();
    work();
    let once = start.elapsed().max(Duration::from_nanos(50));
    // A run is long enough for the clock.
    let repeats = (100_000 / once.as_nanos()).max(1);
    let runs = (PATIENCE.as_nanos() / (once.as_nanos() * repeats)).clamp(5, 10_000);
    let run = || {
        let start = Instant::now();
        (0..repeats).for_each(|_| work());
        start.elapsed().as_nanos() as f64 / repeats as f64
    };
    let fastest = (0..runs).map(|_| run()).min_by(f64::total_cmp).unwrap_or_default();
    (fastest, allocations)
}

/// The bytes of what a request is about.
fn length(request: &Request<'_>) -> usize {
    let words = request.argv.into_iter().flatten().map(|word| word.len()).sum::<usize>();
    let texts = [request.path, request.host, request.shell, request.server, request.tool];
    words + texts.into_iter().flatten().map(str::len).sum::<usize>()
}

fn request(action: Action) -> Request<'static> {
    Request {
        cwd: Some(ROOTS[0].1),
        roots: ROOTS,
        branch: Some("main"),
        surface: Some("cli"),
        risk: Some(10),
        ..Request::new(action)
    }
}

fn shell(line: &str) -> Request<'_> {
    Request {
        cwd: Some(ROOTS[0].1),
        roots: ROOTS,
        branch: Some("main"),
        surface: Some("cli"),
        risk: Some(10),
        ..Request::shell(line)
    }
}

/// A policy of many rules.
fn rules(count: usize, rule: fn(usize) -> String) -> String {
    let mut text = String::from("policy bench version \"1\"\n\ndefault ask\n\n");
    for number in 0..count {
        text.push_str(&format!("r{number}: deny {}\n", rule(number)));
    }
    text
}
