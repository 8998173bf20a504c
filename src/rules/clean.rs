//! Patches of salt and gaps in it, by size.

/// The patches of equal value, as lists of pixels.
fn patches(mask: &[bool], size: usize, connected: Connected) -> Vec<Vec<usize>> {
    let reach: &[(isize, isize)] = match connected {
        Connected::Edges => &[(-1, 0), (1, 0), (0, -1), (0, 1)],
        Connected::Corners => &[(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)],
    };
    let mut seen = vec![false; mask.len()];
    let mut found = Vec::new();
    for start in 0..mask.len() {
        if seen[start] {
            continue;
        }
        seen[start] = true;
        let mut patch = vec![start];
        let mut next = 0;
        while let Some(&at) = patch.get(next) {
            next += 1;
            for &(down, right) in reach {
                let place = (at / size).checked_add_signed(down).zip((at % size).checked_add_signed(right));
                let Some((row, column)) = place.filter(|&(row, column)| row.max(column) < size) else {
                    continue;
                };
                let other = row * size + column;
                if !seen[other] && mask[other] == mask[at] {
                    seen[other] = true;
                    patch.push(other);
                }
            }
        }
        found.push(patch);
    }
    found
}

/// Which pixels are neighbours.
#[derive(Clone, Copy)]
enum Connected {
    /// Those that share an edge: 4.
    Edges,
    /// Those that share an edge or a corner: 8.
    Corners,
}

/// Turns over patches of fewer pixels than these: of salt, then of gaps. Pixels that touch at a corner are of one patch, as for OpenCV's
/// connectedComponentsWithStats. A mask of one value stays.
pub fn remove_small(mask: &mut [bool], size: usize, [salt, gaps]: [usize; 2]) {
    for (value, least) in [(true, salt), (false, gaps)] {
        if least < 2 {
            continue;
        }
        let small = patches(mask, size, Connected::Corners)
            .into_iter()
            .filter(|patch| patch.len() < least && patch.len() < mask.len() && mask[patch[0]] == value);
        for at in small.flatten().collect::<Vec<_>>() {
            mask[at] = !value;
        }
    }
}

/// Makes salt of gaps that do not touch the border. Gaps that touch at a corner are two.
pub fn fill_holes(mask: &mut [bool], size: usize) {
    let outer = |at: &usize| {
        let (row, column) = (at / size, at % size);
        row == 0 || column == 0 || row + 1 == size || column + 1 == size
    };
    let holes = patches(mask, size, Connected::Edges)
        .into_iter()
        .filter(|patch| !mask[patch[0]] && !patch.iter().any(outer));
    for at in holes.flatten().collect::<Vec<_>>() {
        mask[at] = true;
    }
}
