//! Numbers as bytes and back: how what was measured is kept in a file.

/// What can be written as bytes, and read back to the bit.
pub trait Bytes: Sized {
    /// Appends it.
    fn write(&self, out: &mut Vec<u8>);

    /// Takes it off the front; `None` if something else stands there.
    fn read(from: &mut &[u8]) -> Option<Self>;
}

/// Seven bits in a byte, the lowest first; the highest bit says that more follow (as in LEB128).
impl Bytes for u128 {
    fn write(&self, out: &mut Vec<u8>) {
        let mut rest = *self;
        while rest >= 0x80 {
            out.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
    }

    fn read(from: &mut &[u8]) -> Option<u128> {
        let mut number = 0;
        for shift in (0..128).step_by(7) {
            let (byte, rest) = from.split_first()?;
            *from = rest;
            number |= u128::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}

impl Bytes for u64 {
    fn write(&self, out: &mut Vec<u8>) {
        u128::from(*self).write(out);
    }

    fn read(from: &mut &[u8]) -> Option<u64> {
        u128::read(from)?.try_into().ok()
    }
}

impl Bytes for u32 {
    fn write(&self, out: &mut Vec<u8>) {
        u128::from(*self).write(out);
    }

    fn read(from: &mut &[u8]) -> Option<u32> {
        u128::read(from)?.try_into().ok()
    }
}

/// Its bits.
impl Bytes for f64 {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.to_bits().to_le_bytes());
    }

    fn read(from: &mut &[u8]) -> Option<f64> {
        let (bits, rest) = from.split_first_chunk::<8>()?;
        *from = rest;
        Some(f64::from_bits(u64::from_le_bytes(*bits)))
    }
}

/// Its length, then its UTF-8.
impl Bytes for String {
    fn write(&self, out: &mut Vec<u8>) {
        (self.len() as u64).write(out);
        out.extend(self.as_bytes());
    }

    fn read(from: &mut &[u8]) -> Option<String> {
        let length = usize::try_from(u64::read(from)?).ok()?;
        let (text, rest) = from.split_at_checked(length)?;
        *from = rest;
        String::from_utf8(text.to_vec()).ok()
    }
}

/// Its length, then its items.
impl<T: Bytes> Bytes for Vec<T> {
    fn write(&self, out: &mut Vec<u8>) {
        (self.len() as u64).write(out);
        self.iter().for_each(|item| item.write(out));
    }

    fn read(from: &mut &[u8]) -> Option<Vec<T>> {
        let length = usize::try_from(u64::read(from)?).ok()?;
        // Every item takes a byte: a length that was damaged asks for no memory.
        if length > from.len() {
            return None;
        }
        (0..length).map(|_| T::read(from)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Histogram, Levels};
    use crate::time::Time;
    use proptest::prelude::*;

    fn back<T: Bytes>(thing: &T) -> Option<T> {
        let mut bytes = Vec::new();
        thing.write(&mut bytes);
        let mut rest = bytes.as_slice();
        let read = T::read(&mut rest);
        assert!(rest.is_empty());
        read
    }

    proptest! {
        #[test]
        fn numbers_come_back(a in any::<u128>(), b in any::<u64>(), c in any::<u64>(), d in ".*") {
            prop_assert_eq!(back(&a), Some(a));
            prop_assert_eq!(back(&b), Some(b));
            prop_assert_eq!(back(&f64::from_bits(c)).map(f64::to_bits), Some(c));
            prop_assert_eq!(back(&vec![d.clone()]), Some(vec![d]));
        }

        #[test]
        fn histograms_come_back(values in prop::collection::vec(any::<u64>(), 0..50)) {
            let mut histogram = Histogram::new();
            values.iter().for_each(|value| histogram.record(*value));
            prop_assert_eq!(back(&histogram), Some(histogram));
        }

        /// Damaged bytes are read as something else or as nothing, and nothing panics or takes much memory.
        #[test]
        fn anything_can_be_tried(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Histogram::read(&mut bytes.as_slice());
            let _ = Levels::read(&mut bytes.as_slice());
            let _ = Vec::<String>::read(&mut bytes.as_slice());
        }
    }

    #[test]
    fn levels_come_back() {
        let mut levels = Levels::default();
        levels.change(Time(30), 0);
        levels.change(Time(90), 7);
        let read = back(&levels).expect("they are levels");
        assert!(read.iter().eq(levels.iter()));
    }
}
