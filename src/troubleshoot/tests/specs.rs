//! What specs may say, and what is wrong with them.

use super::super::{decode, is_spec};
use super::{Memory, concluded, shown, spec_of, with_outcomes};
use crate::yaml::documents_with_aliases;

/// The codes of what is wrong, and the text at its place.
fn problems(text: &str) -> Vec<String> {
    let (_, problems) = decode(text);
    let shown = |problem: &super::super::SpecProblem| {
        let place = text.get(problem.span.clone()).unwrap_or("?");
        let help = problem.help.as_deref().unwrap_or_default();
        format!("{}|{place}|{help}", problem.code)
    };
    problems.iter().map(shown).collect()
}

fn in_spec(analyzers: &str) -> String {
    format!(
        "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nspec:\n  analyzers:\n{analyzers}"
    )
}

#[test]
fn problems_have_a_place_and_help() {
    for (analyzers, expected) in [
        (
            "  - clusterVersoin: {}",
            "spec/unknown-analyzer|clusterVersoin|did you mean `clusterVersion`?",
        ),
        (
            "  - xyzzyxyzzyxyzzyxyzzy: {}",
            "spec/unknown-analyzer|xyzzyxyzzyxyzzyxyzzy|",
        ),
        (
            "  - cpu: {}",
            "spec/unknown-analyzer|cpu|`cpu` belongs to `hostAnalyzers`",
        ),
        ("  - velero: {}", "spec/unsupported-analyzer|velero|"),
        (
            "  - clusterVersion: {checkname: x}",
            "spec/unknown-field|checkname|did you mean `checkName`?",
        ),
        ("  - clusterVersion: [x]", "spec/wrong-type|[x]|"),
        ("  - clusterVersion: {outcomes: x}", "spec/wrong-type|x|"),
        (
            "  - clusterVersion: {exclude: maybe}",
            "spec/wrong-type|maybe|",
        ),
        (
            "  - clusterVersion: {checkName: [a]}",
            "spec/wrong-type|[a]|",
        ),
        (
            "  - clusterVersion: {outcomes: [{fail: {wen: x}}]}",
            "spec/unknown-field|wen|did you mean `when`?",
        ),
        ("  - clusterVersion: {outcomes: [{}]}", "spec/outcome|{}|"),
        (
            "  - clusterVersion: {outcomes: [{fail: {when: '< 1.x.y'}}]}",
            "spec/when|'< 1.x.y'|",
        ),
        ("  - textAnalyze: {regex: '('}", "spec/regex|'('|"),
        (
            "  - textAnalyze: {regex: x, outcomes: [{fail: {when: maybe}}]}",
            "spec/when|maybe|",
        ),
        (
            "  - textAnalyze: {fileName: x}",
            "spec/missing-field|{fileName: x}|",
        ),
        (
            "  - textAnalyze: {regexGroups: '(?P<A>x)', outcomes: [{fail: {message: '{{ range .A }}'}}]}",
            "spec/template|'{{ range .A }}'|the message is shown as it is written",
        ),
        (
            "  - jsonCompare: {jsonPath: '{range x}', value: '1'}",
            "spec/json-path|'{range x}'|",
        ),
        ("  - jsonCompare: {value: baz}", "spec/value|baz|"),
        (
            "  - nodeResources: {filters: {cpuCapacity: lots}}",
            "spec/quantity|lots|",
        ),
        (
            "  - replicasetStatus: {selector: ['a b']}",
            "spec/selector|['a b']|",
        ),
        (
            "  - clusterResource: {kind: Thing}",
            "spec/unknown-kind|Thing|",
        ),
        ("  - event: {kind: Pod}", "spec/missing-field|{kind: Pod}|"),
        ("  - text", "spec/wrong-type|text|"),
        ("  - {}", "spec/unknown-analyzer|{}|"),
    ] {
        assert_eq!(problems(&in_spec(analyzers)), [expected], "{analyzers}");
    }
    let two = problems(&in_spec("  - clusterVersion: {}\n    ingress: {}\n"));
    assert_eq!(
        two,
        ["spec/several-analyzers|ingress|write each analyzer as an item of its own"]
    );
    assert_eq!(problems("a: [b\nc: d").len(), 1);
    let unrendered =
        problems("apiVersion: troubleshoot.sh/v1beta3\nspec:\n  {{- if .Values.x }}\n  a: b\n");
    assert!(
        unrendered[0].ends_with("render the template of the spec first"),
        "{unrendered:?}"
    );
    let quoted = in_spec("  - ingress: {ingressName: '{{ .Values.name }}'}");
    assert_eq!(
        problems(&quoted),
        ["spec/template|.Values|render the template of the spec first"]
    );
    let kind = problems("apiVersion: troubleshoot.sh/v1beta2\nkind: Supportbundle\n");
    assert_eq!(
        kind,
        ["spec/unknown-kind|Supportbundle|did you mean `SupportBundle`?"]
    );
}

