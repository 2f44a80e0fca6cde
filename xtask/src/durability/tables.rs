//! The page's tables.

use erasure::{Layout, default_parity};

use crate::durability::assumptions::{Assumptions, USUAL, YEAR_H};
use crate::durability::chain::Risk;
use crate::durability::simulation::{Lasting, loss_within};

/// By the names of their marks on the page.
pub fn all() -> [(&'static str, String); 6] {
    [
        ("defaults", defaults()),
        ("repair", repair()),
        ("scrub", scrub()),
        ("common", common()),
        ("sites", sites()),
        ("simulation", simulation()),
    ]
}

fn table(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let heads: Vec<String> = heads.iter().map(|&head| head.to_owned()).collect();
    let rules = vec!["---".to_owned(); heads.len()];
    let rows: String = rows.into_iter().map(|row| line(&row)).collect();
    line(&heads) + &line(&rules).replace(' ', "") + &rows
}

pub fn nines(loss: f64) -> f64 {
    -loss.log10()
}

fn shown_nines(risk: Risk) -> String {
    format!("{:.1}", nines(risk.loss_within(YEAR_H)))
}

/// `0.020`, and below a hundredth `3.4 × 10⁻⁵`.
fn shown(chance: f64) -> String {
    if chance >= 0.01 {
        return format!("{chance:.3}");
    }
    let power = chance.log10().floor();
    let digits = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"];
    let raised: String = format!("{}", -power)
        .chars()
        .filter_map(|digit| digits.get(digit.to_digit(10)? as usize).copied())
        .collect();
    format!("{:.1} × 10⁻{raised}", chance / 10f64.powf(power))
}

fn of(data: u8, parity: u8) -> Layout {
    Layout { data, parity }
}

fn default_layout(devices: usize) -> Layout {
    Layout::of(devices, default_parity(devices)).unwrap_or(of(1, 0))
}

fn defaults() -> String {
    let worse = Assumptions { failures_per_year: 2.0 * USUAL.failures_per_year, ..USUAL };
    let rows = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16, 24, 60].map(|devices| {
        let layout = default_layout(devices);
        let object = USUAL.object(layout, devices);
        vec![
            devices.to_string(),
            if layout.parity == 0 { "none".to_owned() } else { layout.to_string() },
            format!("{:.2}", f64::from(layout.shards()) / f64::from(layout.data)),
            format!("{:.0} h", object.repair_h),
            shown(object.loss_within(YEAR_H)),
            shown_nines(object),
            shown_nines(worse.object(layout, devices)),
            shown(USUAL.any(layout, devices).loss_within(YEAR_H)),
        ]
    });
    let heads = [
        "devices",
        "layout",
        "bytes stored a byte",
        "repaired in",
        "an object lost",
        "nines",
        "nines at 4 %",
        "any object lost",
    ];
    table(&heads, rows)
}

fn repair() -> String {
    let layouts =
        [(of(1, 1), 2), (of(1, 2), 3), (of(4, 2), 6), (of(5, 3), 8), (of(8, 3), 12), (of(8, 4), 12)];
    let rows = layouts.into_iter().flat_map(|(layout, devices)| {
        [0.01, 0.02, 0.04, 0.08].map(|failures_per_year| {
            let object = Assumptions { failures_per_year, ..USUAL }.object(layout, devices);
            let after = |repair_h| shown_nines(Risk { repair_h, ..object });
            let mut row = vec![layout.to_string(), format!("{:.0} %", failures_per_year * 100.0)];
            row.extend([6.0, 24.0, 101.0, 336.0].map(after));
            row
        })
    });
    table(&["layout", "devices failing a year", "6 h", "a day", "101 h", "14 days"], rows)
}

fn scrub() -> String {
    let rows = [(of(1, 1), 2), (of(2, 1), 3), (of(4, 2), 6), (of(5, 3), 8), (of(8, 3), 24)].map(
        |(layout, devices)| {
            let every = |scrub_days| {
                shown(Assumptions { scrub_days, ..USUAL }.any(layout, devices).loss_within(YEAR_H))
            };
            let none =
                Assumptions { damages_per_year: 0.0, ..USUAL }.any(layout, devices).loss_within(YEAR_H);
            let mut row = vec![format!("{layout} of {devices}"), shown(none)];
            row.extend([7.0, 30.0, 365.0, 3650.0].map(every));
            row
        },
    );
    table(&["layout", "no damage at all", "scrubbed weekly", "monthly", "yearly", "in ten years"], rows)
}

