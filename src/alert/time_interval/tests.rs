use super::*;

fn raw(json: &str) -> RawTimeInterval {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn holds(json: &str, now: &str) -> bool {
    TimeInterval::parse(&raw(json)).unwrap_or_else(|error| panic!("{json}: {error}")).contains(now.parse().unwrap())
}

#[test]
fn contains_as_in_alertmanager() {
    // 2026-11-22 is a Sunday; November has 30 days
    let table = [
        ("{}", "2026-11-22T02:00:00Z", true),
        (r#"{"times":[{"start_time":"09:00","end_time":"17:00"}]}"#, "2026-11-22T09:00:00Z", true),
        (r#"{"times":[{"start_time":"09:00","end_time":"17:00"}]}"#, "2026-11-22T16:59:59.999Z", true),
        (r#"{"times":[{"start_time":"09:00","end_time":"17:00"}]}"#, "2026-11-22T17:00:00Z", false),
        (r#"{"times":[{"start_time":"09:00","end_time":"17:00"}]}"#, "2026-11-22T08:59:59Z", false),
        (r#"{"times":[{"start_time":"22:00","end_time":"24:00"}]}"#, "2026-11-22T23:59:59Z", true),
        (
            r#"{"times":[{"start_time":"22:00","end_time":"24:00"},{"start_time":"00:00","end_time":"08:00"}]}"#,
            "2026-11-22T00:00:00Z",
            true,
        ),
        (r#"{"times":[{"start_time":"22:00","end_time":"24:00"}],"location":"Asia/Shanghai"}"#, "2026-11-22T15:00:00Z", true),
        (r#"{"times":[{"start_time":"22:00","end_time":"24:00"}],"location":"Asia/Shanghai"}"#, "2026-11-22T23:00:00Z", false),
        (r#"{"weekdays":["sunday"]}"#, "2026-11-22T12:00:00Z", true),
        (r#"{"weekdays":["Sunday"],"location":"Asia/Shanghai"}"#, "2026-11-22T16:00:00Z", false),
        (r#"{"weekdays":["monday:friday"]}"#, "2026-11-22T12:00:00Z", false),
        (r#"{"weekdays":["monday:friday"]}"#, "2026-11-27T12:00:00Z", true),
        (r#"{"weekdays":["monday:friday"]}"#, "2026-11-28T12:00:00Z", false),
        (r#"{"days_of_month":["22"]}"#, "2026-11-22T12:00:00Z", true),
        (r#"{"days_of_month":[21, 23]}"#, "2026-11-22T12:00:00Z", false),
        (r#"{"days_of_month":["-1"]}"#, "2026-11-30T12:00:00Z", true),
        (r#"{"days_of_month":["-1"]}"#, "2026-11-29T12:00:00Z", false),
        (r#"{"days_of_month":["-3:-1"]}"#, "2028-02-27T12:00:00Z", true),
        (r#"{"days_of_month":["-3:-1"]}"#, "2028-02-26T12:00:00Z", false),
        (r#"{"days_of_month":["1:-1"]}"#, "2026-11-22T12:00:00Z", true),
        (r#"{"days_of_month":["31"]}"#, "2026-11-30T12:00:00Z", false),
        (r#"{"days_of_month":["29:31"]}"#, "2026-11-30T12:00:00Z", true),
        (r#"{"days_of_month":["-31:-25"]}"#, "2026-11-06T12:00:00Z", true),
        (r#"{"months":["november"]}"#, "2026-11-22T12:00:00Z", true),
        (r#"{"months":["1:3","may:august",12]}"#, "2026-11-22T12:00:00Z", false),
        (r#"{"months":["9:November"]}"#, "2026-11-22T12:00:00Z", true),
        (r#"{"years":["2020:2026"]}"#, "2026-11-22T12:00:00Z", true),
        (r#"{"years":[2027]}"#, "2026-11-22T12:00:00Z", false),
        (r#"{"years":[2027],"location":"Asia/Shanghai"}"#, "2026-12-31T16:00:00Z", true),
        // every part must hold
        (r#"{"weekdays":["sunday"],"months":["october"]}"#, "2026-11-22T12:00:00Z", false),
        // the clock that goes back shows 02:30 twice; both are in
        (r#"{"times":[{"start_time":"02:00","end_time":"03:00"}],"location":"Europe/Berlin"}"#, "2026-10-25T00:30:00Z", true),
        (r#"{"times":[{"start_time":"02:00","end_time":"03:00"}],"location":"Europe/Berlin"}"#, "2026-10-25T01:30:00Z", true),
    ];
    for (json, now, expected) in table {
        assert_eq!(holds(json, now), expected, "{json} at {now}");
    }
}

#[test]
fn says_what_is_wrong_and_where() {
    let table = [
        (r#"{"times":[{"start_time":"9:00","end_time":"17:00"}]}"#, "times[0].start_time: \"9:00\" is not a time of day"),
        (r#"{"times":[{"start_time":"09:00","end_time":"24:01"}]}"#, "times[0].end_time: \"24:01\" is not a time of day"),
        (r#"{"times":[{"start_time":"09:00","end_time":"0九0"}]}"#, "times[0].end_time"),
        (
            r#"{"times":[{"start_time":"22:00","end_time":"08:00"}]}"#,
            "times[0]: 22:00 to 08:00 ends before it starts; write a night as two",
        ),
        (r#"{"times":[{"start_time":"08:00","end_time":"08:00"}]}"#, "ends before it starts"),
        (r#"{"weekdays":["monday","mon"]}"#, "weekdays[1]: \"mon\" is not a weekday; did you mean monday?"),
        (r#"{"weekdays":["mittwoch"]}"#, "weekdays[0]: \"mittwoch\" is not a weekday; write sunday"),
        (r#"{"weekdays":["friday:monday"]}"#, "ends before it starts; write it as two ranges"),
        (r#"{"days_of_month":["0"]}"#, "days_of_month[0]: \"0\" is not a day of the month"),
        (r#"{"days_of_month":["32"]}"#, "is not a day of the month"),
        (r#"{"days_of_month":["-1:5"]}"#, "its end must be negative"),
        (r#"{"days_of_month":["5:1"]}"#, "ends before it starts"),
        (r#"{"days_of_month":["28:-5"]}"#, "ends before it starts"),
        (r#"{"months":["13"]}"#, "months[0]: \"13\" is not a month; write 1 to 12"),
        (r#"{"months":["septembre"]}"#, "did you mean september?"),
        (r#"{"months":["december:january"]}"#, "ends before it starts"),
        (r#"{"years":["2028:2026"]}"#, "years[0]: \"2028:2026\" ends before it starts"),
        (r#"{"years":["next"]}"#, "is not a year"),
        (r#"{"location":"Asia/Beijing"}"#, "location: \"Asia/Beijing\" is not a known time zone"),
    ];
    for (json, part) in table {
        let error = TimeInterval::parse(&raw(json)).unwrap_err().to_string();
        assert!(error.contains(part), "{json}: {error}");
    }
    for json in [r#"{"weekday":["monday"]}"#, r#"{"times":[{"start_time":"08:00"}]}"#, r#"{"years":[true]}"#] {
        assert!(serde_json::from_str::<RawTimeInterval>(json).is_err(), "{json}");
    }
}

#[test]
fn reads_bare_numbers() {
    let raw: RawTimeInterval = serde_json::from_value(serde_json::json!({
        "times": [{"start_time": "22:00", "end_time": "24:00"}], "weekdays": ["monday:friday", "sunday"],
        "days_of_month": [1, -1, "1:5", "-3:-1"], "months": [1, "may:august"], "years": [2026, "2027:2028"], "location": "Asia/Shanghai"
    }))
    .unwrap();
    let days: Vec<&str> = raw.days_of_month.iter().map(|day| day.0.as_str()).collect();
    assert_eq!(days, ["1", "-1", "1:5", "-3:-1"]);
    assert!(TimeInterval::parse(&raw).is_ok());
    let schema = serde_json::to_value(schemars::schema_for!(RawTimeInterval)).unwrap();
    assert_eq!(schema["additionalProperties"], false);
}
