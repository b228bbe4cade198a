//! The nearest double of a decimal, ties to even, in little code: the tables of the standard parser
//! are as large as all the rest of the JSON.
//!
//! A product of 64 bits tells the double and how far the decimal lies from the middle between it and
//! the next. Only what lies nearer to the middle than the product is exact is compared with it, in
//! integers of any length.

use core::cmp::Ordering;

/// `10^(2^i)` and `10^-(2^i)` as the 64 leading bits, rounded to nearest.
const POWERS: [[u64; 2]; 9] = [
    [0xa000_0000_0000_0000, 0xcccc_cccc_cccc_cccd],
    [0xc800_0000_0000_0000, 0xa3d7_0a3d_70a3_d70a],
    [0x9c40_0000_0000_0000, 0xd1b7_1758_e219_652c],
    [0xbebc_2000_0000_0000, 0xabcc_7711_8461_cefd],
    [0x8e1b_c9bf_0400_0000, 0xe695_94be_c44d_e15b],
    [0x9dc5_ada8_2b70_b59e, 0xcfb1_1ead_4539_94ba],
    [0xc278_1f49_ffcf_a6d5, 0xa87f_ea27_a539_e9a5],
    [0x93ba_47c9_80e9_8ce0, 0xddd0_467c_64bc_e4a1],
    [0xaa7e_ebfb_9df9_de8e, 0xc031_4325_637a_193a],
];

/// More than the product can be wrong by, in its last place: 19 for digits left out, 3 for each of 9 powers.
const WRONG_BY: u64 = 64;

/// The digits a `u64` surely holds.
const DIGITS: i64 = 19;

/// Further digits tell only whether there is anything but zeros: no middle between two doubles has so many.
const EXACT_DIGITS: usize = 800;

/// Reads `-?digits(.digits)?([eE][+-]?digits)?` of any length; beyond the largest double it is infinite.
pub(super) fn read(token: &str) -> f64 {
    let (is_negative, text) = match token.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, token),
    };
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, ""));
    let value = nearest(digits.as_bytes(), whole(exponent));
    if is_negative { -value } else { value }
}

/// An exponent; one that no text could make up for by its digits stays as far away.
fn whole(text: &str) -> i64 {
    let magnitude =
        text.bytes().filter(u8::is_ascii_digit).fold(0_i64, |n, b| n.saturating_mul(10).saturating_add(digit(b).into())).min(1 << 40);
    if text.starts_with('-') { -magnitude } else { magnitude }
}

const fn digit(byte: u8) -> u32 {
    byte.wrapping_sub(b'0') as u32
}

fn nearest(digits: &[u8], mut exponent: i64) -> f64 {
    // The decimal is `leading * 10^exponent`, and less than `10^point`.
    let (mut leading, mut count, mut is_fraction) = (0_u64, 0_i64, false);
    for byte in digits {
        if *byte == b'.' {
            is_fraction = true;
            continue;
        }
        exponent -= i64::from(is_fraction);
        if count == DIGITS {
            exponent += 1;
        } else if leading > 0 || *byte != b'0' {
            leading = leading * 10 + u64::from(digit(*byte));
            count += 1;
        }
    }
    let point = exponent + count;
    if leading == 0 || point < -323 {
        return 0.0;
    }
    if point > 309 {
        return f64::INFINITY;
    }

    // `product * 2^unit`, the first bit set.
    let mut unit = -i64::from(leading.leading_zeros());
    let mut product = leading << leading.leading_zeros();
    for (i, [up, down]) in POWERS.iter().enumerate() {
        if exponent.unsigned_abs() >> i & 1 == 1 {
            let power = if exponent < 0 { down } else { up };
            let wide = u128::from(product) * u128::from(*power);
            let spare = i64::from(wide.leading_zeros());
            product = (wide >> (64 - spare)) as u64;
            // The power is its leading bits times 2 to this, less 63: floor(n * log2(10)) for n below 1650.
            unit += (((exponent.signum() << i) * 217_706) >> 16) + 1 - spare;
        }
    }

    // The double below it is `below * 2^(unit + drop)`: 53 bits, or fewer where they would be finer than 2^-1074.
    let drop = (-1074 - unit).max(11);
    product >>= (drop - 64).clamp(0, 63);
    let drop_here = drop.min(64) as u32;
    let below = product.checked_shr(drop_here).unwrap_or(0);
    let middle = 1 << (drop_here - 1);
    let past = product & (u64::MAX >> (64 - drop_here));
    let is_above = if past.abs_diff(middle) > WRONG_BY {
        past > middle
    } else {
        match against_middle(digits, point, 2 * below + 1, unit + drop - 1) {
            Ordering::Less => false,
            Ordering::Equal => below & 1 == 1,
            Ordering::Greater => true,
        }
    };
    // The hidden bit, if there is one, counts as one more of the exponent; so does what rounding carries over.
    let bits = (((unit + drop + 1074) as u64) << 52) + below + u64::from(is_above);
    f64::from_bits(bits.min(f64::INFINITY.to_bits()))
}

