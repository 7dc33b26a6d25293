//! Requests, as the JSON that runtimes send.

use serde_json::{Map, Value, json};

use crate::Dice;

/// Makes a request of any action.
pub fn request(dice: &mut Dice) -> Value {
    let mut request = Map::new();
    // Where one action has several forms, it stands several times.
    const ACTIONS: [&str; 19] = [
        "read", "read", "write", "write", "delete", "run", "run", "run", "connect", "connect",
        "fetch", "listen", "call", "call", "use", "install", "spawn", "start", "login",
    ];
    let action =
        if dice.one_in(30) { dice.pick(&["search", "prompt"]) } else { dice.pick(&ACTIONS) };
    request.insert("action".to_owned(), json!(action));
    let mut fields = Fields { dice, request };
    match action {
        "read" | "write" | "delete" => fields.path(),
        "run" => fields.run(),
        "connect" | "fetch" => fields.destination(action == "connect"),
        "listen" => fields.listen(),
        "call" => fields.call(),
        _ => fields.of_other(action),
    }
    fields.roots();
    fields.context();
    Value::Object(fields.request)
}

/// A request in the making.
struct Fields<'d> {
    dice: &'d mut Dice,
    request: Map<String, Value>,
}

impl Fields<'_> {
    fn set(&mut self, name: &str, value: Value) {
        self.request.insert(name.to_owned(), value);
    }

    /// Sets a field once in so many requests.
    fn at_times(&mut self, throws: usize, name: &str, values: &[Value]) {
        if self.dice.one_in(throws) {
            let index = self.dice.below(values.len());
            self.set(name, values[index].clone());
        }
    }

    /// Sets a field in most requests.
    fn mostly(&mut self, name: &str, values: &[Value]) {
        if !self.dice.one_in(8) {
            self.at_times(1, name, values);
        }
    }

    fn path(&mut self) {
        if !self.dice.one_in(12) {
            let path = path(self.dice);
            self.set("path", json!(path));
        }
        self.working_directory();
        self.symlinks();
    }

    fn working_directory(&mut self) {
        let path = json!(absolute_path(self.dice));
        self.at_times(2, "cwd", &[path, json!("/w"), json!("/w/a")]);
    }

    fn symlinks(&mut self) {
        if self.dice.one_in(6) {
            let (from, to) = (absolute_path(self.dice), path(self.dice));
            self.set("symlinks", json!({ from: to }));
        }
    }

    fn run(&mut self) {
        match self.dice.below(12) {
            0 => {}
            1..=4 => {
                let words = words(self.dice);
                self.set("argv", json!(words));
            }
            _ => {
                let line = shell_line(self.dice);
                self.set("shell", json!(line));
            }
        }
        self.working_directory();
        self.symlinks();
        self.at_times(4, "escalated", &[json!(true), json!(false)]);
        self.at_times(6, "opaque", &[json!(true), json!(false)]);
        self.at_times(4, "env", &[json!(["PATH"]), json!(["PATH", "CI"]), json!([])]);
    }

    fn destination(&mut self, is_connect: bool) {
        match self.dice.below(10) {
            0 => {}
            1 if is_connect => {
                let path = absolute_path(self.dice);
                self.set("unix", json!(path));
            }
            2..=5 => {
                let host = host(self.dice);
                self.set("host", json!(host));
                self.mostly("port", &[json!(443), json!(80), json!(3000)]);
            }
            _ => {
                let scheme = self.dice.pick(&["https", "https", "http", "ws", "ftp"]);
                let port = self.dice.pick(&["", "", ":443", ":3000", ":80"]);
                let (host, path) = (url_host(self.dice), self.dice.pick(&["", "/", "/a/b", "/x"]));
                self.set("url", json!(format!("{scheme}://{host}{port}{path}")));
                self.mostly("method", &[json!("GET"), json!("GET"), json!("POST")]);
                self.at_times(12, "host_header", &[json!("evil.test"), json!("example.com")]);
            }
        }
        if self.dice.one_in(4) {
            let addresses: Vec<_> =
                (0..1 + self.dice.below(2)).map(|_| address(self.dice)).collect();
            self.set("resolved", json!(addresses));
        }
        if !is_connect {
            self.at_times(2, "mode", &[json!("cached"), json!("live")]);
        }
    }

    fn listen(&mut self) {
        let host = if self.dice.one_in(6) { "" } else { host(self.dice) };
        self.mostly("host", &[json!(host)]);
        self.mostly("port", &[json!(443), json!(80), json!(3000)]);
    }

    fn call(&mut self) {
        if self.dice.one_in(6) {
            self.at_times(
                1,
                "joined",
                &[json!("mcp__github__get"), json!("mcp__db__query"), json!("mcp__a__b__c")],
            );
            self.set("servers", json!(["github", "db", "a", "a__b"]));
        } else {
            self.mostly("server", &[json!("github"), json!("db"), json!("files"), json!("x")]);
            self.mostly("tool", &[json!("get"), json!("put"), json!("query"), json!("read")]);
        }
        let arguments = arguments(self.dice);
        match self.dice.below(6) {
            0 => {}
            1 => self.set("args_json", json!(arguments.to_string())),
            2 if self.dice.one_in(4) => self.set("args_json", json!("{\"n\": 1")),
            _ => self.set("args", arguments),
        }
        if self.dice.one_in(3) {
            let mut annotations = Map::new();
            for hint in ["readOnlyHint", "destructiveHint", "openWorldHint"] {
                if self.dice.one_in(2) {
                    annotations.insert(hint.to_owned(), json!(self.dice.one_in(2)));
                }
            }
            self.set("annotations", Value::Object(annotations));
        }
        self.at_times(4, "origin", &[json!("npx server"), json!("https://example.com")]);
    }

    fn of_other(&mut self, action: &str) {
        match action {
            "use" => {
                self.mostly("credential", &[json!("KEY"), json!("TOKEN"), json!("K")]);
                self.at_times(2, "store", &[json!("keyring"), json!("file")]);
                self.at_times(2, "host", &[json!("a.example.com"), json!("evil.test")]);
            }
            "install" => {
                self.mostly("kind", &[json!("mcp"), json!("skill"), json!("plugin")]);
                self.mostly("name", &[json!("github"), json!("a")]);
                self.at_times(2, "source", &[json!("a.example.com"), json!("10.0.0.1")]);
            }
            "spawn" => self.mostly("name", &[json!("agent-1"), json!("KEY")]),
            "start" => {
                self.at_times(2, "network", &[json!(true), json!(false)]);
                self.at_times(2, "trusted", &[json!(true), json!(false)]);
                self.at_times(2, "approval", &[json!("never"), json!("on-request")]);
                self.at_times(2, "version", &[json!("1.0")]);
            }
            "login" => {
                self.at_times(2, "workspace_id", &[json!("ws"), json!("other")]);
                self.at_times(2, "method", &[json!("sso"), json!("key")]);
            }
            "search" => self.at_times(2, "mode", &[json!("cached"), json!("live")]),
            _ => self.at_times(2, "length", &[json!(7), json!(512)]),
        }
    }

    fn roots(&mut self) {
        let mut roots = Map::new();
        let bound: [(&str, &[Value]); 4] = [
            // Nested in each other, equal, and several of one.
            ("workspace", &[json!("/w"), json!("/w"), json!("/w/a"), json!(["/w", "/w/a", "/b"])]),
            ("home", &[json!("/h"), json!("/w"), json!(["/h", "/b"])]),
            ("tmp", &[json!("/tmp"), json!("/w/b")]),
            ("data", &[json!("/d"), json!("/w/a"), json!("/b")]),
        ];
        for (name, values) in bound {
            if !self.dice.one_in(4) {
                let index = self.dice.below(values.len());
                roots.insert(name.to_owned(), values[index].clone());
            }
        }
        if !roots.is_empty() {
            self.set("roots", Value::Object(roots));
        }
    }

    fn context(&mut self) {
        let mut context = Map::new();
        let known: [(&str, &[Value]); 21] = [
            ("branch", &[json!("main"), json!("dev"), json!("feature/a")]),
            ("sandbox", &[json!("strict"), json!("open"), json!("other")]),
            ("user", &[json!("ann"), json!("eve")]),
            ("groups", &[json!(["admins"]), json!(["devs", "admins"]), json!([])]),
            ("agent", &[json!("agent-1"), json!("other")]),
            ("model", &[json!("m1"), json!("m2")]),
            ("repo", &[json!("acme/web"), json!("x/y")]),
            ("surface", &[json!("ci"), json!("cli")]),
            ("platform", &[json!("macos"), json!("linux"), json!("windows")]),
            ("interactive", &[json!(true), json!(false)]),
            ("risk", &[json!(7), json!(80)]),
            ("marks", &[json!(["secret"]), json!(["seen", "secret"]), json!([])]),
            ("ticket", &[json!("AB-12"), json!("x"), json!(7)]),
            ("size", &[json!(1), json!(7), json!("7")]),
            ("area", &[json!("/w/a/.env"), json!("/x"), json!("/w/../x")]),
            ("peer", &[json!("a.example.com"), json!("evil.test"), json!("Evil.Test")]),
            ("address", &[json!("10.0.0.1"), json!("8.8.8.8"), json!("example.com")]),
            ("tags", &[json!(["x"]), json!(["x", "y"]), json!("x")]),
            ("urgent", &[json!(true), json!(false)]),
            ("stage", &[json!("dev"), json!("prod"), json!("other")]),
            ("unheard", &[json!("of"), json!(7)]),
        ];
        for (name, values) in known {
            if self.dice.one_in(3) {
                let index = self.dice.below(values.len());
                context.insert(name.to_owned(), values[index].clone());
            }
        }
        if !context.is_empty() {
            self.set("context", Value::Object(context));
        }
        self.at_times(40, "failed_layers", &[json!(["team"])]);
    }
}

