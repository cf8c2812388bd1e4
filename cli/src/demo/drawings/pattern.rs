//! Surface patterns, drawn inside a shape: on turned bodies they curve with it, on cloth they lie flat.

use super::super::paint::{Canvas, Grain, TILT};
use super::Look;
use serde::Deserialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pattern {
    Plain,
    /// The lower part in the accent colour.
    Dip,
    Band,
    Stripe,
    Check,
    Speckle,
    Flute,
    Sprig,
    Arches,
    /// Woven: fine cross lines.
    Weave,
}

/// The box a pattern fills: left, top, width, height.
pub(super) type Box4 = (f32, f32, f32, f32);

/// Draws `look`'s pattern within path `d`. `curve` is [`TILT`] on turned bodies, 0 on cloth.
pub(super) fn decorate(c: &mut Canvas, d: &str, area: Box4, look: &Look, curve: f32) {
    c.clip(d, |c| match look.pattern {
        Pattern::Plain => {}
        Pattern::Dip => band(c, area, 0.58, 1.3, curve, look),
        Pattern::Band => {
            band(c, area, 0.24, 0.30, curve, look);
            band(c, area, 0.35, 0.37, curve, look);
        }
        Pattern::Stripe => {
            let step = if curve > 0.0 { 0.125 } else { 0.1 };
            (1..(1.0 / step) as i32).for_each(|i| {
                let at = i as f32 * step;
                band(c, area, at, at + step * 0.36, curve, look);
            });
        }
        Pattern::Check => check(c, area, look),
        Pattern::Speckle => speckle(c, area, look),
        Pattern::Flute => flute(c, area, look),
        Pattern::Sprig => sprig(c, area, look),
        Pattern::Arches => arches(c, area, look),
        Pattern::Weave => weave(c, area, look),
    });
}

fn band(c: &mut Canvas, (x, y, w, h): Box4, from: f32, to: f32, curve: f32, look: &Look) {
    let (top, bottom) = (y + h * from, y + h * to);
    let sag = w / 2.0 * curve;
    let fill = if curve > 0.0 { c.round(look.accent) } else { c.flat(look.accent) };
    let (r, right) = (w / 2.0, x + w);
    let d = format!("M{x} {top}A{r} {sag} 0 0 0 {right} {top}V{bottom}A{r} {sag} 0 0 1 {x} {bottom}Z");
    c.path(&d, fill);
}

fn check(c: &mut Canvas, (x, y, w, h): Box4, look: &Look) {
    let step = (w.max(h) / 8.0).max(26.0);
    c.group(r#"opacity="0.62""#, |c| {
        for i in 0..(w / step).ceil() as i32 {
            let left = x + (i as f32 + 0.28) * step;
            c.rect((left, y, step * 0.44, h), 0.0, look.accent);
        }
    });
    c.group(r#"opacity="0.5""#, |c| {
        for i in 0..(h / step).ceil() as i32 {
            let top = y + (i as f32 + 0.28) * step;
            c.rect((x, top, w, step * 0.44), 0.0, look.accent);
        }
    });
}

fn speckle(c: &mut Canvas, (x, y, w, h): Box4, look: &Look) {
    let mut grain = Grain::new(look.seed);
    c.group(r#"opacity="0.55""#, |c| {
        for _ in 0..((w * h / 420.0) as usize).clamp(40, 260) {
            let r = grain.between(0.8, 2.9);
            c.ellipse(x + w * grain.next(), y + h * grain.next(), r, r * 0.85, look.accent);
        }
    });
}

