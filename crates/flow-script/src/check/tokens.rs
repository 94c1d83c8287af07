//! The words of a script, as far as a check by eye needs them: comments are left out, texts are kept whole.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or a keyword.
    Name,
    /// A number.
    Number,
    /// A text between quotes; the token holds what is between them.
    Text,
    /// One sign.
    Sign,
}

/// One token and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) text: String,
    /// Line and column, from 1.
    pub(super) place: (u32, u32),
    /// UTF-16 offsets.
    pub(super) from: usize,
    pub(super) to: usize,
}

/// Reads the tokens. Never fails: what is no token is left out, the engine says what does not parse.
pub(super) fn read(source: &str) -> Vec<Token> {
    let mut reader = Reader { rest: source.chars().collect(), at: 0, offset: 0, line: 1, column: 1, found: Vec::new() };
    while let Some(c) = reader.peek(0) {
        reader.token(c);
    }
    reader.found
}

struct Reader {
    rest: Vec<char>,
    at: usize,
    offset: usize,
    line: u32,
    column: u32,
    found: Vec<Token>,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.rest.get(self.at + ahead).copied()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek(0)?;
        self.at += 1;
        self.offset += c.len_utf16();
        if c == '\n' {
            (self.line, self.column) = (self.line.saturating_add(1), 1);
        } else {
            self.column = self.column.saturating_add(1);
        }
        Some(c)
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let mut text = String::new();
        while let Some(c) = self.peek(0).filter(|c| wanted(*c)) {
            text.push(c);
            self.take();
        }
        text
    }

    fn token(&mut self, first: char) {
        let (place, from) = ((self.line, self.column), self.offset);
        let (kind, text) = match (first, self.peek(1)) {
            (c, _) if c.is_whitespace() => {
                self.take();
                return;
            }
            ('/', Some('/')) => return drop(self.take_while(|c| c != '\n')),
            ('/', Some('*')) => return self.comment(),
            ('/', _) if self.regex_may_begin() => return self.regex(),
            ('\'' | '"' | '`', _) => (Kind::Text, self.quoted(first)),
            (c, _) if c.is_ascii_digit() => (Kind::Number, self.take_while(|c| c.is_ascii_alphanumeric() || c == '.')),
            (c, _) if c.is_alphabetic() || c == '_' || c == '$' => {
                (Kind::Name, self.take_while(|c| c.is_alphanumeric() || c == '_' || c == '$'))
            }
            _ => (Kind::Sign, self.take().map(String::from).unwrap_or_default()),
        };
        self.found.push(Token { kind, text, place, from, to: self.offset });
    }

    fn comment(&mut self) {
        self.take();
        self.take();
        while let Some(c) = self.take() {
            if c == '*' && self.peek(0) == Some('/') {
                self.take();
                return;
            }
        }
    }

    fn quoted(&mut self, quote: char) -> String {
        self.take();
        let mut text = String::new();
        while let Some(c) = self.take() {
            match c {
                '\\' => text.extend(self.take()),
                c if c == quote => break,
                '\n' if quote != '`' => break,
                c => text.push(c),
            }
        }
        text
    }

    /// A slash divides after a value and begins a pattern elsewhere.
    fn regex_may_begin(&self) -> bool {
        match self.found.last() {
            None => true,
            Some(last) => match last.kind {
                Kind::Sign => !matches!(last.text.as_str(), ")" | "]" | "}"),
                Kind::Name => last.text == "return",
                Kind::Number | Kind::Text => false,
            },
        }
    }

    fn regex(&mut self) {
        self.take();
        let mut in_class = false;
        while let Some(c) = self.take() {
            match c {
                '\\' => {
                    self.take();
                }
                '[' => in_class = true,
                ']' => in_class = false,
                '/' if !in_class => break,
                '\n' => break,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_places() {
        let found = read("// no\nx('é\\'s', 12) /* a */ / 2; y = /['\"]/;");
        let texts: Vec<&str> = found.iter().map(|token| token.text.as_str()).collect();
        assert_eq!(texts, ["x", "(", "é's", ",", "12", ")", "/", "2", ";", "y", "=", ";"]);
        assert_eq!((found[0].place, found[2].from, found[2].to), ((2, 1), 8, 14));
    }

    #[test]
    fn half_texts_end_with_their_line() {
        for text in ["'", "`", "/*", "/", "\\", "'\\"] {
            read(text);
        }
        assert_eq!(read("'a\nb").len(), 2);
    }
}