const NAMES: [&str; 9] = ["a", "b", "ab", ".git", ".env", ".env.x", "A", ".GIT", "c"];

fn absolute_path(dice: &mut Dice) -> String {
    let base = dice.pick(&["", "/w", "/w", "/h", "/tmp", "/d"]);
    let names: Vec<_> = (0..dice.below(4)).map(|_| dice.pick(&NAMES)).collect();
    let path = format!("{base}/{}", names.join("/"));
    if path.len() > 1 { path.trim_end_matches('/').to_owned() } else { path }
}

fn path(dice: &mut Dice) -> String {
    let absolute = absolute_path(dice);
    match dice.below(10) {
        0 => absolute.trim_start_matches('/').to_owned(),
        1 => format!("a/{}", dice.pick(&NAMES)),
        2 => format!("../{}", dice.pick(&NAMES)),
        3 => format!("~/{}", dice.pick(&[".ssh/id", "a", ".env"])),
        4 => format!("{absolute}/../{}", dice.pick(&NAMES)),
        5 => format!("C:{absolute}"),
        _ => absolute,
    }
}

fn words(dice: &mut Dice) -> Vec<String> {
    const PROGRAMS: [&str; 11] =
        ["git", "git", "git", "cp", "cat", "rm", "make", "sudo", "/usr/bin/git", "/opt/git", "GIT"];
    const WORDS: [&str; 20] = [
        "push",
        "push",
        "push",
        "status",
        "a",
        "origin",
        "-f",
        "--force",
        "--force=x",
        "--forc",
        "-uf",
        "-ofile",
        "--",
        "-r",
        "--output",
        "-exec",
        "-C",
        "--no-pager",
        "lease",
        "b",
    ];
    let mut words = vec![dice.pick(&PROGRAMS).to_owned()];
    for _ in 0..dice.below(5) {
        let word = if dice.one_in(6) { path(dice) } else { dice.pick(&WORDS).to_owned() };
        words.push(word);
    }
    words
}

