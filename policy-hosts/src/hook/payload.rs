//! What a host sends, read strictly.
//!
//! Two readers of one payload may disagree: on the case of a name, on which of two spellings counts,
//! on the second of two equal names. Whatever they might disagree on is an error here, since the
//! host would act on its own reading.

use policy_eval::MAX_LINE_BYTES;
use policy_eval::json::{Json, JsonError};

/// Why a payload is not understood. The host gets its strictest answer then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// It is larger than a request may be.
    #[error("it has more than {MAX_LINE_BYTES} bytes")]
    TooLarge,
    /// Reading it failed.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// It is not text.
    #[error("it is not UTF-8 text (byte {0})")]
    NotText(usize),
    /// It is not JSON, or JSON that two readers may take differently.
    #[error("it is not JSON: {0}")]
    NotJson(JsonError),
    /// A field that must be there is not.
    #[error("it has no `{0}`")]
    Missing(String),
    /// A field holds something else.
    #[error("`{name}` is {found}, not {expected}")]
    Misfit {
        /// The field.
        name: String,
        /// What it holds, with an article.
        found: &'static str,
        /// What it should hold, with an article.
        expected: &'static str,
    },
    /// A field that some readers take for another.
    #[error("it has `{found}` where `{expected}` is meant")]
    WrongCase {
        /// The name that was sent.
        found: String,
        /// The name that it should have.
        expected: &'static str,
    },
    /// Two spellings of one field.
    #[error("it has both `{0}` and `{1}`")]
    Twice(&'static str, &'static str),
    /// The event is none that this adapter answers.
    #[error("the event `{found}` is none of {known}")]
    Event {
        /// What was sent or asked for.
        found: String,
        /// Those there are.
        known: String,
    },
    /// The caller said one event and the payload says another.
    #[error("the event is `{sent}`, not `{asked}` as asked for")]
    OtherEvent {
        /// What the payload says.
        sent: String,
        /// What the caller said.
        asked: String,
    },
    /// A patch whose files are not known.
    #[error("the patch {0}")]
    Patch(&'static str),
    /// A request could not be made of it.
    #[error("it makes no request: {0}")]
    NoRequest(String),
}

/// The JSON of a payload.
///
/// # Errors
/// When it is larger than a request may be, no UTF-8, or not exactly one JSON value without
/// duplicate names.
pub(crate) fn parse(bytes: &[u8]) -> Result<Json, PayloadError> {
    if MAX_LINE_BYTES < bytes.len() {
        return Err(PayloadError::TooLarge);
    }
    let text =
        std::str::from_utf8(bytes).map_err(|error| PayloadError::NotText(error.valid_up_to()))?;
    // Hosts on Windows may begin with a byte order mark.
    Json::parse(text.strip_prefix('\u{FEFF}').unwrap_or(text)).map_err(PayloadError::NotJson)
}

/// The value of the one field that has one of these names, and that name. Null counts as not sent.
///
/// # Errors
/// When two of the names are there, or one in another case.
pub(crate) fn field<'j>(
    object: &'j Json,
    names: &[&'static str],
) -> Result<Option<(&'static str, &'j Json)>, PayloadError> {
    let mut found: Option<(&'static str, &Json)> = None;
    for (name, value) in object.as_object().unwrap_or_default() {
        let is_close = |known: &&&'static str| known.eq_ignore_ascii_case(name);
        let Some(&close) = names.iter().find(is_close) else { continue };
        // A name may be another one's spelling in other case: `toolname`, `toolName`.
        let Some(&known) = names.iter().find(|known| ***known == **name) else {
            return Err(PayloadError::WrongCase { found: name.to_string(), expected: close });
        };
        if let Some((before, _)) = found {
            return Err(PayloadError::Twice(before, known));
        }
        found = Some((known, value));
    }
    Ok(found.filter(|(_, value)| **value != Json::Null))
}

/// The text of such a field.
///
/// # Errors
/// As [`field`], and when it is no string.
pub(crate) fn text<'j>(
    object: &'j Json,
    names: &[&'static str],
) -> Result<Option<&'j str>, PayloadError> {
    match field(object, names)? {
        None => Ok(None),
        Some((name, value)) => match value.as_str() {
            Some(text) => Ok(Some(text)),
            None => Err(misfit(name, value, "a string")),
        },
    }
}

/// The text of such a field that must be there.
///
/// # Errors
/// As [`text`], and when it is not there.
pub(crate) fn needed<'j>(
    object: &'j Json,
    names: &[&'static str],
) -> Result<&'j str, PayloadError> {
    text(object, names)?.ok_or_else(|| missing(names))
}

pub(crate) fn missing(names: &[&'static str]) -> PayloadError {
    PayloadError::Missing(names.first().copied().unwrap_or_default().to_owned())
}

pub(crate) fn misfit(name: &str, value: &Json, expected: &'static str) -> PayloadError {
    PayloadError::Misfit { name: name.to_owned(), found: value.describe(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_readers_may_take_differently_is_an_error() {
        let names = &["tool_name", "toolName"];
        for (json, expected) in [
            (r#"{"tool_name": "a"}"#, "Some(\"a\")"),
            (r#"{"toolName": "a", "x": 1}"#, "Some(\"a\")"),
            (r#"{"tool_name": null}"#, "None"),
            (r#"{"x": "a"}"#, "None"),
            (r#"["tool_name"]"#, "None"),
            (r#"{"Tool_Name": "a"}"#, "it has `Tool_Name` where `tool_name` is meant"),
            (r#"{"toolname": "a"}"#, "it has `toolname` where `toolName` is meant"),
            (r#"{"tool_name": "a", "toolName": "a"}"#, "it has both `tool_name` and `toolName`"),
            (
                r#"{"tool_name": "a", "TOOL_NAME": "b"}"#,
                "it has `TOOL_NAME` where `tool_name` is meant",
            ),
            (r#"{"tool_name": 1}"#, "`tool_name` is a number, not a string"),
        ] {
            let json = Json::parse(json).unwrap();
            let found = match text(&json, names) {
                Ok(text) => format!("{text:?}"),
                Err(error) => error.to_string(),
            };
            assert_eq!(found, expected);
        }
    }
}
