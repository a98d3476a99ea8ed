//! Counts of whole numbers, exact where small and to 0.1 % where large.

use super::Bytes;

/// A log-linear histogram of `u64` values.
///
/// Values below 2^11 have a bucket each; above, buckets are as wide as 2^-10 of the power of two below
/// them. Count, sum and sum of squares are kept as integers next to the buckets, so that mean and variance
/// know nothing of the buckets and merging in any order or grouping gives the same bits.
///
/// The sum of squares is kept modulo 2^128, which a variance survives (see there); counts and sums cannot come to the
/// end of their range by recording.
///
/// ```
/// use sim_core::stats::Histogram;
///
/// let mut waits = Histogram::new();
/// for nanos in 1..=1000 {
///     waits.record(nanos);
/// }
/// assert_eq!(waits.mean(), 500.5);
/// assert_eq!(waits.quantile(0.99), 990.0);
/// ```
#[derive(Clone, Debug)]
pub struct Histogram {
    /// Octave 0 holds the values below 2^10, octave k ≥ 1 those from 2^(9 + k) up to 2^(10 + k). None until
    /// touched.
    octaves: [Option<Box<Octave>>; OCTAVES],
    count: u64,
    sum: u128,
    squares: u128,
    min: u64,
    max: u64,
}

/// Each octave is cut into 2^SUB_BITS buckets.
const SUB_BITS: u32 = 10;
const SUB: usize = 1 << SUB_BITS;
const OCTAVES: usize = (64 - SUB_BITS + 1) as usize;

type Octave = [u64; SUB];

/// A run of neighbouring values and how often one of them was recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bucket {
    /// The smallest value.
    pub low: u64,
    /// The largest value.
    pub high: u64,
    /// How often.
    pub count: u64,
}

/// The octave of a value and the bucket within it.
#[inline]
fn place(value: u64) -> (usize, usize) {
    let octave = 64 - SUB_BITS - (value | (SUB as u64 - 1)).leading_zeros();
    (octave as usize, (value >> octave.saturating_sub(1)) as usize % SUB)
}

/// The smallest and the largest value of a bucket.
fn range(octave: usize, sub: usize) -> (u64, u64) {
    let shift = octave.saturating_sub(1);
    let first = if octave == 0 { sub } else { sub + SUB } as u64;
    let low = first << shift;
    (low, low + ((1 << shift) - 1))
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram::new()
    }
}

impl Histogram {
    /// An empty histogram. It allocates 8 KiB for each power of two that its values reach, on the first
    /// touch.
    pub const fn new() -> Histogram {
        Histogram {
            octaves: [const { None }; OCTAVES],
            count: 0,
            sum: 0,
            squares: 0,
            min: u64::MAX,
            max: 0,
        }
    }