fn shell_line(dice: &mut Dice) -> String {
    const RUN_TIME_WORDS: [&str; 8] =
        ["$X", "\"$X\"", "-$X", "*.md", "~/.ssh/id", "\"$HOME/a\"", "a$X", "$(cat b)"];
    const BEFORE: [&str; 10] = ["", "", "", "", "", "env ", "A=1 ", "sudo ", "xargs ", "LANG=C "];
    const BEHIND: [&str; 8] = ["", "", "", "", " > /w/a", " < .env", " > $X", " 2>/dev/null"];
    let mut line = String::new();
    for index in 0..1 + dice.below(2) {
        if index > 0 {
            line.push_str(dice.pick(&[" && ", "; ", " | ", "\n", " || "]));
        }
        let mut words = words(dice);
        if dice.one_in(3) {
            let at = dice.below(words.len()) + 1;
            words.insert(at, dice.pick(&RUN_TIME_WORDS).to_owned());
        }
        line.push_str(dice.pick(&BEFORE));
        line.push_str(&words.join(" "));
        line.push_str(dice.pick(&BEHIND));
    }
    match dice.below(16) {
        0 => format!("if true; then {line}; fi"),
        1 => format!("cd a && {line}"),
        2 => "X=1".to_owned(),
        3 => format!("bash -c \"{}\"", line.replace(['"', '$', '\\'], "")),
        4 => format!("{line} \"unfinished"),
        _ => line,
    }
}

fn host(dice: &mut Dice) -> &'static str {
    dice.pick(&[
        "example.com",
        "a.example.com",
        "b.a.example.com",
        "EXAMPLE.com.",
        "evil.test",
        "x.evil.test",
        "localhost",
        "10.1.2.3",
        "127.0.0.1",
        "0x7f.1",
        "8.8.8.8",
        "::1",
        "fd00::1",
        "a..b",
        "",
    ])
}

fn url_host(dice: &mut Dice) -> String {
    let host = host(dice);
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

fn address(dice: &mut Dice) -> &'static str {
    dice.pick(&["10.1.2.3", "127.0.0.1", "8.8.8.8", "169.254.169.254", "::1", "fd00::1", "x"])
}

fn arguments(dice: &mut Dice) -> Value {
    let mut arguments = Map::new();
    if dice.one_in(2) {
        let path = path(dice);
        let value = match dice.below(8) {
            0 => json!([path]),
            1 => Value::Null,
            _ => json!(path),
        };
        arguments.insert("path".to_owned(), value);
    }
    if dice.one_in(2) {
        arguments.insert("sql".to_owned(), json!(dice.pick(&["drop table x", "select 1"])));
    }
    if dice.one_in(2) {
        let values = [json!(1), json!(7), json!(7.5), json!("7"), json!(true)];
        arguments.insert("n".to_owned(), values[dice.below(values.len())].clone());
    }
    Value::Object(arguments)
}
