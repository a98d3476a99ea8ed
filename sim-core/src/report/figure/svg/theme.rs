//! Colours: light, dark, or as the page around a figure has them.

use super::super::Colour;
use plotters::style::RGBColor;

/// How a figure is coloured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Theme {
    /// Dark on white.
    #[default]
    Light,
    /// Light on near black.
    Dark,
    /// By variables of the style sheet around it, [`Theme::style_sheet`], so that one drawing serves both.
    Page,
}

/// What is coloured beside data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    Paper,
    Ink,
    Faint,
    Grid,
}

/// Every fixed colour: the name of its variable, light, dark.
///
/// Numbers are the palette of M. Okabe and K. Ito, "Color Universal Design", 2008, made lighter for a dark ground; the
/// first two are told apart in every kind of colour vision, and series differ in their markers, too.
const COLOURS: [(&str, u32, u32); 13] = [
    ("paper", 0xFF_FFFF, 0x14_181D),
    ("ink", 0x1B_1F24, 0xE6_EAEE),
    ("faint", 0x59_636E, 0x9D_A7B1),
    ("grid", 0xDF_E3E8, 0x30_373F),
    ("bad", 0xB3_2D00, 0xFF_8A5C),
    ("good", 0x00_7A5A, 0x3F_C79A),
    ("c0", 0x00_72B2, 0x57_AEEB),
    ("c1", 0xD5_5E01, 0xF5_9142),
    ("c2", 0x00_9E73, 0x35_C79F),
    ("c3", 0xBC_5F94, 0xE3_9CC8),
    ("c4", 0xC9_8A00, 0xF0_BE3C),
    ("c5", 0x3B_9BD1, 0x9F_D5F6),
    ("c6", 0x6B_6257, 0xC2_B8AA),
];

/// Where the numbered colours begin in [`COLOURS`], and how many there are.
const NUMBERED: usize = 6;
pub(super) const NUMBERS: usize = COLOURS.len() - NUMBERED;

/// From little to much: cividis, by J. R. Nuñez, C. R. Anderton and R. S. Renslow, "Optimizing colormaps with
/// consideration for color vision deficiency", PLoS ONE 13 (2018), at nine places.
const AMOUNTS: [u32; 9] = [
    0x00_224E, 0x12_3570, 0x3B_496C, 0x57_5D6D, 0x70_7173, 0x8A_8678, 0xA5_9C74, 0xC3_B369,
    0xFE_E838,
];

impl Theme {
    pub(super) fn part(self, part: Part) -> RGBColor {
        self.fixed(part as usize)
    }

    /// The colour of data.
    pub(super) fn colour(self, colour: Colour) -> RGBColor {
        match colour {
            Colour::Neutral => self.part(Part::Faint),
            Colour::Bad => self.fixed(4),
            Colour::Good => self.fixed(5),
            Colour::Number(number) => self.fixed(NUMBERED + number % NUMBERS),
            Colour::Amount(share) => amount(share),
        }
    }

    /// What can be read on an amount.
    pub(super) fn on_amount(share: u16) -> RGBColor {
        if share < 550 { rgb(0xFF_FFFF) } else { rgb(0x10_1418) }
    }

    fn fixed(self, index: usize) -> RGBColor {
        let (_, light, dark) = COLOURS[index];
        rgb(if self == Theme::Dark { dark } else { light })
    }

    /// Elements as the theme has them: on a page, variables in place of colours.
    pub(super) fn finish(self, elements: String) -> String {
        if self != Theme::Page {
            return elements;
        }
        COLOURS.iter().fold(elements, |text, (name, light, _)| {
            text.replace(&format!("\"#{light:06X}\""), &format!("\"var(--{name})\""))
        })
    }

    /// The variables that [`Theme::Page`] uses, for light and for dark.
    pub fn style_sheet(self) -> String {
        let dark = self == Theme::Dark;
        let colour = |(name, light, deep): &(&str, u32, u32)| {
            format!("--{name}:#{:06X};", if dark { deep } else { light })
        };
        COLOURS.iter().map(colour).collect()
    }
}

fn rgb(hex: u32) -> RGBColor {
    let [_, r, g, b] = hex.to_be_bytes();
    RGBColor(r, g, b)
}

/// Between two of [`AMOUNTS`], by whole numbers.
fn amount(share: u16) -> RGBColor {
    let along = u32::from(share.min(1000)) * (AMOUNTS.len() as u32 - 1);
    let (index, rest) = ((along / 1000) as usize, along % 1000);
    let from = AMOUNTS[index].to_be_bytes();
    let to = AMOUNTS[(index + 1).min(AMOUNTS.len() - 1)].to_be_bytes();
    let mix =
        |i: usize| ((u32::from(from[i]) * (1000 - rest) + u32::from(to[i]) * rest) / 1000) as u8;
    RGBColor(mix(1), mix(2), mix(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance by WCAG 2.2; the power is taken as 2.2, which is near enough for a test.
    fn luminance(RGBColor(r, g, b): RGBColor) -> f64 {
        let linear = |channel: u8| crate::math::pow(f64::from(channel) / 255.0, 2.2);
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    fn contrast(a: RGBColor, b: RGBColor) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Text needs 4.5, lines and markers 3: WCAG 2.2, 1.4.3 and 1.4.11; a colour that has less is doubled by a marker.
    #[test]
    fn everything_can_be_seen_on_its_ground() {
        for theme in [Theme::Light, Theme::Dark] {
            let paper = theme.part(Part::Paper);
            for part in [Part::Ink, Part::Faint] {
                assert!(contrast(theme.part(part), paper) >= 4.5, "{theme:?} {part:?}");
            }
            for colour in (0..NUMBERS).map(Colour::Number).chain([Colour::Bad, Colour::Good]) {
                let contrast = contrast(theme.colour(colour), paper);
                assert!(contrast >= 2.9, "{theme:?} {colour:?} {contrast}");
            }
        }
        for share in (0..=1000).step_by(25) {
            assert!(
                contrast(amount(share), Theme::on_amount(share)) >= 3.9,
                "{share} {}",
                contrast(amount(share), Theme::on_amount(share))
            );
        }
    }

    #[test]
    fn no_two_colours_are_one() {
        for (at, (name, light, dark)) in COLOURS.iter().enumerate() {
            let alike = |(_, l, d): &&(&str, u32, u32)| l == light || d == dark;
            assert_eq!(COLOURS.iter().filter(alike).count(), 1, "{at} {name}");
        }
    }
}