#[test]
fn one_bad_analyzer_leaves_the_others() {
    let (specs, problems) = decode(&in_spec(
        "  - nothing: {}\n  - textAnalyze: {regex: '['}\n  - ingress: {}\n",
    ));
    assert_eq!(problems.len(), 2);
    assert_eq!(specs[0].analyzers.len(), 1);
}

#[test]
fn all_kinds_of_documents_are_read() {
    let text = "apiVersion: v1\nkind: Service\n---\n\
        apiVersion: troubleshoot.replicated.com/v1beta1\nkind: Preflight\nmetadata: {name: old}\nspec: {analyzers: [{ingress: {}}]}\n---\n\
        apiVersion: troubleshoot.sh/v1beta2\nkind: HostPreflight\nspec: {analyzers: [{cpu: {}}]}\n---\n\
        apiVersion: troubleshoot.sh/v1beta2\nkind: Redactor\nspec: {redactors: []}\n---\n\
        apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nspec: {analyzers: [{ingress: {}}], hostAnalyzers: [{memory: {}}]}\n";
    let (specs, problems) = decode(text);
    assert_eq!(problems, []);
    let keys: Vec<Vec<(&str, bool)>> = specs
        .iter()
        .map(|spec| {
            spec.analyzers
                .iter()
                .map(|one| (&*one.key, one.host))
                .collect()
        })
        .collect();
    assert_eq!(specs[0].name, "old");
    assert_eq!(
        keys,
        [
            vec![("ingress", false)],
            vec![("cpu", true)],
            vec![],
            vec![("ingress", false), ("memory", true)]
        ]
    );
}

#[test]
fn specs_stand_in_config_maps_and_secrets() {
    let inner = "apiVersion: troubleshoot.sh/v1beta2\n    kind: SupportBundle\n    spec: {analyzers: [{nothing: {}}]}";
    let map = format!("kind: ConfigMap\ndata:\n  spec: |\n    {inner}\n  other: x\n");
    let (specs, problems) = decode(&map);
    assert_eq!((specs.len(), problems.len()), (1, 1));
    assert!(map[problems[0].span.clone()].contains("apiVersion"));
    let encoded = "YXBpVmVyc2lvbjogdHJvdWJsZXNob290LnNoL3YxYmV0YTIKa2luZDogU3VwcG9ydEJ1bmRsZQo=";
    let secret = format!(
        "kind: Secret\ndata: {{a: {encoded}, b: '%'}}\nstringData:\n  spec: |\n    {inner}\n"
    );
    assert_eq!(decode(&secret).0.len(), 2);
    for (text, is) in [
        (&*map, true),
        (&*secret, true),
        ("kind: ConfigMap\ndata: {a: b}", false),
        ("apiVersion: apps/v1", false),
    ] {
        let documents = documents_with_aliases(text).expect("YAML");
        assert_eq!(is_spec(&documents[0]), is, "{text}");
    }
}

#[test]
fn anchors_and_merge_keys_are_understood() {
    let text = "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nx-common: &common\n  regex: 'x'\n  \
        outcomes: [{fail: {when: 'true', message: found}}]\nspec:\n  analyzers:\n  - textAnalyze:\n      <<: *common\n      fileName: a.log\n";
    let (specs, problems) = decode(text);
    assert_eq!(problems, []);
    let outcomes = specs[0].analyzers[0]
        .evaluate(&Memory::new(&[("a.log", "x")]))
        .expect("evaluated");
    assert_eq!(
        outcomes.iter().map(shown).collect::<Vec<_>>(),
        ["Fail||found"]
    );
}

#[test]
fn excluded_and_strict_analyzers_are_marked() {
    let spec = spec_of(
        "ingress: {exclude: 'true', strict: true, ingressName: x, namespace: y}",
        false,
    );
    let analyzer = &spec.analyzers[0];
    assert!(analyzer.exclude && analyzer.strict);
    assert!(!analyzer.wants("cluster-resources/ingress/y.json"));
    assert_eq!(analyzer.evaluate(&Memory::default()), Ok(Vec::new()));
    let head = "storageClass:\n  strict: true\n  storageClassName: x";
    let spec = spec_of(&with_outcomes(head, ""), false);
    let files = Memory::new(&[("cluster-resources/storage-classes.json", "{}")]);
    let outcomes = spec.analyzers[0].evaluate(&files).expect("evaluated");
    assert!(outcomes[0].strict);
    assert_eq!(
        outcomes[0].files[0].path,
        "cluster-resources/storage-classes.json"
    );
}

