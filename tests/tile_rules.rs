//! From probabilities of tiles to their final masks.
#![allow(clippy::unwrap_used, clippy::panic)]

use diapir::rules::{Board, BoardTile, MosaicRules, TileRules, fill_holes, remove_small};
use proptest::prelude::*;

/// `#` is salt.
fn mask(rows: &[&str]) -> Vec<bool> {
    rows.iter().flat_map(|row| row.chars().map(|c| c == '#')).collect()
}

fn text(mask: &[bool], size: usize) -> Vec<String> {
    mask.chunks(size).map(|row| row.iter().map(|&salt| if salt { '#' } else { '.' }).collect()).collect()
}

#[test]
fn small_patches_and_gaps_go_by_size() {
    let drawn = ["#....", ".###.", ".#.#.", ".###.", "....#"];
    let changed = |limits| {
        let mut found = mask(&drawn);
        remove_small(&mut found, 5, limits);
        text(&found, 5)
    };
    assert_eq!(changed([0, 0]), drawn);
    assert_eq!(changed([1, 1]), drawn);
    // Diagonal neighbours are connected: ten pixels of salt, and one gap inside.
    assert_eq!(changed([10, 0]), drawn);
    assert_eq!(changed([11, 0]), ["....."; 5]);
    assert_eq!(changed([0, 2]), ["#....", ".###.", ".###.", ".###.", "....#"]);
    // The largest gap is one patch around the ring's outside, of 14 pixels.
    assert_eq!(changed([0, 15]), ["#####"; 5]);
    for value in [true, false] {
        let mut plain = vec![value; 25];
        remove_small(&mut plain, 5, [100, 100]);
        assert_eq!(plain, vec![value; 25]);
    }
    let specks = ["#....", ".....", ".#...", "..#.#", "....."];
    let mut found = mask(&specks);
    remove_small(&mut found, 5, [2, 0]);
    assert_eq!(text(&found, 5), [".....", ".....", ".#...", "..#..", "....."]);
    let mut holes = mask(&["####.", "#..#.", "####.", "#.##.", "#.##."]);
    fill_holes(&mut holes, 5);
    assert_eq!(text(&holes, 5), ["####.", "####.", "####.", "#.##.", "#.##."]);
    // One that only touches the outside at a corner is a hole.
    let mut holes = mask(&[".###", "#.##", "####", "####"]);
    fill_holes(&mut holes, 4);
    assert_eq!(text(&holes, 4), [".###", "####", "####", "####"]);
}

#[test]
fn one_tile_at_a_time() {
    let probability = [0.9, 0.4, 0.41, 0.0];
    let plain = TileRules::default();
    assert_eq!(plain.mask(&probability, None, false, 0.4), [true, false, true, false]);
    let gated = TileRules { any_salt_below: Some(0.5), ..plain };
    assert_eq!(gated.mask(&probability, Some(0.49), false, 0.4), [false; 4]);
    assert_eq!(gated.mask(&probability, Some(0.5), false, 0.4), [true, false, true, false]);
    assert_eq!(gated.mask(&probability, None, false, 0.4), [true, false, true, false]);
    let black = TileRules { plain_is_empty: true, ..plain };
    assert_eq!(black.mask(&probability, None, true, 0.4), [false; 4]);
    assert_eq!(black.mask(&probability, None, false, 0.4), [true, false, true, false]);
    let full = TileRules { full_is_empty: true, ..plain };
    assert_eq!(full.mask(&[0.9; 4], None, false, 0.4), [false; 4]);
    assert_eq!(plain.mask(&[0.9; 4], None, false, 0.4), [true; 4]);
    // Full before its hole is filled, not after.
    let both = TileRules { holes: true, ..full };
    let mut hole = [0.9; 9];
    hole[4] = 0.1;
    assert_eq!(both.mask(&hole, None, false, 0.4), [true; 9]);
    assert_eq!(plain.mask(&[f32::NAN; 4], None, false, 0.4), [false; 4]);
    assert!(TileRules { any_salt_below: Some(1.5), ..plain }.check().is_err());
    assert!(TileRules { mosaics: MosaicRules { from_tiles: 1, ..plain.mosaics }, ..plain }.check().is_err());
}

const SIZE: usize = 8;

/// Columns `from..to` of each row.
fn stripe(from: usize, to: usize) -> Vec<bool> {
    (0..SIZE * SIZE).map(|k| (from..to).contains(&(k % SIZE))).collect()
}

