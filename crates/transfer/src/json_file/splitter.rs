//! Cuts the organizations out of a JSON text that comes in pieces: the objects of the first list under the name `orgs`.

/// The text so far, and where in it we are.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    pending: Vec<u8>,
    /// How much of `pending` was looked at.
    at: usize,
    place: Place,
    in_string: bool,
    escaped: bool,
    /// Before the list: the last complete string, to be compared with its name.
    last: Vec<u8>,
    /// Before the list: whether that string is the name of a member whose value comes next.
    names_value: bool,
    /// Inside an organization: open brackets.
    depth: usize,
    /// Inside an organization: where in `pending` it began.
    start: usize,
}

#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
enum Place {
    #[default]
    Before,
    List,
    Organization,
    After,
}

/// Longer names than this are not the one that is looked for.
const LONGEST_NAME: usize = 64;

impl Splitter {
    /// Adds the next piece.
    pub(super) fn push(&mut self, piece: &[u8]) {
        // What was cut out already is not needed any more.
        let keep = if self.place == Place::Organization { self.start } else { self.at };
        self.pending.drain(..keep);
        self.at -= keep;
        self.start -= self.start.min(keep);
        self.pending.extend_from_slice(piece);
    }

    /// The next organization, if it is there as a whole.
    ///
    /// # Errors
    /// A text, when something else stands in the list.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, String> {
        while let Some(&byte) = self.pending.get(self.at) {
            self.at += 1;
            if self.in_string {
                self.string_byte(byte);
                continue;
            }
            match self.place {
                Place::Before => self.before(byte),
                Place::List => match byte {
                    b'{' => {
                        self.place = Place::Organization;
                        (self.start, self.depth) = (self.at - 1, 1);
                    }
                    b']' => self.place = Place::After,
                    b',' | b' ' | b'\t' | b'\r' | b'\n' => {}
                    _ => return Err("the list \"orgs\" must hold objects, one for each organization".to_owned()),
                },
                Place::Organization => match byte {
                    b'"' => self.in_string = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' => {
                        self.depth -= 1;
                        if self.depth == 0 {
                            self.place = Place::List;
                            return Ok(Some(self.pending[self.start..self.at].to_vec()));
                        }
                    }
                    _ => {}
                },
                Place::After => {}
            }
        }
        Ok(None)
    }

    fn before(&mut self, byte: u8) {
        match byte {
            b'"' => {
                self.in_string = true;
                self.names_value = false;
                self.last.clear();
            }
            b':' => self.names_value = true,
            b'[' if self.names_value && self.last == b"orgs" => self.place = Place::List,
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => {
                self.names_value = false;
                self.last.clear();
            }
        }
    }

    fn string_byte(&mut self, byte: u8) {
        if self.escaped {
            self.escaped = false;
        } else if byte == b'\\' {
            self.escaped = true;
        } else if byte == b'"' {
            self.in_string = false;
            return;
        }
        if self.place == Place::Before && self.last.len() < LONGEST_NAME {
            self.last.push(byte);
        }
    }

    /// Whether the whole list was read.
    pub(super) fn is_finished(&self) -> bool {
        self.place == Place::After
    }

    /// What is wrong with a text that ends here.
    pub(super) fn why_unfinished(&self) -> &'static str {
        match self.place {
            Place::Before => "the file has no list \"orgs\"; it must be JSON as `castellan export` writes it",
            _ => "the file ends in the middle of the list \"orgs\"; it was cut off",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All organizations of a text that comes in pieces of this size.
    fn split(text: &str, size: usize) -> Result<Vec<String>, String> {
        let (mut splitter, mut found) = (Splitter::default(), Vec::new());
        for piece in text.as_bytes().chunks(size) {
            splitter.push(piece);
            while let Some(org) = splitter.next()? {
                found.push(String::from_utf8(org).unwrap());
            }
        }
        if splitter.is_finished() { Ok(found) } else { Err(splitter.why_unfinished().to_owned()) }
    }

    #[test]
    fn organizations_are_cut_out_wherever_the_pieces_end() {
        let text = r#" {"timeout": "orgs", "dataOrgs" : { "orgs" : [ {"a":"}\"]"} , {"b":[{"c":{}}]}]}, "x": [{}] }"#;
        for size in 1..text.len() {
            assert_eq!(split(text, size).unwrap(), [r#"{"a":"}\"]"}"#, r#"{"b":[{"c":{}}]}"#], "pieces of {size}");
        }
        assert!(split(r#"{"orgs":[]}"#, 3).unwrap().is_empty());
    }

    #[test]
    fn a_text_without_the_list_or_with_half_of_it_is_refused() {
        assert!(split(r#"{"organizations":[{}]}"#, 4).unwrap_err().contains("no list"));
        assert!(split(r#"{"orgs":"[{}]"}"#, 4).unwrap_err().contains("no list"));
        assert!(split(r#"{"orgs":[{"a":1},{"b":"#, 4).unwrap_err().contains("cut off"));
        assert!(split(r#"{"orgs":[7]}"#, 4).unwrap_err().contains("objects"));
    }
}
