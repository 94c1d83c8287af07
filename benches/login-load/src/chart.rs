//! The chart: CPU of the broker per sign-in, one bar a measurement, as an SVG that stands alone.

use std::fmt::Write as _;

use crate::report::Record;

const LEFT: f64 = 460.0;
const BARS: f64 = 420.0;
const LINE: f64 = 24.0;
const TOP: f64 = 64.0;

/// The chart of a run.
#[expect(clippy::cast_precision_loss, reason = "a handful of lines")]
pub fn svg(record: &Record) -> String {
    let longest = record.figures.iter().map(|figures| figures.cpu_ms).fold(0.001, f64::max);
    let height = TOP + LINE * record.figures.len() as f64 + 40.0;
    let (width, machine) = (LEFT + BARS + 190.0, &record.machine);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" \
         font-size=\"13\" role=\"img\">\n<title>CPU of the broker per sign-in</title>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text x=\"16\" y=\"26\" font-size=\"16\" font-weight=\"bold\">CPU of the broker per sign-in, in milliseconds\
         </text>\n<text x=\"16\" y=\"46\" fill=\"#555\">{}, {} cores; {} at {}</text>\n",
        escaped(&machine.processor),
        machine.cores,
        escaped(&record.at),
        escaped(&record.commit),
    );
    for (at, figures) in record.figures.iter().enumerate() {
        let y = TOP + LINE * at as f64;
        let bar = (figures.cpu_ms / longest * BARS).max(1.0);
        let _ = writeln!(
            text,
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>\
             <rect x=\"{LEFT}\" y=\"{y:.0}\" width=\"{bar:.1}\" height=\"16\" fill=\"#2b6cb0\"/>\
             <text x=\"{:.1}\" y=\"{:.0}\">{:.2} ms, {:.0}/s, p95 {:.0} ms</text>",
            LEFT - 8.0,
            y + 13.0,
            escaped(&figures.title()),
            LEFT + bar + 6.0,
            y + 13.0,
            figures.cpu_ms,
            figures.per_second,
            figures.p95_ms,
        );
    }
    text.push_str("</svg>\n");
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
