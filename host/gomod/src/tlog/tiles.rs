//! Hashes out of tiles that are not trusted (x/mod/sumdb/tlog tile.go,
//! TileHashReader): first plan which tiles are needed, then hold their data
//! against the tree's hash, then give the hashes out.

use super::tile::full_hash;
use super::{
    Hash, HashReader, MAX_RECORDS, Tile, TlogError, Tree, hash_from_tile, stored_hash_index, subtree_indexes,
};
use std::collections::HashMap;

/// Lends tiles, from a store or a server.
pub trait TileReader {
    /// What can go wrong in reading.
    type Error;

    /// The height of the tiles, 1 to 30.
    fn height(&self) -> u32;

    /// The data of these tiles. They may be forged: they must not be kept yet.
    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Self::Error>;

    /// The data has been found to fit the tree, and may be kept.
    fn save_tiles(&self, tiles: &[Tile], data: &[Vec<u8>]);
}

/// Why hashes could not be had from tiles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileError<E> {
    /// The tiles do not fit, or were asked for wrongly.
    #[error(transparent)]
    Log(#[from] TlogError),
    /// The tiles could not be read.
    #[error("{0}")]
    Read(E),
}

/// The hashes of a tree, out of tiles.
#[derive(Debug)]
pub struct TileHashes<'a, R> {
    tree: Tree,
    tiles: &'a R,
}

impl<'a, R: TileReader> TileHashes<'a, R> {
    /// Reads hashes of this tree.
    pub fn new(tree: Tree, tiles: &'a R) -> Self {
        Self { tree, tiles }
    }
}

impl<R: TileReader> HashReader for TileHashes<'_, R> {
    type Error = TileError<R::Error>;

    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Self::Error> {
        let plan = TilePlan::new(self.tree, self.tiles.height(), indexes)?;
        let data = self.tiles.read_tiles(plan.tiles()).map_err(TileError::Read)?;
        let hashes = plan.hashes(&data)?;
        self.tiles.save_tiles(plan.tiles(), &data);
        Ok(hashes)
    }
}

/// Which tiles prove certain hashes of a tree, and how.
#[derive(Debug, Clone)]
pub struct TilePlan {
    tree: Tree,
    /// Those that make up the tree's hash first, then parents before children.
    tiles: Vec<Tile>,
    order: HashMap<Tile, usize>,
    /// The hashes that make up the tree's, and how many tiles hold them.
    roots: Vec<u64>,
    root_tiles: usize,
    wanted: Vec<u64>,
}

impl TilePlan {
    /// Plans for the hashes at these storage indexes.
    pub fn new(tree: Tree, height: u32, indexes: &[u64]) -> Result<Self, TlogError> {
        let outside = |record| TlogError::Outside { record, size: tree.size };
        if !(1..=30).contains(&height) || tree.size > MAX_RECORDS {
            return Err(outside(tree.size));
        }
        let mut plan = Self {
            tree,
            tiles: Vec::new(),
            order: HashMap::new(),
            roots: Vec::new(),
            root_tiles: 0,
            wanted: indexes.to_vec(),
        };
        subtree_indexes(0, tree.size, &mut plan.roots);
        for &index in &plan.roots.clone() {
            plan.add(plan.tile_of(height, index).ok_or_else(|| outside(index))?);
        }
        plan.root_tiles = plan.tiles.len();
        for &index in indexes {
            if index >= stored_hash_index(0, tree.size) {
                return Err(outside(index));
            }
            plan.add_with_parents(height, index).ok_or_else(|| outside(index))?;
        }
        Ok(plan)
    }

    /// The tiles to read.
    pub fn tiles(&self) -> &[Tile] {
        &self.tiles
    }

