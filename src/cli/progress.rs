//! How far the scan is, in one line on standard error, where that is a terminal. A thread of its own draws it from the
//! scan's counters.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use logleak::report::words::{bytes, number};
use logleak::tally::Progress;

/// How often the line is drawn, and how long a scan is left alone.
const EVERY: Duration = Duration::from_millis(125);
const PATIENCE: Duration = Duration::from_millis(400);

/// A line that is drawn until it is dropped.
pub(super) struct Line {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Line {
    /// The counters of a scan that is to be watched, and the line that shows them; neither where nobody looks.
    pub(super) fn begin(quiet: bool) -> (Option<Arc<Progress>>, Self) {
        if quiet || !std::io::stderr().is_terminal() {
            return (None, Self { stop: None, thread: None });
        }
        let progress = Arc::new(Progress::default());
        let (stop, stopped) = channel();
        let watched = Arc::clone(&progress);
        let draw = move || {
            let clock = Instant::now();
            // A short scan needs no line that flashes by.
            if stopped.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_style(ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_bar()));
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                bar.set_message(line(&watched, clock.elapsed()));
            }
            bar.finish_and_clear();
        };
        let thread = std::thread::Builder::new().name("progress".to_owned()).spawn(draw).ok();
        (Some(progress), Self { stop: Some(stop), thread })
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// `scanning  41%  3.1 GB  1.2 GB/s  12 s left  1,204 accounts`
fn line(progress: &Progress, elapsed: Duration) -> String {
    let (scanned, seconds) = (progress.scanned() as f64, elapsed.as_secs_f64());
    let share = progress.total().map(|total| (progress.done() as f64 / total as f64).clamp(0.0, 1.0));
    let mut parts = vec!["scanning".to_owned()];
    if let Some(share) = share {
        parts.push(format!("{:3.0}%", share * 100.0));
    }
    parts.push(bytes(scanned));
    if scanned > 0.0 && seconds > 0.0 {
        parts.push(format!("{}/s", bytes(scanned / seconds)));
    }
    // Too early, nobody can tell.
    if let Some(share) = share.filter(|share| *share > 0.03 && seconds > 1.0) {
        parts.push(format!("{} left", span(seconds / share * (1.0 - share))));
    }
    match progress.accounts() {
        0 => {}
        1 => parts.push("1 account".to_owned()),
        many => parts.push(format!("{} accounts", number(many))),
    }
    parts.join("  ")
}

/// `12 s`, `3 min`, `2 h 5 min`.
fn span(seconds: f64) -> String {
    let seconds = seconds.ceil() as u64;
    match seconds {
        0..=90 => format!("{seconds} s"),
        91..=5400 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line fits a terminal of 80 columns, and says nothing that is not known.
    #[test]
    fn the_line_is_short() {
        let progress = Progress::default();
        assert_eq!(line(&progress, Duration::from_secs(2)), "scanning  0 B");
        for (seconds, want) in [(0.2, "1 s"), (90.0, "90 s"), (100.0, "2 min"), (7500.0, "2 h 5 min")] {
            assert_eq!(span(seconds), want);
        }
    }

    /// Tests and CI jobs have no terminal: nothing is counted and nothing drawn.
    #[test]
    fn nobody_looks_at_a_pipe() {
        assert!(Line::begin(true).0.is_none());
    }
}
