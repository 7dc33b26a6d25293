//! The terminal: standard output for results, standard error for the rest, colours on both.

use std::fmt;
use std::io::{self, BufWriter, IsTerminal as _, StdoutLock, Write};
use std::sync::Arc;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use policy_eval::{Tier, safe};
use policy_lang::Failure;
use policy_lang::diagnostic::{self, Diagnostic};
use policy_lang::span::Source;
use serde::Serialize;

use crate::documents;
use crate::outcome::Stop;

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Also where the output is no terminal.
    Always,
    /// Nowhere.
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> ColorChoice {
        match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::AlwaysAnsi,
            Color::Never => ColorChoice::Never,
        }
    }
}

/// What people write on a command line for text or JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Human,
    /// For machines: one document, or one a line.
    Json,
}

/// The output of a command. Styles that it is given are dropped where no colour is wanted.
pub(crate) struct Ui {
    out: BufWriter<AutoStream<StdoutLock<'static>>>,
    color: ColorChoice,
}

impl Ui {
    pub(crate) fn new(color: Color) -> Ui {
        let color = color.into();
        let out = AutoStream::new(io::stdout().lock(), color);
        Ui { out: BufWriter::with_capacity(64 << 10, out), color }
    }

    /// One document on a line of its own.
    pub(crate) fn document(&mut self, document: &impl Serialize) -> Result<(), Stop> {
        documents::write(&mut self.out, document)?;
        self.out.write_all(b"\n")?;
        Ok(())
    }

    /// Hands on what was written so far.
    pub(crate) fn finish(&mut self) -> Result<(), Stop> {
        Ok(self.out.flush()?)
    }

    /// Says now and then how far a long stream is, where a person waits and sees nothing else.
    pub(crate) fn progress(&self, done: u64) {
        const SOMETIMES: u64 = 1 << 14;
        let watched = || io::stderr().is_terminal() && !io::stdout().is_terminal();
        if done > 0 && done.is_multiple_of(SOMETIMES) && watched() {
            let _ = write!(io::stderr(), "\r{done} requests\r");
        }
    }

    /// Something that is no result, on standard error.
    pub(crate) fn note(&self, text: impl fmt::Display) {
        // Where standard error is closed there is nobody to tell.
        let _ = writeln!(self.stderr(), "{text}");
    }

    /// Why the command stops.
    pub(crate) fn stop(&self, stop: &Stop) {
        match stop {
            Stop::Closed => {}
            Stop::Unable(what) | Stop::Usage(what) => {
                self.note(format_args!("{} {}", paint(ERROR, "error:"), safe(what)));
            }
            Stop::Invalid(failure) => self.failure(failure),
        }
    }

    /// Why there is no policy.
    pub(crate) fn failure(&self, failure: &Failure) {
        self.note(findings(&failure.diagnostics, &failure.sources).trim_end());
    }

    fn stderr(&self) -> AutoStream<io::StderrLock<'static>> {
        AutoStream::new(io::stderr().lock(), self.color)
    }
}

/// Results go to standard output.
impl Write for Ui {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Findings for people, in colours: a stream that wants none drops them.
pub(crate) fn findings(diagnostics: &[Diagnostic], sources: &[Arc<Source>]) -> String {
    diagnostic::render_all(diagnostics, sources, diagnostic::Style::Coloured)
}

/// Of the word `error`.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
/// Of what stands beside the matter: places, labels.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// Of names.
pub(crate) const STRONG: Style = Style::new().bold();
/// Of what is as it should be.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();

/// The style of a tier.
pub(crate) const fn tier_style(tier: Tier) -> Style {
    match tier {
        Tier::Allow => AnsiColor::Green.on_default().bold(),
        Tier::Review => AnsiColor::Cyan.on_default().bold(),
        Tier::Ask => AnsiColor::Yellow.on_default().bold(),
        Tier::Deny => AnsiColor::Red.on_default().bold(),
    }
}

/// A tier in its colour, padded to the width of the longest.
pub(crate) fn tier(tier: Tier) -> Painted<String> {
    paint(tier_style(tier), format!("{tier:<6}"))
}

/// A value in a style.
pub(crate) fn paint<D: fmt::Display>(style: Style, value: D) -> Painted<D> {
    Painted { style, value }
}

/// A value in a style.
pub(crate) struct Painted<D> {
    style: Style,
    value: D,
}

impl<D: fmt::Display> fmt::Display for Painted<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{:#}", self.style, self.value, self.style)
    }
}
