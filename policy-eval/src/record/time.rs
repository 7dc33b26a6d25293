//! A point in time that the caller gives: nanoseconds since 1970, written as RFC 3339.

use core::fmt;

const NANOS: u64 = 1_000_000_000;
const DAY: u64 = 24 * 60 * 60;

/// A point in time, UTC: nanoseconds since 1970 without leap seconds, up to the year 2554.
///
/// ```
/// use policy_eval::record::Time;
/// let time = Time::from_unix_nanos(1_795_515_300_000_000_000);
/// assert_eq!(time.to_string(), "2026-11-24T10:15:00Z");
/// assert_eq!("2026-11-24T10:15:00.25Z".parse(), Ok(Time::from_unix_nanos(1_795_515_300_250_000_000)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

/// Why a text is no [`Time`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeError;

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a time of RFC 3339 in UTC, like `2026-11-24T10:15:00.5Z`")
    }
}

impl std::error::Error for TimeError {}

impl Time {
    /// The time so many nanoseconds after the beginning of 1970.
    pub const fn from_unix_nanos(nanos: u64) -> Time {
        Time(nanos)
    }

    /// Nanoseconds since the beginning of 1970.
    pub const fn unix_nanos(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = (self.0 / NANOS, self.0 % NANOS);
        let (year, month, day) = date(seconds / DAY);
        let (hour, minute, second) = (seconds % DAY / 3600, seconds % 3600 / 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if nanos != 0 {
            let digits = format!("{nanos:09}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

impl core::str::FromStr for Time {
    type Err = TimeError;

    /// # Errors
    /// When the text is not `YYYY-MM-DDTHH:MM:SS`, a fraction of up to nine digits, and `Z`; when
    /// there is no such day or second, or it lies outside the years that a [`Time`] has.
    fn from_str(text: &str) -> Result<Time, TimeError> {
        read(text).ok_or(TimeError)
    }
}

fn read(text: &str) -> Option<Time> {
    let (whole, fraction) = text.strip_suffix('Z')?.split_at_checked(19)?;
    let shape = whole.bytes().zip(b"0000-00-00T00:00:00".iter());
    for (byte, &wanted) in shape {
        let fits = if wanted == b'0' { byte.is_ascii_digit() } else { byte == wanted };
        if !fits {
            return None;
        }
    }
    let number = |from: usize, to: usize| whole.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = days(year, month, day)?;
    let nanos = match fraction.strip_prefix('.') {
        None if fraction.is_empty() => 0,
        Some(digits) if (1..=9).contains(&digits.len()) => {
            if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            format!("{digits:0<9}").parse::<u64>().ok()?
        }
        _ => return None,
    };
    let seconds = days * DAY + hour * 3600 + minute * 60 + second;
    seconds.checked_mul(NANOS)?.checked_add(nanos).map(Time)
}

/// Year, month and day of a day since 1970. Years begin in March here, so that the leap day is
/// their last; eras of 400 years are all alike.
const fn date(day: u64) -> (u64, u64, u64) {
    let day = day + 719_468; // From the beginning of March of year 0.
    let era = day / 146_097;
    let of_era = day % 146_097;
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next, month, of_month)
}

/// The day since 1970 of a date, where there is one.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (from_march, year) = if month < 3 { (month + 9, year - 1) } else { (month - 3, year) };
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    let found = year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719_468;
    // The 31st of a shorter month is another day.
    (date(found).2 == day).then_some(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_time_is_read_back(nanos: u64) {
            let time = Time::from_unix_nanos(nanos);
            prop_assert_eq!(time.to_string().parse(), Ok(time));
        }

        #[test]
        fn any_text_is_a_time_or_an_error(text in "[0-9TZ:.+-]{0,32}|\\PC{0,24}") {
            let _ = text.parse::<Time>();
        }
    }

    #[test]
    fn known_times() {
        for (nanos, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00Z"),
            (4_107_542_399_999_999_999, "2100-02-28T23:59:59.999999999Z"),
            (4_107_542_400_000_000_000, "2100-03-01T00:00:00Z"),
            (u64::MAX, "2554-07-21T23:34:33.709551615Z"),
        ] {
            assert_eq!(Time::from_unix_nanos(nanos).to_string(), text);
            assert_eq!(text.parse(), Ok(Time::from_unix_nanos(nanos)));
        }
    }

    #[test]
    fn what_is_no_time() {
        for text in [
            "",
            "2026-11-24",
            "2026-11-24T10:15:00",
            "2026-11-24t10:15:00Z",
            "2026-11-24T10:15:00+00:00",
            "2026-11-24T10:15:00.Z",
            "2026-11-24T10:15:00.0000000001Z",
            "2026-02-29T00:00:00Z",
            "2026-11-31T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-11-24T24:00:00Z",
            "2026-11-24T10:15:60Z",
            "1969-12-31T23:59:59Z",
            "9999-01-01T00:00:00Z",
        ] {
            assert_eq!(text.parse::<Time>(), Err(TimeError), "{text}");
        }
    }
}
