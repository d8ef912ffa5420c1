//! The names of the emoji that a reaction, or an `emotion` of a post, can be.
//!
//! From the platform's list (`open.feishu.cn/document/server-docs/im-v1/message-reaction/emojis-introduce`, read
//! 2026-11). Case matters.

/// Every `emoji_type`, in the order of its bytes.
#[rustfmt::skip]
pub const EMOJI_TYPES: [&str; 182] = [
    "18X", "2022", "ANGRY", "APPLAUSE", "AWESOMEN", "Alarm", "BEAR", "BEER", "BETRAYED", "BLUBBER", "BLUSH", "BOMB", "BULL",
    "Basketball", "BeamingFace", "BubbleTea", "CAKE", "CALF", "CANDIEDHAWS", "CHUCKLE", "CLAP", "CLEAVER", "COMFORT", "CRAZY",
    "CRY", "CUCUMBER", "CheckMark", "ClownFace", "Coffee", "ColdSweat", "CrossMark", "DIZZY", "DONE", "DROOL", "DROWSY", "DULL",
    "Delighted", "Drumstick", "EMBARRASSED", "ENOUGH", "ERROR", "EYESCLOSED", "EatingFood", "FACEPALM", "FINGERHEART",
    "FIRECRACKER", "FIREWORKS", "FISTBUMP", "FORTUNE", "FROWN", "Fire", "FullMoonFace", "GIFT", "GLANCE", "GeneralBusinessTrip",
    "GeneralDoNotDisturb", "GeneralInMeetingBusy", "GeneralMoonRest", "GeneralSun", "GeneralTravellingCar", "GeneralWorkFromHome",
    "Get", "GoGoGo", "HAMMER", "HAUGHTY", "HEADSET", "HEART", "HEARTBROKEN", "HIGHFIVE", "HUG", "HUSKY", "HappyDragon", "Hundred",
    "INNOCENTSMILE", "JIAYI", "JOYFUL", "JubilantRabbit", "KISS", "LAUGH", "LGTM", "LIPS", "LOL", "LOOKDOWN", "LOVE", "LUCK",
    "Lemon", "Loudspeaker", "MONEY", "MUSCLE", "MeMeMe", "MinusOne", "MoonRabbit", "Mooncake", "Movie", "Music", "NOSEPICK", "No",
    "OBSESSED", "OK", "OKR", "OnIt", "OneSecond", "PARTY", "PETRIFIED", "POOP", "PRAISE", "PROUD", "PUKE", "Partying", "Pepper",
    "Pin", "Pumpkin", "RAINBOWPUKE", "REDPACKET", "ROSE", "RoarForYou", "SALUTE", "SCOWL", "SHAKE", "SHHH", "SHOCKED", "SHOWOFF",
    "SHY", "SICK", "SILENT", "SKULL", "SLAP", "SLEEP", "SLIGHT", "SMART", "SMILE", "SMIRK", "SMOOCH", "SMUG", "SOB", "SPEECHLESS",
    "SPITBLOOD", "STRIVE", "SWEAT", "SaluteFace", "Shrug", "Sigh", "Snowman", "Soccer", "StatusBus", "StatusEnjoyLife",
    "StatusFlashOfInspiration", "StatusInFlight", "StatusReading", "Status_PrivateMessage", "StickyRiceBalls", "TEARS", "TEASE",
    "TERROR", "THANKS", "THINKING", "THUMBSUP", "TOASTED", "TONGUE", "TRICK", "TV", "ThanksFace", "ThumbsDown", "Trophy",
    "Typing", "UPPERLEFT", "VRHeadset", "WAIL", "WAVE", "WHAT", "WHIMPER", "WINK", "WITTY", "WOW", "WRONGED", "XBLUSH", "XmasHat",
    "XmasTree", "YAWN", "YEAH", "Yes", "YouAreTheBest",
];

/// Whether the platform has an emoji of this name.
pub fn exists(emoji_type: &str) -> bool {
    EMOJI_TYPES.binary_search(&emoji_type).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order_and_case_matters() {
        assert!(EMOJI_TYPES.is_sorted());
        for (name, known) in [("DONE", true), ("Done", false), ("OneSecond", true), ("2022", true), ("", false)] {
            assert_eq!(exists(name), known, "{name}");
        }
    }
}
