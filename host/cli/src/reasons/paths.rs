//! Shortest paths from some starts to all nodes of a graph, by one breadth-first
//! walk.

/// How many predecessors of a node are kept, and so how many chains may part
/// there.
const KEPT: usize = 8;

/// For each node, how it is reached.
#[derive(Default)]
pub struct Paths {
    /// The steps from a start; none where it is not reached.
    depth: Vec<Option<u32>>,
    /// The first nodes on level before that lead to it.
    before: Vec<Vec<u32>>,
    queue: Vec<u32>,
    next: usize,
}

impl Paths {
    /// A start, or a node of the next level.
    pub fn reach(&mut self, node: u32, from: Option<u32>) {
        let at = node as usize;
        if self.depth.len() <= at {
            self.depth.resize(at + 1, None);
            self.before.resize_with(at + 1, Vec::new);
        }
        let depth = from.and_then(|from| self.depth(from)).map_or(0, |depth| depth + 1);
        match self.depth[at] {
            None => {
                self.depth[at] = Some(depth);
                self.queue.push(node);
            }
            Some(known) if known != depth => return,
            Some(_) => {}
        }
        if let Some(from) = from
            && self.before[at].len() < KEPT
            && !self.before[at].contains(&from)
        {
            self.before[at].push(from);
        }
    }

    /// The nodes of the next level, once.
    pub fn level(&mut self) -> Vec<u32> {
        let level = self.queue[self.next..].to_vec();
        self.next = self.queue.len();
        level
    }

    /// Steps from a start.
    pub fn depth(&self, node: u32) -> Option<u32> {
        self.depth.get(node as usize).copied().flatten()
    }

    /// Up to `most` shortest paths to a node, start first.
    pub fn to(&self, node: u32, most: usize) -> Vec<Vec<u32>> {
        let mut found = Vec::new();
        // The path from the node back to where one of the choices is open.
        let mut path = vec![node];
        let mut choice = vec![0];
        while self.depth(node).is_some() && found.len() < most {
            let Some((&at, &chosen)) = path.last().zip(choice.last()) else { break };
            let before = &self.before[at as usize];
            if before.is_empty() && chosen == 0 {
                found.push(path.iter().rev().copied().collect());
            }
            match before.get(chosen) {
                Some(&from) => {
                    if let Some(last) = choice.last_mut() {
                        *last += 1;
                    }
                    path.push(from);
                    choice.push(0);
                }
                None => {
                    path.pop();
                    choice.pop();
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_shortest_paths_are_found_and_no_more_than_asked_for() {
        // Two ways to 3, one longer; 4 behind it.
        let edges: [&[u32]; 6] = [&[1, 2, 5], &[3], &[3], &[4], &[], &[2]];
        let mut paths = Paths::default();
        paths.reach(0, None);
        loop {
            let level = paths.level();
            if level.is_empty() {
                break;
            }
            for node in level {
                edges[node as usize].iter().for_each(|&to| paths.reach(to, Some(node)));
            }
        }
        assert_eq!(paths.to(4, 9), [[0, 1, 3, 4], [0, 2, 3, 4]]);
        assert_eq!(paths.to(4, 1).len(), 1);
        assert_eq!(paths.to(0, 9), [[0]]);
        assert!(paths.to(7, 9).is_empty());
    }
}
