//! The textual file header: 40 lines of 80 characters, EBCDIC (code page 037) or ASCII.

/// Bytes of the textual file header.
pub(super) const TEXT_BYTES: usize = 3200;
const LINE: usize = 80;

/// Code page 037 for bytes 0x40..=0xFF, as Latin-1 code points; control codes below become blanks.
const CP037: [u8; 192] = [
    0x20, 0xa0, 0xe2, 0xe4, 0xe0, 0xe1, 0xe3, 0xe5, 0xe7, 0xf1, 0xa2, 0x2e, 0x3c, 0x28, 0x2b, 0x7c, 0x26,
    0xe9, 0xea, 0xeb, 0xe8, 0xed, 0xee, 0xef, 0xec, 0xdf, 0x21, 0x24, 0x2a, 0x29, 0x3b, 0xac, 0x2d, 0x2f,
    0xc2, 0xc4, 0xc0, 0xc1, 0xc3, 0xc5, 0xc7, 0xd1, 0xa6, 0x2c, 0x25, 0x5f, 0x3e, 0x3f, 0xf8, 0xc9, 0xca,
    0xcb, 0xc8, 0xcd, 0xce, 0xcf, 0xcc, 0x60, 0x3a, 0x23, 0x40, 0x27, 0x3d, 0x22, 0xd8, 0x61, 0x62, 0x63,
    0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0xab, 0xbb, 0xf0, 0xfd, 0xfe, 0xb1, 0xb0, 0x6a, 0x6b, 0x6c, 0x6d,
    0x6e, 0x6f, 0x70, 0x71, 0x72, 0xaa, 0xba, 0xe6, 0xb8, 0xc6, 0xa4, 0xb5, 0x7e, 0x73, 0x74, 0x75, 0x76,
    0x77, 0x78, 0x79, 0x7a, 0xa1, 0xbf, 0xd0, 0xdd, 0xde, 0xae, 0x5e, 0xa3, 0xa5, 0xb7, 0xa9, 0xa7, 0xb6,
    0xbc, 0xbd, 0xbe, 0x5b, 0x5d, 0xaf, 0xa8, 0xb4, 0xd7, 0x7b, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47,
    0x48, 0x49, 0xad, 0xf4, 0xf6, 0xf2, 0xf3, 0xf5, 0x7d, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0x50, 0x51,
    0x52, 0xb9, 0xfb, 0xfc, 0xf9, 0xfa, 0xff, 0x5c, 0xf7, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a,
    0xb2, 0xd4, 0xd6, 0xd2, 0xd3, 0xd5, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0xb3,
    0xdb, 0xdc, 0xd9, 0xda, 0x9f,
];

/// Whether the header is EBCDIC: most of its bytes are letters, digits or blanks there and not in ASCII. A header of
/// nothing but 0x40 is of blanks, not of at signs.
fn is_ebcdic(raw: &[u8]) -> bool {
    let ascii = raw.iter().filter(|&&byte| (0x20..0x7f).contains(&byte)).count();
    let ebcdic = raw.iter().filter(|&&byte| byte == 0x40 || byte >= 0x81).count();
    ebcdic >= ascii
}

fn decode_byte(byte: u8, ebcdic: bool) -> char {
    let latin = match (ebcdic, byte) {
        (true, 0x40..) => CP037[usize::from(byte - 0x40)],
        (true, _) => b' ',
        (false, _) => byte,
    };
    let character = char::from(latin);
    if character.is_control() { ' ' } else { character }
}

fn encode_byte(character: char, ebcdic: bool) -> u8 {
    let latin = u8::try_from(u32::from(character)).unwrap_or(b'?');
    if !ebcdic {
        return latin;
    }
    let at = CP037.iter().position(|&known| known == latin);
    at.map_or(0x6f, |index| 0x40 + index as u8)
}

/// The 40 lines, blanks at the right removed.
pub(super) fn decode(raw: &[u8]) -> Vec<String> {
    let ebcdic = is_ebcdic(raw);
    let line = |bytes: &[u8]| -> String { bytes.iter().map(|&byte| decode_byte(byte, ebcdic)).collect() };
    raw.chunks(LINE).map(|bytes| line(bytes).trim_end().to_owned()).collect()
}

