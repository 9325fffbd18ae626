//! Random numbers that are the same in every run.

/// An xorshift generator, after Marsaglia.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        // Seeds that are near to each other start alike.
        for _ in 0..8 {
            random.next();
        }
        random
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(u64::MAX);
        usize::try_from((self.next() >> 16) % end).unwrap_or_default()
    }

    /// The same, small ones far more often than large ones.
    pub(crate) fn skewed(&mut self, end: usize) -> usize {
        let below = self.below(end) + 1;
        let below = self.below(below) + 1;
        self.below(below)
    }

    /// Whether something happens that does in `parts` of a million cases.
    pub(crate) fn chance(&mut self, parts: u32) -> bool {
        self.below(1_000_000) < parts as usize
    }

    /// A number from zero to one.
    pub(crate) fn unit(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap_or_default()) / f64::from(u32::MAX)
    }

    /// A number of the normal distribution.
    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}
