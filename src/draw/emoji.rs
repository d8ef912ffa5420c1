//! Emoji keys (`DONE`, `THUMBSUP`) as the characters that come closest to the platform's own pictures.

/// Keys and characters, in the order of their bytes. The platform's own figures (`HUSKY`, `JIAYI`) have none that fit.
#[rustfmt::skip]
const CHARACTERS: &[(&str, &str)] = &[
    ("18X", "🔞"), ("ANGRY", "😠"), ("APPLAUSE", "👏"), ("AWESOMEN", "👍"), ("Alarm", "⏰"), ("BEAR", "🐻"), ("BEER", "🍺"),
    ("BLUBBER", "😭"), ("BLUSH", "😊"), ("BOMB", "💣"), ("BULL", "🐮"), ("Basketball", "🏀"), ("BeamingFace", "😁"),
    ("BubbleTea", "🧋"), ("CAKE", "🎂"), ("CHUCKLE", "🤭"), ("CLAP", "👏"), ("CLEAVER", "🔪"), ("CRAZY", "🤪"), ("CRY", "😢"),
    ("CUCUMBER", "🥒"), ("CheckMark", "✅"), ("ClownFace", "🤡"), ("Coffee", "☕"), ("ColdSweat", "😰"), ("CrossMark", "❌"),
    ("DIZZY", "😵"), ("DONE", "✅"), ("DROOL", "🤤"), ("DROWSY", "😪"), ("DULL", "😐"), ("Delighted", "😃"), ("Drumstick", "🍗"),
    ("EMBARRASSED", "😳"), ("ERROR", "❌"), ("EYESCLOSED", "😌"), ("EatingFood", "😋"), ("FACEPALM", "🤦"), ("FINGERHEART", "🫰"),
    ("FIRECRACKER", "🧨"), ("FIREWORKS", "🎆"), ("FISTBUMP", "👊"), ("FROWN", "☹️"), ("Fire", "🔥"), ("FullMoonFace", "🌝"),
    ("GIFT", "🎁"), ("GLANCE", "👀"), ("GeneralBusinessTrip", "💼"), ("GeneralDoNotDisturb", "⛔"), ("GeneralInMeetingBusy", "📅"),
    ("GeneralMoonRest", "🌙"), ("GeneralSun", "☀️"), ("GeneralTravellingCar", "🚗"), ("GeneralWorkFromHome", "🏠"), ("Get", "👌"),
    ("HAMMER", "🔨"), ("HAUGHTY", "😤"), ("HEADSET", "🎧"), ("HEART", "❤️"), ("HEARTBROKEN", "💔"), ("HIGHFIVE", "🙌"), ("HUG", "🤗"),
    ("Hundred", "💯"), ("INNOCENTSMILE", "🙂"), ("JOYFUL", "😆"), ("KISS", "😘"), ("LAUGH", "😄"), ("LGTM", "👍"), ("LIPS", "👄"),
    ("LOL", "😂"), ("LOVE", "😍"), ("LUCK", "🍀"), ("Lemon", "🍋"), ("Loudspeaker", "📢"), ("MONEY", "🤑"), ("MUSCLE", "💪"),
    ("MinusOne", "👎"), ("MoonRabbit", "🐰"), ("Mooncake", "🥮"), ("Movie", "🎬"), ("Music", "🎵"), ("No", "🙅"), ("OBSESSED", "🤩"),
    ("OK", "👌"), ("OnIt", "🫡"), ("OneSecond", "☝️"), ("PARTY", "🎉"), ("PETRIFIED", "🗿"), ("POOP", "💩"), ("PRAISE", "👍"),
    ("PROUD", "😎"), ("PUKE", "🤮"), ("Partying", "🥳"), ("Pepper", "🌶️"), ("Pin", "📌"), ("Pumpkin", "🎃"), ("REDPACKET", "🧧"),
    ("ROSE", "🌹"), ("SALUTE", "🫡"), ("SCOWL", "😠"), ("SHAKE", "🤝"), ("SHHH", "🤫"), ("SHOCKED", "😱"), ("SHY", "☺️"),
    ("SICK", "🤒"), ("SILENT", "🤐"), ("SKULL", "💀"), ("SLEEP", "😴"), ("SLIGHT", "🙁"), ("SMART", "🤓"), ("SMILE", "😊"),
    ("SMIRK", "😏"), ("SMOOCH", "😚"), ("SOB", "😭"), ("SPEECHLESS", "😶"), ("SWEAT", "😓"), ("SaluteFace", "🫡"), ("Shrug", "🤷"),
    ("Sigh", "😮‍💨"), ("Snowman", "⛄"), ("Soccer", "⚽"), ("StatusBus", "🚌"), ("StatusFlashOfInspiration", "💡"),
    ("StatusInFlight", "✈️"), ("StatusReading", "📖"), ("TEARS", "🥲"), ("THANKS", "🙏"), ("THINKING", "🤔"), ("THUMBSUP", "👍"),
    ("TONGUE", "😛"), ("TV", "📺"), ("ThumbsDown", "👎"), ("Trophy", "🏆"), ("Typing", "⌨️"), ("WAVE", "👋"), ("WINK", "😉"),
    ("WOW", "😮"), ("Yes", "🙆"),
];

/// The character of a key, where there is one that fits.
pub fn character(key: &str) -> Option<&'static str> {
    CHARACTERS.binary_search_by_key(&key, |(known, _)| known).ok().map(|at| CHARACTERS[at].1)
}

/// What is shown for a key: its character, else the key in brackets.
pub fn shown(key: &str) -> String {
    character(key).map_or_else(|| format!("[{key}]"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feishu::content::emoji;

    #[test]
    fn every_key_is_one_of_the_platform() {
        assert!(CHARACTERS.is_sorted_by_key(|(key, _)| *key));
        for (key, _) in CHARACTERS {
            assert!(emoji::exists(key), "{key}");
        }
        assert_eq!((shown("DONE").as_str(), shown("HUSKY").as_str()), ("✅", "[HUSKY]"));
    }
}