fn board(rows: usize, columns: usize, tiles: &[(usize, usize, Vec<bool>, bool)]) -> Board {
    let mut board = Board::new(SIZE, [rows, columns]);
    for row in 0..rows {
        for column in 0..columns {
            board.put(row, column, BoardTile::new(vec![false; SIZE * SIZE], false));
        }
    }
    for (row, column, mask, known) in tiles {
        board.put(*row, *column, BoardTile::new(mask.clone(), *known));
    }
    board
}

fn rules(change: impl Fn(&mut MosaicRules)) -> TileRules {
    let mut rules = TileRules::default();
    change(&mut rules.mosaics);
    rules
}

fn found(board: &Board, row: usize, column: usize) -> Vec<String> {
    text(&board.tile(row, column).unwrap().mask, SIZE)
}

#[test]
fn vertical_sides_go_on_down_to_the_next_label_and_up_to_the_level() {
    let verticals = rules(|rules| rules.verticals = true);
    let empty = vec![false; SIZE * SIZE];
    // Row 1 of column 1 is terminal: salt begins there, and so does the level.
    let top: Vec<bool> = (0..SIZE * SIZE).map(|k| k / SIZE > 3).collect();
    let tiles = [(4, 0, stripe(2, 5), true), (6, 0, empty.clone(), true), (1, 1, top.clone(), true)];
    let mut changed = board(8, 2, &tiles);
    verticals.apply(&mut changed);
    for (row, expected) in [(1, ".."), (2, "#"), (3, "#"), (4, "#"), (5, "#"), (6, "."), (7, ".")] {
        let line = if expected == "#" { "..###..." } else { "........" };
        assert_eq!(found(&changed, row, 0), [line; SIZE], "row {row}");
    }
    // A terminal prediction above stops it.
    let mut changed = board(8, 2, &[&tiles[..], &[(2, 0, top.clone(), false)]].concat());
    verticals.apply(&mut changed);
    assert_eq!(found(&changed, 3, 0), ["..###..."; SIZE]);
    assert_eq!(changed.tile(2, 0).unwrap().mask, top);
    // What is not switched on, and mosaics that are too small, change nothing.
    let before = board(8, 2, &tiles);
    for idle in [TileRules::default(), rules(|rules| (rules.verticals, rules.from_tiles) = (true, 17))] {
        let mut same = before.clone();
        idle.apply(&mut same);
        assert_eq!(same, before);
    }
    // Full and empty labels are not vertical sides.
    for mask in [vec![true; SIZE * SIZE], empty] {
        let before = board(4, 1, &[(1, 0, mask, true)]);
        let mut same = before.clone();
        verticals.apply(&mut same);
        assert_eq!(same, before);
    }
}

#[test]
fn gaps_between_edges_that_correspond_get_straight_sides() {
    let tiles = |known| [(0, 0, stripe(0, 2), known), (2, 0, stripe(4, 6), known)];
    let join = rules(|rules| rules.verticals = true);
    let mut changed = board(3, 1, &tiles(true));
    join.apply(&mut changed);
    let expected =
        ["##......", ".##.....", ".##.....", "..##....", "..##....", "...##...", "...##...", "....##.."];
    assert_eq!(found(&changed, 1, 0), expected);
    assert_eq!(changed.tile(0, 0).unwrap().mask, stripe(0, 2));
    // Predictions are joined by their own rule, across empty ones only.
    let before = board(3, 1, &tiles(false));
    let mut same = before.clone();
    join.apply(&mut same);
    assert_eq!(same, before);
    let join = rules(|rules| rules.joins = true);
    let mut changed = before;
    join.apply(&mut changed);
    assert_eq!(found(&changed, 1, 0), expected);
    // Other numbers of stretches do not correspond.
    let two: Vec<bool> = (0..SIZE * SIZE).map(|k| [0, 4].contains(&(k % SIZE))).collect();
    let before = board(3, 1, &[(0, 0, two, false), (2, 0, stripe(4, 6), false)]);
    let mut same = before.clone();
    join.apply(&mut same);
    assert_eq!(same, before);
}

#[test]
fn nothing_is_below_a_label_whose_bottom_edge_is_all_salt() {
    let clear = rules(|rules| rules.below_full = true);
    let tiles = [
        (1, 0, vec![true; SIZE * SIZE], true),
        (2, 0, stripe(0, 4), false),
        (3, 0, stripe(0, 4), true),
        (2, 1, stripe(0, 4), false),
        (0, 0, stripe(1, 2), false),
    ];
    let mut changed = board(5, 2, &tiles);
    clear.apply(&mut changed);
    assert_eq!(found(&changed, 2, 0), ["........"; SIZE]);
    assert_eq!(changed.tile(3, 0).unwrap().mask, stripe(0, 4), "labels stay");
    assert_eq!(changed.tile(2, 1).unwrap().mask, stripe(0, 4), "other columns stay");
    assert_eq!(changed.tile(0, 0).unwrap().mask, stripe(1, 2), "what is above stays");
}

