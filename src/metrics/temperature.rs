//! Temperature scaling: the one number that logits are divided by so that probabilities mean what they say (Guo et al., ICML 2017, section 4.2).

/// Logits beyond this are counted at it.
const MOST: f64 = 20.0;
/// Equal steps of the logit from -20 to 20.
const BINS: usize = 2000;

/// Pixels by the logit that was predicted for them.
#[derive(Debug, Clone, PartialEq)]
pub struct LogitHistogram {
    /// Pixels without salt and with.
    bins: Vec<[u64; 2]>,
}

impl Default for LogitHistogram {
    fn default() -> Self {
        Self { bins: vec![[0; 2]; BINS] }
    }
}

impl LogitHistogram {
    /// Adds a pixel; NaN is left out.
    pub fn add(&mut self, probability: f32, salt: bool) {
        let probability = f64::from(probability);
        let logit = (probability / (1.0 - probability)).ln();
        if !logit.is_nan() {
            let place = (logit.clamp(-MOST, MOST) + MOST) / (2.0 * MOST) * BINS as f64;
            self.bins[(place as usize).min(BINS - 1)][usize::from(salt)] += 1;
        }
    }

    /// Adds the pixels of another.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.bins.iter_mut().zip(&other.bins) {
            *mine = [mine[0] + theirs[0], mine[1] + theirs[1]];
        }
    }

    /// Mean cross-entropy of the probabilities of logits divided by `temperature`; `None` without a pixel.
    pub fn cross_entropy(&self, temperature: f64) -> Option<f64> {
        let (mut sum, mut pixels) = (0.0, 0);
        for (bin, [none, salt]) in self.bins.iter().enumerate() {
            let logit = ((bin as f64 + 0.5) / BINS as f64 * 2.0 - 1.0) * MOST / temperature;
            // ln(1 + exp(x)) without overflow.
            let softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
            sum += *none as f64 * softplus(logit) + *salt as f64 * softplus(-logit);
            pixels += none + salt;
        }
        (pixels > 0).then(|| sum / pixels as f64)
    }

    /// The temperature within 0.1 to 10 with the least cross-entropy, to 1e-4 of itself; `None` without pixels of both kinds.
    pub fn temperature(&self) -> Option<f64> {
        let counts = self.bins.iter().fold([0u64; 2], |sum, bin| [sum[0] + bin[0], sum[1] + bin[1]]);
        if counts.contains(&0) {
            return None;
        }
        // The cross-entropy is convex in the inverse, so it has one minimum: golden sections of the logarithm.
        let golden = (5f64.sqrt() - 1.0) / 2.0;
        let loss = |log: f64| self.cross_entropy(log.exp()).unwrap_or(f64::INFINITY);
        let (mut low, mut high) = (0.1f64.ln(), 10f64.ln());
        while high - low > 1e-4 {
            let step = golden * (high - low);
            let (a, b) = (high - step, low + step);
            if loss(a) < loss(b) { high = b } else { low = a }
        }
        Some((0.5 * (low + high)).exp())
    }
}

/// What a threshold on probabilities becomes when their logits are divided by `temperature`: the same pixels exceed it.
pub fn scaled_threshold(threshold: f32, temperature: f64) -> f32 {
    let threshold = f64::from(threshold);
    if threshold <= 0.0 || threshold >= 1.0 {
        return threshold as f32;
    }
    let logit = (threshold / (1.0 - threshold)).ln() / temperature;
    (1.0 / (1.0 + (-logit).exp())) as f32
}
