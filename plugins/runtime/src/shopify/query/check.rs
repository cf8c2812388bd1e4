//! From the text of a query to its plan.

use super::{
    Argument, MAX_DEPTH, MAX_FIELDS, MAX_QUERY_BYTES, MAX_TOKENS, MAX_VARIABLES, Query, QueryError, Selection,
    Variable, What,
};
use crate::shopify::schema::{Field, Parameter, Takes, Type};
use crate::shopify::target::Target;
use apollo_parser::Parser;
use apollo_parser::cst::{self, CstNode};

pub(super) fn check(text: &str, target: Target) -> Result<Query, QueryError> {
    if text.len() > MAX_QUERY_BYTES {
        return Err(QueryError::TooLong { got: text.len() });
    }
    let tree = Parser::new(text).token_limit(MAX_TOKENS).recursion_limit(MAX_DEPTH * 2).parse();
    if let Some(error) = tree.errors().next() {
        let message = error.message().chars().take(200).collect();
        return Err(QueryError::Syntax { at: error.index(), message });
    }
    let mut queries = Vec::new();
    let mut fragments = Vec::new();
    for definition in tree.document().definitions() {
        match definition {
            cst::Definition::OperationDefinition(query) => queries.push(query),
            cst::Definition::FragmentDefinition(fragment) => fragments.push(fragment),
            other => return Err(QueryError::NotOneQuery { got: other.kind().to_owned() }),
        }
    }
    let [query] = queries.as_slice() else {
        return Err(QueryError::NotOneQuery { got: format!("{} operations", queries.len()) });
    };
    if let Some(kind) = query.operation_type().filter(|kind| kind.query_token().is_none()) {
        return Err(QueryError::NotOneQuery { got: format!("a {}", kind.syntax().text()) });
    }
    let variables = variables(query)?;
    let mut checker = Checker { target, fragments, variables, within: Vec::new(), fields: 0 };
    checker.no_directives("the query", query.directives())?;
    let mut selections = Vec::new();
    checker.select("", Type::Input, None, query.selection_set(), &mut selections)?;
    Ok(Query { selections, variables: checker.variables })
}

struct Checker {
    target: Target,
    fragments: Vec<cst::FragmentDefinition>,
    variables: Vec<Variable>,
    /// The fragments that are being put in their places.
    within: Vec<String>,
    fields: usize,
}

impl Checker {
    /// Adds what is selected of something of the type `of`, which counts only for the type `only`.
    fn select(
        &mut self,
        path: &str,
        of: Type,
        only: Option<Type>,
        set: Option<cst::SelectionSet>,
        into: &mut Vec<Selection>,
    ) -> Result<(), QueryError> {
        for selection in set.iter().flat_map(cst::SelectionSet::selections) {
            self.fields += 1;
            if self.fields > MAX_FIELDS || path.matches('.').count() > MAX_DEPTH {
                return Err(QueryError::TooComplex);
            }
            match selection {
                cst::Selection::Field(field) => self.field(path, of, only, &field, into)?,
                cst::Selection::InlineFragment(fragment) => {
                    self.no_directives(path, fragment.directives())?;
                    let (of, only) = match fragment.type_condition() {
                        Some(condition) => narrowed(path, of, only, &condition)?,
                        None => (of, only),
                    };
                    self.select(path, of, only, fragment.selection_set(), into)?;
                }
                cst::Selection::FragmentSpread(spread) => {
                    self.no_directives(path, spread.directives())?;
                    self.spread(path, of, only, &spread, into)?;
                }
            }
        }
        Ok(())
    }

    fn spread(
        &mut self,
        path: &str,
        of: Type,
        only: Option<Type>,
        spread: &cst::FragmentSpread,
        into: &mut Vec<Selection>,
    ) -> Result<(), QueryError> {
        let name = text(spread.fragment_name().and_then(|name| name.name()));
        let named =
            |fragment: &&cst::FragmentDefinition| text(fragment.fragment_name().and_then(|name| name.name())) == name;
        let Some(fragment) = self.fragments.iter().find(named).cloned() else {
            return Err(QueryError::UnknownFragment { name });
        };
        if self.within.contains(&name) {
            return Err(QueryError::CyclicFragment { name });
        }
        self.no_directives(path, fragment.directives())?;
        let (of, only) = match fragment.type_condition() {
            Some(condition) => narrowed(path, of, only, &condition)?,
            None => (of, only),
        };
        self.within.push(name);
        let done = self.select(path, of, only, fragment.selection_set(), into);
        self.within.pop();
        done
    }

