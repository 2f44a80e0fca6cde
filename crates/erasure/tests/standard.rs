//! The code that lies on disks, held against its definition, with nothing of the arithmetic that we use:
//! byte `b` of shard `r` is `p(r)`, where `p` is the polynomial over GF(2⁸) modulo x⁸ + x⁴ + x³ + x² + 1 of degree below `k`
//! with `p(i)` = byte `b` of data shard `i`. Whatever crate computes it, these bytes stay.

use bytes::Bytes;
use erasure::Code;

fn product(mut one: u8, mut other: u8) -> u8 {
    let mut product = 0;
    while other != 0 {
        if other & 1 == 1 {
            product ^= one;
        }
        one = (one << 1) ^ if one & 0x80 == 0 { 0 } else { 0x1D };
        other >>= 1;
    }
    product
}

/// The nonzero elements are a group of 255.
fn inverse(of: u8) -> u8 {
    (0..254).fold(1, |power, _| product(power, of))
}

/// Lagrange's interpolation through the points `(i, data[i])`; minus is exclusive or.
fn polynomial_at(point: u8, data: &[u8]) -> u8 {
    let others = |index: u8| (0..data.len() as u8).filter(move |&other| other != index);
    let term = |(index, &value): (u8, &u8)| {
        others(index).fold(value, |term, other| product(term, product(point ^ other, inverse(index ^ other))))
    };
    (0..).zip(data).map(term).fold(0, |sum, term| sum ^ term)
}

#[test]
fn parity_is_the_polynomial_through_the_data() {
    for (data, parity) in [(2, 1), (3, 2), (4, 2), (5, 3), (8, 3), (12, 4), (32, 8)] {
        let code = Code::new(data, parity).unwrap();
        let chunk: Bytes = (0..usize::from(data) * 40).map(|at| (at * at * 37 + at) as u8).collect();
        let shards = code.cut(&[chunk]);
        for (index, shard) in (data..).zip(code.encode(&shards)) {
            for (at, &found) in shard.iter().enumerate() {
                let column: Vec<u8> = shards.iter().map(|shard| shard[at]).collect();
                assert_eq!(found, polynomial_at(index, &column), "{code:?} shard {index} byte {at}");
            }
        }
    }
}

#[test]
fn parity_that_was_ever_written_stays_what_it_is() {
    let code = Code::new(4, 2).unwrap();
    let parity = code.encode(&code.cut(&[Bytes::from_static(b"immutable bytes")]));
    assert_eq!(parity, [&b"Yc\xb2F"[..], b"l\xc4\xf9\x02"]);
}
