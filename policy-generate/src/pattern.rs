//! Patterns of each kind, written as policies write them.

use crate::Dice;

/// Paths, quotes included.
pub(crate) fn path(dice: &mut Dice) -> String {
    const BASES: [&str; 8] = ["/", "/w", "$workspace", "$workspace", "~", "$tmp", "$data", "**"];
    const NAMES: [&str; 14] = [
        "a", "a", "b", "b", ".git", ".env", "A", "*", "?", "[a-c]", "<[ab]+>", "{a,b}", ".e*", "**",
    ];
    let base = dice.pick(&BASES);
    let mut names: Vec<&str> = (0..=dice.below(3)).map(|_| dice.pick(&NAMES)).collect();
    names.dedup_by(|next, name| *next == "**" && *name == "**");
    if base == "**" && names[0] == "**" {
        names[0] = "a";
    }
    let prefix = if dice.one_in(12) { "i" } else { "" };
    format!("{prefix}\"{}/{}\"", base.trim_end_matches('/'), names.join("/"))
}

/// Commands.
pub(crate) fn command(dice: &mut Dice) -> String {
    const PROGRAMS: [&str; 10] =
        ["git", "git", "git", "cp", "cat", "rm", "make", "(git|rm)", "g*", "sudo"];
    const WORDS: [&str; 12] = [
        "push",
        "push",
        "status",
        "*",
        "a",
        ".env",
        "(a|push origin)",
        "<[a-z]+>",
        "p*h",
        "-f",
        "...",
        "--",
    ];
    const BRACES: [&str; 7] = [
        "{--force|-f}",
        "{--force}",
        "{no --force|-f}",
        "{no --output|-o}",
        "{-r|-R}",
        "{no -*}",
        "{-exec}",
    ];
    let mut words = vec![dice.pick(&PROGRAMS)];
    for _ in 0..dice.below(3) {
        words.push(dice.pick(&WORDS));
    }
    for _ in 0..2 {
        if dice.one_in(4) {
            words.push(dice.pick(&BRACES));
        }
    }
    if !dice.one_in(3) {
        words.push("...");
    }
    words.dedup();
    format!("\"{}\"", words.join(" "))
}

/// Hosts and addresses, with ports now and then.
pub(crate) fn host(dice: &mut Dice) -> String {
    const HOSTS: [&str; 16] = [
        "example.com",
        "example.com",
        "*.example.com",
        "**.example.com",
        "a.example.com",
        "a*.example.com",
        "<[ab]>.example.com",
        "evil.test",
        "**.test",
        "localhost",
        "10.0.0.0/8",
        "10.1.0.0/16",
        "127.0.0.1",
        "::1",
        "fd00::/8",
        "8.8.8.8",
    ];
    let host = dice.pick(&HOSTS);
    let takes_port = !host.contains(':') && !host.contains('/');
    let port = match dice.below(8) {
        0 if takes_port => ":443",
        1 if takes_port => ":3000-3999",
        _ => "",
    };
    format!("\"{host}{port}\"")
}

/// Addresses of this machine, of the network, and of none.
pub(crate) fn built_in_hosts(dice: &mut Dice) -> String {
    const SETS: [&str; 7] = [
        "@loopback",
        "@private",
        "@link_local",
        "@metadata",
        "@multicast",
        "@unspecified",
        "@public",
    ];
    dice.pick(&SETS).to_owned()
}

/// Tools.
pub(crate) fn tool(dice: &mut Dice) -> String {
    const TOOLS: [&str; 8] = [
        "github/get",
        "github/*",
        "github/g*",
        "*/get",
        "db/query",
        "g?thub/put",
        "files/read",
        "*/*",
    ];
    format!("\"{}\"", dice.pick(&TOOLS))
}

/// Things to install.
pub(crate) fn package(dice: &mut Dice) -> String {
    const PACKAGES: [&str; 5] = ["mcp/github", "mcp/*", "skill/a", "*/github", "plugin/a*"];
    format!("\"{}\"", dice.pick(&PACKAGES))
}

/// Names of credentials and agents.
pub(crate) fn name(dice: &mut Dice) -> String {
    format!("\"{}\"", dice.pick(&["KEY", "K*", "TOKEN", "agent-?", "agent-1", "*"]))
}
