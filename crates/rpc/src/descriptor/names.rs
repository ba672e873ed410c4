//! Names as Go has them.

/// The Go spelling of a name: words joined in capitals (`user_id` becomes `UserId`), a dot becomes `_` before a capital.
pub(super) fn go_camel_case(name: &str) -> String {
    spelled(name).collect()
}

/// Whether that is the Go spelling of a name, for requests: nothing is written anew.
pub(super) fn is_go_spelling(name: &str, spelling: &str) -> bool {
    spelled(name).eq(spelling.chars())
}

fn spelled(name: &str) -> impl Iterator<Item = char> + '_ {
    let mut characters = name.chars().peekable();
    let mut start_of_word = true;
    let mut start_of_part = true;
    std::iter::from_fn(move || {
        loop {
            let character = characters.next()?;
            let lower_follows = characters.peek().is_some_and(char::is_ascii_lowercase);
            let was_start_of_part = std::mem::replace(&mut start_of_part, character == '.');
            match character {
                '.' if lower_follows => start_of_word = true,
                '.' => return Some('_'),
                '_' if was_start_of_part => {
                    start_of_word = true;
                    return Some('X');
                }
                '_' if lower_follows => start_of_word = true,
                // A lower-case letter begins a word unless it continues one: `a1b` becomes `A1B`.
                lower if lower.is_ascii_lowercase() && start_of_word => {
                    start_of_word = false;
                    return Some(lower.to_ascii_uppercase());
                }
                other => {
                    start_of_word = !other.is_ascii_alphabetic();
                    return Some(other);
                }
            }
        }
    })
}
