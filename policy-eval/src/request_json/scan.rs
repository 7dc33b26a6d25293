//! Requests out of lines without a copy: for logs, where there are millions of them.
//!
//! ```text
//!   line ─► scan: texts that borrow from the line ─► Request
//!             │
//!             └► anything unusual ─► RequestBuf, the strict reader, which also has the errors
//! ```
//!
//! What this takes, the strict reader takes and reads alike; a test holds both to that. Whatever it
//! does not know for certain (a second field of one name, a list that is longer than the room on the
//! stack, a number with a fraction) it leaves to the strict reader, so it needs no error of its own.

use std::cell::OnceCell;
use std::sync::LazyLock;

use super::{FIELDS, Place, RequestBuf, Shape, words};
use crate::json::{Json, JsonError, Reader};
use crate::request::{Declared, Request, ShellKind};
use crate::request_json::MAX_LINE_BYTES;
use crate::vocab::{Action, Attr, Platform};

/// Reads one request from a line and hands it out; nothing of it is kept.
///
/// The same requests as with [`RequestBuf::from_json`], which is the reader to use where a request
/// is to be kept, filled or answered with its `id`.
///
/// ```
/// use policy_eval::{Action, with_request_line};
/// let line = r#"{"action": "write", "path": "src/lib.rs", "id": 7}"#;
/// let path = with_request_line(line, |request| request.path.map(str::to_owned))?;
/// assert_eq!(path.as_deref(), Some("src/lib.rs"));
/// assert!(with_request_line(r#"{"action": "wirte"}"#, |_| ()).is_err());
/// # Ok::<(), policy_eval::json::JsonError>(())
/// ```
///
/// # Errors
/// Those of [`RequestBuf::from_json`].
///
/// # Cost
/// One pass over the line. Nothing is allocated but the arguments of calls and texts with escapes;
/// lines with long lists are read as `RequestBuf` reads them.
pub fn with_request_line<R>(
    line: &str,
    use_it: impl FnOnce(&Request<'_>) -> R,
) -> Result<R, JsonError> {
    if line.len() <= MAX_LINE_BYTES {
        let room = Room::default();
        let mut found = Found::new();
        if found.read(line, &room).is_some() {
            return Ok(found.with_request(use_it));
        }
    }
    Ok(RequestBuf::from_json(line)?.with_request(use_it))
}

/// How many texts with escapes there is room for.
const ESCAPED: usize = 8;
const MOST_FIELDS: usize = 24;
const MOST_TEXTS: usize = 40;
const MOST_PAIRS: usize = 8;
const MOST_DECLARED: usize = 8;

/// Keeps what cannot be borrowed from the line.
#[derive(Default)]
struct Room {
    texts: [OnceCell<Box<str>>; ESCAPED],
}

/// A field's value.
#[derive(Clone, Copy)]
enum Value<'t> {
    Text(&'t str),
    Flag(bool),
    Number(i64),
    /// A part of the list of texts.
    Texts(usize, usize),
    /// A part of the list of pairs.
    Pairs(usize, usize),
    /// The arguments, which are kept apart.
    Args,
}

/// The first few of something.
struct Few<T, const N: usize> {
    items: [T; N],
    count: usize,
}

impl<T: Copy, const N: usize> Few<T, N> {
    const fn new(empty: T) -> Few<T, N> {
        Few { items: [empty; N], count: 0 }
    }

    fn push(&mut self, item: T) -> Option<()> {
        *self.items.get_mut(self.count)? = item;
        self.count += 1;
        Some(())
    }

    fn all(&self) -> &[T] {
        self.items.get(..self.count).unwrap_or_default()
    }

    fn part(&self, start: usize, end: usize) -> &[T] {
        self.items.get(start..end).unwrap_or_default()
    }
}

/// What was found in a line.
struct Found<'t> {
    action: Option<Action>,
    /// Which fields there are, by their places in the table.
    seen: u64,
    has_id: bool,
    has_context: bool,
    fields: Few<(u8, Value<'t>), MOST_FIELDS>,
    texts: Few<&'t str, MOST_TEXTS>,
    pairs: Few<(&'t str, &'t str), MOST_PAIRS>,
    declared: Few<(&'t str, Value<'t>), MOST_DECLARED>,
    args: Option<Json>,
}

const _: () = assert!(FIELDS.len() <= 64, "a bit for each field");

impl<'t> Found<'t> {
    const fn new() -> Found<'t> {
        Found {
            action: None,
            seen: 0,
            has_id: false,
            has_context: false,
            fields: Few::new((0, Value::Args)),
            texts: Few::new(""),
            pairs: Few::new(("", "")),
            declared: Few::new(("", Value::Args)),
            args: None,
        }
    }

    /// Reads a line; none where something in it is unusual.
    fn read(&mut self, line: &'t str, room: &'t Room) -> Option<()> {
        let mut scan = Scan { reader: Reader::new(line), room, used: 0 };
        scan.object(|scan, name| match name {
            "action" if self.action.is_none() => {
                self.action = Some(Action::from_name(scan.text()?)?);
                Some(())
            }
            "id" if !self.has_id => {
                self.has_id = true;
                scan.id()
            }
            "context" if !self.has_context => {
                self.has_context = true;
                scan.object(|scan, name| self.in_context(scan, name))
            }
            name => {
                let index = field(name)?;
                (FIELDS[index].place == Place::Top).then_some(())?;
                self.take(scan, index)
            }
        })?;
        scan.is_at_end().then_some(())?;
        let action = self.action?;
        let belongs = |&(index, _): &(u8, _)| {
            let field = &FIELDS[usize::from(index)];
            field.place == Place::Context || field.actions.contains(action)
        };
        self.fields.all().iter().all(belongs).then_some(())
    }

    fn in_context(&mut self, scan: &mut Scan<'t>, name: &'t str) -> Option<()> {
        if let Some(index) = field(name) {
            (FIELDS[index].place == Place::Context).then_some(())?;
            return self.take(scan, index);
        }
        let is_known = Attr::from_name(name).is_some()
            || self.declared.all().iter().any(|(known, _)| *known == name);
        (!is_known).then_some(())?;
        let value = match scan.reader.peek()? {
            b'"' => Value::Text(scan.text()?),
            b'[' => self.list(scan)?,
            b't' | b'f' => Value::Flag(scan.flag()?),
            _ => Value::Number(scan.number()?),
        };
        self.declared.push((name, value))
    }

    fn take(&mut self, scan: &mut Scan<'t>, index: usize) -> Option<()> {
        let bit = 1 << index;
        (self.seen & bit == 0).then_some(())?;
        self.seen |= bit;
        let value = match FIELDS[index].shape {
            Shape::Text(_) => Value::Text(scan.text()?),
            Shape::Word(attr, _) => {
                let text = scan.text()?;
                words(attr)?.contains(&text).then_some(Value::Text(text))?
            }
            Shape::ShellKind => {
                let text = scan.text()?;
                ShellKind::from_name(text).map(|_| Value::Text(text))?
            }
            Shape::Platform => {
                let text = scan.text()?;
                Platform::from_name(text).map(|_| Value::Text(text))?
            }
            Shape::Flag(_) => Value::Flag(scan.flag()?),
            Shape::Number(_) => Value::Number(scan.number()?),
            Shape::Port => Value::Number(u16::try_from(scan.number()?).ok()?.into()),
            Shape::Texts(_) => self.list(scan)?,
            Shape::Value => {
                // One level deep: the arguments stand in the request.
                self.args = Some(scan.reader.value(1).ok()?);
                Value::Args
            }
            Shape::Links => self.links(scan)?,
            Shape::Roots => self.roots(scan)?,
        };
        self.fields.push((u8::try_from(index).ok()?, value))
    }

    fn list(&mut self, scan: &mut Scan<'t>) -> Option<Value<'t>> {
        let start = self.texts.count;
        scan.list(|text| self.texts.push(text))?;
        Some(Value::Texts(start, self.texts.count))
    }

    fn links(&mut self, scan: &mut Scan<'t>) -> Option<Value<'t>> {
        let start = self.pairs.count;
        scan.object(|scan, name| {
            self.is_new(start, name)?;
            let to = scan.text()?;
            self.pairs.push((name, to))
        })?;
        Some(Value::Pairs(start, self.pairs.count))
    }

    fn roots(&mut self, scan: &mut Scan<'t>) -> Option<Value<'t>> {
        let start = self.pairs.count;
        scan.object(|scan, name| {
            self.is_new(start, name)?;
            match scan.reader.peek()? {
                b'[' => {
                    let before = self.pairs.count;
                    scan.list(|path| self.pairs.push((name, path)))?;
                    // An empty list leaves no trace here, and a second one would not be seen.
                    (before < self.pairs.count).then_some(())
                }
                _ => {
                    let path = scan.text()?;
                    self.pairs.push((name, path))
                }
            }
        })?;
        Some(Value::Pairs(start, self.pairs.count))
    }

    fn is_new(&self, start: usize, name: &str) -> Option<()> {
        let known = self.pairs.part(start, self.pairs.count);
        (!known.iter().any(|(known, _)| *known == name)).then_some(())
    }

    fn with_request<R>(&self, use_it: impl FnOnce(&Request<'_>) -> R) -> R {
        let mut request = Request::new(self.action.unwrap_or(Action::Run));
        for &(index, value) in self.fields.all() {
            match (FIELDS[usize::from(index)].shape, value) {
                (Shape::Text(to) | Shape::Word(_, to), Value::Text(text)) => {
                    (to.set)(&mut request, text);
                }
                (Shape::Flag(to), Value::Flag(value)) => (to.set)(&mut request, value),
                (Shape::Number(to), Value::Number(value)) => (to.set)(&mut request, value),
                (Shape::Port, Value::Number(value)) => request.port = u16::try_from(value).ok(),
                (Shape::Texts(to), Value::Texts(start, end)) => {
                    (to.set)(&mut request, self.texts.part(start, end));
                }
                (Shape::ShellKind, Value::Text(name)) => {
                    request.shell_kind = ShellKind::from_name(name).unwrap_or_default();
                }
                (Shape::Platform, Value::Text(name)) => {
                    request.platform = Platform::from_name(name);
                }
                (Shape::Value, Value::Args) => request.args = self.args.as_ref(),
                (Shape::Links, Value::Pairs(start, end)) => {
                    request.symlinks = self.pairs.part(start, end);
                }
                (Shape::Roots, Value::Pairs(start, end)) => {
                    request.roots = self.pairs.part(start, end);
                }
                _ => {}
            }
        }
        let mut declared = Few::<_, MOST_DECLARED>::new(("", Declared::Bool(false)));
        for &(name, value) in self.declared.all() {
            let value = match value {
                Value::Text(text) => Declared::Text(text),
                Value::Flag(value) => Declared::Bool(value),
                Value::Number(value) => Declared::Int(value),
                Value::Texts(start, end) => Declared::Set(self.texts.part(start, end)),
                Value::Pairs(..) | Value::Args => continue,
            };
            // There is as much room as in what is read from.
            let _ = declared.push((name, value));
        }
        request.declared = declared.all();
        use_it(&request)
    }
}

/// A reader with room for what cannot be borrowed.
struct Scan<'t> {
    reader: Reader<'t>,
    room: &'t Room,
    used: usize,
}

impl<'t> Scan<'t> {
    /// Hands out each name of an object, and expects that its value is read.
    fn object(&mut self, mut each: impl FnMut(&mut Self, &'t str) -> Option<()>) -> Option<()> {
        self.reader.blanks();
        self.reader.eat(b'{').then_some(())?;
        self.reader.blanks();
        if self.reader.eat(b'}') {
            return Some(());
        }
        loop {
            self.reader.blanks();
            let name = self.text()?;
            self.reader.blanks();
            self.reader.eat(b':').then_some(())?;
            self.reader.blanks();
            each(self, name)?;
            self.reader.blanks();
            if self.reader.eat(b'}') {
                return Some(());
            }
            self.reader.eat(b',').then_some(())?;
        }
    }

    fn list(&mut self, mut each: impl FnMut(&'t str) -> Option<()>) -> Option<()> {
        self.reader.eat(b'[').then_some(())?;
        self.reader.blanks();
        if self.reader.eat(b']') {
            return Some(());
        }
        loop {
            self.reader.blanks();
            each(self.text()?)?;
            self.reader.blanks();
            if self.reader.eat(b']') {
                return Some(());
            }
            self.reader.eat(b',').then_some(())?;
        }
    }

    fn text(&mut self) -> Option<&'t str> {
        (self.reader.peek()? == b'"').then_some(())?;
        if let Some(plain) = self.reader.plain_string() {
            return Some(plain);
        }
        let text = self.reader.string().ok()?;
        let cell = self.room.texts.get(self.used)?;
        self.used += 1;
        Some(cell.get_or_init(|| text))
    }

    fn flag(&mut self) -> Option<bool> {
        let value = self.reader.peek()? == b't';
        self.reader.word(if value { "true" } else { "false" }, Json::Null).ok()?;
        Some(value)
    }

    /// A whole number that surely fits.
    fn number(&mut self) -> Option<i64> {
        self.reader.whole_number()
    }

    fn id(&mut self) -> Option<()> {
        match self.reader.peek()? {
            b'"' => self.text().map(|_| ()),
            b'n' => self.reader.word("null", Json::Null).ok().map(|_| ()),
            _ => self.number().map(|_| ()),
        }
    }

    fn is_at_end(&mut self) -> bool {
        self.reader.blanks();
        self.reader.peek().is_none()
    }
}

/// The place of a field in the table.
fn field(name: &str) -> Option<usize> {
    const SLOTS: usize = 256;
    /// Names in the order of a hash, each in the first free slot behind its own.
    static INDEX: LazyLock<[u8; SLOTS]> = LazyLock::new(|| {
        let mut slots = [u8::MAX; SLOTS];
        for (index, field) in FIELDS.iter().enumerate() {
            let free = (hash(field.name)..).map(|slot| slot % SLOTS);
            let slot = free.into_iter().find(|&slot| slots[slot] == u8::MAX);
            if let (Some(slot), Ok(index)) = (slot, u8::try_from(index)) {
                slots[slot] = index;
            }
        }
        slots
    });
    let mut slot = hash(name) % SLOTS;
    loop {
        let index = usize::from(INDEX[slot]);
        if FIELDS.get(index)?.name == name {
            return Some(index);
        }
        slot = (slot + 1) % SLOTS;
    }
}

fn hash(name: &str) -> usize {
    let bytes = name.as_bytes();
    let at = |index: usize| bytes.get(index).map_or(0, |&byte| usize::from(byte));
    bytes.len() * 29 + at(0) * 7 + at(bytes.len() / 2) * 13 + at(bytes.len().wrapping_sub(1)) * 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_found_by_its_name() {
        for (index, known) in FIELDS.iter().enumerate() {
            assert_eq!(field(known.name), Some(index), "{}", known.name);
        }
        for name in ["", "pth", "action", "context", "é"] {
            assert_eq!(field(name), None, "{name}");
        }
    }
}
