//! Characters that a reader, a file system or a server takes for others.

use super::decode::decoded;

/// Control characters, and those that turn the direction of what is read.
pub(super) fn is_forbidden(c: char) -> bool {
    c.is_control() || is_bidirectional(c)
}

/// Bidirectional controls (Unicode Standard Annex 9, section 2): what is shown is not what is written.
pub(super) const fn is_bidirectional(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether something takes a segment for `.` or `..`: without its parameters (`..;x`), spaces and format
/// characters, with what looks like a dot for one, and with what normalisation (NFKC) or a legacy code page
/// makes of its characters; each part between separators that arise so counts.
///
/// For this question only: in names such characters are what they are.
pub(super) fn is_like_dots(segment: &str) -> bool {
    if segment.is_ascii() {
        return is_dots(segment);
    }
    let read: String = segment.chars().filter(|c| !is_invisible(*c)).map(plain).collect();
    // What was no escape before may be one now (`％2e`); what is no UTF-8 then is judged as it stands.
    let read = decoded(&read).unwrap_or_else(|_| read.as_str().into());
    read.split(['/', '\\']).any(is_dots)
}

/// Whether nothing is left of a segment without parameters, spaces and format characters.
pub(super) fn is_blank(segment: &str) -> bool {
    segment.chars().take_while(|c| *c != ';').all(is_invisible)
}

fn is_dots(text: &str) -> bool {
    let name = text.split(';').next().unwrap_or(text);
    name.contains('.') && name.bytes().all(|b| matches!(b, b'.' | b' '))
}

/// The plain character that some reader takes this one for.
fn plain(c: char) -> char {
    match c {
        '\u{2024}'..='\u{2026}' | '\u{fe52}' | '\u{ff61}' => '.',
        // Fullwidth forms of ASCII, the full stop, solidus and per cent sign among them.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c).saturating_sub(0xfee0)).unwrap_or(c),
        '\u{2044}' | '\u{2215}' | '\u{29f8}' => '/',
        '\u{fe68}' | '\u{2216}' | '\u{a5}' | '\u{20a9}' => '\\',
        '\u{37e}' => ';',
        other => other,
    }
}

/// Spaces, and characters without a glyph: general category Cf (the bidirectional ones are refused before) and
/// `Default_Ignorable_Code_Point`, as of Unicode 16.
const fn is_invisible(c: char) -> bool {
    matches!(c, ' ' | '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}'
        | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
        | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every character of these properties in the ranges of Unicode's own files (DerivedGeneralCategory, `Cf`;
    /// DerivedCoreProperties, `Default_Ignorable_Code_Point`), but for those that are refused everywhere.
    #[test]
    fn no_character_without_a_glyph_hides_a_dot_segment() {
        let cf = [
            0xad..=0xad,
            0x600..=0x605,
            0x61c..=0x61c,
            0x6dd..=0x6dd,
            0x70f..=0x70f,
            0x890..=0x891,
            0x8e2..=0x8e2,
            0x180e..=0x180e,
            0x200b..=0x200f,
            0x202a..=0x202e,
            0x2060..=0x2064,
            0x2066..=0x206f,
            0xfeff..=0xfeff,
            0xfff9..=0xfffb,
            0x110bd..=0x110bd,
            0x110cd..=0x110cd,
            0x13430..=0x1343f,
            0x1bca0..=0x1bca3,
            0x1d173..=0x1d17a,
            0xe0001..=0xe0001,
            0xe0020..=0xe007f,
        ];
        let ignorable = [
            0xad..=0xad,
            0x34f..=0x34f,
            0x61c..=0x61c,
            0x115f..=0x1160,
            0x17b4..=0x17b5,
            0x180b..=0x180f,
            0x200b..=0x200f,
            0x202a..=0x202e,
            0x2060..=0x206f,
            0x3164..=0x3164,
            0xfe00..=0xfe0f,
            0xfeff..=0xfeff,
            0xffa0..=0xffa0,
            0xfff0..=0xfff8,
            0x1bca0..=0x1bca3,
            0x1d173..=0x1d17a,
            0xe0000..=0xe0fff,
        ];
        for c in cf.into_iter().chain(ignorable).flatten().filter_map(char::from_u32) {
            for hidden in [format!("{c}.."), format!(".{c}."), format!("..{c}"), format!("{c}")] {
                let requested = format!("read:/docs/{hidden}/x");
                assert!(!crate::action::admits("read:/docs/**", &requested), "{requested:?}");
            }
            let honest = format!("read:/docs/a{c}b");
            assert_eq!(crate::action::admits("read:/docs/**", &honest), !is_bidirectional(c), "{honest:?}");
        }
    }
}
