//! Makes a message fit its channel: first values are cut (4000, 1000, 200 characters), then alerts are left out,
//! resolved ones first, then the mildest, then the oldest. At most eight renderings.

use super::display;
use super::model::View;
use crate::feishu::content::{Channel, Content, Limit, size};

/// Most renderings for one message.
const MAX_RENDERS: u32 = 8;
/// Caps of one value, in characters as people count them.
const CAPS: [usize; 3] = [4000, 1000, 200];

/// A message that fits, or the smallest there is.
pub struct Fitted {
    /// The message.
    pub content: Content,
    /// Alerts left out of it.
    pub omitted: usize,
    /// The cap that values were cut to.
    pub cap: usize,
    /// It is within the limit.
    pub fits: bool,
    /// How often it was rendered.
    pub renders: u32,
}

/// How full a message is: 1.0 is the limit, of bytes or of elements, whichever is nearer.
fn fullness(content: &Content, limit: Limit, channel: Channel) -> f64 {
    let bytes = size::wire_bytes(content, channel) as f64 / limit.bytes.max(1) as f64;
    match content {
        Content::Card(card) => bytes.max(size::elements(card) as f64 / limit.elements.max(1) as f64),
        _ => bytes,
    }
}

/// Renders with smaller and smaller contents until it fits. `render` gets the cap and how many alerts to keep.
///
/// # Errors
/// The first failure of `render`.
pub fn fit<E>(
    view: &View,
    limit: Limit,
    channel: Channel,
    mut render: impl FnMut(usize, usize) -> Result<Content, E>,
) -> Result<Fitted, E> {
    let total = view.alerts.len();
    let (mut cap, mut renders) = (CAPS[0], 1);
    let mut content = render(cap, total)?;
    let mut full = fullness(&content, limit, channel);
    let longest = if full > 1.0 { longest(view) } else { 0 };
    for smaller in CAPS.into_iter().skip(1).filter(|cap| longest > *cap) {
        if full <= 1.0 {
            break;
        }
        cap = smaller;
        content = render(cap, total)?;
        renders += 1;
        full = fullness(&content, limit, channel);
    }
    if full <= 1.0 || total == 0 {
        return Ok(Fitted { content, omitted: 0, cap, fits: full <= 1.0, renders });
    }
    // How full a message is grows about evenly with its alerts: a line through two points finds the number.
    let (mut low, mut high) = ((0usize, None::<f64>), (total, full));
    let mut best: Option<(usize, Content)> = None;
    let mut keep = ((total as f64 / full) * 0.98) as usize;
    while renders < MAX_RENDERS {
        if low.0 + 1 >= high.0 && low.1.is_some() {
            break;
        }
        keep = keep.clamp(low.0 + usize::from(low.1.is_some()), high.0.saturating_sub(1));
        if renders + 1 == MAX_RENDERS && best.is_none() {
            keep = 0;
        }
        let tried = render(cap, keep)?;
        renders += 1;
        let now = fullness(&tried, limit, channel);
        if now <= 1.0 {
            low = (keep, Some(now));
            best = Some((keep, tried));
            if now > 0.92 || keep + 1 >= high.0 {
                break;
            }
        } else {
            high = (keep, now);
            if keep == 0 {
                return Ok(Fitted { content: tried, omitted: total, cap, fits: false, renders });
            }
        }
        keep = match low.1 {
            Some(at_low) if high.1 > at_low => {
                let share = (0.99 - at_low) / (high.1 - at_low);
                low.0 + (share.max(0.0) * (high.0 - low.0) as f64) as usize
            }
            // Still too big: the excess above a third of the limit goes with the alerts.
            _ => (high.0 as f64 * (0.97 - 0.3) / (high.1 - 0.3).max(0.7)) as usize,
        };
    }
    let (keep, content) = match best {
        Some(best) => best,
        None => (0, render(cap, 0)?),
    };
    let fits = fullness(&content, limit, channel) <= 1.0;
    Ok(Fitted { content, omitted: total - keep, cap, fits, renders })
}

/// The longest value of a view in bytes; a character has at least one.
fn longest(view: &View) -> usize {
    let of = |labels: &crate::alert::Labels| labels.values().map(String::len).max().unwrap_or(0);
    let alerts = view.alerts.iter().map(|a| {
        let extra = a.alert.extra.values().map(display::longest_text).max().unwrap_or(0);
        of(&a.alert.labels).max(of(&a.alert.annotations)).max(extra).max(a.alert.generator_url.len())
    });
    alerts.max().unwrap_or(0).max(view.payload.values().map(display::longest_text).max().unwrap_or(0)).max(of(&view.group_labels))
}