/// How `0.digits * 10^point` compares with `middle * 2^unit`, exactly.
fn against_middle(digits: &[u8], point: i64, middle: u64, unit: i64) -> Ordering {
    let mut rest = digits.iter().filter(|b| **b != b'.').skip_while(|b| **b == b'0');
    let (mut decimal, mut exponent) = (Natural(Vec::new()), point);
    let (mut part, mut scale) = (0, 1);
    for byte in rest.by_ref().take(EXACT_DIGITS) {
        (part, scale) = (part * 10 + digit(*byte), scale * 10);
        exponent -= 1;
        if scale == 1_000_000_000 {
            decimal.multiply_add(scale, part.into());
            (part, scale) = (0, 1);
        }
    }
    decimal.multiply_add(scale, part.into());
    if rest.any(|b| *b != b'0') {
        decimal.multiply_add(10, 1);
        exponent -= 1;
    }
    let mut binary = Natural(Vec::new());
    binary.multiply_add(0, middle);
    decimal.multiply_power(5, 13, exponent);
    binary.multiply_power(5, 13, -exponent);
    decimal.multiply_power(2, 31, exponent - unit);
    binary.multiply_power(2, 31, unit - exponent);
    decimal.0.len().cmp(&binary.0.len()).then_with(|| decimal.0.iter().rev().cmp(binary.0.iter().rev()))
}

/// A natural number of any length, its least digit of 32 bits first and no zero last.
struct Natural(Vec<u32>);

impl Natural {
    fn multiply_add(&mut self, by: u32, add: u64) {
        let mut carry = add;
        for limb in &mut self.0 {
            carry += u64::from(*limb) * u64::from(by);
            *limb = carry as u32;
            carry >>= 32;
        }
        while carry > 0 {
            self.0.push(carry as u32);
            carry >>= 32;
        }
    }

    /// Times `base` to the power of `n`, `most` at a time; nothing if that is negative.
    fn multiply_power(&mut self, base: u32, most: i64, n: i64) {
        let mut left = n.max(0);
        while left > 0 {
            let step = left.min(most);
            self.multiply_add(base.pow(step as u32), 0);
            left -= step;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    fn reads_as_the_standard_library(text: &str) {
        assert_eq!(read(text).to_bits(), text.parse::<f64>().expect(text).to_bits(), "{text}");
    }

    /// Bit patterns of every kind: any, subnormal, and next to a power of two.
    fn patterns() -> impl Iterator<Item = u64> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        (0..u64::MAX).map(move |n| {
            let (bits, shift) = (random() >> 1, random() % 52);
            let bits = match n % 3 {
                0 => bits,
                1 => bits >> (11 + shift),
                _ => (bits >> 52 << 52).wrapping_add(shift % 4).wrapping_sub(2) & (u64::MAX >> 1),
            };
            bits.min(0x7fef_ffff_ffff_ffff)
        })
    }

    /// The exact decimal of the middle between this double and the next, its last digits first.
    fn middle(bits: u64) -> Vec<u8> {
        let [low, high] = [bits, bits + 1].map(|b| format!("{:01400.1074}", f64::from_bits(b)));
        let mut carry = 0;
        let pairs = low.bytes().zip(high.bytes()).rev().filter(|(a, _)| *a != b'.');
        pairs
            .map(|(a, b)| {
                carry += 5 * u32::from(a - b'0' + b - b'0');
                let digit = b'0' + (carry % 10) as u8;
                carry /= 10;
                digit
            })
            .collect()
    }

    #[test]
    fn random_digits_are_read_as_the_standard_library_reads_them() {
        for (n, bits) in patterns().enumerate().take(150_000) {
            let x = f64::from_bits(bits);
            reads_as_the_standard_library(&format!("{}{x:.*e}", if n % 2 == 0 { "-" } else { "" }, n % 25));
            reads_as_the_standard_library(&format!("{x:e}"));
        }
    }

    #[test]
    fn middles_between_doubles_and_their_neighbours_go_to_the_right_side() {
        for bits in patterns().filter(|bits| *bits < 0x7fef_ffff_ffff_ffff).take(6_000) {
            let digits = middle(bits);
            let text = |digits: &[u8]| digits.iter().rev().map(|b| char::from(*b)).collect::<String>();
            reads_as_the_standard_library(&format!("{}e-1075", text(&digits)));
            reads_as_the_standard_library(&format!("0.{}1e{}", text(&digits), digits.len() - 1075));
            let last = digits.iter().position(|b| *b != b'0').expect("a middle is above zero");
            for step in [-1, 1] {
                let mut near = digits.clone();
                near[last] = near[last].saturating_add_signed(step).min(b'9');
                reads_as_the_standard_library(&format!("{}e-1075", text(&near)));
            }
        }
    }

    #[test]
    fn the_ends_of_the_range_and_digits_without_end_are_read() {
        let cases = [
            ("0e99999999999999999999", 0.0),
            ("-0.000e-99999999999999999999", -0.0),
            ("4.9e-324", 5e-324),
            ("2.4703282292062327e-324", 0.0),
            ("2.4703282292062328e-324", 5e-324),
            ("1e-99999999999999999999", 0.0),
            ("1.7976931348623157e308", f64::MAX),
            ("1.7976931348623158e308", f64::MAX),
            ("1.797693134862315807e308", f64::MAX),
            ("1.797693134862315808e308", f64::INFINITY),
            ("-1e99999999999999999999", f64::NEG_INFINITY),
            ("1e00000000000000000000000005", 1e5),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).to_bits(), expected.to_bits(), "{text}");
        }
        let zeros = "0".repeat(1 << 20);
        assert_eq!(read(&format!("0.{zeros}1e{}", zeros.len())), 0.1);
        assert_eq!(read(&format!("1{zeros}.0e-{}", zeros.len() + 300)), 1e-300);
        assert_eq!(read(&format!("9007199254740993.{zeros}1")), 9_007_199_254_740_994.0);
        assert_eq!(read(&format!("9007199254740993.{zeros}0")), 9_007_199_254_740_992.0);
    }
}