fn set_line(raw: &mut [u8], number: usize, text: &str, ebcdic: bool) {
    let Some(bytes) = raw.get_mut(number * LINE..(number + 1) * LINE) else { return };
    let padded = format!("C{:>2} {text}", number + 1);
    let mut characters = padded.chars();
    for byte in bytes {
        *byte = encode_byte(characters.next().unwrap_or(' '), ebcdic);
    }
}

/// Puts `history` into the header in its own encoding: into the last lines that are blank (but for a line number such as "C23"),
/// and, when there are fewer of these, over the lines above the closing two ("SEG Y REV1", "END TEXTUAL HEADER").
pub(super) fn add_history(raw: &mut [u8], history: &[String]) {
    let ebcdic = is_ebcdic(raw);
    let lines = decode(raw);
    let wanted = history.len().min(lines.len());
    let is_blank = |line: &String| {
        let rest = line.trim_start_matches(['C', 'c']).trim();
        rest.is_empty() || (rest.len() <= 2 && rest.chars().all(|character| character.is_ascii_digit()))
    };
    let mut chosen: Vec<usize> = (0..lines.len()).filter(|&number| is_blank(&lines[number])).collect();
    chosen.drain(..chosen.len().saturating_sub(wanted));
    for number in (0..lines.len().saturating_sub(2)).rev() {
        if chosen.len() >= wanted {
            break;
        }
        if !chosen.contains(&number) {
            chosen.push(number);
        }
    }
    chosen.sort_unstable();
    for (number, text) in chosen.into_iter().zip(history) {
        set_line(raw, number, text, ebcdic);
    }
}

/// A new EBCDIC header with these lines and the closing lines of the revision.
pub(super) fn encode(lines: &[String], revision: u8) -> Vec<u8> {
    let mut raw = vec![0x40; TEXT_BYTES];
    for number in 0..40 {
        let text = match number {
            38 if revision >= 2 => "SEG-Y REV2.0",
            38 => "SEG Y REV1",
            39 => "END TEXTUAL HEADER",
            _ => lines.get(number).map_or("", String::as_str),
        };
        set_line(&mut raw, number, text, true);
    }
    raw
}

/// How a line of the textual header says that samples are integers; a number follows, then [`AFTER_SCALE`].
const BEFORE_SCALE: &str = "SAMPLES ARE INTEGERS: DIVIDE BY ";
const AFTER_SCALE: &str = " FOR THE VALUE";

/// The line that says what integer samples are to be divided by.
pub(super) fn scale_line(scale: f32) -> String {
    format!("{BEFORE_SCALE}{scale}{AFTER_SCALE}")
}

/// What a line written by [`scale_line`] says, if there is one.
pub(super) fn stated_scale(lines: &[String]) -> Option<f32> {
    let number = |line: &String| line.split_once(BEFORE_SCALE)?.1.strip_suffix(AFTER_SCALE)?.parse().ok();
    lines.iter().rev().find_map(number).filter(|scale: &f32| scale.is_finite() && *scale > 0.0)
}

/// Blanks the lines of [`scale_line`]: samples are about to be written otherwise.
pub(super) fn forget_scale(raw: &mut [u8]) {
    let ebcdic = is_ebcdic(raw);
    for (number, line) in decode(raw).iter().enumerate() {
        if line.contains(BEFORE_SCALE) {
            set_line(raw, number, "", ebcdic);
        }
    }
}

/// Whether an extended textual header begins with the stanza that ends them (revision 2.1, section 6: upper or lower case,
/// with or without blanks).
pub(super) fn is_end_text(raw: &[u8]) -> bool {
    let ebcdic = is_ebcdic(&raw[..raw.len().min(LINE)]);
    let text =
        raw.iter().take(LINE).map(|&byte| decode_byte(byte, ebcdic)).filter(|character| *character != ' ');
    text.collect::<String>().to_ascii_lowercase().starts_with("((seg:endtext))")
}
