//! What no record holds: secrets, found by what the caller declares, by their shape and by where
//! they stand.
//!
//! Text is looked through twice. [`Secrets::find`] looks at shapes: tokens of known services, PEM
//! blocks, the user part and the query of URLs, values behind a name like `password`. [`Words`] looks
//! at the words of a command, one after the other, and knows which word makes the next one a secret:
//!
//! ```text
//!   curl -u ana:…  -H "Authorization: …"  https://…@acme.com/?key=…
//!   TOKEN=…  mysql -p…  deploy --password …  docker run -e NAME=…
//! ```
//!
//! Both rather take away too much. A secret that has no known shape, stands where no secret is
//! expected and was not declared is not found: that cannot be promised.

use core::ops::Range;
use std::borrow::Cow;

/// What stands in the place of a secret. A plain word in shell text, in a URL and in a path, so that
/// what is around it still reads as it did.
pub(super) const MASK: &str = "__secret__";

/// Texts that the caller knows to be secret: in no record at any level, whatever their case, and
/// percent-encoded as well. An empty one is none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Secrets<'a> {
    pub(super) declared: &'a [&'a str],
}

/// Where secrets stand in a text.
type Spans = Vec<Range<usize>>;

/// How deep commands within words of commands are looked at.
const MOST_DEPTH: usize = 4;

impl Secrets<'_> {
    /// A text of any kind, as a command line is looked at too.
    pub(super) fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut spans = Vec::new();
        self.find_in_line(text, &mut Words::default(), MOST_DEPTH, &mut spans);
        replace(text, spans)
    }

    /// The secrets in one word or value.
    pub(super) fn find(&self, text: &str, spans: &mut Spans) {
        self.find_anywhere(text, spans);
        named_values(text, spans);
        user_at_host(text, spans);
    }

    /// Those that are known wherever they stand.
    fn find_anywhere(&self, text: &str, spans: &mut Spans) {
        for secret in self.declared.iter().filter(|secret| !secret.is_empty()) {
            every(text, secret, spans);
            let encoded = percent_encoded(secret);
            if encoded != *secret {
                every(text, &encoded, spans);
            }
        }
        tokens(text, spans);
        json_web_tokens(text, spans);
        pem_blocks(text, spans);
        urls(text, spans);
    }

    /// The secrets in text that may be a command line, and in the command lines in its words.
    fn find_in_line(&self, text: &str, words: &mut Words, depth: usize, spans: &mut Spans) {
        self.find_anywhere(text, spans);
        header_lines(text, spans);
        each_word(text, &mut |item| match item {
            Item::Separator => words.separator(),
            Item::Word(word) => {
                let mut found = Vec::new();
                words.word(self, &word.value, &mut found);
                if depth > 0 && word.value.contains([' ', '\t', '\n']) {
                    self.find_in_line(&word.value, &mut words.within(), depth - 1, &mut found);
                }
                // In the text a secret may have quotes in it, which belong to it then.
                spans.extend(found.into_iter().filter_map(|span| {
                    let from = *word.places.get(span.start)?;
                    let last = *word.places.get(span.end.checked_sub(1)?)?;
                    let width = text.get(last..)?.chars().next()?.len_utf8();
                    Some(from..last + width)
                }));
            }
        });
    }
}

/// The text with the mask in the place of each span.
pub(super) fn replace(text: &str, mut spans: Spans) -> Cow<'_, str> {
    spans.retain(|span| span.start < span.end);
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    spans.sort_unstable_by_key(|span| span.start);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let mut spans = spans.into_iter().peekable();
    while let Some(span) = spans.next() {
        let mut end = span.end;
        // What overlaps or touches is one secret.
        while let Some(next) = spans.next_if(|next| next.start <= end) {
            end = end.max(next.end);
        }
        out.push_str(text.get(at..span.start).unwrap_or_default());
        let left_open = open_quote(text.get(span.start..end).unwrap_or_default());
        out.push_str(MASK);
        out.extend(left_open);
        at = end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    Cow::Owned(out)
}

/// The quote that a part of a text leaves odd: it stays, so that what is behind it reads as before.
fn open_quote(text: &str) -> Option<char> {
    ['"', '\''].into_iter().find(|&quote| text.matches(quote).count() % 2 == 1)
}

// ---- Words ----------------------------------------------------------------------------------

