//! Charts: exposures over time, and bars beside figures. Drawn here as SVG, so that the page needs no library and shows
//! them without a script. Widths are shares of the room there is and text keeps its size, on a phone as on a wall.

use std::io::{self, Write};

use jiff::ToSpan;
use jiff::civil::Date;

use super::super::words::number;
use super::text::{date, day, month};
use crate::terms::Mode;

/// As many bars at most, and at least; what is less is filled with empty days on both sides.
const MOST: i64 = 60;
const LEAST: i64 = 14;

/// Height of the bars in pixels, and of what stands below them.
const HEIGHT: f64 = 180.0;
const BELOW: f64 = 26.0;

/// How long a bar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Hours(i64),
    Days(i64),
    Months(i64),
    Years(i64),
}

/// Exposures over time: those of each mode in every step of a period.
#[derive(Debug)]
pub(super) struct Timeline {
    unit: Unit,
    bars: Vec<Bar>,
    /// How many were added.
    pub(super) dated: u64,
}

#[derive(Clone, Copy, Debug)]
struct Bar {
    /// The second that it begins at.
    begin: i64,
    stored: u64,
    transmitted: u64,
}

impl Timeline {
    /// A chart from the first to the last second that it is to show.
    pub(super) fn new(first: i64, last: i64) -> Self {
        let (first, last) = (first.min(last), first.max(last));
        let unit = [1, 3, 6, 12]
            .map(Unit::Hours)
            .into_iter()
            .chain([1, 7].map(Unit::Days))
            .chain([1, 3].map(Unit::Months))
            .find(|unit| unit.steps(first, last) < MOST)
            .unwrap_or_else(|| Unit::Years(1 + (last - first) / (MOST - 2) / 31_556_952));
        let missing = (LEAST - 1 - unit.steps(first, last)).max(0);
        let (before, bars) = (missing / 2, unit.steps(first, last) + 1 + missing);
        let begin = unit.floor(first);
        let bar = |step| Bar { begin: unit.step(begin, step - before), stored: 0, transmitted: 0 };
        Self { unit, bars: (0..bars).map(bar).collect(), dated: 0 }
    }

    /// Counts an exposure.
    pub(super) fn add(&mut self, at: i64, mode: Mode) {
        let after = self.bars.partition_point(|bar| bar.begin <= at);
        if let Some(bar) = self.bars.get_mut(after.saturating_sub(1)) {
            *match mode {
                Mode::Stored => &mut bar.stored,
                Mode::Transmitted => &mut bar.transmitted,
            } += 1;
            self.dated += 1;
        }
    }

