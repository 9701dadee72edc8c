//! The encodings that licence files have: UTF-8, and UTF-16 as editors on
//! Windows write it.

/// The text of a file, without a byte order mark. What is not valid is
/// replaced.
pub fn decode(bytes: &[u8]) -> String {
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        // Without a mark: no text in UTF-8 has NULs at every second place.
        [a, 0, b, 0, ..] if *a > 0 && *b > 0 => utf16(bytes, u16::from_le_bytes),
        [0, a, 0, b, ..] if *a > 0 && *b > 0 => utf16(bytes, u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let pairs = bytes.chunks_exact(2);
    let rest = pairs.remainder();
    let units = pairs.map(|pair| unit([pair[0], pair[1]]));
    let mut text: String =
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    if !rest.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_reads_the_same() {
        let text = "MIT © Jane, 𝓜𝓘𝓣\n";
        let with = |mark: &[u8], rest: Vec<u8>| [mark, &rest].concat();
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [
            text.as_bytes().to_vec(),
            with(b"\xef\xbb\xbf", text.as_bytes().to_vec()),
            with(b"\xff\xfe", le.clone()),
            with(b"\xfe\xff", be.clone()),
            le.clone(),
            be,
        ] {
            assert_eq!(decode(&bytes), text);
        }
        assert_eq!(decode(&[b"\xff\xfe".as_slice(), &le, b"x"].concat()), format!("{text}\u{fffd}"));
        assert_eq!(decode(b"\xff\xfe"), "");
        assert_eq!(decode(b""), "");
        assert_eq!(decode(b"\xff\xfe\0\xd8"), "\u{fffd}");
    }
}
