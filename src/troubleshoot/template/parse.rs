//! Templates from text.

use serde_json::Value;

use super::{Expression, Function, Part};

/// Nested deeper than this, a template is refused.
const MAX_DEPTH: usize = 32;

/// The parts of a template, or what is not understood.
pub(super) fn parts(source: &str) -> Result<Vec<Part>, String> {
    let mut items = items(source)?.into_iter();
    match block(&mut items, 0)? {
        (parts, None) => Ok(parts),
        (_, Some(word)) => Err(format!("`{word}` without `if`")),
    }
}

/// A piece of the source.
enum Item<'s> {
    Text(&'s str),
    Action(&'s str),
}

fn items(source: &str) -> Result<Vec<Item<'_>>, String> {
    let (mut items, mut rest, mut trims) = (Vec::new(), source, false);
    while let Some((text, after)) = rest.split_once("{{") {
        let text = if trims { text.trim_start() } else { text };
        let trims_left =
            after.starts_with("- ") || after.starts_with("-\n") || after.starts_with("-\t");
        let text = if trims_left { text.trim_end() } else { text };
        items.push(Item::Text(text));
        let after = if trims_left { &after[1..] } else { after };
        let end = action_end(after).ok_or("an action is not closed")?;
        let (action, after) = (&after[..end], &after[end + 2..]);
        let inner = action
            .strip_suffix('-')
            .filter(|inner| inner.ends_with(char::is_whitespace));
        trims = inner.is_some();
        items.push(Item::Action(inner.unwrap_or(action).trim()));
        rest = after;
    }
    items.push(Item::Text(if trims { rest.trim_start() } else { rest }));
    Ok(items)
}

/// Where the `}}` of an action stands: not inside of a string or comment.
fn action_end(text: &str) -> Option<usize> {
    if text.trim_start().starts_with("/*") {
        let comment = text.find("*/")?;
        return text.get(comment..)?.find("}}").map(|end| comment + end);
    }
    let (mut quote, mut escaped) = (None, false);
    for (at, c) in text.char_indices() {
        match quote {
            Some('"') if escaped => escaped = false,
            Some('"') if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '`' => quote = Some(c),
            None if text.get(at..)?.starts_with("}}") => return Some(at),
            Some(_) | None => {}
        }
    }
    None
}

/// Parts up to an `else` or `end`, and that.
fn block<'s>(
    items: &mut std::vec::IntoIter<Item<'s>>,
    depth: usize,
) -> Result<(Vec<Part>, Option<&'s str>), String> {
    if depth > MAX_DEPTH {
        return Err(format!("nested deeper than {MAX_DEPTH} levels"));
    }
    let mut parts = Vec::new();
    while let Some(item) = items.next() {
        let action = match item {
            Item::Text(text) => {
                if !text.is_empty() {
                    parts.push(Part::Text(text.to_owned()));
                }
                continue;
            }
            Item::Action(action) => action,
        };
        let (word, rest) = action
            .split_once(char::is_whitespace)
            .unwrap_or((action, ""));
        match word {
            "end" | "else" => return Ok((parts, Some(action))),
            "if" => parts.push(condition(rest, items, depth)?),
            _ if action.starts_with("/*") => {}
            _ => parts.push(Part::Show(expression(action)?)),
        }
    }
    Ok((parts, None))
}

fn condition(
    text: &str,
    items: &mut std::vec::IntoIter<Item<'_>>,
    depth: usize,
) -> Result<Part, String> {
    let wanted = expression(text)?;
    let (then, word) = block(items, depth + 1)?;
    let otherwise = match word {
        Some("end") => Vec::new(),
        Some("else") => match block(items, depth + 1)? {
            (parts, Some("end")) => parts,
            _ => return Err("an `else` is not closed".to_owned()),
        },
        Some(word) => {
            let text = word.strip_prefix("else").map(str::trim_start);
            let text = text.and_then(|text| text.strip_prefix("if "));
            let text = text.ok_or_else(|| format!("`{word}` is not supported"))?;
            vec![condition(text, items, depth + 1)?]
        }
        None => return Err("an `if` is not closed".to_owned()),
    };
    Ok(Part::If(wanted, then, otherwise))
}

#[derive(Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Pipe,
    Field(Vec<String>),
    Word(String),
    Literal(Value),
}

fn expression(text: &str) -> Result<Expression, String> {
    let mut tokens = tokens(text)?.into_iter().peekable();
    let expression = pipeline(&mut tokens, 0)?;
    match tokens.next() {
        None => Ok(expression),
        Some(_) => Err(format!("`{text}` is not supported")),
    }
}

type Tokens = std::iter::Peekable<std::vec::IntoIter<Token>>;

