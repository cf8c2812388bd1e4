//! Turned and thrown things: cups, pots, vases, glass, candles.

use super::super::paint::{Canvas, Colour, TILT, turned};
use super::Look;
use super::pattern::{decorate, vessel};

/// A profile scaled by the look's proportions.
fn scaled(profile: &[(f32, f32)], l: &Look) -> Vec<(f32, f32)> {
    profile.iter().map(|&(r, y)| (r * l.wide, y * l.tall)).collect()
}

/// A handle on the right: a loop from (x, top) to (x, bottom), `out` wide.
fn handle(c: &mut Canvas, x: f32, top: f32, bottom: f32, out: f32, thick: f32, colour: Colour) {
    let d = format!("M{x} {top}C{} {} {} {} {x} {bottom}", x + out * 1.3, top - 8.0, x + out * 1.3, bottom + 4.0);
    c.line(&d, colour.dark(0.28), thick);
    c.group(r#"transform="translate(-2.5 -2.5)""#, |c| c.line(&d, colour.light(0.06), thick * 0.62));
}

pub(super) fn mug(c: &mut Canvas, l: &Look) {
    let p = scaled(&[(132.0, -280.0), (134.0, -180.0), (130.0, -60.0), (112.0, -14.0), (96.0, 0.0)], l);
    handle(c, p[1].0 - 12.0, p[0].1 * 0.82, p[0].1 * 0.28, 92.0, 30.0, l.colour);
    vessel(c, &p, l, Some(l.accent));
    let h = p[0].1;
    c.ellipse(0.0, h + 12.0, (p[0].0 - 16.0) * 0.96, (p[0].0 - 16.0) * TILT * 0.74, Colour(92, 58, 40));
    c.group(r#"opacity="0.35""#, |c| c.ellipse(-24.0, h + 9.0, 44.0, 4.0, Colour(196, 150, 112)));
}

pub(super) fn cup(c: &mut Canvas, l: &Look) {
    let p = scaled(&[(112.0, -190.0), (110.0, -120.0), (92.0, -40.0), (62.0, -12.0), (60.0, 0.0)], l);
    c.group(r#"transform="translate(-118 -26) scale(0.86)""#, |c| {
        vessel(c, &p, &Look { colour: l.accent, accent: l.colour, ..*l }, Some(l.accent.light(0.3)));
    });
    c.group(r#"transform="translate(76 0)""#, |c| {
        vessel(c, &p, l, Some(l.colour.light(0.35)));
        c.ellipse(0.0, p[0].1 + 9.0, p[0].0 * 0.86, p[0].0 * TILT * 0.66, Colour(168, 142, 74));
    });
}

/// Clear glass: back rim, tinted body, two streaks of window light.
fn glass(c: &mut Canvas, p: &[(f32, f32)], tint: Colour, filled: Option<(f32, Colour)>) {
    let d = turned(p);
    let (rim, top) = p[0];
    if let Some((level, liquid)) = filled {
        c.clip(&d, |c| {
            let foot = p[p.len() - 1].1;
            let fill = c.gradient(
                (0.0, 0.0, 1.0, 0.0),
                &[(0.0, liquid.dark(0.1), 0.55), (0.35, liquid.light(0.35), 0.5), (1.0, liquid.dark(0.15), 0.62)],
            );
            c.rect((-300.0, level, 600.0, foot - level + 60.0), 0.0, fill);
            c.ellipse(0.0, level, rim * 0.95, rim * TILT * 0.9, liquid.light(0.4));
        });
    }
    let body = c.gradient(
        (0.0, 0.0, 1.0, 0.0),
        &[
            (0.0, tint.dark(0.4), 0.62),
            (0.08, tint, 0.3),
            (0.3, tint.light(0.6), 0.22),
            (0.7, tint, 0.28),
            (0.93, tint.dark(0.2), 0.4),
            (1.0, tint.dark(0.45), 0.66),
        ],
    );
    c.path(&d, body);
    c.clip(&d, |c| {
        let foot = p[p.len() - 1].1;
        let base = c.gradient((0.0, 0.0, 0.0, 1.0), &[(0.0, tint, 0.0), (1.0, tint.dark(0.35), 0.5)]);
        c.rect((-300.0, foot - 26.0, 600.0, 60.0), 0.0, base);
        c.group(r#"opacity="0.55""#, |c| {
            c.rect((-rim * 0.72, top + 24.0, rim * 0.12, (foot - top) * 0.7), rim * 0.06, Colour::WHITE);
            c.rect((-rim * 0.52, top + 24.0, rim * 0.05, (foot - top) * 0.5), rim * 0.03, Colour::WHITE);
        });
    });
    let ring = format!("M{} {top}A{rim} {ry} 0 1 0 {rim} {top}A{rim} {ry} 0 1 0 {} {top}", -rim, -rim, ry = rim * TILT);
    c.line(&ring, tint.dark(0.3), 1.6);
    c.group(r#"opacity="0.8" transform="translate(0 1.5)""#, |c| c.line(&ring, Colour::WHITE, 1.4));
}

