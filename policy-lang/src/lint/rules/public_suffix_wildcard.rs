//! See `public_suffix_wildcard.md`.

use crate::diagnostic::{Code, Level};
use crate::lint::Lint;
use crate::lint::allowance::Report;
use crate::lint::context::{Context, Offence};
use crate::model::pattern::{HostShape, LabelItem};
use policy_eval::Tier;

pub(super) static LINT: Lint = Lint {
    code: Code {
        code: "L040",
        title: "wildcard over names that anyone can have",
        explanation: include_str!("public_suffix_wildcard.md"),
    },
    name: "public-suffix-wildcard",
    level: Level::Warning,
    check,
};

/// Names of one label that nobody can register: they stay inside.
const PRIVATE: &[&str] = &[
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "private",
    "test",
    "example",
    "invalid",
    "arpa",
    "onion",
    "localdomain",
];

/// Names below which strangers get names: for the asking, or for a few dollars. A small list of the
/// common ones; the full one has thousands and changes every week.
const SHARED: &[&str] = &[
    "co.uk",
    "org.uk",
    "ac.uk",
    "gov.uk",
    "me.uk",
    "com.au",
    "net.au",
    "org.au",
    "co.nz",
    "co.za",
    "co.in",
    "co.jp",
    "or.jp",
    "ne.jp",
    "co.kr",
    "com.br",
    "com.cn",
    "com.mx",
    "com.tr",
    "com.tw",
    "com.sg",
    "com.hk",
    "com.ar",
    "com.pl",
    "co.il",
    "eu.org",
    "github.io",
    "gitlab.io",
    "githubusercontent.com",
    "pages.dev",
    "workers.dev",
    "r2.dev",
    "netlify.app",
    "vercel.app",
    "herokuapp.com",
    "web.app",
    "firebaseapp.com",
    "appspot.com",
    "run.app",
    "googleusercontent.com",
    "azurewebsites.net",
    "azureedge.net",
    "blob.core.windows.net",
    "cloudapp.net",
    "cloudfront.net",
    "amazonaws.com",
    "s3.amazonaws.com",
    "onrender.com",
    "fly.dev",
    "deno.dev",
    "up.railway.app",
    "repl.co",
    "replit.app",
    "replit.dev",
    "glitch.me",
    "surge.sh",
    "ngrok.io",
    "ngrok.app",
    "ngrok-free.app",
    "trycloudflare.com",
    "loca.lt",
    "blogspot.com",
    "wordpress.com",
    "notion.site",
    "webflow.io",
    "codesandbox.io",
    "stackblitz.io",
    "duckdns.org",
    "nip.io",
    "sslip.io",
];

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (tier, _, sentence) in context.tiers() {
        if tier != Tier::Allow {
            continue;
        }
        let offences = sentence
            .hosts()
            .iter()
            .filter_map(|pattern| {
                let HostShape::Name(items) = &pattern.shape else { return None };
                let why = whose(items)?;
                Some(Offence { at: pattern.at, written: pattern.written.clone(), why })
            })
            .collect();
        sentence.report(
            context,
            report,
            &LINT,
            offences,
            |names| format!("{names} matches hosts that anyone can have"),
            |finding, _| finding.help("name the hosts, or the organisation: `*.acme.com`"),
        );
    }
}

/// Whose names a wildcard matches, where they are anybody's.
fn whose(items: &[LabelItem]) -> Option<String> {
    let (LabelItem::OneOrMore | LabelItem::ZeroOrMore, labels) = items.split_first()? else {
        return None;
    };
    let labels: Option<Vec<&str>> = labels
        .iter()
        .map(|item| match item {
            LabelItem::Label(label) => label.as_literal(),
            _ => None,
        })
        .collect();
    let suffix = labels?.join(".");
    if SHARED.contains(&suffix.as_str()) {
        return Some(format!("anybody gets a name under `{suffix}`"));
    }
    let is_top = !suffix.is_empty() && !suffix.contains('.') && !PRIVATE.contains(&suffix.as_str());
    is_top.then(|| format!("`{suffix}` is a top-level domain"))
}