fn common() -> String {
    // The beta factor: of all failures of a device, this share takes the others along.
    let beta = 0.01 * USUAL.failures_per_year;
    let causes = [
        USUAL,
        Assumptions { stress: 10.0, ..USUAL },
        Assumptions { shocks_per_year: 0.02, shock_kills: 0.2, ..USUAL },
        Assumptions { shocks_per_year: beta, ..USUAL },
        Assumptions { shocks_per_year: 0.001, ..USUAL },
        Assumptions { shocks_per_year: 0.01, ..USUAL },
    ];
    let layouts =
        [(of(1, 1), 2), (of(4, 2), 6), (of(5, 3), 8), (of(8, 3), 12), (of(8, 3), 24), (of(8, 8), 24)];
    let rows = layouts.map(|(layout, devices)| {
        let mut row = vec![format!("{layout} of {devices}")];
        row.extend(causes.map(|cause| shown_nines(cause.object(layout, devices))));
        row
    });
    let heads = [
        "layout",
        "independent",
        "× 10 while one is missing",
        "shock each 50 years, kills a fifth",
        "1 % of failures take all",
        "machine lost each 1,000 years",
        "each 100 years",
    ];
    table(&heads, rows)
}

/// Sites as devices of a mirror: lost once in a hundred years, filled again within a week.
fn sites() -> String {
    let sites = |devices: usize, shared_per_year: f64| Risk {
        devices,
        parity: devices - 1,
        failure_rate: 0.01 / YEAR_H,
        repair_h: 168.0,
        damage_rate: 0.0,
        damage_h: 0.0,
        stress: 1.0,
        shock_rate: shared_per_year / YEAR_H,
        shock_kills: 1.0,
    };
    let rows = [1, 2, 3, 4].map(|count| {
        let mut row = vec![count.to_string()];
        row.extend([0.0, 1e-6, 1e-4, 1e-2].map(|shared| shown_nines(sites(count, shared))));
        row
    });
    let heads = [
        "sites with a copy",
        "nothing in common",
        "all lost each million years",
        "each 10,000 years",
        "each 100 years",
    ];
    table(&heads, rows)
}

/// Worse devices than any, so that losses are seen.
const BAD: Assumptions =
    Assumptions { failures_per_year: 0.5, replace_h: 200.0, damages_per_year: 0.0, ..USUAL };

fn simulated() -> [(&'static str, Risk); 6] {
    [
        ("1+1 of 2", BAD.any(of(1, 1), 2)),
        ("4+2 of 6", BAD.any(of(4, 2), 6)),
        ("5+3 of 8, failing 4 times a year", Assumptions { failures_per_year: 4.0, ..BAD }.any(of(5, 3), 8)),
        ("4+2 of 6, damaged 5 times a year", Assumptions { damages_per_year: 5.0, ..BAD }.any(of(4, 2), 6)),
        ("4+2 of 6, stress × 5", Assumptions { stress: 5.0, ..BAD }.any(of(4, 2), 6)),
        ("4+2 of 6, a shock in 5 years kills a third", {
            Assumptions { shocks_per_year: 0.2, shock_kills: 1.0 / 3.0, ..BAD }.any(of(4, 2), 6)
        }),
    ]
}

fn simulation() -> String {
    let rows = simulated().map(|(name, risk)| {
        let mut row = vec![name.to_owned(), format!("{:.4}", risk.loss_within(YEAR_H))];
        row.extend([Lasting::Memoryless, Lasting::Regular].map(|lasting| {
            let (share, error) = loss_within(&risk, YEAR_H, 100_000, lasting);
            format!("{share:.4} ± {error:.4}")
        }));
        row
    });
    table(
        &[
            "devices failing every second year",
            "chain",
            "simulated",
            "simulated, repairs and scrubs of fixed length",
        ],
        rows,
    )
}

#[cfg(test)]
mod tests {
    use super::{shown, simulated};
    use crate::durability::assumptions::YEAR_H;
    use crate::durability::simulation::{Lasting, loss_within};

    #[test]
    fn the_chain_agrees_with_the_simulation() {
        for (name, risk) in simulated() {
            let (share, error) = loss_within(&risk, YEAR_H, 100_000, Lasting::Memoryless);
            let chain = risk.loss_within(YEAR_H);
            assert!(
                (share - chain).abs() < 4.0 * error,
                "{name}: {chain} by the chain, {share} ± {error} simulated"
            );
        }
    }

    #[test]
    fn small_chances_are_shown_as_powers_of_ten() {
        assert_eq!(shown(0.0199), "0.020");
        assert_eq!(shown(0.5), "0.500");
        assert_eq!(shown(3.44e-12), "3.4 × 10⁻¹²");
    }
}
