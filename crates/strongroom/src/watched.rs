//! How far long work is: a bar on a terminal, or JSON lines.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use tokio::task::JoinHandle;

const BAR_EVERY: Duration = Duration::from_millis(200);
const LINE_EVERY: Duration = Duration::from_secs(1);

/// Shows progress until its end.
pub struct Watched {
    task: JoinHandle<()>,
    bar: ProgressBar,
}

impl Watched {
    /// `look` sets the bar, and answers a line.
    pub fn begin(template: &str, json: bool, look: impl Fn(&ProgressBar) -> Value + Send + 'static) -> Self {
        // It stays hidden where standard error is no terminal.
        let bar = if json { ProgressBar::hidden() } else { ProgressBar::new(0) };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let shown = bar.clone();
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(if json { LINE_EVERY } else { BAR_EVERY }).await;
                let line = look(&shown);
                if json {
                    println!("{line}");
                }
            }
        });
        Self { task, bar }
    }

    pub fn end(self) {
        self.task.abort();
        self.bar.finish_and_clear();
    }
}