    fn field(
        &mut self,
        path: &str,
        of: Type,
        only: Option<Type>,
        field: &cst::Field,
        into: &mut Vec<Selection>,
    ) -> Result<(), QueryError> {
        let name = text(field.name());
        let key = field.alias().map_or_else(|| name.clone(), |alias| text(alias.name()));
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        self.no_directives(&path, field.directives())?;
        let what = if name == "__typename" {
            What::TypeName
        } else {
            let Some(known) = of.field(&name, self.target) else {
                // The alias is the function's, the name is what is missing.
                let path = if key == name { path } else { format!("{path} ({name})") };
                return Err(QueryError::UnsupportedField { path, of: of.name() });
            };
            let arguments = self.arguments(&path, known, field.arguments())?;
            let mut below = Vec::new();
            match (known.of, field.selection_set()) {
                (Some(of), Some(set)) => self.select(&path, of, None, Some(set), &mut below)?,
                (None, None) => {}
                (Some(_), None) => {
                    return Err(QueryError::BadSelection { path, rule: "needs a selection of fields" });
                }
                (None, Some(_)) => return Err(QueryError::BadSelection { path, rule: "has no fields" }),
            }
            What::Field { name: known.name, arguments, below }
        };
        add(&path, Selection { key, only, what }, into)
    }

