//! A line of shell, as far as the pages use it, into words.

/// The words of the first simple command of a line: up to a pipe, a redirection or a semicolon.
pub(super) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '>' | '<') if word.as_deref().is_none_or(is_number) => {
                // The number of what is redirected, as in `2>&1`, is no argument.
                word = None;
                break;
            }
            (None, '|' | ';' | '&' | '#') if word.is_none() => break,
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn quotes_keep_a_word_together() {
        assert_eq!(
            words("say 'two words' \"and two\" ''"),
            ["say", "two words", "and two", ""]
        );
    }

    #[test]
    fn the_first_command_ends_at_a_pipe_a_redirection_or_a_remark() {
        for line in [
            "a b | c",
            "a b > c",
            "a b 2>&1 | c",
            "a b && c",
            "a b ; c",
            "a b # c",
        ] {
            assert_eq!(words(line), ["a", "b"], "{line}");
        }
    }
}
