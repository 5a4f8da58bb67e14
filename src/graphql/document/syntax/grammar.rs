//! The grammar of executable documents (§2 of the specification).
//!
//! The reader recurses no deeper than `limits` lets brackets nest.

use super::lexer::{self, Kind, Token};
use super::{Syntax, SyntaxError};
use crate::graphql::document::messages::Key;

type Step = Result<(), SyntaxError>;

pub fn read(text: &str) -> Result<Syntax, SyntaxError> {
    let token = lexer::next(text, 0)?;
    let mut reader = Reader { text, token, syntax: Syntax::default() };
    loop {
        // At the first definition that is not executable, leave the rest of the text to the parser,
        // and the refusal to a validation rule.
        if reader.definition()? || reader.token.kind == Kind::End {
            return Ok(reader.syntax);
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    token: Token,
    syntax: Syntax,
}

const OPEN_BRACE: Kind = Kind::Punctuator(b'{');
const CLOSE_BRACE: Kind = Kind::Punctuator(b'}');
const OPEN_PAREN: Kind = Kind::Punctuator(b'(');
const CLOSE_PAREN: Kind = Kind::Punctuator(b')');
const OPEN_BRACKET: Kind = Kind::Punctuator(b'[');
const CLOSE_BRACKET: Kind = Kind::Punctuator(b']');
const COLON: Kind = Kind::Punctuator(b':');
const DOLLAR: Kind = Kind::Punctuator(b'$');

impl<'t> Reader<'t> {
    fn slice(&self, token: Token) -> &'t str {
        &self.text[token.start..token.end]
    }

    fn word(&self) -> Option<&'t str> {
        (self.token.kind == Kind::Name).then(|| self.slice(self.token))
    }

    fn advance(&mut self) -> Step {
        let end = self.token.end;
        self.token = lexer::next(self.text, end)?;
        // The parser refuses some commas where they say nothing, such as the one in `a, : b`.
        if self.text[end..self.token.start].contains(',') {
            self.syntax.blanks.push((end, self.token.start));
        }
        Ok(())
    }

    fn describe(&self, token: Token) -> String {
        const MAX_CHARS: usize = 40;
        match token.kind {
            Kind::End => "<EOF>".to_owned(),
            _ => format!("`{}`", self.slice(token).chars().take(MAX_CHARS).collect::<String>()),
        }
    }

    fn unexpected(&self, token: Token) -> SyntaxError {
        SyntaxError::new(token.start, Key::Unexpected, vec![self.describe(token)])
    }

    fn expect(&mut self, kind: Kind, expected: &str) -> Step {
        if self.token.kind == kind {
            return self.advance();
        }
        let parts = vec![expected.to_owned(), self.describe(self.token)];
        Err(SyntaxError::new(self.token.start, Key::Expected, parts))
    }

    fn punctuator(&mut self, kind: Kind) -> Step {
        let Kind::Punctuator(byte) = kind else { return Err(self.unexpected(self.token)) };
        self.expect(kind, &format!("`{}`", char::from(byte)))
    }

    fn name(&mut self) -> Step {
        if self.token.kind == Kind::Name {
            return self.advance();
        }
        Err(SyntaxError::new(self.token.start, Key::ExpectedName, vec![self.describe(self.token)]))
    }

    fn keyword(&mut self, keyword: &str) -> Step {
        if self.word() == Some(keyword) {
            return self.advance();
        }
        let parts = vec![format!("`{keyword}`"), self.describe(self.token)];
        Err(SyntaxError::new(self.token.start, Key::Expected, parts))
    }

    fn skip_if(&mut self, kind: Kind) -> Result<bool, SyntaxError> {
        let found = self.token.kind == kind;
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// Reads at least one item between two brackets, if the first bracket is there.
    fn optional_many(&mut self, open: Kind, item: fn(&mut Self) -> Step, close: Kind) -> Step {
        if !self.skip_if(open)? {
            return Ok(());
        }
        loop {
            item(self)?;
            if self.skip_if(close)? {
                return Ok(());
            }
        }
    }

    fn is_string(&self) -> bool {
        matches!(self.token.kind, Kind::String | Kind::BlockString)
    }

    /// Reads an executable definition. Returns true, and reads nothing, at any other definition.
    fn definition(&mut self) -> Result<bool, SyntaxError> {
        if self.token.kind == OPEN_BRACE {
            self.selection_set()?;
            return Ok(false);
        }
        let description = self.is_string().then_some(self.token);
        let keyword = match description {
            Some(description) => lexer::next(self.text, description.end)?,
            None => self.token,
        };
        let word = (keyword.kind == Kind::Name).then(|| self.slice(keyword));
        let refuse = |key| Err(SyntaxError::new(self.token.start, key, Vec::new()));
        match (word, description) {
            (
                Some(
                    "schema" | "scalar" | "type" | "interface" | "union" | "enum" | "input"
                    | "directive",
                ),
                _,
            )
            | (Some("extend"), None) => return Ok(true),
            (Some("query" | "mutation" | "subscription"), _) => {
                self.description()?;
                self.operation()?;
            }
            (Some("fragment"), _) => {
                self.description()?;
                self.fragment()?;
            }
            (None, Some(_)) if keyword.kind == OPEN_BRACE => {
                return refuse(Key::DescribedShorthand);
            }
            (Some(_), Some(_)) => return refuse(Key::DescribedNothing),
            _ => return Err(self.unexpected(keyword)),
        }
        Ok(false)
    }

    fn description(&mut self) -> Step {
        if self.is_string() {
            let Token { start, end, .. } = self.token;
            self.advance()?;
            self.syntax.blanks.push((start, end));
            self.syntax.descriptions.push((start, self.token.start));
        }
        Ok(())
    }

    fn operation(&mut self) -> Step {
        self.advance()?;
        if self.token.kind == Kind::Name {
            self.advance()?;
        }
        self.optional_many(OPEN_PAREN, Self::variable_definition, CLOSE_PAREN)?;
        self.directives(false)?;
        self.selection_set()
    }

    fn variable_definition(&mut self) -> Step {
        self.description()?;
        self.variable()?;
        self.punctuator(COLON)?;
        self.type_reference()?;
        if self.skip_if(Kind::Punctuator(b'='))? {
            self.value(true)?;
        }
        self.directives(true)
    }

    fn variable(&mut self) -> Step {
        self.punctuator(DOLLAR)?;
        self.name()
    }

    fn type_reference(&mut self) -> Step {
        if self.skip_if(OPEN_BRACKET)? {
            self.type_reference()?;
            self.punctuator(CLOSE_BRACKET)?;
        } else {
            self.name()?;
        }
        self.skip_if(Kind::Punctuator(b'!')).map(drop)
    }

    fn fragment(&mut self) -> Step {
        self.advance()?;
        self.fragment_name()?;
        self.keyword("on")?;
        self.name()?;
        self.directives(false)?;
        self.selection_set()
    }

    fn fragment_name(&mut self) -> Step {
        match self.word() {
            Some("on") => Err(self.unexpected(self.token)),
            _ => self.name(),
        }
    }

    fn selection_set(&mut self) -> Step {
        self.punctuator(OPEN_BRACE)?;
        loop {
            self.selection()?;
            if self.skip_if(CLOSE_BRACE)? {
                return Ok(());
            }
        }
    }

    fn selection(&mut self) -> Step {
        if !self.skip_if(Kind::Spread)? {
            return self.field();
        }
        match self.word() {
            Some("on") => {
                self.advance()?;
                self.name()?;
            }
            Some(_) => {
                self.advance()?;
                return self.directives(false);
            }
            None => {}
        }
        self.directives(false)?;
        self.selection_set()
    }

    fn field(&mut self) -> Step {
        let start = self.token.start;
        self.name()?;
        if self.skip_if(COLON)? {
            self.name()?;
        }
        self.arguments(false)?;
        self.directives(false)?;
        if self.token.kind == OPEN_BRACE {
            self.syntax.braces.push((start, self.token.start));
            self.selection_set()?;
        }
        Ok(())
    }

    fn arguments(&mut self, constant: bool) -> Step {
        let item = if constant { Self::constant_argument } else { Self::argument };
        self.optional_many(OPEN_PAREN, item, CLOSE_PAREN)
    }

    fn argument(&mut self) -> Step {
        self.member(false)
    }

    fn constant_argument(&mut self) -> Step {
        self.member(true)
    }

    /// An argument, or a field of an input object.
    fn member(&mut self, constant: bool) -> Step {
        self.name()?;
        self.punctuator(COLON)?;
        self.value(constant)
    }

    fn directives(&mut self, constant: bool) -> Step {
        while self.skip_if(Kind::Punctuator(b'@'))? {
            self.name()?;
            self.arguments(constant)?;
        }
        Ok(())
    }

    fn value(&mut self, constant: bool) -> Step {
        let token = self.token;
        match token.kind {
            OPEN_BRACKET => {
                self.advance()?;
                while !self.skip_if(CLOSE_BRACKET)? {
                    self.value(constant)?;
                }
                Ok(())
            }
            OPEN_BRACE => {
                self.advance()?;
                while !self.skip_if(CLOSE_BRACE)? {
                    self.member(constant)?;
                }
                Ok(())
            }
            Kind::Int | Kind::Float | Kind::String | Kind::BlockString | Kind::Name => {
                self.advance()
            }
            DOLLAR if constant => {
                self.advance()?;
                match self.word() {
                    Some(name) => Err(SyntaxError::new(
                        token.start,
                        Key::VariableInConstant,
                        vec![name.to_owned()],
                    )),
                    None => Err(self.unexpected(token)),
                }
            }
            DOLLAR => self.variable(),
            _ => Err(self.unexpected(token)),
        }
    }
}