/// What the words before say about the next one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Next {
    /// Nothing.
    #[default]
    Open,
    /// It is the value of a secret.
    Secret,
    /// It is the value of a header: a scheme, and then the secret.
    Header,
    /// `USER:PASSWORD`.
    UserPassword,
    /// `NAME=VALUE`, a variable.
    Variable,
}

/// The words of commands, one after the other.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Words {
    next: Next,
    /// A word of this command was its program.
    has_program: bool,
    /// The program sets variables: of its words, those that are no flags.
    sets: Option<usize>,
    /// Some word so far was a program with secrets behind a short flag. It holds to the end, since
    /// a wrapper may stand before it.
    short: [bool; SHORT.len()],
    has_login: bool,
    has_users: bool,
    has_variables: bool,
    /// A PEM block began and did not end.
    in_pem: bool,
}

/// Programs, and short flags of theirs that a secret follows, in the same word or the next.
const SHORT: &[(&[&str], &[&str])] = &[
    (
        &[
            "mysql",
            "mysqldump",
            "mysqladmin",
            "mysqlimport",
            "mysqlsh",
            "mysqlcheck",
            "mariadb",
            "mariadb-dump",
            "mariadb-admin",
            "sshpass",
            "mongo",
            "mongosh",
            "mongodump",
            "mongorestore",
            "7z",
            "7za",
            "rar",
            "unrar",
            "cadaver",
        ],
        &["-p"],
    ),
    (&["zip", "unzip", "sqlcmd", "bcp", "isql", "snmpget", "snmpwalk"], &["-P", "-A", "-X"]),
    (&["redis-cli", "valkey-cli"], &["-a"]),
    (&["ldapsearch", "ldapadd", "ldapmodify", "ldapdelete", "ldappasswd"], &["-w"]),
    (&["plink", "pscp", "psftp"], &["-pw"]),
    (&["smbclient", "rpcclient"], &["-U"]),
];

/// Programs that take `USER:PASSWORD` behind `-u`.
const USERS: &[&str] = &["curl", "wget", "http", "https", "xh", "httpie", "ab", "hey", "lftp"];

/// Programs whose words are variables.
const VARIABLES: &[&str] =
    &["env", "export", "declare", "typeset", "local", "readonly", "sudo", "doas", "setx", "setenv"];

/// Programs that set a variable to the word behind its name.
const SETS: &[&str] = &["set", "setenv", "setx"];

/// Flags that a variable follows.
const VARIABLE_FLAGS: &[&str] = &["-e", "--env", "--build-arg", "--set-env", "--setenv"];

/// Words behind which a command begins; operators too, since a list of words may be a line that was
/// parted by someone else.
const BEFORE_COMMANDS: &[&str] = &[
    "if", "then", "elif", "else", "while", "until", "do", "time", "!", "{", "&&", "||", "|", "&",
    ";",
];

impl Words {
    /// A command within a word: what was seen so far holds for it too.
    fn within(&self) -> Words {
        Words { next: Next::Open, has_program: false, sets: None, ..*self }
    }

    fn separator(&mut self) {
        self.has_program = false;
        self.sets = None;
        self.next = Next::Open;
    }

    /// A word that is known only when the command runs.
    pub(super) fn unknown(&mut self) {
        self.has_program = true;
        self.next = Next::Open;
    }

    /// The secrets in the next word.
    pub(super) fn word(&mut self, secrets: &Secrets<'_>, word: &str, spans: &mut Spans) {
        secrets.find(word, spans);
        self.in_pem |= word.starts_with("-----BEGIN");
        self.in_pem &= !word.starts_with("-----END");
        if self.in_pem && is_key_material(word) {
            spans.push(0..word.len());
        }
        let variable = variable(word);
        match core::mem::take(&mut self.next) {
            Next::Open => {}
            Next::Header if is_scheme(word) => {
                self.next = Next::Header;
                return;
            }
            Next::Secret | Next::Header => {
                spans.push(0..word.len());
                return;
            }
            Next::UserPassword => {
                spans.extend(word.find(':').map(|at| at + 1..word.len()));
                return;
            }
            Next::Variable => {
                spans.extend(word.find('=').map(|at| at + 1..word.len()));
                return;
            }
        }
        if let Some(equals) = variable {
            let name = &word[..equals];
            let is_usual = !name.bytes().any(|byte| byte.is_ascii_lowercase());
            if !self.has_program || self.has_variables || is_usual || is_secret_name(name) {
                spans.push(equals + 1..word.len());
            }
            return;
        }
        if word.starts_with('-') {
            self.flag(word, spans);
            return;
        }
        if let Some(name) = word.strip_suffix(':')
            && is_secret_name(name)
        {
            self.next = Next::Header;
        }
        if let Some(secret) = word.strip_prefix("pass:") {
            spans.push(word.len() - secret.len()..word.len());
        }
        if BEFORE_COMMANDS.contains(&word) {
            self.separator();
            return;
        }
        self.program(word);
        if let Some(count) = self.sets.as_mut() {
            // The program, the name, and then the values.
            if *count >= 2 {
                spans.push(0..word.len());
            }
            *count += 1;
        }
    }