    /// The chart, what its colours mean, and the same in figures.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        // A single exposure does not fill the chart.
        let most = self.bars.iter().map(|bar| bar.stored + bar.transmitted).max().unwrap_or_default().max(4);
        let step = grid(most);
        let top = most.div_ceil(step).max(1) * step;
        let of = |value: u64| value as f64 / top as f64 * HEIGHT;
        writeln!(out, "<div class=\"timeline\">")?;
        self.scale(out, step, top, &of)?;
        writeln!(
            out,
            "<svg class=\"plot\" width=\"100%\" height=\"{}\" role=\"img\" aria-label=\"{}\">",
            HEIGHT + BELOW,
            self.in_words()
        )?;
        for line in (0..=top).step_by(usize::try_from(step).unwrap_or(1)) {
            let (y, class) = (HEIGHT - of(line), if line == 0 { "base" } else { "grid" });
            writeln!(out, "<line class=\"{class}\" x1=\"0\" x2=\"100%\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>")?;
        }
        let share = 100.0 / self.bars.len() as f64;
        for (place, bar) in self.bars.iter().enumerate().filter(|(_, bar)| bar.stored + bar.transmitted > 0) {
            let (x, width) = (share * (place as f64 + 0.12), share * 0.76);
            let transmitted = of(bar.transmitted).max(if bar.transmitted > 0 { 1.5 } else { 0.0 });
            let stored = of(bar.stored).max(if bar.stored > 0 { 1.5 } else { 0.0 });
            writeln!(out, "<g><title>{}</title>", self.bar_in_words(bar))?;
            for (class, height, below) in [("transmitted", transmitted, 0.0), ("stored", stored, transmitted)] {
                let y = HEIGHT - below - height;
                if height > 0.0 {
                    writeln!(
                        out,
                        "<rect class=\"{class}\" x=\"{x:.2}%\" y=\"{y:.1}\" width=\"{width:.2}%\" height=\"{height:.1}\"/>"
                    )?;
                }
            }
            writeln!(out, "</g>")?;
        }
        self.labels(out, share)?;
        writeln!(out, "</svg>\n</div>")?;
        self.figures(out)
    }

    /// The scale at the left, in a picture of its own, so that the bars have all the rest.
    fn scale(&self, out: &mut dyn Write, step: u64, top: u64, of: &dyn Fn(u64) -> f64) -> io::Result<()> {
        let width = number(top).len() * 8 + 8;
        write!(
            out,
            "<svg class=\"scale\" width=\"{width}\" height=\"{}\" aria-hidden=\"true\" focusable=\"false\">",
            HEIGHT + BELOW
        )?;
        for line in (0..=top).step_by(usize::try_from(step).unwrap_or(1)) {
            let y = HEIGHT - of(line) + 4.0;
            write!(out, "<text x=\"{}\" y=\"{y:.1}\" text-anchor=\"end\">{}</text>", width - 8, number(line))?;
        }
        writeln!(out, "</svg>")
    }

    fn labels(&self, out: &mut dyn Write, share: f64) -> io::Result<()> {
        let every = self.bars.len().div_ceil(6).max(1);
        for (index, (place, bar)) in self.bars.iter().enumerate().step_by(every).enumerate() {
            // The last one would not fit.
            if place as f64 * share > 90.0 {
                break;
            }
            let class = if index % 2 == 1 { " class=\"wide\"" } else { "" };
            let (x, y) = (share * (place as f64 + 0.12), HEIGHT + 19.0);
            writeln!(out, "<text{class} x=\"{x:.2}%\" y=\"{y}\">{}</text>", self.short(bar))?;
        }
        Ok(())
    }

    fn figures(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "<details class=\"figures\"><summary>The same in figures</summary>\n<div class=\"scroll\"><table>\n\
             <thead><tr><th scope=\"col\">{}</th><th scope=\"col\" class=\"n\">Transmitted</th>\
             <th scope=\"col\" class=\"n\">Stored</th></tr></thead>\n<tbody>",
            self.unit.name()
        )?;
        for bar in self.bars.iter().filter(|bar| bar.stored + bar.transmitted > 0) {
            let (label, transmitted, stored) = (self.long(bar), number(bar.transmitted), number(bar.stored));
            writeln!(
                out,
                "<tr><th scope=\"row\">{label}</th><td class=\"n\">{transmitted}</td><td class=\"n\">{stored}</td></tr>"
            )?;
        }
        writeln!(out, "</tbody></table></div></details>")
    }

    fn in_words(&self) -> String {
        let peak = self.bars.iter().max_by_key(|bar| bar.stored + bar.transmitted);
        let peak = peak.map(|bar| format!(" Most: {}.", self.bar_in_words(bar))).unwrap_or_default();
        format!("Exposures over time, {} in all.{peak}", number(self.dated))
    }

    fn bar_in_words(&self, bar: &Bar) -> String {
        let parts = [(bar.transmitted, "transmitted"), (bar.stored, "stored")];
        let parts = parts.map(|(many, what)| (many > 0).then(|| format!("{} {what}", number(many))));
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        format!("{}: {}", self.long(bar), parts.join(", "))
    }

    fn short(&self, bar: &Bar) -> String {
        let at = day(bar.begin);
        let day = || date(at).trim_end_matches(char::is_numeric).trim_end().to_owned();
        match self.unit {
            Unit::Hours(_) => {
                let hour = bar.begin.rem_euclid(86_400) / 3600;
                if hour == 0 { day() } else { format!("{hour}:00") }
            }
            Unit::Days(_) => day(),
            Unit::Months(_) => month(at),
            Unit::Years(_) => at.year().to_string(),
        }
    }

    fn long(&self, bar: &Bar) -> String {
        let at = day(bar.begin);
        match self.unit {
            Unit::Hours(_) => format!("{}, {:02}:00", date(at), bar.begin.rem_euclid(86_400) / 3600),
            Unit::Days(1) => date(at),
            Unit::Days(_) => format!("Week of {}", date(at)),
            Unit::Months(_) => month(at),
            Unit::Years(_) => at.year().to_string(),
        }
    }
}

