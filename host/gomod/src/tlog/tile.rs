//! Tiles: the pieces in which a log's hashes are served
//! (x/mod/sumdb/tlog tile.go).

use super::{Hash, TlogError, split_stored_hash_index};
use std::fmt;
use std::str::FromStr;

const MAX_HEIGHT: u32 = 30;
const MAX_LEVEL: u32 = 63;

/// A tile of height H at level L lists up to 2^H consecutive hashes, each over
/// 2^(H·L) records. Its path is `tile/H/L/NNN`, where the number is cut into
/// groups of three digits (`x001/x234/067`), and `.p/W` behind it for a tile
/// that lists only W hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    /// The height, 1 to 30.
    pub height: u32,
    /// The level; `None` for a tile of records instead of hashes.
    pub level: Option<u32>,
    /// The number within the level.
    pub n: u64,
    /// How many hashes it lists, 1 to 2^height.
    pub width: u32,
}

impl Tile {
    /// The narrowest tile that holds the hash at a storage index, and where in
    /// it the hashes are that make it up. The height must be 1 to 30.
    pub(super) fn for_index(height: u32, index: u64) -> (Self, std::ops::Range<usize>) {
        let (level, n) = split_stored_hash_index(index);
        let (tile_level, level) = (level / height, level % height);
        let tile_n = n << level >> height;
        let first = (n - (tile_n << height >> level)) << level;
        let end = first + (1 << level);
        let tile = Self { height, level: Some(tile_level), n: tile_n, width: end as u32 };
        (tile, first as usize..end as usize)
    }

    /// The same tile with all the hashes it may have.
    pub fn full(self) -> Self {
        Self { width: 1 << self.height, ..self }
    }

    /// Whether it lists all the hashes it may have.
    pub fn is_full(self) -> bool {
        self.width == 1 << self.height
    }

    /// How many bytes of data it has.
    pub fn size(self) -> usize {
        self.width as usize * Hash::SIZE
    }
}

impl fmt::Display for Tile {
    /// The path, `tile/` at its start.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/", self.height)?;
        match self.level {
            Some(level) => write!(f, "{level}/")?,
            None => f.write_str("data/")?,
        }
        let mut groups = vec![self.n % 1000];
        let mut n = self.n / 1000;
        while n > 0 {
            groups.push(n % 1000);
            n /= 1000;
        }
        for group in groups[1..].iter().rev() {
            write!(f, "x{group:03}/")?;
        }
        write!(f, "{:03}", groups[0])?;
        if !self.is_full() {
            write!(f, ".p/{}", self.width)?;
        }
        Ok(())
    }
}

impl FromStr for Tile {
    type Err = TlogError;

    fn from_str(path: &str) -> Result<Self, TlogError> {
        // Only what writes itself the same way is a path.
        let tile = parse(path).filter(|tile| tile.to_string() == path);
        tile.ok_or_else(|| TlogError::TilePath(path.to_owned()))
    }
}

fn parse(path: &str) -> Option<Tile> {
    let (height, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let height = height.parse().ok().filter(|height| (1..=MAX_HEIGHT).contains(height))?;
    let (level, rest) = rest.split_once('/')?;
    let level = if level == "data" { None } else { Some(level.parse().ok()?) };
    let full = 1_u32 << height;
    let (number, width) = match rest.split_once(".p/") {
        Some((number, width)) => (number, width.parse().ok().filter(|w| (1..full).contains(w))?),
        None => (rest, full),
    };
    let n = number.split('/').try_fold(0_u64, |n, group| {
        let group: u64 =
            group.strip_prefix('x').unwrap_or(group).parse().ok().filter(|&group| group < 1000)?;
        n.checked_mul(1000)?.checked_add(group)
    })?;
    Some(Tile { height, level, n, width })
}

/// The hash at a storage index, from the data of a tile that holds it.
pub fn hash_from_tile(tile: &Tile, data: &[u8], index: u64) -> Result<Hash, TlogError> {
    let invalid = || TlogError::TilePath(tile.to_string());
    if !(1..=MAX_HEIGHT).contains(&tile.height)
        || tile.level.is_none_or(|level| level > MAX_LEVEL)
        || !(1..=1 << tile.height).contains(&tile.width)
    {
        return Err(invalid());
    }
    if data.len() < tile.size() {
        return Err(TlogError::TileSize { path: tile.to_string(), got: data.len(), want: tile.size() });
    }
    let (want, hashes) = Tile::for_index(tile.height, index);
    if (want.level, want.n) != (tile.level, tile.n) || want.width > tile.width {
        return Err(invalid());
    }
    Ok(full_hash(&data[hashes.start * Hash::SIZE..hashes.end * Hash::SIZE]))
}

/// The hash over a power of two of hashes.
pub(super) fn full_hash(data: &[u8]) -> Hash {
    if let Ok(hash) = data.try_into() {
        return Hash(hash);
    }
    let (left, right) = data.split_at(data.len() / 2);
    Hash::node(full_hash(left), full_hash(right))
}

/// The tiles of a height, 1 to 30, that a log must publish when it grows.
pub fn new_tiles(height: u32, old_size: u64, new_size: u64) -> Vec<Tile> {
    let height = height.clamp(1, MAX_HEIGHT);
    let mut tiles = Vec::new();
    let levels = (0..=MAX_LEVEL).take_while(|level| level * height < 64 && new_size >> (level * height) > 0);
    for level in levels {
        let (old, new) = (old_size >> (level * height), new_size >> (level * height));
        if old == new {
            continue;
        }
        let tile = |n, width| Tile { height, level: Some(level), n, width };
        tiles.extend((old >> height..new >> height).map(|n| tile(n, 1 << height)));
        let rest = new & ((1 << height) - 1);
        if rest > 0 {
            tiles.push(tile(new >> height, rest as u32));
        }
    }
    tiles
}