pub(super) fn tumbler(c: &mut Canvas, l: &Look) {
    let p = scaled(&[(96.0, -250.0), (92.0, -140.0), (86.0, -40.0), (80.0, 0.0)], l);
    c.group(r#"transform="translate(108 -34) scale(0.92)""#, |c| {
        glass(c, &p, l.colour, None);
        decorate(c, &turned(&p), (-100.0, -250.0, 200.0, 250.0), l, TILT);
    });
    c.group(r#"transform="translate(-84 0)""#, |c| {
        glass(c, &p, l.colour, Some((-150.0 * l.tall, l.colour.mix(Colour(206, 226, 228), 0.5))));
        decorate(c, &turned(&p), (-100.0, -250.0, 200.0, 250.0), l, TILT);
    });
}

pub(super) fn goblet(c: &mut Canvas, l: &Look) {
    for (dx, dy, s) in [(104.0, -30.0, 0.93), (-80.0, 0.0, 1.0)] {
        c.group(&format!(r#"transform="translate({dx} {dy}) scale({s})""#), |c| {
            c.ellipse(0.0, 0.0, 78.0, 11.0, l.colour.dark(0.2).light(0.35));
            c.ellipse(0.0, -3.0, 76.0, 9.0, l.colour.light(0.65));
            let stem = c.metal(l.colour.light(0.45));
            c.path("M-6-190C-4-120-5-40-16-6H16C5-40 4-120 6-190Z", stem);
            let p = scaled(&[(82.0, -400.0), (96.0, -330.0), (92.0, -260.0), (52.0, -206.0), (8.0, -186.0)], l);
            glass(c, &p, l.colour, (dx < 0.0).then_some((-300.0 * l.tall, Colour(146, 52, 62).mix(l.accent, 0.35))));
        });
    }
}

pub(super) fn carafe(c: &mut Canvas, l: &Look) {
    let p = scaled(
        &[(64.0, -440.0), (52.0, -390.0), (50.0, -330.0), (98.0, -230.0), (128.0, -120.0), (120.0, -24.0), (98.0, 0.0)],
        l,
    );
    glass(c, &p, l.colour, Some((-210.0 * l.tall, Colour(190, 214, 216).mix(l.colour, 0.3))));
    let stopper = c.round(l.wood);
    c.ellipse(0.0, -468.0 * l.tall, 46.0, 42.0, stopper);
    let cork = c.round(l.wood.light(0.25));
    c.rect((-40.0 * l.wide, -446.0 * l.tall, 80.0 * l.wide, 30.0), 6.0, cork);
}

pub(super) fn jug(c: &mut Canvas, l: &Look) {
    let p = scaled(&[(92.0, -390.0), (78.0, -330.0), (98.0, -250.0), (132.0, -150.0), (128.0, -50.0), (98.0, 0.0)], l);
    handle(c, p[1].0 - 6.0, p[0].1 * 0.93, p[0].1 * 0.38, 118.0, 27.0, l.colour);
    let spout = c.round(l.colour.dark(0.06));
    let (x, y) = (-p[0].0, p[0].1);
    c.path(
        &format!(
            "M{} {}C{} {} {} {} {} {}C{} {} {} {} {} {}Z",
            x + 30.0,
            y - 6.0,
            x,
            y - 8.0,
            x - 26.0,
            y - 16.0,
            x - 40.0,
            y - 22.0,
            x - 28.0,
            y + 30.0,
            x + 4.0,
            y + 44.0,
            x + 22.0,
            y + 76.0
        ),
        spout,
    );
    vessel(c, &p, l, Some(l.colour.light(0.3)));
}

