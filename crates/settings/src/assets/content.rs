//! What a file is, by its first bytes: what the sender says about it counts for nothing.

/// The first bytes of formats, with their types.
const SIGNATURES: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"\0\0\x01\0", "image/x-icon"),
    (b"\0\x01\0\0", "font/ttf"),
    (b"true", "font/ttf"),
    (b"OTTO", "font/otf"),
    (b"ttcf", "font/collection"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
];

/// The media type of a file: a picture, a font, `text/plain`, or `application/octet-stream` for anything else.
pub fn content_type(file: &[u8]) -> &'static str {
    if let Some((_, known)) = SIGNATURES.iter().find(|(signature, _)| file.starts_with(signature)) {
        return known;
    }
    match (file.get(..4), file.get(4..12), file.get(8..12)) {
        (Some(b"RIFF"), _, Some(b"WEBP")) => return "image/webp",
        (_, Some(b"ftypavif"), _) => return "image/avif",
        _ => {}
    }
    match std::str::from_utf8(file) {
        Ok(text) if is_svg(text) => "image/svg+xml",
        Ok(text) if !text.contains('\0') => "text/plain",
        _ => "application/octet-stream",
    }
}

/// Whether the first element of a text is `<svg>`, after declarations and comments.
fn is_svg(text: &str) -> bool {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let end = if rest.starts_with("<!--") {
            "-->"
        } else if rest.starts_with("<?") {
            "?>"
        } else if rest.starts_with("<!") {
            ">"
        } else {
            let name = rest.strip_prefix("<svg");
            return name
                .is_some_and(|after| after.starts_with(|next: char| next.is_whitespace() || "/>".contains(next)));
        };
        let Some((_, after)) = rest.split_once(end) else { return false };
        rest = after.trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::content_type;

    #[test]
    fn a_file_is_what_its_first_bytes_say() {
        let cases: [(&[u8], &str); 12] = [
            (b"\x89PNG\r\n\x1a\nrest", "image/png"),
            (b"\xff\xd8\xff\xe0", "image/jpeg"),
            (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
            (b"\0\0\0\x1cftypavif", "image/avif"),
            (b"<svg xmlns='x'/>", "image/svg+xml"),
            (b"<?xml version='1.0'?>\n<!-- a > b -->\n<!DOCTYPE svg>\n<svg>", "image/svg+xml"),
            (b"<svgx/>", "text/plain"),
            (b"<html><svg/></html>", "text/plain"),
            (b"<!-- open <svg>", "text/plain"),
            (b"wOF2\0\x01", "font/woff2"),
            (b"\0\x01\0\0\0\x0f", "font/ttf"),
            (b"\xfe\xfe\x01", "application/octet-stream"),
        ];
        for (file, expected) in cases {
            assert_eq!(content_type(file), expected, "{file:?}");
        }
    }
}
