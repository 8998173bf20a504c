//! Patches of salt and gaps in it, by size.

/// The 4-connected patches of equal value, as lists of pixels.
fn patches(mask: &[bool], size: usize) -> Vec<Vec<usize>> {
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
            let (row, column) = (at / size, at % size);
            let neighbours = [
                (row > 0).then(|| at - size),
                (row + 1 < size).then(|| at + size),
                (column > 0).then(|| at - 1),
                (column + 1 < size).then(|| at + 1),
            ];
            for other in neighbours.into_iter().flatten() {
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

/// Turns over 4-connected patches of fewer pixels than these: of salt, then of gaps. A mask of one value stays.
pub fn remove_small(mask: &mut [bool], size: usize, [salt, gaps]: [usize; 2]) {
    for (value, least) in [(true, salt), (false, gaps)] {
        if least < 2 {
            continue;
        }
        let small = patches(mask, size)
            .into_iter()
            .filter(|patch| patch.len() < least && patch.len() < mask.len() && mask[patch[0]] == value);
        for at in small.flatten().collect::<Vec<_>>() {
            mask[at] = !value;
        }
    }
}

/// Makes salt of gaps that do not touch the border.
pub fn fill_holes(mask: &mut [bool], size: usize) {
    let outer = |at: &usize| {
        let (row, column) = (at / size, at % size);
        row == 0 || column == 0 || row + 1 == size || column + 1 == size
    };
    let holes = patches(mask, size).into_iter().filter(|patch| !mask[patch[0]] && !patch.iter().any(outer));
    for at in holes.flatten().collect::<Vec<_>>() {
        mask[at] = true;
    }
}
