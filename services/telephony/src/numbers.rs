//! Telephone numbers.

/// A number as it is dialled: digits with an optional plus in front, punctuation left out; `None` when it is no number.
pub(crate) fn dialable(text: &str) -> Option<String> {
    let mut number = String::with_capacity(text.len());
    for letter in text.trim().chars() {
        match letter {
            '0'..='9' => number.push(letter),
            '+' if number.is_empty() => number.push('+'),
            ' ' | '-' | '(' | ')' | '.' => {}
            _ => return None,
        }
    }
    let digits = number.trim_start_matches('+').len();
    (3..=15).contains(&digits).then_some(number)
}
