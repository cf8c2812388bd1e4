//! What every benchmark prints: one table for a person, one JSON object with `--json`.

use serde::Serialize;
use std::fmt::Write;

/// Several runs of one metric of one subject in one case. Unit by metric: `requests_per_s` 1/s, `latency_*` µs,
/// `cpu_per_request` µs, `resident_bytes`, `artefact_bytes` and `index_bytes` bytes, `start_up`, `load`, `compile`, `first_answer` and its
/// `first_answer_cpu`, `publish`, `visible` and `visible_p99` ms, `ndcg` 0 to 1; `requests`, `read_units` and `write_units` are DynamoDB's own, a purchase.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) case: String,
    pub(crate) subject: String,
    pub(crate) metric: String,
    pub(crate) unit: String,
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) runs: usize,
}

/// `subject` divided by `against`, run by run in the order they were taken in turn.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Ratio {
    pub(crate) case: String,
    pub(crate) metric: String,
    pub(crate) subject: String,
    pub(crate) against: String,
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Report {
    pub(crate) bench: String,
    pub(crate) machine: String,
    pub(crate) rows: Vec<Row>,
    pub(crate) ratios: Vec<Ratio>,
    #[serde(skip)]
    samples: Vec<Sample>,
}

#[derive(Debug, Clone)]
struct Sample {
    case: String,
    subject: String,
    metric: &'static str,
    unit: &'static str,
    value: f64,
}

impl Report {
    pub(crate) fn new(bench: &str) -> Self {
        Self { bench: bench.into(), machine: machine(), rows: Vec::new(), ratios: Vec::new(), samples: Vec::new() }
    }

    /// Keeps one run's value.
    pub(crate) fn sample(&mut self, case: &str, subject: &str, metric: &'static str, unit: &'static str, value: f64) {
        self.samples.push(Sample { case: case.into(), subject: subject.into(), metric, unit, value });
    }

    fn values(&self, case: &str, subject: &str, metric: &str) -> Vec<f64> {
        let mine = |s: &&Sample| s.case == case && s.subject == subject && s.metric == metric;
        self.samples.iter().filter(mine).map(|s| s.value).collect()
    }

    /// Adds the ratio of two subjects' runs, or of two cases' runs of one subject when `against_case` differs.
    pub(crate) fn ratio(&mut self, metric: &str, (case, subject): (&str, &str), (against_case, against): (&str, &str)) {
        let above = self.values(case, subject, metric);
        let below = self.values(against_case, against, metric);
        let ratios: Vec<f64> = above.iter().zip(&below).filter(|(_, b)| **b > 0.0).map(|(a, b)| a / b).collect();
        if let Some((median, min, max)) = spread(&ratios) {
            self.ratios.push(Ratio {
                case: case.into(),
                metric: metric.into(),
                subject: subject.into(),
                against: against.into(),
                median,
                min,
                max,
            });
        }
    }

    /// Adds the 99th percentile of a metric, of every case and subject that has it, as a metric of its own.
    pub(crate) fn p99(&mut self, metric: &str, named: &'static str) {
        let mut seen: Vec<(String, String, &'static str)> = Vec::new();
        for sample in self.samples.iter().filter(|sample| sample.metric == metric) {
            let of = (sample.case.clone(), sample.subject.clone(), sample.unit);
            if !seen.contains(&of) {
                seen.push(of);
            }
        }
        for (case, subject, unit) in seen {
            let mut values = self.values(&case, &subject, metric);
            values.sort_by(f64::total_cmp);
            let value = values[(values.len() - 1) * 99 / 100];
            self.samples.push(Sample { case, subject, metric: named, unit, value });
        }
    }

    /// Turns the samples into rows; call once, at the end.
    pub(crate) fn finish(&mut self) {
        for sample in &self.samples {
            let seen = |r: &Row| r.case == sample.case && r.subject == sample.subject && r.metric == sample.metric;
            if self.rows.iter().any(seen) {
                continue;
            }
            let values = self.values(&sample.case, &sample.subject, sample.metric);
            if let Some((median, min, max)) = spread(&values) {
                self.rows.push(Row {
                    case: sample.case.clone(),
                    subject: sample.subject.clone(),
                    metric: sample.metric.into(),
                    unit: sample.unit.into(),
                    median,
                    min,
                    max,
                    runs: values.len(),
                });
            }
        }
    }

    pub(crate) fn table(&self) -> String {
        let mut text = format!("{} on {}\n\n", self.bench, self.machine);
        let _ = writeln!(
            text,
            "{:<24}{:<10}{:<17}{:>12}{:>12}{:>12}  {:<6}{:>4}",
            "case", "subject", "metric", "median", "min", "max", "unit", "runs"
        );
        for r in &self.rows {
            let _ = writeln!(
                text,
                "{:<24}{:<10}{:<17}{:>12}{:>12}{:>12}  {:<6}{:>4}",
                r.case,
                r.subject,
                r.metric,
                figure(r.median),
                figure(r.min),
                figure(r.max),
                r.unit,
                r.runs
            );
        }
        let _ =
            writeln!(text, "\n{:<24}{:<17}{:<24}{:>9}{:>9}{:>9}", "case", "metric", "ratio", "median", "min", "max");
        for r in &self.ratios {
            let pair = format!("{} / {}", r.subject, r.against);
            let _ = writeln!(
                text,
                "{:<24}{:<17}{:<24}{:>9.2}{:>9.2}{:>9.2}",
                r.case, r.metric, pair, r.median, r.min, r.max
            );
        }
        text
    }

    pub(crate) fn print(&self, json: bool) -> anyhow::Result<()> {
        if json {
            println!("{}", serde_json::to_string(self)?);
        } else {
            println!("{}", self.table());
        }
        Ok(())
    }
}

fn figure(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

/// (median, min, max); None of nothing.
fn spread(values: &[f64]) -> Option<(f64, f64, f64)> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let median = match sorted.len() {
        0 => return None,
        n if n % 2 == 0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
        _ => sorted[middle],
    };
    Some((median, sorted[0], sorted[sorted.len() - 1]))
}

/// `2 × AMD EPYC …`.
fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|l| l.strip_prefix("model name").and_then(|l| l.split_once(": ")))
        .map_or("unknown CPU", |(_, m)| m);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} × {}", model.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_pair_runs_in_their_order() {
        let mut report = Report::new("test");
        for (a, b) in [(2.0, 1.0), (9.0, 3.0), (4.0, 4.0)] {
            report.sample("page", "stoa", "requests_per_s", "1/s", a);
            report.sample("page", "peer", "requests_per_s", "1/s", b);
        }
        report.ratio("requests_per_s", ("page", "stoa"), ("page", "peer"));
        report.finish();
        assert_eq!((report.ratios[0].median, report.ratios[0].min, report.ratios[0].max), (2.0, 1.0, 3.0));
        assert_eq!((report.rows[0].median, report.rows[0].runs), (4.0, 3));
    }
}
