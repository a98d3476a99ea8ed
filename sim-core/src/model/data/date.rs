//! Instants written as text, and the civil calendar they count by.

const NANOS: i128 = 1_000_000_000;

/// An instant as written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stamp {
    /// Nanoseconds since 1970, UTC, or since whatever a plain number counts from.
    pub(super) nanos: i128,
    /// Whether a fraction of a second was written.
    pub(super) fraction: bool,
    /// Whether it is a date; else a number of seconds.
    pub(super) dated: bool,
}

/// Reads seconds (`1700158546.68`) or a date (`2023-11-16 18:15:46.6805900`, `2024-01-31T10:00:00Z`,
/// `2024-01-31 10:00:00+01:00`); a date without an offset is UTC.
pub(super) fn stamp(text: &str) -> Option<Stamp> {
    seconds(text).or_else(|| date(text))
}

/// Decimal seconds, exactly: as a binary float, a date in seconds would lose what comes after the
/// microsecond.
fn seconds(text: &str) -> Option<Stamp> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    const DIGITS_MAX: usize = 12;
    if whole.is_empty() || whole.len() > DIGITS_MAX || !whole.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let nanos = sign * (whole.parse::<i128>().ok()? * NANOS + fraction(rest)?);
    Some(Stamp { nanos, fraction: !rest.is_empty(), dated: false })
}

fn date(text: &str) -> Option<Stamp> {
    let mut s = Scan(text);
    let (year, month, day) = (s.number(4)?, s.after('-')?.number(2)?, s.after('-')?.number(2)?);
    let midnight = days(year, month, day)? * 86_400;
    let seconds = s.after_any([' ', 'T', 't'])?.time_of_day()?;
    let end = s.0.find(['Z', 'z', '+', '-', ' ']).unwrap_or(s.0.len());
    let (decimals, zone) = s.0.split_at(end);
    let nanos = (midnight + seconds - offset(zone.trim_start())?) * NANOS + fraction(decimals)?;
    Some(Stamp { nanos, fraction: !decimals.is_empty(), dated: true })
}

/// Reads the date of an access log, `17/May/2015:10:05:03 +0000`, in seconds since 1970.
pub(super) fn log_date(text: &str) -> Option<i128> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut s = Scan(text);
    let day = s.number(2)?;
    let name = s.after('/')?.take(3)?;
    let month = MONTHS.iter().position(|m| *m == name)? as i128 + 1;
    let midnight = days(s.after('/')?.number(4)?, month, day)? * 86_400;
    let seconds = s.after(':')?.time_of_day()?;
    let zone = s.after(' ')?.0;
    if zone.len() < 5 { None } else { Some(midnight + seconds - offset(zone)?) }
}

/// Nanoseconds of `""` or `".5"`; what lies below a nanosecond is cut off.
fn fraction(text: &str) -> Option<i128> {
    if text.is_empty() {
        return Some(0);
    }
    let digits = text.strip_prefix('.')?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let padded = digits.bytes().chain(std::iter::repeat(b'0'));
    Some(padded.take(9).fold(0, |nanos, digit| nanos * 10 + i128::from(digit - b'0')))
}

/// Seconds east of Greenwich: nothing, `Z`, `+01:00`, `+0100` or `+01`.
fn offset(text: &str) -> Option<i128> {
    if matches!(text, "" | "Z" | "z") {
        return Some(0);
    }
    let mut s = Scan(text);
    let sign = if s.after_any(['+', '-']).is_some() && text.starts_with('+') { 1 } else { -1 };
    let hours = s.number(2)?;
    s.0 = s.0.strip_prefix(':').unwrap_or(s.0);
    let minutes = if s.0.is_empty() { 0 } else { s.number(2)? };
    let valid = hours < 24 && minutes < 60 && s.0.is_empty();
    valid.then_some(sign * (hours * 3600 + minutes * 60))
}

/// Days since 1970-01-01 in the Gregorian calendar; `None` for a day that does not exist.
///
/// Counts years from March, so that the leap day comes last: the days before month `m` are then
/// `⌊(153 m + 2) / 5⌋`, and those before year `y` are `365 y + ⌊y/4⌋ - ⌊y/100⌋ + ⌊y/400⌋`.
fn days(year: i128, month: i128, day: i128) -> Option<i128> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i128::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=last).contains(&day) {
        return None;
    }
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400);
    // 719,468 days lie between 1 March of year 0 and the start of 1970.
    Some(365 * y + leaps + (153 * m + 2) / 5 + day - 1 - 719_468)
}

