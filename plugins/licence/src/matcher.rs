//! Matches a template at one place of a text: the template's alternatives are
//! followed side by side, so that time is linear in the text.

use crate::opcodes::{CHOICE, END, FIRST_OPCODE, JUMP, SKIP, SPLIT};
use crate::text::Token;

/// Where in the template one reading of the text stands.
#[derive(Clone, Copy)]
struct Thread {
    at: usize,
    /// Words that the `SKIP` at `at` may still pass over.
    skip: u16,
}

/// Kept from match to match, to spare allocations.
#[derive(Default)]
pub struct Matcher {
    now: Vec<Thread>,
    next: Vec<Thread>,
    pending: Vec<usize>,
}

impl Matcher {
    /// The number of words of the longest match that starts with `text`.
    pub fn longest(&mut self, code: &[u16], text: &[Token]) -> Option<usize> {
        let mut longest = None;
        let mut position = 0;
        self.now.clear();
        self.follow_now(code, 0);
        while let Some(read) = self.straight(code, text.get(position..).unwrap_or_default()) {
            position += read;
            if self.now.iter().any(|thread| code[thread.at] == END) {
                longest = Some(position);
            }
            let Some(token) = text.get(position) else { break };
            self.step(code, *token);
            position += 1;
        }
        longest.filter(|len| *len > 0)
    }

    /// Where there is but one reading, and it goes on word for word, as most of
    /// most texts does: reads on to where it parts. The number of words, or
    /// `None` where no reading is left.
    fn straight(&mut self, code: &[u16], text: &[Token]) -> Option<usize> {
        let [thread] = self.now[..] else { return (!self.now.is_empty()).then_some(0) };
        let ahead = code.get(thread.at..).unwrap_or_default();
        let pairs = ahead.iter().zip(text).take_while(|(op, token)| **op < FIRST_OPCODE && !token.bullet);
        let mut read = 0;
        for (op, token) in pairs {
            if *op != token.word {
                return None;
            }
            read += 1;
        }
        if read > 0 {
            self.now.clear();
            self.follow_now(code, thread.at + read);
        }
        Some(read)
    }

    fn follow_now(&mut self, code: &[u16], at: usize) {
        std::mem::swap(&mut self.now, &mut self.next);
        self.follow(code, at);
        std::mem::swap(&mut self.now, &mut self.next);
    }

    fn step(&mut self, code: &[u16], token: Token) {
        self.next.clear();
        let now = std::mem::take(&mut self.now);
        for thread in &now {
            let op = code[thread.at];
            if op < FIRST_OPCODE {
                if op == token.word {
                    self.follow(code, thread.at + 1);
                }
            } else if op != END && thread.skip > 0 {
                self.add(Thread { at: thread.at, skip: thread.skip - 1 });
                self.follow(code, thread.at + 1);
            }
            // A paragraph's number is as good as not there.
            if token.bullet {
                self.add(*thread);
            }
        }
        self.now = std::mem::replace(&mut self.next, now);
    }

    /// Adds to `next` whatever can be read from `at` on.
    fn follow(&mut self, code: &[u16], at: usize) {
        self.pending.push(at);
        while let Some(at) = self.pending.pop() {
            match code[at] {
                SPLIT => {
                    self.pending.push(at + 2 + usize::from(code[at + 1]));
                    self.pending.push(at + 2);
                }
                JUMP => self.pending.push(at + 2 + usize::from(code[at + 1])),
                CHOICE => self.pending.push(at + 2),
                op if (SKIP..SPLIT).contains(&op) => {
                    if self.add(Thread { at, skip: op - SKIP }) {
                        self.pending.push(at + 1);
                    }
                }
                _ => drop(self.add(Thread { at, skip: 0 })),
            }
        }
    }

    /// Whether it is new. Of two threads at one place the one that may still
    /// skip more can do all that the other can.
    fn add(&mut self, thread: Thread) -> bool {
        for known in &mut self.next {
            if known.at == thread.at {
                known.skip = known.skip.max(thread.skip);
                return false;
            }
        }
        self.next.push(thread);
        true
    }
}
