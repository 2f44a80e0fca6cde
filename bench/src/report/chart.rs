//! The rows that have a budget as bars: how much of it each uses.

use super::row::{Budget, Row};
use super::table::short;

const WIDTH: f64 = 960.0;
const LABELS: f64 = 500.0;
const LINE: f64 = 26.0;
const TOP: f64 = 52.0;
/// Where a budget is used up, in pixels right of the labels.
const BUDGET: f64 = 240.0;
/// Longer bars are cut: a miss by far need not make all others invisible.
const BAR_MAX: f64 = WIDTH - LABELS - 70.0;

pub fn draw(rows: &[Row]) -> String {
    let bars: Vec<&Row> = rows.iter().filter(|row| row.budget.is_some()).collect();
    let height = TOP + LINE * bars.len() as f64 + 14.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"12\" y=\"22\" font-size=\"15\" font-weight=\"600\" fill=\"#1b1f24\">How much of each budget is used</text>\n\
         <text x=\"{}\" y=\"42\" text-anchor=\"middle\" fill=\"#57606a\">budget</text>\n",
        LABELS + BUDGET
    );
    for (at, row) in bars.iter().enumerate() {
        svg.push_str(&bar(row, TOP + LINE * at as f64));
    }
    let x = LABELS + BUDGET;
    svg.push_str(&format!(
        "<line x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{}\" stroke=\"#57606a\" stroke-dasharray=\"4 3\"/>\n</svg>\n",
        TOP - 4.0,
        height - 10.0
    ));
    svg
}

fn bar(row: &Row, top: f64) -> String {
    let width = (row.used().unwrap_or_default() * BUDGET).clamp(1.0, BAR_MAX);
    let fill = if row.pass == Some(true) { "#2da44e" } else { "#cf222e" };
    let budget = match row.budget {
        Some(Budget::AtMost(most)) => format!("≤ {}", short(most)),
        Some(Budget::AtLeast(least)) => format!("≥ {}", short(least)),
        None => String::new(),
    };
    let (baseline, figure) = (top + 16.0, short(row.figure));
    format!(
        "<text x=\"{}\" y=\"{baseline}\" text-anchor=\"end\" fill=\"#1b1f24\">{} ({budget} {})</text>\n\
         <rect x=\"{LABELS}\" y=\"{}\" width=\"{width:.1}\" height=\"16\" rx=\"2\" fill=\"{fill}\"/>\n\
         <text x=\"{:.1}\" y=\"{baseline}\" fill=\"#1b1f24\">{figure}</text>\n",
        LABELS - 10.0,
        escaped(&row.what),
        row.unit,
        top + 4.0,
        LABELS + width + 6.0,
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