    fn arguments(
        &self,
        path: &str,
        field: Field,
        given: Option<cst::Arguments>,
    ) -> Result<Vec<(&'static str, Argument)>, QueryError> {
        let mut arguments: Vec<(&'static str, Argument)> = Vec::new();
        for argument in given.iter().flat_map(cst::Arguments::arguments) {
            let name = text(argument.name());
            let known = field.arguments.iter().find(|known| known.name == name);
            let Some(known) = known.filter(|known| arguments.iter().all(|(given, _)| *given != known.name)) else {
                return Err(QueryError::UnsupportedArgument { path: path.to_owned(), argument: name });
            };
            if let Some(value) = self.argument(path, known, argument.value())? {
                arguments.push((known.name, value));
            }
        }
        let missing = |known: &&Parameter| known.required && arguments.iter().all(|(given, _)| *given != known.name);
        match field.arguments.iter().find(missing) {
            Some(known) => Err(QueryError::MissingArgument { path: path.to_owned(), argument: known.name }),
            None => Ok(arguments),
        }
    }

    /// None: null, as if it were not given.
    fn argument(
        &self,
        path: &str,
        known: &Parameter,
        value: Option<cst::Value>,
    ) -> Result<Option<Argument>, QueryError> {
        if let Some(cst::Value::Variable(variable)) = &value {
            let name = text(variable.name());
            let place = self.variables.iter().position(|v| v.name == name);
            let place = place.ok_or(QueryError::UnknownVariable { name })?;
            // A single string goes where a list is wanted, a list nowhere else.
            if self.variables[place].list && known.takes == Takes::Text {
                return Err(bad_argument(path, known));
            }
            return Ok(Some(Argument::Variable(place)));
        }
        match (known.takes, strings(value)) {
            (_, Some(None)) if !known.required => Ok(None),
            (Takes::Text, Some(Some(Strings::One(text)))) => Ok(Some(Argument::Text(text))),
            (Takes::Texts, Some(Some(Strings::One(text)))) => Ok(Some(Argument::Texts(vec![text]))),
            (Takes::Texts, Some(Some(Strings::Many(texts)))) => Ok(Some(Argument::Texts(texts))),
            _ => Err(bad_argument(path, known)),
        }
    }

    fn no_directives(&self, path: &str, directives: Option<cst::Directives>) -> Result<(), QueryError> {
        match directives.iter().flat_map(cst::Directives::directives).next() {
            Some(directive) => {
                let directive = text(directive.name());
                Err(QueryError::UnsupportedDirective { path: path.to_owned(), directive })
            }
            None => Ok(()),
        }
    }
}

/// What one name asks for twice must be the same, and is asked for once.
fn add(path: &str, new: Selection, into: &mut Vec<Selection>) -> Result<(), QueryError> {
    for known in into.iter_mut().filter(|known| known.key == new.key) {
        let conflict = || QueryError::Conflict { path: path.to_owned() };
        match (&mut known.what, &new.what) {
            (What::TypeName, What::TypeName) => {}
            (What::Field { name: known_name, arguments: known_arguments, .. }, What::Field { name, arguments, .. })
                if known_name == name && known_arguments == arguments => {}
            // Of two types that exclude each other only one is ever answered.
            _ if matches!((known.only, new.only), (Some(one), Some(other)) if one != other) => continue,
            _ => return Err(conflict()),
        }
        if known.only != new.only {
            continue;
        }
        if let (What::Field { below: known, .. }, What::Field { below, .. }) = (&mut known.what, new.what) {
            for selection in below {
                let path = format!("{path}.{}", selection.key);
                add(&path, selection, known)?;
            }
        }
        return Ok(());
    }
    into.push(new);
    Ok(())
}

/// The type below a condition, and what it holds for.
fn narrowed(
    path: &str,
    of: Type,
    only: Option<Type>,
    condition: &cst::TypeCondition,
) -> Result<(Type, Option<Type>), QueryError> {
    let name = text(condition.named_type().and_then(|named| named.name()));
    let Some(narrow) = of.condition(&name) else {
        let path = if path.is_empty() { "the query".to_owned() } else { path.to_owned() };
        return Err(QueryError::ImpossibleType { path, of: of.name(), condition: name });
    };
    Ok(if narrow == of { (of, only) } else { (narrow, Some(narrow)) })
}

fn variables(query: &cst::OperationDefinition) -> Result<Vec<Variable>, QueryError> {
    let definitions = query.variable_definitions();
    let mut variables: Vec<Variable> = Vec::new();
    for definition in definitions.iter().flat_map(cst::VariableDefinitions::variable_definitions) {
        let name = text(definition.variable().and_then(|variable| variable.name()));
        let spelled = definition.ty().map(|ty| ty.syntax().text().to_string()).unwrap_or_default();
        let spelled: String = spelled.chars().filter(|c| !c.is_whitespace()).collect();
        let unsupported = || QueryError::UnsupportedVariable { name: name.clone(), got: spelled.clone() };
        let (list, required) = match spelled.as_str() {
            "String" | "ID" => (false, false),
            "String!" | "ID!" => (false, true),
            "[String]" | "[String!]" | "[ID]" | "[ID!]" => (true, false),
            "[String]!" | "[String!]!" | "[ID]!" | "[ID!]!" => (true, true),
            _ => return Err(unsupported()),
        };
        let default = match definition.default_value().map(|default| strings(default.value())) {
            None | Some(Some(None)) => None,
            Some(Some(Some(Strings::One(text)))) => Some(vec![text]),
            Some(Some(Some(Strings::Many(texts)))) if list => Some(texts),
            Some(_) => return Err(unsupported()),
        };
        if variables.len() >= MAX_VARIABLES || variables.iter().any(|known| known.name == name) {
            return Err(unsupported());
        }
        variables.push(Variable { name, list, required, default });
    }
    Ok(variables)
}

enum Strings {
    One(String),
    Many(Vec<String>),
}

/// `Some(None)` is null; None is neither null nor strings.
fn strings(value: Option<cst::Value>) -> Option<Option<Strings>> {
    let one = |value: cst::Value| match value {
        cst::Value::StringValue(text) => Some(String::from(text)),
        _ => None,
    };
    match value? {
        cst::Value::NullValue(_) => Some(None),
        cst::Value::ListValue(list) => Some(Some(Strings::Many(list.values().map(one).collect::<Option<_>>()?))),
        value => Some(Some(Strings::One(one(value)?))),
    }
}

fn bad_argument(path: &str, known: &Parameter) -> QueryError {
    let rule = match known.takes {
        Takes::Text => "a string",
        Takes::Texts => "a list of strings",
    };
    QueryError::BadArgument { path: path.to_owned(), argument: known.name.to_owned(), rule }
}

fn text(name: Option<cst::Name>) -> String {
    name.map(|name| name.text().to_string()).unwrap_or_default()
}
