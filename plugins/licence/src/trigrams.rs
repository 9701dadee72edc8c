//! A set of groups of three words.

/// Open addressing: a slot is empty, taken back, or holds a group.
pub struct Trigrams {
    slots: Vec<u64>,
    len: usize,
}

const EMPTY: u64 = u64::MAX;
const TAKEN_BACK: u64 = u64::MAX - 1;

impl Trigrams {
    /// Those of a row of words.
    pub fn of(words: &[u16]) -> Self {
        let size = (words.len() * 2).next_power_of_two().max(16);
        let mut all = Trigrams { slots: vec![EMPTY; size], len: 0 };
        for window in words.windows(3) {
            let group = pack([window[0], window[1], window[2]]);
            let slot = all.find(group);
            if all.slots[slot] != group {
                all.slots[slot] = group;
                all.len += 1;
            }
        }
        all
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn contains(&self, group: [u16; 3]) -> bool {
        let group = pack(group);
        self.slots[self.find(group)] == group
    }

    pub fn remove(&mut self, group: [u16; 3]) {
        let group = pack(group);
        let slot = self.find(group);
        if self.slots[slot] == group {
            self.slots[slot] = TAKEN_BACK;
            self.len -= 1;
        }
    }

    /// Where a group is, or else the empty slot where it would be.
    fn find(&self, group: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = (group.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize & mask;
        while self.slots[slot] != group && self.slots[slot] != EMPTY {
            slot = (slot + 1) & mask;
        }
        slot
    }
}

fn pack([a, b, c]: [u16; 3]) -> u64 {
    u64::from(a) << 32 | u64::from(b) << 16 | u64::from(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_come_and_go() {
        let words: Vec<u16> = (0..400).chain(0..400).collect();
        let mut all = Trigrams::of(&words);
        // The two rows, and the two groups across their seam.
        assert_eq!(all.len(), 400);
        assert!(all.contains([7, 8, 9]) && all.contains([398, 399, 0]) && !all.contains([7, 8, 10]));
        (0..398).for_each(|n| all.remove([n, n + 1, n + 2]));
        assert_eq!(all.len(), 2);
        assert!(!all.contains([7, 8, 9]) && all.contains([399, 0, 1]));
        assert!(!Trigrams::of(&[1, 2]).contains([1, 2, 3]));
    }
}