fn pipeline(tokens: &mut Tokens, depth: usize) -> Result<Expression, String> {
    if depth > MAX_DEPTH {
        return Err(format!("nested deeper than {MAX_DEPTH} levels"));
    }
    let mut value = command(tokens, None, depth)?;
    while tokens.next_if_eq(&Token::Pipe).is_some() {
        value = command(tokens, Some(value), depth)?;
    }
    Ok(value)
}

/// A function with arguments, or a single value; what is piped in is the last argument.
fn command(
    tokens: &mut Tokens,
    piped: Option<Expression>,
    depth: usize,
) -> Result<Expression, String> {
    if let Some(Token::Word(_)) = tokens.peek()
        && let Some(Token::Word(name)) = tokens.next()
    {
        let function = function(&name).ok_or_else(|| format!("`{name}` is not supported"))?;
        let mut arguments = Vec::new();
        while !matches!(tokens.peek(), None | Some(Token::Pipe | Token::Close)) {
            arguments.push(operand(tokens, depth)?);
        }
        arguments.extend(piped);
        return Ok(Expression::Call(function, arguments));
    }
    if piped.is_some() {
        return Err("a value cannot be piped into what is no function".to_owned());
    }
    operand(tokens, depth)
}

fn operand(tokens: &mut Tokens, depth: usize) -> Result<Expression, String> {
    match tokens.next() {
        Some(Token::Field(fields)) => Ok(Expression::Field(fields)),
        Some(Token::Literal(value)) => Ok(Expression::Literal(value)),
        Some(Token::Open) => {
            let inner = pipeline(tokens, depth + 1)?;
            if tokens.next() != Some(Token::Close) {
                return Err("a parenthesis is not closed".to_owned());
            }
            match tokens.next_if(|token| matches!(token, Token::Field(_))) {
                Some(Token::Field(fields)) => Ok(Expression::Of(Box::new(inner), fields)),
                _ => Ok(inner),
            }
        }
        Some(Token::Word(word)) => Err(format!("`{word}` is not supported here")),
        _ => Err("a value is missing".to_owned()),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '|' => (Token::Pipe, 1),
            '"' => {
                let end = rest.char_indices().skip(1).scan(false, |escaped, (at, c)| {
                    let ends = c == '"' && !*escaped;
                    *escaped = c == '\\' && !*escaped;
                    Some(ends.then_some(at))
                });
                let end = end.flatten().next().ok_or("a string is not closed")?;
                let quoted = rest.get(..=end).unwrap_or_default();
                let value =
                    serde_json::from_str(quoted).map_err(|_| "a string has an unknown escape")?;
                (Token::Literal(value), end + 1)
            }
            '`' => {
                let inner = rest.get(1..).unwrap_or_default();
                let end = inner.find('`').ok_or("a string is not closed")?;
                (Token::Literal(inner[..end].into()), end + 2)
            }
            _ => {
                let ends = |c: char| c.is_whitespace() || "()|\"`".contains(c);
                let word = rest.split(ends).next().unwrap_or_default();
                (word_token(word)?, word.len())
            }
        };
        tokens.push(token);
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(tokens)
}

fn word_token(word: &str) -> Result<Token, String> {
    if let Some(fields) = word.strip_prefix('.') {
        if fields.is_empty() {
            return Ok(Token::Field(Vec::new()));
        }
        let fields: Vec<String> = fields.split('.').map(str::to_owned).collect();
        let is_name = |name: &String| {
            !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        };
        if fields.iter().all(is_name) {
            return Ok(Token::Field(fields));
        }
        return Err(format!("`{word}` is no field"));
    }
    match word {
        "true" => return Ok(Token::Literal(true.into())),
        "false" => return Ok(Token::Literal(false.into())),
        _ => {}
    }
    if let Ok(number) = word.parse::<i64>() {
        return Ok(Token::Literal(number.into()));
    }
    if word.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        let number = word
            .parse::<f64>()
            .map_err(|_| format!("`{word}` is no number"))?;
        return Ok(Token::Literal(number.into()));
    }
    if !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return Ok(Token::Word(word.to_owned()));
    }
    Err(format!("`{word}` is not supported"))
}

fn function(name: &str) -> Option<Function> {
    Some(match name {
        "eq" => Function::Eq,
        "ne" => Function::Ne,
        "lt" => Function::Lt,
        "le" => Function::Le,
        "gt" => Function::Gt,
        "ge" => Function::Ge,
        "and" => Function::And,
        "or" => Function::Or,
        "not" => Function::Not,
        "len" => Function::Len,
        "upper" => Function::Upper,
        "lower" => Function::Lower,
        "trim" => Function::Trim,
        "quote" => Function::Quote,
        "default" => Function::Default,
        _ => return None,
    })
}
