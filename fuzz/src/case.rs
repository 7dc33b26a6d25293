//! What stands in the first line of a text: letters that choose, so that a fuzzer that changes one
//! changes one choice.

/// The first line as choices, and the text behind it.
pub(crate) fn case(text: &str) -> (Choices<'_>, &str) {
    let (head, rest) = text.split_once('\n').unwrap_or((text, ""));
    (Choices { head: head.as_bytes() }, rest)
}

/// Letters: `a` is the first choice.
pub(crate) struct Choices<'t> {
    head: &'t [u8],
}

impl Choices<'_> {
    /// The next choice, as a number below `count`; 0 where no letter is left.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        let Some((letter, rest)) = self.head.split_first() else { return 0 };
        self.head = rest;
        usize::from(letter.wrapping_sub(b'a')) % count.max(1)
    }

    /// The next choice: `b` is yes.
    pub(crate) fn is(&mut self) -> bool {
        self.below(2) == 1
    }
}
