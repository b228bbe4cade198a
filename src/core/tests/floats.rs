//! Floats of every magnitude in the digits of each release: a million doubles of the RFC 8785 number
//! corpus (edge cases, the smallest normal ones, then a chain of SHA-256), as checksums of the lines
//! `bits in hexadecimal,digits` that the reference's releases print.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use sha2::{Digest as _, Sha256};
use trusthandoff::encoding::hex;
use trusthandoff::json::{self, Float, Style, Value};

/// A line for each size: the size, then a Python dictionary from form to checksum.
const CHECKSUMS: &str = include_str!("../../../tests/vectors/float_checksums.txt");

/// Negated here; each also stands in the corpus without its sign.
const MIRRORED: [u64; 50] = [
    0xc466_9669_5dbd_1cc3,
    0xc432_11ed_e497_4a35,
    0xc3fc_e97c_a0f2_1056,
    0xc3c7_2130_80c1_a6ac,
    0xc392_80f3_9a34_8556,
    0xc35d_9b1f_5d20_d557,
    0xc327_af4c_4a80_aaac,
    0xc2f2_f2a3_6ecd_5556,
    0xc2be_5105_7e15_5558,
    0xc288_40d1_31aa_aaac,
    0xc253_670d_c155_5557,
    0xc21f_0b49_3555_5557,
    0xc1e8_d5d4_2aaa_aaac,
    0xc1b3_de43_5555_5556,
    0xc17f_ca05_5555_5556,
    0xc149_6e6a_aaaa_aaab,
    0xc114_5855_5555_5555,
    0xc0e0_46aa_aaaa_aaab,
    0xc0aa_0aaa_aaaa_aaaa,
    0xc074_d555_5555_5555,
    0xc040_aaaa_aaaa_aaab,
    0xc00a_aaaa_aaaa_aaab,
    0xbfd5_5555_5555_5555,
    0xbfa1_1111_1111_1111,
    0xbf6b_4e81_b4e8_1b4f,
    0xbf35_d867_c3ec_e2a5,
    0xbf01_79ec_9cbd_821e,
    0xbecb_f647_612f_3696,
    0xbe96_5e9f_80f2_9212,
    0xbe61_e54c_6728_74db,
    0xbe2c_a213_d840_baf8,
    0xbdf6_e80f_e033_c8c6,
    0xbdc2_533f_e68f_d3d2,
    0xbd8d_51ff_d74c_861c,
    0xbd57_74cc_ac3d_3817,
    0xbd22_c3d6_f030_f9ac,
    0xbcee_0624_b381_8f79,
    0xbcb8_04ea_2934_72c7,
    0xbc83_3721_ba90_5bd3,
    0xbc4e_be9c_5db3_c61e,
    0xbc18_987d_17c3_04e5,
    0xbbe3_ad30_dfcf_371d,
    0xbbaf_7b81_6618_582f,
    0xbb79_2f9a_b813_79bf,
    0xbb44_2615_600f_9499,
    0xbb10_1e77_800c_76e1,
    0xbad9_ca58_cce0_be35,
    0xbaa4_a1e0_a3e6_fe90,
    0xba70_8180_831f_320d,
    0xba3a_68cd_9e98_5016,
];

