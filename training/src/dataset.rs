//! Datasets of samples from demonstrations.

mod sample;
mod sampler;

pub use sample::{Sample, Scratch};
pub use sampler::Sampler;

/// True for a test episode. The decision is a hash of the episode's name, so that new episodes do
/// not change it. All samples of an episode are in the same set, so that the test does not measure
/// memorisation.
pub fn is_test_episode(name: &str, share: f64) -> bool {
    // FNV-1a (Fowler, Noll and Vo 1991) with a final mix, since names differ in their last digits
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed >> 11) as f64) < share * (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::is_test_episode;

    #[test]
    fn the_share_of_test_episodes_is_that_of_the_settings() {
        let kept = |share: f64| {
            (0..2000)
                .filter(|seed| is_test_episode(&format!("doorway-{}", 2 * seed), share))
                .count() as f64
                / 2000.0
        };
        assert!((kept(0.1) - 0.1).abs() < 0.02, "{}", kept(0.1));
        assert!((kept(0.5) - 0.5).abs() < 0.04, "{}", kept(0.5));
        assert_eq!(kept(0.0), 0.0);
    }
}
