//! How wide a text is, without the font at hand.

/// Widths of ASCII from the space on, in hundredths of the size: those of DejaVu Sans, which is as wide as any font that a
/// figure may be shown with.
const WIDTHS: [u8; 95] = [
    32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 34, 34, 84, 84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75,
    79, 60, 79, 69, 63, 61, 73, 68, 99, 69, 61, 69, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35,
    63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84,
];

/// The width of a text in pixels, at a size in pixels.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let hundredths: u32 = text.chars().map(|c| u32::from(of(c))).sum();
    f64::from(hundredths) * size / 100.0
}

fn of(c: char) -> u8 {
    match (c as u32).checked_sub(32) {
        Some(place) if place < 95 => WIDTHS[place as usize],
        _ if c == '\u{a0}' => WIDTHS[0],
        _ if (c as u32) < 0x2000 => 66,
        _ => 100,
    }
}

/// Leaves out the middle of what does not fit: names that begin alike mostly end differently.
pub(super) fn fit(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    // What a name is indented by is kept.
    if let Some(name) = text.strip_prefix('\u{a0}') {
        return format!("\u{a0}{}", fit(name, size, room - width("\u{a0}", size)));
    }
    let chars: Vec<char> = text.chars().collect();
    let shortened = |kept: usize| {
        let (head, tail) = (kept - kept / 2, kept / 2);
        let start: String = chars[..head].iter().collect();
        let end: String = chars[chars.len() - tail..].iter().collect();
        format!("{start}…{end}")
    };
    let fits = (1..chars.len()).rev().map(shortened).find(|text| width(text, size) <= room);
    fits.unwrap_or_else(|| "…".into())
}

/// Broken at spaces into lines that fit; a word that does not fit by itself is shortened.
pub(super) fn wrap(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = fit(word, size, room);
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), size) <= room => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_or_broken_fits() {
        let text = "queueing for a connection of the orders database";
        for room in [30.0, 80.0, 200.0] {
            assert!(width(&fit(text, 12.0, room), 12.0) <= room);
            let lines = wrap(text, 12.0, room);
            assert!(lines.iter().all(|line| width(line, 12.0) <= room), "{lines:?}");
        }
        assert_eq!(wrap(text, 12.0, 1000.0), [text]);
        assert_eq!(fit("short", 12.0, 100.0), "short");
        assert_eq!(fit("services.api.replicas", 10.0, 90.0), "services…eplicas");
    }
}
