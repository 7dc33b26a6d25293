//! From what was sent to what is judged.

use crate::facts::Attribute;

/// A host that is not the destination itself, as an attribute (`source`, the host of `use`).
pub(crate) fn host_attribute(_text: &str) -> Attribute<'_> {
    Attribute::Unsent
}
