//! What each helper is for, in a line, with an example: for people who write templates in a browser.

use serde::Serialize;

/// A helper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HelperDoc {
    /// Its name.
    pub name: &'static str,
    /// How it is written.
    pub example: &'static str,
    /// What it does.
    pub en: &'static str,
    /// The same in Chinese.
    pub zh: &'static str,
}

macro_rules! docs {
    ($($name:literal $example:literal $en:literal $zh:literal;)+) => {
        &[$(HelperDoc { name: $name, example: $example, en: $en, zh: $zh }),+]
    };
}

/// Every helper, the engine's own last.
pub const DOCS: &[HelperDoc] = docs! {
    "ago" "{{ago startsAt}}" "how long before this message was made" "距消息生成有多久";
    "at" "{{#each mentions}}{{at this}}{{/each}}" "a mention" "@ 某人";
    "date" "{{date startsAt}}" "a day; in cards in the reader's own zone" "日期；卡片里按读者自己的时区";
    "datetime" "{{datetime startsAt}}" "a day and a time" "日期和时间";
    "default" "{{default labels.team \"-\"}}" "the first that is not missing, empty or false" "第一个不缺失、不为空、不为假的值";
    "font" "{{font \"red\" title}}" "colour in a card's markdown" "卡片 markdown 里的颜色";
    "groupBy" "{{#each (groupBy alerts \"labels.cluster\")}}{{key}}: {{len items}}{{/each}}" "groups of a list" "把列表分组";
    "humanize" "{{humanize 1234567}}" "a number, short: 1.235M" "简短的数字：1.235M";
    "humanizeBytes" "{{humanizeBytes value}}" "bytes: 1.5 GiB" "字节数：1.5 GiB";
    "humanizeDuration" "{{humanizeDuration duration}}" "seconds: 1h 5m" "秒数：1h 5m";
    "humanizePercentage" "{{humanizePercentage value}}" "a ratio: 8.34%" "比例：8.34%";
    "join" "{{join alerts \", \" by=\"labels.instance\"}}" "a list as text; a map as name=value" "把列表写成文字；映射写成 name=value";
    "json" "\"rows\": {{json view.rows}}" "a JSON value, where one stands, without quotes" "JSON 值，写在值的位置，不加引号";
    "link" "{{link \"Graph\" links.graph}}" "a link where links can stand, else its label" "能放链接处为链接，否则为文字";
    "lower" "{{lower labels.team}}" "lower case" "小写";
    "match" "{{#if (match labels.instance \"^db-\")}}...{{/if}}" "whether a regular expression matches" "正则表达式是否匹配";
    "replace" "{{replace labels.job \"_\" \" \"}}" "text with another in its place" "替换文字";
    "severityColor" "{{severityColor severity}}" "a header colour, of a severity or a state" "级别或状态对应的标题颜色";
    "severityIcon" "{{severityIcon severity}}" "an emoji, of a severity or a state" "级别或状态对应的表情";
    "sort" "{{#each (sort alerts by=\"startsAt\" desc=true)}}...{{/each}}" "a sorted list" "排序后的列表";
    "t" "{{t \"firing\"}}" "a word of the built-in templates in the message's language" "内置模板的词，按消息的语言";
    "time" "{{time startsAt seconds=true}}" "a time of day; in cards in the reader's own zone" "时刻；卡片里按读者自己的时区";
    "title" "{{title labels.team}}" "each word with a capital" "每个词首字母大写";
    "truncate" "{{truncate annotations.description 80}}" "at most so many characters" "最多这么多字";
    "upper" "{{upper labels.team}}" "upper case" "大写";
    "urlEncode" "{{urlEncode labels.instance}}" "percent-encoded" "百分号编码";
    "and" "{{#if (and test labels.team)}}...{{/if}}" "both" "两者都真";
    "each" "{{#each alerts}}{{name}}{{/each}}" "once for each element" "对每个元素";
    "eq" "{{#if (eq status \"firing\")}}...{{/if}}" "equal" "相等";
    "gt" "{{#if (gt counts.firing 3)}}...{{/if}}" "greater" "大于";
    "gte" "{{#if (gte counts.firing 3)}}...{{/if}}" "greater or equal" "大于等于";
    "if" "{{#if resolved}}...{{else}}...{{/if}}" "where it is not missing, empty or false" "不缺失、不为空、不为假时";
    "len" "{{len alerts}}" "how many" "个数";
    "lookup" "{{lookup labels \"team\"}}" "a field by a name that is computed" "按算出的名字取字段";
    "lt" "{{#if (lt counts.firing 3)}}...{{/if}}" "less" "小于";
    "lte" "{{#if (lte counts.firing 3)}}...{{/if}}" "less or equal" "小于等于";
    "ne" "{{#if (ne severity \"info\")}}...{{/if}}" "not equal" "不相等";
    "not" "{{#if (not test)}}...{{/if}}" "the opposite" "取反";
    "or" "{{#if (or resolved gone)}}...{{/if}}" "one of them; for conditions" "其一为真；用于条件";
    "raw" "{{{{raw}}}}{{as it is}}{{{{/raw}}}}" "text that is no template" "不当作模板的文字";
    "unless" "{{#unless links.runbook}}...{{/unless}}" "where it is missing, empty or false" "缺失、为空、为假时";
    "with" "{{#with links}}{{runbook}}{{/with}}" "inside of something" "进入某个值";
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::helpers::names;

    #[test]
    fn every_helper_is_described_and_no_other() {
        let mut described: Vec<&str> = DOCS.iter().map(|doc| doc.name).collect();
        let mut known: Vec<&str> = names().collect();
        described.sort_unstable();
        known.sort_unstable();
        assert_eq!(described, known);
        for doc in DOCS {
            assert!(doc.example.contains(doc.name) && !doc.en.is_empty() && !doc.zh.is_empty(), "{doc:?}");
        }
    }
}
