//! The limit: each byte of the request is looked at once, and nothing is decided.
//!
//! One step a byte through a table, each depending on the step before, as an automaton takes them.
//! Whoever answers from the bytes of a request and looks at one after the other cannot be faster;
//! who hashes eight at a time can.

use policy_eval::Tier;

use super::{Answer, Contestant, Engine};
use crate::workload::{Object, Sent, Workload};

struct ByteWalk {
    /// The next state, by state and byte.
    table: Box<[[u8; 256]; STATES]>,
}

const STATES: usize = 16;

pub(super) fn build(_: &Workload, _: Vec<u8>) -> anyhow::Result<Box<dyn Engine>> {
    let mut table = Box::new([[0; 256]; STATES]);
    for (state, next) in table.iter_mut().enumerate() {
        for (byte, next) in next.iter_mut().enumerate() {
            *next = ((state * 5 + byte * 7 + byte / 16) % STATES) as u8;
        }
    }
    Ok(Box::new(ByteWalk { table }))
}

impl Engine for ByteWalk {
    fn prepare<'e>(&'e self, requests: &'e [Sent<'e>]) -> anyhow::Result<Box<dyn Contestant + 'e>> {
        Ok(Box::new(Prepared { walk: self, requests }))
    }
}

struct Prepared<'e> {
    walk: &'e ByteWalk,
    requests: &'e [Sent<'e>],
}

impl ByteWalk {
    fn step(&self, state: u8, text: &str) -> u8 {
        let step = |state: u8, byte: u8| self.table[usize::from(state) % STATES][usize::from(byte)];
        text.bytes().fold(state, step)
    }
}

impl Contestant for Prepared<'_> {
    fn decide(&self, request: usize) -> Answer<'_> {
        let state = match &self.requests[request].data.object {
            Object::Command(words) => {
                words.iter().fold(0, |state, word| self.walk.step(state, word))
            }
            Object::Path(_, text) | Object::Host { name: text, .. } => self.walk.step(0, text),
            Object::Tool { server, tool } => self.walk.step(self.walk.step(0, server), tool),
        };
        // What is returned has to depend on all steps, or they are left out.
        Answer { tier: if state == 0 { Tier::Deny } else { Tier::Ask }, rule: None }
    }
}
