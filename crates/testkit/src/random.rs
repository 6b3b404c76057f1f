//! Numbers that only look random: `SplitMix64`, so that a seed gives the same organization or log on every machine and
//! version.

/// A stream of pseudo-random numbers. Fast and repeatable; not for secrets.
///
/// ```
/// use scproof_testkit::Random;
/// let (mut a, mut b) = (Random::new(7), Random::new(7));
/// assert_eq!(a.below(1000), b.below(1000));
/// ```
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The stream that belongs to a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 if that is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        // The high half of a product is even enough, and needs no division.
        let product = u128::from(self.next_u64()) * bound as u128;
        usize::try_from(product >> 64).unwrap_or(0)
    }

    /// A number below `bound`, the small ones far more often: two thirds of all draws fall into the first eighth.
    pub fn skewed(&mut self, bound: usize) -> usize {
        let first = self.below(bound);
        let second = self.below(first + 1);
        self.below(second + 1)
    }

    /// Whether something happens that does so `percent` times in a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of several; `None` if there are none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }

    /// `count` different ones of several, in their order; all if there are fewer.
    pub fn sample<T: Clone>(&mut self, from: &[T], count: usize) -> Vec<T> {
        let mut chosen = Vec::new();
        for (index, item) in from.iter().enumerate() {
            let (left, wanted) = (from.len() - index, count.saturating_sub(chosen.len()));
            if self.below(left) < wanted {
                chosen.push(item.clone());
            }
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn a_seed_fixes_the_stream() {
        // The published first outputs of SplitMix64 for the seed 1234567.
        let mut random = Random::new(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| random.next_u64()).collect();
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn draws_stay_in_their_bounds() {
        let mut random = Random::new(1);
        let mut low = 0;
        for bound in 1..2_000 {
            assert!(random.below(bound) < bound);
            let skewed = random.skewed(bound);
            assert!(skewed < bound);
            low += usize::from(skewed * 8 <= bound);
            let sample = random.sample(&[1, 2, 3, 4, 5], bound % 7);
            assert_eq!(sample.len(), (bound % 7).min(5));
        }
        assert!((1_200..1_450).contains(&low), "{low}");
        assert_eq!((random.below(0), random.pick::<u8>(&[])), (0, None));
    }
}
