//! The chart: nines against independent failures over the time that repair takes, below the lid of common causes.

use std::fmt::Write;

use erasure::Layout;

use crate::durability::assumptions::{USUAL, YEAR_H};
use crate::durability::chain::Risk;
use crate::durability::tables::nines;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 500.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 790.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 440.0;
/// From an hour to sixty days.
const HOURS: (f64, f64) = (1.0, 1440.0);
const NINES_MAX: f64 = 18.0;

const LINES: [(u8, u8, &str); 5] =
    [(1, 1, "#cf222e"), (4, 2, "#bf8700"), (5, 3, "#2da44e"), (8, 3, "#0969da"), (8, 4, "#8250df")];

fn x(hours: f64) -> f64 {
    LEFT + (hours / HOURS.0).ln() / (HOURS.1 / HOURS.0).ln() * (RIGHT - LEFT)
}

fn y(nines: f64) -> f64 {
    BOTTOM - nines / NINES_MAX * (BOTTOM - TOP)
}

pub fn draw() -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    text(
        &mut svg,
        (12.0, 22.0),
        "start",
        "An object's nines a year, by the time that a repair takes (2 % of devices fail a year)",
    );
    for (hours, name) in [
        (1.0, "1 h"),
        (6.0, "6 h"),
        (24.0, "a day"),
        (101.0, "101 h"),
        (336.0, "14 days"),
        (1440.0, "60 days"),
    ] {
        line(&mut svg, [(x(hours), TOP), (x(hours), BOTTOM)], "#d0d7de", "");
        text(&mut svg, (x(hours), BOTTOM + 18.0), "middle", name);
    }
    for nines in (0..=NINES_MAX as u8).step_by(2) {
        line(&mut svg, [(LEFT, y(nines.into())), (RIGHT, y(nines.into()))], "#d0d7de", "");
        text(&mut svg, (LEFT - 8.0, y(nines.into()) + 4.0), "end", &nines.to_string());
    }
    for (data, parity, colour) in LINES {
        curve(&mut svg, Layout { data, parity }, colour);
    }
    let lids = [
        (11.0, "eleven nines"),
        (3.0, "a machine lost once in 1,000 years: no layout on it is worth more"),
        (2.0, "once in 100 years"),
    ];
    for (nines, name) in lids {
        line(&mut svg, [(LEFT, y(nines)), (RIGHT, y(nines))], "#57606a", " stroke-dasharray=\"4 3\"");
        text(&mut svg, (LEFT + 8.0, y(nines) - 5.0), "start", name);
    }
    svg + "</svg>\n"
}

fn curve(svg: &mut String, layout: Layout, colour: &str) {
    let object = USUAL.object(layout, layout.shards().into());
    let at = |step: i32| {
        let repair_h = HOURS.0 * (HOURS.1 / HOURS.0).powf(f64::from(step) / 60.0);
        (repair_h, nines(Risk { repair_h, ..object }.loss_within(YEAR_H)))
    };
    let seen = (0..=60).map(at).filter(|&(_, nines)| nines <= NINES_MAX);
    let points: Vec<String> = seen.map(|(hours, nines)| format!("{:.1},{:.1}", x(hours), y(nines))).collect();
    let _ = writeln!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
        points.join(" ")
    );
    text(svg, (RIGHT + 10.0, y(at(60).1) + 4.0), "start", &layout.to_string());
}

fn line(svg: &mut String, [from, to]: [(f64, f64); 2], colour: &str, more: &str) {
    let _ = writeln!(
        svg,
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\"{more}/>",
        from.0, from.1, to.0, to.1
    );
}

fn text(svg: &mut String, at: (f64, f64), anchor: &str, words: &str) {
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" fill=\"#1b1f24\">{words}</text>",
        at.0, at.1
    );
}
