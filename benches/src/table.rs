//! The table: medians, and each contender as a multiple of airgo.

use airgo_testkit::Sample;
use std::time::Duration;

/// What was measured side by side; the first contender is airgo.
pub struct Table {
    title: String,
    rows: Vec<(String, Vec<Sample>)>,
}

impl Table {
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), rows: Vec::new() }
    }

    pub fn add(&mut self, name: &str, sample: Sample) {
        match self.rows.iter_mut().find(|(n, _)| n == name) {
            Some((_, samples)) => samples.push(sample),
            None => self.rows.push((name.to_owned(), vec![sample])),
        }
    }

    pub fn print(&self) {
        println!("\n{}\n", self.title);
        println!("| {:<34} | median | fastest | slowest | time / airgo's | peak MiB |", "");
        println!("|{:-<36}|-------:|--------:|--------:|---------------:|---------:|", "");
        let Some(first) = self.rows.first().map(|(_, s)| median(s)) else { return };
        for (name, samples) in &self.rows {
            let walls: Vec<_> = samples.iter().map(|s| s.wall).collect();
            let (fastest, slowest) = (walls.iter().min().unwrap(), walls.iter().max().unwrap());
            let peak = samples.iter().map(|s| s.peak_kib).max().unwrap_or(0);
            println!(
                "| {name:<34} | {:>5.2}s | {:>6.2}s | {:>6.2}s | {:>14.2} | {:>8.1} |",
                median(samples).as_secs_f64(),
                fastest.as_secs_f64(),
                slowest.as_secs_f64(),
                median(samples).as_secs_f64() / first.as_secs_f64(),
                peak as f64 / 1024.0,
            );
        }
    }
}

fn median(samples: &[Sample]) -> Duration {
    let mut walls: Vec<_> = samples.iter().map(|s| s.wall).collect();
    walls.sort();
    let middle = walls.len() / 2;
    if walls.len() % 2 == 1 { walls[middle] } else { (walls[middle - 1] + walls[middle]) / 2 }
}