    /// Holds the tiles' data against the tree and gives the hashes planned for.
    pub fn hashes(&self, data: &[Vec<u8>]) -> Result<Vec<Hash>, TlogError> {
        self.check(data)?;
        let height = self.tiles.first().map_or(1, |tile| tile.height);
        let hash = |&index: &u64| self.hash_at(data, height, index);
        self.wanted.iter().map(hash).collect()
    }

    fn check(&self, data: &[Vec<u8>]) -> Result<(), TlogError> {
        if data.len() != self.tiles.len() {
            return Err(TlogError::Answers { got: data.len(), want: self.tiles.len() });
        }
        for (tile, data) in self.tiles.iter().zip(data) {
            if data.len() != tile.size() {
                let path = tile.to_string();
                return Err(TlogError::TileSize { path, got: data.len(), want: tile.size() });
            }
        }
        // The first tiles must give the tree's hash.
        let mut hash = None;
        for &root in self.roots.iter().rev() {
            let height = self.tiles[0].height;
            let left = self.hash_at(data, height, root)?;
            hash = Some(hash.map_or(left, |right| Hash::node(left, right)));
        }
        if hash.unwrap_or_else(Hash::empty_tree) != self.tree.hash {
            return Err(TlogError::InconsistentTile);
        }
        // Each further one, all of them full, must be what its parent says.
        for (tile, own) in self.tiles.iter().zip(data).skip(self.root_tiles) {
            let parent = parent(*tile, 1, self.tree.size).ok_or(TlogError::InconsistentTile)?;
            let at = *self.order.get(&parent).ok_or(TlogError::InconsistentTile)?;
            let level = parent.level.unwrap_or(0) * parent.height;
            let want = hash_from_tile(&parent, &data[at], stored_hash_index(level, tile.n))?;
            if full_hash(own) != want {
                return Err(TlogError::InconsistentTile);
            }
        }
        Ok(())
    }

    fn hash_at(&self, data: &[Vec<u8>], height: u32, index: u64) -> Result<Hash, TlogError> {
        let tile = self.tile_of(height, index).ok_or(TlogError::InconsistentTile)?;
        let at = *self.order.get(&tile).ok_or(TlogError::InconsistentTile)?;
        hash_from_tile(&tile, &data[at], index)
    }

    /// The tile that holds a hash, as wide as the tree has it.
    fn tile_of(&self, height: u32, index: u64) -> Option<Tile> {
        parent(Tile::for_index(height, index).0, 0, self.tree.size)
    }

    fn add(&mut self, tile: Tile) {
        if !self.order.contains_key(&tile) {
            self.order.insert(tile, self.tiles.len());
            self.tiles.push(tile);
        }
    }

    /// Adds a hash's tile and those above it up to one that is there already.
    fn add_with_parents(&mut self, height: u32, index: u64) -> Option<()> {
        let tile = Tile::for_index(height, index).0;
        let mut missing = Vec::new();
        for levels in 0.. {
            let tile = parent(tile, levels, self.tree.size)?;
            if self.order.contains_key(&tile) {
                break;
            }
            missing.push(tile);
        }
        for tile in missing.into_iter().rev() {
            // A tile with a parent is full, or the arithmetic is wrong.
            tile.is_full().then_some(())?;
            self.add(tile);
        }
        Some(())
    }
}

/// The tile some levels above, as wide as a tree of `size` records has it.
fn parent(tile: Tile, levels: u32, size: u64) -> Option<Tile> {
    let level = tile.level? + levels;
    let shift = levels.checked_mul(tile.height).filter(|&shift| shift < 64);
    let n = shift.map_or(0, |shift| tile.n >> shift);
    let hashes = level.checked_mul(tile.height).filter(|&shift| shift < 64).map_or(0, |shift| size >> shift);
    let before = n.checked_shl(tile.height).filter(|before| before >> tile.height == n)?;
    let left = hashes.checked_sub(before).filter(|&left| left > 0)?;
    let width = left.min(1 << tile.height) as u32;
    Some(Tile { height: tile.height, level: Some(level), n, width })
}
