//! Run-length encoded masks as the challenge writes them: pixels numbered from 1, column by column from top to bottom; pairs
//! "start length" separated by blanks, ascending; an empty mask is an empty text.

use crate::error::{Result, fail};

/// The text of a mask, row-major with `width` columns.
///
/// # Errors
/// `InvalidArgument` when the mask is no rectangle of this width.
pub fn encode(mask: &[bool], width: usize) -> Result<String> {
    if width == 0 || !mask.len().is_multiple_of(width) {
        fail!(InvalidArgument, "a mask of {} pixels has no whole rows of {width}", mask.len());
    }
    let height = mask.len() / width;
    let mut text = String::new();
    let mut run = 0usize;
    // One more than there are pixels, to end a run at the last.
    for number in 0..=mask.len() {
        if number < mask.len() && mask[(number % height) * width + number / height] {
            run += 1;
        } else if run > 0 {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&format!("{} {run}", number - run + 1));
            run = 0;
        }
    }
    Ok(text)
}

/// The mask of a text, row-major, `height` x `width`.
///
/// # Errors
/// `Malformed` for a text that is no mask of this size, naming the number that is wrong.
pub fn decode(text: &str, height: usize, width: usize) -> Result<Vec<bool>> {
    let pixels = height * width;
    let mut mask = vec![false; pixels];
    let mut end = 0;
    let mut words = text.split_ascii_whitespace();
    while let Some(start) = words.next() {
        let start = number(start)?;
        let Some(length) = words.next() else {
            fail!(Malformed, "run-length code: the start {start} has no length after it");
        };
        let length = number(length)?;
        if start <= end {
            fail!(
                Malformed,
                "run-length code: a run starts at {start}, after one that ends at {end}; runs ascend from 1 and do not overlap"
            );
        }
        end = start.saturating_add(length) - 1;
        if end > pixels {
            fail!(
                Malformed,
                "run-length code: the run {start} {length} ends beyond the {pixels} pixels of {height} x {width}"
            );
        }
        for at in start - 1..end {
            mask[(at % height) * width + at / height] = true;
        }
    }
    Ok(mask)
}

fn number(word: &str) -> Result<usize> {
    match word.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => fail!(Malformed, "run-length code: {word:?} is not a number from 1 on"),
    }
}
