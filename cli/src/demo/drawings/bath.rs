//! The washstand and the potting bench.

use super::super::paint::{Canvas, Colour, TILT};
use super::pattern::vessel;
use super::{Look, Pattern};

pub(super) fn dispenser(c: &mut Canvas, l: &Look) {
    let (w, t) = (l.wide, l.tall);
    let p = [(34.0, -320.0), (44.0, -296.0), (96.0, -256.0), (106.0, -140.0), (104.0, -20.0), (94.0, 0.0)]
        .map(|(r, y)| (r * w, y * t));
    let pump = c.metal(l.metal);
    c.rect((-7.0, -430.0 * t, 14.0, 110.0 * t), 3.0, &pump);
    c.path(
        &format!(
            "M-20 {y}Q-26 {u} 10 {u}H92Q110 {u} 108 {v}H94Q94 {z} 84 {z}H-14Z",
            y = -420.0 * t,
            u = -452.0 * t,
            v = -404.0 * t,
            z = -430.0 * t
        ),
        &pump,
    );
    c.rect((-36.0 * w, -348.0 * t, 72.0 * w, 34.0), 6.0, &pump);
    vessel(c, &p, l, None);
    // A paper label without words: a rule and an arch.
    let label = c.round(l.accent.light(0.55));
    c.rect((-56.0 * w, -196.0 * t, 112.0 * w, 124.0 * t), 4.0, label);
    c.line(
        &format!("M-22 {a}V{b}A22 22 0 0 1 22 {b}V{a}M-36 {e}H36", a = -116.0 * t, b = -146.0 * t, e = -96.0 * t),
        l.accent.dark(0.35),
        3.0,
    );
}

pub(super) fn soap(c: &mut Canvas, l: &Look) {
    let dish = [(196.0, -44.0), (190.0, -24.0), (158.0, 0.0)].map(|(r, y)| (r * l.wide, y));
    vessel(c, &dish, &Look { colour: l.accent, pattern: Pattern::Plain, ..*l }, Some(l.accent.dark(0.1)));
    for (dx, dy, turn, colour) in [(16.0, -50.0, -3.0, l.colour), (-8.0, -128.0, 5.0, l.colour.light(0.2))] {
        c.group(&format!(r#"transform="translate({dx} {dy}) rotate({turn})""#), |c| {
            let side =
                c.gradient((0.0, 0.0, 0.0, 1.0), &[(0.0, colour.light(0.1), 1.0), (1.0, colour.dark(0.26), 1.0)]);
            c.rect((-132.0, -72.0, 264.0, 76.0), 26.0, side);
            let face =
                c.gradient((0.0, 0.0, 1.0, 1.0), &[(0.0, colour.light(0.4), 1.0), (1.0, colour.light(0.05), 1.0)]);
            c.path("M-112-84H116Q136-78 122-62Q112-52 92-52H-96Q-128-52-130-64Q-128-82-112-84Z", face);
            c.line("M-16-62v-6a16 6 0 0 1 32 0v6", colour.dark(0.22), 3.0);
        });
    }
}

pub(super) fn diffuser(c: &mut Canvas, l: &Look) {
    for (lean, top) in [(-70.0, -500.0), (-32.0, -540.0), (6.0, -552.0), (44.0, -530.0), (84.0, -486.0)] {
        c.line(&format!("M{} -200L{lean} {top}", lean * -0.25), l.wood.light(0.12), 5.0);
    }
    let p = [(32.0, -270.0), (34.0, -236.0), (100.0, -186.0), (112.0, -90.0), (106.0, -10.0), (98.0, 0.0)]
        .map(|(r, y)| (r * l.wide, y * l.tall));
    vessel(c, &p, l, None);
    let collar = c.round(l.wood);
    c.rect((-38.0 * l.wide, -284.0 * l.tall, 76.0 * l.wide, 40.0), 5.0, collar);
    let shine = c.gradient((0.0, 0.0, 0.0, 1.0), &[(0.0, Colour::WHITE, 0.5), (1.0, Colour::WHITE, 0.05)]);
    c.rect((-78.0 * l.wide, -160.0 * l.tall, 15.0, 130.0 * l.tall), 7.0, shine);
}

pub(super) fn brush(c: &mut Canvas, l: &Look) {
    // Standing in a stone cup.
    c.group(r#"transform="rotate(9 0 -120)""#, |c| {
        let grip = c.round(l.wood);
        c.path("M-15-130V-440Q-18-520-54-540V-600Q0-628 54-600V-540Q18-520 15-440V-130Z", &grip);
        let hair = Colour(226, 210, 180);
        let tufts: String =
            (0..15).map(|i| format!("M{} -600l{} -62", -50.0 + i as f32 * 7.1, (i as f32 - 7.0) * 0.9)).collect();
        c.line(&tufts, hair.dark(0.18), 7.0);
        c.line(&tufts, hair.light(0.2), 3.0);
        c.ellipse(0.0, -578.0, 54.0, 20.0, l.wood.dark(0.06));
    });
    let p = [(86.0, -210.0), (88.0, -110.0), (86.0, -10.0), (80.0, 0.0)].map(|(r, y)| (r * l.wide, y * l.tall));
    vessel(c, &p, l, None);
    c.line(
        &format!("M{} {y}A{r} {ry} 0 0 0 {r} {y}", -p[0].0, y = p[0].1, r = p[0].0, ry = p[0].0 * TILT),
        l.colour.light(0.4),
        5.0,
    );
}

pub(super) fn watering_can(c: &mut Canvas, l: &Look) {
    let (w, t) = (l.wide, l.tall);
    let pipe = c.gradient((0.0, 0.0, 0.4, 1.0), &[(0.0, l.colour.light(0.25), 1.0), (1.0, l.colour.dark(0.3), 1.0)]);
    c.path(
        &format!(
            "M{} -40L{} {}L{} {}L{} -110Z",
            -110.0 * w,
            -282.0 * w,
            -318.0 * t,
            -262.0 * w,
            -330.0 * t,
            -100.0 * w
        ),
        &pipe,
    );
    c.group(&format!(r#"transform="translate({} {}) rotate(-38)""#, -276.0 * w, -330.0 * t), |c| {
        let rose = c.metal(l.metal);
        c.path("M-14 14L-42-24H42L14 14Z", &rose);
        c.ellipse(0.0, -26.0, 42.0, 12.0, l.metal.dark(0.2));
    });
    let back = format!("M40 {a}C60 {b} 260 {b} 142 {e}", a = -262.0 * t, b = -430.0 * t, e = -70.0 * t);
    c.line(&back, l.colour.dark(0.32), 22.0);
    c.group(r#"transform="translate(-3 -3)""#, |c| c.line(&back, l.colour.light(0.12), 12.0));
    let p = [(112.0, -250.0), (136.0, -150.0), (150.0, -20.0), (146.0, 0.0)].map(|(r, y)| (r * w, y * t));
    vessel(c, &p, l, Some(l.colour.dark(0.3)));
    let hood = c.round(l.colour.light(0.04));
    c.path(
        &format!(
            "M{} {y}A{r} {ry} 0 0 0 {r} {y}Q90 {u} 0 {u}Q40 {v} {} {y}Z",
            -p[0].0 * 0.1,
            p[0].0 * 0.0 - 4.0,
            y = p[0].1 + 8.0,
            r = p[0].0,
            ry = p[0].0 * TILT * 1.2,
            u = p[0].1 - 30.0,
            v = p[0].1 - 10.0
        ),
        hood,
    );
}
