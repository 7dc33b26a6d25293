//! Things of any size one behind the other: how the index and the sources are written and read.

use std::str;

use super::layout::{Record, Table};
use crate::artifact::{Extent, LoadError};

/// Writes one thing behind the other.
#[derive(Default)]
pub(crate) struct Encoder {
    pub(crate) bytes: Vec<u8>,
}

impl Encoder {
    pub(crate) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub(crate) fn flag(&mut self, flag: bool) {
        self.byte(flag.into());
    }

    pub(crate) fn number(&mut self, number: u32) {
        number.write(&mut self.bytes);
    }

    pub(crate) fn long(&mut self, number: u64) {
        self.bytes.extend(number.to_le_bytes());
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.number(text.len() as u32);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// One thing or none.
    pub(crate) fn optional<T>(&mut self, it: Option<T>, write: impl FnOnce(&mut Encoder, T)) {
        self.flag(it.is_some());
        if let Some(it) = it {
            write(self, it);
        }
    }

    /// How many, and each of them.
    pub(crate) fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
        mut write: impl FnMut(&mut Encoder, T),
    ) {
        let items = items.into_iter();
        self.number(items.len() as u32);
        items.for_each(|item| write(self, item));
    }

    pub(crate) fn texts(&mut self, texts: &[Box<str>]) {
        self.list(texts, |out, text| out.text(text));
    }

    pub(crate) fn table<T>(&mut self, table: Table<T>) {
        self.number(table.at);
        self.number(table.rows);
    }
}

/// Reads what an [`Encoder`] wrote, or anything else: whatever the bytes, each step ends.
pub(crate) struct Decoder<'b> {
    rest: &'b [u8],
    /// What an error says is malformed.
    what: &'static str,
}

impl<'b> Decoder<'b> {
    pub(crate) fn new(bytes: &'b [u8], what: &'static str) -> Decoder<'b> {
        Decoder { rest: bytes, what }
    }

    pub(crate) fn malformed<T>(&self) -> Result<T, LoadError> {
        Err(LoadError::Malformed(self.what))
    }

    /// Goes on if it holds.
    pub(crate) fn ensure(&self, holds: bool) -> Result<(), LoadError> {
        if holds { Ok(()) } else { self.malformed() }
    }

    fn take(&mut self, length: usize) -> Result<&'b [u8], LoadError> {
        let Some((taken, rest)) = self.rest.split_at_checked(length) else {
            return self.malformed();
        };
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn row<T: Record>(&mut self) -> Result<T, LoadError> {
        self.take(T::SIZE).map(T::read)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, LoadError> {
        self.row()
    }

    pub(crate) fn flag(&mut self) -> Result<bool, LoadError> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => self.malformed(),
        }
    }

    pub(crate) fn number(&mut self) -> Result<u32, LoadError> {
        self.row()
    }

    pub(crate) fn long(&mut self) -> Result<u64, LoadError> {
        self.row::<i64>().map(i64::cast_unsigned)
    }

    pub(crate) fn text(&mut self) -> Result<&'b str, LoadError> {
        let length = self.number()?;
        let bytes = self.take(length as usize)?;
        str::from_utf8(bytes).or_else(|_| self.malformed())
    }

    /// One of several, by number.
    pub(crate) fn one_of<T: Copy>(&mut self, all: &[T]) -> Result<T, LoadError> {
        let number = self.byte()?;
        all.get(usize::from(number)).copied().map_or_else(|| self.malformed(), Ok)
    }

    pub(crate) fn optional<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, LoadError>,
    ) -> Result<Option<T>, LoadError> {
        if self.flag()? { read(self).map(Some) } else { Ok(None) }
    }

    pub(crate) fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, LoadError>,
    ) -> Result<Box<[T]>, LoadError> {
        let many = self.number()? as usize;
        // Everything takes a byte at least, so that a lie about the number costs no memory.
        self.ensure(many <= self.rest.len())?;
        (0..many).map(|_| read(self)).collect()
    }

    pub(crate) fn texts(&mut self) -> Result<Box<[Box<str>]>, LoadError> {
        self.list(|from| from.text().map(Into::into))
    }

    pub(crate) fn table<T: Record>(&mut self, section: Extent) -> Result<Table<T>, LoadError> {
        let (offset, rows) = (self.number()?, self.number()?);
        Table::within(section, offset, rows).map_or_else(|| self.malformed(), Ok)
    }

    /// Nothing may be left.
    pub(crate) fn end(self) -> Result<(), LoadError> {
        self.ensure(self.rest.is_empty())
    }
}