pub(super) fn teapot(c: &mut Canvas, l: &Look) {
    let p = scaled(&[(74.0, -262.0), (138.0, -226.0), (172.0, -140.0), (146.0, -44.0), (98.0, 0.0)], l);
    let (w, t) = (l.wide, l.tall);
    let spout = c.round(l.colour.dark(0.05));
    c.path(
        &format!(
            "M{} {}C{} {} {} {} {} {}L{} {}C{} {} {} {} {} {}Z",
            -140.0 * w,
            -70.0 * t,
            -220.0 * w,
            -80.0 * t,
            -206.0 * w,
            -210.0 * t,
            -264.0 * w,
            -258.0 * t,
            -232.0 * w,
            -268.0 * t,
            -190.0 * w,
            -230.0 * t,
            -170.0 * w,
            -180.0 * t,
            -120.0 * w,
            -180.0 * t
        ),
        spout,
    );
    if l.seed.is_multiple_of(2) {
        handle(c, 150.0 * w, -220.0 * t, -70.0 * t, 128.0, 25.0, l.colour);
    } else {
        // A bail of bent cane over the lid.
        let d = format!(
            "M{} {}C{} {} {} {} {} {}",
            -112.0 * w,
            -226.0 * t,
            -150.0 * w,
            -430.0 * t,
            150.0 * w,
            -430.0 * t,
            112.0 * w,
            -226.0 * t
        );
        c.line(&d, l.wood.dark(0.25), 15.0);
        c.group(r#"transform="translate(-2 -3)""#, |c| c.line(&d, l.wood.light(0.1), 8.0));
    }
    vessel(c, &p, l, None);
    let lid = [(30.0, -292.0), (62.0, -280.0), (84.0, -258.0)].map(|(r, y)| (r * w, y * t));
    vessel(c, &lid, &Look { pattern: super::Pattern::Plain, ..*l }, None);
    let knob = c.round(if l.seed.is_multiple_of(2) { l.accent } else { l.wood });
    c.ellipse(0.0, -306.0 * t, 24.0, 20.0, knob);
}

pub(super) fn bowl(c: &mut Canvas, l: &Look) {
    let p = scaled(&[(206.0, -172.0), (196.0, -112.0), (150.0, -44.0), (84.0, -14.0), (80.0, 0.0)], l);
    vessel(c, &p, l, Some(l.accent));
}

pub(super) fn plates(c: &mut Canvas, l: &Look) {
    // A short stack with one plate stood behind it to show its face.
    let (rx, face) = (
        190.0 * l.wide,
        c.radial(&[
            (0.0, l.colour.light(0.12), 1.0),
            (0.62, l.colour, 1.0),
            (0.64, l.colour.dark(0.16), 1.0),
            (0.7, l.colour.light(0.15), 1.0),
            (1.0, l.colour.dark(0.06), 1.0),
        ]),
    );
    let cy = -rx * 1.06;
    c.ellipse(8.0, cy + 6.0, rx, rx, l.colour.dark(0.32));
    c.ellipse(0.0, cy, rx, rx, face);
    let ring = format!("M{} {cy}a{rx} {rx} 0 1 0 {} 0a{rx} {rx} 0 1 0 {} 0Z", -rx, rx * 2.0, -rx * 2.0);
    decorate(
        c,
        &ring,
        (-rx, cy - rx, rx * 2.0, rx * 2.0),
        l,
        if l.pattern == super::Pattern::Dip { 0.0 } else { TILT },
    );
    let edge = format!(
        "M{} {cy}a{r} {r} 0 1 0 {} 0a{r} {r} 0 1 0 {} 0Z",
        -(rx - 5.0),
        (rx - 5.0) * 2.0,
        -(rx - 5.0) * 2.0,
        r = rx - 5.0
    );
    c.line(&edge, l.accent, 5.0);
    for i in 0..4 {
        let y = -i as f32 * 15.0 - 8.0;
        let side = c.round(l.colour.dark(0.05));
        c.ellipse(26.0, y, rx * 1.04, rx * 0.15, side);
        c.ellipse(26.0, y - 7.0, rx * 1.04, rx * 0.145, l.colour.light(0.16));
    }
    c.ellipse(26.0, -58.0, rx * 0.66, rx * 0.085, l.colour.dark(0.1));
    c.ellipse(26.0, -56.0, rx * 0.65, rx * 0.08, l.colour.light(0.06));
}

pub(super) fn canister(c: &mut Canvas, l: &Look) {
    let p = scaled(&[(124.0, -270.0), (126.0, -140.0), (126.0, -20.0), (118.0, 0.0)], l);
    vessel(c, &p, l, None);
    let lid = [(122.0, -312.0), (128.0, -300.0), (128.0, -268.0)].map(|(r, y)| (r * l.wide, y * l.tall));
    vessel(c, &lid, &Look { colour: l.wood, pattern: super::Pattern::Plain, ..*l }, Some(l.wood.light(0.1)));
    c.ellipse(0.0, lid[0].1 + 1.0, lid[0].0 - 5.0, lid[0].0 * TILT * 0.94, l.wood.light(0.16));
    let knob = c.round(l.wood.dark(0.12));
    c.ellipse(0.0, lid[0].1 - 12.0, 25.0, 20.0, knob);
}

pub(super) fn vase(c: &mut Canvas, l: &Look) {
    let shapes: [&[(f32, f32)]; 4] = [
        &[(52.0, -420.0), (38.0, -370.0), (50.0, -310.0), (128.0, -220.0), (140.0, -120.0), (88.0, 0.0)],
        &[(72.0, -400.0), (58.0, -330.0), (92.0, -240.0), (104.0, -120.0), (76.0, 0.0)],
        &[(34.0, -380.0), (30.0, -300.0), (40.0, -250.0), (150.0, -170.0), (156.0, -90.0), (96.0, 0.0)],
        &[(96.0, -430.0), (100.0, -300.0), (104.0, -150.0), (100.0, 0.0)],
    ];
    let p = scaled(shapes[l.seed as usize % 4], l);
    let (rim, top) = p[0];
    // Stems of dried grass or an olive branch, behind the rim's front.
    let leaf = Colour(112, 124, 88);
    for (i, (lean, length)) in [(-0.55_f32, 210.0_f32), (0.1, 270.0), (0.62, 190.0)].into_iter().enumerate() {
        let (tx, ty) = (lean * 190.0, top - length);
        let d = format!("M{} {}Q{} {} {tx} {ty}", lean * rim * 0.5, top + 10.0, lean * 50.0, top - length * 0.5);
        c.line(&d, leaf.dark(0.3), 3.4);
        for step in 2..9 {
            let t = step as f32 / 8.0;
            let (x, y) =
                (lean * (rim * 0.5 * (1.0 - t) + 190.0 * t * t * 0.7 + 50.0 * t * (1.0 - t)), top - length * t);
            let side = if step % 2 == 0 { 1.0 } else { -1.0 };
            let (lx, ly, turn) = (x + side * 15.0, y - 8.0, side * 52.0 + lean * 30.0);
            c.group(&format!(r#"transform="rotate({turn} {lx} {ly})""#), |c| {
                c.ellipse(lx, ly, 7.0, 20.0, leaf.mix(Colour(170, 172, 132), (i as f32 + t) * 0.22));
            });
        }
    }
    vessel(c, &p, l, Some(l.colour.dark(0.15)));
}

pub(super) fn candle(c: &mut Canvas, l: &Look) {
    let p = scaled(&[(104.0, -210.0), (104.0, -110.0), (102.0, -16.0), (94.0, 0.0)], l);
    vessel(c, &p, l, Some(Colour(244, 232, 208)));
    let top = p[0].1;
    c.ellipse(0.0, top + 7.0, p[0].0 * 0.88, p[0].0 * TILT * 0.78, Colour(247, 238, 218));
    let glow = c.radial(&[
        (0.0, Colour(255, 226, 150), 0.75),
        (0.4, Colour(255, 214, 130), 0.25),
        (1.0, Colour(255, 214, 130), 0.0),
    ]);
    c.ellipse(0.0, top - 30.0, 130.0, 130.0, glow);
    c.line(&format!("M0 {}V{}", top + 6.0, top - 14.0), Colour::INK, 3.0);
    c.path(
        &format!(
            "M0 {}C-18 {} -12 {} 0 {}C12 {} 18 {} 0 {}Z",
            top - 8.0,
            top - 20.0,
            top - 40.0,
            top - 66.0,
            top - 40.0,
            top - 20.0,
            top - 8.0
        ),
        "#f6b24a",
    );
    c.path(
        &format!(
            "M0 {}C-9 {} -6 {} 0 {}C6 {} 9 {} 0 {}Z",
            top - 8.0,
            top - 16.0,
            top - 28.0,
            top - 40.0,
            top - 28.0,
            top - 16.0,
            top - 8.0
        ),
        "#fff0c8",
    );
}

pub(super) fn lantern(c: &mut Canvas, l: &Look) {
    let (w, t) = (l.wide, l.tall);
    let glow = c.radial(&[(0.0, Colour(255, 222, 150), 0.8), (1.0, Colour(255, 214, 130), 0.0)]);
    c.line(
        &format!("M-60 {}C-60 {} 60 {} 60 {}", -400.0 * t, -520.0 * t, -520.0 * t, -400.0 * t),
        l.metal.dark(0.2),
        8.0,
    );
    let pane =
        c.gradient((0.0, 0.0, 1.0, 1.0), &[(0.0, Colour(236, 238, 232), 0.75), (1.0, Colour(206, 206, 192), 0.6)]);
    c.rect((-110.0 * w, -350.0 * t, 220.0 * w, 330.0 * t), 8.0, pane);
    let wax = c.round(Colour(244, 234, 212));
    c.rect((-44.0, -150.0, 88.0, 132.0), 6.0, wax);
    c.ellipse(0.0, -168.0, 120.0, 120.0, glow);
    c.path("M0-152C-14-166-10-184 0-204C10-184 14-166 0-152Z", "#f6b24a");
    let frame = c.metal(l.colour);
    for x in [-116.0, -6.0, 104.0] {
        let wide = if x == -6.0 { 8.0 } else { 14.0 };
        c.rect((x * w, -354.0 * t, wide, 344.0 * t), 3.0, &frame);
    }
    let base = c.round(l.colour);
    c.rect((-128.0 * w, -24.0, 256.0 * w, 24.0), 6.0, &base);
    c.path(&format!("M{} {}H{}L{} {}H{}Z", -130.0 * w, -346.0 * t, 130.0 * w, 64.0 * w, -410.0 * t, -64.0 * w), &base);
}

pub(super) fn planter(c: &mut Canvas, l: &Look) {
    let p = scaled(&[(150.0, -230.0), (144.0, -130.0), (124.0, -30.0), (112.0, 0.0)], l);
    let top = p[0].1;
    let green = Colour(96, 118, 84);
    for i in 0..11 {
        let lean = (i as f32 - 5.0) / 5.0;
        let (tip_x, tip_y) = (lean * 205.0, top - 250.0 + lean * lean * 120.0 - (i % 3) as f32 * 34.0);
        let (mx, my) = (lean * 60.0, (top + tip_y) / 2.0 - 30.0);
        let d = format!(
            "M{} {top}Q{} {my} {tip_x} {tip_y}Q{} {} {} {top}Z",
            lean * 40.0 - 12.0,
            mx - 34.0,
            mx + 34.0,
            my + 10.0,
            lean * 40.0 + 12.0
        );
        let fill = c.gradient(
            (0.0, 0.0, 0.6, 1.0),
            &[(0.0, green.light(0.28 - 0.03 * (i % 4) as f32), 1.0), (1.0, green.dark(0.3), 1.0)],
        );
        c.path(&d, fill);
        c.line(&format!("M{} {top}Q{mx} {my} {tip_x} {tip_y}", lean * 40.0), green.dark(0.2), 1.6);
    }
    vessel(c, &p, l, None);
    let rim = [(158.0, -246.0), (160.0, -236.0), (158.0, -204.0)].map(|(r, y)| (r * l.wide, y * l.tall));
    vessel(c, &rim, &Look { pattern: super::Pattern::Plain, ..*l }, None);
}
