//! The messages about documents and variables, in Portuguese and in English: one table.
//!
//! Portuguese is the language of the API. A client that prefers English (`Accept-Language: en`) gets
//! the other column. Codes are the same in both.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    #[default]
    Portuguese,
    English,
}

/// A message whose language is chosen when it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    key: Key,
    parts: Vec<Part>,
    /// The name that the client probably meant, if one is near.
    suggestion: Option<String>,
}

/// What stands in the place of `{0}`, `{1}`… of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Text(String),
    /// A word that has a translation itself.
    Word(Key),
}

impl Message {
    pub fn new(key: Key, parts: Vec<String>) -> Self {
        Self::of(key, parts.into_iter().map(Part::Text).collect())
    }

    pub const fn of(key: Key, parts: Vec<Part>) -> Self {
        Self { key, parts, suggestion: None }
    }

    #[must_use]
    pub fn suggesting(mut self, name: Option<&str>) -> Self {
        self.suggestion = name.map(str::to_owned);
        self
    }

    pub const fn key(&self) -> Key {
        self.key
    }

    pub fn text(&self, language: Language) -> String {
        let template = self.key.template(language);
        let mut text = String::with_capacity(template.len() + 32);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let Some((number, after)) = after.split_once('}') else { break };
            match number.parse().ok().and_then(|n: usize| self.parts.get(n)) {
                Some(Part::Text(part)) => text.push_str(part),
                Some(Part::Word(key)) => text.push_str(key.template(language)),
                None => {}
            }
            rest = after;
        }
        text.push_str(rest);
        if let Some(suggestion) = &self.suggestion {
            let question = match language {
                Language::Portuguese => "; você quis dizer",
                Language::English => "; did you mean",
            };
            text = format!("{text}{question} `{suggestion}`?");
        }
        text
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Language::Portuguese))
    }
}

macro_rules! messages {
    ($($key:ident: $portuguese:literal, $english:literal;)*) => {
        /// A row of the table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Key { $($key),* }

        impl Key {
            const fn template(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Self::$key, Language::Portuguese) => $portuguese,
                    (Self::$key, Language::English) => $english,)*
                }
            }
        }

        #[cfg(test)]
        const TEMPLATES: &[(&str, &str)] = &[$(($portuguese, $english)),*];
    };
}

