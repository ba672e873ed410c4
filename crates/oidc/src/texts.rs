//! A list of short texts in one piece of memory: tokens for hundreds of projects carry hundreds of scopes and audiences, and an
//! allocation for each of them would cost more than everything else in an introspection.

use std::borrow::Cow;
use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The texts, in order. Reads and writes as a JSON array.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Texts {
    text: String,
    /// Where each of them ends in `text`.
    ends: Vec<usize>,
}

impl Texts {
    /// Room for so many bytes of so many texts.
    pub fn with_capacity(bytes: usize, texts: usize) -> Self {
        Self { text: String::with_capacity(bytes), ends: Vec::with_capacity(texts) }
    }

    /// Appends one.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    /// How many bytes of memory they take beside the list itself.
    pub fn weight(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * size_of::<usize>()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Whether this is one of them.
    pub fn contains(&self, wanted: &str) -> bool {
        // Claims look for several, and most differ in their length.
        let (text, wanted) = (self.text.as_bytes(), wanted.as_bytes());
        let mut start = 0;
        self.ends.iter().any(|end| {
            let start = std::mem::replace(&mut start, *end);
            end - start == wanted.len() && text[start..*end] == *wanted
        })
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.text[start..*end])
    }

    /// All of them with a space between two.
    pub fn joined(&self) -> String {
        let mut joined = String::with_capacity(self.text.len() + self.ends.len());
        for (position, text) in self.iter().enumerate() {
            if position > 0 {
                joined.push(' ');
            }
            joined.push_str(text);
        }
        joined
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T: AsRef<str>> FromIterator<T> for Texts {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        let mut list = Self::default();
        texts.into_iter().for_each(|text| list.push(text.as_ref()));
        list
    }
}

impl Serialize for Texts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor)
    }
}

/// Owned only when the JSON escapes something.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = Texts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of texts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Texts, A::Error> {
        let mut texts = Texts::default();
        while let Some(Text(text)) = list.next_element()? {
            texts.push(&text);
        }
        Ok(texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_and_written_as_json_whatever_its_texts_contain() {
        for json in [r#"[]"#, r#"["a","","b c","\"quoted\"\n","ä"]"#] {
            let texts: Texts = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&texts).unwrap(), json);
        }
        let texts: Texts = serde_json::from_str(r#"["a","","b\"c"]"#).unwrap();
        assert!(texts.contains("") && texts.contains("b\"c") && !texts.contains("b"));
        assert!(texts.contains("a") && !texts.contains("ab\"c") && !Texts::default().contains(""));
        assert_eq!(texts.joined(), "a  b\"c");
        assert!(serde_json::from_str::<Texts>("[1]").is_err());
    }
}