    fn program(&mut self, word: &str) {
        let name = word.rsplit(['/', '\\']).next().unwrap_or(word).to_ascii_lowercase();
        let name = name.strip_suffix(".exe").unwrap_or(&name);
        for (seen, (programs, _)) in self.short.iter_mut().zip(SHORT) {
            *seen |= programs.contains(&name);
        }
        self.has_users |= USERS.contains(&name);
        self.has_variables |= VARIABLES.contains(&name);
        self.has_login |= name == "login";
        if !self.has_program && SETS.contains(&name) {
            self.sets = Some(0);
        }
        self.has_program = true;
    }

    fn flag(&mut self, word: &str, spans: &mut Spans) {
        let (name, value) = match word.find('=') {
            Some(equals) => (&word[..equals], Some(equals + 1)),
            None => (word, None),
        };
        if VARIABLE_FLAGS.contains(&name) {
            match value.and_then(|value| Some(value + word.get(value..)?.find('=')? + 1)) {
                Some(value) => spans.push(value..word.len()),
                None => self.next = Next::Variable,
            }
            return;
        }
        if self.has_users && matches!(name, "-u" | "-U" | "--user" | "--proxy-user") {
            match value {
                Some(value) => {
                    let colon = word.get(value..).and_then(|rest| rest.find(':'));
                    spans.extend(colon.map(|at| value + at + 1..word.len()));
                }
                None => self.next = Next::UserPassword,
            }
            return;
        }
        if self.has_users && word.starts_with("-u") {
            spans.extend(word.find(':').map(|at| at + 1..word.len()));
        }
        let of_program = SHORT.iter().zip(self.short).filter(|(_, seen)| *seen);
        let of_program = of_program.flat_map(|((_, flags), _)| flags.iter().copied());
        let of_login = self.has_login.then_some("-p");
        let short = of_program.chain(of_login).find(|flag| word.starts_with(flag));
        if let Some(flag) = short
            && !word.starts_with("--")
        {
            if word.len() == flag.len() {
                self.next = Next::Secret;
            } else {
                spans.push(flag.len()..word.len());
            }
            return;
        }
        if is_secret_name(name.trim_start_matches('-')) {
            match value {
                Some(value) => spans.push(value..word.len()),
                None => self.next = Next::Secret,
            }
        }
    }
}

/// Where the `=` of `NAME=…` is, also behind PowerShell's `$env:`.
fn variable(word: &str) -> Option<usize> {
    let equals = word.find('=')?;
    let name = &word[..equals];
    let name = name.strip_prefix("$env:").unwrap_or(name);
    let name = name.strip_suffix('+').unwrap_or(name);
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    (is_name && !name.is_empty()).then_some(equals)
}