    /// Records a value once.
    #[inline]
    pub fn record(&mut self, value: u64) {
        let (octave, sub) = place(value);
        let slot = &mut self.octaves[octave];
        let counts = match slot {
            Some(counts) => counts,
            None => open(slot),
        };
        counts[sub] += 1;
        self.count += 1;
        self.sum += u128::from(value);
        self.squares = self.squares.wrapping_add(u128::from(value) * u128::from(value));
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// How many values were recorded.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The exact sum of the values.
    pub fn sum(&self) -> u128 {
        self.sum
    }

    /// The sum of the values' squares, modulo 2^128: exact for 10^10 values of two days in nanoseconds.
    pub fn sum_of_squares(&self) -> u128 {
        self.squares
    }

    /// The smallest value; None if nothing was recorded.
    pub fn min(&self) -> Option<u64> {
        (self.count > 0).then_some(self.min)
    }

    /// The largest value; None if nothing was recorded.
    pub fn max(&self) -> Option<u64> {
        (self.count > 0).then_some(self.max)
    }

    /// The mean; NaN if nothing was recorded.
    pub fn mean(&self) -> f64 {
        self.sum as f64 / self.count as f64
    }

    /// The mean of the squared distance from the mean; NaN if nothing was recorded.
    ///
    /// The distances are taken from the mean's whole part, in integers, so that nothing cancels.
    /// Intermediate results, the sum of squares too, may wrap: the last one fits, and arithmetic modulo 2^128 does
    /// not care.
    pub fn variance(&self) -> f64 {
        if self.count == 0 {
            return f64::NAN;
        }
        let n = u128::from(self.count);
        let (whole, rest) = (self.sum / n, self.sum % n);
        let cross = whole.wrapping_mul(self.sum).wrapping_mul(2);
        let about_whole = self
            .squares
            .wrapping_sub(cross)
            .wrapping_add(n.wrapping_mul(whole).wrapping_mul(whole));
        let shift = rest as f64 / n as f64;
        (about_whole as f64 / n as f64 - shift * shift).max(0.0)
    }

    /// The standard deviation: the root of [`variance`](Histogram::variance).
    pub fn standard_deviation(&self) -> f64 {
        self.variance().sqrt()
    }

    /// The smallest number that a part `p` of the values does not exceed: exact below 2^11, by a straight
    /// line through the bucket above, never outside the values recorded. NaN if nothing was recorded.
    pub fn quantile(&self, p: f64) -> f64 {
        let [number] = self.quantiles([p]);
        number
    }

    /// Several quantiles, for about the price of one.
    pub fn quantiles<const N: usize>(&self, shares: [f64; N]) -> [f64; N] {
        // Most octaves end before the rank: their sums tell so much sooner than their buckets would.
        let mut sums = [0.0; OCTAVES];
        for (octave, counts) in self.touched() {
            sums[octave] = counts.iter().sum::<u64>() as f64;
        }
        shares.map(|p| self.quantile_by(&sums, p))
    }

    fn quantile_by(&self, sums: &[f64; OCTAVES], p: f64) -> f64 {
        if self.count == 0 {
            return f64::NAN;
        }
        let rank = p.clamp(0.0, 1.0) * self.count as f64;
        let mut below = 0.0;
        for (octave, counts) in self.touched() {
            if below + sums[octave] < rank {
                below += sums[octave];
                continue;
            }
            for bucket in buckets(octave, counts) {
                let inside = bucket.count as f64;
                if below + inside >= rank {
                    let along = ((rank - below) / inside).clamp(0.0, 1.0);
                    let number = bucket.low as f64 + along * (bucket.high - bucket.low) as f64;
                    return number.clamp(self.min as f64, self.max as f64);
                }
                below += inside;
            }
        }
        self.max as f64
    }

    /// The part of the values that are at most `value`: exact below 2^11, by a straight line through the
    /// bucket above. NaN if nothing was recorded.
    pub fn fraction_at_most(&self, value: u64) -> f64 {
        if self.count == 0 {
            return f64::NAN;
        }
        if value >= self.max {
            return 1.0;
        }
        if value < self.min {
            return 0.0;
        }
        let mut below = 0.0;
        for bucket in self.iter().take_while(|bucket| bucket.low <= value) {
            let part = if value >= bucket.high {
                1.0
            } else {
                (value - bucket.low + 1) as f64 / (bucket.high - bucket.low + 1) as f64
            };
            below += bucket.count as f64 * part;
        }
        (below / self.count as f64).min(1.0)
    }

    /// Adds all that `other` recorded.
    pub fn merge(&mut self, other: &Histogram) {
        for (mine, theirs) in self.octaves.iter_mut().zip(&other.octaves) {
            let Some(theirs) = theirs else { continue };
            let mine = match mine {
                Some(mine) => mine,
                None => open(mine),
            };
            for (a, b) in mine.iter_mut().zip(theirs.iter()) {
                *a += *b;
            }
        }
        self.count += other.count;
        self.sum += other.sum;
        self.squares = self.squares.wrapping_add(other.squares);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// Forgets all values and keeps the memory.
    pub fn clear(&mut self) {
        for octave in self.octaves.iter_mut().flatten() {
            octave.fill(0);
        }
        (self.count, self.sum, self.squares, self.min, self.max) = (0, 0, 0, u64::MAX, 0);
    }

    /// The buckets that hold a value, in rising order.
    pub fn iter(&self) -> impl Iterator<Item = Bucket> {
        self.touched().flat_map(|(octave, counts)| buckets(octave, counts))
    }

    /// The octaves that a value reached.
    fn touched(&self) -> impl Iterator<Item = (usize, &Octave)> {
        self.octaves
            .iter()
            .enumerate()
            .filter_map(|(octave, counts)| Some((octave, &**counts.as_ref()?)))
    }
}

/// The buckets of an octave that hold a value, in rising order.
fn buckets(octave: usize, counts: &Octave) -> impl Iterator<Item = Bucket> {
    counts.iter().enumerate().filter(|(_, count)| **count > 0).map(move |(sub, count)| {
        let (low, high) = range(octave, sub);
        Bucket { low, high, count: *count }
    })
}

/// Gives an octave its counts.
#[cold]
fn open(slot: &mut Option<Box<Octave>>) -> &mut Octave {
    slot.insert(Box::new([0; SUB]))
}

/// Its totals, then each bucket that holds a value: how many are passed over from the one before, and its count.
impl Bytes for Histogram {
    fn write(&self, out: &mut Vec<u8>) {
        let Histogram { octaves, count, sum, squares, min, max } = self;
        count.write(out);
        if *count == 0 {
            return;
        }
        sum.write(out);
        squares.write(out);
        min.write(out);
        max.write(out);
        let counts = octaves.iter().enumerate().flat_map(|(octave, counts)| {
            let counts = counts.iter().flat_map(|counts| counts.iter().enumerate());
            counts.map(move |(sub, count)| ((octave * SUB + sub) as u64, *count))
        });
        let mut next = 0;
        for (place, count) in counts.filter(|(_, count)| *count > 0) {
            (place - next).write(out);
            count.write(out);
            next = place + 1;
        }
    }

    fn read(from: &mut &[u8]) -> Option<Histogram> {
        let mut histogram = Histogram { count: u64::read(from)?, ..Histogram::new() };
        if histogram.count == 0 {
            return Some(histogram);
        }
        (histogram.sum, histogram.squares) = (u128::read(from)?, u128::read(from)?);
        (histogram.min, histogram.max) = (u64::read(from)?, u64::read(from)?);
        let (mut next, mut left) = (0u64, histogram.count);
        while left > 0 {
            let place = next.checked_add(u64::read(from)?)?;
            let count = u64::read(from)?;
            let slot = histogram.octaves.get_mut(usize::try_from(place).ok()? / SUB)?;
            let counts = match slot {
                Some(counts) => counts,
                None => open(slot),
            };
            counts[place as usize % SUB] = count;
            left = left.checked_sub(count).filter(|_| count > 0)?;
            next = place + 1;
        }
        Some(histogram)
    }
}

/// Equal when the same values were recorded as far as the buckets tell them apart, and with equal totals.
impl PartialEq for Histogram {
    fn eq(&self, other: &Histogram) -> bool {
        let totals = |h: &Histogram| (h.count, h.sum, h.squares, h.min, h.max);
        totals(self) == totals(other) && self.iter().eq(other.iter())
    }
}

impl Eq for Histogram {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[u64]) -> Histogram {
        let mut histogram = Histogram::new();
        values.iter().for_each(|value| histogram.record(*value));
        histogram
    }

    #[test]
    fn small_values_have_a_bucket_each() {
        for value in 0..2048 {
            let (octave, sub) = place(value);
            assert_eq!(range(octave, sub), (value, value));
        }
    }

    #[test]
    fn buckets_tile_all_numbers() {
        let mut next = 0u64;
        for octave in 0..OCTAVES {
            for sub in 0..SUB {
                let (low, high) = range(octave, sub);
                assert_eq!(low, next);
                assert_eq!(place(low), (octave, sub));
                assert_eq!(place(high), (octave, sub));
                assert!((high - low) as f64 <= low as f64 / 1024.0);
                next = high.wrapping_add(1);
            }
        }
        assert_eq!(next, 0, "the last bucket ends with the last number");
    }

    #[test]
    fn moments_of_one_to_five_by_hand() {
        let histogram = of(&[5, 1, 4, 2, 3]);
        assert_eq!((histogram.count(), histogram.sum(), histogram.sum_of_squares()), (5, 15, 55));
        assert_eq!((histogram.mean(), histogram.variance()), (3.0, 2.0));
        assert_eq!((histogram.min(), histogram.max()), (Some(1), Some(5)));
    }

    /// Around 10^15 the squares differ in their 30th digit only, which doubles do not have.
    #[test]
    fn variance_does_not_cancel() {
        let base = 1_000_000_000_000_000;
        assert_eq!(of(&[base + 5, base + 1, base + 4, base + 2, base + 3]).variance(), 2.0);
        assert_eq!(of(&[u64::MAX / 2 - 2, u64::MAX / 2]).variance(), 1.0);
        assert_eq!(of(&[base, base + 1]).variance(), 0.25);
    }

    /// 2^63 squared is 2^126: five of them are more than 128 bits hold.
    #[test]
    fn variance_survives_squares_beyond_their_range() {
        let base = 1 << 63;
        assert_eq!(of(&[base + 5, base + 1, base + 4, base + 2, base + 3]).variance(), 2.0);
    }

    #[test]
    fn quantiles_of_small_values_are_values() {
        let histogram = of(&(1..=100).collect::<Vec<_>>());
        assert_eq!(histogram.quantile(0.0), 1.0);
        assert_eq!(histogram.quantile(0.5), 50.0);
        assert_eq!(histogram.quantile(0.501), 51.0);
        assert_eq!(histogram.quantile(0.99), 99.0);
        assert_eq!(histogram.quantile(1.0), 100.0);
        assert_eq!(histogram.fraction_at_most(50), 0.5);
        assert_eq!(histogram.fraction_at_most(0), 0.0);
        assert_eq!(histogram.fraction_at_most(u64::MAX), 1.0);
    }

    #[test]
    fn a_single_large_value_is_its_own_quantile() {
        let histogram = of(&[123_456_789_012]);
        assert_eq!(histogram.quantile(0.5), 123_456_789_012.0);
        assert_eq!(histogram.fraction_at_most(123_456_789_011), 0.0);
        assert_eq!(histogram.fraction_at_most(123_456_789_012), 1.0);
    }

    #[test]
    fn nothing_recorded() {
        let histogram = Histogram::new();
        assert!(histogram.is_empty());
        assert!(histogram.mean().is_nan() && histogram.variance().is_nan());
        assert!(histogram.quantile(0.5).is_nan() && histogram.fraction_at_most(3).is_nan());
        assert_eq!((histogram.min(), histogram.iter().count()), (None, 0));
    }

    #[test]
    fn clearing_forgets_all() {
        let mut histogram = of(&[1, 70_000]);
        histogram.clear();
        assert_eq!(histogram, Histogram::new());
        histogram.record(8);
        assert_eq!(histogram, of(&[8]));
    }

    proptest! {
        #[test]
        fn quantiles_are_within_a_thousandth(
            mut values in prop::collection::vec(0u64..1 << 40, 1..300),
            p in 0.0..1.0f64,
        ) {
            let histogram = of(&values);
            values.sort_unstable();
            let rank = (p * values.len() as f64).ceil().max(1.0) as usize - 1;
            let exact = values[rank] as f64;
            prop_assert!((histogram.quantile(p) - exact).abs() <= exact / 1024.0);
        }

        #[test]
        fn merging_in_any_grouping_is_recording_all(
            values in prop::collection::vec(any::<u64>(), 0..60),
            cut in 0usize..60,
        ) {
            let (left, right) = values.split_at(cut.min(values.len()));
            let mut forward = of(left);
            forward.merge(&of(right));
            let mut backward = of(right);
            backward.merge(&of(left));
            prop_assert_eq!(&forward, &of(&values));
            prop_assert_eq!(&backward, &forward);
        }
    }
}