messages! {
    // Limits.
    TextBytes: "o documento tem mais de {0} bytes", "the document has more than {0} bytes";
    TextTokens: "o documento tem mais de {0} símbolos (tokens)", "the document has more than {0} tokens";
    TextNesting: "o documento tem mais de {0} níveis de aninhamento", "the document has more than {0} levels of nesting";
    Depth: "o documento tem mais de {0} níveis de campos", "the document has more than {0} levels of fields";
    Levels: "o documento tem mais de {0} níveis de campos e fragmentos", "the document has more than {0} levels of fields and fragments";
    Aliases: "o documento tem mais de {0} apelidos (aliases)", "the document has more than {0} aliases";
    RootFields: "a operação tem mais de {0} campos na raiz", "the operation has more than {0} root fields";
    Directives: "o documento tem mais de {0} diretivas", "the document has more than {0} directives";
    Selections: "o documento, com os seus fragmentos, tem mais de {0} campos", "the document with its fragments has more than {0} fields";
    Introspection: "a introspecção se aninha demais", "the introspection nests too deep";

    // Syntax.
    UnexpectedCharacter: "erro de sintaxe: caractere inesperado: {0}", "syntax error: unexpected character: {0}";
    InvalidNumber: "erro de sintaxe: esperava-se um algarismo no número, e não {0}", "syntax error: expected a digit in the number, found {0}";
    UnterminatedString: "erro de sintaxe: texto sem aspas finais", "syntax error: unterminated string";
    InvalidEscape: "erro de sintaxe: a sequência `{0}` não é de um caractere", "syntax error: the escape sequence `{0}` stands for no character";
    Unexpected: "erro de sintaxe: não se esperava {0}", "syntax error: unexpected {0}";
    Expected: "erro de sintaxe: esperava-se {0}, e não {1}", "syntax error: expected {0}, found {1}";
    ExpectedName: "erro de sintaxe: esperava-se um nome, e não {0}", "syntax error: expected a name, found {0}";
    DescribedShorthand: "erro de sintaxe: uma consulta abreviada não leva descrição", "syntax error: a shorthand query has no description";
    DescribedNothing: "erro de sintaxe: só definições levam descrição", "syntax error: only definitions have a description";
    VariableInConstant: "erro de sintaxe: a variável `${0}` está num valor constante", "syntax error: the variable `${0}` stands in a constant value";
    Unreadable: "o documento não se pode ler: {0}", "the document cannot be read: {0}";

    // Operations and fragments.
    NoOperation: "o documento não tem operação", "the document has no operation";
    AbsentOperation: "o documento não tem a operação que `operationName` pede", "the document does not have the operation that `operationName` names";
    AmbiguousOperation: "o documento tem várias operações: diga qual em `operationName`", "the document has several operations: say which in `operationName`";
    NotExecutable: "a definição `{0}` não é executável", "the definition `{0}` is not executable";
    DuplicateOperation: "a operação `{0}` se define mais de uma vez", "the operation `{0}` is defined more than once";
    DuplicateFragment: "o fragmento `{0}` se define mais de uma vez", "the fragment `{0}` is defined more than once";
    AnonymousNotAlone: "uma operação sem nome tem de ser a única do documento", "an operation without a name must be the only one of the document";
    UnknownOperationType: "este esquema não tem `{0}`", "this schema has no `{0}`";
    SubscriptionRoots: "uma subscription seleciona um só campo na raiz: abra uma para cada campo", "a subscription selects only one root field: open one for each field";
    SubscriptionCondition: "o campo na raiz de uma subscription não leva @skip nem @include", "the root field of a subscription takes neither @skip nor @include";
    SubscriptionIntrospection: "a raiz de uma subscription não tem campos de introspecção", "the root of a subscription has no introspection fields";
    UnknownType: "não existe o tipo `{0}`", "the type `{0}` does not exist";
    FragmentOnLeaf: "um fragmento não pode ser de `{0}`, que não tem campos", "a fragment cannot be on `{0}`, which has no fields";
    UnknownFragment: "o documento não tem o fragmento `{0}`", "the document does not have the fragment `{0}`";
    UnusedFragment: "o fragmento `{0}` não é usado", "the fragment `{0}` is not used";
    FragmentCycle: "o fragmento `{0}` contém a si mesmo", "the fragment `{0}` contains itself";
    AnyFragmentCycle: "um fragmento do documento contém a si mesmo", "a fragment of the document contains itself";
    ImpossibleSpread: "o fragmento `{0}`, de `{1}`, nunca se aplica a `{2}`", "the fragment `{0}` on `{1}` never applies to `{2}`";
    ImpossibleInline: "um fragmento de `{0}` nunca se aplica a `{1}`", "a fragment on `{0}` never applies to `{1}`";

    // Fields and arguments.
    UnknownField: "o tipo `{0}` não tem o campo `{1}`", "the type `{0}` does not have the field `{1}`";
    ScalarSelection: "o escalar `{0}` não tem campos a selecionar", "the scalar `{0}` has no fields to select";
    EnumSelection: "a enumeração `{0}` não tem campos a selecionar", "the enum `{0}` has no fields to select";
    MissingSelection: "um objeto pede uma seleção de campos entre chaves", "an object needs a selection of fields in braces";
    UnknownArgument: "`{1}` não tem o argumento `{0}`", "`{1}` does not have the argument `{0}`";
    DuplicateArgument: "o argumento `{0}` é dado mais de uma vez", "the argument `{0}` is given more than once";
    MissingArgument: "falta o argumento obrigatório `{0}`", "the required argument `{0}` is missing";
    UnknownDirective: "não existe a diretiva `@{0}`", "the directive `@{0}` does not exist";
    MisplacedDirective: "a diretiva `@{0}` não vale aqui ({1})", "the directive `@{0}` is not allowed here ({1})";
    RepeatedDirective: "a diretiva `@{0}` se repete no mesmo lugar", "the directive `@{0}` is repeated in the same place";
    ConflictFields: "campos diferentes têm a mesma chave `{0}`: dê um apelido a cada uso", "different fields have the same key `{0}`: give each use an alias";
    ConflictArguments: "o campo `{0}` se repete com outros argumentos: dê um apelido a cada uso", "the field `{0}` is repeated with other arguments: give each use an alias";
    ConflictTypes: "campos de tipos diferentes têm a mesma chave `{0}`: dê um apelido a cada uso", "fields of different types have the same key `{0}`: give each use an alias";
    TooManyPairs: "o documento repete campos demais para que se comparem", "the document repeats too many fields to compare them";
    ConflictKey: "os campos com a chave `{0}` não se podem juntar: dê um apelido a cada uso", "the fields with the key `{0}` cannot be merged: give each use an alias";

    // Values in a document.
    WrongValue: "espera-se um valor do tipo `{0}`, e não {1}", "expected a value of type `{0}`, found {1}";
    UnknownValue: "`{1}` não tem o valor `{0}`", "`{1}` does not have the value `{0}`";
    UnknownInputField: "`{1}` não tem o campo `{0}`", "`{1}` does not have the field `{0}`";
    MissingInputField: "falta o campo obrigatório `{0}`", "the required field `{0}` is missing";
    DuplicateInputField: "o campo `{0}` se repete no mesmo objeto", "the field `{0}` is repeated in the same object";
    OneOfCount: "`{0}` é `@oneOf`: dê exatamente um dos seus campos", "`{0}` is `@oneOf`: give exactly one of its fields";
    OneOfNull: "`{0}.{1}` não pode ser nulo: `{0}` é `@oneOf`", "`{0}.{1}` cannot be null: `{0}` is `@oneOf`";
    IntRange: "um `Int` vai de -2147483648 a 2147483647", "an `Int` goes from -2147483648 to 2147483647";
    WrongScalar: "o valor de `{0}` não é um `{1}`: {2}", "the value of `{0}` is not a `{1}` ({2})";

    // Variables.
    DuplicateVariable: "a variável `${0}` é declarada mais de uma vez", "the variable `${0}` is declared more than once";
    UndefinedVariable: "a variável `${0}` não foi declarada", "the variable `${0}` is not declared";
    UnusedVariable: "a variável `${0}` não é usada", "the variable `${0}` is not used";
    VariableNotInput: "a variável `${0}` tem de ser de um tipo de entrada", "the variable `${0}` must be of an input type";
    VariablePosition: "a variável `${0}`, do tipo `{1}`, não serve onde se espera `{2}`", "the variable `${0}` of type `{1}` cannot stand where `{2}` is expected";
    VariableMissing: "falta a variável `${0}`", "the variable `${0}` is missing";
    VariableNull: "a variável `${0}` não pode ser nula", "the variable `${0}` cannot be null";
    VariableWrong: "a variável `${0}` não é um `{1}`", "the variable `${0}` is not a `{1}`";
    VariableRange: "a variável `${0}` está fora de -2147483648 a 2147483647", "the variable `${0}` is outside -2147483648 to 2147483647";
    VariableMissingField: "a variável `${0}` não tem o campo `{1}`, que é obrigatório", "the variable `${0}` does not have the field `{1}`, which is required";
    VariableUnknownField: "a variável `${0}` tem o campo `{1}`, que não existe", "the variable `${0}` has the field `{1}`, which does not exist";
    VariableOneOf: "a variável `${0}` tem de ter um só dos seus campos, não nulo", "the variable `${0}` must have exactly one of its fields, not null";
    ArgumentNull: "`{0}` pede um `{1}`, e a variável `${2}` é nula", "`{0}` needs a `{1}`, and the variable `${2}` is null";
    ArgumentAbsent: "`{0}` pede um `{1}`, e a variável `${2}` não veio", "`{0}` needs a `{1}`, and the variable `${2}` was not given";

    // Kinds of values.
    ANull: "`null`", "`null`";
    ABoolean: "um booleano", "a boolean";
    AnEnum: "um valor de enumeração", "an enum value";
    AString: "um texto", "a string";
    AVariable: "uma variável", "a variable";
    AFloat: "um número com vírgula", "a float";
    AnInteger: "um inteiro", "an integer";
    AList: "uma lista", "a list";
    AnObject: "um objeto", "an object";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_columns_have_the_same_places() {
        let places = |template: &str| {
            let mut found: Vec<_> = template
                .match_indices('{')
                .map(|(i, _)| &template[i..i + 3])
                .map(str::to_owned)
                .collect();
            found.sort();
            found.dedup();
            found
        };
        for (portuguese, english) in TEMPLATES {
            assert_eq!(places(portuguese), places(english), "{portuguese}");
        }
    }

    #[test]
    fn a_part_may_contain_braces() {
        let message = Message::new(Key::Unexpected, vec!["`{0}`".to_owned()]);
        assert_eq!(message.to_string(), "erro de sintaxe: não se esperava `{0}`");
    }
}