/// Whether a word between the name of a header and the secret says how it is meant.
fn is_scheme(word: &str) -> bool {
    ["bearer", "basic", "digest", "token", "negotiate", "aws4-hmac-sha256"]
        .iter()
        .any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// Whether what a name stands for is a secret: `password`, `API_KEY`, `x-auth-token`.
pub(super) fn is_secret_name(name: &str) -> bool {
    const PARTS: [&str; 13] = [
        "password",
        "passwd",
        "passphrase",
        "passcode",
        "secret",
        "token",
        "apikey",
        "accesskey",
        "privatekey",
        "credential",
        "authorization",
        "cookie",
        "signature",
    ];
    const WHOLE: [&str; 6] = ["auth", "pass", "pwd", "pat", "pw", "jwt"];
    // A place where a secret lies is none.
    const PLACES: [&str; 3] = ["stdin", "file", "path"];
    let name: String = name
        .chars()
        .filter(|c| !matches!(c, '_' | '-' | '.'))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    if PLACES.iter().any(|place| name.ends_with(place)) {
        return false;
    }
    WHOLE.contains(&&*name) || PARTS.iter().any(|part| name.contains(part))
}

/// A word of a line: its value, and for each byte of it the place in the line.
struct LineWord {
    value: String,
    places: Vec<usize>,
}

enum Item {
    Word(LineWord),
    /// A new command begins.
    Separator,
}

/// Hands out the words of a line as most shells part them. Every text is taken: a quote that does
/// not end goes to the end of the text.
fn each_word(text: &str, visit: &mut dyn FnMut(Item)) {
    let mut word = LineWord { value: String::new(), places: Vec::new() };
    let mut is_word = false;
    let mut quote = None;
    let mut chars = text.char_indices().peekable();
    let put = |word: &mut LineWord, at: usize, c: char| {
        word.value.push(c);
        word.places.extend((0..c.len_utf8()).map(|_| at));
    };
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'' | '`') => {
                quote = Some(c);
                is_word = true;
            }
            (None | Some('"'), '\\') => match chars.next() {
                Some((_, '\n')) => {}
                Some((at, c)) => {
                    put(&mut word, at, c);
                    is_word = true;
                }
                None => {}
            },
            (None, ' ' | '\t' | '\n' | '\r' | ';' | '|' | '&' | '(' | ')' | '<' | '>') => {
                if core::mem::take(&mut is_word) {
                    let empty = LineWord { value: String::new(), places: Vec::new() };
                    visit(Item::Word(core::mem::replace(&mut word, empty)));
                }
                if matches!(c, '\n' | ';' | '|' | '&' | '(' | ')') {
                    visit(Item::Separator);
                }
            }
            (_, c) => {
                put(&mut word, at, c);
                is_word = true;
            }
        }
    }
    if is_word {
        visit(Item::Word(word));
    }
}

// ---- Shapes ---------------------------------------------------------------------------------

/// Every place where a text stands, whatever the case of its ASCII letters.
fn every(text: &str, wanted: &str, spans: &mut Spans) {
    let (bytes, wanted) = (text.as_bytes(), wanted.as_bytes());
    let mut at = 0;
    while let Some(window) = bytes.get(at..at + wanted.len()) {
        // A place inside a character is none.
        if window.eq_ignore_ascii_case(wanted) && text.is_char_boundary(at) {
            spans.push(at..at + wanted.len());
            at += wanted.len();
        } else {
            at += 1;
        }
    }
}

fn percent_encoded(text: &str) -> String {
    use core::fmt::Write as _;
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// What tokens of known services begin with, and how many characters follow at least.
const TOKENS: &[(&str, usize)] = &[
    ("ghp_", 16),
    ("gho_", 16),
    ("ghu_", 16),
    ("ghs_", 16),
    ("ghr_", 16),
    ("github_pat_", 16),
    ("glpat-", 16),
    ("gldt-", 16),
    ("glrt-", 16),
    ("sk-", 16),
    ("sk_live_", 8),
    ("sk_test_", 8),
    ("rk_live_", 8),
    ("rk_test_", 8),
    ("whsec_", 16),
    ("xoxa-", 8),
    ("xoxb-", 8),
    ("xoxe-", 8),
    ("xoxp-", 8),
    ("xoxr-", 8),
    ("xoxs-", 8),
    ("xapp-", 8),
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 30),
    ("ya29.", 16),
    ("GOCSPX-", 16),
    ("npm_", 20),
    ("pypi-", 16),
    ("hf_", 20),
    ("dop_v1_", 16),
    ("SG.", 16),
    ("shpat_", 16),
    ("dckr_pat_", 16),
    ("lin_api_", 16),
    ("AGE-SECRET-KEY-", 16),
    ("hooks.slack.com/services/", 8),
    ("/api/webhooks/", 8),
];

