//! Seeded random changes to an input, so that a run can be repeated.

/// A small generator (SplitMix64): the same seed gives the same changes on every machine.
pub struct Dice(u64);

impl Dice {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `limit`; 0 if that is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        if limit == 0 { 0 } else { (mixed % limit as u64) as usize }
    }
}

/// Texts that parsers trip over.
const TOKENS: [&[u8]; 40] = [
    b"%", b"%2F", b"%2e%2e", b"%00", b"%zz", b"//", b"/../", b"?", b"&", b"=", b"+", b".", b"..", b"\0", b"\n", b"\r\n",
    b"\"", b"\\u0000", b"\\ud800", b"{", b"}", b"[", b"]", b"null", b"true", b"-0", b"1e999", b"18446744073709551616",
    b"9999-12-31T23:59:59Z", b"{}", b"[[[[[[[[", b"{\"@type\":", b"\xff\xfe", b"\xc3\x28", b"\x80", b"\xff\xff\xff\xff",
    b"Basic ", b"Bearer ", b"eyJhbGciOiJub25lIn0.", b"AAAA",
];

/// The longest input that is made.
const LONGEST: usize = 1 << 16;

/// Changes the input in one to four places.
pub fn mutate(input: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=dice.below(4) {
        let place = dice.below(bytes.len() + 1);
        let end = place + dice.below(bytes.len() - place + 1).min(16);
        match dice.below(9) {
            0 => bytes.insert(place, dice.below(256) as u8),
            1 if place < bytes.len() => bytes[place] ^= 1 << dice.below(8),
            2 if place < bytes.len() => bytes[place] = dice.below(256) as u8,
            3 => drop(bytes.drain(place..end)),
            4 => {
                let piece = bytes[place..end].to_vec();
                let times = 1 + dice.below(200);
                bytes.splice(place..place, piece.repeat(times));
            }
            5 => bytes.truncate(place),
            6 => {
                let start = dice.below(other.len() + 1);
                let stop = start + dice.below(other.len() - start + 1);
                bytes.splice(place..end, other[start..stop].iter().copied());
            }
            _ => {
                let token = TOKENS[dice.below(TOKENS.len())];
                bytes.splice(place..end, token.iter().copied());
            }
        }
        bytes.truncate(LONGEST);
    }
    bytes
}
