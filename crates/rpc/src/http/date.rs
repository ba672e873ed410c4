//! The date format of HTTP headers.

use std::cell::RefCell;

use ::http::HeaderValue;
use castellan_kernel::Timestamp;

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

thread_local! {
    static LAST: RefCell<Option<(i64, HeaderValue)>> = const { RefCell::new(None) };
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7). The last second's text is kept per thread, so a busy server writes
/// it once a second.
pub fn http_date(time: Timestamp) -> HeaderValue {
    let seconds = time.seconds();
    LAST.with_borrow_mut(|last| match last {
        Some((at, value)) if *at == seconds => value.clone(),
        _ => {
            let value = HeaderValue::from_str(&format(seconds)).unwrap_or(HeaderValue::from_static("0"));
            *last = Some((seconds, value.clone()));
            value
        }
    })
}

fn format(seconds: i64) -> String {
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let weekday = DAYS[usize::try_from(days.rem_euclid(7)).unwrap_or_default()];
    let month = MONTHS[usize::try_from(month - 1).unwrap_or_default().min(11)];
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// Year, month and day of a day counted from 1970-01-01 in the Gregorian calendar. Years are counted from March, so that
/// the leap day is the last of its year and 400 years are one period of 146,097 days.
fn civil(days: i64) -> (i64, i64, i64) {
    let from_march_zero = days + 719_468;
    let era = from_march_zero.div_euclid(146_097);
    let day_of_era = from_march_zero.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_the_form_of_rfc_9110() {
        for (seconds, text) in [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        ] {
            assert_eq!(http_date(Timestamp::from_seconds(seconds)), text);
        }
    }
}
