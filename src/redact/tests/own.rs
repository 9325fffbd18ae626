//! Rules of users.

use crate::redact::Redactor;

fn problems(yaml: &str) -> String {
    let error = Redactor::secrets().with_rules(yaml, "own.yaml");
    error.expect_err("a broken rule").to_string()
}

#[test]
fn a_group_or_the_whole_match_or_a_text_is_hidden() {
    let rules = "kind: redaction\nid: a\nregex: 'license=(?P<mask>[A-Z0-9-]{4,})'\n---\n\
                 kind: redaction\nid: b\nregex: 'ACME[0-9]+'\nreplace: '<acme>'\n---\n\
                 kind: redaction\nid: c\nvalues: [Grünwald, Grün, 'a.b']\nreplace: '-'\n";
    let redactor = Redactor::secrets()
        .with_rules(rules, "own.yaml")
        .expect("sound rules");
    let text = "license=AB-12 ACME7 in Grünwald Grün a.b axb password=x1";
    let shown = "license=***HIDDEN*** <acme> in - - - axb password=***HIDDEN***";
    assert_eq!(redactor.redact(text), shown);
    assert_eq!(redactor.redact(shown), shown);
}

#[test]
fn a_rule_of_a_user_goes_first() {
    let rules = "kind: redaction\nid: a\nregex: 'hunter[0-9]'\nreplace: '<h>'\n";
    let redactor = Redactor::secrets()
        .with_rules(rules, "own.yaml")
        .expect("sound rules");
    assert_eq!(redactor.redact("password=hunter2"), "password=<h>");
}

#[test]
fn a_rule_never_masks_its_own_mask() {
    let rules = "kind: redaction\nid: a\nregex: 'b(?P<mask>.)'\nreplace: 'ab'\n";
    let redactor = Redactor::default()
        .with_rules(rules, "own.yaml")
        .expect("a sound rule");
    assert_eq!(redactor.redact("bx"), "bab");
    assert_eq!(redactor.redact("bab"), "bab");
}

#[test]
fn problems_have_a_place() {
    assert_eq!(
        problems("kind: redaction\nid: a\nregx: x\nregex: '('\n"),
        "own.yaml:3:1: unknown key `regx` in a rule\n\
         own.yaml:4:8: this is no regular expression: unclosed group"
    );
    assert_eq!(
        problems("kind: symptom\nid: a\nregex: x\n"),
        "own.yaml:1:7: `symptom` is no kind of a rule"
    );
    assert_eq!(
        problems("kind: redaction\nid: a\n"),
        "own.yaml:1:1: a rule has no `regex`"
    );
    assert_eq!(
        problems("kind: redaction\nregex: x\n"),
        "own.yaml:1:1: a rule has no `id`"
    );
    assert_eq!(
        problems("kind: redaction\nid: a\nid: b\nvalues: x\n"),
        "own.yaml:3:1: `id` stands twice\nown.yaml:4:9: values must be a list, not a single value"
    );
    assert_eq!(
        problems("kind: redaction\nid: a\nvalues: ['']\n"),
        "own.yaml:3:10: an empty text is everywhere"
    );
    assert_eq!(
        problems("kind: redaction\nid: a\nregex: 'x*'\n"),
        "own.yaml:3:8: the expression matches the empty text, and so everywhere"
    );
    assert_eq!(problems(""), "own.yaml:1:1: the file holds no rule");
    assert!(problems("a: [b\nc: d").contains("this is not valid YAML"));
    assert_eq!(
        problems("- a\n"),
        "own.yaml:1:1: a rule must be a map, not a list"
    );
}

#[test]
fn code_frames_show_the_place() {
    let error = Redactor::secrets().with_rules("kind: redaction\nid: a\nregex: '('\n", "own.yaml");
    let frame = error.expect_err("a broken rule").problems[0].render_plain();
    assert!(
        frame.starts_with("error[redaction/regex]: this is no"),
        "{frame}"
    );
    assert!(frame.contains("--> own.yaml:3:8"), "{frame}");
}
