//! MD5's compression, laid out so that each step waits as little as possible for the one before it.
//!
//! A step's result is the next one's input, so MD5 runs at the speed of that chain. Each step therefore adds all
//! that is known early first, and the newest word last.

use std::hint::black_box;

pub(super) const BLOCK_BYTES: usize = 64;

/// floor(2³² · |sin(step + 1)|), RFC 1321 §3.4.
#[rustfmt::skip]
const SINES: [u32; 64] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
    0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
    0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
    0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
    0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
    0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
];

/// Takes whole blocks into the state.
pub(super) fn compress(state: &mut [u32; 4], blocks: &[[u8; BLOCK_BYTES]]) {
    // Were the sines known to the compiler, it would add them last in each step, on the chain. Hidden, they are
    // added to the message early: a quarter more throughput.
    let sines: &[u32; 64] = black_box(&SINES);
    for block in blocks {
        let mut words = [0; 16];
        for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        let mut now = *state;
        now = round::<0>(now, &words, sines, |b, c, d| d ^ (b & (c ^ d)), [7, 12, 17, 22]);
        now = round::<1>(now, &words, sines, |b, c, d| (c & !d).wrapping_add(d & b), [5, 9, 14, 20]);
        now = round::<2>(now, &words, sines, |b, c, d| b ^ (c ^ d), [4, 11, 16, 23]);
        now = round::<3>(now, &words, sines, |b, c, d| c ^ (b | !d), [6, 10, 15, 21]);
        for (word, new) in state.iter_mut().zip(now) {
            *word = word.wrapping_add(new);
        }
    }
}

/// Sixteen steps with one mixing function. Unrolled by the compiler, so every index is a constant.
#[inline(always)]
fn round<const ROUND: usize>(
    [mut a, mut b, mut c, mut d]: [u32; 4],
    words: &[u32; 16],
    sines: &[u32; 64],
    mix: impl Fn(u32, u32, u32) -> u32,
    turns: [u32; 4],
) -> [u32; 4] {
    // Which word comes in which step: RFC 1321 §3.4's tables are these progressions.
    let (stride, first) = [(1, 0), (5, 1), (3, 5), (7, 0)][ROUND];
    for step in 0..16 {
        let early =
            a.wrapping_add(words[(stride * step + first) % 16]).wrapping_add(sines[ROUND * 16 + step]);
        let new = early.wrapping_add(mix(b, c, d)).rotate_left(turns[step % 4]).wrapping_add(b);
        (a, b, c, d) = (d, new, b, c);
    }
    [a, b, c, d]
}
