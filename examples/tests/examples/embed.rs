//! The agent loop, with nobody at the terminal.

use std::process::{Command, Stdio};

#[test]
fn without_a_person_what_asks_is_refused() {
    let output = Command::new(env!("CARGO_BIN_EXE_embed"))
        .stdin(Stdio::null())
        .output()
        .expect("the loop runs");
    assert!(output.status.success());
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stdout), @r"
    run rg -n TODO src | head -20
      done (silent)
    run cargo test 2>&1 | tail -5
      done (silent)
    write src/lib.rs
      done (silent)
    run git commit -m 'parser: accept trailing commas'
      done (reviewed)
    run git commit -m 'wip: later'
      refused: the reviewer says: say what the commit is for
    May it run git fetch origin? It talks to other machines. (rule `talk`) [y/N] 
    run git fetch origin
      refused: it needs a person, and nobody is there
    May it run git fetch origin? It talks to other machines. (rule `talk`) [y/N] 
    run git fetch origin
      refused: it needs a person, and nobody is there
    May it run git push origin topic? Others will see it. (rule `push`) [y/N] 
    run git push origin topic
      refused: it needs a person, and nobody is there
    run git push --force origin main
      refused: It rewrites history that others have; push a new commit. (rule `no-forced-push`)
    read .env
      refused: This kind of file holds secrets; ask a person for the value. (rule `no-secret-files`)
    May it connect example.com? no rule speaks of it [y/N] 
    connect example.com
      refused: it needs a person, and nobody is there
    ");
}