impl Unit {
    /// What the column of the figures is called.
    fn name(self) -> &'static str {
        match self {
            Self::Hours(1) => "Hour (UTC)",
            Self::Hours(_) => "From (UTC)",
            Self::Days(1) => "Day",
            Self::Days(_) => "Week",
            Self::Months(1) => "Month",
            Self::Months(_) => "Quarter from",
            Self::Years(1) => "Year",
            Self::Years(_) => "Years from",
        }
    }

    fn seconds(self) -> Option<i64> {
        match self {
            Self::Hours(hours) => Some(hours * 3600),
            Self::Days(days) => Some(days * 86_400),
            Self::Months(_) | Self::Years(_) => None,
        }
    }

    /// Where the bar that holds `at` begins.
    fn floor(self, at: i64) -> i64 {
        // 1970-01-05 was a Monday.
        const MONDAY: i64 = 4 * 86_400;
        let date = day(at);
        match self {
            Self::Days(7) => (at - MONDAY).div_euclid(7 * 86_400) * 7 * 86_400 + MONDAY,
            Self::Hours(_) | Self::Days(_) => {
                let long = self.seconds().unwrap_or(1);
                at.div_euclid(long) * long
            }
            Self::Months(months) => {
                let month = (i64::from(date.month()) - 1) / months * months + 1;
                second(Date::new(date.year(), i8::try_from(month).unwrap_or(1), 1).unwrap_or(date))
            }
            Self::Years(_) => second(Date::new(date.year(), 1, 1).unwrap_or(date)),
        }
    }

    /// The beginning of the bar so many steps from the one that begins at `begin`.
    fn step(self, begin: i64, steps: i64) -> i64 {
        let moved = match self {
            Self::Months(months) => day(begin).checked_add((steps * months).months()),
            Self::Years(years) => day(begin).checked_add((steps * years).years()),
            Self::Hours(_) | Self::Days(_) => return begin + steps * self.seconds().unwrap_or(1),
        };
        moved.map_or(begin, second)
    }

    /// How many bars lie between those of two times.
    fn steps(self, first: i64, last: i64) -> i64 {
        let (from, to) = (day(first), day(last));
        match self {
            Self::Hours(_) | Self::Days(_) => (self.floor(last) - self.floor(first)) / self.seconds().unwrap_or(1),
            Self::Months(months) => {
                let number = |date: Date| i64::from(date.year()) * 12 + i64::from(date.month()) - 1;
                number(to).div_euclid(months) - number(from).div_euclid(months)
            }
            Self::Years(years) => (i64::from(to.year()) - i64::from(from.year())) / years,
        }
    }
}

fn second(date: Date) -> i64 {
    date.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |at| at.timestamp().as_second())
}

/// The distance of the lines behind the bars: a round number that gives two to five of them.
fn grid(most: u64) -> u64 {
    let mut step = 1;
    for factor in [2, 5, 10].iter().cycle() {
        if most / step <= 4 {
            break;
        }
        step = match factor {
            2 => step * 2,
            5 => step / 2 * 5,
            _ => step * 2,
        };
    }
    step
}

