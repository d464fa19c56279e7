//! The encrypted sequence of docs/protocol.md §14 a second time: the code by long division, the rest
//! from HMAC alone.

use super::forge::{Pair, hmac, tag};

/// The fields of a request, as they stand in five bytes; what a good one never has can be set too.
#[derive(Clone)]
pub(crate) struct Fields {
    pub(crate) unit: u64,
    pub(crate) kind: u64,
    pub(crate) service: u64,
    pub(crate) last: u64,
}

impl Fields {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let all = self.unit << 22 | self.kind << 20 | self.service << 6 | self.last;
        all.to_be_bytes().into_iter().skip(3).collect()
    }
}

/// The plaintext, filled up with zeros to the end of the last of that many frames.
pub(crate) fn plaintext(fields: &Fields, text: &[u8], frames: usize) -> Vec<u8> {
    let mut plain = [fields.bytes(), text.to_vec()].concat();
    plain.resize(13 * frames - 8, 0);
    plain
}

/// The tag of 28 bits.
pub(crate) fn sequence_tag(pair: &Pair, epoch: u64) -> u32 {
    let [a, b, c, d, ..] = tag(&pair.tag_key, b"sequence", &epoch.to_be_bytes());
    u32::from_be_bytes([a, b, c, d]) >> 4
}

pub(crate) fn code_key(pair: &Pair) -> [u8; 32] {
    hmac(&pair.knock_key, b"sequence mac")
}

pub(crate) fn cipher_key(pair: &Pair) -> [u8; 32] {
    hmac(&pair.knock_key, b"sequence key")
}

/// The frames of any plaintext that fills them.
pub(crate) fn frames(plain: &[u8], address: [u8; 16], epoch: u64, pair: &Pair) -> Vec<Vec<u8>> {
    let body = sealed(plain, address, epoch, (&code_key(pair), &cipher_key(pair)));
    beheaded(&body, sequence_tag(pair, epoch))
}

/// Code ‖ ciphertext.
pub(crate) fn sealed(
    plain: &[u8],
    address: [u8; 16],
    epoch: u64,
    (code_key, cipher_key): (&[u8; 32], &[u8; 32]),
) -> Vec<u8> {
    let epoch = epoch.to_be_bytes();
    let said = [&b"v1"[..], &epoch, &address, plain].concat();
    let code: Vec<u8> = hmac(code_key, &said).into_iter().take(8).collect();
    let stream = (0_u8..2).flat_map(|block| {
        let number = [&b"v1"[..], &epoch, &code, &[block]].concat();
        hmac(cipher_key, &number)
    });
    let crossed: Vec<u8> = plain
        .iter()
        .zip(stream)
        .map(|(one, two)| one ^ two)
        .collect();
    [code, crossed].concat()
}

/// The body in pieces of 13 bytes, each behind its head.
pub(crate) fn beheaded(body: &[u8], tag: u32) -> Vec<Vec<u8>> {
    let last = body.len() / 13 - 1;
    let pieces = body.chunks(13).enumerate();
    pieces
        .map(|(index, piece)| [&head(tag, index, index == last)[..], piece].concat())
        .collect()
}

pub(crate) fn head(tag: u32, index: usize, is_last: bool) -> [u8; 4] {
    let index = u32::try_from(index).unwrap_or_default();
    (tag << 4 | index << 1 | u32::from(is_last)).to_be_bytes()
}

/// The 31 symbols of a frame: the frame, and the remainder of frame · x^14 by the generator.
pub(crate) fn codeword(frame: &[u8]) -> Vec<u8> {
    let generator = generator();
    let mut rest = vec![0; 14];
    for byte in frame {
        let by = byte ^ rest.remove(0);
        rest.push(0);
        let terms = rest.iter_mut().zip(generator.iter().skip(1));
        terms.for_each(|(to, factor)| *to ^= times(by, *factor));
    }
    [frame.to_vec(), rest].concat()
}

/// (x − 2^0) (x − 2^1) … (x − 2^13), the highest power first.
pub(crate) fn generator() -> Vec<u8> {
    let (mut product, mut root) = (vec![1_u8], 1);
    for _ in 0..14 {
        let moved = product.iter().copied().chain([0]);
        let scaled = [0]
            .into_iter()
            .chain(product.iter().map(|term| times(*term, root)));
        product = moved.zip(scaled).map(|(one, two)| one ^ two).collect();
        root = times(root, 2);
    }
    product
}

/// The product in GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1.
fn times(one: u8, two: u8) -> u8 {
    let mut product = 0;
    let mut shifted = u16::from(one);
    for bit in 0..8 {
        if two >> bit & 1 == 1 {
            product ^= shifted;
        }
        shifted <<= 1;
        if shifted > 0xff {
            shifted ^= 0x11d;
        }
    }
    u8::try_from(product).unwrap_or_default()
}

/// The port of each symbol: the usable ports of the span in their order, 256 to a position.
pub(crate) fn ports(codeword: &[u8], (first, last): (u16, u16), skip: &[(u16, u16)]) -> Vec<u16> {
    let is_skipped = |port: u16| skip.iter().any(|(from, to)| (*from..=*to).contains(&port));
    let usable: Vec<u16> = (first..=last).filter(|port| !is_skipped(*port)).collect();
    let places = codeword.iter().enumerate();
    places
        .filter_map(|(position, value)| usable.get(position * 256 + usize::from(*value)).copied())
        .collect()
}
