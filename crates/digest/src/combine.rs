//! The CRC of two runs of bytes from the CRC of each: polynomial arithmetic over GF(2).
//!
//! crc(A‖B) = crc(A)·x^(8·|B|) + crc(B) modulo the CRC's polynomial; it holds for CRCs that, as S3's three, start
//! and end with all bits inverted. Raising x costs one squaring for each bit of the length, some microseconds;
//! the parts of an upload share their length, so the last power is kept, and a further part costs one product.
//! Ten thousand parts are thus a millisecond, where combining by matrices took a second.

/// Combines CRCs of one polynomial. Bit-reflected, as all three are: the highest bit is the coefficient of x⁰.
pub(crate) struct Combiner {
    polynomial: u64,
    one: u64,
    /// A length in bytes and x^(8·length).
    last: (u64, u64),
}

impl Combiner {
    /// `polynomial` is bit-reflected and `width_bits` wide.
    pub(crate) const fn new(polynomial: u64, width_bits: u32) -> Self {
        let one = 1 << (width_bits - 1);
        Self { polynomial, one, last: (0, one) }
    }

    /// The CRC of a run whose CRC is `first`, followed by `length` bytes whose CRC is `second`.
    pub(crate) fn append(&mut self, first: u64, second: u64, length: u64) -> u64 {
        if self.last.0 != length {
            self.last = (length, self.power_of_x8(length));
        }
        self.product(first, self.last.1) ^ second
    }

    /// x^(8·exponent), by squaring.
    fn power_of_x8(&self, mut exponent: u64) -> u64 {
        let (mut power, mut square) = (self.one, self.one >> 8);
        while exponent > 0 {
            if exponent & 1 == 1 {
                power = self.product(power, square);
            }
            square = self.product(square, square);
            exponent >>= 1;
        }
        power
    }

    fn product(&self, left: u64, mut right: u64) -> u64 {
        let (mut product, mut bit) = (0, self.one);
        // Branches would be taken at random: masks keep the pipeline full.
        while bit > 0 {
            product ^= right & u64::from(left & bit > 0).wrapping_neg();
            right = right >> 1 ^ self.polynomial & (right & 1).wrapping_neg();
            bit >>= 1;
        }
        product
    }
}