fn tokens(text: &str, spans: &mut Spans) {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-./".contains(byte);
    for (prefix, least) in TOKENS {
        let mut seen = 0;
        for (at, _) in text.match_indices(prefix) {
            if at < seen {
                continue;
            }
            // `task-…` is no `sk-…`.
            let before = text.as_bytes().get(at.wrapping_sub(1));
            if before.is_some_and(|byte| byte.is_ascii_alphanumeric()) && !prefix.starts_with('/') {
                continue;
            }
            let rest = &text.as_bytes()[at + prefix.len()..];
            // A path goes on behind a token; a webhook is all of its path.
            let is_path = prefix.ends_with('/');
            let length = rest
                .iter()
                .take_while(|byte| is_token(byte) && (is_path || **byte != b'/'))
                .count();
            if *least <= length {
                let from = if is_path { at + prefix.len() } else { at };
                seen = at + prefix.len() + length;
                spans.push(from..seen);
            }
        }
    }
}

/// `eyJ….….…`: three parts of base64, the first an object.
fn json_web_tokens(text: &str, spans: &mut Spans) {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-=".contains(byte);
    let mut seen = 0;
    for (at, _) in text.match_indices("eyJ") {
        if at < seen {
            continue;
        }
        let mut end = at;
        let mut parts = 0;
        loop {
            let length = text.as_bytes()[end..].iter().take_while(|byte| is_part(byte)).count();
            parts += usize::from(4 <= length);
            end += length;
            if text.as_bytes().get(end) != Some(&b'.') || parts == 5 {
                break;
            }
            end += 1;
        }
        if 2 <= parts {
            spans.push(at..end);
        }
        seen = end;
    }
}

/// PEM blocks, also with `\n` in place of line ends. Of one that does not end the lines that are
/// nothing but base64.
fn pem_blocks(text: &str, spans: &mut Spans) {
    let mut seen = 0;
    let last_end = text.rfind("-----END ").unwrap_or(0);
    for (at, begin) in text.match_indices("-----BEGIN ") {
        if at < seen {
            continue;
        }
        let rest = &text[at + begin.len()..];
        let Some(label) = rest.find("-----") else { continue };
        let body = &rest[label + 5..];
        let start = at + begin.len() + label + 5;
        if start <= last_end
            && let Some(end) = body.find("-----END ")
        {
            spans.push(start..start + end);
            seen = start + end;
            continue;
        }
        let mut at = start;
        for line in body.split_inclusive([' ', '\n', '\r', '\t', '"', '\'', '\\']) {
            let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
            let length = line.bytes().take_while(|byte| is_base64(*byte)).count();
            if 16 <= length {
                spans.push(at..at + length);
            }
            at += line.len();
        }
        return; // That was the rest of the text.
    }
}

/// What is a secret by its shape alone in a text as it was sent. Once a shell has parted it, or a
/// name was put in small letters, the shape is gone, and the secret is still one.
pub(super) fn by_shape(text: &str) -> Vec<&str> {
    let mut spans = Vec::new();
    tokens(text, &mut spans);
    json_web_tokens(text, &mut spans);
    let mut found: Vec<&str> = spans.drain(..).filter_map(|span| text.get(span)).collect();
    pem_blocks(text, &mut spans);
    let blocks = spans.into_iter().filter_map(|span| text.get(span));
    found.extend(blocks.flat_map(str::split_whitespace).filter(|word| is_key_material(word)));
    found
}

/// Whether a word is base64, and no path.
fn is_key_material(word: &str) -> bool {
    16 <= word.len()
        && !word.starts_with('/')
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
}

/// What ends a URL in a text around it.
const URL_ENDS: &[char] = &[' ', '\t', '\n', '\r', '"', '\'', '`', '<', '>', '|', ')', '}'];

