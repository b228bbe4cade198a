//! Precomputed multiples of one point, for verification only: time depends on the scalar, which is
//! public there.
//!
//! dalek's own tables are built into the module, 38 kB that no compression makes smaller; these are
//! made when a key earns them. Only the group law of dalek's public API is used.

use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;

/// Bits of a window.
const BITS: usize = 6;
/// Windows of a scalar: 253 bits and the carry of the highest.
const WINDOWS: usize = 43;
/// The largest digit; they go from −31 to 32, and a negative one subtracts.
const HALF: u16 = 1 << (BITS - 1);
/// Points of a window.
const POINTS: usize = HALF as usize;

/// `d · 64^w · P` for each window `w` and digit `d` from 1 to 32.
pub(super) struct Multiples(Vec<EdwardsPoint>);

impl Multiples {
    pub(super) fn of(point: EdwardsPoint) -> Self {
        let mut points = Vec::with_capacity(WINDOWS * POINTS);
        let mut base = point;
        for _ in 0..WINDOWS {
            let mut multiple = base;
            for _ in 1..POINTS {
                points.push(multiple);
                multiple += base;
            }
            points.push(multiple);
            base = multiple + multiple;
        }
        Self(points)
    }

    /// `sum + scalar · P`.
    pub(super) fn add_times(&self, scalar: &Scalar, mut sum: EdwardsPoint) -> EdwardsPoint {
        for (window, digit) in self.0.chunks_exact(POINTS).zip(digits(scalar)) {
            let point = usize::from(digit.unsigned_abs()).checked_sub(1).and_then(|i| window.get(i));
            match point {
                Some(point) if digit < 0 => sum -= point,
                Some(point) => sum += point,
                None => {}
            }
        }
        sum
    }
}

/// The digits of a scalar to the base 64, lowest first, each from −31 to 32.
fn digits(scalar: &Scalar) -> [i8; WINDOWS] {
    let mut digits = [0; WINDOWS];
    let mut bytes = scalar.as_bytes().iter();
    let (mut held, mut bits, mut carry) = (0_u16, 0, 0);
    for digit in &mut digits {
        if bits < BITS {
            held |= u16::from(bytes.next().copied().unwrap_or(0)) << bits;
            bits += 8;
        }
        let value = (held & (2 * HALF - 1)) + carry;
        held >>= BITS;
        bits -= BITS;
        carry = u16::from(value > HALF);
        // From 0 to 64, less 64 where it is above 32.
        *digit = i8::try_from(value).unwrap_or(0) - if carry == 1 { 64 } else { 0 };
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
    use curve25519_dalek::traits::Identity as _;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn a_table_multiplies_as_the_group_does(wide in prop::array::uniform32(any::<u8>())) {
            let table = Multiples::of(ED25519_BASEPOINT_POINT);
            let scalar = Scalar::from_bytes_mod_order(wide);
            prop_assert_eq!(table.add_times(&scalar, EdwardsPoint::identity()), scalar * ED25519_BASEPOINT_POINT);
        }
    }

    #[test]
    fn the_ends_of_the_range_are_multiplied_too() {
        let table = Multiples::of(ED25519_BASEPOINT_POINT);
        for scalar in [Scalar::ZERO, Scalar::ONE, -Scalar::ONE, Scalar::from(32_u8), Scalar::from(33_u8), Scalar::from(u128::MAX)] {
            assert_eq!(table.add_times(&scalar, EdwardsPoint::identity()), scalar * ED25519_BASEPOINT_POINT);
        }
    }
}
