//! Where a trace has nothing to see: mutes, padding, gaps, values that are no numbers.

/// Equal samples at an end of a trace, or anywhere, that count as no data. Real samples repeat now and then, in coarse formats
/// and flat water more often; they do not stand still for so long.
const AT_AN_END: usize = 8;
const ANYWHERE: usize = 48;

/// Sets `values` to 0 wherever the trace that they belong to has nothing to see. Both hold traces of `samples`, sample fastest.
pub fn clear_empty(values: &mut [f32], data: &[f32], samples: usize) {
    if samples == 0 {
        return;
    }
    for (values, trace) in values.chunks_exact_mut(samples).zip(data.chunks_exact(samples)) {
        let mut first = 0;
        while first < samples {
            let end = run_end(trace, first);
            let at_an_end = first == 0 || end == samples;
            let least = if at_an_end { AT_AN_END } else { ANYWHERE };
            if end - first >= least || !trace[first].is_finite() {
                values[first..end].fill(0.0);
            }
            first = end;
        }
    }
}

/// The end of the run of samples that are all the same, or all no numbers, from `first` on.
fn run_end(trace: &[f32], first: usize) -> usize {
    let value = trace[first];
    let same = |sample: &f32| *sample == value || (!sample.is_finite() && !value.is_finite());
    first + trace[first..].iter().take_while(|sample| same(sample)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleared(trace: &[f32]) -> Vec<bool> {
        let mut values = vec![1.0; trace.len()];
        clear_empty(&mut values, trace, trace.len());
        values.iter().map(|value| *value == 0.0).collect()
    }

    #[test]
    fn mutes_and_padding_are_empty_and_quiet_samples_are_not() {
        let mut trace: Vec<f32> = (0..100).map(|k| (k as f32).sin()).collect();
        trace[..10].fill(0.0);
        trace[90..].fill(7.5);
        trace[40..60].fill(0.25);
        let expected: Vec<bool> = (0..100).map(|k| !(10..90).contains(&k)).collect();
        assert_eq!(cleared(&trace), expected);
    }

    #[test]
    fn long_gaps_within_are_empty() {
        let mut trace: Vec<f32> = (0..100).map(|k| (k as f32).sin()).collect();
        trace[30..80].fill(0.0);
        let expected: Vec<bool> = (0..100).map(|k| (30..80).contains(&k)).collect();
        assert_eq!(cleared(&trace), expected);
    }

    #[test]
    fn what_is_no_number_is_empty_wherever_it_is() {
        let mut trace: Vec<f32> = (0..20).map(|k| (k as f32).sin()).collect();
        (trace[5], trace[6], trace[12]) = (f32::NAN, f32::INFINITY, f32::NEG_INFINITY);
        let expected: Vec<bool> = (0..20).map(|k| [5, 6, 12].contains(&k)).collect();
        assert_eq!(cleared(&trace), expected);
    }

    #[test]
    fn traces_are_looked_at_one_by_one() {
        let mut values = vec![1.0; 20];
        let data: Vec<f32> = (0..20).map(|k| if (3..17).contains(&k) { 0.0 } else { k as f32 }).collect();
        clear_empty(&mut values, &data, 10);
        // Seven zeros at an end are too few on either trace.
        assert_eq!(values, vec![1.0; 20]);
    }
}