/// The user part and the query of URLs, and values behind `?NAME=` in text that has no scheme.
fn urls(text: &str, spans: &mut Spans) {
    let mut url_end = 0;
    // With one slash it is what is left of a URL that was taken for a path.
    for (at, _) in text.match_indices(":/") {
        let is_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        let scheme = text.as_bytes()[..at].iter().rev().take_while(|byte| is_scheme(byte));
        // One letter is a drive.
        if scheme.take(2).count() < 2 {
            continue;
        }
        let start = at + 2 + usize::from(text[at + 2..].starts_with('/'));
        let is_first = url_end <= at;
        if is_first {
            url_end = text[start..].find(URL_ENDS).map_or(text.len(), |length| start + length);
        }
        let rest = text.get(start..url_end).unwrap_or_default();
        let authority = rest.find(['/', '?', '#', '\\']).map_or(rest, |end| &rest[..end]);
        if let Some(user) = authority.rfind('@') {
            spans.push(start..start + user);
        }
        // A query without names is a value itself.
        if is_first
            && let Some(query) = rest.find(['?', '#'])
            && !rest[query..].contains('=')
        {
            spans.push(start + query + 1..url_end);
        }
    }
    let mut seen = 0;
    for (at, _) in text.match_indices(['?', '&', '#', ';']) {
        let rest = &text[at + 1..];
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.[]%".contains(&byte);
        let name = rest.bytes().take(256).take_while(|byte| is_name(*byte)).count();
        if at < seen || name == 0 || !rest[name..].starts_with('=') {
            continue;
        }
        let from = at + 1 + name + 1;
        let value = &text[from..];
        let is_end = |c: char| URL_ENDS.contains(&c) || matches!(c, '&' | '#' | ';');
        seen = from + value.find(is_end).unwrap_or(value.len());
        spans.push(from..seen);
    }
}

/// `USER:PASSWORD@HOST` without a scheme.
fn user_at_host(text: &str, spans: &mut Spans) {
    for (at, _) in text.match_indices('@') {
        let before = &text[..at];
        let start = before
            .rfind(|c: char| URL_ENDS.contains(&c) || matches!(c, '/' | '=' | ',' | '@'))
            .map_or(0, |place| place + before[place..].chars().next().map_or(1, char::len_utf8));
        let host = text[at + 1..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[');
        if let (true, Some(colon)) = (host, before[start..].find(':')) {
            spans.push(start + colon + 1..at);
        }
    }
}

/// Values behind a name that says that they are secret: `password=…`, `"api_key": "…"`,
/// `Authorization: …`; and what follows `Bearer`.
fn named_values(text: &str, spans: &mut Spans) {
    let mut seen = 0;
    for (at, found) in text.match_indices(['=', ':']) {
        if at < seen {
            continue;
        }
        let before = text[..at].trim_end_matches([' ', '"', '\'', '\\']);
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let name = &before[before.trim_end_matches(is_name).len()..];
        if name.is_empty() || !is_secret_name(name) {
            continue;
        }
        let rest = &text[at + 1..];
        let value = rest.trim_start_matches(['=', '>', ' ', '\t', '\\']);
        let start = at + 1 + rest.len() - value.len();
        let opened = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let end = match opened {
            Some(quote) => {
                let inner = &value[1..];
                1 + inner.find(quote).unwrap_or(inner.len())
            }
            // Headers go to the end of the line; of others only the next word.
            None if found == ":" && is_header(name) => {
                value.find(['\n', '\r', '"', '\'']).unwrap_or(value.len())
            }
            None => {
                let ends = [' ', '\t', '\n', '\r', '"', '\'', '&', ';', ',', ')', '}', ']', '\\'];
                value.find(ends).unwrap_or(value.len())
            }
        };
        let start_of_value = start + usize::from(opened.is_some());
        seen = (start + end).max(start_of_value);
        spans.push(start_of_value..seen);
    }
    for scheme in ["bearer ", "basic ", "token "] {
        let mut found = Vec::new();
        every(text, scheme, &mut found);
        for span in found {
            let value = &text[span.end..];
            let is_token = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
            let length = value.find(|c| !is_token(c)).unwrap_or(value.len());
            let looks_random = value[..length].bytes().any(|byte| byte.is_ascii_digit());
            if 20 <= length || (8 <= length && looks_random) {
                spans.push(span.end..span.end + length);
            }
        }
    }
}

fn is_header(name: &str) -> bool {
    ["authorization", "proxy-authorization", "cookie", "set-cookie"]
        .iter()
        .any(|header| name.eq_ignore_ascii_case(header))
}

/// Lines that begin with the name of a header.
fn header_lines(text: &str, spans: &mut Spans) {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some((name, value)) = line.split_once(':')
            && !name.contains(char::is_whitespace)
            && (is_header(name) || (name.contains('-') && is_secret_name(name)))
        {
            spans
                .push(start + line.len() - value.trim_start().len()..start + line.trim_end().len());
        }
        start += line.len();
    }
}