/// A cursor over text: every step returns `None` if the text does not go on as expected.
struct Scan<'t>(&'t str);

impl<'t> Scan<'t> {
    fn take(&mut self, bytes: usize) -> Option<&'t str> {
        let (head, tail) = self.0.split_at_checked(bytes)?;
        self.0 = tail;
        Some(head)
    }

    /// A number of exactly so many digits.
    fn number(&mut self, digits: usize) -> Option<i128> {
        let head = self.take(digits)?;
        head.bytes().try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + i128::from(b - b'0')))
    }

    fn after(&mut self, mark: char) -> Option<&mut Scan<'t>> {
        self.0 = self.0.strip_prefix(mark)?;
        Some(self)
    }

    fn after_any<const N: usize>(&mut self, marks: [char; N]) -> Option<&mut Scan<'t>> {
        self.0 = self.0.strip_prefix(marks)?;
        Some(self)
    }

    /// `10:00:00`, in seconds; a leap second counts as the first of the next minute.
    fn time_of_day(&mut self) -> Option<i128> {
        let hour = self.number(2)?;
        let minute = self.after(':')?.number(2)?;
        let second = self.after(':')?.number(2)?;
        (hour < 24 && minute < 60 && second <= 60).then_some(hour * 3600 + minute * 60 + second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Instants by GNU `date -ud '...' +%s`.
    #[test]
    fn dates_count_from_1970() {
        let seconds = |text| stamp(text).map(|s| s.nanos / NANOS);
        assert_eq!(seconds("1970-01-01 00:00:00"), Some(0));
        assert_eq!(seconds("2023-11-16 18:15:46.6805900"), Some(1_700_158_546));
        assert_eq!(seconds("2000-02-29T23:59:59Z"), Some(951_868_799));
        assert_eq!(seconds("2024-01-31T10:00:00.5+01:00"), Some(1_706_691_600));
        assert_eq!(seconds("2024-01-31 10:00:00 -0530"), Some(1_706_715_000));
        assert_eq!(seconds("1969-12-31 23:59:59"), Some(-1));
        assert_eq!(log_date("17/May/2015:10:05:03 +0000"), Some(1_431_857_103));
        assert_eq!(log_date("29/Feb/2016:00:00:00 +0200"), Some(1_456_696_800));
    }

    /// Every day of 800 years follows the one before it.
    #[test]
    fn days_follow_each_other() {
        let mut expected = days(1800, 1, 1).unwrap();
        for year in 1800..2600 {
            for month in 1..=12 {
                for day in (1..=31).filter_map(|day| days(year, month, day)) {
                    assert_eq!(day, expected);
                    expected += 1;
                }
            }
        }
    }

    #[test]
    fn fractions_are_exact() {
        let nanos = |text| stamp(text).map(|s| s.nanos);
        assert_eq!(nanos("1700158546.680590"), Some(1_700_158_546_680_590_000));
        assert_eq!(nanos("0.0000000019"), Some(1));
        assert_eq!(nanos("-1.5"), Some(-1_500_000_000));
        assert_eq!(nanos("1970-01-01 00:00:00.6805900"), Some(680_590_000));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            ".",
            "-",
            "1.",
            "1.5.2",
            "1e3",
            "nan",
            "2023-11-16",
            "2023-11-16 18:15",
            "2023-11-16 18:15:4",
            "2023-02-29 00:00:00",
            "2023-13-01 00:00:00",
            "2023-11-16 24:00:00",
            "2023-11-16 18:15:46x",
            "2023-11-16 18:15:46.",
            "2023-11-16 18:15:46+1",
            "2023-11-16 18:15:46 +01:0",
            "２023-11-16 18:15:46",
        ] {
            assert_eq!(stamp(text), None, "{text}");
        }
        for text in
            ["17/May/2015:10:05:03", "17/Mai/2015:10:05:03 +0000", "17/May/2015:10:05:03 +00"]
        {
            assert_eq!(log_date(text), None, "{text}");
        }
    }
}