/// A body with the top `row > a + b (column - c)^2` cut into tiles: the corner that its tile lacks comes back.
#[test]
fn a_missed_corner_is_completed_to_within_a_pixel_or_two() {
    const SIDE: usize = 101;
    for mirrored in [false, true] {
        // Salt below a parabola that leaves the left tile through its right edge and enters the lower one through its top edge.
        let salt = |row: f64, column: f64| {
            let column = if mirrored { 2.0 * SIDE as f64 - column } else { column };
            row > 40.0 + 0.004 * (column - 20.0) * (column - 20.0)
        };
        let tile = |row: usize, column: usize| -> Vec<bool> {
            let pixel =
                |k: usize| ((row * SIDE + k / SIDE) as f64 + 0.5, (column * SIDE + k % SIDE) as f64 + 0.5);
            (0..SIDE * SIDE).map(pixel).map(|(row, column)| salt(row, column)).collect()
        };
        let missing = usize::from(!mirrored);
        let mut board = Board::new(SIDE, [2, 2]);
        for (row, column) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let known = (row, column) == (1, missing);
            board.put(row, column, BoardTile::new(tile(row, column), known));
        }
        let truth = tile(0, missing);
        assert!(truth.iter().filter(|&&salt| salt).count() > 300);
        board.put(0, missing, BoardTile::new(vec![false; SIDE * SIDE], false));
        rules(|rules| rules.corners = true).apply(&mut board);
        let found = &board.tile(0, missing).unwrap().mask;
        let wrong = found.iter().zip(&truth).filter(|(a, b)| a != b).count();
        let both = found.iter().zip(&truth).filter(|(a, b)| **a && **b).count();
        assert!(both > 20 * wrong, "mirrored {mirrored}: {both} right, {wrong} wrong");
        // A label is never changed, nor a prediction with salt of its own.
        for tile in [BoardTile::new(vec![false; SIDE * SIDE], true), BoardTile::new(truth.clone(), false)] {
            board.put(0, missing, tile.clone());
            rules(|rules| rules.corners = true).apply(&mut board);
            assert_eq!(*board.tile(0, missing).unwrap(), tile);
        }
    }
}

/// Tiles too small for a slope: nothing fails.
#[test]
fn tiles_of_a_pixel_or_two_are_no_trouble() {
    for size in 1..4 {
        for full in 0..16u32 {
            let mut board = Board::new(size, [2, 2]);
            for place in 0..4 {
                let mask = vec![full >> place & 1 == 1; size * size];
                board.put(place / 2, place % 2, BoardTile::new(mask, place == 3));
            }
            let all =
                MosaicRules { from_tiles: 2, verticals: true, joins: true, corners: true, below_full: true };
            rules(|rules| *rules = all).apply(&mut board);
            assert!(board.tile(1, 1).unwrap().known);
        }
    }
}

proptest! {
    /// Whatever the masks: labels stay as they are, and no rule fails.
    #[test]
    fn labels_are_never_changed(
        pixels in proptest::collection::vec(any::<bool>(), 9 * SIZE * SIZE),
        known in proptest::collection::vec(any::<bool>(), 9),
        there in proptest::collection::vec(0u8..5, 9),
    ) {
        let mut board = Board::new(SIZE, [3, 3]);
        for (place, mask) in pixels.chunks(SIZE * SIZE).enumerate().filter(|(place, _)| there[*place] > 0) {
            // Rows that are equal make vertical sides likely.
            let mask = if there[place] > 2 { mask[..SIZE].repeat(SIZE) } else { mask.to_vec() };
            board.put(place / 3, place % 3, BoardTile::new(mask, known[place]));
        }
        let before = board.clone();
        rules(|rules| *rules = MosaicRules { from_tiles: 2, verticals: true, joins: true, corners: true, below_full: true })
            .apply(&mut board);
        for place in 0..9 {
            let (old, new) = (before.tile(place / 3, place % 3), board.tile(place / 3, place % 3));
            prop_assert_eq!(old.is_some(), new.is_some());
            if let Some(old) = old.filter(|tile| tile.known) {
                prop_assert_eq!(Some(old), new);
            }
        }
    }
}
