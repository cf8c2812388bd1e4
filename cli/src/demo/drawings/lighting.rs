//! Lamps: the shade glows, the rest is turned or bent.

use super::super::paint::{Canvas, Colour, TILT};
use super::pattern::{decorate, vessel};
use super::{Look, Pattern};

const WARM: Colour = Colour(255, 222, 158);

/// A conical shade between (top radius, y) and (bottom radius, y), lit from within.
fn shade(c: &mut Canvas, (tr, ty): (f32, f32), (br, by): (f32, f32), l: &Look, colour: Colour) {
    let halo = c.radial(&[(0.0, WARM, 0.5), (0.5, WARM, 0.16), (1.0, WARM, 0.0)]);
    c.ellipse(0.0, (ty + by) / 2.0, br * 2.1, br * 2.0, halo);
    let d =
        format!("M{} {ty}A{tr} {} 0 0 1 {tr} {ty}L{br} {by}A{br} {} 0 0 1 {} {by}Z", -tr, tr * TILT, br * TILT, -br);
    let body = c.round(colour.light(0.1));
    c.path(&d, body);
    decorate(c, &d, (-br, ty, 2.0 * br, by - ty + 20.0), l, TILT);
    let lit = c.gradient((0.0, 0.0, 0.0, 1.0), &[(0.0, WARM, 0.10), (0.6, WARM, 0.42), (1.0, WARM.light(0.3), 0.72)]);
    c.path(&d, lit);
    c.line(&format!("M{} {by}A{br} {} 0 0 0 {br} {by}", -br, br * TILT), colour.dark(0.25), 2.5);
}

pub(super) fn table_lamp(c: &mut Canvas, l: &Look) {
    let (w, t) = (l.wide, l.tall);
    let bodies: [&[(f32, f32)]; 3] = [
        &[(22.0, -250.0), (60.0, -210.0), (112.0, -120.0), (98.0, -30.0), (70.0, 0.0)],
        &[(20.0, -260.0), (24.0, -200.0), (66.0, -170.0), (28.0, -130.0), (78.0, -70.0), (74.0, 0.0)],
        &[(44.0, -250.0), (48.0, -120.0), (52.0, -30.0), (90.0, -14.0), (90.0, 0.0)],
    ];
    let rod = c.metal(l.metal);
    c.rect((-6.0, -330.0 * t, 12.0, 100.0), 3.0, rod);
    let p: Vec<_> = bodies[l.seed as usize % 3].iter().map(|&(r, y)| (r * w, y * t)).collect();
    vessel(c, &p, &Look { pattern: if l.pattern == Pattern::Weave { Pattern::Plain } else { l.pattern }, ..*l }, None);
    let weave = if l.pattern == Pattern::Weave { Pattern::Weave } else { Pattern::Plain };
    shade(
        c,
        (104.0 * w, -520.0 * t),
        (188.0 * w, -300.0 * t),
        &Look { pattern: weave, colour: l.accent, ..*l },
        l.accent,
    );
}

pub(super) fn floor_lamp(c: &mut Canvas, l: &Look) {
    let rod = c.metal(l.metal);
    c.group(r#"transform="scale(0.96)""#, |c| {
        if l.seed.is_multiple_of(2) {
            c.rect((-6.0, -480.0, 12.0, 474.0), 4.0, rod);
            let foot = c.metal(l.metal.dark(0.1));
            c.ellipse(0.0, -6.0, 96.0, 16.0, l.metal.dark(0.4));
            c.ellipse(0.0, -11.0, 96.0, 15.0, foot);
        } else {
            for d in ["M-4-470L-132 0", "M4-470L132 0", "M0-470L26-26"] {
                c.line(d, l.wood.dark(0.3), 15.0);
                c.group(r#"transform="translate(-2 0)""#, |c| c.line(d, l.wood.light(0.08), 8.0));
            }
        }
        shade(c, (108.0, -690.0), (160.0, -470.0), &Look { colour: l.accent, ..*l }, l.accent);
    });
}

