//! The rows as text, one line each.

use super::row::{Budget, Row};

pub fn print(rows: &[Row]) {
    println!(
        "{:<12}{:<52}{:>12} {:<8}{:<19}{:<10}VERDICT  FROM",
        "SCENARIO", "WHAT", "FIGURE", "", "MIN–MAX", "BUDGET"
    );
    for row in rows {
        let spread =
            row.spread.map_or(String::new(), |(low, high)| format!("{}–{}", short(low), short(high)));
        let budget = match row.budget {
            Some(Budget::AtMost(most)) => format!("≤ {}", short(most)),
            Some(Budget::AtLeast(least)) => format!("≥ {}", short(least)),
            None => String::new(),
        };
        let verdict = match row.pass {
            Some(true) => "pass",
            Some(false) => "MISS",
            None => "",
        };
        println!(
            "{:<12}{:<52}{:>12} {:<8}{spread:<19}{budget:<10}{verdict:<9}{}",
            row.scene,
            row.what,
            short(row.figure),
            row.unit,
            row.basis,
        );
    }
    let missed = rows.iter().filter(|row| row.pass == Some(false)).count();
    let kept = rows.iter().filter(|row| row.pass == Some(true)).count();
    println!("\n{kept} budgets kept, {missed} missed");
}

/// Three or four figures are all that a measurement on a shared machine is worth.
pub fn short(figure: f64) -> String {
    match figure.abs() {
        100.0.. => format!("{figure:.0}"),
        10.0.. => format!("{figure:.1}"),
        0.1.. => format!("{figure:.2}"),
        _ => format!("{figure:.4}"),
    }
}
