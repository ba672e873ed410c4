//! Reads JSON text piece by piece (RFC 8259), strictly, without building values.

use std::borrow::Cow;

use super::JsonError;
use crate::descriptor::wire::MAX_DEPTH;

/// A position in a JSON text.
#[derive(Debug, Clone)]
pub(super) struct Parser<'j> {
    text: &'j str,
    position: usize,
}

impl<'j> Parser<'j> {
    pub(super) const fn new(text: &'j str) -> Self {
        Self { text, position: 0 }
    }

    /// An error at the next character.
    pub(super) fn error(&self, reason: impl Into<Cow<'static, str>>) -> JsonError {
        JsonError::at(self.position, reason)
    }

    /// An error that says what should stand here and what does.
    pub(super) fn expected(&mut self, what: &str) -> JsonError {
        let found = match self.peek() {
            None => "the end of the text",
            Some(b'"') => "a string",
            Some(b'{') => "an object",
            Some(b'[') => "a list",
            Some(b't' | b'f') => "true or false",
            Some(b'n') => "null",
            Some(b'-' | b'0'..=b'9') => "a number",
            Some(_) => "something else",
        };
        self.error(format!("expected {what}, found {found}"))
    }

    fn bytes(&self) -> &'j [u8] {
        &self.text.as_bytes()[self.position..]
    }

    fn slice(&self, from: usize, to: usize) -> &'j str {
        // Both ends lie beside ASCII characters, hence on character boundaries.
        self.text.get(from..to).unwrap_or_default()
    }

    /// The first byte of what comes next, whitespace skipped; `None` at the end.
    pub(super) fn peek(&mut self) -> Option<u8> {
        let bytes = self.bytes();
        let blank = bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.position += blank;
        bytes.get(blank).copied()
    }

    /// Takes a punctuation mark if it comes next.
    pub(super) fn take(&mut self, mark: u8) -> bool {
        let found = self.peek() == Some(mark);
        if found {
            self.position += 1;
        }
        found
    }

    /// Whether `null` comes next; does not take it.
    pub(super) fn at_null(&mut self) -> bool {
        self.peek() == Some(b'n')
    }

    /// Takes `null`.
    pub(super) fn null(&mut self) -> Result<(), JsonError> {
        if self.word("null") { Ok(()) } else { Err(self.expected("null")) }
    }

    /// Takes `true` or `false`.
    pub(super) fn boolean(&mut self) -> Result<bool, JsonError> {
        if self.word("true") {
            Ok(true)
        } else if self.word("false") {
            Ok(false)
        } else {
            Err(self.expected("true or false"))
        }
    }

    fn word(&mut self, word: &str) -> bool {
        self.peek();
        let rest = self.bytes();
        let follows = rest.starts_with(word.as_bytes()) && !rest.get(word.len()).is_some_and(u8::is_ascii_alphanumeric);
        if follows {
            self.position += word.len();
        }
        follows
    }

    /// Takes a number and gives its text.
    pub(super) fn number(&mut self) -> Result<&'j str, JsonError> {
        self.peek();
        let length = number_length(self.bytes());
        match length.filter(|length| !self.bytes().get(*length).is_some_and(u8::is_ascii_alphanumeric)) {
            Some(length) => {
                let start = self.position;
                self.position += length;
                Ok(self.slice(start, self.position))
            }
            None => Err(self.expected("a number")),
        }
    }

    /// Takes a string and gives its content.
    pub(super) fn string(&mut self) -> Result<Cow<'j, str>, JsonError> {
        if !self.take(b'"') {
            return Err(self.expected("a string"));
        }
        let mut text = Cow::Borrowed("");
        loop {
            let start = self.position;
            let plain = self.bytes().iter().take_while(|&&byte| byte != b'"' && byte != b'\\' && byte >= 0x20).count();
            self.position += plain;
            let piece = self.slice(start, self.position);
            if text.is_empty() {
                text = Cow::Borrowed(piece);
            } else {
                text.to_mut().push_str(piece);
            }
            match self.bytes().first() {
                Some(b'"') => {
                    self.position += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    let character = self.escape()?;
                    text.to_mut().push(character);
                }
                Some(_) => return Err(self.error("a control character in a string must be escaped")),
                None => return Err(self.error("the string is not closed")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let character = match self.bytes().get(1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.error("no such escape in a string")),
        };
        self.position += 2;
        Ok(character)
    }

    fn unicode_escape(&mut self) -> Result<char, JsonError> {
        let code_unit = |bytes: &[u8]| -> Option<u32> {
            let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
            let all_hex = digits.iter().all(u8::is_ascii_hexdigit);
            u32::from_str_radix(str::from_utf8(digits).ok().filter(|_| all_hex)?, 16).ok()
        };
        let wrong = self.error("not a valid \\u escape");
        let first = code_unit(self.bytes()).ok_or_else(|| wrong.clone())?;
        let (code, length) = match first {
            0xd800..0xdc00 => match self.bytes().get(6..).and_then(code_unit) {
                Some(second @ 0xdc00..0xe000) => (0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00), 12),
                _ => return Err(wrong),
            },
            code => (code, 6),
        };
        let character = char::from_u32(code).ok_or(wrong)?;
        self.position += length;
        Ok(character)
    }

    /// Takes an object; `member` gets each name and must take the value.
    pub(super) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, Cow<'j, str>) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        if !self.take(b'{') {
            return Err(self.expected("an object"));
        }
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.expected("the name of a member in quotes"));
            }
            let name = self.string()?;
            if !self.take(b':') {
                return Err(self.expected("a colon after the name"));
            }
            member(self, name)?;
            if self.take(b'}') {
                return Ok(());
            }
            if !self.take(b',') {
                return Err(self.expected("a comma or the end of the object"));
            }
        }
    }

    /// Takes a list; `element` gets each index and must take the value.
    pub(super) fn list(
        &mut self,
        mut element: impl FnMut(&mut Self, usize) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        if !self.take(b'[') {
            return Err(self.expected("a list"));
        }
        if self.take(b']') {
            return Ok(());
        }
        for index in 0.. {
            element(self, index)?;
            if self.take(b']') {
                break;
            }
            if !self.take(b',') {
                return Err(self.expected("a comma or the end of the list"));
            }
        }
        Ok(())
    }

    /// Takes any value and forgets it.
    pub(super) fn skip(&mut self, depth: u32) -> Result<(), JsonError> {
        if depth > MAX_DEPTH {
            return Err(self.too_deep());
        }
        match self.peek() {
            Some(b'{') => self.object(|parser, _| parser.skip(depth + 1)),
            Some(b'[') => self.list(|parser, _| parser.skip(depth + 1)),
            Some(b'"') => self.string().map(drop),
            Some(b't' | b'f') => self.boolean().map(drop),
            Some(b'n') => self.null(),
            Some(b'-' | b'0'..=b'9') => self.number().map(drop),
            _ => Err(self.expected("a value")),
        }
    }

    /// The error of values within values beyond the limit.
    pub(super) fn too_deep(&self) -> JsonError {
        self.error(format!("values nest deeper than {MAX_DEPTH} levels"))
    }

    /// Checks that nothing but whitespace is left.
    pub(super) fn end(&mut self) -> Result<(), JsonError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.expected("the end of the text")),
        }
    }
}

/// How many bytes a JSON number takes at the beginning of `bytes`.
fn number_length(bytes: &[u8]) -> Option<usize> {
    let digits = |from: usize| bytes[from.min(bytes.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut length = usize::from(bytes.first() == Some(&b'-'));
    length += match (bytes.get(length)?, digits(length)) {
        (b'0', _) => 1,
        (_, 0) => return None,
        (_, count) => count,
    };
    if bytes.get(length) == Some(&b'.') {
        let count = digits(length + 1);
        if count == 0 {
            return None;
        }
        length += 1 + count;
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let count = digits(length + 1 + sign);
        if count == 0 {
            return None;
        }
        length += 1 + sign + count;
    }
    Some(length)
}

/// Whether the whole text is one JSON number.
pub(super) fn is_number(text: &str) -> bool {
    number_length(text.as_bytes()) == Some(text.len())
}