#[test]
fn text_is_analyzed_as_a_whole() {
    let file = |body: &str| format!("textAnalyze:\n  checkName: T\n  fileName: '*.log'\n{body}");
    let outcomes = "  outcomes:\n    - fail: {when: 'true', message: bad}\n    - pass: {when: 'false', message: good}";
    for (body, content, expected) in [
        (format!("  regex: err\n{outcomes}"), "an err", vec!["Fail|T|bad"]),
        (format!("  regex: err\n{outcomes}"), "fine", vec!["Pass|T|good"]),
        // By default, failing means no match, and passing a match.
        ("  regex: err\n  outcomes: [{fail: {message: bad}}, {pass: {message: good}}]".into(), "err", vec!["Pass|T|good"]),
        ("  regex: err\n  outcomes: [{pass: {message: good}}]".into(), "none", vec![]),
        // All that hold count: the worst is the verdict, the last has the message.
        ("  regex: err\n  outcomes: [{fail: {when: 'T', message: bad}}, {warn: {when: '1', message: '{{ .X }}'}}]".into(), "err", vec!["Fail|T|{{ .X }}"]),
        ("  regex: (?m)^b$\n  outcomes: [{pass: {message: good}}]".into(), "a\nb\nc", vec!["Pass|T|good"]),
    ] {
        assert_eq!(concluded(&file(&body), false, &[("a.log", content)]), expected, "{body}");
    }
    let spec = spec_of(&file(&format!("  regex: err\n{outcomes}")), false);
    let outcomes = spec.analyzers[0]
        .scan("a.log", b"1\n2\nan err")
        .expect("scanned");
    assert_eq!(outcomes[0].files[0].line, Some(3));
    assert!(spec.analyzers[0].is_text());
    let none = spec.analyzers[0]
        .when_nothing_matched()
        .expect("an outcome");
    assert_eq!(shown(&none), "Warn|T|No matching files");
    let quiet = spec_of(&file("  regex: x\n  ignoreIfNoFiles: true"), false);
    assert_eq!(quiet.analyzers[0].when_nothing_matched(), None);
}

#[test]
fn groups_are_compared_and_shown() {
    let head = "textAnalyze:\n  collectorName: c\n  fileName: f\n  regexGroups: 'n=(?P<N>\\d+)( w=(?P<W>\\w*))?'\n  outcomes:\n";
    for (outcomes, content, expected) in [
        (
            "fail: {when: 'N < 5', message: 'only {{ .N }}'}",
            "n=3",
            vec!["Fail|c|only 3"],
        ),
        ("fail: {when: 'N < 5', message: no}", "n=5", vec![]),
        ("fail: {when: 'N != 5', message: no}", "n=3", vec![]),
        (
            "fail: {when: 'W == x', message: '{{ .W | upper }}'}",
            "n=3 w=x",
            vec!["Fail|c|X"],
        ),
        (
            "fail: {when: \"W == ''\", message: empty}",
            "n=3",
            vec!["Fail|c|empty"],
        ),
        (
            "fail: {when: 'W < x', message: no}",
            "n=3 w=x",
            vec!["error"],
        ),
        ("fail: {when: 'N', message: no}", "n=3", vec!["error"]),
        ("fail: {when: 'Z == 1', message: no}", "n=3", vec![]),
        (
            "warn: {message: '{{ .N }}'}",
            "nothing",
            vec!["Warn|c|<no value>"],
        ),
        (
            "warn: {message: '{{ if eq .N \"3\" }}three{{ end }}'}",
            "n=3",
            vec!["Warn|c|three"],
        ),
    ] {
        let analyzer = format!("{head}    - {outcomes}");
        assert_eq!(
            concluded(&analyzer, false, &[("c/f", content)]),
            expected,
            "{outcomes}"
        );
    }
}

#[test]
fn files_are_found_by_globs_in_order() {
    let outcomes = "outcomes: [{pass: {message: good}}]";
    let spec = spec_of(
        &format!(
            "textAnalyze: {{fileName: 'a/*/x.log', excludeFiles: ['a/2/*'], regex: x, {outcomes}}}"
        ),
        false,
    );
    let files = Memory::new(&[
        ("a/3/x.log", "x"),
        ("a/1/x.log", "x"),
        ("a/2/x.log", "x"),
        ("a/x.log", "x"),
    ]);
    let outcomes_of = spec.analyzers[0].evaluate(&files).expect("evaluated");
    let paths: Vec<&str> = outcomes_of
        .iter()
        .map(|outcome| &*outcome.files[0].path)
        .collect();
    assert_eq!(paths, ["a/1/x.log", "a/3/x.log"]);
    let exec = spec_of(
        &format!("textAnalyze: {{collectorName: e, fileName: c-stdout.txt, regex: x, {outcomes}}}"),
        false,
    );
    assert!(exec.analyzers[0].wants("e/ns/pod/c-stdout.txt"));
    assert!(!exec.analyzers[0].wants("e/c-stdout.txt"));
    let host = spec_of(
        &format!("textAnalyze: {{fileName: h, regex: x, {outcomes}}}"),
        true,
    );
    assert_eq!(host.analyzers[0].title, "Regular Expression");
}
