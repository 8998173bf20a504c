//! Random numbers that are a function of what they are for.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// A stream of random numbers for this purpose and no other.
pub(super) fn stream(parts: [u64; 4]) -> ChaCha8Rng {
    ChaCha8Rng::from_seed(key(parts))
}

/// The seed of such a stream.
pub(super) fn key(parts: [u64; 4]) -> [u8; 32] {
    let mut key = [0u8; 32];
    for (part, value) in key.chunks_exact_mut(8).zip(parts) {
        part.copy_from_slice(&value.to_le_bytes());
    }
    key
}
