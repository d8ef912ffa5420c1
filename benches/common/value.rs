//! A kilobyte of what alerts say: log lines, markup and Chinese.

/// What a description might be.
pub fn value() -> String {
    "ERROR [pool-1] <b>支付</b> failed: `x_y` != 1.5 & retry *now* at https://a.example/?q=(1)\n".repeat(11)
}