pub(super) fn desk_lamp(c: &mut Canvas, l: &Look) {
    c.ellipse(60.0, -6.0, 106.0, 17.0, l.colour.dark(0.45));
    let foot = c.round(l.colour);
    c.ellipse(60.0, -14.0, 106.0, 16.0, foot);
    for (d, wide) in [("M60-20L130-270", 13.0), ("M130-270L-46-446", 13.0)] {
        c.line(d, l.metal.dark(0.35), wide);
        c.group(r#"transform="translate(-2 -2)""#, |c| c.line(d, l.metal.light(0.35), wide * 0.5));
    }
    let joint = c.metal(l.metal);
    c.ellipse(130.0, -270.0, 17.0, 17.0, &joint);
    let beam = c.gradient((0.4, 0.0, 0.3, 1.0), &[(0.0, WARM, 0.55), (1.0, WARM, 0.0)]);
    c.path("M-176-400L-250-10H60L-30-330Z", beam);
    c.group(r#"transform="translate(-78 -428) rotate(32)""#, |c| {
        let shade = c.round(l.colour);
        c.ellipse(0.0, 62.0, 112.0, 24.0, WARM.light(0.35));
        c.path("M-112 62C-112-30-60-62-26-66H26C60-62 112-30 112 62A112 24 0 0 0-112 62Z", shade);
        c.rect((-20.0, -88.0, 40.0, 26.0), 8.0, l.colour.dark(0.2));
    });
}

pub(super) fn pendant(c: &mut Canvas, l: &Look) {
    c.line("M0-900V-380", Colour::INK.light(0.25), 4.0);
    let cap = c.metal(l.metal);
    c.rect((-20.0, -400.0, 40.0, 40.0), 6.0, cap);
    let halo = c.radial(&[(0.0, WARM, 0.55), (0.45, WARM, 0.18), (1.0, WARM, 0.0)]);
    c.ellipse(0.0, -110.0, 420.0, 340.0, halo);
    let (w, t) = (l.wide, l.tall);
    if l.seed.is_multiple_of(3) {
        // A paper globe: ribs on a lit ball.
        let ball = c.radial(&[
            (0.0, l.colour.light(0.6), 1.0),
            (0.7, l.colour.light(0.15), 1.0),
            (1.0, l.colour.dark(0.16), 1.0),
        ]);
        c.ellipse(0.0, -190.0, 210.0 * w, 178.0 * t, ball);
        c.group(r#"opacity="0.3""#, |c| {
            for i in 1..12 {
                let v = (i as f32 / 6.0 - 1.0).clamp(-0.98, 0.98);
                let r = 210.0 * w * (1.0 - v * v).sqrt();
                let y = -190.0 + 178.0 * t * v;
                c.line(&format!("M{} {y}Q0 {} {r} {y}", -r, y + 22.0), l.colour.dark(0.5), 2.0);
            }
        });
        return;
    }
    let (br, by) = (220.0 * w, -60.0);
    c.ellipse(0.0, by, br, br * TILT, WARM.light(0.45));
    let body = c.round(l.colour);
    let d = format!(
        "M-36 -370H36C{} {} {br} {} {br} {by}A{br} {} 0 0 1 {} {by}C{} {} {} {} -36 -370Z",
        110.0 * w,
        -340.0 * t,
        -220.0 * t,
        br * TILT,
        -br,
        -br,
        -220.0 * t,
        -110.0 * w,
        -340.0 * t
    );
    c.path(&d, body);
    decorate(c, &d, (-br, -370.0, 2.0 * br, 330.0), l, TILT);
    let lit = c.gradient((0.0, 0.0, 0.0, 1.0), &[(0.0, WARM, 0.0), (1.0, WARM, 0.42)]);
    c.path(&d, lit);
}
