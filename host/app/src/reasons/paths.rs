//! Shortest paths from some starts to all nodes of a graph, by one breadth-first
//! walk.

/// How many predecessors of a node are recorded, and so how many chains may part
/// there.
const PREDECESSORS: usize = 8;

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
            && self.before[at].len() < PREDECESSORS
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

/// The first path to each node as a chain of groups (the modules of packages),
/// ready to be shown with its middle left out: what it takes to show one does
/// not depend on how long it is, for there may be as many as nodes.
#[derive(Default)]
pub struct Brief {
    /// The last node of the group before, on the way to this one.
    before: Vec<Option<u32>>,
    /// How many groups the chain goes through.
    len: Vec<u32>,
    /// The node that ends the chain's beginning.
    head: Vec<u32>,
}

impl Brief {
    /// Of all paths, with so many steps for the beginning of a long chain.
    pub fn of(paths: &Paths, first: usize, same: impl Fn(u32, u32) -> bool) -> Self {
        let nodes = paths.depth.len();
        let mut this = Self { before: vec![None; nodes], len: vec![0; nodes], head: vec![0; nodes] };
        // Who leads to a node was reached before it.
        for &node in &paths.queue {
            let at = node as usize;
            let from = paths.before[at].first().map(|&from| (from, from as usize));
            (this.before[at], this.len[at]) = match from {
                None => (None, 1),
                Some((from, i)) if same(from, node) => (this.before[i], this.len[i]),
                Some((from, i)) => (Some(from), this.len[i] + 1),
            };
            this.head[at] = match from {
                Some((_, i)) if this.len[at] as usize > first => this.head[i],
                _ => node,
            };
        }
        this
    }

    /// A node of each group on the way to this one: all of them, or the
    /// `first` that [`Brief::of`] was given and the `last` with the number of
    /// those that are left out between.
    pub fn to(&self, node: u32, first: usize, last: usize) -> (Vec<u32>, usize, Vec<u32>) {
        let len = self.len.get(node as usize).map_or(0, |len| *len as usize);
        if len == 0 {
            return Default::default();
        }
        if len <= first + last + 1 {
            return (self.back(node, len), 0, Vec::new());
        }
        let head = self.head[node as usize];
        (self.back(head, first), len - first - last, self.back(node, last))
    }

    fn back(&self, node: u32, count: usize) -> Vec<u32> {
        let before = |node: &u32| self.before[*node as usize];
        let mut steps: Vec<_> = std::iter::successors(Some(node), before).take(count).collect();
        steps.reverse();
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups of three nodes each, in one line.
    #[test]
    fn a_brief_chain_is_the_whole_one_with_its_middle_left_out() {
        let mut paths = Paths::default();
        paths.reach(0, None);
        (1..60).for_each(|node| paths.reach(node, Some(node - 1)));
        let brief = Brief::of(&paths, 2, |a, b| a / 3 == b / 3);
        let groups = |nodes: Vec<u32>| nodes.into_iter().map(|node| node / 3).collect::<Vec<_>>();
        for node in 0..60 {
            let whole: Vec<u32> = (0..=node / 3).collect();
            let (first, left_out, last) = brief.to(node, 2, 3);
            let (first, last) = (groups(first), groups(last));
            if whole.len() <= 6 {
                assert_eq!((first, left_out, last), (whole, 0, vec![]), "{node}");
            } else {
                let (from, to) = (whole[..2].to_vec(), whole[whole.len() - 3..].to_vec());
                assert_eq!((first, left_out, last), (from, whole.len() - 5, to), "{node}");
            }
        }
        assert_eq!(brief.to(99, 2, 3), (vec![], 0, vec![]));
    }

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
