use super::*;
use proptest::prelude::*;

fn list(text: &str) -> Vec<String> {
    Matcher::parse_list(text).unwrap_or_else(|error| panic!("{text}: {error}")).iter().map(ToString::to_string).collect()
}

#[test]
fn reads_lists_as_alertmanager_does() {
    let table: &[(&str, &[&str])] = &[
        ("", &[]),
        ("{}", &[]),
        (" { } ", &[]),
        ("foo=bar", &[r#"foo="bar""#]),
        ("{foo=bar}", &[r#"foo="bar""#]),
        ("{foo=bar,}", &[r#"foo="bar""#]),
        ("foo=bar,", &[r#"foo="bar""#]),
        ("foo!=bar", &[r#"foo!="bar""#]),
        ("{foo=~[a-z]+}", &[r#"foo=~"[a-z]+""#]),
        ("foo!~[a-z]+", &[r#"foo!~"[a-z]+""#]),
        ("{foo=🙂bar}", &[r#"foo="🙂bar""#]),
        (r#"{"foo"="bar"}"#, &[r#"foo="bar""#]),
        (r#""foo"!~"[a-z]+","#, &[r#"foo!~"[a-z]+""#]),
        (r#"{"foo"="\xf0\x9f\x99\x82"}"#, &[r#"foo="🙂""#]),
        (r#"{"foo"="\U0001f642"}"#, &[r#"foo="🙂""#]),
        (r#"{"foo"="\"bar\""}"#, &[r#"foo="\"bar\"""#]),
        (r#"{"foo"="bar\\"}"#, &[r#"foo="bar\\""#]),
        ("{foo=bar,bar!=baz}", &[r#"foo="bar""#, r#"bar!="baz""#]),
        (r#" foo = "bar" , bar != "b,az" "#, &[r#"foo="bar""#, r#"bar!="b,az""#]),
        // names beyond ASCII need no quotes, reserved characters do
        ("服务=支付", &[r#"服务="支付""#]),
        (r#"service.name=~"a|b""#, &[r#"service.name=~"a|b""#]),
        (r#"{"a b"="c"}"#, &[r#""a b"="c""#]),
        // classic: unquoted values may hold blanks, quotes with a backslash, operators and braces inside
        ("foo=bar baz ", &[r#"foo="bar baz""#]),
        (r"foo=bar\n", &[r#"foo="bar\n""#]),
        (r#"foo=~"db|\d+""#, &[r#"foo=~"db|\\d+""#]),
        (r#"foo="a\tb""#, &[r#"foo="a\\tb""#]),
        ("foo==bar", &[r#"foo="=bar""#]),
        ("foo=a{b}c", &[r#"foo="a{b}c""#]),
        (r#"foo="""#, &[r#"foo="""#]),
        ("foo=", &[r#"foo="""#]),
        ("foo=!bar", &[r#"foo="!bar""#]),
        (r"foo=bar\", &[r#"foo="bar\\""#]),
    ];
    for (text, expected) in table {
        assert_eq!(list(text), *expected, "{text}");
    }
    assert_eq!(Matcher::parse(r#""foo"="a\tb""#).unwrap().value, "a\tb", "a quoted name makes it the UTF-8 grammar");
    assert_eq!(Matcher::parse(r#"foo="a\nb""#).unwrap().value, "a\nb");
}

#[test]
fn says_what_is_wrong_and_where() {
    let table = [
        (",", 1, "a label name was expected"),
        ("{,}", 2, "a label name was expected"),
        ("{", 2, "closing brace is missing"),
        ("}", 1, "without an opening one"),
        ("\"foo\"=bar}", 10, "without an opening one"),
        ("{\"foo\"=bar", 11, "closing brace is missing"),
        ("foo", 4, "=, !=, =~ or !~"),
        ("foo!bar", 4, "=, !=, =~ or !~"),
        ("foo=\"bar", 5, "does not end"),
        ("foo=bar\"baz", 8, "put double quotes"),
        ("\"foo\"='bar'", 7, "use double quotes"),
        ("\"foo\"=\"\\w\"", 8, "write \\\\w"),
        ("\"foo\"=\"\\xf0\\x9f\"", 7, "not UTF-8"),
        ("{\"a\"=b} x", 9, "nothing may follow"),
        ("\"\"=\"x\"", 4, "label name is empty"),
        ("foo=~\"\\d(\"", 6, "unclosed group"),
        ("foo=~\"a(\"", 6, "bad regular expression \"a(\": unclosed group"),
        ("foo=~\"(\\w{100}){100}\"", 6, "too large"),
        ("服务=~\"a(\"", 5, "unclosed group"),
    ];
    for (text, column, part) in table {
        let error = Matcher::parse_list(text).map(|list| list.len()).unwrap_err();
        assert!(error.message.contains(part), "{text}: {error}");
        assert_eq!(error.column, column, "{text}: {error}");
    }
}

#[test]
fn one_matcher_is_one_matcher() {
    assert!(Matcher::parse("").unwrap_err().message.contains("nothing here"));
    assert!(Matcher::parse("a=b,c=d").unwrap_err().message.contains("here are 2"));
    assert!(Matcher::parse("{a=b}").unwrap_err().message.contains("no braces"));
    assert_eq!(Matcher::parse("a=b,").unwrap().to_string(), r#"a="b""#);
}

#[test]
fn matches_as_alertmanager_does() {
    let labels: Labels = [("team", "db"), ("note", "a\nb"), ("empty", "")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    let table = [
        (r#"team="db""#, true),
        (r#"team="DB""#, false),
        (r#"team!="web""#, true),
        (r#"team=~"d""#, false),
        (r#"team=~"d.""#, true),
        (r#"team=~"db|cache""#, true),
        (r#"team=~"cache|d""#, false),
        (r#"team!~"d""#, true),
        (r#"team!~".*""#, false),
        (r#"team=~"(?i)DB""#, true),
        (r#"missing="""#, true),
        (r#"missing!="""#, false),
        (r#"missing=~".*""#, true),
        (r#"missing=~".+""#, false),
        (r#"missing!~"x""#, true),
        (r#"empty="""#, true),
        (r#"note=~"a.b""#, false),
        (r#"note=~"(?s)a.b""#, true),
        (r#"note="a\nb""#, true),
    ];
    for (text, expected) in table {
        assert_eq!(Matcher::parse(text).unwrap().matches(&labels), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn canonical_form_reads_back(name in "[a-zé\"\\\\ {},=!~\n]{1,6}", value in "\\PC{0,8}|[\"\\\\\n,{}~ ]{0,6}", op in 0..2usize) {
        let matcher = Matcher::new(name, [Op::Equal, Op::NotEqual][op], value).unwrap();
        let text = matcher.to_string();
        prop_assert_eq!(Matcher::parse_list(&text).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?, vec![matcher]);
    }

    #[test]
    fn any_text_is_a_list_or_an_error(text in "[a-z\"\\\\ {},=!~\nx0-9é]{0,24}") {
        if let Err(error) = Matcher::parse_list(&text) {
            prop_assert!(error.column >= 1 && error.column <= text.chars().count() + 1, "{text:?}: {error}");
        }
    }
}