const EDGES: [u64; 64] = [
    0x4024_0000_0000_0000,
    0x4014_0000_0000_0000,
    0x3fe0_0000_0000_0000,
    0x3fa9_9999_9999_999a,
    0x3f74_7ae1_47ae_147b,
    0x3f40_624d_d2f1_a9fc,
    0x3f0a_36e2_eb1c_432d,
    0x3ed4_f8b5_88e3_68f1,
    0x3ea0_c6f7_a0b5_ed8d,
    0x3e6a_d7f2_9abc_af48,
    0x3e35_798e_e230_8c3a,
    0x3ed5_3922_3589_fa95,
    0x3ed4_ff26_cd5a_7781,
    0x3ed4_f95a_7622_83ff,
    0x3ed4_f8c6_0703_520c,
    0x3ed4_f8b7_2f19_cd0d,
    0x3ed4_f8b5_b31c_0c8d,
    0x3ed4_f8b5_8d1c_461a,
    0x3ed4_f8b5_894f_7f0e,
    0x3ed4_f8b5_88ee_37f3,
    0x3ed4_f8b5_88e4_7da4,
    0x3ed4_f8b5_88e3_849c,
    0x3ed4_f8b5_88e3_6bb5,
    0x3ed4_f8b5_88e3_6937,
    0x3ed4_f8b5_88e3_68f8,
    0x3ed4_f8b5_88e3_68f1,
    0x3ff0_0000_0000_0000,
    0xbff0_0000_0000_0000,
    0xbfef_ffff_ffff_fffa,
    0xbfef_ffff_ffff_fffb,
    0x3fef_ffff_ffff_fffa,
    0x3fef_ffff_ffff_fffb,
    0x3fef_ffff_ffff_fffc,
    0x3fef_ffff_ffff_fffe,
    0xbfef_ffff_ffff_ffff,
    0xbfef_ffff_ffff_ffff,
    0x3fef_ffff_ffff_ffff,
    0x3fef_ffff_ffff_ffff,
    0x3fd3_3333_3333_3332,
    0x3fd3_3333_3333_3333,
    0x3fd3_3333_3333_3334,
    0x0010_0000_0000_0000,
    0x000f_ffff_ffff_fffd,
    0x000f_ffff_ffff_ffff,
    0x7fef_ffff_ffff_ffff,
    0xffef_ffff_ffff_ffff,
    0x4340_0000_0000_0000,
    0xc340_0000_0000_0000,
    0x4430_0000_0000_0000,
    0x44b5_2d02_c7e1_4af5,
    0x44b5_2d02_c7e1_4af6,
    0x44b5_2d02_c7e1_4af7,
    0x444b_1ae4_d6e2_ef4e,
    0x444b_1ae4_d6e2_ef4f,
    0x444b_1ae4_d6e2_ef50,
    0x3eb0_c6f7_a0b5_ed8c,
    0x3eb0_c6f7_a0b5_ed8d,
    0x41b3_de43_5555_5553,
    0x41b3_de43_5555_5554,
    0x41b3_de43_5555_5555,
    0x41b3_de43_5555_5556,
    0x41b3_de43_5555_5557,
    0xbecb_f647_612f_3696,
    0x4314_3ff3_c1cb_0959,
];

/// The doubles of the corpus, in its order.
fn corpus() -> impl Iterator<Item = f64> {
    const SIGN: u64 = 1 << 63;
    let zeros = [0, SIGN, 1, SIGN | 1];
    let listed = zeros.into_iter().chain(MIRRORED).chain(MIRRORED.map(|bits| bits & !SIGN)).chain(EDGES);
    let smallest_normal = (0..2000).map(|n| 0x0010_0000_0000_0000 + n);
    let mut block = [0_u8; 32];
    let random = std::iter::repeat_with(move || {
        block = Sha256::digest(block).into();
        block
    })
    .flat_map(|block| std::array::from_fn::<u64, 4, _>(|i| u64::from_le_bytes(block[8 * i..8 * i + 8].try_into().unwrap())))
    .filter(|bits| {
        let x = f64::from_bits(*bits);
        x.is_finite() && x != 0.0
    });
    listed.chain(smallest_normal).chain(random).map(f64::from_bits)
}

fn published(size: usize, form: &str) -> String {
    let line = CHECKSUMS.lines().find(|line| line.starts_with(&format!("{size} "))).expect("a line for this size");
    let after = line.split_once(&format!("'{form}': '")).expect("a checksum of this form").1;
    after[..64].to_owned()
}

fn a_million_floats(form: &str, style: Style) {
    let mut hash = Sha256::new();
    for (n, x) in corpus().enumerate().take(1_000_000) {
        let digits = json::write(&Value::Float(Float::new(x).expect("finite")), style);
        hash.update(format!("{:x},{digits}\n", x.to_bits()));
        if matches!(n + 1, 1_000 | 10_000 | 100_000 | 1_000_000) {
            assert_eq!(hex(&hash.clone().finalize()), published(n + 1, form), "the first {} in the form {form}", n + 1);
        }
    }
}

#[test]
fn a_million_floats_are_spelled_as_release_0_4_0_signs_them() {
    a_million_floats("py040", Style::COMPACT);
}

#[test]
fn a_million_floats_are_spelled_as_release_0_3_3_signs_them_under_the_older_library() {
    a_million_floats("ryu033", Style::ARRIVAL_UNSIGNED);
}

#[test]
fn a_million_floats_are_spelled_as_release_0_3_3_signs_them_under_the_newer_library() {
    a_million_floats("zmij033", Style::ARRIVAL);
}

#[test]
fn what_is_written_reads_back_as_the_same_double() {
    for x in corpus().take(100_000) {
        for style in [Style::COMPACT, Style::ARRIVAL, Style::ARRIVAL_UNSIGNED] {
            let digits = json::write(&Value::Float(Float::new(x).expect("finite")), style);
            let read = json::parse(digits.as_bytes());
            assert!(matches!(read, Ok(Value::Float(y)) if y.value().to_bits() == x.to_bits()), "{digits} for {x:e}");
        }
    }
}
