//! jq programs as tests of JSON texts, by jaq.

use std::fmt;

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Filter, Vars, data};
use jaq_json::{Val, read};

type Data = data::JustLut<Val>;

/// Nested deeper than this, a text is no record: the parser is recursive.
const MAX_DEPTH: usize = 128;

/// Longer programs are no tests of a record.
const MAX_LENGTH: usize = 1_024;

/// Operators of a program; each may be a level of recursion.
const MAX_OPERATORS: usize = 100;

/// How deep the brackets of a program nest: parser and interpreter are recursive.
const MAX_BRACKETS: usize = 32;

/// What could run without an end, or fill the memory. The rest ends with the record.
const ENDLESS: [&str; 14] = [
    "combinations",
    "def",
    "foreach",
    "input",
    "inputs",
    "limit",
    "range",
    "recurse",
    "reduce",
    "repeat",
    "splits",
    "until",
    "walk",
    "while",
];

/// What ends the program, or looks at this machine instead of the bundle.
const OUTSIDE: [&str; 3] = ["env", "halt", "now"];

/// Outputs of a program that are looked at.
const MAX_OUTPUTS: usize = 1_000;

/// A compiled program.
pub(crate) struct Program {
    text: String,
    filter: Filter<Data>,
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Program").field(&self.text).finish()
    }
}

impl Program {
    /// Compiles a program, or says why that is not possible.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let operators = text.bytes().filter(|b| b"+-*/%|,?".contains(b)).count();
        let deep = depth(text.as_bytes()) > MAX_BRACKETS || operators > MAX_OPERATORS;
        if deep || text.len() > MAX_LENGTH {
            return Err(format!(
                "it is longer than {MAX_LENGTH} bytes, or too complex"
            ));
        }
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        if let Some(endless) = words.find(|word| ENDLESS.contains(word)) {
            return Err(format!("`{endless}` could run without an end"));
        }
        let defs = jaq_core::defs()
            .chain(jaq_std::defs())
            .chain(jaq_json::defs())
            .filter(|def| !def.name.starts_with("halt"));
        let funs = jaq_core::funs()
            .chain(jaq_std::funs())
            .chain(jaq_json::funs())
            .filter(|(name, ..)| !OUTSIDE.contains(name));
        let arena = Arena::default();
        let file = File {
            code: text,
            path: (),
        };
        let modules = Loader::new(defs)
            .load(&arena, file)
            .map_err(|_| "it is not valid jq".to_owned())?;
        let filter = Compiler::default()
            .with_funs(funs)
            .compile(modules)
            .map_err(|errors| {
                let names = errors.iter().flat_map(|(_, undefined)| undefined);
                let names: Vec<&str> = names.map(|(name, _)| *name).collect();
                format!("it uses what is not defined: {}", names.join(", "))
            })?;
        Ok(Self {
            text: text.to_owned(),
            filter,
        })
    }

    /// Whether `text` is a JSON object for which the program gives anything but null and false, and no error (gojq and preq take it
    /// so: 0 and "" count).
    pub(crate) fn holds(&self, text: &[u8]) -> bool {
        let text = text.trim_ascii();
        if text.first() != Some(&b'{') || depth(text) > MAX_DEPTH {
            return false;
        }
        let Ok(input) = read::parse_single(text) else {
            return false;
        };
        let context = Ctx::<Data>::new(&self.filter.lut, Vars::new([]));
        let mut found = false;
        let outputs = self.filter.id.run((context, input));
        for output in outputs.take(MAX_OUTPUTS) {
            match output {
                Ok(Val::Null | Val::Bool(false)) => {}
                Ok(_) => found = true,
                Err(_) => return false,
            }
        }
        found
    }
}

/// How deep brackets nest, those in strings included.
fn depth(text: &[u8]) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    for byte in text {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::{MAX_OPERATORS, Program};

    fn holds(program: &str, text: &str) -> bool {
        Program::new(program)
            .expect("a program")
            .holds(text.as_bytes())
    }

    #[test]
    fn null_and_false_do_not_count_and_errors_are_no_match() {
        let pod = r#"{"kind":"Pod","spec":{"n":0,"name":""}}"#;
        assert!(holds(r#"select(.kind == "Pod")"#, pod));
        assert!(!holds(r#"select(.kind == "Node")"#, pod));
        assert!(holds(".spec.n", pod) && holds(".spec.name", pod));
        assert!(!holds(".spec.missing", pod) && !holds(".kind == 1", pod));
        assert!(!holds("true, error", pod), "an error behind a true");
        assert!(!holds(".", "no JSON") && !holds(".", ""));
        assert!(holds(r#".kind | test("^P.d$")"#, pod));
    }

    #[test]
    fn broken_programs_and_bottomless_texts_do_no_harm() {
        assert!(Program::new("select(").is_err());
        let error = Program::new("frobnicate").expect_err("not defined");
        assert!(error.contains("frobnicate"), "{error}");
        for outside in ["halt", "halt(1)", "halt_error", "env", "now"] {
            assert!(Program::new(outside).is_err(), "{outside}");
        }
        assert!(!holds(".", &"{\"a\":".repeat(100_000)));
        for endless in [
            "repeat(1)",
            "def f: f; f",
            "[range(1e12)]",
            "reduce . as $i (1; .)",
            "last(range(9))",
        ] {
            assert!(Program::new(endless).is_err(), "{endless}");
        }
        for text in ["[".repeat(20_000), "1+".repeat(20_000) + "1"] {
            assert!(Program::new(&text).is_err());
        }
        assert!(holds(&format!("{}1", "1+".repeat(MAX_OPERATORS)), "{}"));
    }
}
