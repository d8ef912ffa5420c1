//! What each place makes of the same Markdown.

use super::*;
use crate::draw::look::{Locale, Nobody};

fn html(text: &str, dialect: Dialect) -> String {
    let look = Look::new(Locale::En, &Nobody);
    draw(text, dialect, Ink::new(&look, &Own::default())).into_string()
}

/// Without the paragraph around it.
fn v2(text: &str) -> String {
    let html = html(text, Dialect::V2);
    html.strip_prefix("<p dir=\"auto\">").and_then(|inner| inner.strip_suffix("</p>")).map_or(html.clone(), str::to_owned)
}

#[test]
fn emphasis() {
    for (text, expected) in [
        ("**b** __b__ *i* _i_ ~~s~~", "<strong>b</strong> <strong>b</strong> <em>i</em> <em>i</em> <s>s</s>"),
        ("***both***", "<strong><em>both</em></strong>"),
        ("**a *b* c**", "<strong>a <em>b</em> c</strong>"),
        ("*a **b** c*", "<em>a <strong>b</strong> c</em>"),
        ("**a*b**", "<strong>a*b</strong>"),
        ("**a", "**a"),
        ("a ** b ** c", "a ** b ** c"),
        ("a****b", "a****b"),
        ("kube_pod_name", "kube_pod_name"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("~one~ ~~~three~~~", "~one~ ~~~three~~~"),
        ("**中文**字", "<strong>中文</strong>字"),
        ("**a <font color='red'>b** c</font>", "**a <span class=\"fg c-red\">b** c</span>"),
    ] {
        assert_eq!(v2(text), expected, "{text}");
    }
}

#[test]
fn code_entities_and_escapes() {
    for (text, expected) in [
        ("`a **b** &#42;`", "<code>a **b** &amp;#42;</code>"),
        ("`` a`b ``", "<code> a`b </code>"),
        ("`open", "`open"),
        ("&#60;at id=all&#62; &#46; &#x2f; &nbsp;|", "&lt;at id=all&gt; . / \u{a0}|"),
        ("&bogus; &#0; &#; &", "&amp;bogus; &amp;#0; &amp;#; &amp;"),
        ("\\*a\\* \\a", "*a* \\a"),
        (":DONE: :nope: a:b", "<span class=\"lk-emoji\" role=\"img\" aria-label=\"DONE\">✅</span> :nope: a:b"),
    ] {
        assert_eq!(v2(text), expected, "{text}");
    }
}

#[test]
fn links_and_tags() {
    let link = |href: &str, label: &str| format!("<a href=\"{href}\" target=\"_blank\" rel=\"noopener noreferrer\">{label}</a>");
    for (text, expected) in [
        ("[a **b**](https://a.example/x_(y))", link("https://a.example/x_(y)", "a <strong>b</strong>")),
        ("[a [b](https://b.example/) c](https://a.example/)", format!("[a {} c](https://a.example/)", link("https://b.example/", "b"))),
        ("[a](javascript:x)", "<span class=\"lk-nolink\">a</span>".to_owned()),
        ("[a] (https://a.example)", "[a] (https://a.example)".to_owned()),
        ("<a href=https://a.example/>x</a>", link("https://a.example/", "x")),
        ("[<a href='https://b.example'>x</a>](https://a.example/)", link("https://a.example/", "x")),
        ("<link url='https://a.example/'>x", "&lt;link url='https://a.example/'&gt;x".to_owned()),
        ("<font color='red'><font color='bogus'>x</font></font>", "<span class=\"fg c-red\">x</span>".to_owned()),
        ("<font>x</text_tag></font>", "x&lt;/text_tag&gt;".to_owned()),
        ("a<br>b<br/>c", "a<br>b<br>c".to_owned()),
        ("<raw>**x** <at id=all></raw>", "**x** &lt;at id=all&gt;".to_owned()),
        ("<marquee>x</marquee> <script>", "&lt;marquee&gt;x&lt;/marquee&gt; &lt;script&gt;".to_owned()),
        ("<at id=ou_1>", "<span class=\"lk-at\" title=\"ou_1\"><bdi>@ou_1</bdi></span>".to_owned()),
        ("<at></at>", "<span class=\"lk-bad\">&lt;at&gt;</span>".to_owned()),
    ] {
        assert_eq!(v2(text), expected, "{text}");
    }
}

#[test]
fn what_a_place_does_not_know_is_text() {
    let all = "# h\n> q\n`c`\n- l\n| a |\n|---|\n[x](https://a.example/) **b** <font color='red'>f</font> <number_tag>1</number_tag> ![i](k) :OK:";
    for (dialect, known, unknown) in [
        (
            Dialect::V2,
            vec![
                "lk-h h1",
                "<blockquote>",
                "<code>",
                "<ul>",
                "<table>",
                "<a ",
                "<strong>",
                "fg c-red",
                "lk-number",
                "lk-noimg",
                "lk-emoji",
            ],
            vec![],
        ),
        (
            Dialect::V1,
            vec!["<ul>", "<a ", "<strong>", "fg c-red", "lk-noimg", "lk-emoji"],
            vec!["# h", "&gt; q", "`c`", "| a |", "&lt;number_tag&gt;"],
        ),
        (Dialect::LarkMd, vec!["<a ", "<strong>", "fg c-red", "lk-emoji"], vec!["# h", "&gt; q", "`c`", "- l", "| a |", "![i](k)"]),
        (Dialect::Header, vec!["lk-emoji"], vec!["# h", "**b**", "[x](https://a.example/)", "&lt;font", "![i](k)"]),
        (Dialect::Post, vec!["<blockquote>", "<ul>", "<a ", "<strong>"], vec!["# h", "`c`", "| a |", "&lt;font", "![i](k)", ":OK:"]),
    ] {
        let drawn = html(all, dialect);
        for part in known.iter().chain(&unknown) {
            assert!(drawn.contains(part), "{dialect:?}: no {part} in {drawn}");
        }
    }
}

#[test]
fn lines_and_blocks() {
    for (text, expected) in [
        ("a\nb\n\nc", "<p dir=\"auto\">a<br class=\"lk-soft\">b</p><p dir=\"auto\">c</p>"),
        (
            "```go\na\n\n  b\n```\nc",
            "<div class=\"lk-code\" dir=\"ltr\"><span class=\"lk-lang\">go</span><pre tabindex=\"0\"><code>a\n\n  b</code></pre></div><p dir=\"auto\">c</p>",
        ),
        ("```\nopen", "<div class=\"lk-code\" dir=\"ltr\"><pre tabindex=\"0\"><code>open</code></pre></div>"),
        ("a ```\nb", "<p dir=\"auto\">a ```<br class=\"lk-soft\">b</p>"),
        ("    code", "<div class=\"lk-code\" dir=\"ltr\"><pre tabindex=\"0\"><code>code</code></pre></div>"),
        ("3. c\n4. d", "<ol start=\"3\"><li>c</li><li>d</li></ol>"),
        ("- a\n\n- b\n1. c", "<ul><li>a</li><li>b</li></ul><ol><li>c</li></ol>"),
        ("- a\n  more\ntext", "<ul><li>a<br class=\"lk-soft\">more</li></ul><p dir=\"auto\">text</p>"),
        ("- a\n  - same level\n        - deep", "<ul><li>a</li><li>same level<ul><li>deep</li></ul></li></ul>"),
        (">no space", "<p dir=\"auto\">&gt;no space</p>"),
        ("#no space", "<p dir=\"auto\">#no space</p>"),
        ("---\n***\n<hr>", "<hr><hr><hr>"),
        ("a|b\n-|-|-", "<p dir=\"auto\">a|b<br class=\"lk-soft\">-|-|-</p>"),
    ] {
        assert_eq!(html(text, Dialect::V2), expected, "{text}");
    }
    assert_eq!(html("a\n\nb", Dialect::V1), "<p dir=\"auto\">a<br><br>b</p>");
}

#[test]
fn as_plain_text() {
    let look = Look::new(Locale::En, &Nobody);
    let text = "# **Title**\n- [link](https://a.example) `c`\n> q <at id=all></at>\n\n| a | b |\n|---|---|\n| 1 | :DONE: |";
    assert_eq!(plain(text, Dialect::V2, &look), "Title link c q @everyone a b 1 ✅");
}
