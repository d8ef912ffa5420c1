use super::*;
use proptest::prelude::*;

fn shape(expression: &str) -> String {
    match Shape::of(expression) {
        Shape::Words(words) => words.join(" "),
        Shape::Any(Demands { prefix, suffix, inside }) => format!("{prefix}..{}..{suffix}", inside.join(" ")).replace("....", "..."),
    }
}

#[test]
fn lists_of_words_are_no_expressions() {
    for (expression, expected) in [
        ("critical", "critical"),
        ("critical|warning", "critical warning"),
        ("(db|cache)-1", "db-1 cache-1"),
        ("web-?", "web- web"),
        ("", ""),
        ("[a-d]", "a b c d"),
        ("[a-f][a-f]", "..."),
        ("(?i)ab", "AB Ab aB ab"),
        ("[a&&b]", ""),
        ("db-.*", "db-..."),
        (".*-db", "...-db"),
        ("db-.+-x|db-.+-yx", "db-...x"),
        ("^db", "db...db"),
        (r"db\b", "db...db"),
        ("a{2,3}", "aa...aa"),
        (".*", "..."),
        ("[äö]x.*", "..äx öx.."),
        ("a)|(b", "..."),
        (".*-7-.*", "..-7-.."),
        (".*(disk|memory).*", "..disk memory.."),
        ("(.*-web-.*)", "..-web-.."),
        ("[a-z]+-db-[0-9]+-x", "..-db-..-x"),
        ("a.*bcd.*e", "a..bcd..e"),
        ("(?i).*up.*", "..UP Up uP up.."),
        (".*(a|bc)?.*", "..."),
        (".*x{2,}.*", "..xx.."),
        ("web-[0-9]+:.*", "web-..."),
    ] {
        assert_eq!(shape(expression), expected, "{expression}");
    }
    let names: Vec<String> = (0..300).map(|n| format!("host-{n}-web")).collect();
    assert_eq!(Shape::of(&names.join("|")), Shape::Words(names), "long lists of names");
}

#[test]
fn what_is_the_same_is_asked_once() {
    let texts = ["a=~\"x.*\"", "a!~\"x.*\"", "b=~\"x.*\"", "a=~\"x.*\"", "a=\"x\"", "a!=\"x\"", "a=\"x\""];
    let matchers = texts.map(|text| Matcher::parse(text).unwrap());
    let mut numbering = Numbering::default();
    let numbers: Vec<usize> = matchers.iter().map(|matcher| numbering.condition(matcher)).collect();
    assert_eq!(numbers, [0, 1, 2, 0, 3, 4, 3]);
    assert_eq!(numbering.conditions.slots, 2, "one for a, one for b");
}

fn any_expression() -> impl Strategy<Value = String> {
    let atoms = vec!["x", "y", "-", ".", "[xy]", "[^x]", "^", "$", r"\b", r"\B", "(?i)x", "ä", "[äö]", "xyx", "", r"\w"];
    prop::sample::select(atoms).prop_map(str::to_owned).prop_recursive(4, 16, 3, |inner| {
        let repeated = prop::sample::select(vec!["?", "*", "+", "{2}", "{0,2}", "{1,3}?", "{0}"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| format!("(?:{})", parts.join("|"))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| parts.join("|")),
            (inner, repeated).prop_map(|(part, times)| format!("({part}){times}")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn every_condition_is_its_matcher(expression in any_expression(), values in prop::collection::vec("[xyXäö-]{0,4}", 1..8)) {
        let matchers = [Op::Equal, Op::NotEqual, Op::Match, Op::NotMatch].map(|op| Matcher::new("a", op, expression.as_str()));
        let Ok([equal, not_equal, matches, fails]) = <[Matcher; 4]>::try_from(matchers.into_iter().flatten().collect::<Vec<_>>()) else {
            return Err(TestCaseError::reject("no expression"));
        };
        let matchers = [fails, matches, equal, not_equal];
        let mut numbering = Numbering::default();
        let numbers: Vec<usize> = matchers.iter().map(|matcher| numbering.condition(matcher)).collect();
        for value in values {
            let labels = [("a".to_owned(), value.clone())].into();
            let mut answers = numbering.conditions.read(Seen { labels: &labels, source: "s", receiver: "r" });
            for (matcher, number) in matchers.iter().zip(&numbers) {
                prop_assert_eq!(numbering.conditions.holds(*number, &mut answers), matcher.matches_value(&value), "{} {:?}", matcher, value);
            }
        }
    }
}