fn flute(c: &mut Canvas, (x, y, w, h): Box4, look: &Look) {
    let count = 17;
    for i in 0..=count {
        // Even steps round the body, seen from the side: crowded towards the edges.
        let angle = std::f32::consts::PI * i as f32 / count as f32;
        let at = x + w / 2.0 - w / 2.0 * angle.cos();
        let wide = (w / 34.0 * angle.sin()).max(1.2);
        c.group(r#"opacity="0.34""#, |c| c.rect((at, y, wide, h), 0.0, look.colour.dark(0.45)));
        c.group(r#"opacity="0.3""#, |c| c.rect((at + wide, y, wide * 0.8, h), 0.0, look.colour.light(0.7)));
    }
}

fn sprig(c: &mut Canvas, (x, y, w, h): Box4, look: &Look) {
    let mut grain = Grain::new(look.seed);
    let step = (w / 5.0).clamp(48.0, 84.0);
    for row in 0..(h / step).ceil() as i32 {
        for column in -1..(w / step).ceil() as i32 {
            let cx = x + (column as f32 + if row % 2 == 0 { 0.5 } else { 1.0 }) * step;
            let cy = y + (row as f32 + 0.5) * step;
            let turn = grain.between(-28.0, 28.0);
            c.group(&format!(r#"transform="translate({cx} {cy}) rotate({turn}) scale({})""#, step / 70.0), |c| {
                c.line("M0 24C2 6 0-6 0-22", look.accent, 2.6);
                for (dx, dy) in [(-9.0, 4.0), (9.0, -2.0), (-8.0, -12.0), (7.0, -17.0)] {
                    let lean = if dx < 0.0 { 40.0 } else { -40.0 };
                    c.group(&format!(r#"transform="rotate({lean} {dx} {dy})""#), |c| {
                        c.ellipse(dx, dy, 4.2, 9.5, look.accent);
                    });
                }
            });
        }
    }
}

fn arches(c: &mut Canvas, (x, y, w, h): Box4, look: &Look) {
    let step = (w / 6.0).clamp(40.0, 80.0);
    let (r, rows) = (step * 0.36, (h / (step * 1.25)).ceil() as i32);
    for row in 0..rows {
        for column in 0..=(w / step) as i32 {
            let left = x + column as f32 * step + if row % 2 == 0 { 0.0 } else { -step / 2.0 } + step * 0.14;
            let foot = y + (row as f32 + 1.0) * step * 1.25 - step * 0.12;
            let spring = foot - step * 0.55;
            let d = format!("M{left} {foot}V{spring}A{r} {r} 0 0 1 {} {spring}V{foot}", left + 2.0 * r);
            c.line(&d, look.accent, step * 0.075);
        }
    }
}

fn weave(c: &mut Canvas, (x, y, w, h): Box4, look: &Look) {
    c.group(r#"opacity="0.28""#, |c| {
        let rows: String = (0..(h / 9.0) as i32).map(|i| format!("M{x} {}h{w}", y + i as f32 * 9.0)).collect();
        c.line(&rows, look.colour.dark(0.5), 2.0);
        let columns: String = (0..(w / 9.0) as i32).map(|i| format!("M{} {y}v{h}", x + i as f32 * 9.0)).collect();
        c.line(&columns, look.colour.light(0.7), 2.0);
    });
}

/// A turned body: shading, pattern, and a rim with a look inside. Returns nothing; `profile` runs rim to foot.
pub(super) fn vessel(c: &mut Canvas, profile: &[(f32, f32)], look: &Look, inside: Option<super::Colour>) {
    let d = super::super::paint::turned(profile);
    let widest = profile.iter().map(|p| p.0).fold(0.0, f32::max);
    let ((rim, top), foot) = (profile[0], profile[profile.len() - 1].1);
    let body = c.round(look.colour);
    c.path(&d, body);
    decorate(c, &d, (-widest, top, 2.0 * widest, foot - top + widest * TILT), look, TILT);
    // Contact shade at the foot and a soft window light on the shoulder.
    let shade = c.gradient(
        (0.0, 0.0, 0.0, 1.0),
        &[(0.0, look.colour.light(0.5), 0.10), (0.45, look.colour, 0.0), (1.0, look.colour.dark(0.6), 0.32)],
    );
    c.path(&d, shade);
    if let Some(inside) = inside {
        c.ellipse(0.0, top, rim, rim * TILT, look.colour.light(0.3));
        let well = c.gradient((0.0, 0.0, 1.0, 0.4), &[(0.0, inside.dark(0.42), 1.0), (1.0, inside.dark(0.05), 1.0)]);
        let lip = (rim * 0.055).clamp(3.0, 7.0);
        c.ellipse(0.0, top + lip * 0.2, rim - lip, (rim - lip) * TILT, well);
    }
}