/// A row of figures: what, how many, and a bar for its share of the most.
#[derive(Debug)]
pub(super) struct Row {
    /// What is counted, already escaped.
    pub(super) label: String,
    /// How many.
    pub(super) many: u64,
}

/// Rows with bars; the label may be longer than its column.
pub(super) fn bars(out: &mut dyn Write, caption: &str, unit: &str, rows: &[Row]) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let most = rows.iter().map(|row| row.many).max().unwrap_or_default().max(1);
    writeln!(
        out,
        "<table class=\"bars\"><caption>{caption}</caption>\n<thead class=\"hidden\"><tr><th scope=\"col\">What</th>\
         <th scope=\"col\">{unit}</th></tr></thead>\n<tbody>"
    )?;
    for Row { label, many } in rows {
        let width = (*many as f64 / most as f64 * 100.0).max(0.5);
        writeln!(
            out,
            "<tr><th scope=\"row\">{label}<svg width=\"100%\" height=\"4\" aria-hidden=\"true\" focusable=\"false\">\
             <rect class=\"track\" width=\"100%\" height=\"4\" rx=\"2\"/>\
             <rect class=\"bar\" width=\"{width:.2}%\" height=\"4\" rx=\"2\"/></svg></th>\
             <td class=\"n\">{}</td></tr>",
            number(*many)
        )?;
    }
    writeln!(out, "</tbody></table>")
}

/// Two parts of a whole in one bar.
pub(super) fn split(out: &mut dyn Write, transmitted: u64, stored: u64) -> io::Result<()> {
    let share = transmitted as f64 / (transmitted + stored).max(1) as f64 * 100.0;
    let rest = 100.0 - share;
    let words = format!("{} transmitted, {} stored", number(transmitted), number(stored));
    writeln!(
        out,
        "<svg class=\"split\" width=\"100%\" height=\"6\" role=\"img\" aria-label=\"{words}\">\
         <rect class=\"transmitted\" width=\"{share:.2}%\" height=\"6\"/>\
         <rect class=\"stored\" x=\"{share:.2}%\" width=\"{rest:.2}%\" height=\"6\"/></svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    /// Any period fits: enough bars to see a course, never more than can be told apart, and each time in its own bar.
    #[test]
    fn any_period_has_bars() {
        let begin = 1_790_000_000;
        for span in [0, 1, 3600, 5 * 3600, DAY, 10 * DAY, 59 * DAY, 60 * DAY, 400 * DAY, 4000 * DAY, 100_000 * DAY] {
            let mut chart = Timeline::new(begin, begin + span);
            let bars = chart.bars.len() as i64;
            assert!((LEAST..=MOST).contains(&bars), "{span}: {bars} bars of {:?}", chart.unit);
            assert!(chart.bars.is_sorted_by(|one, other| one.begin < other.begin), "{span}");
            for at in [begin, begin + span / 3, begin + span] {
                chart.add(at, Mode::Stored);
                let own = chart.bars.iter().rposition(|bar| bar.begin <= at).unwrap();
                assert!(chart.bars[own].stored > 0, "{span}");
            }
            assert_eq!(chart.dated, 3);
            assert!(
                chart.bars[0].begin <= begin && chart.unit.step(chart.bars[0].begin, bars) > begin + span,
                "{span}"
            );
        }
    }

    /// The whole of the time that a report can write.
    #[test]
    fn ten_thousand_years_fit() {
        let chart = Timeline::new(-62_167_219_200, 253_402_300_799);
        assert!(chart.bars.len() as i64 <= MOST, "{}", chart.bars.len());
        chart.write(&mut Vec::new()).unwrap();
    }

    /// Lines behind the bars are few and round.
    #[test]
    fn grids_are_round() {
        for (most, want) in [(0, 1), (4, 1), (5, 2), (9, 2), (10, 5), (24, 5), (25, 10), (999, 200), (5000, 2000)] {
            assert_eq!(grid(most), want, "{most}");
        }
    }
}
