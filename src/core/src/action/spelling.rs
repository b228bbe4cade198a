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

/// Spaces, and characters without a glyph (general category Cf, variation selectors).
const fn is_invisible(c: char) -> bool {
    matches!(c, ' ' | '\u{ad}' | '\u{34f}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}'
        | '\u{206a}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}
